package guard

import (
	"slices"
	"strings"
)

// A CAPolicy is what guard must know of a Conditional Access policy.
type CAPolicy struct {
	ID, Name, State string
	ExcludeUsers    []string // object ids
	ExcludeGroups   []string // object ids
}

// FindBreakGlass reports whether a user is one of the permanent Global
// Administrators and excluded from every Conditional Access policy, by object
// id or by a group that the user is in, save policies that are disabled:
// nobody excludes an account everywhere but as the way in when all else fails.
// A policy that only reports counts, and so does one whose state is not known.
// Without policies nobody is found. The groups are those of GroupsToAsk that
// the user is in, directly or through others.
func FindBreakGlass(user string, groups, globalAdmins []string, policies []CAPolicy) bool {
	live := slices.DeleteFunc(slices.Clone(policies), CAPolicy.disabled)
	if len(live) == 0 || !holds(globalAdmins, user) {
		return false
	}
	return !slices.ContainsFunc(live, func(p CAPolicy) bool {
		return !holds(p.ExcludeUsers, user) && !slices.ContainsFunc(groups, func(g string) bool { return holds(p.ExcludeGroups, g) })
	})
}

// GroupsToAsk returns the groups on which it hangs whether FindBreakGlass
// finds a user. There are none when groups change nothing.
func GroupsToAsk(user string, globalAdmins []string, policies []CAPolicy) []string {
	if !holds(globalAdmins, user) {
		return nil
	}
	var groups []string
	for _, p := range policies {
		switch {
		case p.disabled() || holds(p.ExcludeUsers, user):
		case len(p.ExcludeGroups) == 0:
			return nil // this one binds the user, whatever the others exclude
		default:
			groups = append(groups, p.ExcludeGroups...)
		}
	}
	return distinct(groups)
}

func (p CAPolicy) disabled() bool { return strings.EqualFold(p.State, "disabled") }

func holds(ids []string, id string) bool {
	return id != "" && slices.ContainsFunc(ids, func(x string) bool { return strings.EqualFold(x, id) })
}
