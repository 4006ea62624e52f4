package app

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

const (
	guidA = "11111111-1111-4111-8111-111111111111"
	guidB = "22222222-2222-4222-8222-222222222222"
)

// tenant is a configuration of one tenant, with lines in its place.
func tenant(lines ...string) string {
	return "tenants:\n  - id: " + guidA + "\n    name: contoso\n    credential: {client_id: " + guidB + ", secret: \"env:A\"}\n" + strings.Join(lines, "")
}

// What is written in a configuration, and what is read of it; one table.
func TestParseConfig(t *testing.T) {
	t.Parallel()
	no := false
	tests := []struct {
		name, text string
		want       Config
	}{
		{
			name: "the least", text: "tenants: []\n",
			want: Config{Tenants: []TenantConfig{}},
		},
		{
			name: "byte order mark and carriage returns", text: "\ufeff# ours\r\nlisten: \"127.0.0.1:8443\"\r\n",
			want: Config{Listen: "127.0.0.1:8443"},
		},
		{
			name: "JSON is YAML", text: `{"tenants": [{"id": "` + strings.ToUpper(guidA) + `", "credential": {"client_id": "` + guidB + `", "secret": "env:A"}}]}`,
			want: Config{Tenants: []TenantConfig{{ID: guidA, Name: guidA, Credential: Credential{ClientID: guidB, Secret: SecretRef{ref: "env:A", base: "/etc/cordon"}}}}},
		},
		{
			name: "everything",
			text: `
storage: {url: "sqlite:///var/lib/cordon.db"}
listen: "127.0.0.1:8443"
endpoints: {login: "https://127.0.0.1:1", graph: "https://127.0.0.1:2", defender: "https://127.0.0.1:3", ca_file: ca.pem}
tenants:
  - id: ` + guidA + `
    name: contoso
    mode: enforce
    tags: {ring: canary}
    break_glass: [glass@contoso.com, ` + guidB + `]
    credential: {client_id: ` + guidB + `, secret: "file:secrets/contoso"}
playbooks: {on: [contain-token-theft], dir: books}
notify: {terminal: false, file: out/notices.jsonl, webhooks: [{url: "file:hook", secret: "env:HOOK", private: true}]}
budget: {share: 1}
poll: {threats: 10s, posture: 1h}
`,
			want: Config{
				Storage: Storage{URL: "sqlite:///var/lib/cordon.db"}, Listen: "127.0.0.1:8443",
				Endpoints: Endpoints{"https://127.0.0.1:1", "https://127.0.0.1:2", "https://127.0.0.1:3", "/etc/cordon/ca.pem"},
				Tenants: []TenantConfig{{
					ID: guidA, Name: "contoso", Mode: "enforce", Tags: map[string]string{"ring": "canary"}, BreakGlass: []string{"glass@contoso.com", guidB},
					Credential: Credential{ClientID: guidB, Secret: SecretRef{"file:secrets/contoso", "/etc/cordon"}},
				}},
				Playbooks: Playbooks{[]string{"contain-token-theft"}, "/etc/cordon/books"},
				Notify:    Notify{&no, "/etc/cordon/out/notices.jsonl", []Webhook{{SecretRef{"file:hook", "/etc/cordon"}, SecretRef{"env:HOOK", "/etc/cordon"}, true}}},
				Budget:    Budget{1}, Poll: Poll{10 * time.Second, time.Hour},
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := parseConfig("/etc/cordon/cordon.yaml", []byte(tt.text))
			if err != nil {
				t.Fatal(err)
			}
			want := tt.want
			want.file = "/etc/cordon/cordon.yaml"
			if want.Storage.URL == "" {
				want.Storage.URL = "sqlite:///etc/cordon/cordon.db"
			}
			if want.Budget.Share == 0 {
				want.Budget.Share, want.Poll = 0.5, Poll{30 * time.Second, 5 * time.Minute}
			}
			if !reflect.DeepEqual(*got, want) {
				t.Errorf("got  %#v\nwant %#v", *got, want)
			}
		})
	}
}

