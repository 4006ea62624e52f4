package cordon_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/cordonhq/cordon"
	"pgregory.net/rapid"
)

func TestParseTime(t *testing.T) {
	t.Parallel()
	at := func(y, mo, d, h, mi, s, us int) time.Time {
		return time.Date(y, time.Month(mo), d, h, mi, s, us*1000, time.UTC)
	}
	tests := []struct {
		text string
		want time.Time
		ok   bool
	}{
		{"", time.Time{}, true},
		{"0001-01-01T00:00:00Z", time.Time{}, true}, // how some feeds write: never
		{"2023-10-20T09:53:09Z", at(2023, 10, 20, 9, 53, 9, 0), true},
		{"2023-10-20T09:53:09.8839373Z", at(2023, 10, 20, 9, 53, 9, 883937), true}, // cut, not rounded
		{"2023-10-20T09:53:09.9999999Z", at(2023, 10, 20, 9, 53, 9, 999999), true},
		{"2023-10-20T09:53:09.123456789Z", at(2023, 10, 20, 9, 53, 9, 123456), true},
		{"2023-10-20T09:53:09.123456789123Z", at(2023, 10, 20, 9, 53, 9, 123456), true},
		{"2022-09-09T8:48:50.361Z", at(2022, 9, 9, 8, 48, 50, 361000), true},
		{"2022-09-09T0:00:00Z", at(2022, 9, 9, 0, 0, 0, 0), true},
		{"2023-10-20T11:53:09+02:00", at(2023, 10, 20, 9, 53, 9, 0), true},
		{"2023-10-20T01:53:09.5-08:00", at(2023, 10, 20, 9, 53, 9, 500000), true},
		{"2023-10-20T09:53:09", at(2023, 10, 20, 9, 53, 9, 0), true},
		{"2023-10-20T09:53:09.8839373", at(2023, 10, 20, 9, 53, 9, 883937), true},
		{"2024-02-29T23:59:59Z", at(2024, 2, 29, 23, 59, 59, 0), true},
		{"9999-12-31T23:59:59Z", at(9999, 12, 31, 23, 59, 59, 0), true},
		{"9999-12-31T23:59:59-01:00", time.Time{}, false}, // the year 10000 in UTC: no JSON holds it
		{"0000-01-01T00:00:00+01:00", time.Time{}, false}, // the year before
		{"1601-01-01T00:00:00Z", time.Time{}, false},      // how others write: never
		{"1969-12-31T23:59:59Z", time.Time{}, false},
		{"2023-02-29T00:00:00Z", time.Time{}, false},
		{"2023-10-20T24:00:00Z", time.Time{}, false},
		{"2023-10-20T23:59:60Z", time.Time{}, false},
		{"8/22/2022 6:07:16 PM", at(2022, 8, 22, 18, 7, 16, 0), true},
		{"8/22/2022 12:07:16 AM", at(2022, 8, 22, 0, 7, 16, 0), true},
		{"8/22/2022 6:07:16 PM +02:00", at(2022, 8, 22, 16, 7, 16, 0), true},
		{"2022-08-22 18:07:16Z", at(2022, 8, 22, 18, 7, 16, 0), true},
		{"22/8/2022 6:07:16 PM", time.Time{}, false},
		{"22.8.2022 18:07", time.Time{}, false},
		{"2023-10-20", time.Time{}, false},
		{"1697795589", time.Time{}, false},
		{"null", time.Time{}, false},
		{"2023-10-20T09:53:09Z\n", time.Time{}, false},
		{" 2023-10-20T09:53:09Z", time.Time{}, false},
		{"2023-10-20T09:53:09ZZ", time.Time{}, false},
	}
	for _, tt := range tests {
		got, err := cordon.ParseTime(tt.text)
		if !got.Equal(tt.want) || (err == nil) != tt.ok || got.Location() != time.UTC {
			t.Errorf("%q: got %v, %v; want %v, %v", tt.text, got, err, tt.want, tt.ok)
		}
	}
}

func TestParseTimeReadsWhatGoWrites(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := time.UnixMicro(rapid.Int64Range(0, 253402300799999999).Draw(t, "microseconds")).UTC()
		zone := time.FixedZone("", 60*rapid.IntRange(-14*60, 14*60).Draw(t, "minutes east"))
		text := want.In(zone).Format(time.RFC3339Nano)
		if y := want.In(zone).Year(); y > 9999 {
			t.Skip("no year of four digits there")
		}
		if got, err := cordon.ParseTime(text); err != nil || !got.Equal(want) {
			t.Errorf("%s: got %v, %v", text, got, err)
		}
	})
}

// What is read as a time can be stored and shown.
func FuzzParseTime(f *testing.F) {
	for _, s := range []string{"", "2022-09-09T8:48:50.361Z", "9999-12-31T23:59:59-23:59", "0000-01-01T00:00:00+23:59", "2023-10-20T09:53:09.8839373Z"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := cordon.ParseTime(s)
		if _, unfit := json.Marshal(got); unfit != nil {
			t.Errorf("%q: %v", s, unfit)
		}
		if err != nil != got.IsZero() && s != "" && err != nil {
			t.Errorf("%q: got %v beside %v", s, got, err)
		}
		if !got.IsZero() && (got.UnixMicro() < 0 || !time.UnixMicro(got.UnixMicro()).Equal(got)) {
			t.Errorf("%q: %v does not survive as microseconds", s, got)
		}
	})
}

func TestSeverityRank(t *testing.T) {
	t.Parallel()
	for s, want := range map[cordon.Severity]int{
		cordon.SeverityUnknown: 0, cordon.SeverityInformational: 1, cordon.SeverityLow: 2, cordon.SeverityMedium: 3, cordon.SeverityHigh: 4,
		"": 0, "critical": 0, "High": 0,
	} {
		if got := s.Rank(); got != want {
			t.Errorf("%q: got %d, want %d", s, got, want)
		}
	}
}

func TestSignalAbout(t *testing.T) {
	t.Parallel()
	s := cordon.Signal{Entities: []cordon.Entity{cordon.NewDevice("m1", ""), cordon.NewUser("", "", recordedSID)}}
	for _, tt := range []struct {
		e    cordon.Entity
		want bool
	}{
		{cordon.NewUser(recordedID, "ada@contoso.com", ""), true},
		{cordon.NewUser("", "ada@contoso.com", ""), false},
		{cordon.NewDevice("M1", ""), true},
		{cordon.Entity{}, false},
	} {
		if got := s.About(tt.e); got != tt.want {
			t.Errorf("%+v: got %v", tt.e, got)
		}
	}
}
