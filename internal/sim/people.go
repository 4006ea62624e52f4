package sim

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// firstNames and lastNames make up the crowd.
func firstNames() []string {
	return strings.Fields("Ada Alma Amir Anna Arun Bea Boris Carla Chen Clara Dana David Diego Elif Emil Erik Esther Farid Fatima " +
		"Felix Greta Hana Hugo Ida Ines Ivan Jana Joel Julia Karim Lars Lena Leo Lin Lucia Marco Maya Mila Nadia Nils Nora Omar " +
		"Paula Priya Rosa Samir Tara Tomas Vera Yuki")
}

func lastNames() []string {
	return strings.Fields("Abel Adler Aydin Baker Banerjee Bauer Berg Blom Braun Castro Chen Costa Dahl Dietrich Duarte Ekberg " +
		"Falk Ferrari Fischer Garcia Haas Haddad Hansen Hoffmann Ito Jansen Kaya Keller Kim Klein Kowalski Lang Larsen Lindqvist " +
		"Lopez Marino Mehta Meyer Moreau Nagy Novak Okafor Olsen Park Peters Popov Quist Rahman Ricci Romero Rossi Sato Schmidt " +
		"Silva Singh Sommer Suzuki Tanaka Vogel Wagner Weber Wolf Yilmaz Zhang Zimmer")
}

// A person is what the cloud knows of a user before anybody changes it.
type person struct {
	key      string
	name     string
	title    string
	account  string // left part of the UPN
	disabled bool
	synced   bool
	licensed bool
	rid      int    // last part of the SID in Active Directory; 0: made from the account
	alias    string // left part of a second mail address; empty: there is none
	home     string // mail address of a guest at home; empty: a member
}

// named turns a scenario's user into a person.
func named(u userSpec) person {
	return person{key: u.Key, name: u.Name, title: u.Title, account: account(u.Name),
		disabled: u.Disabled, synced: u.Synced, licensed: !u.BreakGlass}
}

// crowdMember invents the i-th generated user. Names repeat in large crowds;
// accounts do not, because a number is added to them.
func (t *tenant) crowdMember(i int) person {
	sum := digest(t.cloud.opts.Seed, t.key("name", strconv.Itoa(i))...)
	first, last := firstNames(), lastNames()
	name := first[int(sum[0])%len(first)] + " " + last[int(sum[1])%len(last)]
	titles := []string{"Account Manager", "Engineer", "Analyst", "Buyer", "Designer", "Consultant", "Clerk", "Team Lead"}
	p := person{key: crowdKey(i), name: name, title: titles[int(sum[2])%len(titles)],
		account: fmt.Sprintf("%s%d", account(name), i+1), licensed: true}
	if sum[3]%2 == 0 {
		p.alias = p.account[:1] + "." + p.account[strings.IndexByte(p.account, '.')+1:]
	}
	return p
}

func crowdKey(i int) string { return "crowd" + strconv.Itoa(i) }

// account makes the left part of a UPN from a name.
func account(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '.'
		case r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r) || r == '-'):
			return unicode.ToLower(r)
		}
		return -1
	}, name)
}

