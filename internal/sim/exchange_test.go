package sim

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"strings"
	"testing"
)

func zipped(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// Microsoft's SDKs compress bodies unless they are told not to, and send them
// plain after a 415.
func TestCompressedBodies(t *testing.T) {
	t.Parallel()
	on := `{"isEnabled":true}`
	tests := []struct {
		name, encoding, body string
		status               int
		says                 string
	}{
		{"gzip", "gzip", zipped(t, on), http.StatusNoContent, ""},
		{"identity", "identity", on, http.StatusNoContent, ""},
		{"not gzip", "gzip", on, http.StatusBadRequest, "Content-Encoding"},
		{"cut short", "gzip", zipped(t, on)[:20], http.StatusBadRequest, "Content-Encoding"},
		{"another encoding", "br", on, http.StatusUnsupportedMediaType, "'br' is not supported"},
		{"a bomb", "gzip", zipped(t, strings.Repeat(" ", maxBody+1)), http.StatusRequestEntityTooLarge, "too large"},
		{"too large", "", strings.Repeat(" ", maxBody+1), http.StatusRequestEntityTooLarge, "too large"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, Options{})
			var header []string
			if tt.encoding != "" {
				header = []string{"Content-Encoding", tt.encoding}
			}
			if g := r.graph("PATCH", resDefaults, tt.body, header...); g.status != tt.status || !strings.Contains(g.body, tt.says) {
				t.Errorf("%d %s, want %d with %q", g.status, g.body, tt.status, tt.says)
			}
			if done := strings.Contains(r.graph("GET", resDefaults, "").body, `"isEnabled":true`); done != (tt.status == http.StatusNoContent) {
				t.Errorf("switched: %v", done)
			}
			if ledger := r.control("GET", "/ledger", "").body; tt.status == http.StatusNoContent && !strings.Contains(ledger, `"body":{"isEnabled":true}`) {
				t.Errorf("the ledger tells no plain body: %s", ledger)
			}
		})
	}
}
