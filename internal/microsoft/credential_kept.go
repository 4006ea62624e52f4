package microsoft

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/cordonhq/cordon"
)

// A DeviceCode is what a person must be shown to sign in on another device.
// All but the tenant comes from sign-in.
type DeviceCode struct {
	Tenant          string // its id: who signs in must know where
	UserCode        string // to type in
	VerificationURL string // where
	Message         string // both, in a sentence
}

// NewDeviceCodeCredential returns a credential of a person who signs in on
// another device with the code that is shown. The registered app must allow
// public client flows. Tokens are renewed silently; only when that fails, show
// is called again.
//
// Source: entra-docs v2-oauth2-device-code.
func NewDeviceCodeCredential(show func(context.Context, DeviceCode) error) Credential {
	if show == nil {
		return Credential{}
	}
	return keeping(KindDeviceCode, func(c *core, via *relay) (azcore.TokenCredential, error) {
		return azidentity.NewDeviceCodeCredential(&azidentity.DeviceCodeCredentialOptions{
			ClientOptions: c.clientOptions(via), DisableInstanceDiscovery: true, TenantID: c.tenant, ClientID: c.app,
			UserPrompt: func(ctx context.Context, m azidentity.DeviceCodeMessage) error {
				err := show(ctx, DeviceCode{c.tenant, clean(m.UserCode, 40), clean(m.VerificationURL, 300), clean(m.Message, 600)})
				if err != nil {
					via.note(credentialError(fmt.Errorf("show the device code: %w", err)))
				}
				return err
			},
		})
	})
}

// NewBrowserCredential returns a credential of a person who signs in with the
// browser of this machine. The registered app must allow the redirect to
// http://localhost.
func NewBrowserCredential() Credential {
	return keeping(KindBrowser, func(c *core, via *relay) (azcore.TokenCredential, error) {
		return azidentity.NewInteractiveBrowserCredential(&azidentity.InteractiveBrowserCredentialOptions{
			ClientOptions: c.clientOptions(via), DisableInstanceDiscovery: true, TenantID: c.tenant, ClientID: c.app,
		})
	})
}

// NewManagedIdentityCredential returns a credential of the Azure machine that
// we run on: the identity with that client id, or else the machine's own. It
// is a principal of one tenant. Its endpoint is local and no login host.
func NewManagedIdentityCredential(clientID string) Credential {
	return keeping(KindManagedIdentity, func(*core, *relay) (azcore.TokenCredential, error) {
		opts := &azidentity.ManagedIdentityCredentialOptions{}
		if clientID != "" {
			opts.ID = azidentity.ClientID(clientID)
		}
		opts.Retry, opts.Telemetry.Disabled = noRetries(), true
		return azidentity.NewManagedIdentityCredential(opts)
	})
}

// NewAzureCLICredential returns a credential of whoever is signed in to the
// Azure CLI on this machine. The CLI speaks to its own cloud.
func NewAzureCLICredential() Credential {
	return keeping(KindAzureCLI, func(c *core, _ *relay) (azcore.TokenCredential, error) {
		return azidentity.NewAzureCLICredential(&azidentity.AzureCLICredentialOptions{TenantID: c.tenant})
	})
}

func keeping(kind CredentialKind, open func(*core, *relay) (azcore.TokenCredential, error)) Credential {
	w := &way{kind: kind, open: open}
	w.kept.all = map[keptKey]*kept{}
	return Credential{w}
}

// A keeper holds the SDK's credentials of the kinds that have a state: who
// signed in, and with what the next token is had.
type keeper struct {
	mu  sync.Mutex
	all map[keptKey]*kept // nil: nothing is worth keeping
}

type keptKey struct {
	hub         *Hub
	tenant, app string
}

// A kept credential serves one call at a time, so that a person is asked once.
type kept struct {
	turn chan struct{}
	via  relay
	cred azcore.TokenCredential // made at the first turn
}

func (k *keeper) of(c *core) *kept {
	k.mu.Lock()
	defer k.mu.Unlock()
	key := keptKey{c.hub, c.tenant, c.app}
	if k.all[key] == nil {
		k.all[key] = &kept{turn: make(chan struct{}, 1)}
	}
	return k.all[key]
}

// ask gets a token with the credential that is kept for the tenant.
func (k *kept) ask(ctx context.Context, c *core, by *courier, opts policy.TokenRequestOptions) (got azcore.AccessToken, err error) {
	select {
	case k.turn <- struct{}{}:
		defer func() { <-k.turn }()
	case <-ctx.Done():
		return got, ctx.Err()
	}
	k.via.courier.Store(by)
	if k.cred == nil {
		if k.cred, err = c.way().open(c, &k.via); err != nil {
			return got, err
		}
	}
	got, err = k.cred.GetToken(ctx, opts)
	if err == nil && opts.Claims == "" && c.way().kind != KindAzureCLI && c.slot(by.service).had(got.Token) {
		// The SDK hands out its own copy of a token that has been refused or
		// that ends soon. Demands on the token make it ask for a new one.
		opts.Claims = `{"access_token":{"nbf":{"essential":true,"value":"` + strconv.FormatInt(c.hub.now().Unix(), 10) + `"}}}`
		got, err = k.cred.GetToken(ctx, opts)
	}
	return got, err
}

// personCeiling is how long a person may take to sign in: as long as a device
// code holds.
const personCeiling = 15 * time.Minute

// patience bounds the way to one token.
func (c *core) patience(ctx context.Context) (context.Context, context.CancelFunc) {
	if c.way().kind.waits() {
		return context.WithTimeout(ctx, personCeiling)
	}
	return within(ctx, c.hub.timeout)
}

// localError makes the error of a credential that speaks to this machine, its
// browser included.
func localError(kind CredentialKind, err error) *Error {
	e := credentialError(err)
	var failed *azidentity.AuthenticationFailedError
	if errors.As(err, &failed) && failed.RawResponse != nil {
		e.Status = failed.RawResponse.StatusCode
		e.Message = fmt.Sprintf("the endpoint of the %s refuses", kind)
	}
	if kind == KindBrowser {
		e.Message += " (sign_in: device_code needs no browser here)"
	}
	if kind == KindManagedIdentity && (e.Status == 0 || e.Status == 404 || e.Status == 410 || e.Status == 429 || e.Status >= 500) {
		e.kind = cordon.ErrUnavailable
	}
	return e
}
