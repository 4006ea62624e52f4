package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// A SecretRef says where a secret is: env:NAME, file:PATH, or command:LINE for
// a program that prints it, such as the client of a key service. It never
// holds the secret itself, and does not print.
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
	if !ok || !slices.Contains(refKinds(), kind) {
		return "[secret]"
	}
	return kind + ":[…]"
}

// Format keeps every verb from printing the fields.
func (r SecretRef) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, r.String()) }

func refKinds() []string { return []string{"env", "file", "command"} }

func (r SecretRef) check() error {
	kind, rest, _ := strings.Cut(r.ref, ":")
	switch {
	case r.ref == "":
		return errors.New("is missing: write env:NAME, file:PATH or command:LINE")
	case !slices.Contains(refKinds(), kind), strings.TrimSpace(rest) == "":
		return errors.New("must be env:NAME, file:PATH or command:LINE, never the secret itself")
	}
	return nil
}

// Reveal returns the secret. The error names the place, never the content.
func (r SecretRef) Reveal(ctx context.Context) (string, error) { return r.reveal(ctx, "secret") }

// reveal returns the secret that stands under a key; the error names the key.
func (r SecretRef) reveal(ctx context.Context, key string) (string, error) {
	b, err := r.bytes(ctx)
	if err != nil {
		return "", fmt.Errorf("%s: %w", key, err)
	}
	text := strings.TrimRight(string(b), "\r\n")
	if strange := func(r rune) bool { return unicode.IsControl(r) && !strings.ContainsRune("\r\n\t", r) }; !utf8.ValidString(text) || strings.ContainsFunc(text, strange) {
		return "", fmt.Errorf("%s: %s holds bytes that are no text: store it as UTF-8, without anything else", key, r)
	}
	return text, nil
}

// bytes returns the secret as it stands there, which is not always text. Text
// is UTF-8 without a byte-order mark then.
func (r SecretRef) bytes(ctx context.Context) (b []byte, err error) {
	if err := r.check(); err != nil {
		return nil, err
	}
	kind, place, _ := strings.Cut(r.ref, ":")
	where := map[string]string{"env": "the environment variable ", "file": "the file ", "command": "what is printed by "}[kind]
	switch kind {
	case "env":
		b = []byte(os.Getenv(place))
	case "command":
		words := strings.Fields(place)
		place = words[0]
		b, err = r.run(ctx, words)
	default:
		if !filepath.IsAbs(place) {
			place = filepath.Join(r.base, place)
		}
		b, err = os.ReadFile(place)
	}
	switch {
	case err != nil:
		return nil, err
	}
	if b = plainText(b); len(bytes.TrimRight(b, "\r\n")) == 0 {
		return nil, fmt.Errorf("%s%s is empty", where, place)
	}
	return b, nil
}

// maxCommand bounds a program that prints a secret: a key service answers in
// a second or two.
const maxCommand = 20 * time.Second

// run returns what a program prints. No shell reads the line: its words are
// the program and its arguments. What it says on standard error is not told,
// for it may be about the secret.
func (r SecretRef) run(ctx context.Context, words []string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, maxCommand)
	defer cancel()
	cmd := exec.CommandContext(ctx, words[0], words[1:]...) //nolint:gosec // the owner of the configuration names the program
	cmd.Dir, cmd.WaitDelay = r.base, time.Second
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("the command %s: %w", words[0], err)
	}
	return out, nil
}
