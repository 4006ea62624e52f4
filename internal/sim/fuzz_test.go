package sim

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// FuzzRouter sends a command to the control API and then a request to one of
// the services, and lets time pass. Nothing may panic: the handlers are called
// without the server that would hide it.
func FuzzRouter(f *testing.F) {
	script := filepath.Join(f.TempDir(), "fuzz.yaml")
	if err := os.WriteFile(script, []byte("name: fuzz\ntenant:\n"+hearsay+"  crowd: 3\n  fleet: 3\n"), 0o600); err != nil {
		f.Fatal(err)
	}
	services := []string{serviceLogin, serviceGraph, serviceDefender}
	c := fuzzed(f, script)
	words := seedWords(c)
	for _, row := range failures() {
		method, path, _ := strings.Cut(words.Replace(row.call), " ")
		command, commandBody := "GET /info", ""
		for _, step := range row.before {
			if rest, ok := strings.CutPrefix(words.Replace(step), "control "); ok {
				p := append(strings.SplitN(rest, " ", 3), "")
				command, commandBody = p[0]+" "+p[1], p[2]
			}
		}
		body := words.Replace(row.body)
		switch row.service {
		case serviceGraph:
			path = "v1.0/" + path
		case serviceLogin:
			body = strings.ReplaceAll(body, " ", "&")
		}
		f.Add(command, commandBody, byte(slices.Index(services, row.service)), method, "/"+strings.ReplaceAll(path, " ", "%20"), body)
	}
	victim := c.tenants[0].guid("user", "victim")
	gone := `{"resource":"users","id":"` + victim + `"}`
	f.Add("POST /remove", gone, byte(1), "POST", "/v1.0/"+resRiskyUsers+"/confirmCompromised", `{"userIds":["`+victim+`"]}`)
	f.Fuzz(func(t *testing.T, command, commandBody string, which byte, method, target, body string) {
		c := fuzzed(t, script)
		verb, path, _ := strings.Cut(command, " ")
		control := c.controlHandler()
		n := int(which) % len(services)
		handler := []http.Handler{c.loginHandler(), c.graphHandler(), c.defenderHandler()}[n]
		// Before and after: what a request has begun meets what a command has changed.
		for range 2 {
			serve(t, handler, method, target, body, fuzzToken(t, c, services[n]))
			serve(t, control, verb, path, commandBody, "")
			c.Advance(time.Minute)
		}
		c.Advance(time.Hour)
		for _, resource := range []string{resUsers, resIncidents, resSignIns, resIdentityAccounts, resActions} {
			if _, err := c.State("", resource); err != nil {
				t.Error(err)
			}
		}
	})
}

// fuzzed is a cloud that listens nowhere and calls nobody.
func fuzzed(t testing.TB, script string) *Cloud {
	t.Helper()
	c, err := build(Options{Scenario: script, Tenants: 2, Calm: true, Now: fixed})
	if err != nil {
		t.Fatal(err)
	}
	c.info.LoginURL, c.info.GraphURL, c.info.DefenderURL = "https://login.test", "https://graph.test", "https://defender.test"
	c.outbox.client.Transport = nowhere{}
	return c
}

type nowhere struct{}

func (nowhere) RoundTrip(*http.Request) (*http.Response, error) { return nil, errors.New("nowhere") }

// seedWords fills in the ids of the rows, as far as one request can know them.
func seedWords(c *Cloud) *strings.Replacer {
	t0 := c.tenants[0]
	sync := t0.guid("user", "sync")
	return strings.NewReplacer("{credentials}", "grant_type=client_credentials&client_id="+t0.clientID+"&client_secret="+t0.secret+"&scope=https://graph.test/.default",
		"{tenant}", t0.id, "{client}", t0.clientID, "{secret}", t0.secret, "{admin}", t0.guid("user", "admin"), "{victim}", t0.guid("user", "victim"), "{sync}", sync,
		"{identity}", t0.guid("identity", sync), "{account}", t0.guid("ad", sync), "{scope}", "https://graph.test/.default", "{huge}", "")
}

// fuzzToken is a token that holds.
func fuzzToken(t testing.TB, c *Cloud, service string) string {
	t.Helper()
	audience := map[string]string{serviceGraph: "https://graph.test", serviceDefender: "https://defender.test"}[service]
	text, err := c.keys.sign(c.tenants[0].claimsFor(audience, c.tenants[0].clientID, "1", nil))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// serve makes a request that any client could make.
func serve(t testing.TB, to http.Handler, method, target, body, token string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // the client has hung up: a fault may ask for a long wait
	r, err := http.NewRequestWithContext(ctx, method, "http://127.0.0.1"+target, strings.NewReader(body))
	if err != nil || !strings.HasPrefix(target, "/") {
		t.Skip("no request")
	}
	r.Header.Set("Authorization", "Bearer "+token)
	defer func() {
		if v := recover(); v != nil && v != http.ErrAbortHandler { //nolint:errorlint // it is thrown as it is
			panic(v)
		}
	}()
	to.ServeHTTP(httptest.NewRecorder(), r)
}
