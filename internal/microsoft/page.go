package microsoft

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/cordonhq/cordon"
)

// A Page is a part of a collection as it came. The items share the memory of
// the page: clone what is kept.
type Page struct {
	Items   []json.RawMessage // objects, undecoded
	Skipped int               // elements that were no objects
}

const (
	// pageCeiling ends a walk that never ends: at 500 items a page, a million.
	pageCeiling = 2000
	// pageDepth is how deep the JSON of an item may nest on a page. What is
	// deeper than Decode reads is still kept; what is deeper than this can
	// only be meant to break somebody.
	pageDepth = 1000
)

// pages walks a collection by following next links. An error is always the
// last pair, so a loop that meets none has seen the whole collection.
func (c *core) pages(ctx context.Context, first *request) iter.Seq2[Page, error] {
	return c.walk(ctx, first, 0)
}

// walk is pages for collections without next links, too: with a size, a full
// page without a link is followed by asking for what comes after it.
func (c *core) walk(ctx context.Context, first *request, size int) iter.Seq2[Page, error] {
	return func(yield func(Page, error) bool) {
		q, w := *first, walker{hosts: c.cloud.hosts[first.service].names, path: first.path}
		for read := 0; ; {
			page, next, err := c.page(ctx, &q)
			if err != nil {
				yield(Page{}, fmt.Errorf("read %s: %w", first.path, err))
				return
			}
			if !yield(page, nil) {
				return
			}
			n := len(page.Items) + page.Skipped
			read += n
			switch {
			case next != "":
				q.query, err = w.follow(next)
			case size > 0 && n >= size:
				q.query, err = first.query+"&$skip="+strconv.Itoa(read), w.count()
			default:
				return
			}
			if err != nil {
				yield(Page{}, fmt.Errorf("read %s: %w", first.path, c.fail(&q, err.(*Error))))
				return
			}
		}
	}
}

// page reads one page and the link to the next.
func (c *core) page(ctx context.Context, q *request) (Page, string, error) {
	body, err := c.do(ctx, q)
	if err != nil {
		return Page{}, "", err
	}
	page, next, err := split(body)
	if err != nil {
		return Page{}, "", c.fail(q, &Error{Status: 200, kind: cordon.ErrMalformed, Message: err.Error()})
	}
	return page, next, nil
}

var errNoPage = errors.New("the answer is no collection")

// split takes a page apart without decoding its items. Without an array
// "value" there is no page: an error must not look like an empty list.
func split(body []byte) (page Page, next string, err error) {
	s := splitter{body: body, dec: jsontext.NewDecoder(bytes.NewBuffer(body), lenient)}
	if err := s.object(&page, &next); err != nil {
		return Page{}, "", err
	}
	return page, next, nil
}

type splitter struct {
	body []byte
	dec  *jsontext.Decoder
}

func (s splitter) object(page *Page, next *string) error {
	if s.dec.PeekKind() != '{' {
		return fmt.Errorf("%w: not a JSON object", errNoPage)
	}
	if _, err := s.dec.ReadToken(); err != nil {
		return broken(err)
	}
	whole := false
	for s.dec.PeekKind() == '"' {
		name, err := s.dec.ReadToken()
		if err != nil {
			return broken(err)
		}
		switch name.String() {
		case "value":
			whole, err = true, s.items(page)
		case "@odata.nextLink":
			*next, err = s.link()
		default:
			_, err = s.value()
		}
		if err != nil {
			return err
		}
	}
	if _, err := s.dec.ReadToken(); err != nil {
		return broken(err)
	}
	if !whole {
		return fmt.Errorf("%w: it has no value", errNoPage)
	}
	if rest := bytes.TrimSpace(s.body[s.dec.InputOffset():]); len(rest) > 0 {
		return fmt.Errorf("%w: something follows it", errNoPage)
	}
	return nil
}

// items reads the array of the collection.
func (s splitter) items(page *Page) error {
	if s.dec.PeekKind() != '[' {
		return fmt.Errorf("%w: its value is no array", errNoPage)
	}
	if _, err := s.dec.ReadToken(); err != nil {
		return broken(err)
	}
	*page = Page{} // of two values the last counts
	for kind := s.dec.PeekKind(); kind != ']'; kind = s.dec.PeekKind() {
		raw, err := s.value()
		if err != nil {
			return err
		}
		if kind != '{' {
			page.Skipped++
			continue
		}
		page.Items = append(page.Items, raw)
	}
	_, err := s.dec.ReadToken()
	return err
}

// value reads one value, whatever it is.
func (s splitter) value() (json.RawMessage, error) {
	raw, err := s.dec.ReadValue()
	if err != nil {
		return nil, broken(err)
	}
	if tooDeep(raw, pageDepth) {
		return nil, fmt.Errorf("%w: nested too deep", errNoPage)
	}
	return json.RawMessage(raw), nil
}

// link reads the next link; null is none.
func (s splitter) link() (string, error) {
	tok, err := s.dec.ReadToken()
	switch {
	case err != nil:
		return "", broken(err)
	case tok.Kind() == 'n':
		return "", nil
	case tok.Kind() != '"':
		return "", fmt.Errorf("%w: its next link is no text", errNoPage)
	}
	return tok.String(), nil
}

func broken(err error) error { return fmt.Errorf("%w: %s", errNoPage, clean(err.Error(), 120)) }
