// Package capolicy says what a Conditional Access policy means for one
// account. It is pure: it reads a policy as Microsoft writes it and an account
// as it was read elsewhere, and asks nothing.
//
// A policy says one of three things about an account:
//
//   - Excludes: it names the account, or a group that the account is in, among
//     its exclusions.
//   - Binds: it is enforced, it applies to the account, and nothing in it
//     leaves the account out.
//   - Silent: it cannot apply to the account, or what it says cannot be
//     decided.
//
// Guard finds break-glass accounts by it, so the two mistakes do not cost the
// same. To protect one account too many means that a containment is refused
// and a person acts by hand. To protect one too few locks a tenant out. So
// only what is certain binds; everything in doubt is silent:
//
//   - a policy for workloads, for agents, for guests, or for other users,
//     groups and roles is silent: it cannot apply to the account, and most of
//     these take no exclusion of a user at all;
//   - a policy without conditions, without users or without resources is
//     silent: null, empty and absent mean the same, and apply to nobody;
//   - a policy that only reports is silent unless it excludes the account: it
//     keeps nobody out today. Microsoft adds such policies by itself, and they
//     exclude nobody;
//   - a state, a word or a condition that this package does not know is
//     silent unless the account is excluded.
//
// An exclusion counts also in a policy of which it is in doubt whether it
// applies: nobody excludes an account by accident. It does not count in one
// that cannot apply, nor in one that is disabled. To be left out with a whole
// role, or with all guests, is no exclusion of the account: the policy cannot
// apply to it, and is silent.
//
// Conditions that narrow when a policy applies (risk, platform, location,
// device, client, authentication flow, session) do not matter here: such a
// policy can apply to the account, so it binds unless it excludes it.
package capolicy

import (
	"cmp"
	"slices"
	"strings"

	"github.com/cordonhq/cordon"
)

// A Policy is as much of a Conditional Access policy as says to whom it can
// apply. The zero value applies to nobody.
type Policy struct {
	ID, Name, State  string
	Include, Exclude Principals
	Resources        Resources
	Workloads        bool     // it is for apps or agents
	Unknown          []string // conditions that are set and not known, by name
}

// Principals are the accounts that one side of a policy names.
type Principals struct {
	Users, Groups, Roles []string // object ids, role template ids, or words such as "All"
	Guests               Guests
	Unknown              bool // something besides, or in another shape
}

// Guests are the kinds of guests and external users that a policy names.
type Guests struct {
	Kinds   []string // as Microsoft names them; none: no guests
	Tenants bool     // only those of some tenants, or nobody knows of which
}

// Resources says whether a policy is for anything that can be opened.
type Resources int

// What a policy is for.
const (
	NotStated Resources = iota // no resource, action or context: absent, empty or null
	Nothing                    // the word "None", and nothing else
	Something
)

// A User is as much of an account as a policy asks for.
type User struct {
	ID     string
	UPN    string
	Type   string   // "Member", "Guest", or "" when that is not known
	Roles  []string // template ids of the directory roles held
	Groups []string // object ids; of those that Groups returned, the ones that the user is in
}

// A Stance is what a policy says about an account.
type Stance int

// The stances.
const (
	Silent Stance = iota
	Excludes
	Binds
)

// Stance returns what the policy says about an account.
func (p Policy) Stance(u User) Stance {
	applies := p.applies(u)
	switch {
	case applies == no:
		return Silent
	case p.Exclude.name(u):
		return Excludes
	case applies == yes && p.Exclude.cover(u) == no:
		return Binds
	default:
		return Silent
	}
}

// Enabled reports whether the policy is enforced.
func (p Policy) Enabled() bool { return p.is("enabled") }

// Label names the policy for people: by its id when it has no name.
func (p Policy) Label() string {
	return cmp.Or(strings.TrimSpace(p.Name), strings.TrimSpace(p.ID), "a policy without name and id")
}

func (p Policy) is(state string) bool { return strings.EqualFold(strings.TrimSpace(p.State), state) }

// Groups returns the groups on which it hangs what the policy says about an
// account, and whether it binds the account whatever groups that is in.
func (p Policy) Groups(u User) (groups []string, bound bool) {
	include, exclude := slices.DeleteFunc(slices.Clone(p.Include.Groups), notID), slices.DeleteFunc(slices.Clone(p.Exclude.Groups), notID)
	stance := func(groups ...[]string) Stance {
		u.Groups = slices.Concat(groups...)
		return p.Stance(u)
	}
	neither, in, out, both := stance(), stance(include), stance(exclude), stance(include, exclude)
	if neither != in || out != both {
		groups = append(groups, include...)
	}
	if neither != out || in != both {
		groups = append(groups, exclude...)
	}
	return groups, len(groups) == 0 && neither == Binds
}

func notID(s string) bool { return !cordon.IsGUID(s) }
