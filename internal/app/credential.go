package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/microsoft"
	"github.com/cordonhq/cordon/internal/store"
)

// A Credential is how our app is let into a tenant. One of the ways is given.
type Credential struct {
	ClientID        string    `yaml:"client_id"`
	Certificate     SecretRef `yaml:"certificate"`      // PEM or PKCS#12, with its private key
	Password        SecretRef `yaml:"password"`         // of the certificate
	Secret          SecretRef `yaml:"secret"`           // a client secret
	Expires         string    `yaml:"expires"`          // day on which the secret expires
	FederatedToken  SecretRef `yaml:"federated_token"`  // a token of another identity provider, read each time
	ManagedIdentity string    `yaml:"managed_identity"` // "system", or the client id of one
	AzureCLI        bool      `yaml:"azure_cli"`        // whoever signed in with az
	SignIn          string    `yaml:"sign_in"`          // "device_code" or "browser", for a person
}

// ways are the keys of the ways that are given.
func (c Credential) ways() (given []string) {
	for _, way := range []struct {
		key string
		set bool
	}{
		{"certificate", c.Certificate.ref != ""}, {"secret", c.Secret.ref != ""}, {"federated_token", c.FederatedToken.ref != ""},
		{"managed_identity", c.ManagedIdentity != ""}, {"azure_cli", c.AzureCLI}, {"sign_in", c.SignIn != ""},
	} {
		if way.set {
			given = append(given, way.key)
		}
	}
	return given
}

// none reports whether nothing of a credential was written.
func (c Credential) none() bool {
	return c.ClientID == "" && len(c.ways()) == 0 && c.Password.ref == "" && c.Expires == ""
}

// check returns what is wrong, by key.
func (c Credential) check() (found []problem) {
	add := func(key, what string) { found = append(found, problem{key, what}) }
	ways := c.ways()
	switch {
	case len(ways) == 0:
		add("", "needs one of certificate (the advised way), secret, federated_token, managed_identity, azure_cli, sign_in")
	case len(ways) > 1:
		add("."+ways[1], "give one way only, not "+strings.Join(ways, " and "))
	}
	ownID := slices.Contains(ways, "managed_identity") || slices.Contains(ways, "azure_cli")
	if !cordon.IsGUID(c.ClientID) && (c.ClientID != "" || !ownID) {
		add(".client_id", "must be the app's id, a GUID")
	}
	refs := []struct {
		key string
		ref SecretRef
	}{{".certificate", c.Certificate}, {".password", c.Password}, {".secret", c.Secret}, {".federated_token", c.FederatedToken}}
	for _, r := range refs {
		if err := r.ref.check(); err != nil && r.ref.ref != "" {
			add(r.key, err.Error())
		}
	}
	if c.Password.ref != "" && c.Certificate.ref == "" {
		add(".password", "is that of a certificate, and there is none")
	}
	if _, err := time.Parse(time.DateOnly, c.Expires); c.Expires != "" && err != nil {
		add(".expires", "must be a day such as 2027-01-31")
	}
	if c.ManagedIdentity != "" && c.ManagedIdentity != "system" && !cordon.IsGUID(c.ManagedIdentity) {
		add(".managed_identity", "must be system or the client id of a managed identity")
	}
	if c.SignIn != "" && c.SignIn != "device_code" && c.SignIn != "browser" {
		add(".sign_in", "must be device_code or browser")
	}
	return found
}

// relative makes file names relative to folder.
func (c *Credential) relative(folder string) {
	for _, r := range []*SecretRef{&c.Certificate, &c.Password, &c.Secret, &c.FederatedToken} {
		if r.ref != "" {
			r.base = folder
		}
	}
}

