package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/collect"
	"github.com/cordonhq/cordon/internal/guard"
	"github.com/cordonhq/cordon/internal/store"
)

// What a notification says of security defaults that somebody switched.
const (
	reasonDefaultsOff = "security_defaults_off"
	reasonDefaultsOn  = "security_defaults_on"
)

// defaultsSwitched stores the signal for security defaults that were switched
// and notifies people, once, for the reading after it finds no change. What
// we did ourselves is named as ours: its run has notified people, and it says
// nothing about the tenant, so it makes no incident. before is when they were
// last read as they had been.
func (e *Engine) defaultsSwitched(ctx context.Context, tx *store.Tx, t Tenant, before time.Time, s cordon.Signal) error {
	run, ours, err := ourSwitch(ctx, tx, before, s)
	if err != nil {
		return err
	}
	if ours {
		s = collect.ByUs(s, run)
		if added, err := tx.PutSignals(ctx, []cordon.Signal{s}); err != nil || added == 0 {
			return err
		}
		return tx.TakePending(ctx, []cordon.Signal{s})
	}
	n := cordon.Notice{Kind: cordon.NoticePosture, Severity: s.Severity, Title: s.Title, Reason: reasonDefaultsOn}
	if switchedOff(s) {
		var next string
		if s.Severity, next, err = withoutDefaults(ctx, tx, t); err != nil {
			return err
		}
		n.Severity, n.Title, n.Reason = s.Severity, s.Title+", not by Cordon: "+next, reasonDefaultsOff
	}
	if err := e.putSignals(ctx, tx, t, []cordon.Signal{s}); err != nil {
		return err
	}
	return e.notice(ctx, tx, t, n)
}

func switchedOff(s cordon.Signal) bool { return string(s.Raw) == "false" }

// showsWithin is how long a switch of ours may take to show: a reading just
// after it may still give the value before.
const showsWithin = 15 * time.Minute

// ourSwitch returns the run that made a switch, if one of ours did. Each run
// explains one switch: who takes it back and repeats it is somebody else.
func ourSwitch(ctx context.Context, tx *store.Tx, before time.Time, s cordon.Signal) (run cordon.Run, ours bool, err error) {
	action := cordon.ActionEnableSecurityDefaults
	if switchedOff(s) {
		action = cordon.ActionDisableSecurityDefaults
	}
	since := before.Add(-showsWithin)
	attempts, err := tx.Attempts(ctx, s.TenantID, since)
	if err != nil {
		return run, false, err
	}
	seen, err := tx.Signals(ctx, store.SignalFilter{Tenants: []string{s.TenantID}, Source: s.Source, Since: since})
	if err != nil {
		return run, false, err
	}
	for _, a := range slices.Backward(attempts) {
		if a.Action != action || slices.ContainsFunc(seen, func(o cordon.Signal) bool { return o.NativeID == a.RunID }) {
			continue
		}
		run, err := tx.Run(ctx, a.RunID)
		if err != nil || slices.ContainsFunc(run.Steps, func(s cordon.Step) bool { return s.Action == action && mayHaveActed(s) }) {
			return run, err == nil, err
		}
	}
	return run, false, nil
}

// mayHaveActed reports whether what a step changes may be its work.
func mayHaveActed(s cordon.Step) bool {
	return slices.Contains([]cordon.Outcome{cordon.OutcomeIntent, cordon.OutcomeDone, cordon.OutcomeUnknown}, s.Outcome)
}

// withoutDefaults says how bad it is that security defaults are off, by the
// policies as they were last read, and what to do next.
func withoutDefaults(ctx context.Context, tx *store.Tx, t Tenant) (cordon.Severity, string, error) {
	o, err := tx.Observation(ctx, t.ID, cordon.SourceConditionalAccess)
	if err != nil && !errors.Is(err, cordon.ErrNotFound) {
		return "", "", err
	}
	const who = "find out who did it in the audit log of Microsoft Entra"
	again := who + ", and switch them on again with cordon defaults enable " + t.Name + " --reason WHY"
	enabled, known := enabledPolicies(o)
	switch {
	case !known:
		return cordon.SeverityHigh, "whether Conditional Access takes their place could not be read; " + again, nil
	case enabled == 0:
		return cordon.SeverityHigh, "no Conditional Access policy is enabled either, so nothing asks for multifactor authentication now; " + again, nil
	}
	return cordon.SeverityMedium, fmt.Sprintf("Conditional Access policies that are enabled: %d; check that they ask everybody for multifactor authentication and block legacy authentication, and %s", enabled, who), nil
}

// enabledPolicies counts the policies of a reading that are enabled, if it is
// one that can be understood.
func enabledPolicies(o cordon.Observation) (n int, known bool) {
	var raws []json.RawMessage
	if o.State != cordon.ObservedValue || json.Unmarshal(o.Value, &raws) != nil {
		return 0, false
	}
	policies, err := asPolicies(raws)
	return len(guard.Blocking(policies)), err == nil
}
