package microsoft

import (
	"context"
	"iter"
)

// List yields the users.
//
// Wire:  GET /users
// Needs: User.Read.All
func (s *UsersService) List(ctx context.Context) iter.Seq2[Page, error] {
	return (*core)(s).pages(ctx, get(graph, FamilyDirectory, 2, pathUsers, selectUser+"&$top=500"))
}
