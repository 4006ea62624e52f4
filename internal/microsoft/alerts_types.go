package microsoft

// An Alert is a Graph security alert. Times stay as they came.
//
// Source: v1.0 metadata, security.alert.
type Alert struct {
	ID                    string     `json:"id"`
	ProviderAlertID       string     `json:"providerAlertId"`
	IncidentID            Text       `json:"incidentId"`
	TenantID              string     `json:"tenantId"`
	Title                 string     `json:"title"`
	Description           string     `json:"description"`
	Category              string     `json:"category"`
	Severity              string     `json:"severity"`
	Status                string     `json:"status"`
	Classification        string     `json:"classification"`
	Determination         string     `json:"determination"`
	AssignedTo            string     `json:"assignedTo"`
	ServiceSource         string     `json:"serviceSource"`
	DetectionSource       string     `json:"detectionSource"`
	ProductName           string     `json:"productName"`
	DetectorID            string     `json:"detectorId"`
	AlertWebURL           string     `json:"alertWebUrl"`
	IncidentWebURL        string     `json:"incidentWebUrl"`
	ThreatDisplayName     string     `json:"threatDisplayName"`
	ThreatFamilyName      string     `json:"threatFamilyName"`
	MitreTechniques       []string   `json:"mitreTechniques"`
	CreatedDateTime       string     `json:"createdDateTime"`
	LastUpdateDateTime    string     `json:"lastUpdateDateTime"`
	ResolvedDateTime      string     `json:"resolvedDateTime"`
	FirstActivityDateTime string     `json:"firstActivityDateTime"`
	LastActivityDateTime  string     `json:"lastActivityDateTime"`
	Evidence              []Evidence `json:"evidence"`
	Comments              []Comment  `json:"comments"`
}

// A Comment is what somebody wrote on an alert or an incident.
type Comment struct {
	Comment              string `json:"comment"`
	CreatedByDisplayName string `json:"createdByDisplayName"`
	CreatedDateTime      string `json:"createdDateTime"`
}

// Evidence is one thing that an alert speaks of. Only the fields of its type
// are set.
type Evidence struct {
	Type              string       `json:"@odata.type"` // such as "#microsoft.graph.security.userEvidence"
	CreatedDateTime   string       `json:"createdDateTime"`
	Verdict           string       `json:"verdict"`
	RemediationStatus string       `json:"remediationStatus"`
	Roles             []string     `json:"roles"`
	UserAccount       *UserAccount `json:"userAccount"` // of users, processes and mailboxes
	IPAddress         string       `json:"ipAddress"`
	URL               string       `json:"url"`
	RequestID         string       `json:"requestId"` // of a cloud logon request; that of the sign-in
	Account           *Evidence    `json:"account"`   // of sessions on a host or in the cloud: the user
	Host              *Evidence    `json:"host"`      // of sessions on a host: the device

	// Of mailboxes.
	UPN            string `json:"upn"`
	PrimaryAddress string `json:"primaryAddress"`

	// Of devices.
	MdeDeviceID     string         `json:"mdeDeviceId"`
	AzureAdDeviceID string         `json:"azureAdDeviceId"`
	DeviceDNSName   string         `json:"deviceDnsName"`
	HostName        string         `json:"hostName"`
	OSPlatform      string         `json:"osPlatform"`
	HealthStatus    string         `json:"healthStatus"`
	RiskScore       string         `json:"riskScore"`
	RbacGroupID     Text           `json:"rbacGroupId"`
	RbacGroupName   string         `json:"rbacGroupName"`
	LoggedOnUsers   []LoggedOnUser `json:"loggedOnUsers"`
}

// A UserAccount names a user in up to four ways. Often only the SID is set.
type UserAccount struct {
	AccountName       string `json:"accountName"`
	DomainName        string `json:"domainName"`
	UserSID           string `json:"userSid"`
	AzureAdUserID     string `json:"azureAdUserId"`
	UserPrincipalName string `json:"userPrincipalName"`
	DisplayName       string `json:"displayName"`
}

// A LoggedOnUser was signed in on a device.
type LoggedOnUser struct {
	AccountName string `json:"accountName"`
	DomainName  string `json:"domainName"`
}
