// Package collect reads the sources of a tenant and turns what they say into
// signals and observations, one file per source.
//
// It trusts neither the order nor the freshness nor the shape of what comes:
// an item that cannot be read is kept as it came and becomes a signal too. It
// does not store anything and does not decide what a signal means.
package collect

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash/maphash"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/microsoft"
)

// Overlap is how far a reading reaches back behind the one before. It bears a
// clock that is ten minutes wrong and items that appear late.
const Overlap = 15 * time.Minute

// firstEndpointWindow is how far the first reading of endpoint alerts reaches
// back. The other sources are read whole at first.
const firstEndpointWindow = 48 * time.Hour

// A Batch is one page of a source: what was not seen before.
type Batch struct {
	Signals     []cordon.Signal
	Observation *cordon.Observation // of a posture source
	Alarms      []cordon.Signal     // about ourselves; people are told of them at once
	Hashes      []uint64            // of every item on the page, for Known
}

// Known holds the hashes of the items that the last reading saw, so that the
// overlap is not decoded again.
type Known map[uint64]struct{}

// With returns k with more hashes. Nothing known stays nil: most sources are
// quiet.
func (k Known) With(hashes []uint64) Known {
	if k == nil && len(hashes) > 0 {
		k = Known{}
	}
	for _, h := range hashes {
		k[h] = struct{}{}
	}
	return k
}

// A Hasher hashes raw items. Its seed is random, so that nobody can build an
// item that hides behind the hash of another.
type Hasher struct{ seed maphash.Seed }

// NewHasher returns a hasher with a seed of its own.
func NewHasher() Hasher { return Hasher{seed: maphash.MakeSeed()} }

// A Request says what is to be read.
type Request struct {
	TenantID string
	Source   cordon.Source
	Last     cordon.Coverage // zero at the first reading
	Known    Known
	Hasher   Hasher
	Now      time.Time
}

// first reports whether the source is to be read as if for the first time: it
// never was, or was when the clock of this machine was ahead, so that nothing
// says what came since.
func (r *Request) first() bool {
	return r.Last.ReadUntil.IsZero() || r.Last.ReadUntil.Sub(r.Now) > cordon.ClockSkew
}

// Since returns from when on the source is to be read: a little before the
// last whole reading, or from the beginning.
func (r *Request) Since() time.Time {
	switch {
	case !r.first():
		return r.Last.ReadUntil.Add(-Overlap)
	case r.Source == cordon.SourceEndpointAlerts:
		return r.Now.Add(-firstEndpointWindow)
	default:
		return time.Time{}
	}
}

// Needs names the application permission that reading a source takes, least
// privileged; "" for one that takes none.
func Needs(source cordon.Source) string {
	switch source {
	case cordon.SourceRiskDetections:
		return "IdentityRiskEvent.Read.All"
	case cordon.SourceAlerts:
		return "SecurityAlert.Read.All"
	case cordon.SourceEndpointAlerts:
		return "Alert.Read.All of WindowsDefenderATP"
	case cordon.SourceCredential:
		return ""
	default:
		return "Policy.Read.All"
	}
}

// Family returns the limit that reading a source counts against. That of the
// credential takes nothing of any: it waits where there is most room.
func Family(source cordon.Source) microsoft.Family {
	switch source {
	case cordon.SourceAlerts:
		return microsoft.FamilySecurity
	case cordon.SourceEndpointAlerts:
		return microsoft.FamilyEndpoint
	case cordon.SourceSecurityDefaults, cordon.SourceCredential:
		return microsoft.FamilyDirectory
	default:
		return microsoft.FamilyIdentityProtection
	}
}

// Read yields what the source says, page by page. An error is always the last
// pair, so a loop that meets none has read the source whole.
func Read(ctx context.Context, c *microsoft.Client, r *Request) iter.Seq2[Batch, error] {
	since := r.Since()
	switch r.Source {
	case cordon.SourceRiskDetections:
		return r.signals(c.Risk.Detections(ctx, since), riskDetection)
	case cordon.SourceAlerts:
		return r.signals(c.Alerts.List(ctx, since), alert)
	case cordon.SourceEndpointAlerts:
		return r.signals(c.Endpoint.Alerts(ctx, since), endpointAlert)
	case cordon.SourceSecurityDefaults:
		return r.observe(ctx, c, SecurityDefaults)
	case cordon.SourceConditionalAccess:
		return r.observe(ctx, c, conditionalAccess)
	case cordon.SourceCredential:
		return r.credential(ctx, c)
	}
	return func(yield func(Batch, error) bool) {
		yield(Batch{}, fmt.Errorf("collect: no source is called %q", r.Source))
	}
}

