package microsoft

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/url"
	"regexp"
	"sync/atomic"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
)

// A CredentialKind says how our app, or a person, proves who it is.
type CredentialKind string

// The kinds of credential.
const (
	KindSecret          CredentialKind = "secret"           // client secret
	KindCertificate     CredentialKind = "certificate"      // an assertion signed with our key
	KindFederated       CredentialKind = "federated"        // an assertion of another issuer
	KindManagedIdentity CredentialKind = "managed_identity" // of the Azure machine we run on
	KindAzureCLI        CredentialKind = "azure_cli"        // whoever is signed in to az
	KindDeviceCode      CredentialKind = "device_code"      // a person, with a code on another device
	KindBrowser         CredentialKind = "browser"          // a person, in the browser of this machine
	KindMissing         CredentialKind = "missing"          // none yet: it says why it cannot be had
)

// needsApp reports whether the kind speaks for an app that must be named. The
// others bring their own.
func (k CredentialKind) needsApp() bool {
	return k != KindManagedIdentity && k != KindAzureCLI && k != KindMissing
}

// waits reports whether a person must act before there is a token.
func (k CredentialKind) waits() bool { return k == KindDeviceCode || k == KindBrowser }

// A Credential is how we prove to Entra who we are. It is kept once, however
// many tenants it opens, and printing it in any way shows its kind alone. The
// zero value opens nothing.
type Credential struct{ way *way }

// A way is what a Credential holds. What is secret is behind funcs, because no
// way of printing calls them.
type way struct {
	kind CredentialKind
	// open returns the SDK's credential for one tenant; requests to the login
	// host go through the relay.
	open   func(c *core, via *relay) (azcore.TokenCredential, error)
	secret func() string // to take out of texts; nil when there is none
	cert   *certificate  // nil unless of that kind
	end    time.Time     // of another kind, when somebody has told; zero: not known
	kept   keeper        // what is worth keeping between tokens

	again func(context.Context) (Credential, error) // asks for what is missing, or anew for what is refused; nil: there is no other
	found atomic.Pointer[way]                       // what was had since; nil: nothing was
}

func (c Credential) empty() bool {
	return c.way == nil || c.way.kind == KindSecret && c.way.secret() == ""
}

// Kind returns how the credential proves who we are; "" of the zero value.
func (c Credential) Kind() CredentialKind {
	if c.way == nil {
		return ""
	}
	return c.way.kind
}

// Expires returns when the credential ends, if that is known: a certificate
// tells, of a secret somebody must have told, see Until.
func (c Credential) Expires() (time.Time, bool) {
	switch {
	case c.way == nil:
		return time.Time{}, false
	case c.way.cert != nil:
		return c.way.cert.leaf.NotAfter.UTC(), true
	}
	return c.way.end, !c.way.end.IsZero()
}

// Thumbprint returns the SHA-256 of a certificate in upper-case hexadecimal;
// "" of other kinds.
func (c Credential) Thumbprint() string {
	if c.way == nil || c.way.cert == nil {
		return ""
	}
	return fmt.Sprintf("%X", c.way.cert.sum)
}

// String names the kind.
func (c Credential) String() string {
	if c.way == nil {
		return "no credential"
	}
	return string(c.way.kind) + " credential"
}

// Format writes what String says, whatever the verb.
func (c Credential) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(c.String())) }

// MarshalJSON writes what String says.
func (c Credential) MarshalJSON() ([]byte, error) { return json.Marshal(c.String()) }

// LogValue is what String says.
func (c Credential) LogValue() slog.Value { return slog.StringValue(c.String()) }

var anyJWT = regexp.MustCompile(`eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*(\.[A-Za-z0-9_-]*)?`)

// scrub takes our secrets out of text: those that are given, that of the
// credential, and whatever looks like a token or an assertion.
func (c *core) scrub(s string, secrets ...string) string {
	if own := c.way(); own.secret != nil {
		secret := own.secret()
		secrets = append(secrets, secret, url.QueryEscape(secret))
	}
	return anyJWT.ReplaceAllString(scrub(s, secrets...), "[secret]")
}
