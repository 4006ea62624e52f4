package cordon

import "errors"

// The kinds of error that callers tell apart with errors.Is. Packages wrap
// them with what they were doing.
var (
	ErrDenied         = errors.New("permission denied")           // we lack a permission or a role
	ErrUnlicensed     = errors.New("not licensed")                // the tenant lacks the licence
	ErrNotProvisioned = errors.New("not provisioned")             // the product was never set up in the tenant
	ErrThrottled      = errors.New("throttled")                   // asked too often
	ErrNotFound       = errors.New("not found")                   // the object does not exist
	ErrNotInCloud     = errors.New("not in this cloud")           // the tenant's national cloud has no such API
	ErrGone           = errors.New("tenant gone")                 // tenant or consent is gone
	ErrBlocked        = errors.New("blocked by the tenant")       // a policy of the tenant does not let our app in
	ErrCredential     = errors.New("credential refused")          // our secret or certificate is wrong or expired
	ErrUnavailable    = errors.New("service unavailable")         // no usable answer; trying again may help
	ErrMalformed      = errors.New("malformed answer")            // an answer that is not what was asked for
	ErrPartial        = errors.New("partial answer")              // an answer that says of itself that it is not complete
	ErrUnsafeLink     = errors.New("link leaves the tenant")      // a next link or redirect to a foreign host
	ErrConflict       = errors.New("conflict with another state") // the tenant's state forbids the change
	ErrBadRequest     = errors.New("bad request")                 // the service does not understand us
	ErrUnknownOutcome = errors.New("outcome unknown")             // a write left, and no answer came back
	ErrHeldElsewhere  = errors.New("store is held elsewhere")     // another engine works on the store
	ErrRefused        = errors.New("refused by guard")            // guard held or refused a step
)
