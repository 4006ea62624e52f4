package cli

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/cordonhq/cordon/internal/seal"
)

// A rotated key stands where the old one stood and is read by whom the old one
// was read by; what a rotation that broke off has left does not matter.
func TestKeyRotate(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file, link := filepath.Join(dir, "key.json"), filepath.Join(dir, "link")
	run := func(args ...string) {
		t.Helper()
		if got := Main(t.Context(), args, &Deps{Out: io.Discard, Err: io.Discard}); got != exitOK {
			t.Fatalf("%q: exit %d", args, got)
		}
	}
	run("key", "create", file)
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("created %v, %v", info, err)
	}
	before := parseKey(t, file)
	sealed, err := before.Seal([]byte("canary"), "a")
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{
		os.Symlink("key.json", link),
		os.WriteFile(file+".new", nil, 0o666),
		os.Chmod(file+".new", 0o666), //nolint:gosec // that is what is tried
		os.Chmod(file, 0o640),        //nolint:gosec // the group of serve reads it
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range []string{file, link} {
		run("key", "rotate", path)
		if info, err := os.Lstat(file); err != nil || info.Mode() != 0o640 {
			t.Errorf("%s: the key is %v, %v", path, info.Mode(), err)
		}
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is %v, %v", info, err)
	}
	if got, err := parseKey(t, file).Open(sealed, "a"); err != nil || string(got) != "canary" {
		t.Errorf("opened %q, %v", got, err)
	}
	again, err := parseKey(t, file).Seal([]byte("canary"), "a")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := before.Open(again, "a"); err == nil {
		t.Errorf("the old key opens %q", got)
	}
	if left, err := filepath.Glob(filepath.Join(dir, ".key-*")); err != nil || len(left) != 0 {
		t.Errorf("left behind %q, %v", left, err)
	}
}

func parseKey(t *testing.T, file string) *seal.Key {
	t.Helper()
	set, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	key, err := seal.Parse(set)
	if err != nil {
		t.Fatal(err)
	}
	return key
}
