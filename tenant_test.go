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
