package cordon

import (
	"slices"
	"strings"
	"time"
)

// A ResolutionState says how far the directory has told whose a name is.
type ResolutionState string

// The states of a resolution.
const (
	ResolutionPending   ResolutionState = "pending"   // not looked up yet
	ResolutionFound     ResolutionState = "found"     // exactly one user has the name
	ResolutionAmbiguous ResolutionState = "ambiguous" // several users have it: it joins none
	ResolutionNotFound  ResolutionState = "not_found" // no user has it
)

// A Resolution is what the directory of a tenant said of a name.
type Resolution struct {
	TenantID    string
	Name        Name
	State       ResolutionState
	Users       []DirectoryUser // whose name it is or, when ambiguous, may be
	Reason      string          // why a lookup was deferred; "" when it was not
	AnsweredAt  time.Time       // when the directory answered last; zero: never
	DueAt       time.Time       // when it is looked up next, if it is still wanted
	WantedUntil time.Time       // until when the signals that wait for it may be acted on
	Attempts    int             // lookups that failed, or found nothing, in a row
}

// A DirectoryUser is a user as the directory names them.
type DirectoryUser struct {
	ObjectID    string `json:"object_id"`
	UPN         string `json:"user_principal_name"`
	DisplayName string `json:"display_name"`
	UserType    string `json:"user_type"`
}

// How long what the directory said is taken for true.
const (
	FoundLasts   = 6 * time.Hour
	MissingLasts = 15 * time.Minute // not found, or ambiguous
)

// Fresh reports whether the directory answered so lately that it need not be
// asked again. An answer from the future was given before the clock was set
// back.
func (r Resolution) Fresh(now time.Time) bool {
	age := now.Sub(r.AnsweredAt)
	switch r.State {
	case ResolutionFound:
		return age >= 0 && age < FoundLasts
	case ResolutionAmbiguous, ResolutionNotFound:
		return age >= 0 && age < MissingLasts
	default:
		return false
	}
}

// Unresolved returns the names of e by which the directory may find the user,
// the best first; none when the object id is known, or e is no user.
func (e Entity) Unresolved() []Name {
	if e.Kind != KindUser || e.Name(NameObjectID) != "" {
		return nil
	}
	var names []Name
	for _, kind := range [...]NameKind{NameUPN, NameSID, NameMail, NameAccount} {
		for _, n := range e.Names {
			if n.Kind == kind {
				names = append(names, n)
			}
		}
	}
	return names
}

// Resolve returns e with the object id and user principal name that the
// directory found for one of its names. Where an alert gives a mail address
// for a user principal name, it is called a mail address from then on: it may
// go to another user one day.
func (e Entity) Resolve(r Resolution) Entity {
	if r.State != ResolutionFound || len(r.Users) != 1 || e.Name(NameObjectID) != "" || !slices.Contains(e.Names, r.Name) {
		return e
	}
	u, out := r.Users[0], Entity{Kind: e.Kind}
	for _, n := range e.Names {
		if n == r.Name && n.Kind == NameUPN && !strings.EqualFold(n.Value, u.UPN) {
			n.Kind = NameMail
		}
		out = out.Add(n.Kind, n.Value)
	}
	out = out.Add(NameObjectID, u.ObjectID).Add(NameUPN, u.UPN)
	if out.Name(NameDisplayName) == "" {
		out = out.Add(NameDisplayName, u.DisplayName)
	}
	return out
}

// Recall returns e as the user that one of its names meant before, if it meant
// one only: what a signal says of somebody stays about them, whoever has the
// name by now.
func (e Entity) Recall(known []Entity) Entity {
	var out Entity
	for _, n := range e.Unresolved() {
		for _, k := range known {
			if k.Kind != e.Kind || k.Name(NameObjectID) == "" || !k.goesBy(n.Value) {
				continue
			}
			if id := out.Name(NameObjectID); id != "" && id != k.Name(NameObjectID) {
				return e
			}
			out = k
		}
	}
	if out.Kind == "" {
		return e
	}
	for _, n := range e.Names {
		if n.Kind == NameDisplayName || !out.goesBy(n.Value) { // under whatever kind: see Resolve
			out = out.Add(n.Kind, n.Value)
		}
	}
	return out
}

// goesBy reports whether a value is one of the names of e, other than for
// people to read: those anybody may choose.
func (e Entity) goesBy(value string) bool {
	return slices.ContainsFunc(e.Names, func(n Name) bool { return n.Kind != NameDisplayName && n.Value == value })
}
