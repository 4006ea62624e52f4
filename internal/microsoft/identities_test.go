package microsoft

import (
	"context"
	"errors"
	"net/http"
	"reflect"
	"testing"

	"github.com/cordonhq/cordon"
)

const onPremisesSID = "S-1-5-21-3686771155-1124163131-3115551532-1104"

// The samples of the pages and the metadata name the provider differently;
// both are read.
func TestIdentityAccounts(t *testing.T) {
	t.Parallel()
	cloudSID, _ := cordon.SIDFromObjectID(userID)
	sample := `{"id":"i1","displayName":"Ada","domain":"contoso.com","onPremisesSecurityIdentifier":"` + onPremisesSID + `","cloudSecurityIdentifier":"` + cloudSID +
		`","isEnabled":true,"accounts":[{"identifier":"256db173","provider":"ActiveDirectory","actions":["Disable","newAction"]},{"identifier":"7","identityProvider":"EntraId","actions":[]},{"identifier":"8","identityProvider":"newProvider","actions":null},"x"]}`
	want := Identity{ID: "i1", DisplayName: "Ada", Domain: "contoso.com", OnPremisesSecurityIdentifier: onPremisesSID, CloudSecurityIdentifier: cloudSID, IsEnabled: &yes,
		Accounts: []ProviderAccount{{"256db173", ProviderActiveDirectory, []IdentityAction{IdentityDisable, "newAction"}}, {"7", ProviderEntraID, nil}, {"8", "newProvider", nil}, {}}}
	other := `{"id":"i2","cloudSecurityIdentifier":"S-1-12-1-1-2-3-4"}`
	tests := map[string]struct {
		filter IdentityFilter
		uri    string
		want   []Identity
	}{
		"all":         {IdentityFilter{}, "", []Identity{want, {ID: "i2", CloudSecurityIdentifier: "S-1-12-1-1-2-3-4"}}},
		"on premises": {IdentityFilter{OnPremisesSID: onPremisesSID}, "?$filter=onPremisesSecurityIdentifier%20eq%20'" + onPremisesSID + "'", []Identity{want}},
		"cloud":       {IdentityFilter{CloudSID: cloudSID}, "?$filter=cloudSecurityIdentifier%20eq%20'" + cloudSID + "'", []Identity{want}},
		"both": {IdentityFilter{OnPremisesSID: onPremisesSID, CloudSID: cloudSID},
			"?$filter=onPremisesSecurityIdentifier%20eq%20'" + onPremisesSID + "'%20and%20cloudSecurityIdentifier%20eq%20'" + cloudSID + "'", []Identity{want}},
		"nobody": {IdentityFilter{OnPremisesSID: "S-1-5-21-1"}, "?$filter=onPremisesSecurityIdentifier%20eq%20'S-1-5-21-1'", nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t, say(200, `{"value":[`+sample+`,`+other+`]}`)) // one that overlooks the filter
			got, err := f.client(t, Options{}).Identities.Accounts(t.Context(), tt.filter)
			if err != nil || !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %+v, %v\nwant %+v", got, err, tt.want)
			}
			if uri := f.calls[0].RequestURI; uri != pathIdentities+tt.uri {
				t.Errorf("asked for %s", uri)
			}
		})
	}
	one, err := newFake(t, say(200, sample)).client(t, Options{}).Identities.Account(t.Context(), "i1")
	if err != nil || !reflect.DeepEqual(one, want) {
		t.Errorf("one: got %+v, %v", one, err)
	}
	if _, err := newFake(t, say(200, sample)).client(t, Options{}).Identities.Account(t.Context(), "i2"); !errors.Is(err, cordon.ErrMalformed) {
		t.Errorf("another: got %v", err)
	}
}

func TestInvokeAction(t *testing.T) {
	t.Parallel()
	do := IdentityCommand{AccountID: "256db173", Action: IdentityForcePasswordReset, Provider: ProviderActiveDirectory}
	started := StartedAction{"256db173", IdentityForcePasswordReset, ProviderActiveDirectory, "c1"}
	invoke := func(t *testing.T, answer http.HandlerFunc) (StartedAction, error) {
		f := newFake(t, answer)
		got, err := f.client(t, Options{}).Identities.InvokeAction(context.Background(), "i1", do, requestID)
		if f.count() != 1 {
			t.Errorf("%d requests left", f.count())
		}
		return got, err
	}
	tests := map[string]struct {
		answer http.HandlerFunc
		want   StartedAction
		err    error
	}{
		"wrapped, as the pages show":   {say(200, `{"value":{"accountId":"256db173","action":"forcePasswordReset","provider":"ActiveDirectory","correlationId":"c1"}}`), started, nil},
		"bare, as the metadata has":    {say(200, `{"@odata.context":"x","accountId":"256DB173","action":"ForcePasswordReset","identityProvider":"activeDirectory","correlationId":"c1"}`), StartedAction{"256DB173", IdentityForcePasswordReset, ProviderActiveDirectory, "c1"}, nil},
		"without a correlation":        {say(200, `{"value":null}`), StartedAction{}, nil},
		"nothing":                      {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) }, StartedAction{}, cordon.ErrUnknownOutcome},
		"another account":              {say(200, `{"value":{"accountId":"other","correlationId":"c1"}}`), StartedAction{}, cordon.ErrUnknownOutcome},
		"a list":                       {say(200, `[]`), StartedAction{}, cordon.ErrUnknownOutcome},
		"not to be done to an account": {refuse(400, "BadRequest", "x"), StartedAction{}, cordon.ErrBadRequest},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, err := invoke(t, tt.answer); got != tt.want || !errors.Is(err, tt.err) || err != nil && tt.err == nil {
				t.Errorf("got %+v, %v; want %+v, %v", got, err, tt.want, tt.err)
			}
		})
	}
}
