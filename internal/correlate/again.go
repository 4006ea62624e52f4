package correlate

import (
	"slices"

	"github.com/cordonhq/cordon"
)

// SpeaksAgain reports whether something was noticed after the containment.
// What was noticed before and comes late is no news.
func SpeaksAgain(before, in cordon.Incident, signals map[string]cordon.Signal) bool {
	return slices.ContainsFunc(in.Signals, func(id string) bool {
		return !slices.Contains(before.Signals, id) && signals[id].DetectedAt.After(before.UpdatedAt)
	})
}
