package microsoft

import (
	"errors"
	"io"
	"net/http"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/cordonhq/cordon"
)

func TestControlState(t *testing.T) {
	t.Parallel()
	const early, late = "2019-03-19T22:37:14.628799Z", "2019-03-19T23:37:14Z"
	update := func(state, at string) ControlStateUpdate {
		return ControlStateUpdate{State: ControlState(state), UpdatedDateTime: at}
	}
	tests := map[string]struct {
		updates []ControlStateUpdate
		want    ControlState
	}{
		"untouched":          {nil, StateDefault},
		"last is newest":     {[]ControlStateUpdate{update("Ignored", early), update("Reviewed", late)}, StateReviewed},
		"first is newest":    {[]ControlStateUpdate{update("ignored", late), update("Reviewed", early)}, StateIgnored},
		"equal times":        {[]ControlStateUpdate{update("Ignored", early), update("thirdparty", early)}, StateThirdParty},
		"unreadable, last":   {[]ControlStateUpdate{update("Ignored", early), update("Reviewed", "soon")}, StateIgnored},
		"unreadable, first":  {[]ControlStateUpdate{update("Ignored", ""), update("Reviewed", early)}, StateReviewed},
		"all unreadable":     {[]ControlStateUpdate{update("Ignored", ""), update("Reviewed", "")}, StateReviewed},
		"unknown stays":      {[]ControlStateUpdate{update("Planned", early)}, "Planned"},
		"empty is untouched": {[]ControlStateUpdate{update("", early)}, StateDefault},
	}
	for name, tt := range tests {
		if got := (ControlProfile{StateUpdates: tt.updates}).State().State; got != tt.want {
			t.Errorf("%s: got %s, want %s", name, got, tt.want)
		}
	}
}

func TestControlStateWords(t *testing.T) {
	t.Parallel()
	type row struct {
		portal   string
		writable bool
	}
	want := map[ControlState]row{
		"Default": {"To address", true}, "Ignored": {"Risk accepted", true},
		"ThirdParty": {"Resolved through third party", true}, "Reviewed": {"Resolved through alternate mitigation", true},
		"Planned": {"Planned", false}, "ignored": {"ignored", false},
	}
	for s, w := range want {
		if got := (row{s.Portal(), s.Writable()}); got != w {
			t.Errorf("%s: got %+v", s, got)
		}
	}
}

// Both spellings of the answer make the same table.
func TestRunQuery(t *testing.T) {
	t.Parallel()
	want := HuntingResult{Schema: []HuntingColumn{{"Timestamp", "DateTime"}, {"FileName", "String"}},
		Rows: []HuntingRow{{"Timestamp": jsontext.Value(`"2024-03-26T09:39:50.7688641Z"`), "FileName": jsontext.Value(`"cmd.exe"`), "N": jsontext.Value(`12345678901234567890`), "Gone": jsontext.Value("null")}}}
	row := `{"Timestamp":"2024-03-26T09:39:50.7688641Z","FileName":"cmd.exe","N":12345678901234567890,"Gone":null}`
	for _, answer := range []string{
		`{"schema":[{"name":"Timestamp","type":"DateTime"},{"name":"FileName","type":"String"}],"results":[` + row + `]}`,
		`{"Schema":[{"Name":"Timestamp","Type":"DateTime"},{"Name":"FileName","Type":"String"}],"Results":[` + row + `]}`,
	} {
		var sent string
		f := newFake(t, func(w http.ResponseWriter, r *http.Request) {
			b, _ := io.ReadAll(r.Body)
			sent = r.Method + " " + r.URL.Path + " " + r.Header.Get("Content-Type") + " " + string(b)
			reply(w, 200, answer)
		})
		c := f.client(t, Options{})
		got, err := c.Hunting.RunQuery(t.Context(), "DeviceProcessEvents | take 1", "P7D")
		checkPayment(t, c, f.calls[0])
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, %v", got, err)
		}
		if sent != `POST `+pathHunting+` application/json {"Query":"DeviceProcessEvents | take 1","Timespan":"P7D"}` {
			t.Errorf("sent %s", sent)
		}
		r := got.Rows[0]
		if r.Text("FileName") != "cmd.exe" || r.Text("N") != "12345678901234567890" || r.Text("Gone") != "" || r.Text("Nowhere") != "" {
			t.Errorf("cells of %v", r)
		}
	}
}

