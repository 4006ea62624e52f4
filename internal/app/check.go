package app

import (
	"fmt"
	"net"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/action"
	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
)

// A problem is something wrong at a path of the file, such as
// $.tenants[0].mode.
type problem struct {
	path string
	what string
}

// check returns everything that is wrong with the values, each with its
// place.
func (c *Config) check(file *ast.File) []error {
	var found []problem
	add := func(path, what string) { found = append(found, problem{path, what}) }
	if what := c.Storage.check(); what != "" {
		add("$.storage.url", "storage.url "+what)
	}
	if _, _, err := net.SplitHostPort(c.Listen); c.Listen != "" && err != nil {
		add("$.listen", "listen must be host:port")
	}
	if share := c.Budget.Share; !(share > 0 && share <= 1) { // not a number is neither
		add("$.budget.share", "budget.share must be over 0 and at most 1")
	}
	if c.Actions.Backend != "" && !slices.Contains(action.Backends(), action.Backend(c.Actions.Backend)) {
		add("$.actions.backend", "actions.backend must be documented or risky_users_invoke_action")
	}
	if c.Poll.Threats < time.Second || c.Poll.Posture < time.Second {
		add("$.poll", "poll intervals must be 1s or more")
	}
	found = append(found, c.Endpoints.check()...)
	found = append(found, c.checkTenants(file)...)
	found = append(found, c.checkApp()...)
	found = append(found, c.checkNotify()...)
	return c.place(file, found)
}

// check says what is wrong with where everything is kept.
func (s Storage) check() string {
	kind, path, _ := strings.Cut(s.URL, "://")
	switch {
	case kind == "postgres" || kind == "postgresql":
		return "must be of the form sqlite:///path/cordon.db: this version keeps its data in SQLite only"
	case kind != "sqlite" || path == "":
		return "must be of the form sqlite:///path/cordon.db"
	case strings.ContainsAny(path, "#?"):
		return "must not hold # or ?: in an address these begin something else, and the database would be another file. Rename the folder or the file"
	case strings.Contains(path, "%"):
		return "must not hold %: in an address it begins an escape, and the database would be another file. Rename the folder or the file"
	}
	return ""
}

func (e Endpoints) check() (found []problem) {
	set := 0
	for key, value := range map[string]string{"login": e.Login, "graph": e.Graph, "defender": e.Defender} {
		if value == "" {
			continue
		}
		set++
		if u, err := url.Parse(value); err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil {
			found = append(found, problem{"$.endpoints." + key, "endpoints." + key + " must be an https address"})
		}
	}
	if set != 0 && set != 3 {
		found = append(found, problem{"$.endpoints", "endpoints needs login, graph and defender together, or none: a token must never reach another's host"})
	}
	return found
}

func (c *Config) checkTenants(file *ast.File) (found []problem) {
	seen := map[string]int{}
	for i, t := range c.Tenants {
		at := fmt.Sprintf("$.tenants[%d]", i)
		add := func(key, format string, args ...any) {
			found = append(found, problem{at + key, fmt.Sprintf("tenants[%d]%s: ", i, key) + fmt.Sprintf(format, args...)})
		}
		if !cordon.IsGUID(t.ID) {
			add(".id", "must be the directory id, a GUID")
		}
		if key, first := duplicate(seen, i, t); key != "" {
			line, _ := locate(file, fmt.Sprintf("$.tenants[%d]", first))
			add(key, "tenants[%d] in line %d already has this %s", first, line, map[string]string{".id": "id", ".name": "name or id"}[key])
		}
		if _, err := cordon.ParseMode(t.Mode); err != nil {
			add(".mode", "must be observe, approve, protect or enforce")
		}
		for j, who := range t.BreakGlass {
			if !cordon.IsGUID(who) && !strings.Contains(who, "@") {
				add(fmt.Sprintf(".break_glass[%d]", j), "must be an object id or a user principal name")
			}
		}
		if _, err := cordon.ParseCloud(t.Cloud); err != nil {
			add(".cloud", "must be one of %s", cloudNames())
		}
		if t.Credential.none() && c.App.none() {
			add("", "%v", errNoApp)
		}
		if !t.Credential.none() {
			for _, p := range t.Credential.check() {
				add(".credential"+p.path, "%s", p.what)
			}
		}
	}
	return found
}

