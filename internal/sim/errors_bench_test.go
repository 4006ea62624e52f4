package sim

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// A failure is one error that the simulator gives, and the call that provokes it.
type failure struct {
	service, code, message, section string
	call, body                      string
	status                          int

	tenant string   // its section in the scenario; default a few users
	token  string   // the token to call with; default the service's own
	before []string // calls that come first, each with the service it is for
}

func row(service string, status int, code, message, section, call, body string) failure {
	return failure{service: service, status: status, code: code, message: message, section: section, call: call, body: body, tenant: few}
}

func (f failure) given(tenant string) failure   { f.tenant = tenant; return f }
func (f failure) with(token string) failure     { f.token = token; return f }
func (f failure) after(calls ...string) failure { f.before = calls; return f }

// A bench is a cloud with what the words in braces stand for.
type bench struct {
	*rig

	words map[string]string
}

func newBench(t *testing.T, f failure) *bench {
	t.Helper()
	cert, text := testCert(t, 1)
	c, err := Start(context.Background(), Options{Scenario: custom(t, f.tenant), Now: fixed, Certificates: []Certificate{{PEM: text}}})
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{rig: bareRig(t, c)}
	me, t0, challenge := c.Info().Tenants[0], c.tenants[0], sha256.Sum256([]byte("verifier"))
	sync := t0.guid("user", "sync")
	key := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw}))
	b.words = map[string]string{
		"{tenant}": me.ID, "{client}": me.ClientID, "{secret}": me.ClientSecret, "{scope}": anyScope, "{graph}": c.Info().GraphURL + "/.default",
		"{admin}": t0.guid("user", "admin"), "{victim}": t0.guid("user", "victim"), "{sync}": sync, "{identity}": t0.guid("identity", sync),
		"{account}": t0.guid("ad", sync), "{challenge}": segment(challenge[:]),
		"{pem}": strings.Trim(string(encode(key)), `"`), "{control}": c.Info().ControlURL, "{huge}": strings.Repeat("x", maxBody+1),
		"{old delta}": deltaToken{issued: fixed().Add(-2 * deltaLife).Unix()}.String(), "{61 ids}": `"x"` + strings.Repeat(`,"x"`, 60),
		"{1001 ids}": `"x"` + strings.Repeat(`,"x"`, 1000), "{101 times (}": strings.Repeat("(", 101),
		"{129 characters}": strings.Repeat("x", 129), "{vendor}": `"vendorInformation":{"provider":"SecureScore","vendor":"Microsoft"}`,
	}
	for _, word := range []string{"{admin}", "{victim}", "{sync}"} {
		if id := b.words[word]; b.methodCount(id) > 2 {
			b.words["{phoned}"], b.words["{authenticator}"] = id, t0.guid("authenticator", id)
		}
	}
	long := sha256.Sum256(cert.Raw)
	b.words["{thumb}"] = segment(long[:])
	if strings.Contains(f.body, "{receiver}") {
		b.words["{receiver}"] = newReceiver(t).url
	}
	if strings.Contains(f.body, "{deaf receiver}") {
		deaf := newReceiver(t)
		deaf.deaf.Store(true)
		b.words["{deaf receiver}"] = deaf.url
	}
	return b
}

// methodCount counts the authentication methods of a user: three with a phone.
func (b *bench) methodCount(user string) int {
	t0 := b.cloud.tenants[0]
	t0.mu.Lock()
	defer t0.mu.Unlock()
	return len(t0.collection(resUsers + "/" + user + "/authentication/methods").items)
}

// fill replaces the words in braces.
func (b *bench) fill(text string) string {
	if call, ok := strings.CutPrefix(text, "{jwt"); ok {
		return b.jwt(strings.Trim(strings.TrimSuffix(call, "}"), ":"))
	}
	for word, value := range b.words {
		text = strings.ReplaceAll(text, word, value)
	}
	return text
}