func titleCase(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// populateUsers makes the named users, then the crowd.
func (t *tenant) populateUsers(c *collection) {
	for _, u := range t.spec().Users {
		c.put(t.userObject(named(u)))
	}
	for i := range t.crowd() {
		c.put(t.userObject(t.crowdMember(i)))
	}
	for _, p := range slices.Concat(t.hybridMembers(), t.oktaMembers(), t.guests()) {
		c.put(t.userObject(p))
	}
}

// hybridMembers invents the users who come from Active Directory, besides the crowd.
func (t *tenant) hybridMembers() []person {
	out := []person{}
	for i := range t.spec().Hybrid {
		p := t.crowdMember(hybridFrom + i)
		p.key, p.synced, p.rid = "hybrid"+strconv.Itoa(i), true, 5001+i
		out = append(out, p)
	}
	return out
}

// oktaMembers invents the users who sign in with Okta, besides the crowd.
func (t *tenant) oktaMembers() []person {
	out := []person{}
	for i := range t.spec().Okta {
		p := t.crowdMember(oktaFrom + i)
		p.key = "okta" + strconv.Itoa(i)
		out = append(out, p)
	}
	return out
}

// guests invents the users of other tenants who were invited, besides the crowd.
func (t *tenant) guests() []person {
	out := []person{}
	for i := range t.spec().Guests {
		p := t.crowdMember(guestsFrom + i)
		p.key, p.home, p.alias, p.licensed = "guest"+strconv.Itoa(i), p.account+"@partner.example", "", false
		p.account = strings.ReplaceAll(p.home, "@", "_") + "#EXT#"
		out = append(out, p)
	}
	return out
}

// hybridFrom, oktaFrom and guestsFrom are where the numbers of these users
// begin, out of the way of any crowd.
const (
	hybridFrom = 2_000_000
	oktaFrom   = 3_000_000
	guestsFrom = 4_000_000
)

// userObject is a user as the directory keeps it.
func (t *tenant) userObject(p person) *object {
	id, upn := t.guid("user", p.key), p.account+"@"+t.domain
	given, surname, _ := strings.Cut(p.name, " ")
	since := t.cloud.start.Add(-time.Duration(100+len(p.name)*17) * 24 * time.Hour)
	licences := []*object{}
	if p.licensed {
		licences = append(licences, newObject("disabledPlans", []string{}, "skuId", "06ebc4ee-1bb5-47dd-8120-11324bc54e06"))
	}
	mail := cmp.Or(p.home, upn)
	o := newObject("id", id, "businessPhones", []string{}, "displayName", p.name, "givenName", given,
		"jobTitle", orNull(p.title), "mail", mail, "mobilePhone", nil, "officeLocation", nil, "preferredLanguage", nil,
		"surname", orNull(surname), "userPrincipalName", upn, "accountEnabled", !p.disabled, "userType", "Member",
		"createdDateTime", writeSeconds(since), "onPremisesSyncEnabled", nil, "onPremisesSecurityIdentifier", nil,
		"onPremisesSamAccountName", nil, "onPremisesDomainName", nil, "onPremisesUserPrincipalName", nil,
		"proxyAddresses", t.proxies(mail, p.alias), "otherMails", []string{}, "externalUserState", nil,
		"securityIdentifier", sidOf(id), "signInSessionsValidFromDateTime", writeSeconds(since),
		"lastPasswordChangeDateTime", writeSeconds(since), "assignedLicenses", licences)
	if p.home != "" {
		merge(o, newObject("userType", "Guest", "externalUserState", "Accepted", "otherMails", []string{p.home}))
	}
	if p.synced {
		t.synced(o, p)
	}
	return o
}

// proxies are the mail addresses of a user, the first one in capitals.
func (t *tenant) proxies(mail, alias string) []string {
	out := []string{"SMTP:" + mail}
	if alias != "" {
		out = append(out, "smtp:"+alias+"@"+t.domain)
	}
	return out
}

// maxSam is how long a name may be that Active Directory gives to an account.
const maxSam = 20

// synced adds to a user what comes from Active Directory.
func (t *tenant) synced(o *object, p person) {
	merge(o, newObject("onPremisesSyncEnabled", true, "onPremisesDomainName", t.name+".local",
		"onPremisesSecurityIdentifier", "S-1-5-21-1004336348-1177238915-682003330-"+strconv.Itoa(cmp.Or(p.rid, 1100+len(p.account))),
		"onPremisesSamAccountName", p.account[:min(maxSam, len(p.account))], "onPremisesUserPrincipalName", p.account+"@"+t.domain))
}

// orNull turns the empty string into JSON null, as the directory does.
func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// findUser finds a user by object id or UPN. Callers hold the lock.
func (t *tenant) findUser(key string) *object {
	users := t.collection(resUsers)
	if o := users.get(key); o != nil || !strings.Contains(key, "@") {
		return o
	}
	for _, it := range users.items {
		if strings.EqualFold(it.object.text("userPrincipalName"), key) {
			return it.object
		}
	}
	return nil
}
