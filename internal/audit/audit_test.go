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

func headOf(e cordon.Entry) cordon.Head { return cordon.Head{Chain: e.Chain, Seq: e.Seq, Hash: e.Hash} }

// knownOf is what a store knows of a chain that it wrote.
func knownOf(chain []cordon.Entry) Known { return Known{Head: headOf(chain[len(chain)-1])} }

func entry() cordon.Entry {
	return cordon.Entry{
		Chain: "t1", At: at("2026-03-01T10:00:00.1234567+02:00"), Kind: cordon.EntryIntent, TenantID: "t1", RunID: "r1", Step: 1,
		Actor: "playbook:contain", Action: cordon.ActionDisableUser, Target: "ada", Data: json.RawMessage(` { "a" : "<b>" } `),
	}
}

// The hash below was computed in Python as the package comment says: it pins the encoding.
func TestSeal(t *testing.T) {
	t.Parallel()
	got, err := Seal(cordon.Head{Chain: "t1"}, entry())
	want := cordon.Entry{
		Chain: "t1", Seq: 1, At: at("2026-03-01T08:00:00.123456Z"), Kind: cordon.EntryIntent, TenantID: "t1", RunID: "r1", Step: 1,
		Actor: "playbook:contain", Action: cordon.ActionDisableUser, Target: "ada", Data: json.RawMessage(`{"a":"\u003cb\u003e"}`),
		Hash: "093cff96aca40e328e321b0c88c0ca596a5d74d1b68138e699635749f0925e28",
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v, error %v\nwant %+v", got, err, want)
	}
}

func TestSealChains(t *testing.T) {
	t.Parallel()
	first, err := Seal(cordon.Head{Chain: "t1"}, entry())
	if err != nil {
		t.Fatal(err)
	}
	e := entry()
	e.Data, e.Target = nil, "a\xffb"
	second, err := Seal(headOf(first), e)
	if err != nil || second.Seq != 2 || second.Prev != first.Hash || string(second.Data) != "null" || second.Target != "a\ufffdb" {
		t.Errorf("got %+v, error %v", second, err)
	}
}

