package seal_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/cordonhq/cordon/internal/seal"
)

func newKey(t *testing.T) ([]byte, *seal.Key) {
	t.Helper()
	set, err := seal.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	key, err := seal.Parse(set)
	if err != nil {
		t.Fatal(err)
	}
	return set, key
}

// What was sealed opens with its key and about its tenant alone.
func TestOpenNeedsKeyAndTenant(t *testing.T) {
	t.Parallel()
	_, key := newKey(t)
	_, other := newKey(t)
	sealed, err := key.Seal([]byte("canary-secret"), "contoso")
	if err != nil || bytes.Contains(sealed, []byte("canary")) {
		t.Fatalf("sealed %q, error %v", sealed, err)
	}
	if got, err := key.Open(sealed, "contoso"); err != nil || string(got) != "canary-secret" {
		t.Errorf("got %q, error %v", got, err)
	}
	changed := bytes.Clone(sealed)
	changed[len(changed)-1] ^= 1
	tests := []struct {
		name   string
		key    *seal.Key
		sealed []byte
		about  string
	}{
		{"another key", other, sealed, "contoso"},
		{"another tenant", key, sealed, "fabrikam"},
		{"changed", key, changed, "contoso"},
		{"cut", key, sealed[:4], "contoso"},
		{"nothing", key, nil, "contoso"},
	}
	for _, tt := range tests {
		if got, err := tt.key.Open(tt.sealed, tt.about); err == nil {
			t.Errorf("%s: opened to %q", tt.name, got)
		}
	}
}

// After a rotation old seals still open, and new ones do not open with the
// old set.
func TestRotate(t *testing.T) {
	t.Parallel()
	set, old := newKey(t)
	before, err := old.Seal([]byte("s"), "a")
	if err != nil {
		t.Fatal(err)
	}
	rotated, err := seal.Rotate(set)
	if err != nil {
		t.Fatal(err)
	}
	key, err := seal.Parse(rotated)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := key.Open(before, "a"); err != nil || string(got) != "s" {
		t.Errorf("old seal: %q, %v", got, err)
	}
	after, err := key.Seal([]byte("s"), "a")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := old.Open(after, "a"); err == nil {
		t.Error("the old key set opens what the new key sealed")
	}
}

// A key that is none is refused without being repeated, and a key prints
// nothing of itself.
func TestKeysAreNotTold(t *testing.T) {
	t.Parallel()
	for _, set := range []string{"", "canary", `{"key":[{"keyData":{"value":"canary"}}]}`} {
		if _, err := seal.Parse([]byte(set)); err == nil || strings.Contains(err.Error(), "canary") {
			t.Errorf("%q: error %v", set, err)
		}
	}
	set, key := newKey(t)
	value := strings.Split(string(set), `"`)
	printed := fmt.Sprintf("%v %+v %#v", key, key, key)
	for _, part := range value {
		if len(part) > 20 && strings.Contains(printed, part) {
			t.Errorf("printing shows %q", part)
		}
	}
}
