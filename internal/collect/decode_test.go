package collect

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/cordonhq/cordon"
)

const (
	tenantID = "5611623b-9128-461e-9d7f-a0d9c270ead2"
	userID   = "588d7c15-8565-448e-bc2d-57f2b7c4c58a"
)

// at is when the tests read.
var at = time.Date(2026, 2, 3, 12, 0, 0, 0, time.UTC)

func request(s cordon.Source) Request {
	return Request{TenantID: tenantID, Source: s, Hasher: NewHasher(), Now: at}
}

// decoders are those of the sources that yield signals.
func decoders() map[cordon.Source]func(json.RawMessage) (cordon.Signal, error) {
	return map[cordon.Source]func(json.RawMessage) (cordon.Signal, error){
		cordon.SourceRiskDetections: riskDetection, cordon.SourceAlerts: alert, cordon.SourceEndpointAlerts: endpointAlert,
	}
}

// decode reads one item as Read does.
func decode(s cordon.Source, raw []byte) cordon.Signal {
	r := request(s)
	return r.signal(raw, decoders()[s])
}

// Every testdata/SOURCE/NAME.json is an item as it came, and NAME.want beside
// it the signal that it becomes, without the raw item.
func TestDecode(t *testing.T) {
	t.Parallel()
	for source := range decoders() {
		items, err := filepath.Glob(filepath.Join("testdata", string(source), "*.json"))
		if err != nil || len(items) == 0 {
			t.Fatalf("no items of %s: %v", source, err)
		}
		for _, file := range items {
			t.Run(string(source)+"/"+strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
				t.Parallel()
				raw, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				raw = bytes.TrimSpace(raw)
				got := decode(source, raw)
				if !bytes.Equal(got.Raw, raw) {
					t.Errorf("the item is not kept as it came: %s", got.Raw)
				}
				got.Raw = nil
				text, err := json.MarshalIndent(got, "", "  ")
				if err != nil {
					t.Fatal(err)
				}
				want, err := os.ReadFile(strings.TrimSuffix(file, "json") + "want")
				if string(text)+"\n" != string(want) {
					t.Errorf("got %s\nwant %s (%v)", text, want, err)
				}
			})
		}
	}
}

// A defender alert comes through two feeds. It is the word of one detector, so
// the two do not corroborate each other.
func TestBothFeedsHaveOneDetector(t *testing.T) {
	t.Parallel()
	read := func(s cordon.Source) cordon.Signal {
		raw, err := os.ReadFile(filepath.Join("testdata", string(s), "user_by_sid.json"))
		if err != nil {
			t.Fatal(err)
		}
		return decode(s, raw)
	}
	graph, endpoint := read(cordon.SourceAlerts), read(cordon.SourceEndpointAlerts)
	if graph.Detector != cordon.DetectorEndpoint || endpoint.Detector != cordon.DetectorEndpoint {
		t.Errorf("detectors %q and %q", graph.Detector, endpoint.Detector)
	}
	if user := cordon.NewUser(userID, "", ""); !graph.About(user) || !endpoint.About(user) || graph.ID == endpoint.ID {
		t.Errorf("got %+v and %+v", graph, endpoint)
	}
}

