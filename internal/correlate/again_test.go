package correlate

import (
	"testing"

	"github.com/cordonhq/cordon"
)

func TestSpeaksAgain(t *testing.T) {
	t.Parallel()
	e := user(ada, "", "")
	word := func(id string, noticed float64) cordon.Signal {
		s := sig(id, noticed, e)
		s.NativeID, s.DetectedAt = id, hour(noticed)
		return s
	}
	version := func(s cordon.Signal) cordon.Signal { s.ID, s.UpdatedAt = s.ID+"v2", hour(9); return s }
	first, late, again := word("first", 1), word("late", 2), word("again", 4)
	acts := []Act{{cordon.ActionRevokeSessions, ada, hour(3)}, {cordon.ActionRevokeSessions, lin, hour(8)}}
	tests := []struct {
		name        string
		before, now []cordon.Signal
		acts        []Act
		want        bool
	}{
		{"nothing joined", []cordon.Signal{first}, []cordon.Signal{first}, acts, false},
		{"an old word that comes late", []cordon.Signal{first}, []cordon.Signal{first, late}, acts, false},
		{"a new word", []cordon.Signal{first}, []cordon.Signal{first, again}, acts, true},
		{"a new word beside a later action", []cordon.Signal{first}, []cordon.Signal{first, again}, append(acts, Act{cordon.ActionDisableUser, ada, hour(5)}), false},
		{"a new version of a word that was told", []cordon.Signal{first, again}, []cordon.Signal{first, version(again)}, acts, false},
		{"a word that the feed has closed", []cordon.Signal{first}, []cordon.Signal{first, closed(again)}, acts, false},
		{"a word that is open once more", []cordon.Signal{first, closed(again)}, []cordon.Signal{first, version(again)}, acts, true},
	}
	for _, tt := range tests {
		if got := SpeaksAgain(e, tt.before, tt.now, tt.acts); got != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
}
