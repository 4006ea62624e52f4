package action_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/action"
	"github.com/cordonhq/cordon/internal/microsoft"
)

var names = []cordon.ActionName{
	"confirm_compromised", "disable_okta", "disable_on_premises", "disable_security_defaults", "disable_user",
	"enable_okta", "enable_on_premises", "enable_security_defaults", "enable_user",
	"force_password_change", "force_password_reset", "force_password_reset_on_premises", "revoke_sessions", "revoke_sessions_okta",
}

func find(t *testing.T, name cordon.ActionName) action.Verb {
	t.Helper()
	return findBy(t, action.Documented, name)
}

func findBy(t *testing.T, b action.Backend, name cordon.ActionName) action.Verb {
	t.Helper()
	v, ok := action.NewSet(b).Find(name)
	if !ok || v.Name != name {
		t.Fatalf("no verb is called %s", name)
	}
	return v
}

func TestVerbsDescribeThemselves(t *testing.T) {
	t.Parallel()
	var got []cordon.ActionName
	for _, v := range action.NewSet("") {
		got = append(got, v.Name)
		method, _, _ := strings.Cut(v.Wire, " ")
		if v.About == "" || v.Breaks == "" || len(v.Needs) == 0 || v.Settles <= 0 || !slices.Contains([]string{"PATCH", "POST"}, method) {
			t.Errorf("%s does not say what it is: %+v", v.Name, v)
		}
		if v.Read == nil || v.Met == nil || v.Do == nil || !slices.Contains([]cordon.Effect{cordon.EffectContain, cordon.EffectRestore, cordon.EffectPosture}, v.Effect) {
			t.Errorf("%s cannot do its work: %+v", v.Name, v)
		}
		if posture := v.Effect == cordon.EffectPosture; !posture && (v.Effect == cordon.EffectContain) != v.Name.Contains() || posture == v.Name.ForUsers() {
			t.Errorf("%s: effect %s, and guard takes it for another", v.Name, v.Effect)
		}
		if (v.Asks != "") != (v.Name.Provider() != cordon.ProviderEntra) {
			t.Errorf("%s of %s asks for %q", v.Name, v.Name.Provider(), v.Asks)
		}
		if v.Name.Field() == "" {
			t.Errorf("%s sets no part of the state", v.Name)
		}
		if v.UndoneBy == "" {
			continue
		}
		if undo, ok := action.NewSet("").Find(v.UndoneBy); !ok || undo.Effect == cordon.EffectContain || v.UndoneBy.Field() != v.Name.Field() {
			t.Errorf("%s is undone by %q", v.Name, v.UndoneBy)
		}
	}
	if !slices.Equal(got, names) {
		t.Errorf("got %q, want %q", got, names)
	}
	if v, ok := action.NewSet("").Find("delete_user"); ok || v.Name != "" {
		t.Errorf("found %+v", v)
	}
	// Only what the user mends alone, by signing in again, may go without a person in protect mode.
	for _, v := range action.NewSet("") {
		if v.SelfMend != (v.Name.Word() == cordon.WordRevokeAllSessions) {
			t.Errorf("%s: mended by the user: %v", v.Name, v.SelfMend)
		}
	}
}

func ptr[T any](v T) *T { return &v }

