package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/action"
	"github.com/cordonhq/cordon/internal/capolicy"
	"github.com/cordonhq/cordon/internal/correlate"
	"github.com/cordonhq/cordon/internal/guard"
	"github.com/cordonhq/cordon/internal/microsoft"
	"github.com/cordonhq/cordon/internal/playbook"
	"github.com/cordonhq/cordon/internal/store"
	"golang.org/x/sync/errgroup"
)

// situation reads from Microsoft what guard must know of a step, also where
// nothing will be done, so that people see what guard would say. What could
// not be read stands in Unreadable, for guard then refuses, and in the error.
func (e *Engine) situation(ctx context.Context, t Tenant, r cordon.Run, s cordon.Step, verb action.Verb) (guard.Situation, error) {
	sit := guard.Situation{
		Mode: t.Mode, Requester: r.Requester, PlaybookOn: slices.Contains(e.On, r.Requester.Playbook) && !r.Shadow, RunID: r.ID,
		Step: r.Plan.Steps[s.Index], Effect: verb.Effect, SelfMend: verb.SelfMend, OwnApp: t.ClientID, Users: -1,
	}
	var err error
	switch {
	case verb.Effect == cordon.EffectPosture:
		err = e.readPosture(ctx, t, verb, &sit)
	case s.Target.Kind == cordon.KindUser:
		err = e.readTarget(ctx, t, s.Target, &sit)
	}
	return sit, err
}

// readTarget reads everything about a user that guard asks for, at once. User,
// roles and administrators are read live for each step: what another step has
// just done to one of the last administrators must show.
func (e *Engine) readTarget(ctx context.Context, t Tenant, target cordon.Entity, sit *guard.Situation) error {
	var user microsoft.User
	var roles []microsoft.Role
	var admins []microsoft.User
	var policies []capolicy.Policy
	var failed failures
	var g errgroup.Group
	g.Go(failed.note("user", "User.Read.All", func() (err error) { user, err = t.Client.Users.Get(ctx, target.ID()); return err }))
	g.Go(failed.note("roles of the user", "RoleManagement.Read.Directory", func() (err error) { roles, err = t.Client.Directory.RolesOf(ctx, target.ID()); return err }))
	g.Go(failed.note("global administrators", "RoleManagement.Read.Directory and GroupMember.Read.All", func() (err error) { admins, err = t.Client.Directory.GlobalAdmins(ctx); return err }))
	g.Go(failed.note("conditional access policies", "Policy.Read.All", func() (err error) { policies, err = e.policies(ctx, t); return err }))
	g.Go(func() error { sit.Users = e.size(ctx, t); return nil })
	_ = g.Wait() // what failed stands in failed
	sit.Target = targetOf(t, user, roles)
	sit.GlobalAdminsKnown = true
	var all []string
	for _, a := range admins {
		all = append(all, strings.ToLower(a.ID))
		unsaid := a.AccountEnabled == nil // another one of whom Microsoft does not say it may be of no help
		if unsaid && strings.EqualFold(a.ID, target.ID()) || !unsaid && *a.AccountEnabled {
			sit.GlobalAdmins = append(sit.GlobalAdmins, strings.ToLower(a.ID))
		}
	}
	_ = failed.note("groups of the user", "User.Read.All", func() (err error) {
		sit.Target.BreakGlassFound, err = findBreakGlass(ctx, t, policyUser(user, roles), all, policies)
		return err
	})()
	sit.Unreadable = append(sit.Unreadable, failed.list...)
	return errors.Join(failed.errs...)
}

// findBreakGlass asks in which groups the user is, where that decides.
func findBreakGlass(ctx context.Context, t Tenant, user capolicy.User, admins []string, policies []capolicy.Policy) (bool, error) {
	if asked := guard.GroupsToAsk(user, admins, policies); len(asked) > 0 {
		var err error
		if user.Groups, err = t.Client.Users.CheckMemberGroups(ctx, user.ID, asked); err != nil {
			return false, err
		}
	}
	return guard.FindBreakGlass(user, admins, policies), nil
}

// policyUser is what Conditional Access policies ask of a user.
func policyUser(u microsoft.User, roles []microsoft.Role) capolicy.User {
	user := capolicy.User{ID: u.ID, UPN: u.UserPrincipalName, Type: u.UserType}
	for _, r := range roles {
		user.Roles = append(user.Roles, r.TemplateID)
	}
	return user
}

// targetOf says what is known of the user.
func targetOf(t Tenant, u microsoft.User, roles []microsoft.Role) guard.Target {
	target := guard.Target{ObjectID: strings.ToLower(u.ID), UPN: strings.ToLower(u.UserPrincipalName), Known: u.ID != ""}
	target.BreakGlass = slices.ContainsFunc(t.BreakGlass, func(s string) bool {
		return target.Known && (strings.EqualFold(s, u.ID) || strings.EqualFold(s, u.UserPrincipalName))
	})
	for _, r := range roles {
		target.SyncAccount = target.SyncAccount || guard.IsSyncRole(r.TemplateID)
		if guard.IsPrivileged(r.TemplateID) {
			target.Roles = append(target.Roles, cmp.Or(r.Name, r.TemplateID))
		}
	}
	return target
}

