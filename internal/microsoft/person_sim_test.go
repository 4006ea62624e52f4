package microsoft_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/microsoft"
	"github.com/cordonhq/cordon/internal/sim"
)

// A person signs in once with a code, for both services; what follows is
// silent, until the session is revoked.
func TestDeviceCodeCredential(t *testing.T) {
	t.Parallel()
	s := newStage(t, sim.Options{})
	var shown []microsoft.DeviceCode
	accept, decline := true, false
	cred := microsoft.NewDeviceCodeCredential(func(_ context.Context, d microsoft.DeviceCode) error {
		shown = append(shown, d)
		if !accept {
			return errors.New("nobody is here")
		}
		return s.CompleteDevice(d.UserCode, "", decline)
	})
	c := s.client(t, s.tenant(0), cred)
	enters(t, c, "public")
	info, err := c.TokenInfo(t.Context(), microsoft.ResourceGraph)
	if err != nil || len(info.Roles) != 0 || len(info.Scopes) == 0 || info.Object == "" {
		t.Errorf("a person's token: %+v, %v", info, err)
	}
	if len(shown) != 1 || !strings.Contains(shown[0].Message, shown[0].UserCode) || !strings.HasPrefix(shown[0].VerificationURL, s.info.LoginURL) {
		t.Fatalf("shown: %+v", shown)
	}
	// The cloud's clock makes the token old, where the SDK's says it is young.
	s.ahead.Add(int64(2 * time.Hour))
	if _, err := c.Users.Count(t.Context()); err != nil || len(shown) != 1 {
		t.Errorf("renewal: %v, shown %d times", err, len(shown))
	}
	twin := s.client(t, s.tenant(0), cred)
	if err := twin.CheckToken(t.Context(), microsoft.ResourceGraph); err != nil || len(shown) != 1 {
		t.Errorf("another client of the tenant: %v, shown %d times", err, len(shown))
	}
	// A revoked session wants the person again. Nobody is there.
	s.ahead.Add(int64(2 * time.Hour))
	object := fmt.Sprintf(`{"id":%q,"signInSessionsValidFromDateTime":%q}`, info.Object, s.now().Add(-time.Minute).UTC().Format(time.RFC3339))
	if err := s.Inject("", "users", []byte(object)); err != nil {
		t.Fatal(err)
	}
	accept = false
	_, err = c.Users.Count(t.Context())
	if !errors.Is(err, cordon.ErrCredential) || !strings.Contains(err.Error(), "nobody is here") || len(shown) != 2 {
		t.Errorf("revoked: got %v, shown %d times", err, len(shown))
	}
	accept, decline = true, true
	s.ahead.Add(int64(time.Minute))
	if err := c.CheckToken(t.Context(), microsoft.ResourceGraph); !errors.Is(err, cordon.ErrCredential) || !strings.Contains(err.Error(), "declined") {
		t.Errorf("declined: got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cred = microsoft.NewDeviceCodeCredential(func(context.Context, microsoft.DeviceCode) error { cancel(); return nil })
	if err := s.client(t, s.tenant(0), cred).CheckToken(ctx, microsoft.ResourceGraph); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled while waiting: got %v", err)
	}
}

// Many callers that need a person ask that person once.
func TestPersonIsAskedOnce(t *testing.T) {
	t.Parallel()
	s := newStage(t, sim.Options{})
	shown := 0
	cred := microsoft.NewDeviceCodeCredential(func(_ context.Context, d microsoft.DeviceCode) error {
		shown++
		return s.CompleteDevice(d.UserCode, "", false)
	})
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			resource := []microsoft.Resource{microsoft.ResourceGraph, microsoft.ResourceDefender}[i%2]
			if err := s.client(t, s.tenant(0), cred).CheckToken(t.Context(), resource); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if shown != 1 {
		t.Errorf("asked %d times", shown)
	}
}

// script puts a command on the PATH that does what the text says.
func script(t *testing.T, name, text string) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("scripts are of a shell")
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+text+"\n"), 0o700); err != nil { //nolint:gosec // it must run
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
}

// TestBrowserCredential signs in with a browser that is this test's program.
func TestBrowserCredential(t *testing.T) {
	if page := os.Getenv("CORDON_TEST_PAGE_CA"); page != "" {
		t.Skip("this is the browser")
	}
	if runtime.GOOS != "linux" {
		t.Skip("other systems open browsers in other ways")
	}
	s := newStage(t, sim.Options{})
	t.Setenv("CORDON_TEST_PAGE_CA", s.info.CAFile)
	script(t, "xdg-open", fmt.Sprintf("CORDON_TEST_PAGE=\"$1\" exec %q -test.run='^TestBrowserOpensPage$'", os.Args[0]))
	cred := microsoft.NewBrowserCredential()
	enters(t, s.client(t, s.tenant(0), cred), "public")
}

