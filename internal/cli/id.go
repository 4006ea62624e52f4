package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/cordonhq/cordon"
)

// minID is how much of an id must be given at least.
const minID = 4

// wholeID returns the id that text is the beginning of. What begins no id is
// returned as it is: it may be a name.
func wholeID(ctx context.Context, kind, text string, beginning func(context.Context, string, int) ([]string, error)) (string, error) {
	if len(text) < minID {
		return text, nil
	}
	const shown = 3
	ids, err := beginning(ctx, text, shown+1)
	switch {
	case err != nil:
		return "", err
	case len(ids) == 0:
		return text, nil
	case len(ids) == 1 || strings.EqualFold(ids[0], text):
		return ids[0], nil
	case len(ids) > shown:
		ids[shown] = "…"
	}
	return "", fmt.Errorf("%s is the beginning of more than one %s: %s. Give more of the id", cordon.Quote(text), kind, strings.Join(ids, ", "))
}
