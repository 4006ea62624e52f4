package microsoft

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cordonhq/cordon"
)

var (
	since = time.Date(2026, 2, 28, 10, 0, 0, 0, time.UTC)
	yes   = true
	no    = false
)

func number(f float64) *float64 { return &f }

// all decodes a feed.
func all[T any](seq iter.Seq2[Page, error]) (any, error) {
	var items []T
	for page, err := range seq {
		if err != nil {
			return nil, err
		}
		for _, raw := range page.Items {
			v, err := Decode[T](raw)
			if err != nil {
				return nil, err
			}
			items = append(items, v)
		}
	}
	return items, nil
}

// Each read asks for one address and reads what the service's own samples
// hold.
// It is long because every read is a row of it.
func TestReads(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		call   func(context.Context, *Client) (any, error)
		uri    string // that is asked for
		answer string
		want   any
	}{
		"risky user": {
			func(ctx context.Context, c *Client) (any, error) { return c.Risk.RiskyUser(ctx, userID) }, pathRiskyUsers + "/" + userID,
			`{"id":"` + userID + `","riskLevel":"high","riskState":"atRisk","isProcessing":true}`,
			RiskyUser{ID: userID, RiskLevel: "high", RiskState: "atRisk", IsProcessing: &yes},
		},
		"risk history": {
			func(ctx context.Context, c *Client) (any, error) { return c.Risk.History(ctx, userID) }, pathRiskyUsers + "/" + userID + "/history",
			`{"value":[{"id":"h1","userId":"` + userID + `","initiatedBy":null,"riskDetail":"none","activity":{"detail":"none","riskEventTypes":["unlikelyTravel","newThing"]}}]}`,
			[]RiskHistory{{ID: "h1", UserID: userID, RiskDetail: "none", Activity: struct {
				Detail         string   `json:"detail"`
				RiskEventTypes []string `json:"riskEventTypes"`
			}{"none", []string{"unlikelyTravel", "newThing"}}}},
		},
		"risky service principals": {
			func(ctx context.Context, c *Client) (any, error) {
				return all[RiskyServicePrincipal](c.Risk.ServicePrincipals(ctx, since))
			}, pathRiskyPrincipals + "?$filter=riskLastUpdatedDateTime%20ge%202026-02-28T10:00:00Z",
			`{"value":[{"id":"` + userID + `","appId":"` + clientID + `","isEnabled":false,"riskLevel":"hidden"}]}`,
			[]RiskyServicePrincipal{{ID: userID, AppID: clientID, IsEnabled: &no, RiskLevel: "hidden"}},
		},
		"risky service principal": {
			func(ctx context.Context, c *Client) (any, error) { return c.Risk.ServicePrincipal(ctx, userID) }, pathRiskyPrincipals + "/" + userID,
			`{"id":"` + userID + `","displayName":"app"}`, RiskyServicePrincipal{ID: userID, DisplayName: "app"},
		},
		"history of a service principal": {
			func(ctx context.Context, c *Client) (any, error) { return c.Risk.ServicePrincipalHistory(ctx, userID) },
			pathRiskyPrincipals + "/" + userID + "/history", `{"value":[{"id":"h","servicePrincipalId":"` + userID + `"}]}`,
			[]RiskHistory{{ID: "h", ServicePrincipalID: userID}},
		},
		"detections on service principals": {
			func(ctx context.Context, c *Client) (any, error) {
				return all[ServicePrincipalDetection](c.Risk.ServicePrincipalDetections(ctx, since))
			}, pathPrincipalDetections + "?$filter=lastUpdatedDateTime%20ge%202026-02-28T10:00:00Z",
			`{"value":[{"id":"d","riskEventType":"suspiciousSignins","servicePrincipalId":"` + userID + `","keyIds":["k"]}]}`,
			[]ServicePrincipalDetection{{RiskDetection: RiskDetection{ID: "d", RiskEventType: "suspiciousSignins"}, ServicePrincipalID: userID, KeyIDs: []string{"k"}}},
		},
		"users": {
			func(ctx context.Context, c *Client) (any, error) { return all[User](c.Users.List(ctx)) }, pathUsers + "?" + selectUser + "&$top=500",
			`{"value":[{"id":"` + userID + `","accountEnabled":false}]}`, []User{{ID: userID, AccountEnabled: &no}},
		},
		"memberships": {
			func(ctx context.Context, c *Client) (any, error) { return c.Users.Memberships(ctx, userID) }, pathUsers + "/" + userID + "/transitiveMemberOf",
			`{"value":[{"@odata.type":"#microsoft.graph.group","id":"g","displayName":"staff","isAssignableToRole":true}]}`,
			[]Membership{{Type: "#microsoft.graph.group", ID: "g", DisplayName: "staff", RoleAssignable: &yes}},
		},
		"conditional access policy": {
			func(ctx context.Context, c *Client) (any, error) {
				return c.Policies.ConditionalAccessPolicy(ctx, userID)
			},
			pathConditional + "/" + userID, `{"id":"` + userID + `","state":"enabled"}`, ConditionalAccessPolicy{ID: userID, State: "enabled"},
		},
		"scores": {
			func(ctx context.Context, c *Client) (any, error) { return c.Scores.Scores(ctx, 2) }, pathScores + "?$top=2",
			`{"value":[{"id":"t_2026-02-28","currentScore":10.5,"maxScore":"many","controlScores":[{"controlName":"AdminMFAV2","score":0}]},{"id":"t_2026-02-27"},{"id":"one more than was asked"}]}`,
			[]SecureScore{{ID: "t_2026-02-28", CurrentScore: number(10.5), ControlScores: []ControlScore{{ControlName: "AdminMFAV2", Score: number(0)}}}, {ID: "t_2026-02-27"}},
		},
		"all scores": {
			func(ctx context.Context, c *Client) (any, error) { return c.Scores.Scores(ctx, 0) }, pathScores,
			`{"value":[{"id":"a"},{"id":"b"}]}`, []SecureScore{{ID: "a"}, {ID: "b"}},
		},
		"control profiles": {
			func(ctx context.Context, c *Client) (any, error) { return c.Scores.ControlProfiles(ctx) }, pathControls,
			`{"value":[{"id":"AdminMFAV2","controlCategory":"Identity","complianceInformation":null,"controlStateUpdates":[{"assignedTo":"","comment":"control is reviewed","state":"Reviewed","updatedBy":"user1@contoso.com","updatedDateTime":"2019-03-19T22:37:14.628799Z"}]}]}`,
			[]ControlProfile{{ID: "AdminMFAV2", ControlCategory: "Identity", StateUpdates: []ControlStateUpdate{{State: "Reviewed", Comment: "control is reviewed", UpdatedBy: "user1@contoso.com", UpdatedDateTime: "2019-03-19T22:37:14.628799Z"}}}},
		},
		"control profile": {
			func(ctx context.Context, c *Client) (any, error) { return c.Scores.ControlProfile(ctx, "AdminMFAV2") }, pathControls + "/AdminMFAV2",
			`{"id":"AdminMFAV2","maxScore":10}`, ControlProfile{ID: "AdminMFAV2", MaxScore: number(10)},
		},
		"alert": {
			func(ctx context.Context, c *Client) (any, error) { return c.Alerts.Get(ctx, "da6373_-88") }, pathAlerts + "/da6373_-88",
			`{"id":"da6373_-88","comments":[{"comment":"x","createdByDisplayName":"Ada"}]}`,
			Alert{ID: "da6373_-88", Comments: []Comment{{Comment: "x", CreatedByDisplayName: "Ada"}}},
		},
		"incidents with alerts": {
			func(ctx context.Context, c *Client) (any, error) {
				return all[Incident](c.Incidents.List(ctx, since, true))
			},
			pathIncidents + "?$filter=lastUpdateDateTime%20ge%202026-02-28T10:00:00Z&$expand=alerts",
			`{"value":[{"id":"29","status":"redirected","redirectIncidentId":"30","alerts":[{"id":"a"}]}]}`,
			[]Incident{{ID: "29", Status: "redirected", RedirectIncidentID: "30", Alerts: []Alert{{ID: "a"}}}},
		},
		"incidents": {
			func(ctx context.Context, c *Client) (any, error) {
				return all[Incident](c.Incidents.List(ctx, time.Time{}, false))
			}, pathIncidents, `{"value":[{"id":29}]}`, []Incident{{ID: "29"}},
		},
		"incident": {
			func(ctx context.Context, c *Client) (any, error) { return c.Incidents.Get(ctx, "29", true) }, pathIncidents + "/29?$expand=alerts",
			`{"id":"29","customTags":["x"]}`, Incident{ID: "29", CustomTags: []string{"x"}},
		},
		"machine actions": {
			func(ctx context.Context, c *Client) (any, error) {
				return all[MachineAction](c.Endpoint.MachineActions(ctx, since))
			}, pathMachineActions + "?$filter=creationDateTimeUtc%20ge%202026-02-28T10:00:00Z&$top=500",
			`{"value":[{"id":"a","status":"Succeeded","lastUpdateTimeUtc":"2018-12-04T12:18:57.5511934Z"}]}`,
			[]MachineAction{{ID: "a", Status: "Succeeded", LastUpdateTimeUTC: "2018-12-04T12:18:57.5511934Z"}},
		},
		"machine action": {
			func(ctx context.Context, c *Client) (any, error) { return c.Endpoint.MachineAction(ctx, "2e9d") }, pathMachineActions + "/2e9d",
			`{"id":"2e9d","status":"Pending"}`, MachineAction{ID: "2e9d", Status: "Pending"},
		},
		"sign-ins of a user": {
			func(ctx context.Context, c *Client) (any, error) {
				return all[SignIn](c.Logs.SignIns(ctx, since, userID))
			},
			pathSignIns + "?$filter=createdDateTime%20ge%202026-02-28T10:00:00Z%20and%20userId%20eq%20'" + userID + "'",
			`{"value":[{"id":"s","riskEventTypes_v2":["x"],"status":{"errorCode":50053},"deviceDetail":{"isManaged":false},"location":{"city":"Dresden"}}]}`,
			[]SignIn{{ID: "s", RiskEventTypes: []string{"x"}, Status: SignInStatus{ErrorCode: "50053"}, Device: SignInDevice{IsManaged: &no}, Location: Place{City: "Dresden"}}},
		},
		"sign-in": {
			func(ctx context.Context, c *Client) (any, error) { return c.Logs.SignIn(ctx, userID) }, pathSignIns + "/" + userID,
			`{"id":"` + userID + `"}`, SignIn{ID: userID},
		},
		"directory audits": {
			func(ctx context.Context, c *Client) (any, error) {
				return all[DirectoryAudit](c.Logs.DirectoryAudits(ctx, since))
			}, pathAudits + "?$filter=activityDateTime%20ge%202026-02-28T10:00:00Z",
			`{"value":[{"id":"a","result":"success","initiatedBy":{"user":null,"app":{"appId":"x"}},"additionalDetails":[{"key":"k","value":"v"}]}]}`,
			[]DirectoryAudit{{ID: "a", Result: "success", AdditionalDetails: []AuditDetail{{"k", "v"}}, InitiatedBy: func() (i Initiator) {
				d, _ := Decode[Initiator]([]byte(`{"app":{"appId":"x"}}`))
				return d
			}()}},
		},
		"customers": {
			func(ctx context.Context, c *Client) (any, error) { return c.Partners.Customers(ctx) }, "/v1.0/tenantRelationships/delegatedAdminCustomers",
			`{"value":[{"id":"a","tenantId":"` + tenantID + `","displayName":"Contoso"}]}`, []DelegatedAdminCustomer{{ID: "a", TenantID: tenantID, DisplayName: "Contoso"}},
		},
		"contracts": {
			func(ctx context.Context, c *Client) (any, error) { return c.Partners.Contracts(ctx) }, "/v1.0/contracts",
			`{"value":[{"id":"a","customerId":"` + tenantID + `","contractType":"ResellerPartner"}]}`, []Contract{{ID: "a", CustomerID: tenantID, ContractType: "ResellerPartner"}},
		},
		"resource app": {
			func(ctx context.Context, c *Client) (any, error) { return c.Apps.ResourceApp(ctx, clientID) },
			"/v1.0/servicePrincipals%28appId=%27" + clientID + "%27%29?$select=id,appId,displayName,appRoles",
			`{"id":"p","appId":"` + clientID + `","appRoles":[{"id":"r","value":"Machine.Isolate","isEnabled":true}]}`,
			ServicePrincipal{ID: "p", AppID: clientID, AppRoles: []AppRole{{ID: "r", Value: "Machine.Isolate", IsEnabled: &yes}}},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t, say(200, tt.answer))
			c := f.client(t, Options{})
			got, err := tt.call(t.Context(), c)
			checkPayment(t, c, f.calls[0])
			if err != nil || !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %+v, %v\nwant %+v", got, err, tt.want)
			}
			if uri := f.calls[0].RequestURI; uri != tt.uri || f.count() != 1 {
				t.Errorf("asked %d times for %s\nwant %s", f.count(), uri, tt.uri)
			}
			strange := newFake(t, say(200, `{"name":"another","value":7}`))
			if got, err := tt.call(t.Context(), strange.client(t, Options{})); !errors.Is(err, cordon.ErrMalformed) {
				t.Errorf("another answer: got %+v, %v", got, err)
			}
			denied := newFake(t, refuse(403, "Forbidden", "Missing application roles. API required roles: X, application roles: ."))
			if _, err := tt.call(t.Context(), denied.client(t, Options{})); !errors.Is(err, cordon.ErrDenied) || denied.count() != 1 {
				t.Errorf("denied: got %v, asked %d times", err, denied.count())
			}
		})
	}
}

