package engine

import (
	"fmt"
	"strings"
	"time"

	"github.com/cordonhq/cordon"
)

// Unproved says why the proof of a step that was done is unknown, and when the
// state is read again; "" when the proof is known. A call without an answer is
// the matter of its outcome.
func Unproved(s cordon.Step) string {
	if s.Outcome != cordon.OutcomeDone || s.Proof != cordon.ProofUnknown {
		return ""
	}
	var waits []string
	for _, wait := range proveAgain() {
		if s.ProvedAt.Before(s.ActedAt.Add(wait)) {
			waits = append(waits, fmt.Sprint(wait.Minutes()))
		}
	}
	if len(waits) == 0 {
		return fmt.Sprintf("proof unknown: %s; the state was read for the last time %s: look at the account yourself", s.Detail, s.ProvedAt.UTC().Format(time.RFC3339))
	}
	return fmt.Sprintf("proof unknown: %s; the state is read again %s minutes after the action, by cordon serve or a cordon sync that runs then", s.Detail, strings.Join(waits, " and "))
}
