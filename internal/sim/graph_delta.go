package sim

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// deltaLife is how long a delta token is good for, by the cloud's clock.
const deltaLife = 7 * 24 * time.Hour

// removedFrom numbers removed users after all that are there.
const removedFrom = 1 << 40

// A watch notices what changes in the users of a tenant. It begins with the
// first request that wants to know, and costs nothing before.
type watch struct {
	version int
	seen    map[string][32]byte // by id: the user as it was last noticed
	changed map[string]int      // by id: the version that the last change made
	removed []string            // ids that are gone, in the order of their going
}

// A userChange is what a watch has noticed.
type userChange struct {
	id      string
	removed bool
}

// deltaRoutes follow the users of a tenant.
func deltaRoutes() []route {
	return []route{{method: http.MethodGet, path: "users/delta", needs: need(readUsers), cost: 2, family: familyDirectory, denied: deniedDirectory, do: deltaUsers,
		view: view{options: "$select $skiptoken $deltatoken", page: 20, members: userMembers, standard: userStandard}}}
}

// observe compares the users with what was noticed before. Callers hold the lock.
func (t *tenant) observe() []userChange {
	w := t.watch
	if w == nil {
		return nil
	}
	var out []userChange
	users := t.collection(resUsers)
	for _, it := range users.items {
		id, sum := idOf(it.object), sha256.Sum256(it.object.appendTo(nil))
		if old, ok := w.seen[id]; ok && old == sum {
			continue
		}
		w.seen[id] = sum
		out = append(out, userChange{id: id})
	}
	for id := range w.seen {
		if users.get(id) == nil {
			delete(w.seen, id)
			out = append(out, userChange{id: id, removed: true})
		}
	}
	slices.SortFunc(out, func(a, b userChange) int { return strings.Compare(a.id, b.id) })
	for _, c := range out {
		w.version++
		w.changed[c.id] = w.version
		w.removed = slices.DeleteFunc(w.removed, func(id string) bool { return id == c.id })
		if c.removed {
			w.removed = append(w.removed, c.id)
		}
	}
	return out
}

// begin starts the watch, if it has not begun. Callers hold the lock.
func (t *tenant) begin() *watch {
	if t.watch == nil {
		t.watch = &watch{seen: map[string][32]byte{}, changed: map[string]int{}}
		t.observe()
	}
	return t.watch
}

// A deltaToken says what a client knows: changes up to from when it began this
// round, and up to upto when it has read the round to its end.
type deltaToken struct {
	from, upto int
	issued     int64 // seconds
}

func (d deltaToken) String() string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%d.%d.%d", d.from, d.upto, d.issued))
}

func readDeltaToken(s string) (d deltaToken, err error) {
	text, err := base64.RawURLEncoding.DecodeString(s)
	if err == nil {
		_, err = fmt.Sscanf(string(text), "%d.%d.%d", &d.from, &d.upto, &d.issued)
	}
	return d, err
}

// deltaUsers lists all users, or what has changed since a token. The last page
// has the link for the next round.
func deltaUsers(x *exchange, c *call) (answer, error) {
	w := c.tenant.begin()
	c.tenant.tellChanges(x.now)
	d := deltaToken{upto: w.version, issued: x.now.Unix()}
	if values := c.query.values; values.Has("$deltatoken") {
		known, err := readDeltaToken(values.Get("$deltatoken"))
		if err != nil || known.upto > w.version {
			return answer{}, badRequest("The delta token is invalid.")
		}
		if x.now.Sub(time.Unix(known.issued, 0)) > deltaLife {
			return answer{}, resync(x)
		}
		if d.from = known.upto; values.Has("$skiptoken") {
			d = known
		}
	}
	c.query.values.Set("$deltatoken", d.String())
	if c.query.choose != nil {
		c.query.choose = append(slices.Clone(c.query.choose), "id", "@removed")
	}
	page := c.query.page(x.context("users"), c.url, w.since(d.from, c.tenant.collection(resUsers)))
	if page.next == "" {
		c.query.values.Del("$skiptoken")
		page.delta = c.url + "?" + strings.ReplaceAll(c.query.values.Encode(), "%24", "$")
	}
	return answer{list: page}, nil
}

// since collects what has changed after a version: users as they are, and in
// place of those that are gone, the word that they are. The beginning knows of
// nobody who is gone.
func (w *watch) since(version int, users *collection) *collection {
	out := &collection{}
	for _, it := range users.items {
		if w.changed[idOf(it.object)] > version {
			out.items = append(out.items, it)
		}
	}
	for _, id := range w.removed {
		if version > 0 && w.changed[id] > version {
			o := newObject("id", id, "@removed", newObject("reason", "deleted"))
			out.items = append(out.items, item{number: removedFrom + w.changed[id], object: o})
		}
	}
	return out
}

// resync refuses a delta token that is too old, and says where to begin again.
func resync(x *exchange) error {
	r := refuse(http.StatusGone, "resyncRequired", "Resync required. Replace any local items with the server's version.")
	r.header = http.Header{"Location": {x.cloud.info.GraphURL + "/v1.0/users/delta"}}
	return r
}
