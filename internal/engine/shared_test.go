package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/action"
	"github.com/cordonhq/cordon/internal/microsoft"
	"github.com/cordonhq/cordon/internal/sim"
)

// TestShared: who asks at the same time or soon after gets one reading; an
// error is not kept, and nothing too old is.
func TestShared(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	failed := errors.New("no answer")
	tests := []struct {
		name   string
		after  time.Duration // when the second asks
		tenant string        // of the second
		first  error
		reads  int
		kept   int
	}{
		{name: "soon after", after: 29 * time.Second, tenant: "a", reads: 1, kept: 1},
		{name: "too late", after: 30 * time.Second, tenant: "a", reads: 2, kept: 1},
		{name: "the clock was set back", after: -time.Second, tenant: "a", reads: 2, kept: 1},
		{name: "another tenant", tenant: "b", reads: 2, kept: 2},
		{name: "another tenant, later", after: time.Minute, tenant: "b", reads: 2, kept: 1},
		{name: "after an error", tenant: "a", first: failed, reads: 2, kept: 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, now, reads := shared[int]{lasts: 30 * time.Second}, start, 0
			clock, err := func() time.Time { return now }, tt.first
			read := func(context.Context) (int, error) { reads++; return reads, err }
			if got, gotErr := s.of(t.Context(), "a", clock, read); got != 1 || !errors.Is(gotErr, tt.first) {
				t.Fatalf("first: %d, %v", got, gotErr)
			}
			now, err = now.Add(tt.after), nil
			if got, err := s.of(t.Context(), tt.tenant, clock, read); err != nil || got != tt.reads || reads != tt.reads || len(s.kept) != tt.kept {
				t.Errorf("second: %d, %v after %d readings, want %d; %d kept, want %d", got, err, reads, tt.reads, len(s.kept), tt.kept)
			}
		})
	}
}

// TestSharedByWaiting: one reading serves all who wait, and who gives up takes
// it from nobody.
func TestSharedByWaiting(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := shared[int]{lasts: time.Minute}
		reads := 0
		read := func(ctx context.Context) (int, error) {
			reads++
			select {
			case <-ctx.Done():
				return 0, ctx.Err()
			case <-time.After(time.Second):
				return 7, nil
			}
		}
		hasty, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		got := make([]string, 3)
		var all sync.WaitGroup
		for i, ctx := range []context.Context{hasty, t.Context(), t.Context()} {
			all.Go(func() { n, err := s.of(ctx, "a", time.Now, read); got[i] = fmt.Sprint(n, " ", err) })
			synctest.Wait()
		}
		all.Wait()
		if want := []string{"0 context deadline exceeded", "7 <nil>", "7 <nil>"}; reads != 1 || !reflect.DeepEqual(got, want) {
			t.Errorf("%d readings gave %q, want %q", reads, got, want)
		}
	})
}

// asked counts what was asked of Graph, by what is asked for.
func (w *world) asked() map[string]int {
	count := map[string]int{}
	for _, e := range w.cloud.Ledger(true) {
		parts := strings.Split(strings.TrimPrefix(e.Path, "/v1.0/"), "/")
		if e.Service == "graph" && len(parts) > 1 && parts[0] == "users" && strings.Count(parts[1], "-") == 4 {
			parts[1] = "{id}"
		}
		if e.Service == "graph" {
			count[e.Method+" "+strings.Join(parts, "/")]++
		}
	}
	return count
}

// TestRequestsOfAContainment: what containing five users of a tenant at once
// asks of Microsoft. All apps of the tenant together may ask for policies once
// a second: it is asked for once. What proves or is put back is read live.
func TestRequestsOfAContainment(t *testing.T) {
	t.Parallel()
	const users = 5
	w := newWorld(t, action.Documented, sim.Options{})
	w.engine.Guard.UsersLeast, w.engine.Guard.Disables = users, users
	who := make([]cordon.Entity, users)
	for i := range who {
		id := fmt.Sprintf("11111111-1111-4111-8111-00000000000%d", i)
		who[i] = cordon.NewUser(id, "", "")
		w.inject("users", fmt.Sprintf(`{"id":%q,"userPrincipalName":"user%d@contoso.com","accountEnabled":true,"signInSessionsValidFromDateTime":"2026-01-01T00:00:00Z"}`, id, i))
	}
	before := w.asked()
	runs := make([]string, users)
	var all sync.WaitGroup
	for i := range who {
		all.Go(func() {
			run, err := w.do(who[i], cordon.ActionRevokeSessions, cordon.ActionDisableUser)
			runs[i] = fmt.Sprint(story(run), err)
		})
	}
	all.Wait()
	for _, got := range runs {
		if want := "done; revoke_sessions done confirmed; disable_user done confirmed<nil>"; got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	got := w.asked()
	maps.DeleteFunc(got, func(what string, n int) bool { got[what] -= before[what]; return n == before[what] })
	want := map[string]int{
		"GET identity/conditionalAccess/policies":      1,
		"GET users/$count":                             1,
		"GET users/{id}":                               3 * 2 * users, // to judge, as the state before, to prove
		"GET users/{id}/transitiveMemberOf":            2 * users,
		"GET roleManagement/directory/roleAssignments": 2 * users,
		"GET directoryRoles(roleTemplateId='" + microsoft.RoleGlobalAdministrator + "')/members": 2 * users,
		"POST users/{id}/revokeSignInSessions":                                                   users,
		"PATCH users/{id}":                                                                       users,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("asked %v, want %v", got, want)
	}
}

// TestReadingsOfAContainmentGoFirst: polling has spent the budget, and what
// guard reads is not kept waiting by it.
func TestReadingsOfAContainmentGoFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t, action.Documented, sim.Options{})
	w.enterWith(microsoft.Options{Share: 0.1, MaxWait: time.Nanosecond})
	client := w.engine.Tenants[0].Client
	var err error
	for range 2 {
		_, err = Policies(microsoft.WithPriority(t.Context(), microsoft.PriorityPoll), client)
	}
	if !errors.Is(err, cordon.ErrThrottled) {
		t.Fatalf("the second poll: %v, want the budget spent", err)
	}
	run, err := w.grant(cordon.WordDisable)
	if got, want := story(run), "done; disable_user done confirmed"; !strings.HasPrefix(got, want) || err != nil {
		t.Errorf("%s, %v; want %s", got, err, want)
	}
}
