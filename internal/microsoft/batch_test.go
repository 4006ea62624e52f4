package microsoft

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cordonhq/cordon"
)

// A batcher answers the calls of batches one by one, as a test says, and
// remembers them.
type batcher struct {
	mu    sync.Mutex
	asked [][]string // method and URL of the calls of each request
	item  func(n int, e batchEntry) string
}

func (b *batcher) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var body struct{ Requests []batchEntry }
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil || r.URL.Path != "/v1.0/$batch" || len(body.Requests) > 20 {
		graphError(w, 400, "BadRequest", "malformed batch")
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	var asked, answers []string
	for _, e := range body.Requests {
		asked = append(asked, e.Method+" "+e.URL)
		if answer := b.item(len(b.asked), e); answer != "" {
			answers = append(answers, `{"id":"`+e.ID+`",`+answer+`}`)
		}
	}
	b.asked = append(b.asked, asked)
	slices.Reverse(answers)
	reply(w, 200, `{"responses":[`+strings.Join(answers, ",")+`]}`)
}

func itemError(status int, code, message string) string {
	return fmt.Sprintf(`"status":%d,"body":{"error":{"code":%q,"message":%q}}`, status, code, message)
}

// TestFault05MixedBatch: a batch answers 200 with a mix of 200, 429, 403 and
// 5xx, out of order, and leaves one out. Each call gets its own answer, and
// only the reads that failed for a moment are asked again, after the longest
// time that was named.
// It is long because the answers and what becomes of them are one story.
func TestFault05MixedBatch(t *testing.T) {
	t.Parallel()
	b := &batcher{item: func(n int, e batchEntry) string {
		again := n > 0
		switch {
		case e.URL == "/users/denied":
			return itemError(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
		case e.URL == "/users/absent":
			return itemError(404, "Request_ResourceNotFound", "x")
		case e.URL == "/users/throttled" && !again:
			return `"status":429,"headers":{"Retry-After":"3"},"body":{"error":{"code":"TooManyRequests","message":"x"}}`
		case e.URL == "/security/alerts_v2" && !again:
			return `"status":429,"headers":{"retry-after":"7"},"body":{"error":{"code":"TooManyRequests","message":"x"}}`
		case e.URL == "/users/broken" && !again:
			return itemError(503, "serviceNotAvailable", "x")
		case e.URL == "/users/missing" && !again, e.URL == "/users/lost":
			return ""
		case e.Method == "PATCH" && e.URL == "/users/w500":
			return itemError(500, "UnknownError", "x")
		case e.Method == "PATCH" && e.URL == "/users/w429":
			return `"status":429,"headers":{"Retry-After":"1"},"body":{"error":{"code":"TooManyRequests","message":"x"}}`
		case e.Method == "PATCH" && e.URL == "/users/wmissing":
			return ""
		case e.Method == "PATCH":
			return `"status":204`
		}
		return `"status":200,"body":{"url":"` + e.URL + `"}`
	}}
	f := newFake(t, b.ServeHTTP)
	read := func(url string) BatchItem { return BatchItem{URL: url} }
	write := func(name string) BatchItem {
		return BatchItem{Method: "PATCH", URL: "/users/" + name, Body: map[string]bool{"accountEnabled": false}, RequestID: requestID}
	}
	items := []BatchItem{read("/users/ok"), read("/users/denied"), read("/users/absent"), read("/users/throttled"), read("/security/alerts_v2"),
		read("/users/broken"), read("/users/missing"), read("/users/lost"), write("wok"), write("w500"), write("w429"), write("wmissing")}
	start := f.now()
	results, err := f.client(t, Options{}).Batch(t.Context(), items)
	if err != nil || len(results) != len(items) {
		t.Fatalf("got %d results, %v", len(results), err)
	}
	kinds := []error{nil, cordon.ErrDenied, cordon.ErrNotFound, nil, nil, nil, nil, cordon.ErrUnavailable,
		nil, cordon.ErrUnknownOutcome, cordon.ErrThrottled, cordon.ErrUnknownOutcome}
	for i, r := range results {
		if !errors.Is(r.Err, kinds[i]) || r.Err != nil && kinds[i] == nil {
			t.Errorf("%s %s: got %v, want %v", items[i].Method, items[i].URL, r.Err, kinds[i])
		}
		if want := `{"url":"` + items[i].URL + `"}`; kinds[i] == nil && items[i].Method == "" && string(r.Body) != want {
			t.Errorf("%s: got %s", items[i].URL, r.Body)
		}
	}
	wait := f.now().Sub(start)
	if wait < 7*time.Second || wait > 8*time.Second || len(b.asked) != 3 {
		t.Errorf("waited %s for %d requests, want the longest Retry-After once", wait, len(b.asked))
	}
	asked := map[string]int{}
	for _, call := range slices.Concat(b.asked...) {
		asked[call]++
	}
	want := map[string]int{"GET /users/ok": 1, "GET /users/denied": 1, "GET /users/absent": 1, "GET /users/throttled": 2, "GET /security/alerts_v2": 2,
		"GET /users/broken": 2, "GET /users/missing": 2, "GET /users/lost": 3, "PATCH /users/wok": 1, "PATCH /users/w500": 1, "PATCH /users/w429": 1, "PATCH /users/wmissing": 1}
	if !reflect.DeepEqual(asked, want) {
		t.Errorf("asked %v\nwant %v", asked, want)
	}
	var e *Error
	if !errors.As(results[9].Err, &e) || e.Path != "/v1.0/users/w500" || e.Method != "PATCH" || e.RequestID != requestID {
		t.Errorf("the error names %+v", e)
	}
}

// More than 20 calls take several requests, each with its own answer.
func TestBatchSplits(t *testing.T) {
	t.Parallel()
	b := &batcher{item: func(_ int, e batchEntry) string { return `"status":200,"body":"` + e.URL + `"` }}
	f := newFake(t, b.ServeHTTP)
	items := make([]BatchItem, 45)
	for i := range items {
		items[i].URL = fmt.Sprintf("/users/%d?$select=id", i)
	}
	results, err := f.client(t, Options{}).Batch(t.Context(), items)
	if err != nil || len(b.asked) != 3 || len(b.asked[2]) != 5 {
		t.Fatalf("%v, %d requests", err, len(b.asked))
	}
	for i, r := range results {
		if string(r.Body) != `"`+items[i].URL+`"` || r.Err != nil {
			t.Errorf("%d: got %s, %v", i, r.Body, r.Err)
		}
	}
	if none, err := f.client(t, Options{}).Batch(t.Context(), nil); err != nil || len(none) != 0 || len(b.asked) != 3 {
		t.Errorf("of nothing: %v, %v", none, err)
	}
}

// Calls pay what they would pay alone: the limit of one request a second is
// not evaded by a batch, and the others do not wait for it.
func TestBatchPays(t *testing.T) {
	t.Parallel()
	b := &batcher{item: func(_ int, e batchEntry) string { return `"status":200,"body":{}` }}
	f := newFake(t, b.ServeHTTP)
	c, start := f.client(t, Options{Share: 1}), f.now()
	items := []BatchItem{{URL: "/identityProtection/riskyUsers/a"}, {URL: "/identityProtection/riskyUsers/b"}, {URL: "/users/a"}, {URL: "/identityProtection/riskyUsers/c"}}
	if _, err := c.Batch(t.Context(), items); err != nil {
		t.Fatal(err)
	}
	want := [][]string{{"GET /identityProtection/riskyUsers/a", "GET /users/a"}, {"GET /identityProtection/riskyUsers/b"}, {"GET /identityProtection/riskyUsers/c"}}
	for _, calls := range b.asked {
		slices.Sort(calls)
	}
	if got := f.now().Sub(start); got < 2*time.Second || got > 2200*time.Millisecond || len(b.asked) != 3 || !reflect.DeepEqual(b.asked[0], want[0]) {
		t.Errorf("took %s: %q", got, b.asked)
	}
	if at := c.Ready(FamilyIdentityProtection, f.now()); !at.After(f.now()) {
		t.Error("the batch did not pay")
	}
}

// A batch that fails as a whole: nothing is known of its writes, and its reads
// are asked again without them.
func TestBatchThatFails(t *testing.T) {
	t.Parallel()
	items := []BatchItem{{URL: "/users/a"}, {Method: "PATCH", URL: "/users/b", RequestID: requestID}}
	tests := map[string]struct {
		api         http.HandlerFunc
		read, write error
		n           int
	}{
		"503":       {refuse(503, "serviceNotAvailable", "x"), cordon.ErrUnavailable, cordon.ErrUnknownOutcome, 3},
		"no answer": {func(w http.ResponseWriter, _ *http.Request) { hangUp(w) }, cordon.ErrUnavailable, cordon.ErrUnknownOutcome, 3},
		"400":       {refuse(400, "BadRequest", "x"), cordon.ErrBadRequest, cordon.ErrBadRequest, 1},
		"429": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "2")
			graphError(w, 429, "TooManyRequests", "x")
		}, cordon.ErrThrottled, cordon.ErrThrottled, 3},
		"html":           {say(200, "<html>"), cordon.ErrUnavailable, cordon.ErrUnknownOutcome, 3},
		"no responses":   {say(200, `{"value":[]}`), cordon.ErrMalformed, cordon.ErrUnknownOutcome, 1},
		"truncated":      {say(200, `{"responses":[{"id":"1","sta`), cordon.ErrMalformed, cordon.ErrUnknownOutcome, 1},
		"answered twice": {say(200, `{"responses":[{"id":"1","status":200},{"id":"1","status":403},{"id":"2","status":204},{"id":2,"status":204}]}`), cordon.ErrMalformed, cordon.ErrUnknownOutcome, 1},
		"strange status": {say(200, `{"responses":[{"id":"1","status":"200"},{"id":"2","status":1204}]}`), cordon.ErrMalformed, cordon.ErrUnknownOutcome, 1},
		"moved":          {say(200, `{"responses":[{"id":"1","status":302},{"id":"2","status":302}]}`), cordon.ErrMalformed, cordon.ErrUnknownOutcome, 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var wrote int
			f := newFake(t, func(w http.ResponseWriter, r *http.Request) {
				var body struct{ Requests []batchEntry }
				_ = json.NewDecoder(r.Body).Decode(&body)
				for _, e := range body.Requests {
					if e.Method == "PATCH" {
						wrote++
					}
				}
				tt.api(w, r)
			})
			c := f.client(t, Options{})
			if err := c.CheckToken(t.Context(), ResourceGraph); err != nil {
				t.Fatal(err)
			}
			got, err := c.Batch(t.Context(), items)
			if err != nil || !errors.Is(got[0].Err, tt.read) || !errors.Is(got[1].Err, tt.write) {
				t.Errorf("got %v, %v", got, err)
			}
			if f.count() != tt.n || wrote != 1 {
				t.Errorf("%d requests, of which %d wrote; want %d", f.count(), wrote, tt.n)
			}
		})
	}
}

