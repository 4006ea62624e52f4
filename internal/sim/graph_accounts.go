package sim

import (
	"net/http"
	"strings"
	"time"
)

const (
	identityDelay = 5 * time.Second // from a call of invokeAction to its effect on the account, by the cloud's clock
	syncDelay     = 2 * time.Minute // from there until the directory has followed Active Directory
)

// The providers of an account, as metadata spells them.
const (
	providerEntra = "entraID"
	providerAD    = "activeDirectory"
	providerOkta  = "okta"
)

const identityMembers = "id displayName domain onPremisesSecurityIdentifier cloudSecurityIdentifier isEnabled accounts"

// accountRoutes are the accounts that Defender for Identity knows, and what it
// can do to them.
func accountRoutes() []route {
	read, act := need("SecurityIdentitiesAccount.Read.All"), need("SecurityIdentitiesActions.ReadWrite.All")
	routes := []route{
		{method: http.MethodGet, path: resIdentityAccounts, needs: read, do: list(resIdentityAccounts, resIdentityAccounts),
			view: view{options: "$filter $select $top $count $skiptoken", page: 20, top: 999, members: identityMembers,
				fields: fieldsOf("folded:onPremisesSecurityIdentifier cloudSecurityIdentifier")}},
		{method: http.MethodGet, path: resIdentityAccounts + "/{id}", needs: read, view: view{options: "$select", members: identityMembers},
			do: get(resIdentityAccounts, resIdentityAccounts+"/$entity")},
		{method: http.MethodPost, path: resIdentityAccounts + "/{id}/invokeAction", needs: act, do: invokeAction},
		{method: http.MethodPost, path: resIdentityAccounts + "/{id}/microsoft.graph.security.invokeAction", needs: act, do: invokeAction},
	}
	return each(routes, func(r *route) { r.family, r.denied = familySecurity, deniedSecurity })
}

// A login is one account of an identity. Half of the identities spell its
// provider as the samples do, the others as metadata does.
type login struct {
	Identifier       string   `json:"identifier"`
	Provider         string   `json:"provider"`
	IdentityProvider string   `json:"identityProvider"`
	Actions          []string `json:"actions"`
}

// by returns the provider in the spelling of metadata.
func (a login) by() string {
	for _, p := range []string{providerEntra, providerAD, providerOkta} {
		if strings.EqualFold(p, a.Provider+a.IdentityProvider) {
			return p
		}
	}
	return ""
}

// populateIdentityAccounts makes an identity for every user that the directory has by then.
func (t *tenant) populateIdentityAccounts(c *collection) {
	okta := map[string]bool{}
	for _, p := range t.oktaMembers() {
		okta[t.guid("user", p.key)] = true
	}
	for i, u := range t.collection(resUsers).objects() {
		c.put(t.identityObject(u, okta[idOf(u)], i%2 == 0))
	}
}

// identityObject is a user as Defender for Identity keeps it.
func (t *tenant) identityObject(u *object, okta, asInSamples bool) *object {
	id, domain, accounts := idOf(u), t.domain, []*object{}
	add := func(identifier, provider string, actions ...string) {
		name := "identityProvider"
		if asInSamples {
			name, provider = "provider", titleCase(provider)
		}
		accounts = append(accounts, newObject("identifier", identifier, name, provider, "actions", orEmpty(actions)))
	}
	if u.isTrue("onPremisesSyncEnabled") {
		domain = t.name + ".local"
		add(t.guid("ad", id), providerAD, "disable", "enable", "forcePasswordReset")
	}
	if okta {
		add("00u"+t.hex(17, "okta", id), providerOkta, "disable", "enable", "revokeAllSessions")
	}
	if t.spec().EntraActions {
		add(id, providerEntra, "disable", "enable", "revokeAllSessions", "requireUserToSignInAgain", "markUserAsCompromised")
	} else {
		add(id, providerEntra)
	}
	return newObject("id", t.guid("identity", id), "displayName", orNull(u.text("displayName")), "domain", domain,
		"onPremisesSecurityIdentifier", orNull(u.text("onPremisesSecurityIdentifier")), "cloudSecurityIdentifier", orNull(u.text("securityIdentifier")),
		"isEnabled", u.isTrue("accountEnabled"), "accounts", accounts)
}
