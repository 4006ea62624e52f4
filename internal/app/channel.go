package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"github.com/cordonhq/cordon/internal/microsoft"
	"github.com/cordonhq/cordon/internal/notify"
)

// channels returns who is notified, and in mute why some of them cannot be
// notified now: their notices wait in the outbox, and each delivery tries
// again.
func (c *Config) channels(ctx context.Context, o Options) (channels []notify.Channel, mute, err error) {
	channels = slices.Clone(o.Channels)
	if c.Notify.File != "" {
		channels = append(channels, notify.NewFile(c.Notify.File))
	}
	hooks, err := c.webhooks(ctx, o)
	for i, hook := range hooks {
		channels = append(channels, hook)
		if broken := hook.Ready(ctx); broken != nil {
			mute = errors.Join(mute, fmt.Errorf("notify.webhooks[%d]: %w", i, broken))
		}
	}
	return channels, mute, err
}

// webhooks returns the configured webhooks. They reach their receivers as the
// tenants are reached: through the proxy of the environment, and trusting the
// authorities of endpoints.ca_file.
func (c *Config) webhooks(ctx context.Context, o Options) (hooks []*notify.Webhook, err error) {
	if len(c.Notify.Webhooks) == 0 {
		return nil, nil
	}
	transport, err := microsoft.NewTransport(c.Endpoints.CAFile)
	if err != nil {
		return nil, fmt.Errorf("endpoints.ca_file: %w", err)
	}
	for _, w := range c.Notify.Webhooks {
		address := newLate(ctx, o.now, func(ctx context.Context) (string, error) { return w.URL.reveal(ctx, "url") })
		secret := newLate(ctx, o.now, w.Secret.Reveal)
		hook, err := notify.NewWebhook(notify.WebhookConfig{
			ID: w.URL.fingerprint(), URL: address.get, Secret: secret.get, Private: w.Private, Transport: transport, Now: o.Now,
		})
		if err != nil {
			return nil, err
		}
		hooks = append(hooks, hook)
	}
	return hooks, nil
}

// WebhookNames returns the configured webhooks by host and fingerprint, as they
// are named in errors and logs. It is for people: what is wrong with one is
// Verify's to say.
func (c *Config) WebhookNames(ctx context.Context, o Options) []string {
	hooks, _ := c.webhooks(ctx, o)
	names := make([]string, len(hooks))
	for i, hook := range hooks {
		names[i] = hook.Label(ctx)
	}
	return names
}

// fingerprint tells references apart without repeating them. It is that of the
// reference, not of the secret: it stays when the secret is replaced, and is
// known while the secret cannot be read.
func (r SecretRef) fingerprint() string {
	sum := sha256.Sum256([]byte(r.ref))
	return hex.EncodeToString(sum[:4])
}