// Each call carries the headers that it would carry alone: those of the batch
// are not passed on.
func TestBatchEntries(t *testing.T) {
	t.Parallel()
	var got []batchEntry
	var header http.Header
	b := &batcher{item: func(_ int, e batchEntry) string { got = append(got, e); return `"status":200` }}
	f := newFake(t, func(w http.ResponseWriter, r *http.Request) { header = r.Header; b.ServeHTTP(w, r) })
	items := []BatchItem{{URL: "/v1.0/users"}, {Method: "PATCH", URL: "/users/a", Body: map[string]int{"a": 1}, RequestID: requestID}}
	if _, err := f.client(t, Options{}).Batch(t.Context(), items); err != nil {
		t.Fatal(err)
	}
	known := "include-unknown-enum-members"
	want := []batchEntry{{ID: "1", Method: "GET", URL: "/users", Headers: map[string]string{"Prefer": known}},
		{ID: "2", Method: "PATCH", URL: "/users/a", Headers: map[string]string{"Prefer": known, "Content-Type": "application/json", "client-request-id": requestID}, Body: json.RawMessage(`{"a":1}`)}}
	if !reflect.DeepEqual(got, want) || header.Get("Client-Request-Id") != requestID {
		t.Errorf("got %+v with %v", got, header)
	}
}

