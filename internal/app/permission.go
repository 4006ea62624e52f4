package app

import (
	"slices"
	"strings"

	"github.com/cordonhq/cordon/internal/microsoft"
)

// A Need is a permission that features take, and for what.
type Need struct {
	Resource   microsoft.Resource
	Permission string
	Features   []string
	Wire       []string // the calls that need it
}

// Needs returns the permissions that features take, least privileged, each
// once. They come from the comments of the client's own methods.
func Needs(features []Feature) []Need {
	var needs []Need
	for _, f := range features {
		for _, doc := range f.docs() {
			for _, permission := range doc.Needs {
				needs = noteNeed(needs, f.Name, doc, permission)
			}
		}
	}
	slices.SortFunc(needs, func(a, b Need) int {
		return strings.Compare(string(b.Resource)+a.Permission, string(a.Resource)+b.Permission) // Graph before Defender
	})
	return needs
}

func noteNeed(needs []Need, feature string, doc microsoft.CallDoc, permission string) []Need {
	i := slices.IndexFunc(needs, func(n Need) bool { return n.Resource == doc.Resource && n.Permission == permission })
	if i < 0 {
		i = len(needs)
		needs = append(needs, Need{Resource: doc.Resource, Permission: permission})
	}
	n := &needs[i]
	if !slices.Contains(n.Features, feature) {
		n.Features = append(n.Features, feature)
	}
	for _, wire := range doc.Wire {
		if !slices.Contains(n.Wire, wire) {
			n.Wire = append(n.Wire, wire)
		}
	}
	return needs
}

// docs are what the client says about the calls of a feature.
func (f Feature) docs() (docs []microsoft.CallDoc) {
	for _, doc := range microsoft.Calls() {
		if slices.Contains(f.Calls, doc.Service+"."+doc.Method) {
			docs = append(docs, doc)
		}
	}
	return docs
}

// missing returns the needs that are not granted.
func missing(needs []Need, granted map[microsoft.Resource][]string) (lacking []Need) {
	for _, n := range needs {
		if !microsoft.Covered(n.Permission, granted[n.Resource]) {
			lacking = append(lacking, n)
		}
	}
	return lacking
}

// A Manifest is the part of an app's registration that lists what it asks
// for, as the portal's manifest and the API take it.
type Manifest []ResourceAccess

// ResourceAccess is what an app asks of one API.
type ResourceAccess struct {
	ResourceAppID  string       `json:"resourceAppId"`
	ResourceAccess []Permission `json:"resourceAccess"`
}

// A Permission is an application permission by its id.
type Permission struct {
	ID   string `json:"id"`
	Type string `json:"type"` // always "Role": a permission of the app itself
}

// NewManifest returns the manifest of needs, and the names of those whose ids
// are not known. ids has more ids, by resource and name, such as those that
// were read from a tenant.
func NewManifest(needs []Need, ids func(microsoft.Resource, string) (string, bool)) (m Manifest, unknown []string) {
	m = Manifest{}
	for _, n := range needs {
		id, ok := ids(n.Resource, n.Permission)
		if !ok {
			unknown = append(unknown, n.Permission)
			continue
		}
		app := microsoft.ResourceAppID(n.Resource)
		if len(m) == 0 || m[len(m)-1].ResourceAppID != app {
			m = append(m, ResourceAccess{ResourceAppID: app})
		}
		last := &m[len(m)-1]
		last.ResourceAccess = append(last.ResourceAccess, Permission{ID: id, Type: "Role"})
	}
	return m, unknown
}

// PublishedIDs knows the ids that Microsoft publishes: those of Graph.
func PublishedIDs(r microsoft.Resource, permission string) (string, bool) {
	if r != microsoft.ResourceGraph {
		return "", false
	}
	return microsoft.PermissionID(permission)
}
