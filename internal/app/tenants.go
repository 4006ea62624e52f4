package app

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/engine"
	"github.com/cordonhq/cordon/internal/microsoft"
	"github.com/cordonhq/cordon/internal/store"
)

// Enlist adds the tenants that were onboarded to those of the file. Without a
// store there are none.
func (c *Config) Enlist(ctx context.Context) error {
	s, err := store.OpenReader(ctx, c.Storage.URL)
	if errors.Is(err, store.ErrNoStore) {
		return nil
	}
	if err != nil {
		return err
	}
	defer s.Close()
	if err := c.enlist(ctx, s); !errors.Is(err, store.ErrNoStore) {
		return err
	}
	return nil
}

// enlist adds the onboarded tenants of a store. One that stands in the file
// as well is as the file says.
func (c *Config) enlist(ctx context.Context, s *store.Store) error {
	var found []store.Onboarded
	err := s.Read(ctx, func(tx *store.Tx) (err error) {
		found, err = tx.Tenants(ctx)
		return err
	})
	for _, o := range found {
		if !slices.ContainsFunc(c.Tenants, func(t TenantConfig) bool { return t.ID == o.ID }) {
			c.Tenants = append(c.Tenants, enlisted(o))
		}
	}
	return err
}

func enlisted(o store.Onboarded) TenantConfig {
	t := TenantConfig{ID: o.ID, Name: o.Name, Cloud: string(o.Cloud), Mode: string(o.Mode), Tags: o.Tags, BreakGlass: o.BreakGlass, onboarded: &o}
	if o.Credential != store.CredentialApp { // the shared app is the one of today: it may have been registered anew since
		t.Credential.ClientID = o.ClientID
	}
	return t
}

// Onboarded reports whether a tenant was added by a command or by consent,
// and does not stand in the file.
func (c *Config) Onboarded(id string) bool {
	t := c.find(id)
	return t != nil && t.onboarded != nil
}

func (c *Config) find(id string) *TenantConfig {
	i := slices.IndexFunc(c.Tenants, func(t TenantConfig) bool { return t.ID == id })
	if i < 0 {
		return nil
	}
	return &c.Tenants[i]
}

// A Secret is what a tenant of the store is entered with. The zero value is
// the app that all tenants share.
type Secret struct {
	ClientID    string
	Text        string    // a client secret
	Expires     time.Time // when it ends, if that is known
	Certificate []byte    // PEM or PKCS#12, with its private key
	Password    string    // of the certificate; it is not kept
}

// none reports whether there is neither a secret nor a certificate.
func (s Secret) none() bool { return s.Text == "" && len(s.Certificate) == 0 }

// check says what is wrong with the secret.
func (s Secret) check() error {
	switch {
	case s.Text != "" && len(s.Certificate) > 0:
		return errors.New("give a secret or a certificate, not both")
	case s.Text == "" && !s.Expires.IsZero():
		return errors.New("the end of a secret goes with the secret: a certificate tells its own")
	case !s.none() && !cordon.IsGUID(s.ClientID):
		return errors.New("a tenant with a credential of its own needs the id of its app: --client-id, a GUID")
	}
	return nil
}

// AddTenant stores a tenant with its secret sealed.
func (c *Config) AddTenant(ctx context.Context, t cordon.Tenant, s Secret, person string, now time.Time) error {
	t.ID = strings.ToLower(t.ID)
	t.Name = cmp.Or(t.Name, t.ID)
	o := store.Onboarded{Tenant: t, Credential: store.CredentialApp, AddedAt: now, AddedBy: person}
	if err := c.CheckNew(t, s); err != nil {
		return err
	}
	if err := c.sealInto(ctx, s, &o); err != nil {
		return err
	}
	return c.write(ctx, "tenant add", func(s *store.Store) error {
		return putTenant(ctx, s, nil, o, person, "added", now)
	})
}

// CheckNew says what is wrong with a tenant to be added.
func (c *Config) CheckNew(n cordon.Tenant, s Secret) error {
	n.ID = strings.ToLower(n.ID)
	n.Name = cmp.Or(n.Name, n.ID)
	if !cordon.IsGUID(n.ID) {
		return fmt.Errorf("%s is not a directory id: it is a GUID", cordon.Quote(n.ID))
	}
	for _, t := range c.Tenants {
		if t.ID == n.ID || strings.EqualFold(t.Name, n.Name) {
			return fmt.Errorf("tenant %s (%s) is there already: cordon tenant set changes it", t.Name, t.ID)
		}
	}
	if s.none() && c.App.none() {
		return errNoApp
	}
	return s.check()
}

// sealInto seals what a tenant is entered with.
func (c *Config) sealInto(ctx context.Context, s Secret, o *store.Onboarded) error {
	var secret []byte
	switch {
	case s.Text != "":
		o.Credential, secret = store.CredentialSecret, []byte(s.Text)
	case len(s.Certificate) > 0:
		plain, err := microsoft.PlainCertificate(s.Certificate, s.Password)
		if err != nil {
			return err
		}
		o.Credential, secret = store.CredentialCertificate, plain
	default:
		o.ClientID = c.App.ClientID
		return nil
	}
	key, err := c.Secrets.open(ctx)
	if err != nil {
		return err
	}
	sealed, err := key.Seal(secret, sealedFor(o.ID))
	o.ClientID, o.Expires, o.Sealed = s.ClientID, s.Expires, base64.StdEncoding.EncodeToString(sealed)
	return err
}

