package microsoft

import "strings"

// An EndpointAlert is an alert of Defender for Endpoint. Times stay as they
// came.
//
// Source: defender-docs alerts and get-alerts.
type EndpointAlert struct {
	ID                string             `json:"id"`
	IncidentID        Text               `json:"incidentId"` // a number on the wire
	InvestigationID   Text               `json:"investigationId"`
	Title             string             `json:"title"`
	Description       string             `json:"description"`
	Category          string             `json:"category"`
	Severity          string             `json:"severity"`
	Status            string             `json:"status"`
	Classification    string             `json:"classification"`
	Determination     string             `json:"determination"`
	DetectionSource   string             `json:"detectionSource"`
	DetectorID        string             `json:"detectorId"`
	ThreatFamilyName  string             `json:"threatFamilyName"`
	ThreatName        string             `json:"threatName"`
	MitreTechniques   []string           `json:"mitreTechniques"`
	AlertCreationTime string             `json:"alertCreationTime"`
	FirstEventTime    string             `json:"firstEventTime"`
	LastEventTime     string             `json:"lastEventTime"`
	LastUpdateTime    string             `json:"lastUpdateTime"`
	ResolvedTime      string             `json:"resolvedTime"`
	MachineID         string             `json:"machineId"`
	ComputerDNSName   string             `json:"computerDnsName"`
	RbacGroupID       Text               `json:"rbacGroupId"`
	RbacGroupName     string             `json:"rbacGroupName"`
	AADTenantID       string             `json:"aadTenantId"`
	RelatedUser       *RelatedUser       `json:"relatedUser"`
	LoggedOnUsers     []LoggedOnUser     `json:"loggedOnUsers"`
	Evidence          []EndpointEvidence `json:"evidence"`
}

// A RelatedUser is the user of an alert, by name alone.
type RelatedUser struct {
	UserName   string `json:"userName"`
	DomainName string `json:"domainName"`
}

// Is reports whether a piece of evidence is about the same account. Either may
// lack the domain.
func (u RelatedUser) Is(e EndpointEvidence) bool {
	return u.UserName != "" && strings.EqualFold(u.UserName, e.AccountName) &&
		(u.DomainName == "" || e.DomainName == "" || strings.EqualFold(u.DomainName, e.DomainName))
}

// EndpointEvidence is one thing that an alert speaks of. The service sends
// every field, null when it does not apply.
type EndpointEvidence struct {
	EntityType           string `json:"entityType"` // User, Process, File, Ip, Url, …
	EvidenceCreationTime string `json:"evidenceCreationTime"`
	AccountName          string `json:"accountName"`
	DomainName           string `json:"domainName"`
	UserSID              string `json:"userSid"`
	AADUserID            string `json:"aadUserId"`
	UserPrincipalName    string `json:"userPrincipalName"`
	IPAddress            string `json:"ipAddress"`
	URL                  string `json:"url"`
	FileName             string `json:"fileName"`
	FilePath             string `json:"filePath"`
	SHA1                 string `json:"sha1"`
	SHA256               string `json:"sha256"`
	ProcessCommandLine   string `json:"processCommandLine"`
	DetectionStatus      string `json:"detectionStatus"`
}
