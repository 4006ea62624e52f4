package microsoft

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/cordonhq/cordon"
)

// directory answers by path.
func directory(answers map[string]string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if body, ok := answers[r.URL.Path]; ok {
			reply(w, 200, body)
			return
		}
		graphError(w, 404, "Request_ResourceNotFound", "Resource does not exist.")
	}
}

func guid(n int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", n) }

// TestGlobalAdmins hears what the simulator does not say.
func TestGlobalAdmins(t *testing.T) {
	t.Parallel()
	user := func(n int, enabled string) string {
		return fmt.Sprintf(`{"@odata.type":"#microsoft.graph.user","id":%q,"userPrincipalName":"u%d","accountEnabled":%s}`, guid(n), n, enabled)
	}
	group := fmt.Sprintf(`{"@odata.type":"#microsoft.graph.group","id":%q}`, guid(9))
	app := fmt.Sprintf(`{"@odata.type":"#microsoft.graph.servicePrincipal","id":%q}`, guid(8))
	untyped := fmt.Sprintf(`{"id":%q}`, guid(5))
	tests := map[string]struct {
		members string
		more    map[string]string
		want    string
		err     error
	}{
		"group out of reach":   {user(1, "true") + "," + group, nil, "", cordon.ErrNotFound},
		"type not told":        {untyped, map[string]string{pathUsers + "/" + guid(5): user(5, "true")}, "u5=true", nil},
		"type not told, gone":  {untyped, nil, "", cordon.ErrMalformed},
		"state not told":       {user(1, "null"), map[string]string{pathUsers + "/" + guid(1): user(1, "true")}, "u1=true", nil},
		"state never told":     {user(1, `"true"`), map[string]string{pathUsers + "/" + guid(1): user(1, "null")}, "u1=unsaid", nil},
		"type not told, state": {untyped, map[string]string{pathUsers + "/" + guid(5): user(5, "null")}, "u5=unsaid", nil},
		"nobody":               {app, nil, "", cordon.ErrMalformed},
		"no object":            {user(1, "true") + ",null", nil, "", cordon.ErrMalformed},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answers := map[string]string{pathGlobalAdmins: `{"value":[` + tt.members + `]}`}
			for path, body := range tt.more {
				answers[path] = body
			}
			admins, err := newFake(t, directory(answers)).client(t, Options{}).Directory.GlobalAdmins(t.Context())
			var got []string
			for _, a := range admins {
				enabled := "unsaid"
				if a.AccountEnabled != nil {
					enabled = strconv.FormatBool(*a.AccountEnabled)
				}
				got = append(got, a.UserPrincipalName+"="+enabled)
			}
			if strings.Join(got, " ") != tt.want || !errors.Is(err, tt.err) {
				t.Errorf("got %v, %v; want %s, %v", got, err, tt.want, tt.err)
			}
		})
	}
}

func TestRolesAreUnited(t *testing.T) {
	t.Parallel()
	member := pathUsers + "/" + userID + "/transitiveMemberOf"
	tests := map[string]struct {
		held, assigned string
		want           string
		err            error
	}{
		"both ways": {`{"@odata.type":"#microsoft.graph.group","displayName":"All"},{"@odata.type":"#microsoft.graph.directoryRole","displayName":"Global Administrator","roleTemplateId":"AA"}`,
			`{"roleDefinitionId":"aa","roleDefinition":{"id":"aa","displayName":"Global Administrator"}},{"roleDefinitionId":"bb"},{"roleDefinition":{"id":"x","templateId":"cc","displayName":"C"}}`,
			"[{aa Global Administrator} {bb } {cc C}]", nil},
		"none":           {``, ``, "[]", nil},
		"hidden role":    {`{"@odata.type":"#microsoft.graph.directoryRole","id":"x","roleTemplateId":null}`, ``, "[]", cordon.ErrDenied},
		"without a type": {`{"id":"x"}`, ``, "[]", cordon.ErrDenied},
		"strange holder": {`7`, ``, "[]", cordon.ErrMalformed},
	}
	for name, tt := range tests {
		f := newFake(t, directory(map[string]string{member: `{"value":[` + tt.held + `]}`, pathAssignments: `{"value":[` + tt.assigned + `]}`}))
		roles, err := f.client(t, Options{}).Directory.RolesOf(t.Context(), userID)
		if fmt.Sprint(roles) != tt.want || !errors.Is(err, tt.err) {
			t.Errorf("%s: got %v, %v", name, roles, err)
		}
	}
	f := newFake(t, directory(nil))
	if _, err := f.client(t, Options{}).Directory.RolesOf(t.Context(), "ada@contoso.com"); !errors.Is(err, cordon.ErrBadRequest) || f.count() != 0 {
		t.Errorf("by UPN: %v", err)
	}
}

func TestAnswersThatAreNotTheObject(t *testing.T) {
	t.Parallel()
	f := newFake(t, directory(map[string]string{
		pathUsers + "/" + userID:        `{"id":"` + clientID + `"}`,
		pathUsers + "/ada@contoso.com":  `{"displayName":"Ada"}`,
		pathUsers + "/$count":           `many`,
		pathDefaults:                    `{"id":"x","isEnabled":"true"}`,
		pathMachines + "/1":             `{}`,
		pathUsers + "/list@contoso.com": `{"value":[]}`,
	}))
	c, ctx := f.client(t, Options{}), t.Context()
	_, other := c.Users.Get(ctx, userID)
	_, nameless := c.Users.Get(ctx, "ada@contoso.com")
	_, list := c.Users.Get(ctx, "list@contoso.com")
	_, count := c.Users.Count(ctx)
	_, defaults := c.Policies.SecurityDefaults(ctx)
	_, machine := c.Endpoint.Machine(ctx, "1")
	for i, err := range []error{other, nameless, list, count, defaults, machine} {
		if !errors.Is(err, cordon.ErrMalformed) {
			t.Errorf("%d: got %v", i, err)
		}
	}
}

func TestCount(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]int{"42": 42, "\ufeff7\n": 7} {
		f := newFake(t, say(200, body))
		n, err := f.client(t, Options{}).Users.Count(t.Context())
		h := f.calls[0].Header
		if err != nil || n != want || h.Get("ConsistencyLevel") != "eventual" || h.Get("Accept") != "text/plain" {
			t.Errorf("got %d, %v, %v", n, err, h)
		}
	}
	for _, body := range []string{"", "-1", "1.5", "<html>", strings.Repeat("9", 40)} {
		if n, err := newFake(t, say(200, body)).client(t, Options{}).Users.Count(t.Context()); !errors.Is(err, cordon.ErrMalformed) {
			t.Errorf("%.20q: got %d, %v", body, n, err)
		}
	}
}
