//go:build !unix

package cli

import "os"

// own leaves f to the folder, which says who may read what is in it.
func own(*os.File, os.FileInfo) error { return nil }

// syncFolder leaves it to the file system, which keeps a journal of names.
func syncFolder(string) error { return nil }
