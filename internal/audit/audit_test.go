package audit

import (
	"encoding/json"
	"errors"
	"iter"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/cordonhq/cordon"
)

func at(s string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		panic(err)
	}
	return t
}

func seq(entries []cordon.Entry) iter.Seq2[cordon.Entry, error] {
	return func(yield func(cordon.Entry, error) bool) {
		for _, e := range entries {
			if !yield(e, nil) {
				return
			}
		}
	}
}

func entry() cordon.Entry {
	return cordon.Entry{
		At: at("2026-03-01T10:00:00.1234567+02:00"), Kind: cordon.EntryIntent, TenantID: "t1", RunID: "r1", Step: 1,
		Actor: "playbook:contain", Action: cordon.ActionDisableUser, Target: "ada", Data: json.RawMessage(` { "a" : "<b>" } `),
	}
}

// The hash below was computed in Python as the package comment says: it pins the encoding.
func TestSeal(t *testing.T) {
	t.Parallel()
	got, err := Seal(cordon.Entry{}, entry())
	want := cordon.Entry{
		Seq: 1, At: at("2026-03-01T08:00:00.123456Z"), Kind: cordon.EntryIntent, TenantID: "t1", RunID: "r1", Step: 1,
		Actor: "playbook:contain", Action: cordon.ActionDisableUser, Target: "ada", Data: json.RawMessage(`{"a":"\u003cb\u003e"}`),
		Hash: "b5c8f99791c0a4a023f0b665ce41f377365bc47f2066c4a30c599e940dd86aa8",
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v, error %v\nwant %+v", got, err, want)
	}
}

func TestSealChains(t *testing.T) {
	t.Parallel()
	first, err := Seal(cordon.Entry{}, entry())
	if err != nil {
		t.Fatal(err)
	}
	e := entry()
	e.Data, e.Target = nil, "a\xffb"
	second, err := Seal(first, e)
	if err != nil || second.Seq != 2 || second.Prev != first.Hash || string(second.Data) != "null" || second.Target != "a\ufffdb" {
		t.Errorf("got %+v, error %v", second, err)
	}
}

func TestSealRefuses(t *testing.T) {
	t.Parallel()
	noTime, noJSON := entry(), entry()
	noTime.At, noJSON.Data = time.Time{}, json.RawMessage(`{"a":`)
	tests := []struct {
		name    string
		prev, e cordon.Entry
	}{
		{"no time", cordon.Entry{}, noTime},
		{"data is not JSON", cordon.Entry{}, noJSON},
		{"entry before has no hash", cordon.Entry{Seq: 4}, entry()},
		{"entry before has no number", cordon.Entry{Hash: "ab"}, entry()},
		{"entry before has a negative number", cordon.Entry{Seq: -1, Hash: "ab"}, entry()},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got, err := Seal(tt.prev, tt.e); err == nil {
				t.Errorf("sealed %+v", got)
			}
		})
	}
}

// An export as JSON, read again, is the same chain.
func TestVerifyExport(t *testing.T) {
	t.Parallel()
	chain := sealed(t, []cordon.Entry{entry(), entry()})
	b, err := json.Marshal(chain)
	if err != nil {
		t.Fatal(err)
	}
	var read []cordon.Entry
	if err := json.Unmarshal(b, &read); err != nil {
		t.Fatal(err)
	}
	got, err := Verify(seq(read))
	if want := (Report{OK: true, Entries: 2, Head: chain[1].Hash}); err != nil || got != want {
		t.Errorf("got %+v, error %v; want %+v", got, err, want)
	}
}

func TestVerify(t *testing.T) {
	t.Parallel()
	chain := sealed(t, []cordon.Entry{entry(), entry(), entry()})
	changed := slices.Clone(chain)
	changed[1].Actor = "person:eve"
	again := slices.Clone(changed)
	again[1].Hash = hash(again[1])
	tests := []struct {
		name string
		in   []cordon.Entry
		want Report
	}{
		{"empty", nil, Report{OK: true}},
		{"whole", chain, Report{OK: true, Entries: 3, Head: chain[2].Hash}},
		{"tail cut: the head shows it", chain[:2], Report{OK: true, Entries: 2, Head: chain[1].Hash}},
		{"changed", changed, Report{Entries: 1, Head: chain[0].Hash, FirstBad: 2, Why: "entry 2 was changed: its hash does not fit what it says"}},
		{"changed and hashed again", again, Report{Entries: 2, Head: again[1].Hash, FirstBad: 3, Why: "entry 3 does not follow from the entry before it"}},
		{"first missing", chain[1:], Report{FirstBad: 1, Why: "entry 1 is missing: entry 2 follows entry 0"}},
		{"twice", slices.Insert(slices.Clone(chain), 1, chain[0]), Report{Entries: 1, Head: chain[0].Hash, FirstBad: 2, Why: "entry 1 stands where entry 2 belongs"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got, err := Verify(seq(tt.in)); err != nil || got != tt.want {
				t.Errorf("got %+v, error %v; want %+v", got, err, tt.want)
			}
		})
	}
}

func TestVerifyReadError(t *testing.T) {
	t.Parallel()
	chain := sealed(t, []cordon.Entry{entry()})
	broken := errors.New("disk gone")
	got, err := Verify(func(yield func(cordon.Entry, error) bool) {
		_ = yield(chain[0], nil) && yield(cordon.Entry{}, broken)
	})
	if want := (Report{Entries: 1, Head: chain[0].Hash}); !errors.Is(err, broken) || got != want {
		t.Errorf("got %+v, error %v; want %+v, error %v", got, err, want, broken)
	}
}