// What a batch is told closes the budgets of the calls that it was told of,
// and opens them again.
func TestBatchHeeds(t *testing.T) {
	t.Parallel()
	whole := true
	b := &batcher{item: func(_ int, e batchEntry) string { return `"status":200` }}
	f := newFake(t, func(w http.ResponseWriter, r *http.Request) {
		if whole {
			w.Header().Set("Retry-After", "600")
			graphError(w, 429, "TooManyRequests", "x")
			return
		}
		b.ServeHTTP(w, r)
	})
	c := f.client(t, Options{})
	items := []BatchItem{{URL: "/users/a"}, {URL: "/security/alerts_v2"}, {URL: "/security/incidents"}}
	got, _ := c.Batch(t.Context(), items)
	for i, r := range got {
		var e *Error
		if !errors.As(r.Err, &e) || e.Status != 429 || e.RetryAfter != 600*time.Second {
			t.Errorf("%d: got %v, want the service's own error", i, r.Err)
		}
	}
	for family, closed := range map[Family]bool{FamilyDirectory: true, FamilySecurity: true, FamilyReports: false} {
		if ready := !c.Ready(family, f.now()).After(f.now()); ready == closed {
			t.Errorf("%s is ready: %v", family, ready)
		}
	}
	f.advance(11 * time.Minute)
	c.account.bucket(FamilySecurity).strikes = 3
	if whole = false; f.count() != 1 {
		t.Errorf("asked %d times", f.count())
	}
	if got, _ := c.Batch(t.Context(), items); got[1].Err != nil || c.account.bucket(FamilySecurity).strikes != 0 {
		t.Errorf("got %v, %d strikes", got, c.account.bucket(FamilySecurity).strikes)
	}
}

