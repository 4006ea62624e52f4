package guard

import (
	"slices"
	"strings"
)

// A CAPolicy is what guard must know of a Conditional Access policy.
type CAPolicy struct {
	ID, Name, State string
	ExcludeUsers    []string // object ids
}

// FindBreakGlass returns those of the permanent Global Administrators that
// every Conditional Access policy excludes by their object id, save policies
// that are disabled: nobody excludes an account everywhere but as the way in
// when all else fails. A policy that only reports counts, and so does one
// whose state is not known. Without policies nobody is found.
func FindBreakGlass(globalAdmins []string, policies []CAPolicy) []string {
	live := slices.DeleteFunc(slices.Clone(policies), func(p CAPolicy) bool { return strings.EqualFold(p.State, "disabled") })
	if len(live) == 0 {
		return nil
	}
	var found []string
	for _, id := range distinct(globalAdmins) {
		missing := slices.ContainsFunc(live, func(p CAPolicy) bool {
			return !slices.ContainsFunc(p.ExcludeUsers, func(x string) bool { return strings.EqualFold(x, id) })
		})
		if !missing {
			found = append(found, id)
		}
	}
	return found
}
