package guard

import (
	"slices"
	"strings"

	"github.com/cordonhq/cordon/internal/capolicy"
)

// FindBreakGlass reports whether a user is one of the permanent Global
// Administrators, excluded by a Conditional Access policy, and bound by none:
// an account is excluded everywhere only as the way in when all else fails.
// Package capolicy says what counts. The groups of the user are those of
// GroupsToAsk that the user is in, directly or through others.
func FindBreakGlass(user capolicy.User, globalAdmins []string, policies []capolicy.Policy) bool {
	if !holds(globalAdmins, user.ID) {
		return false
	}
	user, excluded := asGlobalAdmin(user), false
	for _, p := range policies {
		switch p.Stance(user) {
		case capolicy.Binds:
			return false
		case capolicy.Excludes:
			excluded = true
		case capolicy.Silent:
		}
	}
	return excluded
}

// GroupsToAsk returns the groups on which it hangs whether FindBreakGlass
// finds a user. There are none when groups change nothing.
func GroupsToAsk(user capolicy.User, globalAdmins []string, policies []capolicy.Policy) []string {
	if !holds(globalAdmins, user.ID) {
		return nil
	}
	user = asGlobalAdmin(user)
	var groups []string
	for _, p := range policies {
		asked, bound := p.Groups(user)
		if bound {
			return nil // whatever the others exclude
		}
		groups = append(groups, asked...)
	}
	return distinct(groups)
}

// asGlobalAdmin adds the role that a user holds who is a Global Administrator.
func asGlobalAdmin(u capolicy.User) capolicy.User {
	u.Roles = append(slices.Clone(u.Roles), globalAdmin)
	return u
}

// Blocking names the policies that stand in the way of security defaults:
// those that are enabled. Report-only ones do not.
func Blocking(policies []capolicy.Policy) []string {
	names := []string{}
	for _, p := range policies {
		if p.Enabled() {
			names = append(names, p.Label())
		}
	}
	return names
}

func holds(ids []string, id string) bool {
	return id != "" && slices.ContainsFunc(ids, func(x string) bool { return strings.EqualFold(x, id) })
}