func TestBatchRenewsItsToken(t *testing.T) {
	t.Parallel()
	n := 0
	f := newFake(t, func(w http.ResponseWriter, _ *http.Request) {
		if n++; n == 1 {
			graphError(w, 401, "InvalidAuthenticationToken", "expired")
			return
		}
		reply(w, 200, `{"responses":[{"id":"1","status":204}]}`)
	})
	got, err := f.client(t, Options{}).Batch(t.Context(), []BatchItem{{Method: "DELETE", URL: "/users/a", RequestID: requestID}})
	if err != nil || got[0].Err != nil || f.tokens != 2 {
		t.Errorf("got %v, %v, %d tokens", got, err, f.tokens)
	}
}

func TestBatchEnds(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	f := newFake(t, say(200, `{"responses":[]}`))
	got, err := f.client(t, Options{}).Batch(ctx, []BatchItem{{URL: "/identityProtection/riskyUsers/a"}, {URL: "/identityProtection/riskyUsers/b"}})
	if err != nil || !errors.Is(got[0].Err, context.Canceled) || !errors.Is(got[1].Err, context.Canceled) || f.count() != 0 {
		t.Errorf("got %v, %v", got, err)
	}
	poll := WithPriority(t.Context(), PriorityPoll)
	b := &batcher{item: func(int, batchEntry) string { return itemError(429, "TooManyRequests", "x") }}
	f = newFake(t, b.ServeHTTP)
	got, err = f.client(t, Options{}).Batch(poll, []BatchItem{{URL: "/users/a"}})
	if err != nil || !errors.Is(got[0].Err, cordon.ErrThrottled) || len(b.asked) != 1 {
		t.Errorf("a poll was asked %d times: %v, %v", len(b.asked), got, err)
	}
}

