package capolicy

import (
	"slices"
	"strings"

	"github.com/cordonhq/cordon"
)

// An answer to a question about a policy. The greater one wins where any of
// several is enough, the lesser where all must hold.
type answer int

const (
	no answer = iota
	maybe
	yes
)

func (a answer) and(b answer) answer { return min(a, b) }
func (a answer) or(b answer) answer  { return max(a, b) }

// unless is a doubt when something is odd.
func unless(odd bool) answer {
	if odd {
		return maybe
	}
	return yes
}

// applies reports whether the policy can apply to an account, its exclusions
// aside.
func (p Policy) applies(u User) answer {
	if p.is("disabled") {
		return no
	}
	return p.Include.cover(u).
		and(p.Resources.any()).
		and(unless(p.Workloads)). // it names users, too: which of the two holds is not known
		and(unless(len(p.Unknown) > 0)).
		and(unless(!p.Enabled()))
}

func (r Resources) any() answer {
	return map[Resources]answer{NotStated: maybe, Nothing: no, Something: yes}[r]
}

// name reports whether the account itself, or a group that it is in, is
// named.
func (w Principals) name(u User) bool {
	return holds(w.Users, u.ID) || slices.ContainsFunc(u.Groups, func(g string) bool { return holds(w.Groups, g) })
}

// cover reports whether the account is among the principals.
func (w Principals) cover(u User) answer {
	found := no
	if w.Unknown {
		found = maybe
	}
	for _, id := range w.Users {
		found = found.or(u.isCalled(id))
	}
	for _, id := range w.Groups {
		found = found.or(oneOf(u.Groups, id))
	}
	for _, id := range w.Roles {
		found = found.or(oneOf(u.Roles, id))
	}
	return found.or(u.isGuest(w.Guests))
}

// isCalled reports whether an id or a word in a list of users means the
// account. Agents have accounts of their own kind, which no person has.
func (u User) isCalled(id string) answer {
	switch strings.ToLower(strings.TrimSpace(id)) {
	case "", "none", "allagentidusers":
		return no
	case "all":
		return yes
	case "guestsorexternalusers":
		return u.isGuest(Guests{Kinds: guestKinds()})
	}
	return oneOf([]string{u.ID}, id)
}

// oneOf reports whether an id is among those that are held. A word that is no
// id means something that is not known.
func oneOf(held []string, id string) answer {
	switch {
	case strings.TrimSpace(id) == "":
		return no
	case holds(held, id):
		return yes
	case cordon.IsGUID(strings.TrimSpace(id)):
		return no
	default:
		return maybe
	}
}

const (
	internalGuest = "internalGuest"
	collabGuest   = "b2bCollaborationGuest"
	collabMember  = "b2bCollaborationMember"
	otherExternal = "otherExternalUser"
)

// guestKinds returns the kinds that have an account in the tenant, and those
// that have none: users of direct connect, and people of a service provider.
func guestKinds() []string {
	return []string{internalGuest, collabGuest, collabMember, otherExternal, "b2bDirectConnectUser", "serviceProvider"}
}

// isGuest reports whether the account is one of those guests.
func (u User) isGuest(g Guests) answer {
	possible, certain := u.kinds()
	named := 0
	for _, kind := range possible {
		if holds(g.Kinds, kind) {
			named++
		}
	}
	switch {
	case slices.ContainsFunc(g.Kinds, func(k string) bool { return !holds(append(guestKinds(), "none"), k) }):
		return maybe // a kind of tomorrow
	case named == 0:
		return no
	default:
		return unless(!certain || named < len(possible) || g.Tenants)
	}
}

// kinds returns the kinds of guest that the account may be of, none for a
// member of the tenant, and whether it is certainly one of them. One that was
// invited has the name of its home in its own.
func (u User) kinds() (possible []string, certain bool) {
	invited := strings.Contains(strings.ToUpper(u.UPN), "#EXT#")
	switch {
	case strings.EqualFold(u.Type, "Member") && invited:
		return []string{collabMember}, true
	case strings.EqualFold(u.Type, "Member"):
		return nil, true
	case strings.EqualFold(u.Type, "Guest") && invited:
		return []string{collabGuest}, true
	case strings.EqualFold(u.Type, "Guest"):
		return []string{internalGuest, collabGuest, otherExternal}, true
	default:
		return []string{internalGuest, collabGuest, collabMember, otherExternal}, false
	}
}

func holds(ids []string, id string) bool {
	id = strings.TrimSpace(id)
	return id != "" && slices.ContainsFunc(ids, func(x string) bool { return strings.EqualFold(strings.TrimSpace(x), id) })
}
