//go:build !unix

package store

// links is how many names a file has on its disk; here nobody says so.
func links(string) uint64 { return 1 }
