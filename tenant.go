package cordon

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// A Mode says how far Cordon may go in one tenant.
type Mode string

// The modes, from the most careful on.
const (
	ModeObserve Mode = "observe" // never write; the default
	ModeApprove Mode = "approve" // a person decides every action
	ModeProtect Mode = "protect" // alone only what a user mends alone; the rest is held
	ModeEnforce Mode = "enforce" // playbooks that are on act alone, within the guardrails
)

// Modes lists every mode, from the most careful on.
func Modes() []Mode { return []Mode{ModeObserve, ModeApprove, ModeProtect, ModeEnforce} }

// ParseMode reads a mode; empty is ModeObserve.
func ParseMode(s string) (Mode, error) {
	if s == "" {
		return ModeObserve, nil
	}
	if m := Mode(s); slices.Contains(Modes(), m) {
		return m, nil
	}
	return "", fmt.Errorf("mode %q is none of observe, approve, protect, enforce", s)
}

// A Tenant is one Entra directory.
type Tenant struct {
	ID         string            // directory id, a GUID in lower case
	Name       string            // the owner's short name for it
	Cloud      Cloud             // where the directory lives; empty is CloudGlobal
	Mode       Mode              // how far Cordon may go
	Tags       map[string]string // free labels, such as ring=canary
	ClientID   string            // our own app in that directory
	BreakGlass []string          // object ids or UPNs that are never acted on
}

// Named reports whether s is the id or the name of t.
func (t Tenant) Named(s string) bool {
	return strings.EqualFold(s, t.ID) || (t.Name != "" && strings.EqualFold(s, t.Name))
}

// Is reports whether e is the tenant itself.
func (t Tenant) Is(e Entity) bool { return e.Kind == KindTenant && e.Called(t.ID) }

// Label returns the name of an entity of t that a person reads best: of the
// tenant itself its name, with its id.
func (t Tenant) Label(e Entity) string {
	if t.Is(e) && t.Name != "" && t.Name != t.ID {
		return t.Name + " (" + t.ID + ")"
	}
	return e.Label()
}

// Matches reports whether pattern means t: its id, its name, or a glob over
// them such as "contoso-*".
func (t Tenant) Matches(pattern string) bool {
	pattern = strings.ToLower(pattern)
	for _, name := range []string{t.ID, t.Name} {
		if ok, err := path.Match(pattern, strings.ToLower(name)); err == nil && ok && name != "" {
			return true
		}
	}
	return t.Named(pattern)
}

// Tagged reports whether t has a tag: "ring" with any value, "ring=canary"
// with that one, or "ring=c*" with one that fits.
func (t Tenant) Tagged(tag string) bool {
	key, pattern, exact := strings.Cut(tag, "=")
	value, ok := t.Tags[key]
	if !ok || !exact {
		return ok
	}
	fits, err := path.Match(pattern, value)
	return pattern == value || err == nil && fits
}
