package microsoft

import (
	"context"
	"iter"
	"strings"
	"time"

	"github.com/cordonhq/cordon"
)

const (
	pathSignIns = "/v1.0/auditLogs/signIns"
	pathAudits  = "/v1.0/auditLogs/directoryAudits"
)

// SignIns yields the interactive sign-ins since then, newest first: of one
// user by object id, or of everybody when userID is empty.
//
// Wire:  GET /auditLogs/signIns
// Needs: AuditLog.Read.All
// Licence: Entra ID P1
func (s *LogsService) SignIns(ctx context.Context, since time.Time, userID string) iter.Seq2[Page, error] {
	c, only := (*core)(s), ""
	if userID != "" {
		only = equals("userId", userID)
	}
	q := get(graph, FamilyReports, 1, pathSignIns, filter(notBefore("createdDateTime", since), only))
	if userID != "" && !cordon.IsGUID(userID) {
		return failed(c.bad(q, "not an object id"))
	}
	return c.pages(ctx, q)
}

// failed is a feed that ends before its first page.
func failed(err error) iter.Seq2[Page, error] {
	return func(yield func(Page, error) bool) { yield(Page{}, err) }
}

// SignIn returns one sign-in. Its id is the request id that a detection names.
//
// Wire:  GET /auditLogs/signIns/{id}
// Needs: AuditLog.Read.All
// Licence: Entra ID P1
func (s *LogsService) SignIn(ctx context.Context, id string) (SignIn, error) {
	c := (*core)(s)
	q := get(graph, FamilyReports, 1, pathSignIns+"/"+segment(id), "")
	if !isOpaque(id) {
		return SignIn{}, c.bad(q, "not the id of a sign-in")
	}
	return readIf(ctx, c, q, func(v SignIn) bool { return strings.EqualFold(v.ID, id) })
}

// DirectoryAudits yields what was changed in the directory since then.
//
// Wire:  GET /auditLogs/directoryAudits
// Needs: AuditLog.Read.All
func (s *LogsService) DirectoryAudits(ctx context.Context, since time.Time) iter.Seq2[Page, error] {
	return (*core)(s).pages(ctx, get(graph, FamilyReports, 1, pathAudits, changedSince("activityDateTime", since)))
}
