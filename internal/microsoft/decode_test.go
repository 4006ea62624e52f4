package microsoft

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/cordonhq/cordon"
)

// A strange field empties itself, not the item.
func TestDecodeIsLenient(t *testing.T) {
	t.Parallel()
	alert := func(change func(*Alert)) Alert {
		a := Alert{ID: "1", Title: "x"}
		change(&a)
		return a
	}
	tests := map[string]struct {
		raw  string
		want Alert
	}{
		"plain":               {`{"id":"1","title":"x"}`, alert(func(*Alert) {})},
		"unknown fields":      {`{"id":"1","new":{"a":[1]},"title":"x"}`, alert(func(*Alert) {})},
		"nulls":               {`{"id":"1","title":"x","evidence":null,"mitreTechniques":null,"severity":null,"incidentId":null}`, alert(func(*Alert) {})},
		"object for text":     {`{"id":"1","severity":{"a":1},"title":"x"}`, alert(func(*Alert) {})},
		"text for array":      {`{"id":"1","mitreTechniques":"T1","title":"x"}`, alert(func(*Alert) {})},
		"number in array":     {`{"id":"1","mitreTechniques":["T1",2,"T3"],"title":"x"}`, alert(func(a *Alert) { a.MitreTechniques = []string{"T1", "", "T3"} })},
		"big number":          {`{"id":"1","incidentId":12345678901234567890123,"title":"x"}`, alert(func(a *Alert) { a.IncidentID = "12345678901234567890123" })},
		"text for number":     {`{"id":"1","incidentId":"23","title":"x"}`, alert(func(a *Alert) { a.IncidentID = "23" })},
		"evidence of strings": {`{"id":"1","evidence":["a",{"url":"u"}],"title":"x"}`, alert(func(a *Alert) { a.Evidence = []Evidence{{}, {URL: "u"}} })},
		"account a string":    {`{"id":"1","evidence":[{"userAccount":"a","rbacGroupId":0}],"title":"x"}`, alert(func(a *Alert) { a.Evidence = []Evidence{{RbacGroupID: "0"}} })},
		"group id an object":  {`{"id":"1","evidence":[{"rbacGroupId":{"a":[1]},"url":"u"}],"title":"x"}`, alert(func(a *Alert) { a.Evidence = []Evidence{{URL: "u"}} })},
		"duplicate names":     {`{"id":"0","id":"1","title":"x"}`, alert(func(*Alert) {})},
		"invalid UTF-8":       {`{"id":"1","title":"x` + "\xff" + `"}`, alert(func(a *Alert) { a.Title = "x\uFFFD" })},
	}
	for name, tt := range tests {
		got, err := Decode[Alert]([]byte(tt.raw))
		if err != nil || !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: got %+v, %v; want %+v", name, got, err, tt.want)
		}
	}
}

// A flag of another type is unknown, and never false.
func TestStrangeFlagIsUnknown(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{`"true"`, `1`, `{}`, `[]`, `null`} {
		u, err := Decode[User]([]byte(`{"id":"1","accountEnabled":` + raw + `,"onPremisesSyncEnabled":true}`))
		if err != nil || u.AccountEnabled != nil || u.OnPremisesSyncEnabled == nil || !*u.OnPremisesSyncEnabled {
			t.Errorf("%s: got %+v, %v", raw, u, err)
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	deep := func(n int) string { return `{"a":` + strings.Repeat("[", n-1) + strings.Repeat("]", n-1) + `}` }
	for name, raw := range map[string]string{
		"nothing": "", "text": `"x"`, "array": `[]`, "html": "<html>", "truncated": `{"id":"1`, "twice": `{}{}`,
		"deep": deep(itemDepth + 1), "deeper": deep(10_000), "unclosed": strings.Repeat(`{"a":`, 1_000_000),
	} {
		if got, err := Decode[Alert]([]byte(raw)); !errors.Is(err, cordon.ErrMalformed) {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
	}
	if _, err := Decode[Alert]([]byte(deep(itemDepth))); err != nil {
		t.Errorf("%d levels: %v", itemDepth, err)
	}
	many := `{"a":"` + strings.Repeat(`[{`, 500) + `","b":[` + strings.Repeat("[],", 500) + `1]}`
	if _, err := Decode[Alert]([]byte(many)); err != nil {
		t.Errorf("many brackets, but not deep: %v", err)
	}
}

func TestInfo(t *testing.T) {
	t.Parallel()
	tests := map[string][]KeyValue{
		`[{"Key":"userAgent","Value":"Mozilla"},{"Key":"n","Value":5},{"key":"l","value":["a"]},7,{"Value":"x"}]`: {{"userAgent", "Mozilla"}, {"n", "5"}, {"l", `["a"]`}},
		"": nil, "null": nil, "{}": nil, "x": nil, `[{"Key":"a"`: nil, strings.Repeat("[", 5000): nil,
	}
	for raw, want := range tests {
		if got := (RiskDetection{AdditionalInfo: Text(raw)}).Info(); !reflect.DeepEqual(got, want) {
			t.Errorf("%.40q: got %v, want %v", raw, got, want)
		}
	}
}

// What real feeds held is read, to the last field that joins.
func TestDecodeRecorded(t *testing.T) {
	t.Parallel()
	const folder = "../../../shared/recorded"
	if _, err := os.Stat(folder); err != nil {
		t.Skipf("recorded payloads are absent: %v", err)
	}
	for _, raw := range lines(t, folder+"/entra-user-risk-events.ndjson") {
		var event struct{ Properties json.RawMessage }
		if err := json.Unmarshal(raw, &event); err != nil {
			t.Fatal(err)
		}
		d, err := Decode[RiskDetection](event.Properties)
		if err != nil || !cordon.IsGUID(d.UserID) || d.RiskLevel != "high" || len(d.Info()) != 1 || d.Location.City == "" {
			t.Errorf("got %+v, %v", d, err)
		}
	}
	for _, raw := range lines(t, folder+"/graph-alerts-v2.ndjson") {
		a, err := Decode[Alert](raw)
		if err != nil || a.IncidentID != "23" || len(a.Evidence) != 5 || a.Evidence[0].MdeDeviceID == "" ||
			a.Evidence[1].UserAccount.UserSID != "S-1-12-1-1485667349-1150190949-4065799612-2328216759" {
			t.Errorf("got %+v, %v", a, err)
		}
	}
}

func lines(t *testing.T, file string) (all [][]byte) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	s := bufio.NewScanner(f)
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		all = append(all, bytes.Clone(s.Bytes()))
	}
	if len(all) == 0 || s.Err() != nil {
		t.Fatalf("%s: %d lines, %v", file, len(all), s.Err())
	}
	return all
}
