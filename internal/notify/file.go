package notify

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"sync"

	"github.com/cordonhq/cordon"
)

// File appends each notice to a file as one line of JSON.
type File struct {
	mu   sync.Mutex
	path string
}

// NewFile returns a channel that appends to the file at path. The file is
// opened for each notice, so that it may be rotated.
func NewFile(path string) *File { return &File{path: path} }

// Name returns the address of the file.
func (f *File) Name() string { return "file:" + f.path }

// Send appends the notice and makes sure that it is on disk.
func (f *File) Send(_ context.Context, n cordon.Notice) (err error) {
	line, err := json.Marshal(n)
	if err != nil {
		return fmt.Errorf("notify: %w", err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	file, err := os.OpenFile(f.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("notify: %w", err)
	}
	defer func() {
		if closed := file.Close(); err == nil {
			err = closed
		}
	}()
	if _, err := file.Write(append(cordon.EscapeJSON(line), '\n')); err != nil {
		return fmt.Errorf("notify: %w", err)
	}
	return file.Sync()
}
