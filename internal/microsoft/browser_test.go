package microsoft_test

import (
	"crypto/tls"
	"crypto/x509"
	"html"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestBrowserOpensPage is the browser of TestBrowserCredential: it opens the
// page that it is told to, and goes where that leads.
func TestBrowserOpensPage(t *testing.T) {
	page := os.Getenv("CORDON_TEST_PAGE")
	if page == "" {
		t.Skip("nobody opens a page")
	}
	ca, err := os.ReadFile(os.Getenv("CORDON_TEST_PAGE_CA"))
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(ca)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}}}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, page, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if err != nil {
		t.Fatal(err)
	}
	// The page is a form that posts itself.
	action := regexp.MustCompile(`action="([^"]*)"`).FindSubmatch(text)
	if action == nil {
		t.Fatalf("no form in %s", text)
	}
	form := url.Values{}
	for _, m := range regexp.MustCompile(`name="([^"]*)" value="([^"]*)"`).FindAllSubmatch(text, -1) {
		form.Set(string(m[1]), html.UnescapeString(string(m[2])))
	}
	post, err := http.NewRequestWithContext(t.Context(), http.MethodPost, html.UnescapeString(string(action[1])), strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	post.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if resp, err = client.Do(post); err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
}