// The last piece of evidence may tell that two users before it are one.
func TestJoin(t *testing.T) {
	t.Parallel()
	pieces := []cordon.Entity{
		cordon.NewUser("", "ada@contoso.com", ""), cordon.NewUser("11111111-1111-4111-8111-111111111111", "", ""), cordon.NewUser("", "lin@contoso.com", ""),
		cordon.NewUser(userID, "", "S-1-5-21-1-2-3-1104"), cordon.NewUser("", "ada@contoso.com", "S-1-5-21-1-2-3-1104"), cordon.NewDevice("", ""),
		cordon.NewUser("", "", "").Add(cordon.NameDisplayName, "Ada"),
	}
	var all mentions
	for _, p := range pieces {
		all = all.add(p, isSubject)
	}
	got, _ := all.split()
	want := []cordon.Entity{cordon.NewUser(userID, "ada@contoso.com", "S-1-5-21-1-2-3-1104"), pieces[1], pieces[2]}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// What is endless is bounded; the raw item keeps it.
func TestDecodeBounds(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ä", 9<<19) // 9 MiB
	for source, item := range map[cordon.Source]string{
		cordon.SourceRiskDetections: `{"id":"a","riskEventType":"LONG","userId":"LONG","userPrincipalName":"LONG","userDisplayName":"LONG"}`,
		cordon.SourceAlerts:         `{"id":"a","title":"LONG","category":"LONG","evidence":[{"userAccount":{"userPrincipalName":"LONG"},"deviceDnsName":"LONG","mdeDeviceId":"m1"}]}`,
		cordon.SourceEndpointAlerts: `{"id":"a","title":"LONG","category":"LONG","machineId":"LONG","computerDnsName":"LONG"}`,
	} {
		raw := []byte(strings.ReplaceAll(item, "LONG", long))
		s := decode(source, raw)
		if s.NativeID != "a" || len(s.Title) > 1100 || len(s.Kind) > 1100 || !strings.HasPrefix(s.Title, "ää") || !utf8.ValidString(s.Title) {
			t.Errorf("%s: a title of %d bytes, a kind of %d", source, len(s.Title), len(s.Kind))
		}
		for _, e := range s.Entities {
			if len(e.ID()) > 600 || len(e.Label()) > 600 {
				t.Errorf("%s: an entity with a name of %d bytes", source, len(e.Label()))
			}
		}
		if !bytes.Equal(s.Raw, raw) {
			t.Errorf("%s: the raw item was changed", source)
		}
	}
}

// What is no item at all is kept, too.
func TestDecodeUnreadable(t *testing.T) {
	t.Parallel()
	deep := `{"id":"a","x":` + strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000) + `}`
	seen := map[string]string{}
	for source := range decoders() {
		for _, raw := range []string{`{`, `{}`, `null`, `[]`, `"x"`, ``, `{"id":""}`, deep, "{\"id\":\"a\"}\x00", `<html>`} {
			s := decode(source, []byte(raw))
			if s.Kind != "unreadable_item" || s.Detector != cordon.DetectorCordon || string(s.Raw) != raw || s.State != cordon.SignalOpen || s.ID == "" ||
				!s.About(cordon.NewTenantEntity(tenantID)) || !strings.HasPrefix(s.Title, "An item could not be read: ") || len(s.Title) > 400 {
				t.Errorf("%s: %.40q: got %+v", source, raw, s)
			}
			if other, ok := seen[s.ID]; ok {
				t.Errorf("%s: %.40q has the id of %.40q", source, raw, other)
			}
			seen[s.ID] = raw
			if again := decode(source, []byte(raw)); again.ID != s.ID {
				t.Errorf("%s: %.40q: another id when read again", source, raw)
			}
		}
	}
}

// It is the same signal when tenant, source, native id and version are.
func TestSignalIdentity(t *testing.T) {
	t.Parallel()
	item := `{"id":"a","riskLevel":"high"}`
	first := decode(cordon.SourceRiskDetections, []byte(item))
	other := request(cordon.SourceRiskDetections)
	other.TenantID = "11111111-1111-4111-8111-111111111111"
	for name, s := range map[string]cordon.Signal{
		"a new version":  decode(cordon.SourceRiskDetections, []byte(`{"id":"a","riskLevel":"low"}`)),
		"another source": decode(cordon.SourceAlerts, []byte(item)),
		"another tenant": other.signal([]byte(item), riskDetection),
	} {
		if s.ID == first.ID || len(s.ID) != 16 {
			t.Errorf("%s has the id %s", name, s.ID)
		}
	}
	if again := decode(cordon.SourceRiskDetections, []byte(item)); !reflect.DeepEqual(again, first) {
		t.Errorf("got %+v and then %+v", first, again)
	}
}

func FuzzDecode(f *testing.F) {
	files, err := filepath.Glob("testdata/*/*.json")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		for source := range decoders() {
			s := decode(source, raw)
			if s.ID == "" || s.NativeID == "" || s.Kind == "" || s.Severity == "" || s.State == "" || !bytes.Equal(s.Raw, raw) {
				t.Errorf("%s: got %+v", source, s)
			}
			if _, err := json.Marshal([]any{s.OccurredAt, s.DetectedAt, s.UpdatedAt, s.Entities}); err != nil {
				t.Errorf("%s: %v", source, err)
			}
			for _, e := range s.Entities {
				if e.ID() == "" {
					t.Errorf("%s: nobody among %+v", source, s.Entities)
				}
			}
		}
	})
}
