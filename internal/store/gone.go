package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// ErrGone says that a store is no longer the one that was opened. Nothing more
// may be done: what was done would stand in no audit.
var ErrGone = errors.New("the store is no longer the one that Cordon opened: nothing more is read or done until it is put back and cordon is started again")

// An openedFile is a file as it was when the store was opened.
type openedFile struct {
	path string
	info os.FileInfo
}

// openedFiles notes files; those that are not there are not opened.
func openedFiles(paths ...string) (files []openedFile, err error) {
	for _, path := range paths {
		info, err := os.Stat(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		files = append(files, openedFile{path, info})
	}
	return files, nil
}

// Gone returns ErrGone when the database's file or its lock was deleted, moved
// or replaced since the store was opened. The files are only looked at: to open
// and close one would drop SQLite's locks on it.
func (s *Store) Gone() error {
	for _, f := range s.opened {
		info, err := os.Stat(f.path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return fmt.Errorf("%s was deleted or moved: %w", f.path, ErrGone)
		case err != nil:
			return fmt.Errorf("%w: %w", err, ErrGone)
		case !os.SameFile(info, f.info):
			return fmt.Errorf("%s was replaced by another file: %w", f.path, ErrGone)
		}
	}
	return nil
}
