package collect

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/microsoft"
)

// The kinds of signal that the source credential yields.
const (
	KindCredentialExpires = "credential_expires" //nolint:gosec // a word, no secret: the end is near, or has come
	KindCredentialRefused = "credential_refused" //nolint:gosec // a word, no secret: sign-in does not take what we show
	KindConsentLost       = "consent_lost"       // the tenant no longer knows our app, or has disabled it
	KindAccessBlocked     = "access_blocked"     // a policy of the tenant, such as Conditional Access, does not let our app in
	KindPermissionsLost   = "permissions_lost"   // a token permits less than the one before
)

// A Credential is what is observed of the way into a tenant. Nothing in it is
// secret, and it stays the same while all is well.
type Credential struct {
	Kind      microsoft.CredentialKind `json:"kind"`
	ExpiresAt *time.Time               `json:"expires_at,omitempty"` // absent when not known
	Roles     []string                 `json:"roles"`                // app permissions in the token for Graph, sorted
	Scopes    []string                 `json:"scopes,omitempty"`     // delegated ones, of a person's token
}

// granted are the permissions of either kind.
func (c Credential) granted() []string { return slices.Concat(c.Roles, c.Scopes) }

// credential observes what we enter the tenant with. While the token is good
// nobody is asked, and a reading that finds what the last one found has no
// news: the coverage alone says when the token was last good.
func (r *Request) credential(ctx context.Context, c *microsoft.Client) iter.Seq2[Batch, error] {
	return func(yield func(Batch, error) bool) {
		token, err := c.TokenInfo(ctx, microsoft.ResourceGraph)
		if err != nil {
			yield(Batch{}, err)
			return
		}
		info := c.Credential()
		yield(r.credentialBatch(info, token, r.Ending(info)), nil)
	}
}

func (r *Request) credentialBatch(info microsoft.CredentialInfo, token microsoft.TokenInfo, alarms []cordon.Signal) Batch {
	found := Credential{Kind: info.Kind, Roles: append([]string{}, token.Roles...), Scopes: token.Scopes}
	if !info.Expires.IsZero() {
		found.ExpiresAt = &info.Expires
	}
	value := asJSON(found)
	said := string(value)
	for _, s := range alarms {
		said += "\x00" + s.ID
	}
	b := Batch{Hashes: []uint64{maphash.String(r.Hasher.seed, said)}}
	if _, known := r.Known[b.Hashes[0]]; known && r.Last.State == cordon.CoverageWhole {
		return b
	}
	b.Alarms = alarms
	b.Observation = &cordon.Observation{
		TenantID: r.TenantID, Source: r.Source, State: cordon.ObservedValue, Value: value, ObservedAt: r.Now,
	}
	return b
}

// asJSON writes a value of texts and times, which cannot fail.
func asJSON(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("collect: texts and times do not marshal: %v", err))
	}
	return b
}

const day = 24 * time.Hour

// NearDays is from how many days before its end on a credential is spoken of.
const NearDays = 30

// nearing returns the last of the thresholds that was passed, in days before
// the end; 0 is the end itself.
func nearing(left time.Duration) (days int, near bool) {
	for _, days := range []int{0, 1, 3, 7, 14, NearDays} {
		if left <= time.Duration(days)*day {
			return days, true
		}
	}
	return 0, false
}

// DaysLeft returns how many whole days are left before end. Once it has passed
// they are less than zero: how many it is over, and -1 on the first day, too.
func DaysLeft(end, now time.Time) int {
	left := end.Sub(now)
	if left < 0 {
		return min(int(left/day), -1)
	}
	return int(left / day)
}

// Ending returns the signal for a credential whose end is near or has come,
// or nothing. There is one for each threshold of each end: told again, it is
// the same signal.
func (r *Request) Ending(c microsoft.CredentialInfo) []cordon.Signal {
	if c.Expires.IsZero() {
		return nil
	}
	days, near := nearing(c.Expires.Sub(r.Now))
	if !near {
		return nil
	}
	s := r.about(KindCredentialExpires, fmt.Sprintf("%s %d", c.Expires.UTC().Format(time.RFC3339), days))
	s.Title, s.Severity = EndText(c, r.Now), endSeverity(days)
	s.OccurredAt = c.Expires.UTC().Add(-time.Duration(days) * day)
	s.UpdatedAt = s.OccurredAt // the time of the threshold, whenever it is noticed
	s.Raw = asJSON(Credential{Kind: c.Kind, ExpiresAt: &c.Expires, Roles: []string{}})
	return []cordon.Signal{s}
}

func endSeverity(days int) cordon.Severity {
	switch {
	case days <= 1:
		return cordon.SeverityHigh
	case days <= 7:
		return cordon.SeverityMedium
	}
	return cordon.SeverityLow
}

// EndText says what ends when, and what to do about it.
func EndText(c microsoft.CredentialInfo, now time.Time) string {
	what, do := "The client secret", "create a new one for the app, store it, and write its day under expires"
	if c.Kind == microsoft.KindCertificate {
		what, do = "The certificate", "register a new one with the app, and store it with its key"
	}
	end := c.Expires.UTC().Format(time.DateOnly)
	switch left := DaysLeft(c.Expires, now); {
	case !c.Expires.After(now):
		return fmt.Sprintf("%s expired on %s: %s", what, end, do)
	case left == 0:
		return fmt.Sprintf("%s expires on %s, in less than a day: %s", what, end, do)
	case left == 1:
		return fmt.Sprintf("%s expires on %s, in a day: %s", what, end, do)
	default:
		return fmt.Sprintf("%s expires on %s, in %d days: %s", what, end, left, do)
	}
}

