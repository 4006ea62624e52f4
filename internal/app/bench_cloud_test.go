//go:build unix

package app_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os/exec"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/engine"
	"github.com/cordonhq/cordon/internal/microsoft"
	"github.com/cordonhq/cordon/internal/sim"
)

// A benchCloud is a simulated cloud in a process of its own, so that what it
// costs is not counted as ours.
type benchCloud struct {
	b *testing.B
	sim.Info
}

func startBenchCloud(b *testing.B, tenants int) *benchCloud {
	b.Helper()
	cmd := exec.CommandContext(b.Context(), benchCordon(b), "sim", "--tenants", strconv.Itoa(tenants), "--state-dir", b.TempDir())
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
	})
	c := &benchCloud{b: b}
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err != nil {
		b.Fatal(err)
	}
	if err := json.Unmarshal(line, &c.Info); err != nil {
		b.Fatal(err)
	}
	return c
}

// advance moves the cloud's clock, so that its throttles forget.
func (c *benchCloud) advance(d time.Duration) {
	c.post("/clock", map[string]string{"advance": d.String()})
}

func (c *benchCloud) post(path string, body any) {
	c.b.Helper()
	req, err := http.NewRequestWithContext(c.b.Context(), http.MethodPost, c.ControlURL+path, bytes.NewReader(benchJSON(c.b, body)))
	if err != nil {
		c.b.Fatal(err)
	}
	c.read(req, nil)
}

// ledger returns every request that the cloud remembers.
func (c *benchCloud) ledger() (all []sim.Entry) {
	c.b.Helper()
	req, err := http.NewRequestWithContext(c.b.Context(), http.MethodGet, c.ControlURL+"/ledger?reads=1", nil)
	if err != nil {
		c.b.Fatal(err)
	}
	c.read(req, &all)
	return all
}

func (c *benchCloud) read(req *http.Request, into any) {
	c.b.Helper()
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		c.b.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		c.b.Fatalf("%s: %d %s %v", req.URL.Path, resp.StatusCode, body, err)
	}
	if into == nil {
		return
	}
	if err := json.Unmarshal(body, into); err != nil {
		c.b.Fatal(err)
	}
}

// enter returns the first n tenants with the clients that enter them, all in
// one cloud, as the house does it.
func (c *benchCloud) enter(n int, now func() time.Time, observe func(microsoft.Call)) ([]engine.Tenant, *microsoft.Hub) {
	c.b.Helper()
	cloud, err := microsoft.New(microsoft.Options{
		Endpoints: microsoft.Endpoints{Login: c.LoginURL, Graph: c.GraphURL, Defender: c.DefenderURL, CAFile: c.CAFile},
		MaxWait:   12 * time.Second, Now: now, Observe: observe,
	})
	if err != nil {
		c.b.Fatal(err)
	}
	c.b.Cleanup(cloud.Close)
	var all []engine.Tenant
	for _, t := range c.Tenants[:n] {
		tenant := cordon.Tenant{ID: t.ID, Name: t.Name, Mode: cordon.ModeObserve, ClientID: t.ClientID}
		client, err := cloud.Client(tenant, microsoft.NewSecretCredential(t.ClientSecret))
		if err != nil {
			c.b.Fatal(err)
		}
		all = append(all, engine.Tenant{Tenant: tenant, Client: client})
	}
	return all, cloud
}
