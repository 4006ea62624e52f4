package microsoft

import (
	"cmp"
	"context"
	"encoding/json"
	"iter"
	"strconv"

	"github.com/cordonhq/cordon"
)

// A Page is a part of a collection as it came. The items share the memory of
// the page: clone what is kept.
type Page struct {
	Items   []json.RawMessage // objects, undecoded
	Skipped int               // elements that were no objects
}

// pageCeiling ends a walk that never ends: at 500 items a page, a million.
const pageCeiling = 2000

// pages walks a collection by following next links. An error is always the
// last pair, so a loop that meets none has seen the whole collection. Pages
// that say of themselves that they are not complete are yielded, and the walk
// ends with ErrPartial.
func (c *core) pages(ctx context.Context, first *request) iter.Seq2[Page, error] {
	return c.walk(ctx, first, 0)
}

// walk is pages for collections without next links, too: with a size, a full
// page without a link is followed by asking for what comes after it.
func (c *core) walk(ctx context.Context, first *request, size int) iter.Seq2[Page, error] {
	return func(yield func(Page, error) bool) {
		q, w := *first, walker{hosts: c.at.hosts[first.service].names, path: first.path}
		var partial *Error
		for read := 0; ; {
			page, next, err := c.page(ctx, &q)
			if err != nil {
				yield(Page{}, err)
				return
			}
			if !yield(page.Page, nil) {
				return
			}
			partial = cmp.Or(partial, page.partial)
			var bad *Error
			n := len(page.Items) + page.Skipped
			read += n
			switch {
			case next != "":
				q.query, bad = w.follow(next)
			case size > 0 && n >= size:
				q.query, bad = first.query+"&$skip="+strconv.Itoa(read), w.count()
			case partial != nil:
				bad = partial
			default:
				return
			}
			if bad != nil {
				yield(Page{}, c.fail(&q, bad))
				return
			}
		}
	}
}

// A readPage is a page, and what it says of itself.
type readPage struct {
	Page
	partial *Error // why it is not complete; nil when it is
}

// page reads one page and the link to the next.
func (c *core) page(ctx context.Context, q *request) (readPage, string, error) {
	body, err := c.do(ctx, q)
	if err != nil {
		return readPage{}, "", err
	}
	page, next, err := split(body)
	if err != nil {
		if said := c.errorInside(q, body); said != nil {
			err = said
		} else {
			err = c.fail(q, &Error{Status: 200, kind: cordon.ErrMalformed, Message: err.Error()})
		}
		return readPage{}, "", err
	}
	read := readPage{Page: page.Page}
	if words := cmp.Or(q.partial, page.failure); words != "" {
		read.partial = c.partial(q, words)
	}
	return read, next, nil
}
