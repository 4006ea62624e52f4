package microsoft

// A SignIn is one sign-in of a user. Times stay as they came. Without P2 the
// fields of risk read "hidden".
//
// Source: v1.0 metadata, signIn.
type SignIn struct {
	ID                      string          `json:"id"`
	CreatedDateTime         string          `json:"createdDateTime"`
	CorrelationID           string          `json:"correlationId"`
	UserID                  string          `json:"userId"`
	UserDisplayName         string          `json:"userDisplayName"`
	UserPrincipalName       string          `json:"userPrincipalName"`
	AppID                   string          `json:"appId"`
	AppDisplayName          string          `json:"appDisplayName"`
	ResourceID              string          `json:"resourceId"`
	ResourceDisplayName     string          `json:"resourceDisplayName"`
	HomeTenantID            string          `json:"homeTenantId"`
	ResourceTenantID        string          `json:"resourceTenantId"`
	IPAddress               string          `json:"ipAddress"`
	UserAgent               string          `json:"userAgent"`
	ClientAppUsed           string          `json:"clientAppUsed"`
	IsInteractive           *bool           `json:"isInteractive"`
	ConditionalAccessStatus string          `json:"conditionalAccessStatus"` // success, failure, notApplied
	AppliedPolicies         []AppliedPolicy `json:"appliedConditionalAccessPolicies"`
	RiskDetail              string          `json:"riskDetail"`
	RiskLevelAggregated     string          `json:"riskLevelAggregated"`
	RiskLevelDuringSignIn   string          `json:"riskLevelDuringSignIn"`
	RiskState               string          `json:"riskState"`
	RiskEventTypes          []string        `json:"riskEventTypes_v2"`
	Location                Place           `json:"location"`
	Status                  SignInStatus    `json:"status"`
	Device                  SignInDevice    `json:"deviceDetail"`
}

// An AppliedPolicy is what Conditional Access made of a sign-in.
type AppliedPolicy struct {
	ID          string `json:"id"`
	DisplayName string `json:"displayName"`
	Result      string `json:"result"`
}

// A SignInStatus says how a sign-in ended. Error code "0" is success.
type SignInStatus struct {
	ErrorCode         Text   `json:"errorCode"` // a number on the wire
	FailureReason     string `json:"failureReason"`
	AdditionalDetails string `json:"additionalDetails"`
}

// A SignInDevice is the device of a sign-in, as far as it was known.
type SignInDevice struct {
	DeviceID        string `json:"deviceId"`
	DisplayName     string `json:"displayName"`
	OperatingSystem string `json:"operatingSystem"`
	Browser         string `json:"browser"`
	TrustType       string `json:"trustType"`
	IsCompliant     *bool  `json:"isCompliant"`
	IsManaged       *bool  `json:"isManaged"`
}

// A DirectoryAudit is one change in the directory.
//
// Source: v1.0 metadata, directoryAudit.
type DirectoryAudit struct {
	ID                  string        `json:"id"`
	ActivityDateTime    string        `json:"activityDateTime"`
	ActivityDisplayName string        `json:"activityDisplayName"`
	Category            string        `json:"category"`
	CorrelationID       string        `json:"correlationId"`
	LoggedByService     string        `json:"loggedByService"`
	OperationType       string        `json:"operationType"`
	Result              string        `json:"result"` // success, failure, timeout
	ResultReason        string        `json:"resultReason"`
	InitiatedBy         Initiator     `json:"initiatedBy"`
	TargetResources     []AuditTarget `json:"targetResources"`
	AdditionalDetails   []AuditDetail `json:"additionalDetails"`
}

// An Initiator is who made a change: a user or an app.
type Initiator struct {
	User *struct {
		ID                string `json:"id"`
		DisplayName       string `json:"displayName"`
		UserPrincipalName string `json:"userPrincipalName"`
		IPAddress         string `json:"ipAddress"`
	} `json:"user"`
	App *struct {
		AppID                string `json:"appId"`
		DisplayName          string `json:"displayName"`
		ServicePrincipalID   string `json:"servicePrincipalId"`
		ServicePrincipalName string `json:"servicePrincipalName"`
	} `json:"app"`
}

// An AuditTarget is what was changed, and how. Values are JSON in text.
type AuditTarget struct {
	ID                 string `json:"id"`
	DisplayName        string `json:"displayName"`
	Type               string `json:"type"`
	UserPrincipalName  string `json:"userPrincipalName"`
	GroupType          string `json:"groupType"`
	ModifiedProperties []struct {
		DisplayName string `json:"displayName"`
		OldValue    Text   `json:"oldValue"`
		NewValue    Text   `json:"newValue"`
	} `json:"modifiedProperties"`
}

// An AuditDetail is one more thing that the log says of a change.
type AuditDetail struct {
	Key   string `json:"key"`
	Value Text   `json:"value"`
}
