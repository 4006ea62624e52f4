package clients

import (
	"errors"
	"net/http"
	"testing"
	"time"

	abstractions "github.com/microsoft/kiota-abstractions-go"
	core "github.com/microsoftgraph/msgraph-sdk-go-core"
	"github.com/microsoftgraph/msgraph-sdk-go/identityprotection"
	"github.com/microsoftgraph/msgraph-sdk-go/models"
	"github.com/microsoftgraph/msgraph-sdk-go/models/odataerrors"
	"github.com/microsoftgraph/msgraph-sdk-go/users"
)

// somebody returns an ordinary user whom the cloud masters.
func (s *simulator) somebody() string {
	s.t.Helper()
	var risky []struct {
		ID string `json:"id"`
	}
	s.state("identityProtection/riskyUsers", &risky)
	for _, r := range risky {
		var roles []struct {
			Principal string `json:"principalId"`
		}
		s.state("roleManagement/directory/roleAssignments", &roles)
		privileged := false
		for _, a := range roles {
			privileged = privileged || a.Principal == r.ID
		}
		if !privileged {
			return r.ID
		}
	}
	s.t.Fatal("no ordinary user is at risk")
	return ""
}

func TestGraphContainsUser(t *testing.T) {
	t.Parallel()
	s := start(t, "--scenario", "token-theft")
	g, who := s.graph(), s.somebody()
	var before, after struct {
		Enabled bool      `json:"accountEnabled"`
		Valid   time.Time `json:"signInSessionsValidFromDateTime"`
	}
	s.state("users/"+who, &before)
	answer, err := g.Users().ByUserId(who).RevokeSignInSessions().PostAsRevokeSignInSessionsPostResponse(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if v := answer.GetValue(); v == nil || !*v {
		t.Errorf("revokeSignInSessions answered %v, want true", v)
	}
	off, no := models.NewUser(), false
	off.SetAccountEnabled(&no)
	if _, err := g.Users().ByUserId(who).Patch(t.Context(), off, nil); err != nil {
		t.Fatal(err)
	}
	body := identityprotection.NewRiskyUsersConfirmCompromisedPostRequestBody()
	body.SetUserIds([]string{who})
	if err := g.IdentityProtection().RiskyUsers().ConfirmCompromised().Post(t.Context(), body, nil); err != nil {
		t.Fatal(err)
	}
	s.state("users/"+who, &after)
	if !before.Enabled || after.Enabled || !after.Valid.After(before.Valid) {
		t.Errorf("before %+v, after %+v", before, after)
	}
	s.control(http.MethodPost, "/clock", map[string]string{"advance": "10s"}, nil)
	user, err := g.IdentityProtection().RiskyUsers().ByRiskyUserId(who).Get(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if state := user.GetRiskState(); state == nil || *state != models.CONFIRMEDCOMPROMISED_RISKSTATE {
		t.Errorf("risk state %v, want confirmedCompromised", state)
	}
}

func TestGraphBatch(t *testing.T) {
	t.Parallel()
	s := start(t, "--scenario", "token-theft")
	g, who := s.graph(), s.somebody()
	readable := abstractions.ErrorMappings{"4XX": odataerrors.CreateODataErrorFromDiscriminatorValue}
	if err := core.RegisterError(core.BatchRequestErrorRegistryKey, readable); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = core.DeRegisterError(core.BatchRequestErrorRegistryKey) }()
	batch := core.NewBatchRequest(g.adapter)
	steps := g.steps(t, batch, who)
	answers, err := batch.Send(t.Context(), g.adapter)
	if err != nil {
		t.Fatal(err)
	}
	if status := *answers.GetResponseById(steps[0]).GetStatus(); status != http.StatusNoContent {
		t.Errorf("the PATCH was answered with %d", status)
	}
	user, err := core.GetBatchResponseById[models.Userable](answers, steps[1], models.CreateUserFromDiscriminatorValue)
	if err != nil {
		t.Fatal(err)
	}
	if user.GetId() == nil || *user.GetId() != who || user.GetAccountEnabled() == nil || *user.GetAccountEnabled() {
		t.Errorf("after the PATCH that it depends on, the user reads %v", user.GetAccountEnabled())
	}
	_, err = core.GetBatchResponseById[models.Userable](answers, steps[2], models.CreateUserFromDiscriminatorValue)
	if _, c := code(err); c != "Request_ResourceNotFound" {
		t.Errorf("the item that finds nobody: %v, want Request_ResourceNotFound", err)
	}
}

// steps puts three requests into a batch and returns their ids: disable the
// user, read the user after that, read nobody.
func (g graph) steps(t *testing.T, batch core.BatchRequest, who string) []string {
	t.Helper()
	off, no := models.NewUser(), false
	off.SetAccountEnabled(&no)
	patch, err1 := g.Users().ByUserId(who).ToPatchRequestInformation(t.Context(), off, nil)
	read, err2 := g.Users().ByUserId(who).ToGetRequestInformation(t.Context(), &users.UserItemRequestBuilderGetRequestConfiguration{
		QueryParameters: &users.UserItemRequestBuilderGetQueryParameters{Select: []string{"id", "accountEnabled"}}})
	lost, err3 := g.Users().ByUserId("nobody").ToGetRequestInformation(t.Context(), nil)
	if err := errors.Join(err1, err2, err3); err != nil {
		t.Fatal(err)
	}
	var items []core.BatchItem
	var ids []string
	for _, info := range []*abstractions.RequestInformation{patch, read, lost} {
		item, err := batch.AddBatchRequestStep(*info)
		if err != nil {
			t.Fatal(err)
		}
		items, ids = append(items, item), append(ids, *item.GetId())
	}
	items[1].DependsOnItem(items[0])
	return ids
}
