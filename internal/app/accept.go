package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/engine"
	"github.com/cordonhq/cordon/internal/store"
)

// AcceptStore makes the store of the configuration the expected one. Where the
// configuration names another, it is to be changed first.
func (c *Config) AcceptStore(ctx context.Context, person, why string, now time.Time) (st store.Standing, err error) {
	err = c.write(ctx, "store accept", func(s *store.Store) error {
		if err := s.Read(ctx, func(tx *store.Tx) (err error) { st, err = tx.Standing(ctx); return err }); err != nil {
			if errors.Is(err, cordon.ErrNotFound) {
				return fmt.Errorf("no engine has worked on the store at %s yet: run cordon sync first", c.Storage.URL)
			}
			return err
		}
		if c.Storage.ID != "" && c.Storage.ID != st.StoreID {
			return fmt.Errorf("%s expects the store %s, and this is %s: change storage.id there first", c.file, c.Storage.ID, st.StoreID)
		}
		st, err = engine.Accept(ctx, s, person, why, now)
		return err
	})
	return st, err
}
