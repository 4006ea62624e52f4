package notify

import (
	"context"
	"errors"
	"sync"
	"time"
)

// askAgain is how long a secret that could not be had is not asked for again:
// what prints it may take its time, and many notices may wait.
const askAgain = time.Minute

// A secret is what a channel signs with. Once it was had it is kept.
type secret struct {
	reveal func(context.Context) (string, error)

	mu    sync.Mutex
	key   []byte
	err   error
	asked time.Time
}

func (s *secret) get(ctx context.Context, now time.Time) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.key != nil || s.err != nil && now.Sub(s.asked).Abs() < askAgain {
		return s.key, s.err
	}
	text, err := s.reveal(ctx)
	if err == nil && text == "" {
		err = errors.New("the secret is empty")
	}
	if s.asked, s.err = now, err; err == nil {
		s.key = []byte(text)
	}
	return s.key, err
}
