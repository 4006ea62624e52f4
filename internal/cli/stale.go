package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/app"
	"github.com/cordonhq/cordon/internal/store"
)

// coverage returns what has been read of the tenants that the list is about, as
// it stands now.
func (d *Deps) coverage(ctx context.Context, tx *store.Tx, about subject) ([]cordon.Coverage, error) {
	stored, err := tx.Coverage(ctx, about.tenants...)
	for i, c := range about.rhythms.Rate(stored) {
		stored[i] = c.At(d.Now())
	}
	return stored, err
}

// configured drops what is stored of tenants that are no longer configured.
func (s subject) configured(found []cordon.Coverage) []cordon.Coverage {
	return slices.DeleteFunc(slices.Clone(found), func(c cordon.Coverage) bool {
		_, configured := s.names[c.TenantID]
		return !configured
	})
}

// gaps ends a list of what threat sources said when it may lack something: a
// source could not be read, was lost lately, was never read, or was read too
// long ago for the list to be an all-clear.
func (d *Deps) gaps(ctx context.Context, tx *store.Tx, about subject) error {
	stored, err := d.coverage(ctx, tx, about)
	if err != nil {
		return err
	}
	byTenant := map[string][]cordon.Coverage{}
	for _, c := range stored {
		if c.Source.TellsOfThreats() {
			byTenant[c.TenantID] = append(byTenant[c.TenantID], c)
		}
	}
	var found []string
	now := d.Now()
	oldest := now
	for _, id := range about.watched() {
		missing, stale := d.gapsOf(about.name(id), byTenant[id])
		found = append(found, missing...)
		if !stale.IsZero() {
			oldest = earlier(oldest, stale)
			found = append(found, fmt.Sprintf("%s: last read %s, %s", about.name(id), stale.UTC().Format(time.RFC3339), ago(now.Sub(stale))))
		}
	}
	if len(found) == 0 {
		return nil
	}
	return notWhole(oldness(now.Sub(oldest)), found, "cordon coverage")
}

// gapsOf returns what the threat sources of a tenant could not say, and when
// the one that is most stale was read; the zero time when none is.
func (d *Deps) gapsOf(tenant string, read []cordon.Coverage) (missing []string, stale time.Time) {
	if len(read) == 0 {
		return []string{tenant + ": was never read"}, stale
	}
	for _, c := range read {
		switch {
		case c.State == cordon.CoverageStale && stale.IsZero():
			stale = c.CheckedAt
		case c.State == cordon.CoverageStale:
			stale = earlier(stale, c.CheckedAt)
		case c.Incomplete(d.Now()):
			missing = append(missing, fmt.Sprintf("%s: %s is %s: %s", tenant, c.Source, c.State, lostReason(c)))
		}
	}
	return missing, stale
}

// oldness is the first line about an answer that is not complete.
func oldness(age time.Duration) string {
	if age <= 0 {
		return "this is not the whole answer"
	}
	return "this is not the whole answer: some of it was read " + ago(age) + "; cordon sync or cordon serve reads what came since"
}

// lostReason is the reason of a coverage; of a source that was lost, since when.
func lostReason(c cordon.Coverage) string {
	if !c.Lost() {
		return c.Reason
	}
	return "lost since " + c.ReadUntil.UTC().Format(time.RFC3339) + ", Cordon no longer sees " + c.Source.Shows() + ": " + c.Reason
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// ago says how long something is over, as people do.
func ago(d time.Duration) string {
	switch {
	case d < 0:
		return "in the future: the clock of this machine was set back"
	case d < 2*time.Minute:
		return many(int(d.Seconds()), "second") + " ago"
	case d < 2*time.Hour:
		return many(int(d.Minutes()), "minute") + " ago"
	case d < 48*time.Hour:
		return many(int(d.Hours()), "hour") + " ago"
	}
	return many(int(d.Hours()/24), "day") + " ago"
}

// engineNote says on standard error since when no engine runs: what is shown
// is complete as of then, and nothing is done since.
func (d *Deps) engineNote(ctx context.Context, tx *store.Tx, about subject) error {
	last, err := tx.LastReading(ctx)
	if err != nil || last.IsZero() {
		return err
	}
	age := d.Now().Sub(last)
	if store.Held(about.storage) && age < about.rhythms.StaleAfter(cordon.SourceAlerts) {
		return nil
	}
	fmt.Fprintf(d.Err, "cordon: engine not running since %s (%s): this is as it was then, and nothing is done until cordon serve or cordon sync runs\n",
		last.UTC().Format(time.RFC3339), ago(age))
	return nil
}

// noteEngine is engineNote for a command that reads nothing else of the store.
// Where there is none yet, there is nothing to say.
func (d *Deps) noteEngine(ctx context.Context) error {
	err := d.read(ctx, app.Selection{}, nil, func(tx *store.Tx, about subject) error { return d.engineNote(ctx, tx, about) })
	if errors.Is(err, store.ErrNoStore) {
		return nil
	}
	return err
}

// unreadText says how many sources of all could not be read whole, and why,
// and how many are stale, each with what to do; "" when all were read.
func unreadText(read []cordon.Coverage, now time.Time) string {
	states := map[cordon.CoverageState]int{}
	oldest := now
	for _, c := range read {
		if c.Incomplete(now) {
			states[c.State]++
		}
		if c.State == cordon.CoverageStale {
			oldest = earlier(oldest, c.CheckedAt)
		}
	}
	n := 0
	var why, lines []string
	for _, s := range []cordon.CoverageState{
		cordon.CoverageUnreadable, cordon.CoverageDenied, cordon.CoveragePartial, cordon.CoverageUnlicensed,
	} {
		if n += states[s]; states[s] > 0 {
			why = append(why, fmt.Sprintf("%d %s", states[s], s))
		}
	}
	if n > 0 {
		lines = append(lines, fmt.Sprintf("%d of %d sources could not be read whole: %s; the reason is in the row of each, and cordon doctor says what is missing", n, len(read), strings.Join(why, ", ")))
	}
	if stale := states[cordon.CoverageStale]; stale > 0 {
		lines = append(lines, fmt.Sprintf("%d of %d sources are stale, the oldest was read %s: start cordon serve or run cordon sync", stale, len(read), ago(now.Sub(oldest))))
	}
	return strings.Join(lines, "\n")
}
