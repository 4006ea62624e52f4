// Package playbook reads playbooks and says what comes next: whether one
// wants to act on an incident, and which step a run has to take.
//
// It is pure: it asks no clock and acts on nothing. Whether a step may be
// taken is guard's word; taking it is the engine's work.
package playbook

import (
	"embed"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/expr"
)

// A Playbook says what triggers it, what corroboration it needs, and which
// steps it takes.
type Playbook struct {
	Name          string
	Version       int
	About         string // for people
	Corroboration Corroboration
	MaxAge        time.Duration // how long after its newest open signal an incident is acted on
	When          *expr.Condition
	Steps         []cordon.ActionName
}

// Corroboration says how many different detectors have to notice, and how close
// to each other.
type Corroboration struct {
	Detectors int
	Within    time.Duration
}

//go:embed playbooks/*.yaml
var shipped embed.FS

// Builtin returns the playbooks that come with Cordon, by name.
func Builtin() ([]Playbook, error) {
	files, err := shipped.ReadDir("playbooks")
	if err != nil {
		return nil, fmt.Errorf("list built-in playbooks: %w", err)
	}
	var out []Playbook
	for _, f := range files {
		b, err := shipped.ReadFile("playbooks/" + f.Name())
		if err != nil {
			return nil, fmt.Errorf("read built-in playbook: %w", err)
		}
		p, err := Parse("builtin/"+f.Name(), b)
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b Playbook) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}
