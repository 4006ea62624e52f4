package microsoft

import (
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// A RiskDetection is one finding of Entra ID Protection. Times stay as they
// came; cordon.ParseTime reads them.
//
// Source: microsoft-graph-docs riskdetection; v1.0 metadata.
type RiskDetection struct {
	ID                  string `json:"id"`
	RequestID           string `json:"requestId"`
	CorrelationID       string `json:"correlationId"`
	RiskEventType       string `json:"riskEventType"`
	RiskState           string `json:"riskState"`
	RiskLevel           string `json:"riskLevel"`
	RiskDetail          string `json:"riskDetail"`
	Source              string `json:"source"`
	DetectionTimingType string `json:"detectionTimingType"`
	Activity            string `json:"activity"`
	TokenIssuerType     string `json:"tokenIssuerType"`
	IPAddress           string `json:"ipAddress"`
	Location            Place  `json:"location"`
	ActivityDateTime    string `json:"activityDateTime"`
	DetectedDateTime    string `json:"detectedDateTime"`
	LastUpdatedDateTime string `json:"lastUpdatedDateTime"`
	UserID              string `json:"userId"`
	UserDisplayName     string `json:"userDisplayName"`
	UserPrincipalName   string `json:"userPrincipalName"`
	AdditionalInfo      Text   `json:"additionalInfo"` // JSON in a string; see Info
}

// A Place is where somebody signed in from.
type Place struct {
	City            string `json:"city"`
	State           string `json:"state"`
	CountryOrRegion string `json:"countryOrRegion"`
}

// A RiskyUser is a user with the risk that Entra holds against them.
type RiskyUser struct {
	ID                      string `json:"id"`
	RiskLevel               string `json:"riskLevel"`
	RiskState               string `json:"riskState"`
	RiskDetail              string `json:"riskDetail"`
	RiskLastUpdatedDateTime string `json:"riskLastUpdatedDateTime"`
	UserDisplayName         string `json:"userDisplayName"`
	UserPrincipalName       string `json:"userPrincipalName"`
	IsDeleted               *bool  `json:"isDeleted"`
	IsProcessing            *bool  `json:"isProcessing"`
}

// A KeyValue is one piece of additional information on a detection.
type KeyValue struct {
	Key   string
	Value string // text as it is, anything else as JSON
}

// Info returns the additional information of a detection, without what
// cannot be read.
func (d RiskDetection) Info() []KeyValue {
	if tooDeep([]byte(d.AdditionalInfo), itemDepth) {
		return nil
	}
	var elements []jsontext.Value
	if err := json.Unmarshal([]byte(d.AdditionalInfo), &elements, lenient); err != nil {
		return nil
	}
	var all []KeyValue
	for _, e := range elements {
		var kv struct {
			Key   Text           `json:"Key"`
			Value jsontext.Value `json:"Value"`
		}
		if err := json.Unmarshal(e, &kv, lenient, json.MatchCaseInsensitiveNames(true)); err == nil && kv.Key != "" {
			all = append(all, KeyValue{Key: string(kv.Key), Value: plain(kv.Value)})
		}
	}
	return all
}

// plain returns text without its quotes, and anything else as JSON.
func plain(v jsontext.Value) string {
	var s string
	if v.Kind() == '"' && json.Unmarshal(v, &s, lenient) == nil {
		return s
	}
	return strings.TrimSpace(string(v))
}
