package sim

import (
	"encoding/base64"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// page cuts the part of a collection that a query asks for. The address is
// what the next link is built from.
func (q *query) page(context, address string, c *collection) *listing {
	items := q.matching(c)
	out := &listing{context: context, items: []*object{}}
	if q.count && q.after == 0 && q.skip == 0 {
		n := len(items)
		out.count = &n
	}
	items = q.rest(items)
	more := q.top > 0 && len(items) > q.top
	if more {
		items = items[:q.top]
	}
	for _, it := range items {
		shown := q.shape(it.object)
		if shown == it.object {
			shown = shown.clone() // it is written out when the tenant's lock is free again
		}
		out.items = append(out.items, shown)
	}
	if more && !q.view.noLink {
		out.next = q.nextLink(address, items[len(items)-1].number)
	}
	return out
}

// matching returns what the filter lets through, in the order of the resource.
func (q *query) matching(c *collection) []item {
	var out []item
	for _, it := range c.items {
		if q.filter == nil || q.filter(it.object) {
			out = append(out, it)
		}
	}
	if q.view.reverse {
		slices.Reverse(out)
	}
	if q.view.newest != "" {
		when := field{kind: fieldTime, name: q.view.newest}
		slices.SortStableFunc(out, func(a, b item) int {
			first, _ := when.time(a.object) // what has no time comes last
			second, _ := when.time(b.object)
			return second.Compare(first)
		})
	}
	if q.rising {
		slices.Reverse(out)
	}
	return out
}

// rest leaves out what earlier pages have shown.
func (q *query) rest(items []item) []item {
	if i := slices.IndexFunc(items, func(it item) bool { return it.number == q.after }); q.view.newest != "" && i >= 0 {
		items = items[i+1:] // by its place: in the order of time, numbers say nothing
	} else if q.after > 0 && q.view.newest == "" {
		for len(items) > 0 && (q.view.reverse && items[0].number >= q.after || !q.view.reverse && items[0].number <= q.after) {
			items = items[1:]
		}
	}
	return items[min(q.skip, len(items)):]
}

// nextLink is the address of the page after this one.
func (q *query) nextLink(address string, last int) string {
	values := url.Values{}
	for name, v := range q.values {
		values[name] = v
	}
	if q.view.bySkip {
		values.Set("$skip", strconv.Itoa(q.skip+q.top))
	} else {
		values.Set("$skiptoken", base64.RawURLEncoding.EncodeToString([]byte("after:"+strconv.Itoa(last))))
	}
	return address + "?" + strings.ReplaceAll(values.Encode(), "%24", "$")
}
