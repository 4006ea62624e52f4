package engine

import "sync"

// A roster is the tenants that the engine watches. One may join while it
// runs.
type roster struct {
	mu     sync.RWMutex
	order  []*Tenant
	byID   map[string]*Tenant
	joined func(*Tenant) // puts a tenant that joins on the schedule; nil while there is none
}

func newRoster(tenants []Tenant) *roster {
	r := &roster{byID: make(map[string]*Tenant, len(tenants))}
	for i := range tenants {
		r.order = append(r.order, &tenants[i])
		r.byID[tenants[i].ID] = &tenants[i]
	}
	return r
}

func (r *roster) find(id string) (*Tenant, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	t, ok := r.byID[id]
	return t, ok
}

// all returns the tenants as they are now. The slice only ever grows.
func (r *roster) all() []*Tenant {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.order[:len(r.order):len(r.order)]
}

// follow returns the tenants as they are now, and has joined called for every
// one that joins after that.
func (r *roster) follow(joined func(*Tenant)) []*Tenant {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.joined = joined
	return r.order[:len(r.order):len(r.order)]
}

// Join adds a tenant to those that the engine watches, and has its sources
// read at once. One that is watched already stays as it is.
func (e *Engine) Join(t Tenant) {
	r := e.roster
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, known := r.byID[t.ID]; known {
		return
	}
	r.order, r.byID[t.ID] = append(r.order, &t), &t
	if r.joined != nil {
		r.joined(&t)
	}
}
