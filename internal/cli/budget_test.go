package cli

import (
	"reflect"
	"testing"
	"time"

	"github.com/cordonhq/cordon"
)

// A budget is shown as closed only while it is.
func TestBudgetRow(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	until := at.Add(time.Minute)
	u := cordon.Usage{
		TenantID: "t1", Family: "endpoint", Limit: "100/min", Window: time.Hour, Used: 3.14159, Left: 46.85841, Refused: 2,
		ClosedUntil: until, Why: "because", UsedAt: at, At: at,
	}
	about := subject{names: map[string]string{"t1": "contoso"}}
	want := budgetRow{
		TenantID: "t1", Tenant: "contoso", Family: "endpoint", Limit: "100/min", Window: 3600, Used: 3.1, Left: 46.9, Refused: 2,
		ClosedUntil: &until, Reason: "because", UsedAt: &at, At: &at, Age: 30,
	}
	if got := budgetRowOf(u, about, at.Add(30*time.Second)); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	want.ClosedUntil, want.Reason, want.Age = nil, "", 60
	if got := budgetRowOf(u, about, until); !reflect.DeepEqual(got, want) {
		t.Errorf("once it is open: got %+v, want %+v", got, want)
	}
}