// Each mistake is told with its place and without its value. It is long because every mistake is a row of it.
func TestParseConfigRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, text, want string }{
		{"unknown key", "listen: a:1\nbogus: 1\n", `c.yaml:2:1: unknown key "bogus": the keys here are storage, listen, app, secrets, endpoints, tenants, playbooks, actions, notify, budget, poll`},
		{"unknown key below", tenant("    colour: blue\n"), `c.yaml:5:5: unknown key "colour": did you mean cloud? The keys here are id, name, cloud, mode, tags, break_glass, credential`},
		{"unknown key in braces", "budget: {shear: 1}\n", `c.yaml:1:10: unknown key "shear": the keys here are share`},
		{"another case", "Listen: a:1\n", `c.yaml:1:1: unknown key "Listen": did you mean listen? The keys here are storage, listen, app, secrets, endpoints, tenants, playbooks, actions, notify, budget, poll`},
		{"key twice", "listen: a:1\nlisten: a:2\n", `c.yaml:2:1: this is not valid YAML: mapping key "listen" already defined at [1:1]`},
		{"list wanted", "tenants: 1\n", "c.yaml:1:10: int was used where sequence is expected"},
		{"mapping wanted", "budget: [1]\n", "c.yaml:1:9: sequence was used where mapping is expected"},
		{"truth wanted", "notify: {terminal: perhaps}\n", "c.yaml:1:20: the value must be true or false"},
		{"number wanted", "budget: {share: much}\n", "c.yaml:1:17: the value must be a number"},
		{"duration wanted", "poll: {threats: 30}\n", "c.yaml:1:17: the value must be a duration such as 30s or 5m"},
		{"no duration", "listen: a:1\npoll: {threats: often}\n", "c.yaml:2:7: the value must be a duration such as 30s or 5m"},
		{"share over 1", "budget: {share: 1.5}\n", "c.yaml:1:17: budget.share must be over 0 and at most 1"},
		{"negative share", "budget: {share: -0.1}\n", "c.yaml:1:17: budget.share must be over 0 and at most 1"},
		{"share not a number", "budget: {share: .nan}\n", "c.yaml:1:17: budget.share must be over 0 and at most 1"},
		{"polls without pause", "poll: {threats: 1ms}\n", "c.yaml:1:7: poll intervals must be 1s or more"},
		{"negative pause", "poll: {posture: -5m}\n", "c.yaml:1:7: poll intervals must be 1s or more"},
		{"listen without a port", "listen: localhost\n", "c.yaml:1:9: listen must be host:port"},
		{"another database", "storage: {url: \"mysql://h/d\"}\n", "c.yaml:1:16: storage.url must be of the form sqlite:///path/cordon.db"},
		{"PostgreSQL", "storage: {url: \"postgres://h/d\"}\n", "c.yaml:1:16: storage.url must be of the form sqlite:///path/cordon.db: this version keeps its data in SQLite only"},
		{"a path with a number sign", "storage: {url: \"sqlite:///var/a#b.db\"}\n", "c.yaml:1:16: storage.url must not hold # or ?: in an address these begin something else, and the database would be another file. Rename the folder or the file"},
		{"a path with a question mark", "storage: {url: \"sqlite:///var/a?b.db\"}\n", "c.yaml:1:16: storage.url must not hold # or ?: in an address these begin something else, and the database would be another file. Rename the folder or the file"},
		{"an open bracket", "playbooks: {on: [a\nlisten: a:1\n", "c.yaml:2:1: this is not valid YAML: ',' or ']' must be specified: a [ or { before this place is not closed, or a comma is missing"},
		{"tenant id", "tenants:\n  - {id: contoso.com, credential: {client_id: " + guidA + ", secret: env:A}}\n", "c.yaml:2:10: tenants[0].id: must be the directory id, a GUID"},
		{"client id", "tenants:\n  - {id: " + guidA + ", credential: {client_id: us, secret: env:A}}\n", "c.yaml:2:72: tenants[0].credential.client_id: must be the app's id, a GUID"},
		{"mode", tenant("    mode: yolo\n"), "c.yaml:5:11: tenants[0].mode: must be observe, approve, protect or enforce"},
		{"break-glass account that names nobody", tenant("    break_glass: [\"\", a@b.c]\n"), "c.yaml:5:19: tenants[0].break_glass[0]: must be an object id or a user principal name"},
		{"no secret", "tenants:\n  - {id: " + guidA + ", credential: {client_id: " + guidB + "}}\n", "c.yaml:2:60: tenants[0].credential: needs one of certificate (the advised way), secret, federated_token, managed_identity, azure_cli, sign_in"},
		{"two ways", "tenants:\n  - {id: " + guidA + ", credential: {client_id: " + guidB + ", secret: \"env:A\", certificate: \"file:a\"}}\n", "c.yaml:2:118: tenants[0].credential.secret: give one way only, not certificate and secret"},
		{"password of nothing", "tenants:\n  - {id: " + guidA + ", credential: {client_id: " + guidB + ", secret: \"env:A\", password: \"env:B\"}}\n", "c.yaml:2:137: tenants[0].credential.password: is that of a certificate, and there is none"},
		{"expires never", "tenants:\n  - {id: " + guidA + ", credential: {client_id: " + guidB + ", secret: \"env:A\", expires: soon}}\n", "c.yaml:2:136: tenants[0].credential.expires: must be a day such as 2027-01-31"},
		{"managed identity of nobody", "tenants:\n  - {id: " + guidA + ", credential: {managed_identity: mine}}\n", "c.yaml:2:79: tenants[0].credential.managed_identity: must be system or the client id of a managed identity"},
		{"sign in by post", "tenants:\n  - {id: " + guidA + ", credential: {client_id: " + guidB + ", sign_in: post}}\n", "c.yaml:2:119: tenants[0].credential.sign_in: must be device_code or browser"},
		{"cloud nine", "tenants:\n  - {id: " + guidA + ", cloud: nine, credential: {client_id: " + guidB + ", secret: \"env:A\"}}\n", "c.yaml:2:55: tenants[0].cloud: must be one of global, gcc, us_gov_l4, us_gov_l5, china"},
		{"app without a way", "app: {client_id: " + guidA + "}\n", "c.yaml:1:6: app: needs one of certificate (the advised way), secret, federated_token, managed_identity, azure_cli, sign_in"},
		{"public address without TLS", "app: {public_url: \"http://cordon.example.com\"}\n", "c.yaml:1:19: app.public_url: must be an https address (http on loopback only)"},
		{"key itself", "secrets: {key: canary}\n", "c.yaml:1:16: secrets.key: must be env:NAME, file:PATH or command:LINE, never the secret itself"},
		{"empty reference", "tenants:\n  - {id: " + guidA + ", credential: {client_id: " + guidB + ", secret: \"file:\"}}\n", "c.yaml:2:118: tenants[0].credential.secret: must be env:NAME, file:PATH or command:LINE, never the secret itself"},
		{"null tenant", "tenants: [null]\n", "c.yaml:1:11: tenants[0]: has no credential, and there is no app that all tenants share: give it a credential, or write app: in the configuration\n" +
			"c.yaml:1:11: tenants[0].id: must be the directory id, a GUID"},
		{"tenant twice", tenant("  - {id: " + strings.ToUpper(guidA) + ", name: fabrikam, credential: {client_id: " + guidB + ", secret: \"env:A\"}}\n"), "c.yaml:5:10: tenants[1].id: tenants[0] in line 2 already has this id"},
		{"name twice", tenant("  - {id: " + guidB + ", name: Contoso, credential: {client_id: " + guidB + ", secret: \"env:A\"}}\n"), "c.yaml:5:54: tenants[1].name: tenants[0] in line 2 already has this name or id"},
		{"name is another's id", tenant("  - {id: " + guidB + ", name: " + guidA + ", credential: {client_id: " + guidB + ", secret: \"env:A\"}}\n"), "c.yaml:5:54: tenants[1].name: tenants[0] in line 2 already has this name or id"},
		{"endpoints in part", "endpoints: {login: \"https://h\", graph: \"https://h\"}\n", "c.yaml:1:12: endpoints needs login, graph and defender together, or none: a token must never reach another's host"},
		{"endpoint without TLS", "endpoints: {login: \"https://h\", graph: \"http://h\", defender: \"https://h\"}\n", "c.yaml:1:40: endpoints.graph must be an https address"},
		{"endpoint with a user", "endpoints: {login: \"https://graph@h\", graph: \"https://h\", defender: \"https://h\"}\n", "c.yaml:1:20: endpoints.login must be an https address"},
		{"webhook's address itself", "notify: {webhooks: [{url: \"https://h/\", secret: \"env:A\"}]}\n", "c.yaml:1:27: a webhook's url is a secret: write it into an environment variable or a file, and here env:NAME, file:PATH or command:LINE, never the address itself"},
		{"webhook without an address", "notify: {webhooks: [{secret: \"env:A\"}]}\n", "c.yaml:1:21: a webhook's url is missing: write env:NAME, file:PATH or command:LINE"},
		{"webhook without a secret", "notify: {webhooks: [{url: \"env:U\"}]}\n", "c.yaml:1:21: a webhook's secret is missing: write env:NAME, file:PATH or command:LINE"},
		{"webhook twice", "notify: {webhooks: [{url: \"env:U\", secret: \"env:A\"}, {url: \"env:U\", secret: \"env:B\"}]}\n", "c.yaml:1:60: webhooks[0] has the same url already: every notification would be sent twice"},
		{"empty", "", "c.yaml:1:1: the file is empty, or holds only comments: docs/reference/config.md shows what to write"},
		{"comments only", "# nothing\n\n", "c.yaml:1:1: the file is empty, or holds only comments: docs/reference/config.md shows what to write"},
		{"two documents", "listen: a:1\n---\nlisten: a:2\n", "c.yaml:1:1: the file must hold one document, not 2"},
		{"many documents", strings.Repeat("---\na: 1\n", 100_000), "c.yaml:3:1: the file must hold one document"},
		{"text", "cordon\n", "c.yaml:1:1: string was used where mapping is expected"},
		{"NUL", "listen: a:1\n# \x00\n", "c.yaml:2:1: the file must be UTF-8 text without control characters"},
		{"escape code", "listen: a:1\x1b[2J\n", "c.yaml:1:1: the file must be UTF-8 text without control characters"},
		{"not UTF-8", "\n\n# caf\xe9\n", "c.yaml:3:1: the file must be UTF-8 text without control characters"},
		{"UTF-16", "\xff\xfel\x00i\x00", "c.yaml:1:1: the file must be UTF-8 text without control characters"},
		{"tab", "notify:\n\tfile: a\n", "c.yaml:2:1: a tab stands here: YAML is indented with spaces"},
		{"anchor", "listen: &a h:1\n", "c.yaml:1:9: anchors, aliases, merges, tags and directives are not allowed"},
		{"alias", "listen: *a\n", "c.yaml:1:9: anchors, aliases, merges, tags and directives are not allowed"},
		{"merge", "budget: {<<: {share: 1}}\n", "c.yaml:1:10: anchors, aliases, merges, tags and directives are not allowed"},
		{"tag", "listen: !!str h:1\n", "c.yaml:1:9: anchors, aliases, merges, tags and directives are not allowed"},
		{"directive", "%YAML 1.2\n---\nlisten: h:1\n", "c.yaml:1:1: anchors, aliases, merges, tags and directives are not allowed"},
		{"a billion laughs", "a: &a [x,x,x,x,x,x,x,x,x]\n" + laughs("bcdefghij") + "tenants: *j\n", "c.yaml:1:4: anchors, aliases, merges, tags and directives are not allowed"},
		{"brackets", strings.Repeat("[", 1<<20), "c.yaml:1:17: nested more than 16 deep"},
		{"braces", strings.Repeat("{a: ", 1<<18), "c.yaml:1:65: nested more than 16 deep"},
		{"brackets on lines", strings.Repeat("[\n", 1<<19), "c.yaml:17:1: nested more than 16 deep"},
		{"dashes", strings.Repeat("- ", 1<<19), "c.yaml:1:33: nested more than 16 deep"},
		{"keys", strings.Repeat("k: 1\n", 1<<18), "c.yaml:1001:2: more than 1000 keys in one mapping"},
		{"question marks", strings.Repeat("? ", 1<<19), "c.yaml:1:33: nested more than 16 deep"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, err := parseConfig("c.yaml", []byte(tt.text))
			if err == nil || err.Error() != tt.want {
				t.Errorf("got  %v\nwant %v", err, tt.want)
			}
			if c != nil {
				t.Error("a configuration comes with the error")
			}
		})
	}
}

