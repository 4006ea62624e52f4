package sim

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"
)

// An order is what the body of invokeAction asks for.
type order struct {
	AccountID        string `json:"accountId"`
	Action           string `json:"action"`
	IdentityProvider string `json:"identityProvider"`
}

// readOrder reads the body of invokeAction.
func readOrder(body []byte) (order, error) {
	var in order
	o, err := readObject(body)
	if err != nil {
		return in, err
	}
	for _, m := range o.members {
		if !slices.Contains([]string{"accountId", "action", "identityProvider", "@odata.type"}, m.name) {
			return in, badRequest("The parameter '" + m.name + "' in the request payload is not a valid parameter for the operation 'invokeAction'.")
		}
	}
	if json.Unmarshal(body, &in) != nil || in.AccountID == "" {
		return in, badRequest("The request body must hold 'accountId', 'action' and 'identityProvider'.")
	}
	actions := strings.Fields("disable enable forcePasswordReset revokeAllSessions requireUserToSignInAgain markUserAsCompromised")
	if !slices.Contains(actions, in.Action) {
		return in, badRequest("Requested value '" + in.Action + "' was not found in microsoft.graph.security.action.")
	}
	if !slices.Contains([]string{providerEntra, providerAD, providerOkta}, in.IdentityProvider) {
		return in, badRequest("Requested value '" + in.IdentityProvider + "' was not found in microsoft.graph.security.identityProvider.")
	}
	return in, nil
}

// invokeAction starts an action on an account. The two spellings of the route
// answer in the two shapes on record: wrapped as in the samples, and bare as
// in metadata.
func invokeAction(x *exchange, c *call) (answer, error) {
	identity := c.tenant.collection(resIdentityAccounts).get(c.id)
	if identity == nil {
		return answer{}, missing(c.id)
	}
	in, err := readOrder(x.body)
	if err != nil {
		return answer{}, err
	}
	if err := c.tenant.mayOrder(identity, in); err != nil {
		return answer{}, err
	}
	c.tenant.later(x.now.Add(identityDelay), func() { c.tenant.carryOut(idOf(identity), in, x.now.Add(identityDelay)) })
	correlation := newGUID()
	if strings.HasSuffix(c.route.path, "/microsoft.graph.security.invokeAction") {
		return entity(x.context("microsoft.graph.security.invokeActionResult"), newObject("accountId", in.AccountID, "action", in.Action,
			"identityProvider", in.IdentityProvider, "correlationId", correlation)), nil
	}
	return answer{body: encode(newObject("value", newObject("accountId", in.AccountID, "action", in.Action,
		"provider", titleCase(in.IdentityProvider), "correlationId", correlation)))}, nil
}

// mayOrder refuses what the identity's accounts do not allow.
func (t *tenant) mayOrder(identity *object, in order) error {
	var accounts []login
	_ = json.Unmarshal(identity.raw("accounts"), &accounts) // an injected identity without accounts allows nothing
	i := slices.IndexFunc(accounts, func(a login) bool { return strings.EqualFold(a.Identifier, in.AccountID) })
	switch {
	case i < 0:
		return badRequest("The account '" + in.AccountID + "' does not belong to this identity.")
	case accounts[i].by() != in.IdentityProvider:
		return badRequest("The account '" + in.AccountID + "' is not of the identity provider '" + in.IdentityProvider + "'.")
	case in.IdentityProvider == providerEntra && !t.spec().EntraActions:
		return badRequest("Actions on accounts of the identity provider 'entraID' are not supported.")
	case !slices.Contains(accounts[i].Actions, in.Action):
		return badRequest("The action '" + in.Action + "' is not available for this account.")
	}
	return nil
}

// carryOut is the effect of an action. What an Okta session or a password in
// Active Directory becomes is nothing that this cloud shows. Callers hold the lock.
func (t *tenant) carryOut(identity string, in order, at time.Time) {
	o := t.collection(resIdentityAccounts).get(identity)
	if o == nil {
		return // taken away meanwhile
	}
	user := t.userWithSID(o.text("cloudSecurityIdentifier"))
	if in.Action == "disable" || in.Action == "enable" {
		o.set("isEnabled", in.Action == "enable")
	}
	switch {
	case user == nil:
	case in.IdentityProvider == providerEntra:
		t.actOnUser(user, in.Action, at)
	case in.IdentityProvider == providerAD && in.Action != "forcePasswordReset":
		t.later(at.Add(syncDelay), func() { user.set("accountEnabled", in.Action == "enable") })
	}
}

// userWithSID finds a user by the SID that follows from the object id. Callers hold the lock.
func (t *tenant) userWithSID(sid string) *object {
	for _, it := range t.collection(resUsers).items {
		if sid != "" && it.object.text("securityIdentifier") == sid {
			return it.object
		}
	}
	return nil
}

// actOnUser is what an action does to a user of the directory. Callers hold the lock.
func (t *tenant) actOnUser(user *object, action string, at time.Time) {
	switch action {
	case "disable", "enable":
		user.set("accountEnabled", action == "enable")
	case "forcePasswordReset":
		user.set("lastPasswordChangeDateTime", writeSeconds(at))
	case "revokeAllSessions", "requireUserToSignInAgain":
		user.set("signInSessionsValidFromDateTime", writeSeconds(at))
	case "markUserAsCompromised":
		t.pass(riskyUsers(), idOf(user), compromisedUser(), t.principal, at.Add(riskDelay), t.confirmation)
	}
}

// hearsayRoutes is a call that was described before there was documentation
// and that the real service does not have. It is there only when asked for.
func hearsayRoutes() []route {
	return []route{{method: http.MethodPost, path: resRiskyUsers + "/{id}/invokeAction", needs: need("IdentityRiskyUser.ReadWrite.All"),
		licence: "p2", family: familyIdentity, denied: deniedIdentity, do: invokeOnUser}}
}

// invokeOnUser acts on a user at once.
func invokeOnUser(x *exchange, c *call) (answer, error) {
	user := c.tenant.collection(resUsers).get(c.id)
	if user == nil {
		return answer{}, missing(c.id)
	}
	o, err := readObject(x.body)
	if err != nil {
		return answer{}, err
	}
	action := o.text("action")
	if !slices.Contains(strings.Fields("disable enable forcePasswordReset revokeAllSessions markUserAsCompromised"), action) {
		return answer{}, badRequest("The action '" + action + "' is not known.")
	}
	if raw := o.raw("compromisedDateTime"); raw != nil {
		if _, err := parseTime(o.text("compromisedDateTime")); err != nil || action != "markUserAsCompromised" {
			return answer{}, badRequest("The parameter 'compromisedDateTime' is not a time, or does not go with the action '" + action + "'.")
		}
	}
	c.tenant.actOnUser(user, action, x.now)
	return noContent(), nil
}
