package engine

import "sync"

// keyed lets one goroutine at a time hold a key. It knows only those that
// somebody holds or waits for.
type keyed struct {
	mu   sync.Mutex
	held map[string]*turnstile
}

type turnstile struct {
	sync.Mutex
	users int // who holds it and who waits
}

// lock takes the key and returns the function that gives it back.
func (k *keyed) lock(key string) (unlock func()) {
	k.mu.Lock()
	if k.held == nil {
		k.held = map[string]*turnstile{}
	}
	t := k.held[key]
	if t == nil {
		t = &turnstile{}
		k.held[key] = t
	}
	t.users++
	k.mu.Unlock()
	t.Lock()
	return func() {
		t.Unlock()
		k.mu.Lock()
		defer k.mu.Unlock()
		if t.users--; t.users == 0 {
			delete(k.held, key)
		}
	}
}
