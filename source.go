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
