package clients

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	abstractions "github.com/microsoft/kiota-abstractions-go"
	"github.com/microsoft/kiota-abstractions-go/serialization"
	kjson "github.com/microsoft/kiota-serialization-json-go"
)

const (
	graphScope = "https://graph.microsoft.com/.default"
	simLife    = 5 * time.Minute // no simulator outlives this
)

// TestMain builds the binary, unless CORDON names one, and tells the Graph SDK
// that its wire is JSON, as the SDK's own client does.
func TestMain(m *testing.M) {
	abstractions.RegisterDefaultSerializer(func() serialization.SerializationWriterFactory { return kjson.NewJsonSerializationWriterFactory() })
	abstractions.RegisterDefaultDeserializer(func() serialization.ParseNodeFactory { return kjson.NewJsonParseNodeFactory() })
	os.Exit(withBinary(m.Run))
}

func withBinary(run func() int) int {
	if os.Getenv("CORDON") != "" {
		return run()
	}
	dir, err := os.MkdirTemp("", "cordon-clients-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	bin := filepath.Join(dir, "cordon")
	build := exec.Command("go", "build", "-o", bin, "./cmd/cordon")
	build.Dir, build.Stderr = filepath.Join("..", ".."), os.Stderr
	if err := build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "build cordon:", err)
		return 1
	}
	if err := os.Setenv("CORDON", bin); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return run()
}

// A simulator is a running `cordon sim`.
type simulator struct {
	t    *testing.T
	line []byte // the first line that it printed
	http *http.Client

	LoginURL    string   `json:"login_url"`
	GraphURL    string   `json:"graph_url"`
	DefenderURL string   `json:"defender_url"`
	ControlURL  string   `json:"control_url"`
	CAFile      string   `json:"ca_file"`
	Tenants     []tenant `json:"tenants"`
}

type tenant struct {
	ID           string `json:"id"`
	Name         string `json:"name"`
	Domain       string `json:"domain"`
	ClientID     string `json:"client_id"`
	ClientSecret string `json:"client_secret"`
}

// start runs a simulator until the test ends.
func start(t *testing.T, args ...string) *simulator {
	t.Helper()
	ctx, stop := context.WithTimeout(context.WithoutCancel(t.Context()), simLife)
	args = append([]string{"sim", "--seed", "7", "--state-dir", t.TempDir()}, args...)
	cmd := exec.CommandContext(ctx, os.Getenv("CORDON"), args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 5 * time.Second // after which it is killed
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stop()
		_ = cmd.Wait() // it says that it was interrupted
	})
	s := &simulator{t: t}
	if s.line, err = bufio.NewReader(out).ReadBytes('\n'); err != nil {
		t.Fatalf("the simulator said nothing: %v; %s", err, complaints.String())
	}
	if err := json.Unmarshal(s.line, s); err != nil {
		t.Fatalf("the first line is no JSON: %v", err)
	}
	s.http = &http.Client{Transport: s.transport(), Timeout: 30 * time.Second}
	return s
}

// transport trusts the simulator's CA and nobody else.
func (s *simulator) transport() *http.Transport {
	s.t.Helper()
	pem, err := os.ReadFile(s.CAFile)
	if err != nil {
		s.t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		s.t.Fatal("the CA file holds no certificate")
	}
	tr := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}}
	s.t.Cleanup(tr.CloseIdleConnections)
	return tr
}

// options point Microsoft's SDKs to the simulator's login host.
func (s *simulator) options() azcore.ClientOptions {
	return azcore.ClientOptions{
		Cloud:     cloud.Configuration{ActiveDirectoryAuthorityHost: s.LoginURL},
		Transport: s.http,
	}
}

// control calls the control API and reads what it answers into out, unless that is nil.
func (s *simulator) control(method, path string, in, out any) {
	s.t.Helper()
	body, err := json.Marshal(in)
	if err != nil {
		s.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.ControlURL+path, bytes.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	resp, err := s.http.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode >= http.StatusBadRequest {
		s.t.Fatalf("%s %s: %d %s %v", method, path, resp.StatusCode, text, err)
	}
	if out == nil {
		return
	}
	if err := json.Unmarshal(text, out); err != nil {
		s.t.Fatalf("%s %s: %v in %s", method, path, err, text)
	}
}

// An entry is what the simulator wrote down of a request.
type entry struct {
	Service string          `json:"service"`
	Method  string          `json:"method"`
	Path    string          `json:"path"`
	Body    json.RawMessage `json:"body"`
	Status  int             `json:"status"`
	Fault   string          `json:"fault"`
}

// ledger returns the requests to a path, in the order of their arrival.
func (s *simulator) ledger(path string) []entry {
	s.t.Helper()
	var all, out []entry
	s.control(http.MethodGet, "/ledger?reads=1", nil, &all)
	for _, e := range all {
		if e.Path == path {
			out = append(out, e)
		}
	}
	return out
}

// state reads the stored object behind a path into out.
func (s *simulator) state(path string, out any) {
	s.t.Helper()
	s.control(http.MethodGet, "/state?path="+url.QueryEscape(path), nil, out)
}
