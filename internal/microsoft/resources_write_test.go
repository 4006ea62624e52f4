package microsoft

import (
	"context"
	"errors"
	"io"
	"net/http"
	"testing"

	"github.com/cordonhq/cordon"
)

// Each write leaves once, with these bytes.
// It is long because every write is a row of it.
func TestWritesOnTheWire(t *testing.T) {
	t.Parallel()
	const machine, ids = "1e5bc9d7e413ddd7902c2932e418702b84d0cc07", `["` + userID + `"]`
	action := `{"id":"5382f7ea","type":"Isolate","status":"Pending"}`
	act := func(do func(context.Context, *Client) (MachineAction, error)) func(context.Context, *Client) error {
		return func(ctx context.Context, c *Client) error {
			a, err := do(ctx, c)
			if err == nil && a.ID != "5382f7ea" {
				err = errors.New("another action came back")
			}
			return err
		}
	}
	tests := map[string]struct {
		call   func(context.Context, *Client) error
		answer string // "" is 204
		want   string
	}{
		"confirm safe": {func(ctx context.Context, c *Client) error {
			return c.Risk.ConfirmSafe(ctx, []string{userID}, requestID)
		}, "", "POST " + pathRiskyUsers + `/confirmSafe {"userIds":` + ids + `}`},
		"confirm apps": {func(ctx context.Context, c *Client) error {
			return c.Risk.ConfirmServicePrincipalsCompromised(ctx, []string{userID}, requestID)
		}, "", "POST " + pathRiskyPrincipals + `/confirmCompromised {"servicePrincipalIds":` + ids + `}`},
		"dismiss apps": {func(ctx context.Context, c *Client) error {
			return c.Risk.DismissServicePrincipals(ctx, []string{userID}, requestID)
		}, "", "POST " + pathRiskyPrincipals + `/dismiss {"servicePrincipalIds":` + ids + `}`},
		"undocumented action": {func(ctx context.Context, c *Client) error {
			return c.Risk.RiskyUsersInvokeAction(ctx, userID, "disable", requestID)
		}, "", "POST " + pathRiskyUsers + "/" + userID + `/invokeAction {"action":"disable"}`},
		"force password change": {func(ctx context.Context, c *Client) error { return c.Users.ForcePasswordChange(ctx, userID, requestID) }, "", "PATCH " + pathUsers + "/" + userID + ` {"passwordProfile":{"forceChangePasswordNextSignIn":true}}`},
		"control state": {func(ctx context.Context, c *Client) error {
			return c.Scores.UpdateControlProfile(ctx, "AdminMFAV2", "ignored", "why", "ada", requestID)
		}, "", "PATCH " + pathControls + `/AdminMFAV2 {"assignedTo":"ada","comment":"why","state":"Ignored","vendorInformation":{"provider":"SecureScore","providerVersion":null,"subProvider":null,"vendor":"Microsoft"}}`},
		"alert": {func(ctx context.Context, c *Client) error {
			_, err := c.Alerts.Update(ctx, "a1", AlertUpdate{Status: "resolved", Determination: "malware"}, requestID)
			return err
		}, `{"id":"a1"}`, "PATCH " + pathAlerts + `/a1 {"status":"resolved","determination":"malware"}`},
		"alert comment": {func(ctx context.Context, c *Client) error { return c.Alerts.Comment(ctx, "a1", "seen", requestID) }, `{"value":[]}`, "POST " + pathAlerts + `/a1/comments {"@odata.type":"microsoft.graph.security.alertComment","comment":"seen"}`},
		"incident": {func(ctx context.Context, c *Client) error {
			_, err := c.Incidents.Update(ctx, "29", IncidentUpdate{CustomTags: []string{"x"}}, requestID)
			return err
		}, `{"id":"29"}`, "PATCH " + pathIncidents + `/29 {"customTags":["x"]}`},
		"incident comment": {func(ctx context.Context, c *Client) error { return c.Incidents.Comment(ctx, "29", "seen", requestID) }, `{"value":[]}`, "POST " + pathIncidents + `/29/comments {"@odata.type":"microsoft.graph.security.alertComment","comment":"seen"}`},
		"endpoint alert": {func(ctx context.Context, c *Client) error {
			_, err := c.Endpoint.UpdateAlert(ctx, "a1", EndpointAlertUpdate{Status: "Resolved", Comment: "x"}, requestID)
			return err
		}, `{"id":"a1"}`, "PATCH " + pathEndpointAlerts + `/a1 {"status":"Resolved","comment":"x"}`},
		"endpoint alerts": {func(ctx context.Context, c *Client) error {
			return c.Endpoint.UpdateAlerts(ctx, []string{"a1", "a2"}, EndpointAlertUpdate{Status: "InProgress"}, requestID)
		}, "", "POST " + pathEndpointAlerts + `/batchUpdate {"alertIds":["a1","a2"],"status":"InProgress"}`},
		"isolate": {act(func(ctx context.Context, c *Client) (MachineAction, error) {
			return c.Endpoint.Isolate(ctx, machine, IsolateSelective, "why", requestID)
		}), action, "POST " + pathMachines + "/" + machine + `/isolate {"Comment":"why","IsolationType":"Selective"}`},
		"unisolate": {act(func(ctx context.Context, c *Client) (MachineAction, error) {
			return c.Endpoint.Unisolate(ctx, machine, "why", requestID)
		}), action, "POST " + pathMachines + "/" + machine + `/unisolate {"Comment":"why"}`},
		"scan": {act(func(ctx context.Context, c *Client) (MachineAction, error) {
			return c.Endpoint.RunAntiVirusScan(ctx, machine, true, "why", requestID)
		}), action, "POST " + pathMachines + "/" + machine + `/runAntiVirusScan {"Comment":"why","ScanType":"Full"}`},
		"collect": {act(func(ctx context.Context, c *Client) (MachineAction, error) {
			return c.Endpoint.CollectInvestigationPackage(ctx, machine, "why", requestID)
		}), action, "POST " + pathMachines + "/" + machine + `/collectInvestigationPackage {"Comment":"why"}`},
		"restrict": {act(func(ctx context.Context, c *Client) (MachineAction, error) {
			return c.Endpoint.RestrictCodeExecution(ctx, machine, "why", requestID)
		}), action, "POST " + pathMachines + "/" + machine + `/restrictCodeExecution {"Comment":"why"}`},
		"unrestrict": {act(func(ctx context.Context, c *Client) (MachineAction, error) {
			return c.Endpoint.UnrestrictCodeExecution(ctx, machine, "why", requestID)
		}), action, "POST " + pathMachines + "/" + machine + `/unrestrictCodeExecution {"Comment":"why"}`},
		"quarantine": {act(func(ctx context.Context, c *Client) (MachineAction, error) {
			return c.Endpoint.StopAndQuarantineFile(ctx, machine, machine, "why", requestID)
		}), action, "POST " + pathMachines + "/" + machine + `/StopAndQuarantineFile {"Comment":"why","Sha1":"` + machine + `"}`},
		"cancel": {act(func(ctx context.Context, c *Client) (MachineAction, error) {
			return c.Endpoint.CancelMachineAction(ctx, "5382f7ea", "why", requestID)
		}), action, "POST " + pathMachineActions + `/5382f7ea/cancel {"Comment":"why"}`},
		"identity action": {func(ctx context.Context, c *Client) error {
			_, err := c.Identities.InvokeAction(ctx, "id-1", IdentityCommand{"256db173", IdentityDisable, ProviderActiveDirectory}, requestID)
			return err
		}, `{"value":{}}`, "POST " + pathIdentities + `/id-1/invokeAction {"accountId":"256db173","action":"disable","identityProvider":"activeDirectory"}`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got string
			f := newFake(t, func(w http.ResponseWriter, r *http.Request) {
				b, _ := io.ReadAll(r.Body)
				got = r.Method + " " + r.RequestURI + " " + string(b)
				if r.Header.Get("Client-Request-Id") != requestID {
					got += " without its request id"
				}
				if tt.answer == "" {
					w.WriteHeader(204)
					return
				}
				reply(w, 201, tt.answer)
			})
			c := f.client(t, Options{})
			if err := tt.call(t.Context(), c); err != nil || got != tt.want {
				t.Errorf("error %v, got\n%s\nwant\n%s", err, got, tt.want)
			}
			checkPayment(t, c, f.calls[0])
			lost := newFake(t, refuse(503, "serviceNotAvailable", "x"))
			if err := tt.call(t.Context(), lost.client(t, Options{})); !errors.Is(err, cordon.ErrUnknownOutcome) || lost.count() != 1 {
				t.Errorf("lost: got %v after %d requests", err, lost.count())
			}
		})
	}
}

