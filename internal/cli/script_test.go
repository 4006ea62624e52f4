package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cordonhq/cordon/internal/cli"
	"github.com/cordonhq/cordon/internal/sim"
	"github.com/goccy/go-yaml"
	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"cordon": func() {
		d := &cli.Deps{Out: os.Stdout, Err: os.Stderr, Version: "test", Now: time.Now}
		os.Exit(cli.Main(context.Background(), os.Args[1:], d))
	}})
}

// TestScripts runs the commands as users do, against the simulator.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		RequireExplicitExec: true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"startsim": startSim, "exits": exits, "post": post, "ledger": ledger, "awaits": awaits,
		},
	})
}

// startSim starts a cloud and writes cordon.yaml for its tenants:
//
//	startsim SCENARIO MODE [TENANTS]
func startSim(ts *testscript.TestScript, _ bool, args []string) {
	tenants := 1
	if len(args) > 2 {
		n, err := strconv.Atoi(args[2])
		ts.Check(err)
		tenants = n
	}
	cloud, err := sim.Start(context.Background(), sim.Options{Scenario: args[0], Tenants: tenants, StateDir: ts.MkAbs("sim")})
	ts.Check(err)
	ts.Defer(func() { _ = cloud.Close() })
	info := cloud.Info()
	ts.Setenv("CONTROL", info.ControlURL)
	ts.Setenv("TENANT", info.Tenants[0].ID)
	ts.Setenv("SECRET", info.Tenants[0].ClientSecret)
	for _, u := range cloud.Outcome().Users {
		key := strings.ToUpper(strings.Fields(u.Name)[0])
		ts.Setenv(key+"_ID", u.ID)
		ts.Setenv(key+"_UPN", u.UPN)
	}
	ts.Check(os.WriteFile(ts.MkAbs("cordon.yaml"), configFor(ts, info, args[1]), 0o600))
}

func configFor(ts *testscript.TestScript, info sim.Info, mode string) []byte {
	var tenants []any
	for i, t := range info.Tenants {
		secret := fmt.Sprintf("secret%d", i)
		ts.Check(os.WriteFile(ts.MkAbs(secret), []byte(t.ClientSecret), 0o600))
		tenants = append(tenants, map[string]any{
			"id": t.ID, "name": t.Name, "mode": mode, "credential": map[string]any{"client_id": t.ClientID, "secret": "file:" + secret},
		})
	}
	b, err := yaml.Marshal(map[string]any{
		"storage":   map[string]any{"url": "sqlite://cordon.db"},
		"endpoints": map[string]any{"login": info.LoginURL, "graph": info.GraphURL, "defender": info.DefenderURL, "ca_file": info.CAFile},
		"tenants":   tenants,
		"playbooks": map[string]any{"on": []string{"contain-token-theft"}},
		"budget":    map[string]any{"share": 1},
	})
	ts.Check(err)
	return b
}

// exits runs cordon and checks its exit code: exits CODE ARGS…
func exits(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	err = ts.Exec("cordon", args[1:]...)
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("cordon %s: exit code %d, want %d", strings.Join(args[1:], " "), got, want)
	}
}

// post sends JSON to the control API: post PATH JSON
func post(ts *testscript.TestScript, _ bool, args []string) {
	resp, err := http.Post(ts.Getenv("CONTROL")+args[0], "application/json", strings.NewReader(args[1]))
	ts.Check(err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	ts.Check(err)
	if resp.StatusCode/100 != 2 {
		ts.Fatalf("post %s: %d %s", args[0], resp.StatusCode, body)
	}
}

// ledger checks how many state-changing requests the cloud has received:
// ledger N
func ledger(ts *testscript.TestScript, _ bool, args []string) {
	resp, err := http.Get(ts.Getenv("CONTROL") + "/ledger")
	ts.Check(err)
	defer resp.Body.Close()
	var entries []json.RawMessage
	ts.Check(json.NewDecoder(resp.Body).Decode(&entries))
	if strconv.Itoa(len(entries)) != args[0] {
		ts.Fatalf("the cloud was asked for %d changes, want %s: %s", len(entries), args[0], entries)
	}
}

// awaits waits until a file holds a text, as it does once the process in the
// background is that far: awaits FILE [TEXT]
func awaits(ts *testscript.TestScript, _ bool, args []string) {
	text := []byte(strings.Join(args[1:], " "))
	for range 500 {
		if b, err := os.ReadFile(ts.MkAbs(args[0])); err == nil && bytes.Contains(b, text) {
			return
		}
		ts.Check(ts.Exec("cordon", "version")) // passes the time by doing something
	}
	ts.Fatalf("%s never held %q", args[0], text)
}
