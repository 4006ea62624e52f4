package cordon_test

import (
	"testing"

	"github.com/cordonhq/cordon"
)

func TestTenantMatchesAndTagged(t *testing.T) {
	t.Parallel()
	tenant := cordon.Tenant{ID: "588d7c15-8565-448e-bc2d-57f2b7c4c58a", Name: "Contoso-East", Tags: map[string]string{"ring": "canary", "size": "[xl]"}}
	names := map[string]bool{
		"588D7C15-8565-448e-bc2d-57f2b7c4c58a": true, "contoso-east": true, "contoso-*": true, "CONTOSO-?ast": true, "588d*": true, "*": true,
		"contoso": false, "": false, "fabrikam*": false, "[": false, "contoso-[a-d]ast": false, "contoso-[d-f]ast": true,
	}
	for pattern, want := range names {
		if got := tenant.Matches(pattern); got != want {
			t.Errorf("Matches(%q) = %v, want %v", pattern, got, want)
		}
	}
	tags := map[string]bool{
		"ring": true, "ring=canary": true, "ring=c*": true, "ring=": false, "ring=wide": false, "Ring": false,
		"owner": false, "owner=*": false, "": false, "size=[xl]": true,
	}
	for tag, want := range tags {
		if got := tenant.Tagged(tag); got != want {
			t.Errorf("Tagged(%q) = %v, want %v", tag, got, want)
		}
	}
	if (cordon.Tenant{ID: "x"}).Matches("") {
		t.Error("a tenant without a name matches nothing")
	}
}

func TestTenantLabel(t *testing.T) {
	t.Parallel()
	const id, other = "588d7c15-8565-448e-bc2d-57f2b7c4c58a", "0f3a1c9e-8565-448e-bc2d-57f2b7c4c58a"
	tests := []struct {
		name   string
		entity cordon.Entity
		want   string
	}{
		{"contoso", cordon.NewTenantEntity(id), "contoso (" + id + ")"},
		{"", cordon.NewTenantEntity(id), id},
		{id, cordon.NewTenantEntity(id), id},
		{"contoso", cordon.NewTenantEntity(other), other},
		{"contoso", cordon.NewUser(id, "", ""), id},
		{"contoso", cordon.NewUser(id, "ada@contoso.com", ""), "ada@contoso.com"},
	}
	for _, tt := range tests {
		if got := (cordon.Tenant{ID: id, Name: tt.name}).Label(tt.entity); got != tt.want {
			t.Errorf("%v of %q: got %q, want %q", tt.entity, tt.name, got, tt.want)
		}
	}
}
