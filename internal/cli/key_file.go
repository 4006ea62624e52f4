package cli

import (
	"errors"
	"os"
	"path/filepath"
)

// fill writes a new file to its end, and has it on disk before anything is
// sealed with the key in it: without the key, what was sealed is lost.
func fill(f *os.File, b []byte) error {
	_, err := f.Write(b)
	return errors.Join(err, f.Sync(), f.Close(), syncFolder(filepath.Dir(f.Name())))
}

// replace puts a new file in the place of the one at path, at once, for half a
// key opens nothing. Whoever could read the old one, such as the user that
// serve runs as, can read the new one, and nobody else.
func replace(path string, b []byte) error {
	path, err := filepath.EvalSymlinks(path)
	if err != nil {
		return err
	}
	old, err := os.Stat(path)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".key-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }() // nothing is there once it has moved
	if err := errors.Join(own(f, old), f.Chmod(old.Mode().Perm()), fill(f, b)); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}
