package engine

import (
	"context"
	"maps"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
)

// A shared reading of a tenant is made once for all who ask at the same time,
// and stands for those who ask soon after. An error is never kept.
type shared[T any] struct {
	lasts time.Duration
	once  singleflight.Group
	mu    sync.Mutex
	kept  map[string]reading[T] // by tenant; only what is not too old
}

// sharedTimeout bounds a shared reading. Each of those who wait for it has a
// time of its own, and finds it under way when it asks again.
const sharedTimeout = 2 * time.Minute

type reading[T any] struct {
	value T
	at    time.Time // when it was asked for
}

// of returns what was read lately of the tenant, or reads it. Who reads does
// so for all that wait: the end of one of them does not end it.
func (s *shared[T]) of(ctx context.Context, tenantID string, now func() time.Time, read func(context.Context) (T, error)) (T, error) {
	answer := s.once.DoChan(tenantID, func() (any, error) {
		if value, ok := s.lately(tenantID, now()); ok {
			return value, nil
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), sharedTimeout)
		defer cancel()
		at := now()
		value, err := read(ctx)
		if err == nil {
			s.keep(tenantID, reading[T]{value, at})
		}
		return value, err
	})
	var none T
	select {
	case <-ctx.Done():
		return none, ctx.Err()
	case r := <-answer:
		value, _ := r.Val.(T) // nil when there is an error
		return value, r.Err
	}
}

func (s *shared[T]) lately(tenantID string, now time.Time) (T, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.kept[tenantID]
	return r.value, ok && s.fresh(r, now)
}

// keep remembers a reading and forgets those that are too old.
func (s *shared[T]) keep(tenantID string, r reading[T]) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.kept == nil {
		s.kept = map[string]reading[T]{}
	}
	maps.DeleteFunc(s.kept, func(_ string, old reading[T]) bool { return !s.fresh(old, r.at) })
	s.kept[tenantID] = r
}

// fresh reports whether a reading still stands. One of the future was made
// before the clock was set back: nobody knows how old it is.
func (s *shared[T]) fresh(r reading[T], now time.Time) bool {
	age := now.Sub(r.at)
	return age >= 0 && age < s.lasts
}
