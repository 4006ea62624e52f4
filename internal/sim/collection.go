package sim

import (
	"slices"
	"strings"
)

// A collection holds objects in the order in which they arrived. An object's
// number never changes and is never used again, so that a page can be
// continued after others have been added.
type collection struct {
	items []item
	index map[string]int // lower-case id to position
	next  int
}

type item struct {
	number int
	object *object
}

// put stores an object under its id, in the place of one with the same id.
func (c *collection) put(o *object) {
	id := strings.ToLower(idOf(o))
	if i, ok := c.index[id]; ok {
		c.items[i].object = o
		return
	}
	if c.index == nil {
		c.index = map[string]int{}
	}
	c.next++
	c.index[id] = len(c.items)
	c.items = append(c.items, item{number: c.next, object: o})
}

// get returns the object with that id, or nil. Ids are compared without case.
func (c *collection) get(id string) *object {
	i, ok := c.index[strings.ToLower(id)]
	if !ok {
		return nil
	}
	return c.items[i].object
}

// objects returns all objects, oldest arrival first.
func (c *collection) objects() []*object {
	out := make([]*object, len(c.items))
	for i, it := range c.items {
		out[i] = it.object
	}
	return out
}

// idOf returns an object's id as text. Feeds give it as a string; a number is
// taken as it is written.
func idOf(o *object) string {
	raw := o.raw("id")
	if len(raw) > 0 && raw[0] != '"' && raw[0] != 'n' {
		return string(raw)
	}
	return o.text("id")
}

// remove takes the object with that id away and reports whether it was there.
func (c *collection) remove(id string) bool {
	i, ok := c.index[strings.ToLower(id)]
	if !ok {
		return false
	}
	c.items = slices.Delete(c.items, i, i+1)
	delete(c.index, strings.ToLower(id))
	for _, it := range c.items[i:] {
		c.index[strings.ToLower(idOf(it.object))]--
	}
	return true
}
