package app

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

func TestSecretReveal(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"secret": "s3cret~\r\n\n", "spaces": " in side \n", "empty": "\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("CORDON_TEST_SECRET", "from env")
	t.Setenv("CORDON_TEST_EMPTY", "")
	t.Chdir(t.TempDir()) // a relative file belongs to the configuration's folder, not to ours
	tests := []struct{ ref, want, err string }{
		{"env:CORDON_TEST_SECRET", "from env", ""},
		{"env:CORDON_TEST_EMPTY", "", "secret: the environment variable CORDON_TEST_EMPTY is empty"},
		{"env:CORDON_TEST_MISSING", "", "secret: the environment variable CORDON_TEST_MISSING is empty"},
		{"file:secret", "s3cret~", ""},
		{"file:./secret", "s3cret~", ""},
		{"file:" + filepath.Join(dir, "secret"), "s3cret~", ""},
		{"file:spaces", " in side ", ""},
		{"file:empty", "", "secret: the file " + filepath.Join(dir, "empty") + " is empty"},
		{"file:missing", "", "secret: open " + filepath.Join(dir, "missing") + ": no such file or directory"},
		{"command:printf s3cret~", "s3cret~", ""},
		{"command:cat secret", "s3cret~", ""},
		{"command:true", "", "secret: what is printed by true is empty"},
		{"command:false CANARY", "", "secret: the command false: exit status 1"},
		{"command: ", "", "secret: must be env:NAME, file:PATH or command:LINE, never the secret itself"},
		{"", "", "secret: is missing: write env:NAME, file:PATH or command:LINE"},
		{"canary", "", "secret: must be env:NAME, file:PATH or command:LINE, never the secret itself"},
		{"http://canary", "", "secret: must be env:NAME, file:PATH or command:LINE, never the secret itself"},
		{"file:", "", "secret: must be env:NAME, file:PATH or command:LINE, never the secret itself"},
	}
	for _, tt := range tests {
		got, err := SecretRef{ref: tt.ref, base: dir}.Reveal(t.Context())
		if got != tt.want || fmt.Sprint(err) != tt.err && (err != nil || tt.err != "") {
			t.Errorf("%q: got %q, %v; want %q, %s", tt.ref, got, err, tt.want, tt.err)
		}
	}
}

// However a configuration is printed, what stands where references belong
// stays inside.
func TestSecretNeverPrints(t *testing.T) {
	t.Parallel()
	type wrapped struct{ Credential Credential }
	var printed bytes.Buffer
	for _, ref := range []string{"env:CANARY", "file:/run/CANARY", "command:CANARY x", "CANARY~literal"} {
		s := SecretRef{ref: ref, base: "/CANARY"}
		w := wrapped{Credential{ClientID: guidA, Secret: s}}
		c := Config{Tenants: []TenantConfig{{Credential: w.Credential}}, Notify: Notify{Webhooks: []Webhook{{URL: s, Secret: s}}}}
		for _, v := range []any{s, &s, w, &w, c, &c, []SecretRef{s}, map[string]SecretRef{"a": s}} {
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%o", "%t"} {
				fmt.Fprintf(&printed, verb+"\n", v)
			}
			b, err := json.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			y, err := yaml.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			printed.Write(append(b, y...))
			slog.New(slog.NewTextHandler(&printed, nil)).Info("read", "config", v)
			slog.New(slog.NewJSONHandler(&printed, nil)).Info("read", "config", v)
		}
	}
	for _, line := range strings.Split(printed.String(), "\n") {
		if strings.Contains(line, "CANARY") || strings.Contains(line, fmt.Sprintf("%x", "CANARY")) || strings.Contains(line, fmt.Sprintf("%d", []byte("CANARY"))) {
			t.Errorf("printed: %s", line)
		}
	}
	if got := fmt.Sprint(SecretRef{ref: "env:A"}, SecretRef{ref: "file:a"}, SecretRef{ref: "hunter2"}); got != "env:[…] file:[…] [secret]" {
		t.Errorf("got %s", got)
	}
}

// What is no reference is not even kept.
func TestSecretRefKeepsNoLiteral(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"canary", "[canary]", "{a: canary}", "canary: 1", "secret:canary"} {
		var s SecretRef
		if err := yaml.Unmarshal([]byte(text), &s); err != nil || s.ref != notRef || s.check() == nil {
			t.Errorf("%q: kept %q, %v", text, s.ref, err)
		}
	}
}
