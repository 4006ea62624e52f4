package microsoft

import "context"

const (
	pathHealthIssues = "/v1.0/security/identities/healthIssues"
	pathSensors      = "/v1.0/security/identities/sensors"
)

// HealthIssues returns what keeps Defender for Identity from seeing
// everything, open or not.
//
// Wire:  GET /security/identities/healthIssues
// Needs: SecurityIdentitiesHealth.Read.All
// Licence: Defender for Identity
func (s *IdentitiesService) HealthIssues(ctx context.Context) ([]HealthIssue, error) {
	return collect[HealthIssue](ctx, (*core)(s), get(graph, FamilySecurity, 1, pathHealthIssues, ""))
}

// Sensors returns the sensors of Defender for Identity, each with its health.
//
// Wire:  GET /security/identities/sensors
// Needs: SecurityIdentitiesSensors.Read.All
// Licence: Defender for Identity
func (s *IdentitiesService) Sensors(ctx context.Context) ([]Sensor, error) {
	return collect[Sensor](ctx, (*core)(s), get(graph, FamilySecurity, 1, pathSensors, ""))
}

// A HealthIssue is something that keeps sensors from seeing.
//
// Source: v1.0 metadata, security.healthIssue.
type HealthIssue struct {
	ID                   string   `json:"id"`
	DisplayName          string   `json:"displayName"`
	Description          string   `json:"description"`
	HealthIssueType      string   `json:"healthIssueType"` // sensor, global
	IssueTypeID          Text     `json:"issueTypeId"`
	Severity             string   `json:"severity"` // low, medium, high
	Status               string   `json:"status"`   // open, closed, suppressed
	CreatedDateTime      string   `json:"createdDateTime"`
	LastModifiedDateTime string   `json:"lastModifiedDateTime"`
	Recommendations      []string `json:"recommendations"`
	DomainNames          []string `json:"domainNames"`
	SensorDNSNames       []string `json:"sensorDNSNames"`
}

// A Sensor watches a domain controller or another server of Active Directory.
//
// Source: v1.0 metadata, security.sensor.
type Sensor struct {
	ID                    string `json:"id"`
	DisplayName           string `json:"displayName"`
	DomainName            string `json:"domainName"`
	SensorType            string `json:"sensorType"`
	DeploymentStatus      string `json:"deploymentStatus"`
	HealthStatus          string `json:"healthStatus"` // healthy, notHealthyLow, notHealthyMedium, notHealthyHigh
	ServiceStatus         string `json:"serviceStatus"`
	OpenHealthIssuesCount Text   `json:"openHealthIssuesCount"` // a number on the wire
	Version               string `json:"version"`
	CreatedDateTime       string `json:"createdDateTime"`
}