func sealed(t interface{ Fatal(...any) }, entries []cordon.Entry) []cordon.Entry {
	var chain []cordon.Entry
	var prev cordon.Entry
	for _, e := range entries {
		s, err := Seal(prev, e)
		if err != nil {
			t.Fatal(err)
		}
		chain, prev = append(chain, s), s
	}
	return chain
}

func drawEntry(t *rapid.T) cordon.Entry {
	s := rapid.SampledFrom([]string{"", "a", "1", "1:", ",", "ab", "a\x00", "é"})
	return cordon.Entry{
		At:   time.UnixMicro(rapid.Int64Range(1, 1e15).Draw(t, "at")).UTC(),
		Kind: cordon.EntryKind(s.Draw(t, "kind")), TenantID: s.Draw(t, "tenant"), RunID: s.Draw(t, "run"),
		Step: rapid.IntRange(0, 3).Draw(t, "step"), Actor: s.Draw(t, "actor"), Action: cordon.ActionName(s.Draw(t, "action")),
		Target: s.Draw(t, "target"), Data: json.RawMessage(rapid.SampledFrom([]string{"", "null", "1", `{"a":1}`, `"1:"`}).Draw(t, "data")),
	}
}

func drawChain(t *rapid.T) []cordon.Entry {
	entries := rapid.SliceOfN(rapid.Custom(drawEntry), 2, 8).Draw(t, "entries")
	for i := range entries {
		if len(entries[i].Data) == 0 {
			entries[i].Data = nil
		}
	}
	return sealed(t, entries)
}

// mutations holds one change for each field of an entry, in their order.
func mutations() []func(*cordon.Entry) {
	return []func(*cordon.Entry){
		func(e *cordon.Entry) { e.Seq++ },
		func(e *cordon.Entry) { e.At = e.At.Add(1) },
		func(e *cordon.Entry) { e.Kind += "1" },
		func(e *cordon.Entry) { e.TenantID += "1" },
		func(e *cordon.Entry) { e.RunID += "1" },
		func(e *cordon.Entry) { e.Step++ },
		func(e *cordon.Entry) { e.Actor += "1" },
		func(e *cordon.Entry) { e.Action += "1" },
		func(e *cordon.Entry) { e.Target += "1" },
		func(e *cordon.Entry) { e.Data = json.RawMessage(string(e.Data) + " ") },
		func(e *cordon.Entry) { e.Prev += "1" },
		func(e *cordon.Entry) { e.Hash += "1" },
	}
}

func TestEveryFieldIsMutated(t *testing.T) {
	t.Parallel()
	if got, want := len(mutations()), reflect.TypeFor[cordon.Entry]().NumField(); got != want {
		t.Errorf("%d mutations for %d fields of an entry", got, want)
	}
}

// wantBad fails unless the chain breaks at a sequence number from first to last.
func wantBad(t *rapid.T, chain []cordon.Entry, first, last int) {
	got, err := Verify(seq(chain))
	if err != nil || got.OK || got.FirstBad < int64(first) || got.FirstBad > int64(last) || got.Entries != got.FirstBad-1 {
		t.Fatalf("got %+v, error %v; want bad from %d to %d", got, err, first, last)
	}
}

func TestTamperingIsFound(t *testing.T) {
	t.Parallel()
	t.Run("whole", rapid.MakeCheck(func(t *rapid.T) {
		chain := drawChain(t)
		got, err := Verify(seq(chain))
		if want := (Report{OK: true, Entries: int64(len(chain)), Head: chain[len(chain)-1].Hash}); err != nil || got != want {
			t.Fatalf("got %+v, error %v; want %+v", got, err, want)
		}
	}))
	t.Run("change", rapid.MakeCheck(func(t *rapid.T) {
		chain := drawChain(t)
		i := rapid.IntRange(0, len(chain)-1).Draw(t, "i")
		rapid.SampledFrom(mutations()).Draw(t, "mutation")(&chain[i])
		wantBad(t, chain, i+1, i+1)
	}))
	t.Run("change, hashed again", rapid.MakeCheck(func(t *rapid.T) {
		chain := drawChain(t)
		i := rapid.IntRange(0, len(chain)-2).Draw(t, "i") // the last would move the head
		rapid.SampledFrom(mutations()[:11]).Draw(t, "mutation")(&chain[i])
		chain[i].Hash = hash(chain[i])
		wantBad(t, chain, i+1, i+2)
	}))
	t.Run("delete", rapid.MakeCheck(func(t *rapid.T) {
		chain := drawChain(t)
		i := rapid.IntRange(0, len(chain)-2).Draw(t, "i") // cutting the tail moves the head
		wantBad(t, slices.Delete(chain, i, i+1), i+1, i+1)
	}))
	t.Run("swap", rapid.MakeCheck(func(t *rapid.T) {
		chain := drawChain(t)
		i := rapid.IntRange(0, len(chain)-2).Draw(t, "i")
		j := rapid.IntRange(i+1, len(chain)-1).Draw(t, "j")
		chain[i], chain[j] = chain[j], chain[i]
		wantBad(t, chain, i+1, i+1)
	}))
	t.Run("insert", rapid.MakeCheck(func(t *rapid.T) {
		chain := drawChain(t)
		i := rapid.IntRange(0, len(chain)-1).Draw(t, "i") // after the last it would be a new head
		var prev cordon.Entry
		if i > 0 {
			prev = chain[i-1]
		}
		e := drawEntry(t)
		e.Actor = "person:eve" // none of those in the chain
		forged, err := Seal(prev, e)
		if err != nil {
			t.Fatal(err)
		}
		wantBad(t, slices.Insert(chain, i, forged), i+1, i+2)
	}))
}
