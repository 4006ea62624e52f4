package collect

import (
	"errors"
	"time"

	"github.com/cordonhq/cordon"
)

// Whole is the coverage after a reading that met no error.
func (r *Request) Whole() cordon.Coverage {
	c := cordon.Coverage{
		TenantID: r.TenantID, Source: r.Source, State: cordon.CoverageWhole,
		ReadFrom: r.Last.ReadFrom, ReadUntil: r.Now, CheckedAt: r.Now,
	}
	if r.first() {
		c.ReadFrom = r.Since()
	}
	return c
}

// maxReason bounds a reason. An error of the client and what to do about it fit:
// the request id, by which Microsoft finds it, is at its end.
const maxReason = 800

// Failed is the coverage after a reading that ended with err: the window that
// is whole stays what it was. pages says whether some of it came.
func (r *Request) Failed(err error, pages int) cordon.Coverage {
	c := cordon.Coverage{
		TenantID: r.TenantID, Source: r.Source, State: cordon.CoverageUnreadable,
		ReadFrom: r.Last.ReadFrom, ReadUntil: r.Last.ReadUntil, CheckedAt: r.Now, Reason: cordon.Plain(err.Error(), maxReason),
	}
	switch {
	case errors.Is(err, cordon.ErrUnlicensed), errors.Is(err, cordon.ErrNotProvisioned), errors.Is(err, cordon.ErrNotInCloud):
		c.State = cordon.CoverageUnlicensed
	case r.Source == cordon.SourceCredential && loss(err) != "":
		c.State, c.Reason = cordon.CoverageDenied, cordon.Plain(loss(err)+": "+err.Error(), maxReason)
	case errors.Is(err, cordon.ErrDenied) && Needs(r.Source) == "":
		c.State = cordon.CoverageDenied
	case errors.Is(err, cordon.ErrDenied):
		c.State, c.Reason = cordon.CoverageDenied, cordon.Plain("grant the app "+Needs(r.Source)+" and consent as an administrator: "+err.Error(), maxReason)
	case errors.Is(err, cordon.ErrCredential), errors.Is(err, cordon.ErrGone), errors.Is(err, cordon.ErrBlocked):
		c.State = cordon.CoverageDenied
	case pages > 0, errors.Is(err, cordon.ErrPartial):
		c.State = cordon.CoveragePartial
	}
	return c
}

// UnsafeLink is the signal for an answer that pointed away from the tenant's
// hosts: somebody tampers with what we read.
func (r *Request) UnsafeLink(err error) cordon.Signal {
	s := unreadable(r.TenantID, "unsafe_link", err)
	s.TenantID, s.Source, s.Kind, s.Severity = r.TenantID, r.Source, "unsafe_link", cordon.SeverityHigh
	s.Title = "An answer pointed away from the tenant's own hosts: " + cordon.Plain(err.Error(), 200)
	s.OccurredAt, s.DetectedAt, s.UpdatedAt = r.Now, r.Now, r.Now
	s.Version = r.Now.UTC().Format("2006-01-02T15") // one an hour is enough to tell
	s.UpdatedAt = r.Now.UTC().Truncate(time.Hour)
	s.Raw = []byte("null")
	s.ID = signalID(s)
	return s
}
