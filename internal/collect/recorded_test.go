package collect

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/cordonhq/cordon"
)

// recorded reads one file of recorded payloads, which are kept beside the
// repository and not in it.
func recorded(t *testing.T, name string) [][]byte {
	t.Helper()
	const folder = "../../../shared/recorded"
	b, err := os.ReadFile(folder + "/" + name)
	if errors.Is(err, os.ErrNotExist) {
		t.Skipf("the recorded payloads are not here: %s is absent beside the repository", name)
	}
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Split(bytes.TrimSpace(b), []byte("\n"))
}

// Recorded payloads go through the simulator and come out as signals, none
// dropped, with the right users and times, byte for byte as they came.
func TestRecordedPayloads(t *testing.T) {
	t.Parallel()
	moment := func(s string) time.Time {
		at, err := time.Parse("2006-01-02T15:04:05.999999Z", s)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	type fact struct {
		Detector                      cordon.Detector
		NativeID, Kind, Title         string
		Severity                      cordon.Severity
		State                         cordon.SignalState
		Occurred, Detected, UpdatedAt time.Time
		Entities                      []cordon.Entity
	}
	risk := func(line []byte) []byte {
		var export struct {
			Properties json.RawMessage `json:"properties"`
		}
		if err := json.Unmarshal(line, &export); err != nil {
			t.Fatal(err)
		}
		return export.Properties
	}
	for _, tt := range []struct {
		file   string
		source cordon.Source
		object func(line []byte) []byte
		want   []fact
	}{
		{"entra-user-risk-events.ndjson", cordon.SourceRiskDetections, risk, []fact{
			{
				cordon.DetectorIdentityProtection, "ce0ed07f9ccf5be15e4b97d2979af6569b1f67db87ddc9b88b5bb743ea091e47", "anonymizedIPAddress",
				"anonymizedIPAddress: joe.danger@mauriziobrancaoutlook.onmicrosoft.com", cordon.SeverityHigh, cordon.SignalOpen,
				moment("2022-08-22T18:05:06.133Z"), moment("2022-08-22T18:05:06.133Z"), moment("2022-08-22T18:07:16.894Z"),
				[]cordon.Entity{cordon.NewUser("51e26eae-d07b-44e5-bb0b-249f49569a8c", "joe.danger@mauriziobrancaoutlook.onmicrosoft.com", "").Add(cordon.NameDisplayName, "Joe Danger")},
			},
			{
				cordon.DetectorIdentityProtection, "d93ffb8db664e4e8bd08db6e183b6390dacf00553cc5768aac83012e2dc7c2c9", "passwordSpray",
				"passwordSpray: joel.miller@mauriziobrancaoutlook.onmicrosoft.com", cordon.SeverityHigh, cordon.SignalOpen,
				moment("2022-09-08T12:53:53.895Z"), moment("2022-09-09T08:48:50.361Z"), moment("2022-09-09T09:54:27.739Z"),
				[]cordon.Entity{cordon.NewUser("e3b2b242-4ccb-4cf1-9b8b-004cf034a458", "joel.miller@mauriziobrancaoutlook.onmicrosoft.com", "").Add(cordon.NameDisplayName, "Joel Miller")},
			},
		}},
		{"graph-alerts-v2.ndjson", cordon.SourceAlerts, func(line []byte) []byte { return line }, []fact{{
			cordon.DetectorEndpoint, "daefa1828b-dd4e-405c-8a3b-aa28596830dd_1", "Execution", "Suspicious PowerShell command line", cordon.SeverityMedium, cordon.SignalOpen,
			moment("2023-10-20T09:51:39.51548Z"), moment("2023-10-20T09:53:09.883937Z"), moment("2023-10-20T09:54:07.503333Z"),
			[]cordon.Entity{
				cordon.NewUser(userID, "", ""),
				cordon.NewDevice("505d70d89cfa3428f7aac7d2eb3a64c60fd3d843", "f18bd540-d5e4-46e0-8ddd-3d03a59e4e14").Add(cordon.NameDisplayName, "clw555test"),
			},
		}}},
	} {
		t.Run(tt.file, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			lines := recorded(t, tt.file)
			var objects []string
			for _, line := range lines {
				objects = append(objects, string(tt.object(line)))
			}
			w.inject(t, resources()[tt.source], objects...)
			_, signals, err := w.read(t, w.request(tt.source))
			if err != nil || len(signals) != len(lines) {
				t.Fatalf("%d signals of %d items, %v", len(signals), len(lines), err)
			}
			var got []fact
			for _, s := range signals {
				if !slices.Contains(objects, string(s.Raw)) {
					t.Errorf("%s is not as it came: %s", s.NativeID, s.Raw)
				}
				got = append(got, fact{s.Detector, s.NativeID, s.Kind, s.Title, s.Severity, s.State, s.OccurredAt, s.DetectedAt, s.UpdatedAt, s.Entities})
			}
			slices.SortFunc(got, func(a, b fact) int { return cmp.Compare(a.NativeID, b.NativeID) })
			if !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got  %+v\nwant %+v", got, tt.want)
			}
		})
	}
}
