package microsoft

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/cordonhq/cordon"
)

// MaxFound is how many users a lookup returns at most: enough to say that a
// name is ambiguous.
const MaxFound = 20

// namedUser is a user with every name that a lookup goes by.
type namedUser struct {
	User
	Mail                     string   `json:"mail"`
	ProxyAddresses           []string `json:"proxyAddresses"`
	OtherMails               []string `json:"otherMails"`
	OnPremisesSamAccountName string   `json:"onPremisesSamAccountName"`
	OnPremisesDomainName     string   `json:"onPremisesDomainName"`
}

const selectNames = "$select=id,userPrincipalName,displayName,accountEnabled,userType,onPremisesSecurityIdentifier," +
	"mail,proxyAddresses,otherMails,onPremisesSamAccountName,onPremisesDomainName&$top=20"

// Find returns the users that a name means: none, one, or several when it is
// ambiguous, at most MaxFound of them. It makes at most three requests:
//
//   - an object id, and a user principal name, is read as such. What an alert
//     gives for a user principal name may be a mail address: then as below;
//   - a SID is looked for among those of Active Directory;
//   - a mail address among mail, proxyAddresses, otherMails and user principal
//     names, then among guests, whose user principal name is made of their
//     address at home;
//   - DOMAIN\user among the account names of Active Directory, whose domain
//     must then be that one, then as user@DOMAIN.
//
// Called with PriorityPoll it counts against FamilyLookup, too, which lets one
// request a second through.
//
// Wire:  GET /users/{UPN}
// Wire:  GET /users
// Needs: User.Read.All
func (s *UsersService) Find(ctx context.Context, name cordon.Name) ([]User, error) {
	var found []User
	var err error
	switch name.Kind { //nolint:exhaustive // the others name no user
	case cordon.NameObjectID:
		found, err = s.exactly(ctx, name.Value)
	case cordon.NameUPN:
		if found, err = s.exactly(ctx, name.Value); err == nil && len(found) == 0 {
			found, err = s.byAddress(ctx, name.Value)
		}
	case cordon.NameMail:
		found, err = s.byAddress(ctx, name.Value)
	case cordon.NameSID:
		found, err = s.bySID(ctx, name.Value)
	case cordon.NameAccount:
		found, err = s.byAccount(ctx, name.Value)
	}
	if err != nil {
		return nil, fmt.Errorf("look up %s %s: %w", name.Kind, clean(name.Value, 200), err)
	}
	return found, nil
}

// exactly returns the user of that object id or user principal name, if there
// is one.
func (s *UsersService) exactly(ctx context.Context, idOrUPN string) ([]User, error) {
	c := (*core)(s)
	path, ok := userPath(idOrUPN)
	if !ok {
		return nil, nil // no user can be called so
	}
	u, err := read[User](ctx, c, lookup(ctx, 1, path, selectUser))
	switch {
	case errors.Is(err, cordon.ErrNotFound):
		return nil, nil
	case err != nil:
		return nil, err
	case !cordon.IsGUID(u.ID) || !strings.EqualFold(u.UserPrincipalName, idOrUPN) && !strings.EqualFold(u.ID, idOrUPN):
		return nil, nil // another name by which the directory knows somebody: the filters tell whose it is
	}
	return []User{u}, nil
}

// byAddress returns the users that have a mail address.
func (s *UsersService) byAddress(ctx context.Context, address string) ([]User, error) {
	if strings.Count(address, "@") != 1 {
		return nil, nil
	}
	q := strings.Join([]string{
		equals("mail", address), equals("userPrincipalName", address),
		"proxyAddresses/any(p:" + equals("p", "smtp:"+address) + ")", "otherMails/any(o:" + equals("o", address) + ")",
	}, "%20or%20")
	found, err := s.filtered(ctx, q, false, func(u namedUser) bool { return u.hasAddress(address) })
	if err != nil || len(found) > 0 {
		return found, err
	}
	guest := strings.ReplaceAll(address, "@", "_") + "#EXT#@"
	return s.filtered(ctx, "startswith(userPrincipalName,"+quoted(guest)+")", false, func(u namedUser) bool {
		return len(u.UserPrincipalName) > len(guest) && strings.EqualFold(u.UserPrincipalName[:len(guest)], guest)
	})
}

