package collect

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/cordonhq/cordon"
)

// A signal whose times say nothing, or lie in the future, is unreadable,
// whatever source it comes from; else it would silently never be acted on.
func TestTimes(t *testing.T) {
	t.Parallel()
	in := func(d time.Duration) string { return at.Add(d).Format(time.RFC3339) }
	tests := []struct {
		name                        string
		occurred, detected, updated string
		reason                      string // what the reason has; "" when the times are usable
	}{
		{"all", in(-time.Hour), in(-time.Hour), in(-time.Minute), ""},
		{"the update alone", "", "", in(-time.Minute), ""},
		{"a clock that is a little ahead", in(9 * time.Minute), in(9 * time.Minute), in(9 * time.Minute), ""},
		{"none", "", "", "", "the item has none"},
		{"never, in three ways", "0001-01-01T00:00:00Z", "", "0001-01-01T00:00:00Z", "the item has none"},
		{"not to be read", "vor 5 Minuten", "", in(-time.Minute), "vor 5 Minuten"},
		{"out of range", "", "20260-01-01T00:00:00Z", "", "20260"},
		{"noticed in the future", in(-time.Hour), in(11 * time.Minute), in(-time.Minute), "is in the future"},
		{"changed in the future", in(-time.Hour), in(-time.Hour), "9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z is in the future"},
	}
	items := map[cordon.Source]string{
		cordon.SourceRiskDetections: `{"id":"a","riskEventType":"anomalousToken","userId":"` + userID + `","activityDateTime":%q,"detectedDateTime":%q,"lastUpdatedDateTime":%q}`,
		cordon.SourceAlerts:         `{"id":"a","serviceSource":"microsoftDefenderForIdentity","firstActivityDateTime":%q,"createdDateTime":%q,"lastUpdateDateTime":%q}`,
		cordon.SourceEndpointAlerts: `{"id":"a","detectionSource":"WindowsDefenderAtp","firstEventTime":%q,"alertCreationTime":%q,"lastUpdateTime":%q}`,
	}
	for source := range decoders() {
		for _, tt := range tests {
			s := decode(source, fmt.Appendf(nil, items[source], tt.occurred, tt.detected, tt.updated))
			if got := Unreadable(s); got != (tt.reason != "") || !strings.Contains(s.Discounted, tt.reason) {
				t.Errorf("%s, %s: unreadable %v, %q, want %q", source, tt.name, got, s.Discounted, tt.reason)
			}
		}
	}
}
