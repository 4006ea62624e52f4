package engine

import (
	"context"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/collect"
)

// TryRead reads the first page of a source's newest items and keeps nothing:
// it answers whether the source can be read.
func TryRead(ctx context.Context, t Tenant, source cordon.Source) error {
	now := time.Now().UTC()
	req := collect.Request{TenantID: t.ID, Source: source, Last: cordon.Coverage{ReadUntil: now}, Hasher: collect.NewHasher(), Now: now}
	for _, err := range collect.Read(ctx, t.Client, &req) {
		return err
	}
	return nil
}
