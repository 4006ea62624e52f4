package microsoft

import (
	"errors"
	"testing"

	"github.com/cordonhq/cordon"
)

// Every sentence and code that a source of ours lists says what the tenant
// lacks, on its own API alone, also with a hint behind it.
func TestLacks(t *testing.T) {
	t.Parallel()
	for _, l := range lacks() {
		if l.source == "" || len(l.apis) == 0 || len(l.statuses) == 0 || len(l.codes) == 0 && l.text == "" {
			t.Errorf("%q says too little of itself", l.text)
		}
		code := "AnyCode"
		if len(l.codes) > 0 {
			code = l.codes[0]
		}
		for _, api := range l.apis {
			for _, status := range l.statuses {
				for _, message := range []string{l.text, l.text + " Please upgrade your subscription to access it.", l.text + "\r\n"} {
					e := &Error{Method: "GET", Path: api + "x", Status: status, Code: code, Message: message}
					if !errors.Is(e, l.kind) {
						t.Errorf("%s %d %s %q: got %v, want %v", api, status, code, message, e.Kind(), l.kind)
					}
					elsewhere := *e
					elsewhere.Path = "/v1.0/users/x"
					if !errors.Is(&elsewhere, cordon.ErrDenied) {
						t.Errorf("%s of another API: got %v", message, elsewhere.Kind())
					}
				}
			}
		}
	}
}

// TestUnlicensedOnlyAsListed: what merely resembles a listed refusal is a
// missing permission, so that the source stays one that was not read.
func TestUnlicensedOnlyAsListed(t *testing.T) {
	t.Parallel()
	const risk, ca, logs, alerts, identities, endpoint = pathsRisk + "riskDetections", pathsConditional + "policies", pathsLogs + "signIns", pathAlerts, pathIdentities, pathEndpointAlerts
	for name, tt := range map[string]struct {
		path    string
		status  int
		code    string
		message string
		want    error
	}{
		"risk, not licensed":             {risk, 403, "Forbidden", "Your tenant is not licensed for this feature.", cordon.ErrUnlicensed},
		"risk, with a hint":              {risk, 403, "Forbidden", "Your tenant is not licensed for this feature. It needs Entra ID P2.", cordon.ErrUnlicensed},
		"policies, not licensed":         {ca, 403, "AccessDenied", "Your tenant is not licensed for this feature. Please upgrade your subscription to access it.", cordon.ErrUnlicensed},
		"sign-ins, not premium":          {logs, 403, "Authentication_RequestFromNonPremiumTenantOrB2CTenant", "Neither tenant is B2C or tenant doesn't have premium license", cordon.ErrUnlicensed},
		"alerts, not provisioned":        {alerts, 403, "Forbidden", "Account is not provisioned.", cordon.ErrNotProvisioned},
		"endpoint, not provisioned":      {endpoint, 401, "Unauthorized", "Unauthorized request - Account is not provisioned.", cordon.ErrNotProvisioned},
		"identities, not onboarded":      {identities, 403, "Forbidden", "Tenant is not onboarded to Microsoft Defender for Identity", cordon.ErrNotProvisioned},
		"identities, not onboarded yet":  {identities, 403, "Forbidden", "Tenant is not onboarded to Microsoft Defender for Identity. See https://aka.ms/x", cordon.ErrNotProvisioned},
		"licence in the middle":          {risk, 403, "Forbidden", "The operation is refused: the app is not licensed to act for this premium tenant.", cordon.ErrDenied},
		"premium in the middle":          {alerts, 403, "Forbidden", "Access is denied by the premium access policy.", cordon.ErrDenied},
		"the sentence in the middle":     {risk, 403, "Forbidden", "Access denied. Your tenant is not licensed for this feature.", cordon.ErrDenied},
		"half of the sentence":           {risk, 403, "Forbidden", "Your tenant is not licensed", cordon.ErrDenied},
		"the sentence goes on otherwise": {identities, 403, "Forbidden", "Tenant is not onboarded to Microsoft Defender for Identity2", cordon.ErrDenied},
		"the sentence with another code": {risk, 403, "Authorization_RequestDenied", "Your tenant is not licensed for this feature.", cordon.ErrDenied},
		"the sentence of another API":    {alerts, 403, "Forbidden", "Your tenant is not licensed for this feature.", cordon.ErrDenied},
		"of users":                       {pathUsers, 403, "Forbidden", "Your tenant is not licensed for this feature.", cordon.ErrDenied},
		"users are always provisioned":   {pathUsers, 401, "Unauthorized", "Account is not provisioned.", cordon.ErrDenied},
		"a permission named so":          {alerts, 403, "Forbidden", "Missing application roles. API required roles: LicenseAssignment.Read.All, application roles: .", cordon.ErrDenied},
		"the code of another API":        {risk, 403, "Authentication_RequestFromNonPremiumTenantOrB2CTenant", "x", cordon.ErrDenied},
		"a longer code":                  {logs, 403, "Authentication_RequestFromNonPremiumTenantOrB2CTenants", "x", cordon.ErrDenied},
		"a feature switched off":         {endpoint, 403, "DisabledFeature", "The feature is disabled.", cordon.ErrDenied},
		"payment required":               {risk, 402, "PaymentRequired", "x", cordon.ErrDenied},
		"the sentence of a 400":          {risk, 400, "BadRequest", "Your tenant is not licensed for this feature.", cordon.ErrBadRequest},
	} {
		e := &Error{Method: "GET", Path: tt.path, Status: tt.status, Code: tt.code, Message: tt.message}
		if !errors.Is(e, tt.want) {
			t.Errorf("%s: got %v, want %v", name, e.Kind(), tt.want)
		}
	}
}