// A query changes nothing: it is repeated like a read, its failure is never an
// unknown outcome, and no part of a table is passed off as the whole.
func TestRunQueryThatFails(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		api  http.HandlerFunc
		want error
		n    int
	}{
		"503":           {refuse(503, "serviceNotAvailable", "x"), cordon.ErrUnavailable, 3},
		"408":           {refuse(408, "Timeout", "x"), cordon.ErrUnavailable, 3},
		"403":           {refuse(403, "Forbidden", "Missing application roles."), cordon.ErrDenied, 1},
		"400":           {refuse(400, "BadRequest", "semantic error"), cordon.ErrBadRequest, 1},
		"no schema":     {say(200, `{"results":[]}`), cordon.ErrMalformed, 1},
		"null schema":   {say(200, `{"schema":null,"results":[]}`), cordon.ErrMalformed, 1},
		"a strange row": {say(200, `{"schema":[],"results":[{"a":1},7]}`), cordon.ErrMalformed, 1},
		"html":          {say(200, `<html>`), cordon.ErrMalformed, 1},
		"broken off": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = w.Write([]byte(`{"schema":[`))
		}, cordon.ErrUnavailable, 3},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t, tt.api)
			if _, err := f.client(t, Options{}).Hunting.RunQuery(t.Context(), "T", ""); !errors.Is(err, tt.want) || f.count() != tt.n {
				t.Errorf("got %v after %d requests", err, f.count())
			}
		})
	}
	f := newFake(t, say(200, `{"schema":[],"results":[]}`))
	if got, err := f.client(t, Options{}).Hunting.RunQuery(t.Context(), "T", ""); err != nil || len(got.Rows) != 0 {
		t.Errorf("no rows: got %+v, %v", got, err)
	}
}

// A query may take as long, and give as much, as the service allows.
func TestRunQueryThatIsLarge(t *testing.T) {
	t.Parallel()
	cell := strings.Repeat("x", 1<<20)
	f := newFake(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, `{"schema":[{"name":"A","type":"String"}],"results":[`)
		for range 20 {
			_, _ = io.WriteString(w, `{"A":"`+cell+`"},`)
		}
		_, _ = io.WriteString(w, `{"A":"end"}]}`)
	})
	got, err := f.client(t, Options{}).Hunting.RunQuery(t.Context(), "T", "")
	if err != nil || len(got.Rows) != 21 || got.Rows[20].Text("A") != "end" {
		t.Errorf("got %d rows, %v", len(got.Rows), err)
	}
}

// A slowCloud gives up after three minutes, as hunting does.
type slowCloud struct{ asked atomic.Int64 }

func (s *slowCloud) RoundTrip(r *http.Request) (*http.Response, error) {
	s.asked.Add(1)
	select {
	case <-r.Context().Done():
		return nil, r.Context().Err()
	case <-time.After(3 * time.Minute):
		return &http.Response{StatusCode: http.StatusGatewayTimeout, Header: http.Header{}, Body: http.NoBody, Request: r}, nil
	}
}

// A slow query is not given up before the service does so, nor asked again;
// and no other call waits as long.
func TestRunQueryThatIsSlow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h, err := New(Options{})
		if err != nil {
			t.Fatal(err)
		}
		slow := &slowCloud{}
		h.transport.RegisterProtocol("https", slow)
		c, start := h.enter(t, tenantID), time.Now()
		_, err = c.Users.Count(t.Context())
		if took := time.Since(start); !errors.Is(err, cordon.ErrUnavailable) || took != 30*time.Second || slow.asked.Load() != 1 {
			t.Errorf("another call: %v after %s and %d requests", err, took, slow.asked.Load())
		}
		start = time.Now()
		_, err = c.Hunting.RunQuery(t.Context(), "T", "")
		took, e := time.Since(start), new(Error)
		if !errors.As(err, &e) || e.Status != http.StatusGatewayTimeout || took != 3*time.Minute || slow.asked.Load() != 2 {
			t.Errorf("query: %v after %s and %d requests", err, took, slow.asked.Load())
		}
	})
}

func TestMachineActionEnds(t *testing.T) {
	t.Parallel()
	for status, want := range map[string][2]bool{
		"Succeeded": {true, true}, "Failed": {true, false}, "TimeOut": {true, false}, "Cancelled": {true, false},
		"Pending": {}, "InProgress": {}, "Rescheduled": {}, "": {},
	} {
		if ended, done := (MachineAction{Status: status}).Ended(); [2]bool{ended, done} != want {
			t.Errorf("%s: got %v, %v", status, ended, done)
		}
	}
	for _, raw := range []string{`{"id":"a","lastUpdateTimeUtc":"x"}`, `{"id":"a","lastUpdateDateTimeUtc":"x"}`} {
		if a, err := Decode[MachineAction]([]byte(raw)); err != nil || a.Updated() != "x" {
			t.Errorf("%s: got %+v, %v", raw, a, err)
		}
	}
}

// A second action of the same kind is refused while the first goes on.
func TestMachineActionInProgress(t *testing.T) {
	t.Parallel()
	f := newFake(t, say(400, `{"error":{"code":"BadRequest","message":"Action is already in progress","target":"t1"}}`))
	_, err := f.client(t, Options{}).Endpoint.Isolate(t.Context(), "m", IsolateFull, "why", requestID)
	var e *Error
	if !errors.Is(err, cordon.ErrConflict) || !errors.As(err, &e) || e.RequestID != "t1" && e.RequestID != "req-1" {
		t.Errorf("got %v", err)
	}
}

func TestServicePrincipalRole(t *testing.T) {
	t.Parallel()
	p := ServicePrincipal{AppRoles: []AppRole{{ID: "1", Value: "A"}, {ID: "2", Value: "B"}}}
	if r, ok := p.Role("B"); !ok || r.ID != "2" {
		t.Errorf("got %+v, %v", r, ok)
	}
	if r, ok := p.Role("C"); ok {
		t.Errorf("got %+v", r)
	}
}
