package microsoft

import (
	"context"
	"errors"
	"iter"
	"net/http"
)

const pathUsersDelta = pathUsers + "/delta"

// ErrResync says that a delta link is no longer honoured: changes may have
// been missed, and the caller must read everything again from the start. It
// is a kind of this package, because only a caller of Delta can do so.
var ErrResync = errors.New("changes were missed: read everything again")

// List yields the users.
//
// Wire:  GET /users
// Needs: User.Read.All
func (s *UsersService) List(ctx context.Context) iter.Seq2[Page, error] {
	return (*core)(s).pages(ctx, get(graph, FamilyDirectory, 2, pathUsers, selectUser+"&$top=500"))
}

// Delta yields the users that changed since the link was given, or all users
// when it is empty. The last page, and no other, carries the link for the next
// time. Items decode as UserChange. ErrResync asks to start again without a
// link.
//
// Wire:  GET /users/delta
// Needs: User.Read.All
func (s *UsersService) Delta(ctx context.Context, link string) iter.Seq2[Page, error] {
	c := (*core)(s)
	q := get(graph, FamilyDirectory, 2, pathUsersDelta, selectUser)
	if link != "" {
		w := walker{hosts: c.at.hosts[graph].names, path: q.path}
		query, bad := w.follow(link)
		if bad != nil {
			return failed(c.fail(q, bad))
		}
		q.query = query
	}
	return c.delta(ctx, q)
}

// delta walks the pages of changes. A walk that ends without a link for the
// next time was cut short.
func (c *core) delta(ctx context.Context, q *request) iter.Seq2[Page, error] {
	return func(yield func(Page, error) bool) {
		last := ""
		for page, err := range c.pages(ctx, q) {
			if err == nil {
				err = c.checkDelta(q, page.Delta)
			}
			if err != nil {
				yield(Page{}, resync(err))
				return
			}
			if last = page.Delta; !yield(page, nil) {
				return
			}
		}
		if last == "" {
			yield(Page{}, c.odd(q, "the changes end without a link for the next time"))
		}
	}
}

// checkDelta refuses a link that leads elsewhere before it is kept.
func (c *core) checkDelta(q *request, link string) error {
	if link == "" {
		return nil
	}
	w := walker{hosts: c.at.hosts[q.service].names, path: q.path}
	if _, bad := w.follow(link); bad != nil {
		return c.fail(q, bad)
	}
	return nil
}

// resync makes ErrResync of an answer that says so.
func resync(err error) error {
	var e *Error
	if !errors.As(err, &e) {
		return err
	}
	switch {
	case e.Status == http.StatusGone, e.Status >= 400 && (e.Code == "resyncRequired" || e.Code == "syncStateNotFound"):
		e.kind = ErrResync
	}
	return err
}

// A UserChange is a user who changed, or who is no longer there.
type UserChange struct {
	User
	Removed *struct {
		Reason string `json:"reason"` // "changed": may be restored; "deleted": for good
	} `json:"@removed"`
}
