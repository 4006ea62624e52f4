package microsoft

import "time"

// Until returns the credential with an end that it cannot tell itself: a
// secret knows none, and sign-in tells it to nobody. What has an end of its
// own, and what has none because it is renewed all the time, stays as it is.
func (c Credential) Until(end time.Time) Credential {
	if c.way == nil || c.way.kind != KindSecret {
		return c
	}
	return Credential{&way{kind: c.way.kind, open: c.way.open, secret: c.way.secret, end: end.UTC(), again: c.way.again}}
}

// A CredentialInfo is what may be told of a credential.
type CredentialInfo struct {
	Kind       CredentialKind
	Expires    time.Time // zero when it has no end, or none is known
	Thumbprint string    // of a certificate: its SHA-256 in upper-case hexadecimal
}

// Credential tells what the client enters the tenant with. It asks nobody.
func (c *Client) Credential() CredentialInfo {
	own := Credential{c.way()}
	end, _ := own.Expires()
	return CredentialInfo{Kind: own.Kind(), Expires: end, Thumbprint: own.Thumbprint()}
}