// open returns the credential itself, with its end when the configuration
// names one. Secrets and certificates are read now, and again when sign-in
// refuses them; a federated token is read whenever one is needed.
func (c Credential) open(ctx context.Context, o Options) (microsoft.Credential, error) {
	opened, err := c.read(ctx, o)
	if err != nil {
		return opened, err
	}
	if strings.HasPrefix(c.Secret.ref, "command:") || strings.HasPrefix(c.Certificate.ref, "command:") {
		return opened, nil // what prints it is not run again each time that it is refused
	}
	return opened.ReadAgain(func(ctx context.Context) (microsoft.Credential, error) { return c.open(ctx, o) }), nil
}

// read returns the credential as its place holds it now.
func (c Credential) read(ctx context.Context, o Options) (microsoft.Credential, error) {
	opened, err := c.way(ctx, o)
	if end, ok := c.expires(); ok && err == nil {
		opened = opened.Until(end)
	}
	return opened, err
}

func (c Credential) way(ctx context.Context, o Options) (microsoft.Credential, error) {
	switch {
	case c.Certificate.ref != "":
		return c.certificate(ctx)
	case c.FederatedToken.ref != "":
		return microsoft.NewFederatedCredential(func(ctx context.Context) (string, error) { return c.FederatedToken.reveal(ctx, "federated_token") }), nil
	case c.ManagedIdentity == "system":
		return microsoft.NewManagedIdentityCredential(""), nil
	case c.ManagedIdentity != "":
		return microsoft.NewManagedIdentityCredential(c.ManagedIdentity), nil
	case c.AzureCLI:
		return microsoft.NewAzureCLICredential(), nil
	case c.SignIn == "browser":
		return microsoft.NewBrowserCredential(), nil
	case c.SignIn != "":
		return microsoft.NewDeviceCodeCredential(o.Ask), nil
	}
	secret, err := c.Secret.Reveal(ctx)
	if err != nil {
		return microsoft.Credential{}, err
	}
	return microsoft.NewSecretCredential(secret), nil
}

func (c Credential) certificate(ctx context.Context) (microsoft.Credential, error) {
	cert, err := c.Certificate.bytes(ctx)
	if err != nil {
		return microsoft.Credential{}, fmt.Errorf("certificate: %w", err)
	}
	password := ""
	if c.Password.ref != "" {
		if password, err = c.Password.reveal(ctx, "password"); err != nil {
			return microsoft.Credential{}, err
		}
	}
	return microsoft.NewCertificateCredential(cert, password)
}

// errNoApp says what to write when a tenant leans on the shared app and there
// is none.
var errNoApp = errors.New("has no credential, and there is no app that all tenants share: give it a credential, or write app: in the configuration")

// expires returns the day on which the credential ends, when it is written
// down: nothing else tells it of a secret.
func (c Credential) expires() (time.Time, bool) {
	day, err := time.Parse(time.DateOnly, c.Expires)
	return day, err == nil
}

// shares reports whether a tenant is entered with the app that all tenants
// share.
func (t TenantConfig) shares() bool {
	if t.onboarded != nil {
		return t.onboarded.Credential == store.CredentialApp
	}
	return t.Credential.none()
}

// CredentialOf returns what is written down about how a tenant is entered:
// the kind of credential and, if it is known, its end. It opens nothing.
func (c *Config) CredentialOf(tenantID string) (kind microsoft.CredentialKind, end time.Time) {
	t := c.find(tenantID)
	if t == nil {
		return "", time.Time{}
	}
	own := t.Credential
	switch {
	case t.shares():
		own = c.App.Credential
	case t.onboarded != nil:
		return microsoft.CredentialKind(t.onboarded.Credential), t.onboarded.Expires
	}
	end, _ = own.expires()
	return own.kind(), end
}

// kind names the way that is given as the client does.
func (c Credential) kind() microsoft.CredentialKind {
	given := append(c.ways(), "")[0]
	switch given {
	case "federated_token":
		return microsoft.KindFederated
	case "sign_in":
		return microsoft.CredentialKind(c.SignIn)
	}
	return microsoft.CredentialKind(given)
}
