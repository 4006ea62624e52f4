package store

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
)

// sqlitePath reads the file out of a storage address. Whatever links lead to
// it, it is the file itself, so that two addresses of one store are one.
func sqlitePath(rawURL string) (string, error) {
	u, err := url.Parse(rawURL)
	if err != nil {
		return "", fmt.Errorf("store: address %q: %w", rawURL, err)
	}
	path := u.Host + u.Path // sqlite://cordon.db is relative, sqlite:///var/cordon.db is not
	if u.Scheme != "sqlite" || path == "" {
		return "", fmt.Errorf("store: address %q is not of the form sqlite:///path/cordon.db", rawURL)
	}
	return resolved(path)
}

// resolved follows the links of a path. Of a file that is not there yet those
// of its folder are; a link that leads nowhere is an error, for what it led to
// may have been a store.
func resolved(path string) (string, error) {
	real, err := filepath.EvalSymlinks(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return real, err
	}
	if info, err := os.Lstat(path); err == nil && info.Mode()&fs.ModeSymlink != 0 {
		return "", fmt.Errorf("store: %s is a link to a file that is not there: put the file back, or remove the link", path)
	}
	folder, err := filepath.EvalSymlinks(filepath.Dir(path))
	if errors.Is(err, fs.ErrNotExist) {
		return path, nil // checkFolder says so
	}
	return filepath.Join(folder, filepath.Base(path)), err
}