// jwt makes an assertion that is in order but for the members given.
func (b *bench) jwt(changes string) string {
	me, now := b.cloud.Info().Tenants[0], fixed().Unix()
	header := map[string]any{"alg": "PS256", "typ": "JWT", "x5t#S256": b.words["{thumb}"]}
	claims := map[string]any{"aud": b.cloud.Info().LoginURL + "/" + me.ID + "/oauth2/v2.0/token", "iss": me.ClientID, "sub": me.ClientID, "jti": "1", "nbf": now, "exp": now + 300}
	for _, change := range strings.Split(changes, ",") {
		name, value, _ := strings.Cut(change, "=")
		if _, ok := header[name]; ok {
			header[name] = value
		} else if name != "" {
			claims[name] = value
		}
	}
	return jwt(b.t, header, claims)
}

// form reads name=value pairs; -name takes one away again.
func (b *bench) form(text string) string {
	v := url.Values{}
	text = strings.ReplaceAll(text, "{credentials}", "grant_type=client_credentials client_id={client} client_secret={secret} scope={graph}")
	for _, pair := range strings.Fields(text) {
		name, value, _ := strings.Cut(pair, "=")
		if gone, ok := strings.CutPrefix(name, "-"); ok {
			v.Del(gone)
		} else {
			v.Set(name, b.fill(strings.ReplaceAll(value, "+", " ")))
		}
	}
	return v.Encode()
}

// address is where a call goes, its query escaped; of two parameters of one
// name the last counts.
func (b *bench) address(service, path string) string {
	path, query, asked := strings.Cut(b.fill(path), "?")
	if pairs, ok := strings.CutPrefix(query, "%"); asked && !ok {
		v := url.Values{}
		for _, pair := range strings.Split(pairs, "&") {
			name, value, _ := strings.Cut(pair, "=")
			v.Set(name, value)
		}
		query = v.Encode()
	}
	info := b.cloud.Info()
	base := map[string]string{serviceLogin: info.LoginURL + "/", serviceGraph: info.GraphURL + "/v1.0/", serviceDefender: info.DefenderURL + "/", "control": info.ControlURL}[service]
	if rest, ok := strings.CutPrefix(path, "../"); ok {
		base, path = strings.TrimSuffix(base, "v1.0/"), rest
	}
	if asked {
		path += "?" + query
	}
	return base + path
}

// call makes one call and remembers what its answer says.
func (b *bench) call(service, call, body, token string) got {
	method, path, _ := strings.Cut(call, " ")
	address := b.address(service, path)
	header := []string{"Content-Type", "application/json"}
	if service == serviceLogin {
		header[1], body = "application/x-www-form-urlencoded", b.form(body)
	} else {
		body = b.fill(body)
	}
	if service == serviceGraph || service == serviceDefender {
		header = append(header, "Authorization", "Bearer "+b.bearer(service, token))
	}
	g := b.do(method, address, body, header...)
	var members map[string]any
	_ = json.Unmarshal([]byte(g.body), &members) // an answer may be empty
	for name, v := range members {
		if s, ok := v.(string); ok {
			b.words["{"+name+"}"] = s
		}
	}
	if to, err := url.Parse(g.header.Get("Location")); err == nil && to.Query().Has("code") {
		b.words["{code}"] = to.Query().Get("code")
	}
	return g
}

// bearer is the token to call with. The default is fetched once.
func (b *bench) bearer(service, token string) string {
	switch token {
	case "no token":
		return ""
	case "another cloud":
		other, err := newKeys()
		if err != nil {
			b.t.Fatal(err)
		}
		text, err := other.sign(&claims{})
		if err != nil {
			b.t.Fatal(err)
		}
		return text
	case "", serviceDefender:
	default:
		return token
	}
	if token == serviceDefender {
		service = serviceDefender
	}
	if b.token[service] == "" {
		me, info := b.cloud.Info().Tenants[0], b.cloud.Info()
		scope := map[string]string{serviceGraph: info.GraphURL, serviceDefender: info.DefenderURL}[service] + "/.default"
		b.token[service] = b.post(info.LoginURL+"/"+me.ID+"/oauth2/v2.0/token", credentials(me, scope)).field(b.t, "access_token")
	}
	return b.token[service]
}

