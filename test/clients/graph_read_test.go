package clients

import (
	"net/http"
	"slices"
	"testing"
	"time"

	abstractions "github.com/microsoft/kiota-abstractions-go"
	khttp "github.com/microsoft/kiota-http-go"
	core "github.com/microsoftgraph/msgraph-sdk-go-core"
	"github.com/microsoftgraph/msgraph-sdk-go/models"
	evidence "github.com/microsoftgraph/msgraph-sdk-go/models/security"
	"github.com/microsoftgraph/msgraph-sdk-go/users"
)

func always(time.Duration, int, *http.Request, *http.Response) bool { return true }

func TestGraphPagesOfUsers(t *testing.T) {
	t.Parallel()
	s := start(t, "--scenario", "token-theft")
	g := s.graph()
	first, err := g.Users().Get(t.Context(), &users.UsersRequestBuilderGetRequestConfiguration{
		QueryParameters: &users.UsersRequestBuilderGetQueryParameters{Select: []string{"id", "accountEnabled", "createdDateTime"}}})
	if err != nil {
		t.Fatal(err)
	}
	pages, err := core.NewPageIterator[models.Userable](first, g.adapter, models.CreateUserCollectionResponseFromDiscriminatorValue)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	err = pages.Iterate(t.Context(), func(u models.Userable) bool {
		if u.GetAccountEnabled() == nil || u.GetCreatedDateTime() == nil {
			t.Errorf("user %s came without what was selected", *u.GetId())
		}
		got = append(got, *u.GetId())
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	s.walked(usersPath, "users", got)
}

func TestGraphPagesOfRiskDetections(t *testing.T) {
	t.Parallel()
	s := start(t, "--scenario", "token-theft")
	g := s.graph()
	first, err := g.IdentityProtection().RiskDetections().Get(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	pages, err := core.NewPageIterator[models.RiskDetectionable](first, g.adapter, models.CreateRiskDetectionCollectionResponseFromDiscriminatorValue)
	if err != nil {
		t.Fatal(err)
	}
	// Identity Protection refuses the third page in a second, and says nothing of when to come again.
	pages.SetReqOptions([]abstractions.RequestOption{&khttp.RetryHandlerOptions{ShouldRetry: always, DelaySeconds: 1}})
	var got []string
	began := time.Now()
	err = pages.Iterate(t.Context(), func(d models.RiskDetectionable) bool {
		if d.GetRiskLevel() == nil || d.GetDetectedDateTime() == nil || d.GetUserId() == nil {
			t.Errorf("detection %s came without level, time or user", *d.GetId())
		}
		got = append(got, *d.GetId())
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	s.walked(detectionsPath, "identityProtection/riskDetections", got)
	refused := slices.ContainsFunc(s.ledger(detectionsPath), func(e entry) bool { return e.Status == http.StatusTooManyRequests })
	if !refused && time.Since(began) < time.Second {
		t.Error("nothing was refused, though three pages in a second are one too many")
	}
}

// walked checks that a walk met every object once, on more than two pages.
func (s *simulator) walked(path, resource string, got []string) {
	s.t.Helper()
	var stored []struct {
		ID string `json:"id"`
	}
	s.state(resource, &stored)
	var want []string
	for _, o := range stored {
		want = append(want, o.ID)
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		s.t.Errorf("walked over %d objects, the cloud holds %d", len(got), len(want))
	}
	pages := slices.DeleteFunc(s.ledger(path), func(e entry) bool { return e.Status != http.StatusOK })
	if len(pages) <= 2 {
		s.t.Errorf("%d pages, want more than two", len(pages))
	}
}

// The SDK picks the type of every piece of evidence by its @odata.type.
func TestGraphTypedEvidence(t *testing.T) {
	t.Parallel()
	s := start(t, "--scenario", "token-theft")
	list, err := s.graph().Security().Alerts_v2().Get(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	named := 0
	for _, alert := range list.GetValue() {
		for _, e := range alert.GetEvidence() {
			if u, ok := e.(evidence.UserEvidenceable); ok && u.GetUserAccount() != nil && u.GetUserAccount().GetUserSid() != nil {
				named++
			}
		}
	}
	if named == 0 {
		t.Errorf("no alert of %d names a user in evidence that the SDK knows", len(list.GetValue()))
	}
}

func TestGraphSecureScore(t *testing.T) {
	t.Parallel()
	s := start(t, "--scenario", "token-theft")
	g := s.graph()
	scores, err := g.Security().SecureScores().Get(t.Context(), nil)
	modelled(t, err)
	if len(scores.GetValue()) == 0 || scores.GetValue()[0].GetMaxScore() == nil {
		t.Errorf("%d scores, or one without a maximum", len(scores.GetValue()))
	}
	profiles, err := g.Security().SecureScoreControlProfiles().Get(t.Context(), nil)
	modelled(t, err)
	if len(profiles.GetValue()) == 0 {
		t.Error("no control profiles")
	}
}

func TestGraphIncidents(t *testing.T) {
	t.Parallel()
	s := start(t, "--scenario", "token-theft")
	incidents, err := s.graph().Security().Incidents().Get(t.Context(), nil)
	modelled(t, err)
	for _, i := range incidents.GetValue() {
		if i.GetSeverity() == nil || i.GetStatus() == nil {
			t.Errorf("incident %s came without severity or status", *i.GetId())
		}
	}
}
