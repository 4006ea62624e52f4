package playbook

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/expr"
)

// The bounds of what a playbook may say. Beyond them it is a mistake.
const (
	maxAbout     = 500                 // characters
	maxDetectors = 5                   // there are hardly more detectors
	minWithin    = time.Minute         // detectors notice the same thing minutes apart
	maxWithin    = 24 * time.Hour      // further apart it is another thing
	minMaxAge    = time.Minute         //
	maxMaxAge    = 30 * 24 * time.Hour // older news is for people
)

// A document is a playbook as it is written.
type document struct {
	Name          string `yaml:"name"`
	Version       int    `yaml:"version"`
	About         string `yaml:"about"`
	Corroboration struct {
		Detectors int    `yaml:"detectors"`
		Within    string `yaml:"within"`
	} `yaml:"corroboration"`
	MaxAge string   `yaml:"max_age"`
	When   string   `yaml:"when"`
	Steps  []string `yaml:"steps"`
}

// keys are the keys of a playbook.
func keys() []string {
	return []string{"name", "version", "about", "corroboration", "detectors", "within", "max_age", "when", "steps"}
}

// Parse reads one playbook. What is wrong with it comes back as an *Error
// with its place in the file.
func Parse(file string, b []byte) (Playbook, error) {
	src, err := open(file, b)
	if err != nil {
		return Playbook{}, err
	}
	var d document
	if err := yaml.NodeToValue(src.root, &d, yaml.Strict()); err != nil {
		return Playbook{}, src.yamlError(err)
	}
	p := Playbook{Name: d.Name, Version: d.Version, About: d.About}
	p.Corroboration.Detectors = d.Corroboration.Detectors
	for _, check := range []func(*Playbook, document) error{src.head, src.times, src.steps, src.when} {
		if err := check(&p, d); err != nil {
			return Playbook{}, err
		}
	}
	return p, nil
}

// head checks what is plain text or a number.
func (s *source) head(_ *Playbook, d document) error {
	switch {
	case !named(d.Name):
		return s.errorAt("$.name", "name must be 1 to 64 of a-z, 0-9 and -, not %q", d.Name)
	case d.Version < 1:
		return s.errorAt("$.version", "version must be 1 or more, not %d", d.Version)
	case len([]rune(d.About)) > maxAbout:
		return s.errorAt("$.about", "about must have at most %d characters", maxAbout)
	case d.Corroboration.Detectors < 1 || d.Corroboration.Detectors > maxDetectors:
		return s.errorAt("$.corroboration.detectors", "corroboration.detectors must be 1 to %d, not %d", maxDetectors, d.Corroboration.Detectors)
	}
	return nil
}

func (s *source) times(p *Playbook, d document) (err error) {
	if p.Corroboration.Within, err = s.duration("corroboration.within", d.Corroboration.Within, minWithin, maxWithin); err != nil {
		return err
	}
	p.MaxAge, err = s.duration("max_age", d.MaxAge, minMaxAge, maxMaxAge)
	return err
}

func (s *source) duration(field, text string, least, most time.Duration) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil {
		return 0, s.errorAt("$."+field, "%s must be a duration such as 30m or 48h, not %q", field, text)
	}
	if d < least || d > most {
		return 0, s.errorAt("$."+field, "%s must be %s to %s, not %s", field, short(least), short(most), text)
	}
	return d, nil
}

// steps checks the actions and spells the words out. Those that give back
// what a containment took are known, but need a person.
func (s *source) steps(p *Playbook, d document) error {
	if len(d.Steps) == 0 {
		return s.errorAt("$.steps", "steps must name at least one action")
	}
	for i, step := range d.Steps {
		path, a := fmt.Sprintf("$.steps[%d]", i), cordon.ActionName(step)
		switch {
		case slices.Contains(loosening(), step):
			return s.errorAt(path, "%s needs a person: a playbook must not loosen anything", step)
		case !slices.Contains(actions(), a) && !slices.Contains(words(), step):
			return s.errorAt(path, "no action is called %q: use %q or %q", step, actions(), words())
		case slices.Contains(d.Steps[:i], step):
			return s.errorAt(path, "%s is there twice", step)
		}
	}
	p.Steps = spellOut(d.Steps)
	return nil
}

// spellOut turns words into the actions that they stand for. Names alone stay
// in their order; with a word among them all are put into the safe order, so
// that what guard holds does not keep back what it lets pass.
func spellOut(steps []string) []cordon.ActionName {
	var out []cordon.ActionName
	for _, step := range steps {
		if acts := cordon.Word(step).Actions(); len(acts) > 0 {
			out = append(out, acts...)
		} else {
			out = append(out, cordon.ActionName(step))
		}
	}
	if !slices.ContainsFunc(steps, func(s string) bool { return slices.Contains(words(), s) }) {
		return out
	}
	slices.SortStableFunc(out, func(a, b cordon.ActionName) int { return slices.Index(actions(), a) - slices.Index(actions(), b) })
	return slices.Compact(out)
}

func (s *source) when(p *Playbook, d document) error {
	when, err := expr.Compile(d.When)
	if bad, ok := errors.AsType[*expr.Error](err); ok {
		return s.conditionError(bad)
	}
	p.When = when
	return err
}

// actions lists what a playbook may do, in the safe order.
func actions() []cordon.ActionName {
	var out []cordon.ActionName
	for _, w := range cordon.Words() {
		if w != cordon.WordEnable {
			out = append(out, w.Actions()...)
		}
		if w == cordon.WordForcePasswordReset {
			out = append(out, cordon.ActionForcePasswordChange)
		}
	}
	return append(out, cordon.ActionEnableSecurityDefaults)
}

// words lists those that stand for actions which a playbook may do.
func words() []string {
	var out []string
	for _, w := range cordon.Words() {
		if w != cordon.WordEnable {
			out = append(out, string(w))
		}
	}
	return out
}

func loosening() []string {
	out := []string{string(cordon.WordEnable), string(cordon.ActionDisableSecurityDefaults)}
	for _, a := range cordon.WordEnable.Actions() {
		out = append(out, string(a))
	}
	return out
}

func named(s string) bool {
	return s != "" && len(s) <= 64 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

// short writes a duration without its zero minutes and seconds.
func short(d time.Duration) string {
	s := strings.TrimSuffix(d.String(), "0s")
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
