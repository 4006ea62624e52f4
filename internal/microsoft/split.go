package microsoft

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// pageDepth is how deep the JSON of an item may nest on a page. What is deeper
// than Decode reads is still kept; what is deeper than this can only be meant
// to break somebody.
const pageDepth = 1000

var errNoPage = errors.New("the answer is no collection")

// split takes a page apart without decoding its items. Without an array
// "value" there is no page: an error must not look like an empty list.
func split(body []byte) (page splitPage, next string, err error) {
	s := splitter{body: body, dec: jsontext.NewDecoder(bytes.NewBuffer(body), lenient)}
	if err := s.object(&page, &next); err != nil {
		return splitPage{}, "", err
	}
	return page, next, nil
}

// A splitPage is a page, and the words of an error beside its items.
type splitPage struct {
	Page
	failure string
}

type splitter struct {
	body []byte
	dec  *jsontext.Decoder
}

// object reads the whole answer.
func (s splitter) object(page *splitPage, next *string) error {
	if s.dec.PeekKind() != '{' {
		return fmt.Errorf("%w: not a JSON object", errNoPage)
	}
	if _, err := s.dec.ReadToken(); err != nil {
		return broken(err)
	}
	whole := false
	for s.dec.PeekKind() == '"' {
		name, err := s.field(page, next)
		if err != nil {
			return err
		}
		whole = whole || name == "value"
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

// field reads one field of the answer and returns its name.
func (s splitter) field(page *splitPage, next *string) (string, error) {
	tok, err := s.dec.ReadToken()
	if err != nil {
		return "", broken(err)
	}
	name := tok.String()
	switch name {
	case "value":
		err = s.items(&page.Page)
	case "@odata.nextLink":
		*next, err = s.link()
	case "error":
		page.failure, err = s.failure()
	default:
		_, err = s.value()
	}
	return name, err
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

// failure reads an error beside the items; null is none.
func (s splitter) failure() (string, error) {
	raw, err := s.value()
	if err != nil || string(raw) == "null" {
		return "", err
	}
	e, _ := Decode[struct {
		Code    Text `json:"code"`
		Message Text `json:"message"`
	}](raw) // what is no object stays empty
	return cmp.Or(strings.Trim(clean(string(e.Code), 80)+": "+clean(string(e.Message), 300), ": "), "an error without words"), nil
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
