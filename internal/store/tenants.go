package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/cordonhq/cordon"
)

// An Onboarded is a tenant that was added by a command or by consent.
type Onboarded struct {
	cordon.Tenant
	Credential CredentialKind
	Sealed     string    // the secret, encrypted for this tenant; "" for the shared app
	Expires    time.Time // when a client secret ends; zero when nobody has said
	AddedAt    time.Time
	AddedBy    string
}

// A CredentialKind says with what an onboarded tenant is entered.
type CredentialKind string

// The kinds of credential of onboarded tenants.
const (
	CredentialApp         CredentialKind = "app"         // that of our multi-tenant app
	CredentialSecret      CredentialKind = "secret"      // a client secret of its own
	CredentialCertificate CredentialKind = "certificate" // a certificate of its own
)

const tenantColumns = `id, name, cloud, mode, tags, break_glass, client_id, credential, sealed, expires_us, added_us, added_by`

// PutTenant stores an onboarded tenant, in place of one with the same id.
func (t *Tx) PutTenant(ctx context.Context, o Onboarded) error {
	return t.exec(ctx, `INSERT INTO tenants (`+tenantColumns+`) VALUES (`+list(1, 12)+`)
		ON CONFLICT (id) DO UPDATE SET name = excluded.name, cloud = excluded.cloud, mode = excluded.mode, tags = excluded.tags,
		break_glass = excluded.break_glass, client_id = excluded.client_id, credential = excluded.credential, sealed = excluded.sealed,
		expires_us = excluded.expires_us`,
		o.ID, o.Name, string(o.Cloud), string(o.Mode), asJSON(o.Tags), asJSON(o.BreakGlass), o.ClientID, string(o.Credential), o.Sealed,
		us(o.Expires), us(o.AddedAt), o.AddedBy)
}

// Tenants returns the onboarded tenants, by name.
func (t *Tx) Tenants(ctx context.Context) ([]Onboarded, error) {
	return all(ctx, t, scanTenant, `SELECT `+tenantColumns+` FROM tenants ORDER BY name, id`)
}

// ForgetTenant deletes an onboarded tenant with its secret, and of any tenant
// the cursors and what was not looked at yet. What it said, what was done and
// the audit stay.
func (t *Tx) ForgetTenant(ctx context.Context, id string) error {
	for _, query := range []string{
		`DELETE FROM tenants WHERE id = $1`, `DELETE FROM coverage WHERE tenant_id = $1`,
		`DELETE FROM observations WHERE tenant_id = $1`, `DELETE FROM resolutions WHERE tenant_id = $1`, `DELETE FROM pending_signals WHERE tenant_id = $1`,
	} {
		if err := t.exec(ctx, query, id); err != nil {
			return err
		}
	}
	return nil
}

// UseConsent notes that a consent state was used for a tenant. A state that
// was used before is cordon.ErrConflict.
func (t *Tx) UseConsent(ctx context.Context, nonce, tenantID string, at time.Time) error {
	used, err := all(ctx, t, scanString, `INSERT INTO consents (nonce, tenant_id, used_us) VALUES ($1,$2,$3)
		ON CONFLICT (nonce) DO NOTHING RETURNING nonce`, nonce, tenantID, us(at))
	if err == nil && len(used) == 0 {
		err = fmt.Errorf("store: this consent link was used before: %w", cordon.ErrConflict)
	}
	return err
}

func scanTenant(r scanner) (Onboarded, error) {
	var o Onboarded
	var tags, glass string
	var expires, added int64
	err := r.Scan(&o.ID, &o.Name, &o.Cloud, &o.Mode, &tags, &glass, &o.ClientID, &o.Credential, &o.Sealed, &expires, &added, &o.AddedBy)
	if err != nil {
		return o, err
	}
	o.Expires, o.AddedAt = fromUS(expires), fromUS(added)
	return o, errors.Join(json.Unmarshal([]byte(tags), &o.Tags), json.Unmarshal([]byte(glass), &o.BreakGlass))
}
