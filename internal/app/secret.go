package app

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// A SecretRef says where a secret is: env:NAME or file:PATH. It never holds
// the secret itself, and does not print.
type SecretRef struct {
	ref  string
	base string // folder that relative files are relative to
}

// notRef stands for what was written where a reference belongs.
const notRef = "?"

// UnmarshalYAML takes a reference. Anything else may be a secret itself and
// is not kept: check refuses it, with its place.
func (r *SecretRef) UnmarshalYAML(unmarshal func(any) error) error {
	var s string
	if err := unmarshal(&s); err != nil {
		r.ref = notRef
		return nil //nolint:nilerr // the error may repeat what was written
	}
	if r.ref = s; r.check() != nil && s != "" {
		r.ref = notRef
	}
	return nil
}

// String names the reference's kind only.
func (r SecretRef) String() string {
	kind, _, ok := strings.Cut(r.ref, ":")
	if !ok || kind != "env" && kind != "file" {
		return "[secret]"
	}
	return kind + ":[…]"
}

// Format keeps every verb from printing the fields.
func (r SecretRef) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, r.String()) }

func (r SecretRef) check() error {
	kind, rest, _ := strings.Cut(r.ref, ":")
	switch {
	case r.ref == "":
		return errors.New("is missing: write env:NAME or file:PATH")
	case kind != "env" && kind != "file", rest == "":
		return errors.New("must be env:NAME or file:PATH, never the secret itself")
	}
	return nil
}

// Reveal returns the secret. The error names the place, never the content.
func (r SecretRef) Reveal() (string, error) {
	if err := r.check(); err != nil {
		return "", fmt.Errorf("secret %w", err)
	}
	kind, place, _ := strings.Cut(r.ref, ":")
	if kind == "env" {
		if s := os.Getenv(place); s != "" {
			return s, nil
		}
		return "", fmt.Errorf("secret: the environment variable %s is empty", place)
	}
	if !filepath.IsAbs(place) {
		place = filepath.Join(r.base, place)
	}
	b, err := os.ReadFile(place)
	if err != nil {
		return "", fmt.Errorf("secret: %w", err)
	}
	if s := strings.TrimRight(string(b), "\r\n"); s != "" {
		return s, nil
	}
	return "", fmt.Errorf("secret: the file %s is empty", place)
}
