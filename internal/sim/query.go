package sim

import (
	"cmp"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// A view says which query options a resource takes and how it is paged.
type view struct {
	options  string // the query options it takes, by name
	fields   fields // what $filter may compare
	members  string // what $select may name; empty: whatever the objects have
	standard string // what is returned without $select; empty: everything
	page     int    // items on a page unless $top says otherwise; 0: no paging
	top      int    // largest $top
	bySkip   bool   // pages are continued by $skip, not by a token
	noLink   bool   // there is no next link: clients page by $top and $skip alone
	reverse  bool   // newest arrival first
	newest   string // the time by which the newest come first, where arrival does not decide
}

// A query is what a client asked of a list or an object.
type query struct {
	view   view
	values url.Values
	filter condition
	choose []string
	top    int
	skip   int
	after  int // number of the last item of the page before; 0 for the first page
	count  bool
	rising bool                  // the oldest first, where the newest are otherwise
	dress  func(*object) *object // how the service shows an object; nil: as it is stored
}

// parseQuery reads the query options, refusing those that the resource does
// not take.
func parseQuery(raw string, v view) (*query, error) {
	values, err := url.ParseQuery(raw)
	if err != nil {
		return nil, badRequest("The query string is malformed.")
	}
	q := &query{view: v, values: values, top: v.page}
	for name := range values {
		if err := q.checkOption(name); err != nil {
			return nil, err
		}
	}
	if err := errors.Join(q.readNumbers(), q.readSelect()); err != nil {
		return nil, err
	}
	if f := values.Get("$filter"); values.Has("$filter") {
		cond, err := parseFilter(f, v.fields)
		if err != nil {
			return nil, badFilter(err)
		}
		q.filter = cond
	}
	return q, nil
}

// badFilter words why a filter is not taken.
func badFilter(err error) *refusal {
	if clause, ok := errors.AsType[unsupportedClause](err); ok {
		return unsupportedQuery(clause.Error())
	}
	if errors.Is(err, errNotModelled) {
		return notModelled("%s", strings.TrimPrefix(err.Error(), errNotModelled.Error()+": "))
	}
	return badRequest("Invalid filter clause: " + err.Error() + ".")
}

// unsupportedQuery is a query that the directory does not answer, or not without more.
func unsupportedQuery(message string) *refusal {
	return refuse(http.StatusBadRequest, "Request_UnsupportedQuery", "%s", message)
}

// checkOption refuses an option that the resource does not take: by name when
// OData knows it, as an error when it does not. Options without $ are ignored.
func (q *query) checkOption(name string) error {
	if !strings.HasPrefix(name, "$") || slices.Contains(strings.Fields(q.view.options), name) {
		return nil
	}
	known := []string{"$filter", "$select", "$top", "$skip", "$skiptoken", "$count", "$orderby", "$orderBy", "$expand", "$search", "$format", "$apply", "$deltatoken"}
	if slices.Contains(known, name) {
		return notModelled("the query option '%s' here", name)
	}
	return badRequest("The query parameter '" + name + "' is not supported.")
}

func (q *query) readNumbers() error {
	var err error
	number := func(name string, least int) int {
		text := q.values.Get(name)
		n, e := strconv.Atoi(cmp.Or(text, "0"))
		if q.values.Has(name) && (e != nil || n < least) {
			err = badRequest("Invalid value '" + text + "' for " + name + " query option found.")
		}
		return n
	}
	if q.values.Has("$top") {
		q.top = number("$top", 1)
	}
	if most := q.view.top; most > 0 && q.top > most {
		return badRequest("The limit of '" + strconv.Itoa(most) + "' for Top query has been exceeded. The value from the incoming request is '" + strconv.Itoa(q.top) + "'.")
	}
	q.skip = number("$skip", 0)
	if q.values.Has("$skiptoken") {
		text, e := base64.RawURLEncoding.DecodeString(q.values.Get("$skiptoken"))
		n, e2 := strconv.Atoi(strings.TrimPrefix(string(text), "after:"))
		if e != nil || e2 != nil || n < 1 {
			return badRequest("The skip token is invalid.")
		}
		q.after = n
	}
	switch q.values.Get("$count") {
	case "true":
		q.count = true
	case "", "false":
	default:
		return badRequest("Invalid value '" + q.values.Get("$count") + "' for $count query option found.")
	}
	return err
}

func (q *query) readSelect() error {
	if !q.values.Has("$select") {
		if q.view.standard != "" {
			q.choose = strings.Fields(q.view.standard)
		}
		return nil
	}
	for _, name := range strings.Split(q.values.Get("$select"), ",") {
		name = strings.TrimSpace(name)
		if name == "*" {
			q.choose = nil
			return nil
		}
		if q.view.members != "" && !slices.Contains(strings.Fields(q.view.members), name) {
			return notModelled("the property '%s' in $select", name)
		}
		q.choose = append(q.choose, name)
	}
	return nil
}

// shape returns an object as the client wants to see it.
func (q *query) shape(o *object) *object {
	if q.dress != nil {
		o = q.dress(o)
	}
	if q.choose == nil {
		return o
	}
	return o.pick(q.choose)
}

// selected reports whether only these members were asked for.
func (q *query) selected(names string) bool {
	for _, name := range q.choose {
		if !slices.Contains(strings.Fields(names), name) {
			return false
		}
	}
	return q.choose != nil
}

func badRequest(message string) *refusal {
	return refuse(http.StatusBadRequest, "BadRequest", "%s", message)
}

// badDirectory is a bad request in the words of the directory.
func badDirectory(message string) *refusal {
	return refuse(http.StatusBadRequest, "Request_BadRequest", "%s", message)
}

// readObject reads a request body that must be one JSON object.
func readObject(body []byte) (*object, error) {
	o, err := parseObject(body)
	if err != nil {
		return nil, badRequest("The request body is " + err.Error() + ".")
	}
	return o, nil
}