func TestSealRefuses(t *testing.T) {
	t.Parallel()
	noTime, noJSON := entry(), entry()
	noTime.At, noJSON.Data = time.Time{}, json.RawMessage(`{"a":`)
	tests := []struct {
		name string
		prev cordon.Head
		e    cordon.Entry
	}{
		{"no time", cordon.Head{Chain: "t1"}, noTime},
		{"data is not JSON", cordon.Head{Chain: "t1"}, noJSON},
		{"entry before has no hash", cordon.Head{Chain: "t1", Seq: 4}, entry()},
		{"entry before has no number", cordon.Head{Chain: "t1", Hash: "ab"}, entry()},
		{"entry before has a negative number", cordon.Head{Chain: "t1", Seq: -1, Hash: "ab"}, entry()},
		{"entry before is of another chain", cordon.Head{Chain: "t2", Seq: 1, Hash: "ab"}, entry()},
		{"no chain", cordon.Head{}, cordon.Entry{At: entry().At}},
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
	got, err := Verify("t1", seq(read), knownOf(read))
	if want := (Report{Chain: "t1", OK: true, Entries: 2, Head: chain[1].Hash}); err != nil || got != want {
		t.Errorf("got %+v, error %v; want %+v", got, err, want)
	}
}

func TestVerify(t *testing.T) {
	t.Parallel()
	outcome := entry()
	outcome.Kind, outcome.Data = cordon.EntryOutcome, json.RawMessage(`{"outcome":"done"}`)
	chain := sealed(t, []cordon.Entry{entry(), entry(), outcome})
	other := entry()
	other.Actor = "person:eve"
	forged := sealed(t, []cordon.Entry{entry(), other, entry()})
	changed := slices.Clone(chain)
	changed[1].Actor = "person:eve"
	again := slices.Clone(changed)
	again[1].Hash = hash(again[1])
	head := func(n int) cordon.Head { return headOf(chain[n]) }
	known := Known{Head: head(2)}
	tests := []struct {
		name  string
		in    []cordon.Entry
		known Known
		want  Report
	}{
		{"empty", nil, Known{}, Report{Chain: "t1", OK: true}},
		{"complete", chain, known, Report{Chain: "t1", OK: true, Entries: 3, Head: chain[2].Hash}},
		{"changed", changed, known, Report{Chain: "t1", Entries: 1, Head: chain[0].Hash, FirstBad: 2, Why: "entry 2 was changed: its hash does not fit what it says"}},
		{"changed and hashed again", again, known, Report{Chain: "t1", Entries: 2, Head: again[1].Hash, FirstBad: 3, Why: "entry 3 does not follow from the entry before it"}},
		{"first missing", chain[1:], known, Report{Chain: "t1", FirstBad: 1, Why: "entry 1 is missing: entry 2 follows entry 0"}},
		{"twice", slices.Insert(slices.Clone(chain), 1, chain[0]), known, Report{Chain: "t1", Entries: 1, Head: chain[0].Hash, FirstBad: 2, Why: "entry 1 stands where entry 2 belongs"}},
		{"cut at its end", chain[:2], known, Report{Chain: "t1", Entries: 2, Head: chain[1].Hash, FirstBad: 3, Why: "entry 3 is missing, and what came after it: there was an entry 3"}},
		{"cut, with its head", chain[:1], Known{Head: head(0), Anchors: []cordon.Head{head(1)}}, Report{Chain: "t1", Entries: 1, Head: chain[0].Hash, Anchored: 1, FirstBad: 2, Why: "entry 2 is missing, and what came after it: there was an entry 2"}},
		{"cut, with head and anchors", chain[:1], Known{Head: head(0), Noted: []cordon.Head{head(2)}}, Report{Chain: "t1", Entries: 1, Head: chain[0].Hash, FirstBad: 2, Why: "entry 2 is missing, and what came after it: there was an entry 3"}},
		{"longer than its head", chain, Known{Head: head(1)}, Report{Chain: "t1", Entries: 2, Head: chain[1].Hash, FirstBad: 3, Why: "entry 3 was added: the last that Cordon has written is entry 2"}},
		{"written anew", forged, Known{Head: headOf(forged[2]), Anchors: []cordon.Head{head(1)}}, Report{Chain: "t1", Entries: 1, Head: forged[0].Hash, FirstBad: 2, Why: "entry 2 is not the one that was noted at its place: the chain was written anew"}},
		{"anchored", chain, Known{Head: head(2), Anchors: []cordon.Head{head(0), head(1)}}, Report{Chain: "t1", OK: true, Entries: 3, Head: chain[2].Hash, Anchored: 2}},
		{"acted", chain, Known{Head: head(2), Acts: []Act{{"r1", 1, "done"}}}, Report{Chain: "t1", OK: true, Entries: 3, Head: chain[2].Hash}},
		{"acted unheard of", chain, Known{Head: head(2), Acts: []Act{{"r1", 0, "done"}}}, Report{Chain: "t1", Entries: 3, Head: chain[2].Hash, FirstBad: 4, Why: "step 1 of run r1 acted, and no entry says so"}},
		{"acted otherwise", chain, Known{Head: head(2), Acts: []Act{{"r1", 1, "failed"}}}, Report{Chain: "t1", Entries: 3, Head: chain[2].Hash, FirstBad: 4, Why: "step 2 of run r1 is failed, and the last entry about it says done"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got, err := Verify("t1", seq(tt.in), tt.known); err != nil || got != tt.want {
				t.Errorf("got %+v, error %v; want %+v", got, err, tt.want)
			}
		})
	}
}

func TestVerifyReadError(t *testing.T) {
	t.Parallel()
	chain := sealed(t, []cordon.Entry{entry()})
	broken := errors.New("disk gone")
	got, err := Verify("t1", func(yield func(cordon.Entry, error) bool) {
		_ = yield(chain[0], nil) && yield(cordon.Entry{}, broken)
	}, knownOf(chain))
	if want := (Report{Chain: "t1", Entries: 1, Head: chain[0].Hash}); !errors.Is(err, broken) || got != want {
		t.Errorf("got %+v, error %v; want %+v, error %v", got, err, want, broken)
	}
}

func sealed(t interface{ Fatal(...any) }, entries []cordon.Entry) []cordon.Entry {
	var chain []cordon.Entry
	prev := cordon.Head{Chain: "t1"}
	for _, e := range entries {
		s, err := Seal(prev, e)
		if err != nil {
			t.Fatal(err)
		}
		chain, prev = append(chain, s), headOf(s)
	}
	return chain
}

func drawEntry(t *rapid.T) cordon.Entry {
	s := rapid.SampledFrom([]string{"", "a", "1", "1:", ",", "ab", "a\x00", "é"})
	return cordon.Entry{
		Chain: "t1", At: time.UnixMicro(rapid.Int64Range(1, 1e15).Draw(t, "at")).UTC(),
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
		func(e *cordon.Entry) { e.Chain += "1" },
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
func wantBad(t *rapid.T, chain []cordon.Entry, known Known, first, last int) {
	got, err := Verify("t1", seq(chain), known)
	if err != nil || got.OK || got.FirstBad < int64(first) || got.FirstBad > int64(last) || got.Entries != got.FirstBad-1 {
		t.Fatalf("got %+v, error %v; want bad from %d to %d", got, err, first, last)
	}
}

func TestTamperingIsFound(t *testing.T) {
	t.Parallel()
	t.Run("whole", rapid.MakeCheck(func(t *rapid.T) {
		chain := drawChain(t)
		got, err := Verify("t1", seq(chain), knownOf(chain))
		if want := (Report{Chain: "t1", OK: true, Entries: int64(len(chain)), Head: chain[len(chain)-1].Hash}); err != nil || got != want {
			t.Fatalf("got %+v, error %v; want %+v", got, err, want)
		}
	}))
	t.Run("change", rapid.MakeCheck(func(t *rapid.T) {
		chain := drawChain(t)
		known := knownOf(chain)
		i := rapid.IntRange(0, len(chain)-1).Draw(t, "i")
		rapid.SampledFrom(mutations()).Draw(t, "mutation")(&chain[i])
		wantBad(t, chain, known, i+1, i+1)
	}))
	t.Run("change, hashed again", rapid.MakeCheck(func(t *rapid.T) {
		chain := drawChain(t)
		known := knownOf(chain)
		i := rapid.IntRange(0, len(chain)-1).Draw(t, "i")
		rapid.SampledFrom(mutations()[:12]).Draw(t, "mutation")(&chain[i])
		chain[i].Hash = hash(chain[i])
		wantBad(t, chain, known, i+1, i+2)
	}))
	t.Run("delete", rapid.MakeCheck(func(t *rapid.T) {
		chain := drawChain(t)
		known := knownOf(chain)
		i := rapid.IntRange(0, len(chain)-1).Draw(t, "i")
		wantBad(t, slices.Delete(chain, i, i+1), known, i+1, i+1)
	}))
	t.Run("swap", rapid.MakeCheck(func(t *rapid.T) {
		chain := drawChain(t)
		known := knownOf(chain)
		i := rapid.IntRange(0, len(chain)-2).Draw(t, "i")
		j := rapid.IntRange(i+1, len(chain)-1).Draw(t, "j")
		chain[i], chain[j] = chain[j], chain[i]
		wantBad(t, chain, known, i+1, i+1)
	}))
	t.Run("insert", rapid.MakeCheck(func(t *rapid.T) {
		chain := drawChain(t)
		known := knownOf(chain)
		i := rapid.IntRange(0, len(chain)).Draw(t, "i")
		prev := cordon.Head{Chain: "t1"}
		if i > 0 {
			prev = headOf(chain[i-1])
		}
		e := drawEntry(t)
		e.Actor = "person:eve" // none of those in the chain
		forged, err := Seal(prev, e)
		if err != nil {
			t.Fatal(err)
		}
		wantBad(t, slices.Insert(chain, i, forged), known, i+1, i+2)
	}))
}
