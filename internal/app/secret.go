package app

import (
	"errors"
	"fmt"
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

// UnmarshalYAML takes a reference and refuses anything that may be a secret
// itself, without repeating it.
func (r *SecretRef) UnmarshalYAML(unmarshal func(any) error) error {
	var s string
	if err := unmarshal(&s); err != nil {
		return errors.New("a secret is a reference: env:NAME or file:PATH")
	}
	r.ref = s
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

// GoString keeps %#v from printing the fields.
func (r SecretRef) GoString() string { return r.String() }

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