// What is taken but not answered with what was asked for is unknown, not done.
func TestWriteAnsweredOddly(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`{}`, `{"id":`, `{"value":[]}`} {
		f := newFake(t, say(200, body))
		c, ctx := f.client(t, Options{}), t.Context()
		_, isolated := c.Endpoint.Isolate(ctx, "m", IsolateFull, "why", requestID)
		if !errors.Is(isolated, cordon.ErrUnknownOutcome) {
			t.Errorf("%s: got %v", body, isolated)
		}
		if f.count() != 1 {
			t.Errorf("%d requests left", f.count())
		}
	}
}

// What cannot be meant is refused before anything leaves.
// It is long because every such call is a row of it.
func TestCallsThatMustNotLeave(t *testing.T) {
	t.Parallel()
	f := newFake(t, say(200, `{"value":[]}`))
	c, ctx := f.client(t, Options{}), t.Context()
	second := func(_ any, err error) error { return err }
	for name, err := range map[string]error{
		"61 users":              c.Risk.ConfirmSafe(ctx, make([]string, 61), requestID),
		"no service principals": c.Risk.DismissServicePrincipals(ctx, nil, requestID),
		"risky user by name":    second(c.Risk.RiskyUser(ctx, "ada")),
		"history by name":       second(c.Risk.History(ctx, "ada")),
		"app by name":           second(c.Risk.ServicePrincipal(ctx, "../x")),
		"an empty action":       c.Risk.RiskyUsersInvokeAction(ctx, userID, "", requestID),
		"sign-ins by name":      second(all[SignIn](c.Logs.SignIns(ctx, since, "x' or 1 eq 1"))),
		"sign-in path":          second(c.Logs.SignIn(ctx, "../users")),
		"alert path":            second(c.Alerts.Get(ctx, "..")),
		"alert, nothing to do":  second(c.Alerts.Update(ctx, "a", AlertUpdate{}, requestID)),
		"alert, empty comment":  c.Alerts.Comment(ctx, "a", "", requestID),
		"incident path":         second(c.Incidents.Get(ctx, "1/alerts", false)),
		"incident, no change":   second(c.Incidents.Update(ctx, "1", IncidentUpdate{}, requestID)),
		"empty query":           second(c.Hunting.RunQuery(ctx, " \n", "")),
		"days":                  second(c.Scores.Scores(ctx, -1)),
		"control path":          second(c.Scores.ControlProfile(ctx, "a/b")),
		"a state of the portal": c.Scores.UpdateControlProfile(ctx, "AdminMFAV2", "Planned", "", "", requestID),
		"endpoint, no change":   second(c.Endpoint.UpdateAlert(ctx, "a", EndpointAlertUpdate{}, requestID)),
		"no alerts":             c.Endpoint.UpdateAlerts(ctx, nil, EndpointAlertUpdate{Status: "New"}, requestID),
		"strange alerts":        c.Endpoint.UpdateAlerts(ctx, []string{"a/b"}, EndpointAlertUpdate{Status: "New"}, requestID),
		"isolate half":          second(c.Endpoint.Isolate(ctx, "m", "Half", "why", requestID)),
		"isolate, no comment":   second(c.Endpoint.Isolate(ctx, "m", IsolateFull, "", requestID)),
		"machine path":          second(c.Endpoint.Unisolate(ctx, "..", "why", requestID)),
		"no SHA-1":              second(c.Endpoint.StopAndQuarantineFile(ctx, "m", "abc", "why", requestID)),
		"cancel, no comment":    second(c.Endpoint.CancelMachineAction(ctx, "a", "", requestID)),
		"action path":           second(c.Endpoint.MachineAction(ctx, "a/b")),
		"members by UPN":        second(c.Users.Memberships(ctx, "ada@contoso.com")),
		"no groups":             second(c.Users.CheckMemberGroups(ctx, userID, nil)),
		"policy by name":        second(c.Policies.ConditionalAccessPolicy(ctx, "x")),
		"app id":                second(c.Apps.ResourceApp(ctx, "x')/owners")),
		"identity path":         second(c.Identities.Account(ctx, "a/b")),
		"identity, no account":  second(c.Identities.InvokeAction(ctx, "a", IdentityCommand{Action: IdentityDisable, Provider: ProviderOkta}, requestID)),
		"no SID":                second(c.Identities.Accounts(ctx, IdentityFilter{OnPremisesSID: "x' or 1 eq 1"})),
		"password by UPN":       c.Users.ResetPassword(ctx, "ada@contoso.com", requestID),
		"no request id":         c.Users.ResetPassword(ctx, userID, ""),
	} {
		if !errors.Is(err, cordon.ErrBadRequest) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if f.count() != 0 || f.tokens != 0 {
		t.Errorf("%d requests left", f.count())
	}
}