// SetTenant changes an onboarded tenant and, if one is given, what it is
// entered with.
func (c *Config) SetTenant(ctx context.Context, t cordon.Tenant, s Secret, person string, now time.Time) error {
	old := c.find(t.ID)
	if old == nil || old.onboarded == nil {
		return fmt.Errorf("tenant %s stands in %s: change it there", t.Name, c.file)
	}
	if slices.ContainsFunc(c.Tenants, func(o TenantConfig) bool { return o.ID != t.ID && strings.EqualFold(o.Name, t.Name) }) {
		return fmt.Errorf("another tenant is called %s", t.Name)
	}
	o, what := *old.onboarded, "changed"
	t.ClientID = o.ClientID
	o.Tenant = t
	if o.Credential != store.CredentialApp { // the shared app's id is no default for an app of its own
		s.ClientID = cmp.Or(s.ClientID, o.ClientID)
	}
	if err := s.check(); err != nil {
		return err
	}
	if !s.none() {
		what = "renewed"
		if err := c.sealInto(ctx, s, &o); err != nil {
			return err
		}
	}
	return c.write(ctx, "tenant set", func(s *store.Store) error { return putTenant(ctx, s, old.onboarded, o, person, what, now) })
}

// RemoveTenant stops the runs of a tenant and forgets its secret and its
// cursors. The audit stays.
func (c *Config) RemoveTenant(ctx context.Context, t cordon.Tenant, person string, now time.Time) (stopped int, err error) {
	if !c.Onboarded(t.ID) {
		return 0, fmt.Errorf("tenant %s stands in %s: take it out there", t.Name, c.file)
	}
	err = c.write(ctx, "tenant remove", func(s *store.Store) error {
		return s.Write(ctx, func(tx *store.Tx) (err error) {
			if stopped, err = engine.Abandon(ctx, tx, t.ID, "the tenant was removed", now); err != nil {
				return err
			}
			if err := tx.ForgetTenant(ctx, t.ID); err != nil {
				return err
			}
			return engine.Record(ctx, tx, tenantEntry(t, person, "removed", now))
		})
	})
	return stopped, err
}

// putTenant stores a tenant with the audit entry that says so. old is what the
// command has read of it; nil when there was none. It was read before the store
// was held: what another command has changed since, such as a mode that was
// lowered, is not changed back.
func putTenant(ctx context.Context, s *store.Store, old *store.Onboarded, o store.Onboarded, person, what string, now time.Time) error {
	return s.Write(ctx, func(tx *store.Tx) error {
		all, err := tx.Tenants(ctx)
		if err != nil {
			return err
		}
		var stored *store.Onboarded
		if i := slices.IndexFunc(all, func(t store.Onboarded) bool { return t.ID == o.ID }); i >= 0 {
			stored = &all[i]
		}
		if !reflect.DeepEqual(stored, old) {
			return fmt.Errorf("another command has just changed tenant %s: look at it and try again: %w", o.Name, cordon.ErrConflict)
		}
		if err := tx.PutTenant(ctx, o); err != nil {
			return err
		}
		return engine.Record(ctx, tx, tenantEntry(o.Tenant, person, what, now))
	})
}

// tenantEntry is what the audit says about a change of the list of tenants.
func tenantEntry(t cordon.Tenant, person, what string, now time.Time) cordon.Entry {
	data, err := json.Marshal(struct {
		What  string            `json:"what"` // added, changed, renewed, removed or consented
		Name  string            `json:"name"`
		Mode  cordon.Mode       `json:"mode"`
		Tags  map[string]string `json:"tags,omitempty"`
		Glass []string          `json:"break_glass,omitempty"`
	}{what, t.Name, t.Mode, t.Tags, t.BreakGlass})
	if err != nil {
		panic(fmt.Sprintf("app: a tenant of texts does not marshal: %v", err))
	}
	return cordon.Entry{At: now.UTC(), Kind: cordon.EntryTenant, TenantID: t.ID, Actor: person, Target: t.ID, Data: data}
}

// write holds the store while do changes it.
func (c *Config) write(ctx context.Context, command string, do func(*store.Store) error) (err error) {
	release, err := hold(c, command)
	if err != nil {
		return err
	}
	s, err := store.Open(ctx, c.Storage.URL)
	if err != nil {
		return errors.Join(err, release())
	}
	return errors.Join(do(s), s.Close(), release())
}

// hold takes the store for a command.
func hold(c *Config, command string) (release func() error, err error) {
	host, err := os.Hostname()
	if err != nil {
		host = "an unnamed host"
	}
	return store.Hold(c.Storage.URL, store.Holder{Command: command, PID: os.Getpid(), Host: host, Since: time.Now().UTC()})
}