func (u namedUser) hasAddress(address string) bool {
	is := func(s string) bool { return strings.EqualFold(s, address) }
	return is(u.Mail) || is(u.UserPrincipalName) || slices.ContainsFunc(u.OtherMails, is) ||
		slices.ContainsFunc(u.ProxyAddresses, func(s string) bool { return strings.EqualFold(s, "smtp:"+address) })
}

// bySID returns the user of that SID in Active Directory.
func (s *UsersService) bySID(ctx context.Context, sid string) ([]User, error) {
	return s.filtered(ctx, equals("onPremisesSecurityIdentifier", strings.ToUpper(sid)), false,
		func(u namedUser) bool { return strings.EqualFold(u.OnPremisesSecurityIdentifier, sid) })
}

// byAccount returns the users of an account name of Windows. The directory
// filters by it only with eventual consistency, and by its domain not at all.
//
// Source: microsoft-graph-docs concepts/aad-advanced-queries.
func (s *UsersService) byAccount(ctx context.Context, account string) ([]User, error) {
	domain, sam, ok := strings.Cut(account, `\`)
	if !ok {
		domain, sam = "", account
	}
	found, err := s.filtered(ctx, equals("onPremisesSamAccountName", sam), true, func(u namedUser) bool {
		return strings.EqualFold(u.OnPremisesSamAccountName, sam) && (domain == "" || inDomain(domain, u.OnPremisesDomainName))
	})
	if err != nil || len(found) > 0 || !strings.Contains(domain, ".") {
		return found, err
	}
	return s.exactly(ctx, sam+"@"+domain) // cloud accounts are written as if their UPN's suffix were a domain
}

// netBIOS is how long a domain's short name is at most.
const netBIOS = 15

// inDomain reports whether a domain as Windows writes it, the short or the
// full name, is that of the directory's full name.
func inDomain(domain, full string) bool {
	short, _, _ := strings.Cut(full, ".")
	return full != "" && (strings.EqualFold(domain, full) || strings.EqualFold(domain, short[:min(len(short), netBIOS)]))
}

// filtered returns the users of a filter who really are what was asked for.
func (s *UsersService) filtered(ctx context.Context, condition string, advanced bool, is func(namedUser) bool) ([]User, error) {
	q := lookup(ctx, 2, pathUsers, selectNames+"&$filter="+condition)
	if advanced {
		q.eventual, q.query = true, q.query+"&$count=true"
	}
	return (*core)(s).found(ctx, q, is)
}

// found reads one page: one more is no lookup any more. What is not complete,
// and leads to others before it is ambiguous, says nothing.
func (c *core) found(ctx context.Context, q *request, is func(namedUser) bool) ([]User, error) {
	page, next, err := c.page(ctx, q)
	if err != nil {
		return nil, err
	}
	switch {
	case page.partial != nil:
		return nil, page.partial
	case page.Skipped > 0:
		return nil, c.odd(q, "the answer holds what is no user")
	}
	var users []User
	for _, raw := range page.Items {
		u, err := Decode[namedUser](raw)
		if err != nil || !cordon.IsGUID(u.ID) {
			return nil, c.odd(q, "the answer holds what is no user")
		}
		if is(u) {
			users = append(users, u.User)
		}
	}
	if next != "" && len(users) < 2 { // two are ambiguous, whatever comes next
		return nil, c.odd(q, "the answer holds only some of the users")
	}
	slices.SortFunc(users, func(a, b User) int { return cmp.Compare(a.ID, b.ID) })
	return users, nil
}

// lookup returns the read of a path for a lookup. One that neither a person
// nor containment waits for is held to a small part of the directory's limit,
// which counts requests.
func lookup(ctx context.Context, units float64, path, query string) *request {
	if priorityOf(ctx) == PriorityPoll {
		return get(graph, FamilyLookup, 1, path, query)
	}
	return get(graph, FamilyDirectory, units, path, query)
}
