package microsoft

import (
	"context"
	"errors"

	"github.com/cordonhq/cordon"
)

// ReadAgain returns the credential, for which again is asked when sign-in
// refuses it: the file that it came from may hold a new one by now. One that
// is the same changes nothing. How often again looks is its own affair.
func (c Credential) ReadAgain(again func(context.Context) (Credential, error)) Credential {
	if c.way == nil || c.way.kind != KindSecret && c.way.kind != KindCertificate {
		return c
	}
	return Credential{&way{kind: c.way.kind, open: c.way.open, secret: c.way.secret, cert: c.way.cert, end: c.way.end, again: again}}
}

// replaced reports whether, in place of a way that sign-in has refused, there
// is another to try.
func (c *core) replaced(ctx context.Context, refused *way, err *Error) bool {
	if !errors.Is(err, cordon.ErrCredential) || refused.again == nil || refused.kind == KindMissing {
		return false
	}
	if c.way() != refused {
		return true // another tenant that shares it has asked meanwhile
	}
	got, readErr := refused.again(ctx)
	if readErr != nil || got.empty() || got.way.same(refused) {
		return false // what sign-in said tells more than why there is no other
	}
	c.cred.found.Store(got.way)
	return true
}

// same reports whether two ways show the same to sign-in.
func (w *way) same(other *way) bool {
	switch {
	case w.kind != other.kind:
		return false
	case w.cert != nil && other.cert != nil:
		return w.cert.sum == other.cert.sum
	case w.secret != nil && other.secret != nil:
		return w.secret() == other.secret()
	}
	return false
}
