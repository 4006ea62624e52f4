package collect

import (
	"slices"
	"strings"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/microsoft"
)

// A stance is what a piece of evidence holds against its user or device.
type stance int

// The stances: of several pieces about one entity the highest counts.
const (
	isContext stance = iota // named for the picture's sake
	isSubject               // what the alert is about, by no role that says more
	isCleared               // looked at, and no threat found
	isAccused               // by its role or verdict
)

// stanceOf reads verdict and roles of a piece of evidence.
func stanceOf(verdict string, roles []string) stance {
	bad := strings.EqualFold(verdict, "suspicious") || strings.EqualFold(verdict, "malicious")
	if strings.EqualFold(verdict, "noThreatsFound") {
		return isCleared
	}
	if len(roles) == 0 && bad {
		return isAccused
	}
	if len(roles) == 0 {
		return isSubject
	}
	most := isContext
	for _, role := range roles {
		most = max(most, stanceOfRole(strings.ToLower(role), bad))
	}
	return most
}

func stanceOfRole(role string, bad bool) stance {
	switch role {
	case "contextual", "scanned", "destination", "edited", "loaded":
		return isContext
	case "created", "added": // by somebody else, unless it was found to be bad
		if bad {
			return isAccused
		}
		return isContext
	case "source", "compromised", "attacked", "attacker", "suspicious", "policyviolator", "commandandcontrol":
		return isAccused
	}
	return isSubject // a role that is not known
}

// A mention is an entity of an alert.
type mention struct {
	entity cordon.Entity
	stance stance
}

// mentions collects the entities of an alert, each once.
type mentions []mention

// add puts an entity to those mentioned, or its names to the one that it is.
// It may tell that two found before are one.
func (m mentions) add(e cordon.Entity, s stance) mentions {
	if e.ID() == "" {
		return m
	}
	at := slices.IndexFunc(m, func(o mention) bool { return o.entity.Same(e) })
	if at < 0 {
		return append(m, mention{e, s})
	}
	m[at] = mention{m[at].entity.Join(e), max(m[at].stance, s)}
	others := slices.DeleteFunc(m[at+1:], func(o mention) bool {
		if !o.entity.Same(m[at].entity) {
			return false
		}
		m[at] = mention{m[at].entity.Join(o.entity), max(m[at].stance, o.stance)}
		return true
	})
	return m[:at+1+len(others)]
}

// split returns whom the alert accuses and whom it merely names.
func (m mentions) split() (accused, named []cordon.Entity) {
	for _, o := range m {
		if o.stance == isAccused || o.stance == isSubject {
			accused = append(accused, o.entity)
		} else {
			named = append(named, o.entity)
		}
	}
	return accused, named
}

// account adds the account's name to a user of whom neither object id nor UPN
// is known. Accounts of the system itself, and of machines, are no users.
func account(user cordon.Entity, domain, name string) cordon.Entity {
	known := user.Name(cordon.NameObjectID) != "" || user.Name(cordon.NameUPN) != ""
	if known || name == "" || strings.HasSuffix(name, "$") || slices.Contains(systemDomains(), strings.ToLower(domain)) {
		return user
	}
	if domain != "" {
		name = domain + `\` + name
	}
	return user.Add(cordon.NameAccount, name)
}

func systemDomains() []string {
	return []string{"nt authority", "nt service", "builtin", "window manager", "font driver host", "iis apppool", "nt virtual machine"}
}

// host adds the machine's name to a device, for people, and to know it by when
// the feed names no id.
func host(device cordon.Entity, name string) cordon.Entity {
	if device.ID() == "" {
		device = device.Add(cordon.NameHost, name)
	}
	return device.Add(cordon.NameDisplayName, name)
}

// personalSID drops SIDs that do not name one person: every machine has the
// same S-1-5-18 for its own system account.
func personalSID(sid string) string {
	upper := strings.ToUpper(sid)
	if strings.HasPrefix(upper, "S-1-5-21-") || strings.HasPrefix(upper, "S-1-12-1-") {
		return sid
	}
	return ""
}

// alertMentions returns the users and devices that the evidence of a Graph
// alert names.
func alertMentions(evidence []microsoft.Evidence) (m mentions) {
	for _, e := range evidence {
		m = m.addEvidence(e, stanceOf(e.Verdict, e.Roles))
	}
	return m
}

// addEvidence adds the entities of one piece: its own, those of the session
// that it is, and whoever was signed in on a device, which accuses them of
// nothing.
func (m mentions) addEvidence(e microsoft.Evidence, s stance) mentions {
	user := cordon.Entity{Kind: cordon.KindUser}
	if u := e.UserAccount; u != nil {
		user = account(cordon.NewUser(u.AzureAdUserID, u.UserPrincipalName, personalSID(u.UserSID)), u.DomainName, u.AccountName)
	}
	if strings.HasSuffix(e.Type, ".mailboxEvidence") {
		user = user.Add(cordon.NameUPN, e.UPN).Add(cordon.NameMail, e.PrimaryAddress)
	}
	m = m.add(user, s)
	m = m.add(host(cordon.NewDevice(e.MdeDeviceID, e.AzureAdDeviceID), firstText(e.DeviceDNSName, e.HostName)), s)
	for _, part := range []*microsoft.Evidence{e.Account, e.Host} {
		if part != nil {
			m = m.addEvidence(*part, nested(*part, s))
		}
	}
	for _, u := range e.LoggedOnUsers {
		m = m.add(account(cordon.Entity{Kind: cordon.KindUser}, u.DomainName, u.AccountName), isContext)
	}
	return m
}

// nested returns the stance of a part of a session: its own word when it has
// one, but what clears the session clears its parts.
func nested(part microsoft.Evidence, session stance) stance {
	own := stanceOf(part.Verdict, part.Roles)
	if session == isCleared || own == isSubject && len(part.Roles) == 0 {
		return session
	}
	return own
}

func firstText(texts ...string) string {
	for _, t := range texts {
		if strings.TrimSpace(t) != "" {
			return t
		}
	}
	return ""
}