// signals turns pages of raw items into batches of signals. Items that the
// last reading saw are not decoded. Elements that are no items make a reading
// that is not whole, but do not end it.
func (r *Request) signals(pages iter.Seq2[microsoft.Page, error], decode func(json.RawMessage) (cordon.Signal, error)) iter.Seq2[Batch, error] {
	return func(yield func(Batch, error) bool) {
		skipped := 0
		for page, err := range pages {
			if err != nil {
				yield(Batch{}, err)
				return
			}
			if !yield(r.batch(page, decode), nil) {
				return
			}
			skipped += page.Skipped
		}
		if skipped > 0 {
			yield(Batch{}, noItems(r.Source, skipped))
		}
	}
}

// noItems is the error for elements of a collection that are no objects.
func noItems(source cordon.Source, n int) error {
	return fmt.Errorf("read %s: %d elements are no objects: %w", source, n, cordon.ErrMalformed)
}

func (r *Request) batch(page microsoft.Page, decode func(json.RawMessage) (cordon.Signal, error)) Batch {
	var b Batch
	for _, raw := range page.Items {
		hash := maphash.Bytes(r.Hasher.seed, raw)
		b.Hashes = append(b.Hashes, hash)
		if _, known := r.Known[hash]; !known {
			b.Signals = append(b.Signals, r.signal(raw, decode))
		}
	}
	return b
}

// signal decodes one item. One that cannot be read is kept as it came.
func (r *Request) signal(raw json.RawMessage, decode func(json.RawMessage) (cordon.Signal, error)) cordon.Signal {
	sum := sha256.Sum256(raw)
	version := hex.EncodeToString(sum[:8])
	s, err := decode(raw)
	if err != nil {
		s = unreadable(r.TenantID, version, err)
	}
	checkFuture(&s, r.Now)
	s.Kind, s.Title = cut(s.Kind), cut(s.Title)
	sortEntities(s.Entities)
	s.TenantID, s.Source, s.Version, s.Raw = r.TenantID, r.Source, version, bytes.Clone(raw)
	s.ID = signalID(s)
	return s
}

// sortEntities puts users before devices.
func sortEntities(all []cordon.Entity) {
	slices.SortStableFunc(all, func(a, b cordon.Entity) int { return strings.Compare(string(b.Kind), string(a.Kind)) })
}

// maxText bounds, in bytes, a text that stands in Raw in full.
const maxText = 1000

func cut(s string) string {
	if len(s) <= maxText {
		return s
	}
	return strings.ToValidUTF8(s[:maxText], "") + "…"
}

// unreadable is the signal for an item that is not what the source promises.
func unreadable(tenantID, version string, err error) cordon.Signal {
	return cordon.Signal{
		Detector: cordon.DetectorCordon, NativeID: version, Kind: kindUnreadable,
		Title: "An item could not be read: " + cordon.Plain(err.Error(), 200), Severity: cordon.SeverityUnknown,
		State: cordon.SignalOpen, Entities: []cordon.Entity{cordon.NewTenantEntity(tenantID)},
	}
}

// Unreadable reports whether the item of a signal, or all that says when it
// was, could not be read.
func Unreadable(s cordon.Signal) bool {
	return s.Kind == kindUnreadable || strings.HasPrefix(s.Discounted, unreadableTimes)
}

// kindUnreadable is the kind of the signal for an item that cannot be read.
const kindUnreadable = "unreadable_item"

// signalID derives a signal's id from what makes it that signal.
func signalID(s cordon.Signal) string {
	sum := sha256.Sum256([]byte(s.TenantID + "\x00" + string(s.Source) + "\x00" + s.NativeID + "\x00" + s.Version))
	return hex.EncodeToString(sum[:8])
}

// observe yields one reading of a posture value.
func (r *Request) observe(ctx context.Context, c *microsoft.Client, read func(context.Context, *microsoft.Client) (cordon.Observation, error)) iter.Seq2[Batch, error] {
	return func(yield func(Batch, error) bool) {
		o, err := read(ctx, c)
		if err != nil {
			yield(Batch{}, err)
			return
		}
		o.TenantID, o.Source, o.ObservedAt = r.TenantID, r.Source, r.Now
		yield(Batch{Observation: &o}, nil)
	}
}
