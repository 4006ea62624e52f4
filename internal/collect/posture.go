package collect

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/microsoft"
)

// SecurityDefaults reads whether security defaults are on, as true or false. A
// tenant that does not have the resource answers 404: the setting is absent
// there, which is no error.
func SecurityDefaults(ctx context.Context, c *microsoft.Client) (cordon.Observation, error) {
	p, err := c.Policies.SecurityDefaults(ctx)
	if answer, ok := errors.AsType[*microsoft.Error](err); ok && answer.Code != "" && errors.Is(err, cordon.ErrNotFound) { // Graph's own 404, not that of a proxy
		return cordon.Observation{State: cordon.ObservedAbsent, Reason: cordon.Plain("the tenant does not have this setting: "+err.Error(), maxReason)}, nil
	}
	if err != nil {
		return cordon.Observation{}, err
	}
	return cordon.Observation{State: cordon.ObservedValue, Value: strconv.AppendBool(nil, *p.IsEnabled)}, nil
}

// conditionalAccess reads every Conditional Access policy, as an array of
// what came.
func conditionalAccess(ctx context.Context, c *microsoft.Client) (cordon.Observation, error) {
	policies := []json.RawMessage{}
	for page, err := range c.Policies.ConditionalAccess(ctx) {
		if err != nil {
			return cordon.Observation{}, err
		}
		if page.Skipped > 0 {
			return cordon.Observation{}, noItems(cordon.SourceConditionalAccess, page.Skipped)
		}
		policies = append(policies, page.Items...)
	}
	value, err := json.Marshal(policies)
	return cordon.Observation{State: cordon.ObservedValue, Value: value}, err
}

// Changed returns the signal for a posture value that is not what it was, or
// nothing: for a first reading, and when there is no value now. A setting that
// could not be read, or was absent, is compared with the last value known.
func Changed(before, now cordon.Observation) (cordon.Signal, bool) {
	if len(before.Value) == 0 || now.State != cordon.ObservedValue || bytes.Equal(before.Value, now.Value) {
		return cordon.Signal{}, false
	}
	switch now.Source {
	case cordon.SourceSecurityDefaults:
		return defaultsChanged(now), true
	case cordon.SourceCredential:
		return permissionsLost(before, now)
	default: // of other posture the change is no signal
		return cordon.Signal{}, false
	}
}

// defaultsChanged is the signal for security defaults that were switched.
func defaultsChanged(now cordon.Observation) cordon.Signal {
	s := cordon.Signal{
		TenantID: now.TenantID, Source: now.Source, Detector: cordon.DetectorCordon,
		NativeID: now.ObservedAt.UTC().Format(time.RFC3339Nano), Kind: "security_defaults_changed",
		Title: "Security defaults were switched on", Severity: cordon.SeverityInformational, State: cordon.SignalOpen,
		OccurredAt: now.ObservedAt, DetectedAt: now.ObservedAt, UpdatedAt: now.ObservedAt,
		Entities: []cordon.Entity{cordon.NewTenantEntity(now.TenantID)}, Raw: now.Value,
	}
	if string(now.Value) == "false" {
		s.Title, s.Severity = "Security defaults were switched off", cordon.SeverityMedium
	}
	s.ID = signalID(s)
	return s
}

// ByUs is the signal for a switch that one of our runs made: it is named as
// ours, and is no reason to worry. A run makes one such signal.
func ByUs(s cordon.Signal, run cordon.Run) cordon.Signal {
	s.NativeID, s.Severity = run.ID, cordon.SeverityInformational
	s.Title += fmt.Sprintf(" by Cordon, asked for by %s in run %s", run.Requester, run.ID)
	s.ID = signalID(s)
	return s
}