// laughs multiplies a list by nine for each letter.
func laughs(letters string) string {
	var b strings.Builder
	last := "a"
	for _, r := range letters {
		b.WriteString(string(r) + ": &" + string(r) + " [" + strings.TrimSuffix(strings.Repeat("*"+last+",", 9), ",") + "]\n")
		last = string(r)
	}
	return b.String()
}

// A mistake in a template stands in every tenant: the list of problems ends,
// and soon.
func TestParseConfigManyProblems(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("tenants:\n")
	for range 1000 {
		b.WriteString("  - {id: x, credential: {client_id: " + guidB + ", secret: env:A}}\n")
	}
	_, err := parseConfig("c.yaml", []byte(b.String()))
	lines := strings.Split(err.Error(), "\n")
	if len(lines) != 21 || lines[20] != "c.yaml: and 1979 more" {
		t.Errorf("%d lines, the last %q", len(lines), lines[len(lines)-1])
	}
}

// Wherever a secret is put by mistake, no error repeats it.
func TestParseConfigKeepsSecrets(t *testing.T) {
	t.Parallel()
	const canary = "hunter2~CANARY"
	secret := func(value string) string {
		return "tenants:\n  - id: " + guidA + "\n    credential:\n      client_id: " + guidB + "\n      secret: " + value + "\n"
	}
	for _, text := range []string{
		secret(canary), secret("[" + canary + "]"), secret("{value: " + canary + "}"), secret("{" + canary + ": 1}"), secret("\"" + canary), secret("'" + canary),
		secret("@" + canary), secret("%" + canary), secret("`" + canary), secret("&" + canary), secret("*" + canary), secret("!" + canary), secret("!!" + canary),
		secret("|" + canary), secret(">" + canary), secret("{" + canary), secret("}" + canary), secret("]" + canary), secret("[," + canary), secret("\"\\q" + canary + "\""),
		secret("#" + canary), secret("- " + canary), secret("a: " + canary), secret(canary + "\n   x"), secret("a\n " + canary), secret("a\n      secret: " + canary),
		secret("env"), secret("ENV:" + canary), secret(" file :" + canary), secret("literal:" + canary), secret("\t" + canary), secret("\x00" + canary), secret("<<: " + canary),
		strings.Replace(secret(canary), "secret: ", "secret:", 1), strings.Replace(secret("env:A"), "secret:", canary+":", 1), strings.Replace(secret(canary), "secret:", "? secret\n      :", 1),
		strings.Replace(secret("env:A"), guidA, canary, 1), strings.Replace(secret("env:A"), guidB, canary, 1),
		"tenants: [{id: " + guidA + ", credential: {client_id: " + guidB + ", secret:" + canary + "}}]\n",
		"tenants: [{id: " + guidA + ", credential: " + canary + "}]\n", "tenants: [{id: " + guidA + ", credential: [" + canary + "]}]\n",
		tenant("    mode: " + canary + "\n"), tenant("    mode: [" + canary + "]\n"), tenant("    tags: " + canary + "\n"), tenant("    tags: {a: [" + canary + "]}\n"),
		tenant("    break_glass: [" + canary + "]\n"), tenant("    break_glass: " + canary + "\n"), "tenants: " + canary + "\n", canary + "\n", canary + ": 1\n",
		"? " + canary + "\n: 1\n? " + canary + "\n: 2\n", "\"a \\\" " + canary + "\": 1\n", "\"" + canary + "\\nb\": 1\n", "poll: {threats: " + canary + "}\n", "poll: " + canary + "\n",
		"budget: {share: " + canary + "}\n", "notify: {terminal: " + canary + "}\n", "notify: {webhooks: [{url: \"https://u:" + canary + "@h/\", secret: " + canary + "}]}\n",
		"notify: {webhooks: [{url: \"https://h/?" + canary + "\", secret: \"env:A\"}, {url: \"https://h/?" + canary + "2\", secret: \"env:A\"}]}\n",
		"storage: {url: \"postgres://u:" + canary + "@h/d\"}\n", "listen: " + canary + "\n", "endpoints: {login: \"https://u:" + canary + "@h\"}\n",
	} {
		_, err := parseConfig("c.yaml", []byte(text))
		if err == nil || !strings.HasPrefix(err.Error(), "c.yaml:") {
			t.Errorf("%q: got %v", text, err)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: the error repeats it: %v", text, err)
		}
	}
}