// loss returns the kind of signal for a reading that did not get in, or "".
func loss(err error) string {
	switch {
	case errors.Is(err, cordon.ErrGone):
		return KindConsentLost
	case errors.Is(err, cordon.ErrBlocked):
		return KindAccessBlocked
	case errors.Is(err, cordon.ErrCredential):
		return KindCredentialRefused
	}
	return ""
}

// LossOf returns why the credential does not open the tenant, from what its
// coverage says: KindConsentLost, KindAccessBlocked, KindCredentialRefused, or
// "" when it does, or when something else is in the way.
func LossOf(c cordon.Coverage) (kind, reason string) {
	kind, reason, _ = strings.Cut(c.Reason, ": ")
	if c.State == cordon.CoverageDenied && (kind == KindConsentLost || kind == KindAccessBlocked || kind == KindCredentialRefused) {
		return kind, reason
	}
	return "", c.Reason
}

// Lost returns the signal for a credential that does not open the tenant, or
// nothing when something else is in the way. It is the same one until a token
// was had again.
func (r *Request) Lost(err error) []cordon.Signal {
	kind := loss(err)
	if kind == "" {
		return nil
	}
	since := "never"
	if !r.Last.ReadUntil.IsZero() {
		since = r.Last.ReadUntil.UTC().Format(time.RFC3339Nano)
	}
	s := r.about(kind, since)
	s.Title = "The tenant does not let our app in: "
	if kind == KindCredentialRefused {
		s.Title = "Our credential is refused: "
	}
	s.Title, s.Severity = s.Title+cordon.Plain(err.Error(), 300), cordon.SeverityHigh
	s.Raw = json.RawMessage("null")
	return []cordon.Signal{s}
}

// about begins a signal about our credential, noticed now.
func (r *Request) about(kind, version string) cordon.Signal {
	s := cordon.Signal{
		TenantID: r.TenantID, Source: cordon.SourceCredential, Detector: cordon.DetectorCordon, NativeID: kind, Version: version, Kind: kind,
		State: cordon.SignalOpen, OccurredAt: r.Now, DetectedAt: r.Now, UpdatedAt: r.Now,
		Entities: []cordon.Entity{cordon.NewTenantEntity(r.TenantID)},
	}
	s.ID = signalID(s)
	return s
}

// permissionsLost returns the signal for permissions that the token before
// had and this one has not.
func permissionsLost(before, now cordon.Observation) (cordon.Signal, bool) {
	var had, has Credential
	if json.Unmarshal(before.Value, &had) != nil || json.Unmarshal(now.Value, &has) != nil {
		return cordon.Signal{}, false // a value of another version says nothing about ours
	}
	lost := slices.DeleteFunc(had.granted(), func(p string) bool { return slices.Contains(has.granted(), p) })
	if len(lost) == 0 {
		return cordon.Signal{}, false
	}
	r := Request{TenantID: now.TenantID, Now: now.ObservedAt}
	s := r.about(KindPermissionsLost, now.ObservedAt.UTC().Format(time.RFC3339Nano))
	s.Severity, s.Raw = cordon.SeverityLow, now.Value
	s.Title = "The app has lost permissions: " + cordon.Plain(strings.Join(lost, ", "), 600)
	if missed := missed(had.granted(), has.granted()); len(missed) > 0 {
		s.Severity = cordon.SeverityHigh
		s.Title += "; without " + cordon.Plain(strings.Join(missed, ", "), 200) + " Cordon cannot do its work: let an administrator consent again"
	}
	return s, true
}

// missed returns what sources, guard and actions need that was granted before
// and is not now.
func missed(had, has []string) (missed []string) {
	for _, p := range FlowNeeds() {
		if microsoft.Covered(p, had) && !microsoft.Covered(p, has) {
			missed = append(missed, p)
		}
	}
	return missed
}

// flowCalls are the calls to Graph that sources, guard and actions make.
const flowCalls = " Risk.Detections Alerts.List Policies.SecurityDefaults Policies.ConditionalAccess" +
	" Users.Get Users.Count Directory.RolesOf Directory.GlobalAdmins Directory.RolesOfApp" +
	" Users.RevokeSessions Users.SetEnabled Users.ForcePasswordChange Users.ResetPassword Risk.ConfirmCompromised Risk.ConfirmSafe Risk.Dismiss" +
	" Identities.Accounts Identities.InvokeAction Policies.SetSecurityDefaults "

// FlowNeeds returns the permissions of Graph that reading the sources, guard
// and the actions take, least privileged and sorted.
func FlowNeeds() (needs []string) {
	for _, doc := range microsoft.Calls() {
		if strings.Contains(flowCalls, " "+doc.Service+"."+doc.Method+" ") {
			needs = append(needs, doc.Needs...)
		}
	}
	slices.Sort(needs)
	return slices.Compact(needs)
}
