//go:build unix

package store

import (
	"os"
	"syscall"
)

// links is how many names a file has on its disk; 0 when it is not there.
func links(path string) uint64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	if sys, ok := info.Sys().(*syscall.Stat_t); ok {
		return uint64(sys.Nlink) //nolint:unconvert // narrower on some systems
	}
	return 1
}
