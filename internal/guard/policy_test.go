package guard

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/cordonhq/cordon"
)

func TestDefaults(t *testing.T) {
	t.Parallel()
	want := Policy{
		MinDetectors: 2, CoolDown: 24 * time.Hour, UndoCoolDown: 24 * time.Hour, Disables: 3, DisablesWithin: 15 * time.Minute,
		Users: 5, UsersPercent: 1, UsersLeast: 1, UsersWithin: time.Hour, KeepAdmins: 2,
	}
	if got := Defaults(); got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	for i, f := range reflect.VisibleFields(reflect.TypeFor[Policy]()) {
		if reflect.ValueOf(want).Field(i).IsZero() {
			t.Errorf("%s has no default", f.Name)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	text := string(defaults)
	tests := []struct{ name, text string }{
		{"misspelt", strings.Replace(text, "cool_down:", "cooldown:", 1)},
		{"missing", strings.Replace(text, "keep_admins: 2", "", 1)},
		{"zero", strings.Replace(text, "disables: 3", "disables: 0", 1)},
		{"negative", strings.Replace(text, "users_within: 1h", "users_within: -1h", 1)},
		{"twice", text + "users: 7\n"},
		{"empty", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if p, err := parse([]byte(tt.text)); err == nil {
				t.Errorf("accepted %+v", p)
			}
		})
	}
}

// Without limits nothing is allowed, to nobody.
func TestZeroPolicy(t *testing.T) {
	t.Parallel()
	for i := range reflect.TypeFor[Policy]().NumField() {
		p := Defaults()
		reflect.ValueOf(&p).Elem().Field(i).SetZero()
		if got := Check(p, base()); got.Reason != cordon.ReasonUnreadable {
			t.Errorf("without %s: got %+v", reflect.TypeFor[Policy]().Field(i).Name, got)
		}
	}
}

// Each limit decides something: another value gives another verdict.
func TestEveryDefaultMatters(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change func(*Policy)
		scene  func(*Situation)
		want   cordon.Reason // with the change; without, it is not that
	}{
		"MinDetectors":   {func(p *Policy) { p.MinDetectors = 3 }, func(*Situation) {}, cordon.ReasonCorroborate},
		"CoolDown":       {func(p *Policy) { p.CoolDown = time.Hour }, recent(tried(cordon.ActionDisableUser, ada, 2*time.Hour)), cordon.ReasonWithin},
		"UndoCoolDown":   {func(p *Policy) { p.UndoCoolDown = time.Hour }, recent(undid(ada, 2*time.Hour)), cordon.ReasonWithin},
		"Disables":       {func(p *Policy) { p.Disables = 2 }, recent(disabled(2, 10*time.Minute)...), cordon.ReasonCapDisables},
		"DisablesWithin": {func(p *Policy) { p.DisablesWithin = time.Hour }, recent(disabled(3, 30*time.Minute)...), cordon.ReasonCapDisables},
		"Users":          {func(p *Policy) { p.Users = 4 }, recent(revoked(4, 30*time.Minute)...), cordon.ReasonCapUsers},
		"UsersPercent": {func(p *Policy) { p.UsersPercent = 2 }, all(func(s *Situation) { s.Users = 100 }, recent(revoked(1, 30*time.Minute)...)),
			cordon.ReasonWithin},
		"UsersLeast":  {func(p *Policy) { p.UsersLeast = 2 }, all(func(s *Situation) { s.Users = -1 }, recent(revoked(1, 30*time.Minute)...)), cordon.ReasonWithin},
		"UsersWithin": {func(p *Policy) { p.UsersWithin = 2 * time.Hour }, recent(revoked(5, 90*time.Minute)...), cordon.ReasonCapUsers},
		"KeepAdmins":  {func(p *Policy) { p.KeepAdmins = 3 }, func(s *Situation) { s.GlobalAdmins = []string{"g1", "g2", ada} }, cordon.ReasonLastAdmins},
	}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[Policy]()) {
		t.Run(f.Name, func(t *testing.T) {
			t.Parallel()
			tt, ok := tests[f.Name]
			if !ok {
				t.Fatal("no case")
			}
			s, changed := base(), Defaults()
			tt.scene(&s)
			tt.change(&changed)
			if before, after := Check(Defaults(), s).Reason, Check(changed, s).Reason; before == tt.want || after != tt.want {
				t.Errorf("before %s, after %s; want only after to be %s", before, after, tt.want)
			}
		})
	}
}

func TestUsersCap(t *testing.T) {
	t.Parallel()
	want := map[int]int{-7: 1, -1: 1, 0: 1, 1: 1, 99: 1, 199: 1, 200: 2, 499: 4, 500: 5, 600: 5, 1 << 62: 5}
	for size, n := range want {
		if got := Defaults().usersCap(size); got != n {
			t.Errorf("of %d users: got %d, want %d", size, got, n)
		}
	}
}
