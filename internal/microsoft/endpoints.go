package microsoft

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// Endpoints say where Microsoft is. Zero fields mean the hosts of each
// tenant's cloud; a field that is set replaces them for every cloud.
type Endpoints struct {
	Login    string // https URL without a path
	Graph    string // the same
	Defender string // the same
	CAFile   string // PEM file with authorities to trust besides those of the system
}

// A Resource is an API that a token opens.
type Resource string

// The resources.
const (
	ResourceGraph    Resource = "graph"    // Microsoft Graph
	ResourceDefender Resource = "defender" // Defender for Endpoint
)

func (r Resource) service() service {
	if r == ResourceDefender {
		return defender
	}
	return graph
}

// A service is a host that we speak to.
type service uint8

const (
	graph service = iota
	defender
	login
	services
)

func (s service) String() string { return [...]string{"graph", "defender", "login"}[s] }

// title returns the name of the service for people.
func (s service) title() string {
	return [...]string{"Microsoft Graph", "Defender for Endpoint", "sign-in"}[s]
}

// defenderNames are the hosts of one and the same Defender API in the global
// cloud. Links in its answers name the old host, also when the new one was
// asked. Such a link is followed on the host that we were told to use.
//
// Source: defender-docs exposed-apis-list and improve-request-performance.
var defenderNames = []string{
	"api.security.microsoft.com", "api.securitycenter.microsoft.com",
	"us.api.security.microsoft.com", "eu.api.security.microsoft.com", "uk.api.security.microsoft.com",
	"au.api.security.microsoft.com", "swa.api.security.microsoft.com",
}

// A host is where a service answers.
type host struct {
	name  string   // host, with its port if one was given
	base  string   // https://name/
	names []string // hosts that a next link may carry; the token goes to name alone
}

func newHost(s service, name string) host {
	h := host{name: name, base: "https://" + name + "/", names: []string{name}}
	if s == defender && slices.Contains(defenderNames, name) {
		h.names = defenderNames
	}
	return h
}

// hostOf returns the host and port of an endpoint that is nothing else.
func hostOf(text string) (string, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return "", fmt.Errorf("not a URL")
	case u.Scheme != "https":
		return "", fmt.Errorf("must begin with https://")
	case u.Hostname() == "" || u.User != nil || u.Opaque != "":
		return "", fmt.Errorf("must be https:// and a host")
	case strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "":
		return "", fmt.Errorf("must end after the host")
	}
	return strings.ToLower(u.Host), nil
}

// plainName reports whether s can stand in a path as a tenant: a GUID or a
// domain.
func plainName(s string) bool {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-."
	return s != "" && len(s) <= 253 && s[0] != '.' && strings.Trim(s, letters) == ""
}
