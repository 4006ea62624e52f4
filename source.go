package cordon

// A Source is one feed of one tenant.
type Source string

// The sources that are collected.
const (
	SourceRiskDetections    Source = "risk_detections"    // Entra ID Protection detections
	SourceAlerts            Source = "alerts"             // Graph alerts_v2, all Defender products
	SourceEndpointAlerts    Source = "endpoint_alerts"    // Defender for Endpoint's own alerts
	SourceSecurityDefaults  Source = "security_defaults"  // the security-defaults switch
	SourceConditionalAccess Source = "conditional_access" // Conditional Access policies
	SourceCredential        Source = "credential"         // our own way in: its end, and what it permits
)

// Sources lists the sources that are collected, in the order they are read.
func Sources() []Source {
	return []Source{
		SourceRiskDetections, SourceAlerts, SourceEndpointAlerts,
		SourceSecurityDefaults, SourceConditionalAccess, SourceCredential,
	}
}

// TellsOfThreats reports whether the source yields signals about compromised
// identities; the others yield posture.
func (s Source) TellsOfThreats() bool {
	return s == SourceRiskDetections || s == SourceAlerts || s == SourceEndpointAlerts
}

// Shows is what the source shows, for people who lose it.
func (s Source) Shows() string {
	switch s {
	case SourceRiskDetections:
		return "what Entra ID Protection detects about sign-ins and users"
	case SourceAlerts:
		return "the alerts of the Defender products"
	case SourceEndpointAlerts:
		return "the alerts of Defender for Endpoint's own API"
	case SourceSecurityDefaults:
		return "whether security defaults are on"
	case SourceConditionalAccess:
		return "the Conditional Access policies"
	case SourceCredential:
		return "whether its own way in still works"
	}
	return string(s)
}
