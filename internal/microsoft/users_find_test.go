package microsoft_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/microsoft"
	"github.com/cordonhq/cordon/internal/sim"
)

// Object ids of those whom TestFind looks up.
const (
	idNora  = "10000000-0000-4000-8000-000000000001"
	idHolm  = "10000000-0000-4000-8000-000000000002"
	idGuest = "10000000-0000-4000-8000-000000000003"
	idTwin  = "10000000-0000-4000-8000-000000000004"
	idOld   = "10000000-0000-4000-8000-000000000005"
)

func withPeople(t *testing.T, o sim.Options) *world {
	t.Helper()
	o.Calm = true
	w := newWorld(t, o)
	for _, object := range []string{
		`{"id":"` + idNora + `","userPrincipalName":"n4711@contoso.example","mail":"nora.o'hara@contoso.example","proxyAddresses":["SMTP:nora.o'hara@contoso.example","smtp:nora@old.example"],"otherMails":["nora@home.example"]}`,
		`{"id":"` + idHolm + `","userPrincipalName":"holm@contoso.example","mail":"shared@contoso.example","onPremisesSecurityIdentifier":"S-1-5-21-10-20-30-1107","onPremisesSamAccountName":"holm","onPremisesDomainName":"corp.contoso.example"}`,
		`{"id":"` + idTwin + `","userPrincipalName":"twin@contoso.example","otherMails":["shared@contoso.example"],"onPremisesSamAccountName":"holm","onPremisesDomainName":"emea.contoso.example"}`,
		`{"id":"` + idGuest + `","userPrincipalName":"ruth_partner.example#EXT#@contoso.onmicrosoft.com","userType":"Guest"}`,
		`{"id":"` + idOld + `","userPrincipalName":"svc@contoso.example","mail":"n4711@contoso.example"}`,
	} {
		if err := w.Inject(w.tenant.ID, "users", []byte(object)); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

func TestFind(t *testing.T) {
	t.Parallel()
	tests := []struct {
		kind     cordon.NameKind
		name     string
		want     []string
		requests int
	}{
		{cordon.NameObjectID, idNora, []string{idNora}, 1},
		{cordon.NameUPN, "n4711@contoso.example", []string{idNora}, 1}, // also somebody's mail address: a UPN is read as such first
		{cordon.NameUPN, "nora.o'hara@contoso.example", []string{idNora}, 2},
		{cordon.NameUPN, "ruth_partner.example#ext#@contoso.onmicrosoft.com", []string{idGuest}, 1},
		{cordon.NameUPN, "nobody@contoso.example", nil, 3},
		{cordon.NameUPN, `a\b@c`, nil, 2},
		{cordon.NameMail, "n4711@contoso.example", []string{idNora, idOld}, 1},
		{cordon.NameMail, "NORA@old.example", []string{idNora}, 1},
		{cordon.NameMail, "nora@home.example", []string{idNora}, 1},
		{cordon.NameMail, "shared@contoso.example", []string{idHolm, idTwin}, 1},
		{cordon.NameMail, "ruth@partner.example", []string{idGuest}, 2},
		{cordon.NameMail, "no address", nil, 0},
		{cordon.NameSID, "s-1-5-21-10-20-30-1107", []string{idHolm}, 1},
		{cordon.NameSID, "s-1-5-21-10-20-30-1108", nil, 1},
		{cordon.NameAccount, `corp\holm`, []string{idHolm}, 1},
		{cordon.NameAccount, `emea.contoso.example\HOLM`, []string{idTwin}, 1},
		{cordon.NameAccount, `pc5\holm`, nil, 1},
		{cordon.NameAccount, "holm", []string{idHolm, idTwin}, 1},
		{cordon.NameAccount, `contoso.example\n4711`, []string{idNora}, 2},
		{cordon.NameDisplayName, "Nora", nil, 0},
	}
	w := withPeople(t, sim.Options{})
	for _, tt := range tests {
		before := w.reads()
		users, err := w.Users.Find(t.Context(), cordon.Name{Kind: tt.kind, Value: tt.name})
		var ids []string
		for _, u := range users {
			ids = append(ids, u.ID)
		}
		if n := w.reads() - before; err != nil || !slices.Equal(ids, tt.want) || n != tt.requests {
			t.Errorf("%s %s: got %v in %d requests, error %v; want %v in %d", tt.kind, tt.name, ids, n, err, tt.want, tt.requests)
		}
	}
}

// An answer that is not complete names nobody: whom it lacks may be another
// user of that name.
func TestFindIncomplete(t *testing.T) {
	t.Parallel()
	more := sim.Fault{NextLink: "https://graph.microsoft.com/v1.0/users?$skiptoken=x"}
	none, sid, corp := "s-1-5-21-10-20-30-1108", "s-1-5-21-10-20-30-1107", `corp\holm`
	tests := []struct {
		fault sim.Fault
		name  cordon.Name
		users int
		want  error
	}{
		{sim.Fault{Partial: "206"}, cordon.Name{Kind: cordon.NameSID, Value: sid}, 0, cordon.ErrPartial},
		{sim.Fault{Partial: "warning"}, cordon.Name{Kind: cordon.NameSID, Value: sid}, 0, cordon.ErrPartial},
		{sim.Fault{Partial: "error"}, cordon.Name{Kind: cordon.NameSID, Value: sid}, 0, cordon.ErrPartial},
		{more, cordon.Name{Kind: cordon.NameSID, Value: none}, 0, cordon.ErrMalformed},
		{more, cordon.Name{Kind: cordon.NameAccount, Value: corp}, 0, cordon.ErrMalformed},
		{more, cordon.Name{Kind: cordon.NameAccount, Value: "holm"}, 2, nil},
	}
	for _, tt := range tests {
		w := withPeople(t, sim.Options{})
		tt.fault.Path, tt.fault.Count = "/v1.0/users*", 1
		w.fault(t, tt.fault)
		if users, err := w.Users.Find(t.Context(), tt.name); !errors.Is(err, tt.want) || len(users) != tt.users {
			t.Errorf("%+v, %s: %d users, %v", tt.fault, tt.name.Value, len(users), err)
		}
	}
}

// reads counts the requests for users.
func (w *world) reads() (n int) {
	for _, e := range w.Ledger(true) {
		if strings.HasPrefix(e.Path, "/v1.0/users") {
			n++
		}
	}
	return n
}

// TestFindPaces looks many names up while no time passes but what the client
// waits: one request a second leaves, and neither containment nor a person
// waits for that.
func TestFindPaces(t *testing.T) {
	t.Parallel()
	start := time.Now()
	w := withPeople(t, sim.Options{Now: func() time.Time { return start }})
	ctx := microsoft.WithPriority(t.Context(), microsoft.PriorityPoll)
	for i := range 5 {
		if _, err := w.Users.Find(ctx, cordon.Name{Kind: cordon.NameUPN, Value: fmt.Sprintf("nobody%d@contoso.example", i)}); err != nil {
			t.Fatal(err)
		}
	}
	if n, waited := w.reads(), time.Duration(w.ahead.Load()); n != 15 || waited != 14*time.Second {
		t.Errorf("%d requests in %s", n, waited)
	}
	for _, prio := range []microsoft.Priority{microsoft.PriorityCommand, microsoft.PriorityContain} {
		ctx := microsoft.WithPriority(t.Context(), prio)
		if _, err := w.Users.Find(ctx, cordon.Name{Kind: cordon.NameUPN, Value: "nobody@contoso.example"}); err != nil || time.Duration(w.ahead.Load()) != 14*time.Second {
			t.Errorf("priority %d waits: %v", prio, err)
		}
	}
}

// TestFindThrottled does not wait for a service that throttles: who asked tries
// again later.
func TestFindThrottled(t *testing.T) {
	t.Parallel()
	w := withPeople(t, sim.Options{})
	w.fault(t, sim.Fault{Path: "/v1.0/users*", Status: 429, RetryAfter: "7", Count: 1})
	ctx := microsoft.WithPriority(t.Context(), microsoft.PriorityPoll)
	_, err := w.Users.Find(ctx, cordon.Name{Kind: cordon.NameMail, Value: "nora@home.example"})
	if e, ok := errors.AsType[*microsoft.Error](err); !ok || !errors.Is(err, cordon.ErrThrottled) || e.RetryAfter != 7*time.Second {
		t.Errorf("throttled: %v", err)
	}
}