func TestMet(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 2, 3, 10, 0, 0, 0, time.UTC)
	on, off := action.State{AccountEnabled: ptr(true)}, action.State{AccountEnabled: ptr(false)}
	sdOn, sdOff := action.State{SecurityDefaults: ptr(true)}, action.State{SecurityDefaults: ptr(false)}
	from := func(t time.Time) action.State { return action.State{AccountEnabled: ptr(true), SessionsValidFrom: &t} }
	tests := []struct {
		name  string
		verb  cordon.ActionName
		prior *action.State
		now   action.State
		want  bool
	}{
		{"disabled", cordon.ActionDisableUser, nil, off, true},
		{"still enabled", cordon.ActionDisableUser, &on, on, false},
		{"not told", cordon.ActionDisableUser, &on, action.State{}, false},
		{"enabled", cordon.ActionEnableUser, &off, on, true},
		{"still disabled", cordon.ActionEnableUser, &off, off, false},
		{"not told whether enabled", cordon.ActionEnableUser, &off, action.State{}, false},
		{"switched on", cordon.ActionEnableSecurityDefaults, &sdOff, sdOn, true},
		{"still off", cordon.ActionEnableSecurityDefaults, &sdOff, sdOff, false},
		{"not told whether on", cordon.ActionEnableSecurityDefaults, &sdOff, action.State{}, false},
		{"switched off", cordon.ActionDisableSecurityDefaults, &sdOn, sdOff, true},
		{"still on", cordon.ActionDisableSecurityDefaults, &sdOn, sdOn, false},
		{"not told whether off", cordon.ActionDisableSecurityDefaults, &sdOn, action.State{}, false},
		{"sessions moved", cordon.ActionRevokeSessions, ptr(from(at)), from(at.Add(time.Second)), true},
		{"sessions did not move", cordon.ActionRevokeSessions, ptr(from(at)), from(at), false},
		{"sessions moved back", cordon.ActionRevokeSessions, ptr(from(at)), from(at.Add(-time.Second)), false},
		{"never revoked before", cordon.ActionRevokeSessions, &on, from(at), true},
		{"sessions not told", cordon.ActionRevokeSessions, ptr(from(at)), on, false},
		{"nothing done yet, however fresh", cordon.ActionRevokeSessions, nil, from(at), false},
	}
	for _, tt := range tests {
		if got := find(t, tt.verb).Met(tt.prior, tt.now); got != tt.want {
			t.Errorf("%s: got %v", tt.name, got)
		}
	}
}

