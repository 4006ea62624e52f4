package app

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/engine"
	"github.com/cordonhq/cordon/internal/microsoft"
	"github.com/cordonhq/cordon/internal/store"
	"github.com/google/uuid"
)

// CallbackPath is where Entra sends an administrator who has consented.
const CallbackPath = "/consent/callback"

// consentFor is how long a consent link is good: the customer's administrator
// has to find the time.
const consentFor = 7 * 24 * time.Hour

// An Invitation is what a consent link is made for.
type Invitation struct {
	Form   microsoft.ConsentForm
	Cloud  cordon.Cloud
	Tenant string            // id or domain that is to consent; empty: anyone who has the link
	Name   string            // short name that the tenant will have; default what it calls itself
	Tags   map[string]string // that it will have
}

// consentState is what travels as state, sealed: nobody else can make one,
// change one, or read in it.
type consentState struct {
	Nonce   string            `json:"nonce"`
	Expires time.Time         `json:"expires"`
	Cloud   cordon.Cloud      `json:"cloud"`
	Tenant  string            `json:"tenant"` // id; empty: any
	Name    string            `json:"name"`
	Tags    map[string]string `json:"tags,omitempty"`
	Person  string            `json:"person"` // who made the link
}

const consentSeal = "cordon consent state"

// ConsentURL returns the link at which an administrator lets our app in. A
// domain is turned into its tenant's id first, so that the answer of another
// tenant is refused.
func (c *Config) ConsentURL(ctx context.Context, in Invitation, person string, o Options) (string, error) {
	e, err := c.entrance(ctx, o)
	if err != nil {
		return "", err
	}
	defer e.hub.Close()
	_, keyErr := e.key.get(ctx)
	switch {
	case c.App.ClientID == "":
		return "", errors.New("app.client_id is not set: a consent link is for the app that all tenants share")
	case keyErr != nil:
		return "", keyErr
	case c.App.PublicURL == "" && in.Form != microsoft.ConsentPartner:
		return "", errors.New("app.public_url is not set: it is where the administrator comes back to")
	}
	if in.Tenant != "" && !cordon.IsGUID(in.Tenant) {
		found, err := e.hub.Discover(ctx, in.Tenant)
		if err != nil {
			return "", err
		}
		in.Tenant, in.Cloud = found.TenantID, found.Cloud
	}
	return e.consentURL(ctx, in, person)
}

func (e *entrance) consentURL(ctx context.Context, in Invitation, person string) (string, error) {
	link := microsoft.Consent{Form: in.Form}
	if in.Form != microsoft.ConsentPartner { // the partner's page names no place to come back to
		state, err := e.sealState(ctx, consentState{
			Nonce: uuid.NewString(), Expires: e.opts.now().Add(consentFor), Cloud: in.Cloud, Tenant: strings.ToLower(in.Tenant),
			Name: in.Name, Tags: in.Tags, Person: person,
		})
		if err != nil {
			return "", err
		}
		link.State, link.RedirectURI = state, strings.TrimRight(e.config.App.PublicURL, "/")+CallbackPath
	}
	return e.hub.ConsentURL(cordon.Tenant{ID: in.Tenant, Cloud: in.Cloud, ClientID: e.config.App.ClientID}, link)
}

func (e *entrance) sealState(ctx context.Context, s consentState) (string, error) {
	key, err := e.key.get(ctx)
	if err != nil {
		return "", err
	}
	b, err := json.Marshal(s)
	if err != nil {
		return "", fmt.Errorf("consent state: %w", err)
	}
	sealed, err := key.Seal(b, consentSeal)
	return base64.RawURLEncoding.EncodeToString(sealed), err
}

// errState is all that a stranger learns about a state that is not ours.
var errState = fmt.Errorf("this consent link is not one of ours, or it is out of date: ask for a new one: %w", cordon.ErrDenied)

func (e *entrance) openState(ctx context.Context, text string) (s consentState, err error) {
	key, err := e.key.get(ctx)
	if err != nil {
		return s, err
	}
	sealed, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return s, errState
	}
	b, err := key.Open(sealed, consentSeal)
	if err != nil || json.Unmarshal(b, &s) != nil || e.opts.now().After(s.Expires) {
		return s, errState
	}
	return s, nil
}