func TestBatchThatMustNotLeave(t *testing.T) {
	t.Parallel()
	f := newFake(t, say(200, `{"responses":[]}`))
	c := f.client(t, Options{})
	for name, item := range map[string]BatchItem{
		"nested":             {Method: "POST", URL: "/$batch", RequestID: requestID},
		"nested, escaped":    {Method: "POST", URL: "/%24BATCH", RequestID: requestID},
		"nested, deeper":     {URL: "/users/$batch/x"},
		"another host":       {URL: "https://evil/users"},
		"another host, too":  {URL: "//evil/users"},
		"another version":    {URL: "/../beta/users"},
		"escaped way out":    {URL: "/%2e%2e/beta"},
		"escaped slash":      {URL: "/users%2fx"},
		"nothing":            {},
		"nothing but /":      {URL: "/"},
		"fragment":           {URL: "/users#x"},
		"no URL":             {URL: "/%zz"},
		"no method":          {Method: "LOOK", URL: "/users"},
		"a write without id": {Method: "PATCH", URL: "/users/a"},
		"a strange body":     {Method: "PATCH", URL: "/users/a", Body: func() {}, RequestID: requestID},
		"a cost below zero":  {URL: "/users", Cost: -1},
	} {
		got, err := c.Batch(t.Context(), []BatchItem{{URL: "/users/fine"}, item})
		if !errors.Is(err, cordon.ErrBadRequest) || got != nil || !strings.Contains(err.Error(), "call 2") {
			t.Errorf("%s: got %v, %v", name, got, err)
		}
	}
	if f.count() != 0 {
		t.Errorf("%d requests left", f.count())
	}
}

// A question that is a POST is a read: it needs no request id, and is asked
// again.
func TestBatchQuestion(t *testing.T) {
	t.Parallel()
	b := &batcher{item: func(n int, _ batchEntry) string {
		if n == 0 {
			return itemError(503, "serviceNotAvailable", "x")
		}
		return `"status":200,"body":{"value":[]}`
	}}
	item := BatchItem{Method: "POST", URL: "/users/" + userID + "/checkMemberGroups", Body: map[string][]string{"groupIds": {userID}}, Cost: 4}
	c := newFake(t, b.ServeHTTP).client(t, Options{})
	got, err := c.Batch(t.Context(), []BatchItem{item})
	if err != nil || got[0].Err != nil || len(b.asked) != 2 {
		t.Errorf("got %v, %v after %d requests", got, err, len(b.asked))
	}
}

func TestFamilyOf(t *testing.T) {
	t.Parallel()
	for call, want := range map[string]Family{
		"GET /identityProtection/riskyUsers": FamilyIdentityProtection, "GET /identity/conditionalAccess/policies/x": FamilyIdentityProtection,
		"GET /security/secureScores": FamilySecureScore, "PATCH /security/secureScoreControlProfiles/x": FamilySecureScore,
		"POST /security/runHuntingQuery": FamilyHunting, "POST /security/microsoft.graph.security.runHuntingQuery": FamilyHunting,
		"GET /security/alerts_v2": FamilySecurity, "GET /auditLogs/signIns": FamilyReports, "GET /users/x/authentication/methods": FamilyReports,
		"POST /subscriptions": FamilySubscriptions, "GET /users": FamilyDirectory, "PATCH /users/x": FamilyDirectoryWrites, "GET /securityx": FamilyDirectory,
		"POST /users/x/checkMemberGroups": FamilyDirectory, "POST /users/x/microsoft.graph.getMemberObjects": FamilyDirectory, "DELETE /users/x/getByIds": FamilyDirectoryWrites,
	} {
		method, path, _ := strings.Cut(call, " ")
		if got := familyOf(method, path); got != want {
			t.Errorf("%s: got %s", call, got)
		}
	}
}
