package microsoft

import (
	"fmt"
	"testing"
	"time"
)

// An end is told of a secret alone, and never of the credential it was made
// from: one secret may serve tenants that know more than others.
func TestUntil(t *testing.T) {
	t.Parallel()
	end := time.Date(2027, 1, 31, 0, 0, 0, 0, time.FixedZone("east", 3600))
	plain := NewSecretCredential("hunter2")
	told := plain.Until(end)
	if got, ok := told.Expires(); !ok || !got.Equal(end) || got.Location() != time.UTC || told.Kind() != KindSecret || told.empty() {
		t.Errorf("%s expires %s, %v", told, got, ok)
	}
	if text := fmt.Sprintf("%v %+v %#v", told, told, told); text != "secret credential secret credential secret credential" {
		t.Errorf("printed as %s", text)
	}
	if _, ok := plain.Expires(); ok {
		t.Error("the credential that it was made from has an end as well")
	}
	cert := testCertificate(t)
	own, _ := cert.Expires()
	if got, ok := cert.Until(end).Expires(); !ok || !got.Equal(own) || got.Equal(end) {
		t.Errorf("a certificate took another end: %s, its own is %s", got, own)
	}
	for _, c := range []Credential{{}, NewManagedIdentityCredential(""), NewAzureCLICredential(), NewBrowserCredential()} {
		if got, ok := c.Until(end).Expires(); ok {
			t.Errorf("%s ends at %s", c, got)
		}
	}
	client := &Client{core: core{cred: cert.way}}
	if got, want := client.Credential(), (CredentialInfo{Kind: KindCertificate, Expires: own, Thumbprint: cert.Thumbprint()}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
