package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"
	"syscall"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/gofrs/flock"
)

// A Holder says who works on a store.
type Holder struct {
	Command string    `json:"command"`
	PID     int       `json:"pid"`
	Host    string    `json:"host"`
	Since   time.Time `json:"since"`
}

// Hold makes the caller the one engine of the store until release is called
// or the process ends, however it ends. When another holds it, the error says
// who and since when, and is cordon.ErrHeldElsewhere.
func Hold(rawURL string, h Holder) (release func() error, err error) {
	path, err := sqlitePath(rawURL)
	if err != nil {
		return nil, err
	}
	if err := checkFolder(path); err != nil {
		return nil, err
	}
	if n := links(path); n > 1 {
		return nil, fmt.Errorf("store: %s has %d names on this disk (hard links), and another engine may work on it by another of them: leave it one", path, n)
	}
	lock := flock.New(path + ".lock")
	got, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("store: lock %s: %w", path, err)
	}
	if !got {
		return nil, fmt.Errorf("%w: %s", cordon.ErrHeldElsewhere, describe(path+".holder"))
	}
	b, err := json.Marshal(h)
	if err == nil {
		err = os.WriteFile(path+".holder", b, 0o600)
	}
	if err != nil {
		return nil, fmt.Errorf("store: write holder: %w", err)
	}
	return func() error { return errors.Join(os.Remove(path+".holder"), lock.Unlock()) }, nil
}

// Held reports whether a process of this machine works on the store, as far as
// one can tell without touching its lock: what a holder wrote down is gone
// once it has ended, and its process is when it was killed. A holder on
// another machine is believed.
func Held(rawURL string) bool {
	path, err := sqlitePath(rawURL)
	if err != nil {
		return false
	}
	var h Holder
	b, err := os.ReadFile(path + ".holder")
	if err != nil || json.Unmarshal(b, &h) != nil {
		return false
	}
	if host, err := os.Hostname(); err == nil && host != h.Host {
		return true
	}
	return alive(h.PID)
}

// alive reports whether a process runs.
func alive(pid int) bool {
	p, err := os.FindProcess(pid)
	if err != nil {
		return false
	}
	if runtime.GOOS == "windows" { // it is found only when it runs
		return true
	}
	err = p.Signal(syscall.Signal(0))
	return err == nil || errors.Is(err, syscall.EPERM)
}

// describe says who holds the store, as far as its holder wrote it down.
func describe(file string) string {
	var h Holder
	b, err := os.ReadFile(file)
	if err != nil || json.Unmarshal(b, &h) != nil {
		return "by a process that left no name"
	}
	return fmt.Sprintf("cordon %s (process %d on %s) since %s: wait for it to end, or stop it",
		h.Command, h.PID, h.Host, h.Since.UTC().Format(time.RFC3339))
}
