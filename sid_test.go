package cordon_test

import (
	"strings"
	"testing"

	"github.com/cordonhq/cordon"
	"pgregory.net/rapid"
)

// recordedSID and recordedID are the same user in a recorded alert.
const (
	recordedSID = "S-1-12-1-1485667349-1150190949-4065799612-2328216759"
	recordedID  = "588d7c15-8565-448e-bc2d-57f2b7c4c58a"
)

func TestObjectIDFromSID(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, sid, want string
		ok              bool
	}{
		{"recorded", recordedSID, recordedID, true},
		{"lower case", strings.ToLower(recordedSID), recordedID, true},
		{"nil", "S-1-12-1-0-0-0-0", "00000000-0000-0000-0000-000000000000", true},
		{"largest", "S-1-12-1-4294967295-4294967295-4294967295-4294967295", "ffffffff-ffff-ffff-ffff-ffffffffffff", true},
		{"byte order", "S-1-12-1-1-1-1-1", "00000001-0001-0000-0100-000001000000", true},
		{"empty", "", "", false},
		{"prefix alone", "S-1-12-1-", "", false},
		{"on premises", "S-1-5-21-1004336348-1177238915-682003330-512", "", false},
		{"local system", "S-1-5-18", "", false},
		{"three numbers", "S-1-12-1-1-2-3", "", false},
		{"five numbers", "S-1-12-1-1-2-3-4-5", "", false},
		{"empty number", "S-1-12-1-1--3-4", "", false},
		{"negative number", "S-1-12-1-1-2-3--4", "", false},
		{"signed number", "S-1-12-1-+1-2-3-4", "", false},
		{"over 32 bits", "S-1-12-1-4294967296-2-3-4", "", false},
		{"hexadecimal", "S-1-12-1-0x1-2-3-4", "", false},
		{"space behind", recordedSID + " ", "", false},
		{"space before", " " + recordedSID, "", false},
		{"other family", strings.Replace(recordedSID, "S-1-12-1-", "S-1-12-2-", 1), "", false},
		{"other digits", strings.Replace(recordedSID, "1485667349", "١", 1), "", false},
	}
	for _, tt := range tests {
		if got, ok := cordon.ObjectIDFromSID(tt.sid); got != tt.want || ok != tt.ok {
			t.Errorf("%s: got %q, %v; want %q, %v", tt.name, got, ok, tt.want, tt.ok)
		}
	}
}

func TestSIDFromObjectID(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		id, want string
		ok       bool
	}{
		{recordedID, recordedSID, true},
		{strings.ToUpper(recordedID), recordedSID, true},
		{"", "", false},
		{"{" + recordedID + "}", "", false},
		{recordedID[:35], "", false},
		{recordedID[:35] + "g", "", false},
		{strings.ReplaceAll(recordedID, "-", ""), "", false},
		{strings.ReplaceAll(recordedID, "-", "_"), "", false},
		{"588d7c158-565-448e-bc2d-57f2b7c4c58a", "", false}, // a dash out of place
	} {
		if got, ok := cordon.SIDFromObjectID(tt.id); got != tt.want || ok != tt.ok {
			t.Errorf("%q: got %q, %v; want %q, %v", tt.id, got, ok, tt.want, tt.ok)
		}
		if got := cordon.IsGUID(tt.id); got != tt.ok {
			t.Errorf("%q is a GUID: %v", tt.id, got)
		}
	}
}

func TestSIDRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		id := rapid.StringMatching(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`).Draw(t, "id")
		sid, ok := cordon.SIDFromObjectID(id)
		if !ok {
			t.Fatalf("%s has no SID", id)
		}
		if back, ok := cordon.ObjectIDFromSID(sid); !ok || back != id {
			t.Fatalf("%s became %s and then %s", id, sid, back)
		}
	})
}

func FuzzObjectIDFromSID(f *testing.F) {
	for _, s := range []string{recordedSID, "", "S-1-12-1-0-0-0-0", "S-1-5-18", "S-1-12-1-1-2-3-99999999999"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, sid string) {
		id, ok := cordon.ObjectIDFromSID(sid)
		if ok != cordon.IsGUID(id) {
			t.Errorf("%q: got %q, %v", sid, id, ok)
		}
		if again, is := cordon.SIDFromObjectID(id); ok && (!is || len(again) > len(sid)) {
			t.Errorf("%q: became %q and then %q", sid, id, again)
		}
	})
}
