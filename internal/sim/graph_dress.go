package sim

import (
	"bytes"
	"slices"
	"strings"
)

// dress returns how a service shows an object to this request: values that a
// client must ask for are masked, and so is what the licence does not cover.
func (x *exchange) dress(r *route) func(*object) *object {
	unasked := !strings.Contains(strings.ToLower(strings.Join(x.request.Header.Values("Prefer"), ",")), "include-unknown-enum-members")
	poor := x.tenant.spec().Licence != "p2" && (strings.HasPrefix(r.path, resDetections) ||
		strings.HasPrefix(r.path, resPrincipalDetections) || strings.HasPrefix(r.path, resRiskyPrincipals))
	if x.service != serviceGraph || !unasked && !poor {
		return nil
	}
	return func(o *object) *object {
		if unasked {
			o = maskUnknown(o)
		}
		if poor {
			o = maskPremium(o)
		}
		return o
	}
}

// gated lists enum values that come after unknownFutureValue and are shown
// only to clients that ask for them.
func gated(member string) (values, instead string) {
	switch member {
	case "riskDetail", "detail": // the second in the activity of a history item
		return "m365DAdminDismissedDetection adminConfirmedServicePrincipalCompromised adminDismissedAllRiskForServicePrincipal " +
			"userChangedPasswordOnPremises adminDismissedRiskForSignIn adminConfirmedAccountSafe microsoftRevokedSessions", "unknownFutureValue"
	case "activity":
		return "servicePrincipal", "unknownFutureValue"
	case "tokenIssuerType":
		return "AzureADBackupAuth ADFederationServicesMFAAdapter NPSExtension", "UnknownFutureValue"
	case "serviceSource":
		return "microsoftDefenderForCloud microsoftSentinel microsoftInsiderRiskManagement microsoftThreatIntelligence microsoftSecurityForAI", "unknownFutureValue"
	case "status": // of an incident
		return "awaitingAction", "unknownFutureValue"
	case "detectionSource":
		return "microsoftDefenderForCloud microsoftSentinel", "unknownFutureValue"
	}
	return "", ""
}

// maskUnknown hides gated values, on the object and in its evidence.
func maskUnknown(o *object) *object {
	out := o
	change := func(i int, value []byte) {
		if out == o {
			out = o.clone()
		}
		out.members[i].value = value
	}
	for i, m := range o.members {
		if values, instead := gated(m.name); values != "" && slices.Contains(strings.Fields(values), strings.Trim(string(m.value), `"`)) {
			change(i, encode(instead))
		}
		if m.name == "activity" {
			if inner, err := parseObject(m.value); err == nil {
				change(i, encode(maskUnknown(inner)))
			}
		}
		if m.name == "evidence" {
			if masked := maskEvidence(m.value); !bytes.Equal(masked, m.value) {
				change(i, masked)
			}
		}
	}
	return out
}

func maskEvidence(raw []byte) []byte {
	for _, v := range []string{"active", "pendingApproval", "declined", "unremediated", "running", "partiallyRemediated"} {
		raw = bytes.ReplaceAll(raw, []byte(`"remediationStatus":"`+v+`"`), []byte(`"remediationStatus":"unknownFutureValue"`))
	}
	return raw
}

// maskPremium shows a premium detection as a tenant without P2 sees it.
func maskPremium(o *object) *object {
	free := "generic adminConfirmedUserCompromised anonymizedIPAddress investigationsThreatIntelligence leakedCredentials"
	if slices.Contains(strings.Fields(free), o.text("riskEventType")) {
		return o
	}
	out := o.clone()
	if o.raw("riskEventType") != nil {
		out.set("riskEventType", "generic")
	}
	out.set("riskLevel", "hidden")
	out.set("riskDetail", "hidden")
	return out
}
