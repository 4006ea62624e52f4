package app

import (
	"testing"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/store"
)

// A tenant that shares the app is entered with the app as it is configured
// now, also when it was another when the tenant consented.
func TestSharedAppIsThatOfToday(t *testing.T) {
	t.Setenv("SHARED", "s3cret~")
	c := &Config{App: App{Credential: Credential{ClientID: guidB, Secret: SecretRef{ref: "env:SHARED"}}}}
	o := store.Onboarded{Tenant: cordon.Tenant{ID: guidA, Name: "contoso", ClientID: guidA, Mode: cordon.ModeObserve}, Credential: store.CredentialApp}
	c.Tenants = []TenantConfig{enlisted(o)}
	e, err := c.entrance(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.hub.Close()
	got, err := e.tenants(t.Context(), c.Tenants)
	if err != nil || len(got) != 1 || got[0].ClientID != guidB {
		t.Errorf("got %+v, error %v", got, err)
	}
}
