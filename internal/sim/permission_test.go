package sim

import (
	"net/http"
	"testing"
	"time"
)

// TestLeastPermission makes calls with the least permission that the reference
// names and nothing else, and with a lesser one.
func TestLeastPermission(t *testing.T) {
	t.Parallel()
	const user, account = "users/x", resIdentityAccounts + "/x"
	tests := []struct {
		permission, lesser, method, path string
	}{
		{"IdentityRiskyServicePrincipal.Read.All", "IdentityRiskyUser.ReadWrite.All", "GET", resRiskyPrincipals},
		{"IdentityRiskyServicePrincipal.Read.All", "IdentityRiskyUser.ReadWrite.All", "GET", resRiskyPrincipals + "/x"},
		{"IdentityRiskyServicePrincipal.Read.All", "IdentityRiskyUser.ReadWrite.All", "GET", resRiskyPrincipals + "/x/history"},
		{"IdentityRiskyServicePrincipal.ReadWrite.All", "IdentityRiskyServicePrincipal.Read.All", "POST", resRiskyPrincipals + "/confirmCompromised"},
		{"IdentityRiskyServicePrincipal.ReadWrite.All", "IdentityRiskyServicePrincipal.Read.All", "POST", resRiskyPrincipals + "/dismiss"},
		{"IdentityRiskEvent.Read.All", "IdentityRiskyServicePrincipal.ReadWrite.All", "GET", resPrincipalDetections},
		{"AuditLog.Read.All", "IdentityRiskEvent.ReadWrite.All", "GET", resSignIns},
		{"AuditLog.Read.All", "Directory.ReadWrite.All", "GET", resAudits + "/x"},
		{"IdentityRiskEvent.ReadWrite.All", "AuditLog.Read.All", "POST", resSignIns + "/confirmSafe"},
		{"IdentityRiskyUser.Read.All", "IdentityRiskEvent.Read.All", "GET", resRiskyUsers + "/x/history"},
		{"IdentityRiskyUser.Read.All", "IdentityRiskEvent.Read.All", "GET", resRiskyUsers + "/x/history/y"},
		{"IdentityRiskyUser.ReadWrite.All", "IdentityRiskyUser.Read.All", "POST", resRiskyUsers + "/confirmSafe"},
		{"IdentityRiskyUser.ReadWrite.All", "IdentityRiskyUser.Read.All", "POST", resRiskyUsers + "/x/invokeAction"},
		{"SecurityIdentitiesAccount.Read.All", "SecurityIdentitiesActions.ReadWrite.All", "GET", resIdentityAccounts},
		{"SecurityIdentitiesAccount.Read.All", "SecurityIdentitiesActions.ReadWrite.All", "GET", account},
		{"SecurityIdentitiesActions.ReadWrite.All", "SecurityIdentitiesAccount.Read.All", "POST", account + "/invokeAction"},
		{"SecurityIdentitiesActions.ReadWrite.All", "SecurityIdentitiesAccount.Read.All", "POST", account + "/microsoft.graph.security.invokeAction"},
		{"UserAuthenticationMethod.Read.All", "User.Read.All", "GET", user + "/authentication/methods"},
		{"UserAuthenticationMethod.ReadWrite.All", "UserAuthenticationMethod.Read.All", "DELETE", user + "/authentication/fido2Methods/y"},
		{"UserAuthMethod-Passkey.ReadWrite.All", "UserAuthMethod-Phone.ReadWrite.All", "DELETE", user + "/authentication/fido2Methods/y"},
		{"UserAuthMethod-TAP.ReadWrite.All", "UserAuthMethod-Phone.ReadWrite.All", "POST", user + "/authentication/temporaryAccessPassMethods"},
		{"GroupMember.Read.All", "Policy.Read.All", "POST", user + "/checkMemberGroups"},
		{"GroupMember.Read.All", "User.Read.All", "GET", "groups/x/transitiveMembers"},
		{"User.Read.All", "User.ReadBasic.All", "GET", "users/delta"},
		{"User.Read.All", "User.ReadBasic.All", "POST", resSubscriptions},
		{"User.Read.All", "User.ReadBasic.All", "PATCH", resSubscriptions + "/x"},
		{"Domain.Read.All", "User.Read.All", "GET", resDomains},
		{"Application.Read.All", "User.Read.All", "GET", resPrincipals},
		{"Application.Read.All", "User.Read.All", "GET", resPrincipals + "(appId='x')"},
		{"Directory.Read.All", "DelegatedAdminRelationship.Read.All", "GET", resContracts},
		{"DelegatedAdminRelationship.Read.All", "Directory.Read.All", "GET", resCustomers},
		{"DelegatedAdminRelationship.Read.All", "Directory.Read.All", "GET", resRelationships + "/x"},
		{"SecurityEvents.Read.All", "SecurityAlert.ReadWrite.All", "GET", resScores},
		{"SecurityEvents.Read.All", "SecurityAlert.ReadWrite.All", "GET", resControls + "/OneAdmin"},
		{"SecurityEvents.ReadWrite.All", "SecurityEvents.Read.All", "PATCH", resControls + "/OneAdmin"},
		{"SecurityAlert.ReadWrite.All", "SecurityAlert.Read.All", "PATCH", resAlerts + "/x"},
		{"SecurityAlert.ReadWrite.All", "SecurityAlert.Read.All", "POST", resAlerts + "/x/comments"},
		{"SecurityIncident.Read.All", "SecurityAlert.ReadWrite.All", "GET", resIncidents},
		{"SecurityIncident.Read.All", "SecurityAlert.ReadWrite.All", "GET", resIncidents + "/x"},
		{"SecurityIncident.ReadWrite.All", "SecurityIncident.Read.All", "PATCH", resIncidents + "/x"},
		{"SecurityIncident.ReadWrite.All", "SecurityIncident.Read.All", "POST", resIncidents + "/x/comments"},
		{"ThreatHunting.Read.All", "SecurityAlert.ReadWrite.All", "POST", "security/runHuntingQuery"},
		{"ThreatHunting.Read.All", "SecurityAlert.ReadWrite.All", "POST", "security/microsoft.graph.security.runHuntingQuery"},
	}
	rigs := map[string]*rig{}
	try := func(permission, method, path string) bool {
		r := rigs[permission]
		if r == nil {
			r = newRig(t, Options{Scenario: custom(t, "  permissions: {graph: ["+permission+"]}\n"), RiskyUsersInvokeAction: true})
			rigs[permission] = r
		}
		r.cloud.Advance(2 * time.Second)
		return r.graph(method, path, "{}").status != http.StatusForbidden
	}
	for _, tt := range tests {
		if !try(tt.permission, tt.method, tt.path) {
			t.Errorf("%s %s: %s does not suffice", tt.method, tt.path, tt.permission)
		}
		if try(tt.lesser, tt.method, tt.path) {
			t.Errorf("%s %s: %s suffices", tt.method, tt.path, tt.lesser)
		}
	}
}

// TestPersonPermission judges a sign-in as an app and as a person: each needs
// a permission that does not help the other.
func TestPersonPermission(t *testing.T) {
	t.Parallel()
	for permission, want := range map[string][2]int{ // as an app, as a person
		"IdentityRiskEvent.ReadWrite.All": {http.StatusNotImplemented, http.StatusForbidden},
		"IdentityRiskyUser.ReadWrite.All": {http.StatusForbidden, http.StatusNotImplemented},
	} {
		r := newRig(t, Options{Scenario: custom(t, few+"  permissions: {graph: ["+permission+"]}\n")})
		judge := func() int { return r.graph(http.MethodPost, resSignIns+"/confirmSafe", `{"requestIds":["x"]}`).status }
		got := [2]int{judge()}
		poll, code := r.startDevice()
		if err := r.cloud.CompleteDevice(code, "", false); err != nil {
			t.Fatal(err)
		}
		r.token[serviceGraph] = r.token2(poll).field(t, "access_token")
		if got[1] = judge(); got != want {
			t.Errorf("%s: got %v, want %v", permission, got, want)
		}
	}
}