func TestReadConfig(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "cordon.yaml")
	if _, err := ReadConfig(path); err == nil || err.Error() != "no configuration at "+path+": name one with --config, or write one (docs/reference/config.md)" {
		t.Errorf("no file: %v", err)
	}
	if _, err := ReadConfig(dir); err == nil {
		t.Error("a folder was read as a file")
	}
	if err := os.WriteFile(path, []byte(tenant()), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := ReadConfig(path)
	if err != nil || c.Storage.URL != "sqlite://"+filepath.Join(dir, "cordon.db") {
		t.Errorf("got %+v, %v", c, err)
	}
	if err := os.Truncate(path, maxConfig+1); err != nil { // holes, so that it costs no room
		t.Fatal(err)
	}
	if _, err := ReadConfig(path); err == nil || err.Error() != path+": larger than 16 MiB" {
		t.Errorf("too large: %v", err)
	}
}

func only(name string) (s Selection) {
	if name != "" {
		s.Names = []string{name}
	}
	return s
}

func TestSelect(t *testing.T) {
	t.Parallel()
	c, err := parseConfig("c.yaml", []byte(tenant("    mode: protect\n", "  - {id: "+guidB+", credential: {client_id: "+guidB+", secret: \"env:A\"}}\n")))
	if err != nil {
		t.Fatal(err)
	}
	for arg, want := range map[string][]string{"": {guidA, guidB}, "CONTOSO": {guidA}, guidA: {guidA}, strings.ToUpper(guidB): {guidB}} {
		picked, err := c.Select(only(arg))
		var ids []string
		for _, p := range picked {
			ids = append(ids, p.ID)
		}
		if err != nil || !reflect.DeepEqual(ids, want) {
			t.Errorf("%q: got %q, %v; want %q", arg, ids, err, want)
		}
	}
	all, _ := c.Select(Selection{})
	if all[0].Mode != "protect" || all[1].Mode != "observe" {
		t.Errorf("modes %s and %s: a tenant without one is observed", all[0].Mode, all[1].Mode)
	}
	if _, err := c.Select(only("fabrikam")); err == nil {
		t.Error("a tenant that is not there was picked")
	}
	if _, err := (&Config{}).Select(Selection{}); err == nil {
		t.Error("a configuration without tenants has no error")
	}
}

func FuzzParseConfig(f *testing.F) {
	for _, s := range []string{tenant(), "", "a: &a [*a]", "? a\n: b", "listen: >-\n  x\n y", "--- |\n a", "{<<: *a}", "%YAML 1.2\n---\nname: a", "poll: {threats: 1h}", "- - -"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := parseConfig("c.yaml", b)
		if (c == nil) == (err == nil) {
			t.Errorf("got %v and %v", c, err)
		}
		if err != nil && !strings.HasPrefix(err.Error(), "c.yaml:") {
			t.Errorf("an error without a place: %v", err)
		}
	})
}
