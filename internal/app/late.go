package app

import (
	"context"
	"sync"
	"time"
)

// askAgain is how long what could not be had is left alone: the program that
// prints a secret may take seconds, and many tenants may wait for the same.
const askAgain = time.Minute

// A late value is asked for at the start and, as long as it cannot be had, at
// need again, once in askAgain. Meanwhile the last error stands.
type late[T any] struct {
	ask func(context.Context) (T, error)
	now func() time.Time

	mu    sync.Mutex
	value T
	err   error     // why there is none yet
	next  time.Time // when to ask again
}

func newLate[T any](ctx context.Context, now func() time.Time, ask func(context.Context) (T, error)) *late[T] {
	l := &late[T]{ask: ask, now: now, next: now().Add(askAgain)}
	l.value, l.err = ask(ctx)
	return l
}

// get returns the value. While one caller asks for it, nobody waits: the
// others are told what was wrong before.
func (l *late[T]) get(ctx context.Context) (T, error) {
	if !l.turn() {
		l.mu.Lock()
		defer l.mu.Unlock()
		return l.value, l.err
	}
	value, err := l.ask(ctx)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil && (err == nil || ctx.Err() == nil) { // that the caller gave up says nothing of the value
		l.value, l.err = value, err
	}
	return l.value, l.err
}

// turn reports whether the caller is the one to ask now.
func (l *late[T]) turn() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err == nil || l.now().Before(l.next) {
		return false
	}
	l.next = l.now().Add(askAgain)
	return true
}