// TestBrowserCredentialRefused is a browser that cannot be opened, and a
// person who declines in it: neither is an answer of sign-in to us.
func TestBrowserCredentialRefused(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("other systems open browsers in other ways")
	}
	s := newStage(t, sim.Options{})
	t.Setenv("CORDON_TEST_PAGE_CA", s.info.CAFile)
	refused := func(says string) {
		t.Helper()
		err := s.client(t, s.tenant(0), microsoft.NewBrowserCredential()).CheckToken(t.Context(), microsoft.ResourceGraph)
		if !errors.Is(err, cordon.ErrCredential) || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), "device_code") {
			t.Errorf("got %v; want it to say %q and what to do", err, says)
		}
	}
	if err := s.SetBrowser(sim.Browser{Decline: true}); err != nil {
		t.Fatal(err)
	}
	script(t, "xdg-open", fmt.Sprintf("CORDON_TEST_PAGE=\"$1\" exec %q -test.run='^TestBrowserOpensPage$'", os.Args[0]))
	refused("declined")
	t.Setenv("PATH", t.TempDir())
	refused("executable file not found")
}

// TestAzureCLICredential gets tokens from a command that plays az.
func TestAzureCLICredential(t *testing.T) {
	s := newStage(t, sim.Options{})
	for _, tt := range []struct {
		name, script, says string
		want               error
	}{
		{"not signed in", "echo 'Please run az login to setup account. eyJhbGciOiJub25lIn0.e30.canary' >&2; exit 1", "az login", cordon.ErrCredential},
		{"not installed", "exit 127", "not found", cordon.ErrCredential},
		{"nonsense", "echo '<html>canary'", "azure_cli", cordon.ErrCredential},
	} {
		t.Run(tt.name, func(t *testing.T) {
			script(t, "az", tt.script)
			err := s.client(t, cordon.Tenant{ID: s.info.Tenants[0].ID}, microsoft.NewAzureCLICredential()).CheckToken(t.Context(), microsoft.ResourceGraph)
			if !errors.Is(err, tt.want) || strings.Contains(err.Error(), "canary") {
				t.Errorf("got %v", err)
			}
			if tt.name != "nonsense" && !strings.Contains(err.Error(), tt.says) {
				t.Errorf("got %v; want it to say %q", err, tt.says)
			}
		})
	}
	t.Run("signed in", func(t *testing.T) {
		// The arguments tell the tenant and the resource that was asked for.
		claims := base64.RawURLEncoding.EncodeToString([]byte(`{"tid":"` + s.info.Tenants[0].ID + `","scp":"User.Read.All"}`))
		script(t, "az", `case "$*" in *"--resource https://graph.microsoft.com --tenant `+s.info.Tenants[0].ID+`"*) ;; *) echo "asked with $*" >&2; exit 1;; esac
printf '{"accessToken":"eyJhbGciOiJub25lIn0.`+claims+`.s","expires_on":%d}' $(($(date +%s) + 3600))`)
		c := s.client(t, cordon.Tenant{ID: s.info.Tenants[0].ID}, microsoft.NewAzureCLICredential())
		info, err := c.TokenInfo(t.Context(), microsoft.ResourceGraph)
		if err != nil || info.Tenant != s.info.Tenants[0].ID || strings.Join(info.Scopes, " ") != "User.Read.All" {
			t.Errorf("got %+v, %v", info, err)
		}
	})
	if s.logins() != 0 {
		t.Error("the login host was asked")
	}
}

// TestManagedIdentityCredential gets tokens from the endpoint of the machine.
func TestManagedIdentityCredential(t *testing.T) {
	s := newStage(t, sim.Options{Tenants: 2})
	t.Setenv("IDENTITY_ENDPOINT", s.info.ControlURL+"/identity")
	t.Setenv("IDENTITY_HEADER", "here")
	tenant := cordon.Tenant{ID: s.info.Tenants[0].ID}
	enters(t, s.client(t, tenant, microsoft.NewManagedIdentityCredential("")), "certificate")
	named := s.client(t, cordon.Tenant{ID: s.info.Tenants[1].ID}, microsoft.NewManagedIdentityCredential(s.info.Tenants[1].ClientID))
	if org, err := named.Organization(t.Context()); err != nil || org.ID != s.info.Tenants[1].ID {
		t.Errorf("an identity by name: %+v, %v", org, err)
	}
	unknown := s.client(t, tenant, microsoft.NewManagedIdentityCredential("99999999-9999-4999-8999-999999999999"))
	if err := unknown.CheckToken(t.Context(), microsoft.ResourceGraph); !errors.Is(err, cordon.ErrCredential) {
		t.Errorf("an unknown identity: got %v", err)
	}
	if s.logins() != 0 {
		t.Error("the login host was asked")
	}
}

// An identity of one tenant that is configured for another opens nothing:
// what it did would be done elsewhere.
func TestManagedIdentityOfAnotherTenant(t *testing.T) {
	s := newStage(t, sim.Options{Tenants: 2})
	t.Setenv("IDENTITY_ENDPOINT", s.info.ControlURL+"/identity")
	t.Setenv("IDENTITY_HEADER", "here")
	c := s.client(t, cordon.Tenant{ID: s.info.Tenants[1].ID}, microsoft.NewManagedIdentityCredential(s.info.Tenants[0].ClientID))
	if _, err := c.Organization(t.Context()); !errors.Is(err, cordon.ErrCredential) || !strings.Contains(err.Error(), "of another tenant: "+s.info.Tenants[0].ID) {
		t.Errorf("got %v", err)
	}
	if len(s.calls) != 0 {
		t.Errorf("called %+v", s.calls)
	}
}
