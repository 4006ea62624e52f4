package app_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/app"
	"github.com/cordonhq/cordon/internal/microsoft"
)

// A secret, or the key that opens it, that cannot be had at the start is asked
// for again, and opens its tenant without a restart.
func TestSecretArrives(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		file  string
		store bool
	}{"of a tenant of the file": {"secret", false}, "the key of stored ones": {"key", true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, "empty", tenantYAML{})
			if tt.store {
				w.moveToStore()
			}
			file := filepath.Join(filepath.Dir(w.file), tt.file)
			text, err := os.ReadFile(file)
			if err = errors.Join(err, os.Remove(file)); err != nil {
				t.Fatal(err)
			}
			now := time.Now()
			client := w.enter(func() time.Time { return now })
			for _, step := range []struct {
				after  time.Duration
				opens  bool
				arrive bool // after the step
			}{{0, false, true}, {30 * time.Second, false, false}, {31 * time.Second, true, false}} {
				now = now.Add(step.after)
				_, err := client.TokenInfo(t.Context(), microsoft.ResourceGraph)
				missing := errors.Is(err, cordon.ErrCredential) && strings.Contains(err.Error(), file+": no such file")
				if step.opens != (err == nil) || step.opens == missing {
					t.Errorf("%s later: got %v", step.after, err)
				}
				if step.arrive {
					w.write(file, string(text))
				}
			}
			if kind := client.Credential().Kind; kind != microsoft.KindSecret {
				t.Errorf("the credential is a %s", kind)
			}
		})
	}
}

// enter enters the only tenant.
func (w *world) enter(now func() time.Time) *microsoft.Client {
	w.t.Helper()
	c := w.enlisted()
	picked, err := c.Select(app.Selection{})
	if err != nil {
		w.t.Fatal(err)
	}
	tenants, done, err := c.Enter(w.t.Context(), picked, app.Options{Now: now})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(done)
	return tenants[0].Client
}