func TestRelationships(t *testing.T) {
	t.Parallel()
	f := newFake(t, say(200, `{"value":[{"id":"r","status":"active","customer":{"tenantId":"t"},"accessDetails":{"unifiedRoles":[{"roleDefinitionId":"x"}]}}]}`))
	got, err := f.client(t, Options{}).Partners.Relationships(t.Context())
	if err != nil || len(got) != 1 || got[0].Customer.TenantID != "t" || got[0].AccessDetails.UnifiedRoles[0].RoleDefinitionID != "x" {
		t.Errorf("got %+v, %v", got, err)
	}
}

// costs are the prices of those calls that cost more than one unit.
//
// Source: microsoft-graph-docs concepts/throttling-limits.
func costs(path string) float64 {
	switch {
	case path == pathUsers, strings.HasSuffix(path, "/transitiveMemberOf"):
		return 2
	case path == "/v1.0/contracts":
		return 3
	case strings.HasSuffix(path, "/checkMemberGroups"):
		return 4
	}
	return 1
}

// checkPayment checks that a call went to its own service, and paid its own
// family, and those that count it besides.
func checkPayment(t *testing.T, c *Client, call *http.Request) {
	t.Helper()
	want := FamilyEndpoint
	switch path, ofGraph := strings.CutPrefix(call.URL.Path, "/v1.0"); {
	case ofGraph:
		want = familyOf(call.Method, path)
	case strings.HasSuffix(path, "/batchUpdate"):
		want = FamilyEndpointBatch
	}
	if c.graph.token != nil == strings.HasPrefix(call.URL.Path, "/api/") {
		t.Errorf("%s went with the token of another service", call.URL.Path)
	}
	for f := range families {
		b := c.account.buckets[f].Load()
		if b == nil {
			continue
		}
		each := c.hub.paces[f][0].each
		paid := float64(b.paid[0]-c.hub.now().Sub(c.hub.start)) / float64(each)
		if slices.Contains(limits[want].also, f) && paid > 0.99 && paid < 1.01 {
			continue // it counts each of these calls, too
		}
		if price := costs(call.URL.Path); f != want || paid < price-0.01 || paid > price+0.01 {
			t.Errorf("%s paid %.2f of %s; want %.0f of %s", call.URL.Path, paid, f, price, want)
		}
	}
}
