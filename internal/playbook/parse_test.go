package playbook

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/cordonhq/cordon"
)

const good = `# a comment
name: contain-token-theft
version: 3
about: Signs out and disables.
corroboration: {detectors: 2, within: 30m}
max_age: 48h
when: |
  incident.entity_kind == "user"
  && incident.score > 50
steps:
  - revoke_sessions
  - disable_user
`

func TestParse(t *testing.T) {
	t.Parallel()
	got, err := Parse("p.yaml", []byte(good))
	if err != nil {
		t.Fatal(err)
	}
	if want := "incident.entity_kind == \"user\"\n&& incident.score > 50\n"; got.When.String() != want {
		t.Errorf("condition %q, want %q", got.When, want)
	}
	got.When = nil
	want := Playbook{
		Name: "contain-token-theft", Version: 3, About: "Signs out and disables.", Corroboration: Corroboration{Detectors: 2, Within: 30 * time.Minute},
		MaxAge: 48 * time.Hour, Steps: []cordon.ActionName{cordon.ActionRevokeSessions, cordon.ActionDisableUser},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	with := func(old, text string) string {
		if !strings.Contains(good, old) {
			t.Fatalf("%q is not in the good playbook", old)
		}
		return strings.Replace(good, old, text, 1)
	}
	tests := []struct{ name, text, want string }{
		{"unknown key", with("about:", "abuot:"), `p.yaml:4:1: unknown key "abuot": did you mean about?` + "\n | abuot: Signs out and disables.\n | ^"},
		{"unknown key below", with("within:", "whithin:"), `p.yaml:5:31: unknown key "whithin": did you mean within?` + "\n | corroboration: {detectors: 2, whithin: 30m}\n |                               ^"},
		{"key twice", good + "name: again\n", `p.yaml:13:1: mapping key "name" already defined at [2:1]` + "\n | name: again\n | ^"},
		{"anchor", with("version: 3", "version: &v 3"), "p.yaml:3:10: anchors, aliases, merges and tags are not allowed\n | version: &v 3\n |          ^"},
		{"tag", with("name: ", "name: !!str "), "p.yaml:2:7: anchors, aliases, merges and tags are not allowed\n | name: !!str contain-token-theft\n |       ^"},
		{"merge", with("corroboration: {", "corroboration: {<<: {}, "), "p.yaml:5:17: anchors, aliases, merges and tags are not allowed\n | corroboration: {<<: {}, detectors: 2, within: 30m}\n |                 ^"},
		{"name with capitals", with("contain-token", "Contain-token"), `p.yaml:2:7: name must be 1 to 64 of a-z, 0-9 and -, not "Contain-token-theft"` + "\n | name: Contain-token-theft\n |       ^"},
		{"no name", with("name: contain-token-theft\n", ""), "p.yaml:1:1: name must be 1 to 64 of a-z, 0-9 and -, not \"\"\n | # a comment\n | ^"},
		{"no version", with("version: 3\n", ""), "p.yaml:1:1: version must be 1 or more, not 0\n | # a comment\n | ^"},
		{"no detectors", with("detectors: 2", "detectors: 0"), "p.yaml:5:28: corroboration.detectors must be 1 to 5, not 0\n | corroboration: {detectors: 0, within: 30m}\n |                            ^"},
		{"no duration", with("30m", "30"), `p.yaml:5:39: corroboration.within must be a duration such as 30m or 48h, not "30"` + "\n | corroboration: {detectors: 2, within: 30}\n |                                       ^"},
		{"too long apart", with("30m", "25h"), "p.yaml:5:39: corroboration.within must be 1m to 24h, not 25h\n | corroboration: {detectors: 2, within: 25h}\n |                                       ^"},
		{"negative", with("48h", "-48h"), "p.yaml:6:10: max_age must be 1m to 720h, not -48h\n | max_age: -48h\n |          ^"},
		{"unknown action", with("disable_user", "delete_user"), `p.yaml:12:5: no action is called "delete_user": use ["revoke_sessions" "revoke_sessions_okta" "disable_user" "disable_on_premises" "disable_okta" ` +
			`"force_password_reset" "force_password_reset_on_premises" "force_password_change" "confirm_compromised" "enable_security_defaults"] ` +
			`or ["revokeAllSessions" "disable" "forcePasswordReset" "markUserAsCompromised"]` + "\n |   - delete_user\n |     ^"},
		{"loosening action", with("disable_user", "enable_user"), "p.yaml:12:5: enable_user needs a person: a playbook must not loosen anything\n |   - enable_user\n |     ^"},
		{"loosening word", with("disable_user", "enable"), "p.yaml:12:5: enable needs a person: a playbook must not loosen anything\n |   - enable\n |     ^"},
		{"loosening on premises", with("disable_user", "enable_on_premises"), "p.yaml:12:5: enable_on_premises needs a person: a playbook must not loosen anything\n |   - enable_on_premises\n |     ^"},
		{"a word in other letters", with("disable_user", "Disable"), `p.yaml:12:5: no action is called "Disable"`},
		{"word twice", with("revoke_sessions\n  - disable_user", "disable\n  - disable"), "p.yaml:12:5: disable is there twice\n |   - disable\n |     ^"},
		{"step twice", with("disable_user", "revoke_sessions"), "p.yaml:12:5: revoke_sessions is there twice\n |   - revoke_sessions\n |     ^"},
		{"no steps", with("  - revoke_sessions\n  - disable_user\n", ""), "p.yaml:10:8: steps must name at least one action\n | steps:\n |       ^"},
		{"condition in a block", with("score", "scor"), "p.yaml:9:14: when: undefined field 'scor'\n |   && incident.scor > 50\n |              ^"},
		{"condition on a line", with("|\n  incident.entity_kind == \"user\"\n  && incident.score > 50", "incident.scor > 50"), "p.yaml:7:15: when: undefined field 'scor'\n | when: incident.scor > 50\n |               ^"},
		{"condition in quotes", with("|\n  incident.entity_kind == \"user\"\n  && incident.score > 50", `"incident.scor > 50"`), "p.yaml:7:7: when: 1:9: undefined field 'scor'\n | when: \"incident.scor > 50\"\n |       ^"},
		{"condition folded", with("|\n  incident.entity_kind == \"user\"\n  && incident.score > 50", ">\n  incident.scor > 50"), "p.yaml:7:7: when: 1:9: undefined field 'scor'\n | when: >\n |       ^"},
		{"no condition", with("|\n  incident.entity_kind == \"user\"\n  && incident.score > 50", ""), "p.yaml:7:6: when: 1:1: the condition is empty\n | when: \n |      ^"},
		{"not a mapping", "- a\n", "p.yaml:1:1: "},
		{"empty", "", "p.yaml:1:1: the file must hold one playbook"},
		{"two documents", good + "---\n" + good, "p.yaml:1:1: the file must hold one playbook"},
		{"not YAML", "a: [", "p.yaml:1:"},
		{"too large", strings.Repeat("#\n", maxSize), "p.yaml:1:1: the file has 131072 bytes, at most 65536 are allowed\n | #\n | ^"},
		{"a long line", "#\n#" + strings.Repeat(" ", maxLine), "p.yaml:2:1: the line has 4097 bytes, at most 4096 are allowed"},
		{"brackets", strings.Repeat("[\n", maxSize/2), "p.yaml:9:1: nested more than 8 deep\n | [\n | ^"},
		{"keys", strings.Repeat("k: 1\n", maxSize/8), "p.yaml:101:2: more than 100 keys in one mapping"},
		{"dashes", strings.Repeat("- ", 1000), "p.yaml:1:17: nested more than 8 deep"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := Parse("p.yaml", []byte(tt.text))
			var e *Error
			if !errors.As(err, &e) || !strings.HasPrefix(err.Error(), tt.want) {
				t.Errorf("got  %v\nwant %v", err, tt.want)
			}
		})
	}
}