// duplicate notes the id and the name of a tenant and returns which of them an
// earlier tenant has, and which tenant that is.
func duplicate(seen map[string]int, i int, t TenantConfig) (key string, first int) {
	for _, n := range []struct{ key, value string }{{".name", strings.ToLower(t.Name)}, {".id", strings.ToLower(t.ID)}} {
		if j, ok := seen[n.value]; ok && j != i && n.value != "" {
			key, first = n.key, j
			continue
		}
		seen[n.value] = i
	}
	return key, first
}

func cloudNames() string {
	var names []string
	for _, cloud := range cordon.Clouds() {
		names = append(names, string(cloud))
	}
	return strings.Join(names, ", ")
}

func (c *Config) checkApp() (found []problem) {
	add := func(path, what string) {
		found = append(found, problem{path, strings.TrimPrefix(path, "$.") + ": " + what})
	}
	if !c.App.none() {
		for _, p := range c.App.check() {
			add("$.app"+p.path, p.what)
		}
	}
	if u, err := url.Parse(c.App.PublicURL); c.App.PublicURL != "" &&
		(err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Scheme != "https" && !loopback(u)) {
		add("$.app.public_url", "must be an https address (http on loopback only)")
	}
	if err := c.Secrets.Key.check(); c.Secrets.Key.ref != "" && err != nil {
		add("$.secrets.key", err.Error())
	}
	return found
}

// loopback reports whether u leads to this machine alone.
func loopback(u *url.URL) bool {
	ip := net.ParseIP(u.Hostname())
	return u.Scheme == "http" && (u.Hostname() == "localhost" || ip != nil && ip.IsLoopback())
}

func (c *Config) checkNotify() (found []problem) {
	seen := map[SecretRef]int{}
	for i, w := range c.Notify.Webhooks {
		at := fmt.Sprintf("$.notify.webhooks[%d]", i)
		first, twice := seen[w.URL]
		switch err := w.URL.check(); {
		case w.URL.ref == notRef:
			found = append(found, problem{at + ".url", "a webhook's url is a secret: write it into an environment variable or a file, and here env:NAME, file:PATH or command:LINE, never the address itself"})
		case err != nil:
			found = append(found, problem{at + ".url", "a webhook's url " + err.Error()})
		case twice:
			found = append(found, problem{at + ".url", fmt.Sprintf("webhooks[%d] has the same url already: every notification would be sent twice", first)})
		default:
			seen[w.URL] = i
		}
		if err := w.Secret.check(); err != nil {
			found = append(found, problem{at + ".secret", "a webhook's secret " + err.Error()})
		}
	}
	return found
}

// maxProblems bounds the list: a mistake in a template stands in every tenant.
const maxProblems = 20

// place turns problems into errors with file, line and column.
func (c *Config) place(file *ast.File, found []problem) (errs []error) {
	slices.SortStableFunc(found, func(a, b problem) int { return strings.Compare(a.path, b.path) })
	for i, p := range found {
		if i == maxProblems {
			return append(errs, fmt.Errorf("%s: and %d more", c.file, len(found)-i))
		}
		if p.path == "" || file == nil {
			errs = append(errs, fmt.Errorf("%s: %s", c.file, p.what))
			continue
		}
		line, column := locate(file, p.path)
		errs = append(errs, fmt.Errorf("%s:%d:%d: %s", c.file, line, column, p.what))
	}
	return errs
}

// placed gives problems their place in the file, which is read once more for
// it.
func (c *Config) placed(found []problem) []error {
	if len(found) == 0 {
		return nil
	}
	b, err := os.ReadFile(c.file)
	if err != nil {
		return c.place(nil, found)
	}
	file, _ := plainYAML(c.file, b) // nil when it has changed into something else since
	return c.place(file, found)
}

// locate finds a path in the file, or the nearest place above it that is
// there.
func locate(file *ast.File, path string) (line, column int) {
	for file != nil && path != "" && path != "$" {
		if p, err := yaml.PathString(path); err == nil {
			if node, err := p.FilterFile(file); err == nil && node != nil {
				at := node.GetToken().Position
				return at.Line, at.Column
			}
		}
		path = path[:max(0, strings.LastIndexAny(path, ".["))]
	}
	return 1, 1
}

// Tenant returns the configured tenant as the rest of Cordon knows it.
func (t TenantConfig) tenant() cordon.Tenant {
	mode, _ := cordon.ParseMode(t.Mode) // both were checked when the file was read
	cloud, _ := cordon.ParseCloud(t.Cloud)
	return cordon.Tenant{
		ID: t.ID, Name: t.Name, Cloud: cloud, Mode: mode, Tags: t.Tags, ClientID: t.Credential.ClientID, BreakGlass: t.BreakGlass,
	}
}
