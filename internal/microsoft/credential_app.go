package microsoft

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

// clientOptions send the requests of an SDK credential through the relay to
// the login host of the client's cloud, and nowhere else.
func (c *core) clientOptions(via *relay) azcore.ClientOptions {
	opts := azcore.ClientOptions{Transport: via}
	opts.Cloud = cloud.Configuration{ActiveDirectoryAuthorityHost: c.at.hosts[login].base}
	opts.Retry = noRetries()
	opts.Telemetry.Disabled = true
	return opts
}

// noRetries switches those of the SDK off: budgets and retries are ours.
func noRetries() policy.RetryOptions { return policy.RetryOptions{MaxRetries: -1} }

// NewSecretCredential returns a credential that shows a client secret.
func NewSecretCredential(secret string) Credential {
	return Credential{&way{
		kind: KindSecret, secret: func() string { return secret },
		open: func(c *core, via *relay) (azcore.TokenCredential, error) {
			return azidentity.NewClientSecretCredential(c.tenant, c.app, secret, &azidentity.ClientSecretCredentialOptions{
				ClientOptions: c.clientOptions(via), DisableInstanceDiscovery: true, // the host is a setting, not a guess
			})
		},
	}}
}

// NewFederatedCredential returns a credential that shows the assertion of
// another issuer, asked for anew with every token.
//
// Source: entra-docs workload-identity-federation-considerations.
func NewFederatedCredential(assertion func(context.Context) (string, error)) Credential {
	if assertion == nil {
		return Credential{}
	}
	return Credential{&way{kind: KindFederated, open: asserting(func(ctx context.Context, _ *core, _ time.Time) (string, error) {
		text, err := assertion(ctx)
		if err != nil {
			return "", fmt.Errorf("get the assertion: %w", err)
		}
		if text == "" {
			return "", errors.New("the assertion is empty")
		}
		return text, nil
	})}}
}

// asserting opens a credential that sends an assertion, dated by the clock of
// the host that reads it.
func asserting(assertion func(context.Context, *core, time.Time) (string, error)) func(*core, *relay) (azcore.TokenCredential, error) {
	return func(c *core, via *relay) (azcore.TokenCredential, error) {
		own := func(ctx context.Context) (string, error) {
			text, err := assertion(ctx, c, c.hub.now().Add(via.courier.Load().ahead))
			if err != nil {
				via.note(credentialError(err))
			}
			return text, err
		}
		return azidentity.NewClientAssertionCredential(c.tenant, c.app, own, &azidentity.ClientAssertionCredentialOptions{
			ClientOptions: c.clientOptions(via), DisableInstanceDiscovery: true,
		})
	}
}