// Onboard adds the tenant whose administrator has consented, in mode observe,
// and has it watched at once. The tenant that the answer names is not
// believed, since anybody can send one: it must be the one that the link was
// made for, open to a token of ours, and call itself by that id.
func (h *House) Onboard(ctx context.Context, state, tenantID string) (cordon.Tenant, error) {
	s, err := h.entrance.openState(ctx, state)
	if err != nil {
		return cordon.Tenant{}, err
	}
	tenantID = strings.ToLower(tenantID)
	if !cordon.IsGUID(tenantID) || s.Tenant != "" && s.Tenant != tenantID {
		return cordon.Tenant{}, fmt.Errorf("the answer is for another tenant than the link was made for: %w", cordon.ErrDenied)
	}
	t, err := h.entrance.enter(ctx, TenantConfig{ID: tenantID, Name: s.Name, Cloud: string(s.Cloud), Mode: string(cordon.ModeObserve), Tags: s.Tags})
	if err != nil {
		return t.Tenant, err
	}
	if t.Name, err = proveTenant(ctx, t); err != nil {
		return t.Tenant, err
	}
	return t.Tenant, h.welcome(ctx, t, s)
}

// free reports whether a name can be a tenant's. What a tenant calls itself is
// hostile text: it must not pass for another tenant, its id, or a pattern that
// fits others.
func (c *Config) free(name string) bool {
	taken := func(t TenantConfig) bool { return t.tenant().Matches(name) }
	return name != "" && !cordon.IsGUID(name) && !strings.ContainsAny(name, `*?[]\`) && !slices.ContainsFunc(c.Tenants, taken)
}

// proveTenant returns the tenant's name after its token and its own word have
// shown that it is the one.
func proveTenant(ctx context.Context, t engine.Tenant) (string, error) {
	token, err := t.Client.TokenInfo(ctx, microsoft.ResourceGraph)
	if err != nil {
		return "", fmt.Errorf("the consent is not seen yet; it may take a minute: %w", err)
	}
	org, err := t.Client.Organization(ctx)
	if err != nil {
		return "", fmt.Errorf("the tenant could not be asked who it is; a consent may take a minute to be seen: %w", err)
	}
	if !strings.EqualFold(org.ID, t.ID) || !strings.EqualFold(token.Tenant, t.ID) {
		return "", fmt.Errorf("the tenant calls itself otherwise: %w", cordon.ErrDenied)
	}
	return cmp.Or(t.Name, cordon.Plain(org.DisplayName, 80), t.ID), nil
}

// welcome stores a tenant that consented, uses up the link, and has the
// tenant watched.
func (h *House) welcome(ctx context.Context, t engine.Tenant, s consentState) error {
	now := h.entrance.opts.now()
	h.joining.Lock()
	defer h.joining.Unlock()
	if known := h.Config.find(t.ID); known != nil {
		return fmt.Errorf("tenant %s is watched already: %w", known.Name, cordon.ErrConflict)
	}
	if !h.Config.free(t.Name) {
		t.Name = t.ID
	}
	o := store.Onboarded{Tenant: t.Tenant, Credential: store.CredentialApp, AddedAt: now, AddedBy: s.Person}
	err := h.Store.Write(ctx, func(tx *store.Tx) error {
		if err := tx.UseConsent(ctx, s.Nonce, t.ID, now); err != nil {
			return err
		}
		if err := tx.PutTenant(ctx, o); err != nil {
			return err
		}
		return engine.Record(ctx, tx, tenantEntry(t.Tenant, s.Person, "consented", now))
	})
	if err != nil {
		return err
	}
	h.Config.Tenants = append(h.Config.Tenants, enlisted(o))
	h.Engine.Join(t)
	return nil
}

// Discover asks Microsoft which tenant a domain or id names, and in which
// cloud it is.
func (c *Config) Discover(ctx context.Context, name string, o Options) (microsoft.Discovery, error) {
	e, err := c.entrance(ctx, o)
	if err != nil {
		return microsoft.Discovery{}, err
	}
	defer e.hub.Close()
	return e.hub.Discover(ctx, name)
}