// readPosture reads what guard asks for before a setting is changed.
func (e *Engine) readPosture(ctx context.Context, t Tenant, verb action.Verb, sit *guard.Situation) error {
	if verb.Name != cordon.ActionEnableSecurityDefaults {
		return nil
	}
	policies, err := livePolicies(ctx, t)
	if err != nil {
		sit.Unreadable = append(sit.Unreadable, unreadable("conditional access policies", "Policy.Read.All", err))
	}
	sit.BlockingPolicies = guard.Blocking(policies)
	return err
}

// failures collects what could not be read, with what it was.
type failures struct {
	mu   sync.Mutex
	list []string
	errs []error
}

func (f *failures) note(what, needs string, read func() error) func() error {
	return func() error {
		if err := read(); err != nil {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.list = append(f.list, unreadable(what, needs, err))
			f.errs = append(f.errs, err)
		}
		return nil
	}
}

// unreadable says what could not be read, and what to do when a permission
// is missing.
func unreadable(what, needs string, err error) string {
	if errors.Is(err, cordon.ErrDenied) {
		return fmt.Sprintf("%s (grant the app %s): %v", what, needs, err)
	}
	return fmt.Sprintf("%s: %v", what, err)
}

// wishLasts is how long a person's wish is carried out that could not be at
// once.
const wishLasts = time.Hour

// fillStored adds to a situation what our own tables know. It reads them in
// the transaction that writes the intent, so that two runs cannot both take
// the last place under a cap.
func (e *Engine) fillStored(ctx context.Context, tx *store.Tx, r cordon.Run, sit *guard.Situation) error {
	sit.Now = e.Now().UTC()
	attempts, err := tx.Attempts(ctx, r.TenantID, sit.Now.Add(-24*time.Hour))
	if err != nil {
		return err
	}
	for _, a := range attempts {
		sit.Recent = append(sit.Recent, guard.Attempt(a))
	}
	if slices.ContainsFunc(r.Steps, func(s cordon.Step) bool { return s.Attempts > 0 }) { // else there is nothing to undo
		undoing, err := tx.Runs(ctx, store.RunFilter{Tenants: []string{r.TenantID}, UndoOf: r.ID, Limit: 1})
		if err != nil {
			return err
		}
		sit.RunUndone = len(undoing) > 0
	}
	if r.Requester.IsPerson() {
		if sit.Now.Sub(r.StartedAt) > wishLasts {
			sit.TooOld = fmt.Sprintf("it was asked for more than %s ago", wishLasts)
		}
		return nil
	}
	coverage, err := e.coverageIn(ctx, tx, r.TenantID)
	if err != nil {
		return err
	}
	sit.Unread = unread(coverage, sit.Now)
	sit.UnknownStore = e.Standing.Unknown
	return e.fillCorroboration(ctx, tx, r, sit)
}

// unread returns the threat sources of which something may not have been
// seen.
func unread(coverage []cordon.Coverage, now time.Time) (missing []cordon.Source) {
	for _, source := range cordon.Sources() {
		i := slices.IndexFunc(coverage, func(c cordon.Coverage) bool { return c.Source == source })
		if source.TellsOfThreats() && (i < 0 || coverage[i].At(now).Missing()) {
			missing = append(missing, source)
		}
	}
	return missing
}

// fillCorroboration asks again which detectors corroborate each other: what
// held when the run was planned may have been closed since.
func (e *Engine) fillCorroboration(ctx context.Context, tx *store.Tx, r cordon.Run, sit *guard.Situation) error {
	i := slices.IndexFunc(e.Playbooks, func(p playbook.Playbook) bool { return p.Name == r.Requester.Playbook })
	if i < 0 {
		sit.Unreadable = append(sit.Unreadable, "the playbook "+r.Requester.Playbook+" is no longer there")
		return nil
	}
	in, err := tx.Incident(ctx, r.IncidentID)
	if err != nil {
		return err
	}
	signals, err := evidence(ctx, tx, in)
	if err != nil {
		return err
	}
	signals = correlate.Evidence(in.Entity, signals)
	sit.Detectors = correlate.Corroborated(in.Entity, signals, e.Playbooks[i].Corroboration.Within)
	sit.Confirmed = correlate.Confirmed(in.Entity, signals)
	sit.TooOld = e.Playbooks[i].TooOld(signals, sit.Now)
	sit.History = e.historyOf(signals)
	sit.Newest = correlate.Newest(signals)
	return nil
}