// provoke makes the calls of a row and returns the error that comes last.
func (b *bench) provoke(f failure) (status int, code, message string) {
	if f.service != serviceLogin && f.token == "" {
		b.bearer(f.service, "") // before anything can end or spoil it
	}
	for _, step := range f.before {
		times := 1
		if n, rest, ok := strings.Cut(step, " times} "); ok {
			times, _ = strconv.Atoi(strings.TrimPrefix(n, "{"))
			step = rest
		}
		if step == "{100 subscriptions}" {
			for i := range 100 {
				b.inject(resSubscriptions, fmt.Sprintf(`{"id":"s%d","expirationDateTime":"2027-01-01T00:00:00Z"}`, i))
			}
			continue
		}
		p := append(strings.SplitN(step, " ", 4), "")
		for range times {
			if g := b.call(p[0], p[1]+" "+p[2], p[3], ""); g.status >= 400 && p[0] != serviceGraph && times == 1 {
				b.t.Fatalf("%s: %d %s", step, g.status, g.body)
			}
		}
	}
	g := b.call(f.service, f.call, f.body, f.token)
	if status, body, ok := itemOf(g.body); ok {
		g.status, g.body = status, body
	}
	code, message = g.problem(b.t)
	if number, rest, ok := strings.Cut(message, ": "); ok && strings.HasPrefix(number, "AADSTS") {
		code += " " + strings.TrimPrefix(number, "AADSTS")
		message, _, _ = strings.Cut(rest, "\r\nTrace ID")
	}
	return g.status, code, message
}

// itemOf finds the answer to the request "last" of a batch.
func itemOf(body string) (status int, inner string, ok bool) {
	var batch struct {
		Responses []struct {
			ID     string
			Status int
			Body   json.RawMessage
		}
	}
	_ = json.Unmarshal([]byte(body), &batch) // most answers are no batch
	for _, r := range batch.Responses {
		if r.ID == "last" {
			return r.Status, string(r.Body), true
		}
	}
	return 0, "", false
}

// wording turns a message with … into a pattern for the whole message.
func wording(message string) *regexp.Regexp {
	return regexp.MustCompile("^(?s:" + strings.ReplaceAll(regexp.QuoteMeta(message), "…", ".*") + ")$")
}

// TestErrors provokes every error of the table, and finds every place in the
// source that refuses something among them.
func TestErrors(t *testing.T) {
	t.Parallel()
	rows := failures()
	heard := make([]failure, len(rows)) // with the messages as they came
	t.Run("rows", func(t *testing.T) {
		for i, f := range rows {
			t.Run(fmt.Sprint(f.service, " ", f.status, " ", f.code, " ", f.call), func(t *testing.T) {
				t.Parallel()
				b := newBench(t, f)
				status, code, message := b.provoke(f)
				heard[i] = failure{service: f.service, status: status, code: code, message: message}
				if status != f.status || code != f.code || !wording(b.fill(f.message)).MatchString(message) {
					t.Errorf("got  %d %s %q\nwant %d %s %q", status, code, message, f.status, f.code, f.message)
				}
			})
		}
	})
	for _, s := range refusals(t) {
		if !s.provokedBy(heard) {
			t.Errorf("%s: no row provokes %s", s.at, s)
		}
	}
}

// TestErrorRows makes sure that no line stands in the table twice.
func TestErrorRows(t *testing.T) {
	t.Parallel()
	seen := map[string]int{}
	for _, f := range failures() {
		seen[fmt.Sprintf("%+v", f)]++
	}
	maps.DeleteFunc(seen, func(_ string, n int) bool { return n == 1 })
	for line := range seen {
		t.Errorf("twice: %s", line)
	}
}

// TestErrorFaults makes sure that every error that a fault can ask for is in the table.
func TestErrorFaults(t *testing.T) {
	t.Parallel()
	rows := map[string]bool{}
	for _, f := range failures() {
		rows[f.service+" "+f.code+" "+f.message] = true
	}
	for status := 400; status < 600; status++ {
		for _, service := range []string{serviceLogin, serviceGraph, serviceDefender} {
			r := (&Fault{Status: status}).refusal(service)
			code := r.code
			if service == serviceLogin {
				code += " " + strconv.Itoa(r.number)
			}
			if key := service + " " + code + " " + r.message; !rows[key] {
				t.Errorf("status %d: no row for %s", status, key)
			}
		}
	}
}
