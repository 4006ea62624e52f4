package microsoft

import (
	"context"
	"strconv"
)

const pathScores = "/v1.0/security/secureScores"

// Scores returns the secure scores of the last days, newest first: one for
// each day, and at most the 90 that are kept. Zero asks for all.
//
// Wire:  GET /security/secureScores
// Needs: SecurityEvents.Read.All
func (s *ScoresService) Scores(ctx context.Context, days int) ([]SecureScore, error) {
	c, query := (*core)(s), ""
	if days > 0 {
		query = "$top=" + strconv.Itoa(days)
	}
	q := get(graph, FamilySecureScore, 1, pathScores, query)
	if days < 0 {
		return nil, c.bad(q, "a number of days is not negative")
	}
	return collectSome[SecureScore](ctx, c, q, days)
}

// A SecureScore is the score of one day.
//
// Source: v1.0 metadata, secureScore, an open type.
type SecureScore struct {
	ID                       string         `json:"id"` // {tenant}_{yyyy-MM-dd}
	AzureTenantID            string         `json:"azureTenantId"`
	CreatedDateTime          string         `json:"createdDateTime"`
	CurrentScore             *float64       `json:"currentScore"`
	MaxScore                 *float64       `json:"maxScore"`
	ActiveUserCount          *float64       `json:"activeUserCount"`
	LicensedUserCount        *float64       `json:"licensedUserCount"`
	EnabledServices          []string       `json:"enabledServices"`
	AverageComparativeScores []AverageScore `json:"averageComparativeScores"`
	ControlScores            []ControlScore `json:"controlScores"`
}

// An AverageScore is what others reach.
type AverageScore struct {
	Basis        string   `json:"basis"` // AllTenants, TotalSeats, IndustryTypes
	AverageScore *float64 `json:"averageScore"`
}

// A ControlScore is what one improvement action gives on that day.
type ControlScore struct {
	ControlName          string   `json:"controlName"` // the id of its profile
	ControlCategory      string   `json:"controlCategory"`
	Description          string   `json:"description"`
	Score                *float64 `json:"score"`
	ScoreInPercentage    *float64 `json:"scoreInPercentage"`
	ImplementationStatus string   `json:"implementationStatus"`
	LastSynced           string   `json:"lastSynced"`
}
