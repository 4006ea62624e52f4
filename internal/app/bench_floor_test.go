//go:build unix

package app_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cordonhq/cordon/internal/sim"
)

// benchFloor is the variable by which a benchmark runs this binary as the
// bare loop: a process of its own, so that neither counts the other's work.
const benchFloor = "CORDON_BENCH_FLOOR"

// benchWorkers is how many requests are in flight at once, in the bare loop
// as in the engine.
const benchWorkers = 32

// A bareLoop makes the requests of a sweep and nothing else: it knows no
// budget, no errors, no cursor, no store.
type bareLoop struct {
	client *http.Client
	base   string
	header []http.Header // one for each tenant
}

// TestBenchFloor is no test: it is the bare loop, when a benchmark asks for
// it. It reads the cloud, then one query a line; for each it asks every
// tenant once and writes what that cost.
func TestBenchFloor(t *testing.T) {
	if os.Getenv(benchFloor) == "" {
		t.Skip("runs for benchmarks only")
	}
	in, out := bufio.NewScanner(os.Stdin), json.NewEncoder(os.Stdout)
	in.Buffer(nil, 64<<20)
	in.Scan()
	loop, err := newBareLoop(t.Context(), in.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	out.Encode(benchCost{})
	for in.Scan() {
		cost, err := loop.sweep(t.Context(), in.Text())
		if err != nil {
			t.Fatal(err)
		}
		out.Encode(cost)
	}
}

func newBareLoop(ctx context.Context, text []byte) (*bareLoop, error) {
	var info sim.Info
	if err := json.Unmarshal(text, &info); err != nil {
		return nil, err
	}
	transport, err := bareTransport(info.CAFile)
	if err != nil {
		return nil, err
	}
	l := &bareLoop{client: &http.Client{Transport: transport}, base: info.GraphURL, header: make([]http.Header, len(info.Tenants))}
	return l, l.each(func(i int) error {
		token, err := bareToken(ctx, l.client, info.LoginURL, info.Tenants[i])
		l.header[i] = http.Header{
			"Authorization": {"Bearer " + token}, "Accept": {"application/json"},
			"User-Agent": {"cordon"}, "Prefer": {"include-unknown-enum-members"},
		}
		return err
	})
}

// bareTransport keeps its connections as ours does.
func bareTransport(caFile string) (*http.Transport, error) {
	pem, err := os.ReadFile(caFile)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	only1 := new(http.Protocols)
	only1.SetHTTP1(true)
	return &http.Transport{
		Protocols: only1, TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12},
		MaxIdleConnsPerHost: 256, IdleConnTimeout: 55 * time.Second, ReadBufferSize: 8 << 10,
	}, nil
}

func bareToken(ctx context.Context, client *http.Client, login string, t sim.TenantInfo) (string, error) {
	form := url.Values{
		"grant_type": {"client_credentials"}, "client_id": {t.ClientID}, "client_secret": {t.ClientSecret},
		"scope": {"https://graph.microsoft.com/.default"},
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, login+"/"+t.ID+"/oauth2/v2.0/token", strings.NewReader(form.Encode()))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := client.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	var answer struct {
		Token string `json:"access_token"`
	}
	return answer.Token, json.NewDecoder(resp.Body).Decode(&answer)
}

// each does something for every tenant, benchWorkers at a time.
func (l *bareLoop) each(do func(int) error) error {
	var next atomic.Int64
	var wg sync.WaitGroup
	errs := make([]error, benchWorkers)
	for w := range errs {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(l.header) && errs[w] == nil; i = int(next.Add(1)) - 1 {
				errs[w] = do(i)
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// sweep asks every tenant once.
func (l *bareLoop) sweep(ctx context.Context, query string) (benchCost, error) {
	address := l.base + query
	stop := benchMeter()
	err := l.each(func(i int) error { return l.get(ctx, address, l.header[i], io.Discard) })
	return stop(), err
}

// get is the bare request: its body is read to the end and thrown away.
func (l *bareLoop) get(ctx context.Context, address string, header http.Header, into io.Writer) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	req.Header = header
	resp, err := l.client.Do(req)
	if err != nil {
		return err
	}
	_, err = io.Copy(into, resp.Body)
	resp.Body.Close()
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", address, resp.Status)
	}
	return err
}

// A floorProcess is the bare loop as the benchmark sees it.
type floorProcess struct {
	b   *testing.B
	in  io.WriteCloser
	out *json.Decoder
}

func startFloor(b *testing.B, cloud sim.Info) *floorProcess {
	b.Helper()
	cmd := exec.CommandContext(b.Context(), os.Args[0], "-test.run", "^TestBenchFloor$")
	cmd.Env, cmd.Stderr = append(os.Environ(), benchFloor+"=1"), os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Wait()
	})
	f := &floorProcess{b: b, in: in, out: json.NewDecoder(out)}
	f.ask(string(benchJSON(b, cloud)))
	return f
}

// sweep has every tenant asked once.
func (f *floorProcess) sweep(query string) benchCost { return f.ask(query + "\n") }

func (f *floorProcess) ask(line string) (cost benchCost) {
	f.b.Helper()
	if _, err := io.WriteString(f.in, line); err != nil {
		f.b.Fatal(err)
	}
	if err := f.out.Decode(&cost); err != nil {
		f.b.Fatal("the bare loop: ", err)
	}
	return cost
}