// The words are spelled out for every provider, in the safe order, each action
// once. Names alone stay as they are written.
func TestParseWords(t *testing.T) {
	t.Parallel()
	tests := []struct {
		steps string
		want  []cordon.ActionName
	}{
		{"[disable, revokeAllSessions]", []cordon.ActionName{"revoke_sessions", "revoke_sessions_okta", "disable_user", "disable_on_premises", "disable_okta"}},
		{"[markUserAsCompromised, forcePasswordReset]", []cordon.ActionName{"force_password_reset", "force_password_reset_on_premises", "confirm_compromised"}},
		{"[disable_okta, disable, disable_user]", []cordon.ActionName{"disable_user", "disable_on_premises", "disable_okta"}},
		{"[disable_on_premises, disable_user]", []cordon.ActionName{"disable_on_premises", "disable_user"}},
		{"[force_password_change, revoke_sessions_okta]", []cordon.ActionName{"force_password_change", "revoke_sessions_okta"}},
	}
	for _, tt := range tests {
		p, err := Parse("p.yaml", []byte(strings.Replace(good, "steps:\n  - revoke_sessions\n  - disable_user\n", "steps: "+tt.steps+"\n", 1)))
		if err != nil || !reflect.DeepEqual(p.Steps, tt.want) {
			t.Errorf("%s: got %q, %v; want %q", tt.steps, p.Steps, err, tt.want)
		}
	}
}

func TestBuiltin(t *testing.T) {
	t.Parallel()
	all, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range all {
		names = append(names, p.Name)
		p.When, p.About = nil, ""
		want := Playbook{
			Name: "contain-token-theft", Version: 1, Corroboration: Corroboration{Detectors: 2, Within: 30 * time.Minute}, MaxAge: 48 * time.Hour,
			Steps: []cordon.ActionName{cordon.ActionRevokeSessions, cordon.ActionDisableUser},
		}
		if !reflect.DeepEqual(p, want) {
			t.Errorf("got  %+v\nwant %+v", p, want)
		}
	}
	if want := []string{"contain-token-theft"}; !reflect.DeepEqual(names, want) {
		t.Errorf("got %q, want %q", names, want)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(good))
	for _, s := range []string{"", "a: &a [*a]", "? a\n: b", "name: !!binary aGk=", "when: >-\n  x\n y", "--- |\n a", "steps: [[[[[[[[[[", "{<<: *a}", "%YAML 1.2\n---\nname: a", "a: 'b\n\n c'"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := Parse("p.yaml", b)
		var e *Error
		if err != nil && (!errors.As(err, &e) || e.Line < 1 || e.Column < 1) {
			t.Errorf("error without a place: %v", err)
		}
		if err == nil && (p.When == nil || len(p.Steps) == 0 || p.Name == "" || p.Version < 1 || p.MaxAge <= 0 || p.Corroboration.Detectors < 1) {
			t.Errorf("accepted %+v", p)
		}
	})
}
