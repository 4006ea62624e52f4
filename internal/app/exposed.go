package app

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// Exposed tells of each file with a secret that everyone on this machine can
// read. It is no error: where only one program runs, as in a container,
// secrets are often given so.
func (c *Config) Exposed() (found []string) {
	if runtime.GOOS == "windows" { // its permissions are not in these bits
		return nil
	}
	for _, r := range c.references() {
		file, ok := r.ref.file()
		if !ok {
			continue
		}
		info, err := os.Stat(file)
		if err != nil || info.Mode().Perm()&0o004 == 0 {
			continue
		}
		text := fmt.Sprintf("%s: everyone on this machine can read %s (mode %04o): chmod 600 %s", r.key, file, info.Mode().Perm(), file)
		if !slices.ContainsFunc(found, func(f string) bool { return strings.HasSuffix(f, "chmod 600 "+file) }) {
			found = append(found, text)
		}
	}
	return found
}

// A reference is a place of a secret, and the key that names it.
type reference struct {
	key string
	ref SecretRef
}

// references are all that the configuration names.
func (c *Config) references() (all []reference) {
	credential := func(key string, c Credential) {
		all = append(all, reference{key + ".certificate", c.Certificate}, reference{key + ".password", c.Password},
			reference{key + ".secret", c.Secret}, reference{key + ".federated_token", c.FederatedToken})
	}
	credential("app", c.App.Credential)
	for _, t := range c.Tenants {
		credential("tenant "+t.Name+": credential", t.Credential)
	}
	all = append(all, reference{"secrets.key", c.Secrets.Key})
	for i, w := range c.Notify.Webhooks {
		key := fmt.Sprintf("notify.webhooks[%d]", i)
		all = append(all, reference{key + ".url", w.URL}, reference{key + ".secret", w.Secret})
	}
	return all
}

// file returns the file that a reference names.
func (r SecretRef) file() (string, bool) {
	path, ok := strings.CutPrefix(r.ref, "file:")
	if ok && !filepath.IsAbs(path) {
		path = filepath.Join(r.base, path)
	}
	return path, ok && path != ""
}