func TestProve(t *testing.T) {
	t.Parallel()
	acted := time.Date(2026, 2, 3, 10, 0, 0, 0, time.UTC)
	on, off := action.State{AccountEnabled: ptr(true)}, action.State{AccountEnabled: ptr(false)}
	moved, still := action.State{SessionsValidFrom: ptr(acted)}, action.State{SessionsValidFrom: ptr(acted.Add(-time.Hour))}
	tests := []struct {
		name  string
		verb  cordon.ActionName
		prior action.State
		now   action.State
		after time.Duration
		want  cordon.Proof
	}{
		{"at once", cordon.ActionDisableUser, on, off, 0, cordon.ProofConfirmed},
		{"late", cordon.ActionDisableUser, on, off, 24 * time.Hour, cordon.ProofConfirmed},
		{"not yet", cordon.ActionDisableUser, on, on, 0, cordon.ProofPending},
		{"just not yet", cordon.ActionDisableUser, on, on, 2*time.Minute - 1, cordon.ProofPending},
		{"past its time", cordon.ActionDisableUser, on, on, 2 * time.Minute, cordon.ProofContradicted},
		{"our clock went back", cordon.ActionDisableUser, on, on, -time.Hour, cordon.ProofPending},
		{"sessions", cordon.ActionRevokeSessions, still, moved, 0, cordon.ProofConfirmed},
		{"sessions not yet", cordon.ActionRevokeSessions, still, still, 15*time.Minute - 1, cordon.ProofPending},
		{"sessions past their time", cordon.ActionRevokeSessions, still, still, 15 * time.Minute, cordon.ProofContradicted},
	}
	for _, tt := range tests {
		if got := find(t, tt.verb).Prove(&tt.prior, tt.now, acted, acted.Add(tt.after)); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestState(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 2, 3, 10, 0, 0, 123000, time.UTC)
	for _, tt := range []struct {
		state action.State
		want  string
	}{
		{action.State{}, `{}`},
		{action.State{AccountEnabled: ptr(false), SessionsValidFrom: &at}, `{"account_enabled":false,"sessions_valid_from":"2026-02-03T10:00:00.000123Z"}`},
		{action.State{SecurityDefaults: ptr(true)}, `{"security_defaults":true}`},
	} {
		if got := string(tt.state.JSON()); got != tt.want {
			t.Errorf("got %s, want %s", got, tt.want)
		}
		back, err := action.ParseState(tt.state.JSON())
		if err != nil || back == nil || string(back.JSON()) != tt.want {
			t.Errorf("%s came back as %+v, %v", tt.want, back, err)
		}
	}
	for _, nothing := range []json.RawMessage{nil, {}, json.RawMessage("null")} {
		if got, err := action.ParseState(nothing); got != nil || err != nil {
			t.Errorf("%q: got %+v, %v", nothing, got, err)
		}
	}
	for _, bad := range []string{`{`, `[]`, `"x"`, `{"account_enabled":"yes"}`, `{"sessions_valid_from":"yesterday"}`} {
		if got, err := action.ParseState(json.RawMessage(bad)); got != nil || err == nil || !strings.HasPrefix(err.Error(), "action: prior state: ") {
			t.Errorf("%s: got %+v, %v", bad, got, err)
		}
	}
}

// What Microsoft answers comes out as a sentence that says what to do, with
// the request id that its support asks for.
func TestExplain(t *testing.T) {
	t.Parallel()
	const again = "try again, and ask Microsoft with the request id if it stays so"
	at := func(path string, status int, code, message string) error {
		return fmt.Errorf("act: %w", &microsoft.Error{Status: status, Code: code, Message: message, RequestID: "req-4711", Method: "PATCH", Path: path})
	}
	answer := func(status int, code, message string) error { return at("/v1.0/x", status, code, message) }
	tests := []struct {
		name string
		verb cordon.ActionName
		err  error
		want string
	}{
		{
			"policies are enabled", cordon.ActionEnableSecurityDefaults, answer(400, "BadRequest", "Conditional access, Sign-in risk, and Classic policies are enabled. Please disable and try again."),
			"Conditional Access or other policies are enabled, and Microsoft allows either them or security defaults: switch those policies off first, or keep them and leave security defaults off",
		},
		{
			"scopes are missing", cordon.ActionEnableSecurityDefaults, answer(403, "AccessDenied", "You cannot perform the requested operation, required scopes are missing in the token."),
			"grant the app Policy.Read.All and Policy.ReadWrite.SecurityDefaults and consent as an administrator",
		},
		{
			"an administrator", cordon.ActionDisableUser, answer(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation."),
			"grant the app User.EnableDisableAccount.All and User.Read.All and consent as an administrator; for an administrator's account the app also needs a directory role such as Privileged Authentication Administrator",
		},
		{"no such user", cordon.ActionRevokeSessions, answer(404, "Request_ResourceNotFound", "Resource does not exist"), "the target no longer exists"},
		{"no licence", cordon.ActionDisableUser, at("/v1.0/identityProtection/riskyUsers", 403, "Forbidden", "Your tenant is not licensed for this feature."), "the tenant lacks the licence or the product"},
		{"no product", cordon.ActionDisableUser, at("/v1.0/security/identities/identityAccounts", 401, "Unauthorized", "Account is not provisioned."), "the tenant lacks the licence or the product"},
		{"conflict of a user", cordon.ActionDisableUser, answer(409, "Conflict", "x"), again},
		{"bad request", cordon.ActionDisableUser, answer(400, "BadRequest", "x"), "Microsoft does not understand the request, and trying again does not help: report it with the request id"},
	}
	for _, tt := range tests {
		got := find(t, tt.verb).Explain(tt.err)
		if want := tt.want + ". The answer: " + tt.err.Error(); got != want || !strings.Contains(got, "(request req-4711)") {
			t.Errorf("%s:\ngot  %s\nwant %s", tt.name, got, want)
		}
	}
	const enter = "Cordon can no longer enter the tenant: check its credential and consent with cordon doctor. The answer: "
	for _, err := range []error{cordon.ErrCredential, cordon.ErrGone, cordon.ErrBlocked} {
		if got := find(t, cordon.ActionDisableUser).Explain(err); got != enter+err.Error() {
			t.Errorf("%v: got %s", err, got)
		}
	}
	if got := find(t, cordon.ActionDisableUser).Explain(errors.New("other")); got != again+". The answer: other" {
		t.Errorf("got %s", got)
	}
}
