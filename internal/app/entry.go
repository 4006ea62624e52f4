package app

import (
	"context"
	"errors"
	"fmt"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/microsoft"
)

// TryEntry asks for a token with what a tenant is to be entered with. A secret
// or certificate that is refused is an error: it would be noticed only when the
// tenant is read. Anything else that is in the way, such as consent that comes
// later, is returned as later.
func (c *Config) TryEntry(ctx context.Context, t cordon.Tenant, s Secret, o Options) (later, err error) {
	e, err := c.entrance(ctx, o)
	if err != nil {
		return nil, err
	}
	defer e.hub.Close()
	credential, err := e.given(ctx, s)
	if err != nil {
		return nil, err
	}
	if t.ClientID = c.App.ClientID; !s.none() {
		t.ClientID = s.ClientID
	}
	client, err := e.hub.Client(t, credential)
	if err != nil {
		return nil, err
	}
	switch _, err := client.TokenInfo(ctx, microsoft.ResourceGraph); {
	case errors.Is(err, cordon.ErrCredential) && !s.none():
		return nil, fmt.Errorf("the secret or certificate was tried and is refused: %w", err)
	default:
		return err, nil
	}
}

// given opens a secret that somebody has just given, or the shared app.
func (e *entrance) given(ctx context.Context, s Secret) (microsoft.Credential, error) {
	switch {
	case s.Text != "":
		return microsoft.NewSecretCredential(s.Text), nil
	case len(s.Certificate) > 0:
		return microsoft.NewCertificateCredential(s.Certificate, s.Password)
	}
	return e.open(ctx, e.config.App.Credential).get(ctx)
}
