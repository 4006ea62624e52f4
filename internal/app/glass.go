package app

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/engine"
)

// featureGlass is the feature of the accounts that are listed as break-glass.
// A tenant that lists none has no use for it.
const featureGlass = "break_glass"

// errUnmatched says that an account that is listed is not in the tenant.
var errUnmatched = errors.New("break-glass entry matches no user")

// askGlass looks whether every account that is listed as break-glass is there:
// an entry that matches no user protects no account, and nothing else would
// show it.
func (p *patient) askGlass(ctx context.Context, found Finding) Finding {
	advice, err := lookForGlass(ctx, p.tenant)
	if found = found.after(err); err == nil {
		found.Reason = advice
	}
	return found
}

// lookForGlass reads every account that is listed. The advice is for those
// that are listed by a name that may change.
func lookForGlass(ctx context.Context, t engine.Tenant) (advice string, err error) {
	var lost, named []string
	for _, entry := range t.BreakGlass {
		u, err := t.Client.Users.Get(ctx, entry)
		switch {
		case errors.Is(err, cordon.ErrNotFound):
			lost = append(lost, entry)
		case err != nil:
			return "", fmt.Errorf("%s: %w", entry, err)
		case strings.EqualFold(entry, u.ID):
		case strings.EqualFold(entry, u.UserPrincipalName):
			named = append(named, entry+" as "+u.ID)
		default: // guard compares both names and would not know them by this one
			lost = append(lost, entry)
		}
	}
	if len(lost) > 0 {
		return "", fmt.Errorf("%s: %w; that account is NOT protected: list object ids, which a rename does not touch",
			strings.Join(lost, ", "), errUnmatched)
	}
	if len(named) > 0 {
		advice = "a rename would take the protection away: list " + strings.Join(named, ", ")
	}
	return advice, nil
}
