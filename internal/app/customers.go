package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/engine"
	"github.com/cordonhq/cordon/internal/microsoft"
)

// A Customer is a tenant that a partner's tenant knows, and what it lacks
// before we can watch it.
type Customer struct {
	ID      string
	Name    string
	Domain  string
	From    []string // gdap, contract
	Tenant  string   // our name for it; "" when it was not added
	Lacks   []string // relationship, consent, adding, or permissions by name
	Consent string   // link, when consent is lacking and links can be made

	active bool // an active relationship
}

// Customers asks a partner's tenant for its customers, and each of them
// whether our shared app is let in and may do what the configuration needs.
// all is told how many there are, progress after each. An error beside
// customers says which list could not be read, and who could not be asked.
func (c *Config) Customers(ctx context.Context, partner cordon.Tenant, person string, all func(int), progress func(), o Options) ([]Customer, error) {
	e, err := c.entrance(ctx, o)
	if err != nil {
		return nil, err
	}
	defer e.hub.Close()
	tenants, err := e.only(ctx, []cordon.Tenant{partner})
	if err != nil {
		return nil, err
	}
	found, listErr := listCustomers(ctx, tenants[0].Client)
	all(len(found))
	shells := make([]engine.Tenant, len(found))
	for i, f := range found {
		shells[i].Tenant = cordon.Tenant{ID: f.ID, Name: f.Name, Cloud: partner.Cloud, ClientID: c.App.ClientID, Mode: cordon.ModeObserve}
	}
	for i, a := range ask(ctx, shells, func(ctx context.Context, t engine.Tenant) (Customer, error) {
		defer progress()
		return e.customer(ctx, t.Tenant, found[slices.IndexFunc(found, func(f Customer) bool { return f.ID == t.ID })], person)
	}) {
		if a.err != nil {
			return found, a.err
		}
		found[i] = a.value
	}
	return found, errors.Join(listErr, unasked(found))
}

// unknownLack begins what is said of a customer who could not be asked.
const unknownLack = "unknown: "

// unasked says how many customers could not be asked what they lack.
func unasked(found []Customer) error {
	n := 0
	for _, k := range found {
		if slices.ContainsFunc(k.Lacks, func(l string) bool { return strings.HasPrefix(l, unknownLack) }) {
			n++
		}
	}
	if n == 0 {
		return nil
	}
	return fmt.Errorf("%d of %d customers could not be asked", n, len(found))
}

// listCustomers joins the lists of a partner by tenant.
func listCustomers(ctx context.Context, c *microsoft.Client) ([]Customer, error) {
	var all []Customer
	note := func(id, name, domain, from string) *Customer {
		id = strings.ToLower(id)
		i := slices.IndexFunc(all, func(k Customer) bool { return k.ID == id })
		if i < 0 {
			i, all = len(all), append(all, Customer{ID: id})
		}
		k := &all[i]
		if k.Name == "" {
			k.Name = cordon.Plain(name, cordon.Uncut)
		}
		if k.Domain == "" {
			k.Domain = cordon.Plain(domain, cordon.Uncut)
		}
		if from != "" && !slices.Contains(k.From, from) {
			k.From = append(k.From, from)
		}
		return k
	}
	customers, gdapErr := c.Partners.Customers(ctx)
	for _, k := range customers {
		note(k.TenantID, k.DisplayName, "", "gdap")
	}
	relations, relationErr := c.Partners.Relationships(ctx)
	for _, r := range relations {
		if strings.EqualFold(r.Status, "active") {
			note(r.Customer.TenantID, r.Customer.DisplayName, "", "gdap").active = true
		}
	}
	contracts, contractErr := c.Partners.Contracts(ctx)
	for _, k := range contracts {
		note(k.CustomerID, k.DisplayName, k.DefaultDomainName, "contract")
	}
	all = slices.DeleteFunc(all, func(k Customer) bool { return !cordon.IsGUID(k.ID) })
	slices.SortFunc(all, func(a, b Customer) int { return strings.Compare(a.Name+a.ID, b.Name+b.ID) })
	return all, errors.Join(named("delegated admin customers", gdapErr), named("delegated admin relationships", relationErr), named("contracts", contractErr))
}

func named(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s could not be read: %w", what, err)
}

// customer finds out what a customer lacks.
func (e *entrance) customer(ctx context.Context, t cordon.Tenant, k Customer, person string) (Customer, error) {
	if !k.active {
		k.Lacks = append(k.Lacks, "active_relationship")
	}
	known := e.config.find(k.ID)
	if known == nil {
		k.Lacks = append(k.Lacks, "added")
		known = &TenantConfig{ID: k.ID, Name: t.Name, Cloud: string(t.Cloud)}
	} else {
		k.Tenant = known.Name
	}
	entered, err := e.tenant(ctx, *known)
	if err != nil {
		return k, err
	}
	token, err := entered.Client.TokenInfo(ctx, microsoft.ResourceGraph)
	switch {
	case errors.Is(err, cordon.ErrGone), errors.Is(err, cordon.ErrDenied):
		k.Lacks = append(k.Lacks, "consent")
		k.Consent = e.invite(ctx, t, k, person)
		return k, nil
	case err != nil:
		k.Lacks = append(k.Lacks, unknownLack+cordon.Plain(err.Error(), cordon.Uncut))
		return k, nil
	}
	lacking, err := e.config.lacking(token)
	k.Lacks = append(k.Lacks, lacking...)
	return k, err
}

// lacking names the permissions of Graph that the configuration needs and the
// token does not have. One without any role was never consented to.
func (c *Config) lacking(token microsoft.TokenInfo) ([]string, error) {
	if len(token.Roles)+len(token.Scopes) == 0 {
		return []string{"consent"}, nil
	}
	used, err := c.Used(cordon.ModeObserve)
	if err != nil {
		return nil, err
	}
	features, err := FindFeatures(used)
	if err != nil {
		return nil, err
	}
	needs := slices.DeleteFunc(Needs(features), func(n Need) bool { return n.Resource != microsoft.ResourceGraph })
	var names []string
	for _, n := range missing(needs, map[microsoft.Resource][]string{microsoft.ResourceGraph: append(token.Roles, token.Scopes...)}) {
		names = append(names, n.Permission)
	}
	return names, nil
}

// invite returns a consent link for a customer, or "" when none can be made.
func (e *entrance) invite(ctx context.Context, t cordon.Tenant, k Customer, person string) string {
	if e.config.App.PublicURL == "" || e.config.App.ClientID == "" {
		return ""
	}
	link, err := e.consentURL(ctx, Invitation{Form: microsoft.ConsentV2, Cloud: t.Cloud, Tenant: k.ID, Name: k.Name}, person)
	if err != nil {
		return ""
	}
	return link
}
