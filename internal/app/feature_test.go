package app_test

import (
	"slices"
	"testing"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/action"
	"github.com/cordonhq/cordon/internal/app"
	"github.com/cordonhq/cordon/internal/microsoft"
)

// Every call that a feature names is one that the client documents, every
// source is a feature, and what an action needs is needed by its feature too.
func TestFeaturesNameRealCalls(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	for _, c := range microsoft.Calls() {
		known[c.Service+"."+c.Method] = true
	}
	names := map[string]bool{}
	for _, f := range app.Features() {
		if names[f.Name] || len(f.Calls) == 0 || f.About == "" {
			t.Errorf("%s: named twice, or without calls or words", f.Name)
		}
		names[f.Name] = true
		for _, c := range f.Calls {
			if !known[c] {
				t.Errorf("%s: the client has no call %s", f.Name, c)
			}
		}
	}
	for _, s := range cordon.Sources() {
		if !names[string(s)] && s != cordon.SourceCredential { // it takes nothing but a token
			t.Errorf("the source %s is no feature", s)
		}
	}
}

// A playbook that is on makes the features of its steps used ones.
func TestUsedFollowsPlaybooks(t *testing.T) {
	t.Parallel()
	c := &app.Config{Playbooks: app.Playbooks{On: []string{"contain-token-theft"}}}
	observe, err := c.Used(cordon.ModeObserve)
	if err != nil || slices.Contains(observe, "contain_users") {
		t.Errorf("observe: %q, %v", observe, err)
	}
	enforce, err := c.Used(cordon.ModeEnforce)
	if err != nil || !slices.Contains(enforce, "contain_users") {
		t.Errorf("enforce: %q, %v", enforce, err)
	}
	for _, v := range action.NewSet("") {
		features, err := app.FindFeatures([]string{app.FeatureOf(v.Name)})
		if err != nil {
			t.Errorf("%s belongs to no feature: %v", v.Name, err)
			continue
		}
		needs := app.Needs(features)
		for _, permission := range v.Needs {
			if !slices.ContainsFunc(needs, func(n app.Need) bool { return n.Permission == permission }) {
				t.Errorf("%s needs %s, and its feature %s does not", v.Name, permission, features[0].Name)
			}
		}
	}
}
