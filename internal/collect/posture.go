package collect

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/microsoft"
)

// securityDefaults reads whether security defaults are on, as true or false.
func securityDefaults(ctx context.Context, c *microsoft.Client) (json.RawMessage, error) {
	p, err := c.Policies.SecurityDefaults(ctx)
	if err != nil {
		return nil, err
	}
	if p.IsEnabled == nil {
		return nil, fmt.Errorf("security defaults without isEnabled: %w", cordon.ErrMalformed)
	}
	return json.Marshal(*p.IsEnabled)
}

// conditionalAccess reads every Conditional Access policy, as an array of
// what came.
func conditionalAccess(ctx context.Context, c *microsoft.Client) (json.RawMessage, error) {
	policies := []json.RawMessage{}
	for page, err := range c.Policies.ConditionalAccess(ctx) {
		if err != nil {
			return nil, err
		}
		if page.Skipped > 0 {
			return nil, noItems(cordon.SourceConditionalAccess, page.Skipped)
		}
		policies = append(policies, page.Items...)
	}
	return json.Marshal(policies)
}

// Changed returns the signal for a posture value that is not what it was, or
// nothing: for a first reading, and when either could not be read.
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
