package store

import (
	"bytes"
	"crypto/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Items as they came are read back byte by byte, whatever they are.
func TestRawComesBack(t *testing.T) {
	t.Parallel()
	c, err := newRawCodec()
	if err != nil {
		t.Fatal(err)
	}
	noise := make([]byte, 10_000)
	if _, err := rand.Read(noise); err != nil {
		t.Fatal(err)
	}
	for _, raw := range [][]byte{nil, []byte("null"), []byte(`{"n":1e400}`), noise, []byte(strings.Repeat(`{"a":"ä"}`, 1<<20)), rawDictionary} {
		got, err := c.unpacked(c.packed(raw))
		if err != nil || !bytes.Equal(got, raw) {
			t.Errorf("%d bytes came back as %d, %v", len(raw), len(got), err)
		}
	}
}

// One item alone takes less than half of its size.
func TestRawIsSmall(t *testing.T) {
	t.Parallel()
	c, err := newRawCodec()
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("../../../shared/recorded/*.ndjson")
	if err != nil || len(files) == 0 {
		t.Skip("no recorded items lie beside the project")
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		raw, packed := 0, 0
		for line := range bytes.Lines(b) {
			raw, packed = raw+len(line), packed+len(c.packed(line))
		}
		if 2*packed > raw {
			t.Errorf("%s: %d bytes take %d", filepath.Base(file), raw, packed)
		}
	}
}

// What is not ours is an error, not memory without end.
func FuzzRawUnpacked(f *testing.F) {
	c, err := newRawCodec()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(c.packed([]byte(`{"id":"1"}`)))
	f.Add([]byte("{}"))
	f.Add([]byte{0x28, 0xb5, 0x2f, 0xfd, 0x60})
	f.Fuzz(func(t *testing.T, b []byte) {
		if raw, err := c.unpacked(b); err == nil && len(raw) > maxRaw {
			t.Errorf("%d bytes", len(raw))
		}
	})
}
