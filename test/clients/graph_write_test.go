package clients

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/microsoftgraph/msgraph-sdk-go/models"
)

func TestGraphSecurityDefaults(t *testing.T) {
	t.Parallel()
	s := start(t)
	policy := s.graph().Policies().IdentitySecurityDefaultsEnforcementPolicy()
	for _, on := range []bool{true, false} {
		wish := models.NewIdentitySecurityDefaultsEnforcementPolicy()
		wish.SetIsEnabled(&on)
		if _, err := policy.Patch(t.Context(), wish, nil); err != nil {
			t.Fatal(err)
		}
		got, err := policy.Get(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if got.GetIsEnabled() == nil || *got.GetIsEnabled() != on || got.GetDisplayName() == nil {
			t.Errorf("read back %v, want %v", got.GetIsEnabled(), on)
		}
	}
	for _, e := range s.ledger(defaultsPath) {
		if e.Method == http.MethodPatch && e.Status != http.StatusNoContent {
			t.Errorf("a PATCH was answered with %d, want 204", e.Status)
		}
	}
}

func TestGraphTypedErrors(t *testing.T) {
	t.Parallel()
	s := start(t, "--scenario", "token-theft")
	g := s.graph()
	on := models.NewIdentitySecurityDefaultsEnforcementPolicy()
	yes := true
	on.SetIsEnabled(&yes)
	tests := []struct {
		name   string
		fault  string
		call   func() error
		status int
		code   string
	}{
		{name: "no such user", status: http.StatusNotFound, code: "Request_ResourceNotFound", call: func() error {
			_, err := g.Users().ByUserId("nobody@example.com").Get(t.Context(), nil)
			return err
		}},
		{name: "defaults beside policies", status: http.StatusBadRequest, code: "BadRequest", call: func() error {
			_, err := g.Policies().IdentitySecurityDefaultsEnforcementPolicy().Patch(t.Context(), on, nil)
			return err
		}},
		{name: "no permission", fault: `{"revoke_roles":["User.Read.All","Directory.Read.All"]}`,
			status: http.StatusForbidden, code: "Authorization_RequestDenied", call: func() error {
				_, err := g.Users().Get(t.Context(), nil)
				return err
			}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.fault != "" {
				s.control(http.MethodPost, "/faults", json.RawMessage(tt.fault), nil)
				defer s.control(http.MethodDelete, "/faults", nil, nil)
			}
			if status, c := code(tt.call()); status != tt.status || c != tt.code {
				t.Errorf("%d %q, want %d %q", status, c, tt.status, tt.code)
			}
		})
	}
}

// The SDK waits as long as it is told and asks again. Requests with a body are
// left out: it rewinds the body while net/http may still be reading it, and
// labels it wrongly when it compresses below the retry, so it fails by chance.
func TestGraphRetries(t *testing.T) {
	t.Parallel()
	s := start(t, "--scenario", "token-theft")
	g, who := s.graph(), s.somebody()
	tests := []struct {
		name, path string
		call       func() error
	}{
		{"a read of the directory", usersPath + "/" + who, func() error {
			_, err := g.Users().ByUserId(who).Get(t.Context(), nil)
			return err
		}},
		{"a write of the directory", usersPath + "/" + who + "/revokeSignInSessions", func() error {
			_, err := g.Users().ByUserId(who).RevokeSignInSessions().PostAsRevokeSignInSessionsPostResponse(t.Context(), nil)
			return err
		}},
		{"security", "/v1.0/security/alerts_v2", func() error {
			_, err := g.Security().Alerts_v2().Get(t.Context(), nil)
			return err
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s.control(http.MethodPost, "/faults", map[string]any{"service": "graph", "status": 429, "retry_after": 1, "count": 1}, nil)
			began := time.Now()
			if err := tt.call(); err != nil {
				t.Fatal(err)
			}
			if took := time.Since(began); took < time.Second {
				t.Errorf("asked again after %v, Retry-After said 1 s", took)
			}
			tries := s.ledger(tt.path)
			if len(tries) != 2 || tries[0].Status != http.StatusTooManyRequests || tries[1].Status != http.StatusOK {
				t.Errorf("tries %+v, want one refused with 429 and one served", tries)
			}
		})
	}
}
