package cli_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"database/sql"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/cordonhq/cordon/internal/cli"
	"github.com/cordonhq/cordon/internal/engine"
	"github.com/cordonhq/cordon/internal/sim"
	"github.com/cordonhq/cordon/internal/store"
	"github.com/goccy/go-yaml"
	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"cordon": func() {
		d := &cli.Deps{Out: os.Stdout, Err: os.Stderr, Version: "test", Now: time.Now, At: faultOnceActed}
		os.Exit(cli.Main(context.Background(), os.Args[1:], d))
	}})
}

// faultOnceActed adds the fault in $ONCE_ACTED to the cloud once an action has
// left, before the state is read back.
func faultOnceActed(p engine.Point) {
	if fault := os.Getenv("ONCE_ACTED"); fault != "" && p == engine.PointActed {
		resp, err := http.Post(os.Getenv("CONTROL")+"/faults", "application/json", strings.NewReader(fault))
		if err != nil || resp.Body.Close() != nil || resp.StatusCode/100 != 2 {
			panic(fmt.Sprintf("fault: %v, %v", resp, err))
		}
	}
}

// TestScripts runs the commands as users do, against the simulator.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		RequireExplicitExec: true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"startsim": startSim, "exits": exits, "post": post, "ledger": ledger, "awaits": awaits, "sealed": sealed, "mend": mend, "certificate": certificate, "dead": dead,
			"receiver": receiver, "canary": canary, "proxied": proxied, "beginning": beginning, "taken": taken, "hangup": hangup, "stores": stores,
		},
	})
}

// startSim starts a cloud and writes cordon.yaml for its tenants:
//
//	startsim SCENARIO MODE [TENANTS [shared]]
//
// With shared, the first tenant alone is configured, and its app is the one
// that all tenants share.
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
	ts.Setenv("PAVEL_UPN", "pavel.dvorak@"+info.Tenants[0].Domain) // Active Directory keeps him
	ts.Setenv("SECRET", info.Tenants[0].ClientSecret)
	ts.Setenv("AGO", time.Now().UTC().Add(-5*time.Minute).Format(time.RFC3339))
	ts.Setenv("SOON", time.Now().UTC().AddDate(0, 0, 5).Format(time.DateOnly))
	ts.Setenv("FAR", time.Now().UTC().AddDate(0, 0, 90).Format(time.DateOnly))
	for _, u := range cloud.Outcome().Users {
		key := strings.ToUpper(strings.Fields(u.Name)[0])
		ts.Setenv(key+"_ID", u.ID)
		ts.Setenv(key+"_UPN", u.UPN)
	}
	for i, t := range info.Tenants {
		ts.Setenv(fmt.Sprintf("TENANT%d", i), t.ID)
		ts.Setenv(fmt.Sprintf("DOMAIN%d", i), t.Domain)
		ts.Setenv(fmt.Sprintf("CLIENT%d", i), t.ClientID)
	}
	ts.Check(os.WriteFile(ts.MkAbs("cordon.yaml"), configFor(ts, info, args[1], len(args) > 3), 0o600))
}

func configFor(ts *testscript.TestScript, info sim.Info, mode string, shared bool) []byte {
	var tenants []any
	for i, t := range info.Tenants {
		secret := fmt.Sprintf("secret%d", i)
		ts.Check(os.WriteFile(ts.MkAbs(secret), []byte(t.ClientSecret), 0o600))
		tenants = append(tenants, map[string]any{
			"id": t.ID, "name": t.Name, "mode": mode, "credential": map[string]any{"client_id": t.ClientID, "secret": "file:" + secret},
		})
	}
	config := map[string]any{
		"storage":   map[string]any{"url": "sqlite://cordon.db"},
		"endpoints": map[string]any{"login": info.LoginURL, "graph": info.GraphURL, "defender": info.DefenderURL, "ca_file": info.CAFile},
		"tenants":   tenants,
		"playbooks": map[string]any{"on": []string{"contain-token-theft"}},
		"budget":    map[string]any{"share": 1},
	}
	if shared {
		address := freeAddress(ts)
		ts.Setenv("LISTEN", address)
		config["tenants"], config["listen"] = tenants[:1], address
		config["secrets"] = map[string]any{"key": "file:key.json"}
		config["app"] = map[string]any{"client_id": info.Tenants[0].ClientID, "secret": "file:secret0", "public_url": "http://" + address}
	}
	b, err := yaml.Marshal(config)
	ts.Check(err)
	return b
}

// receiver starts the other end of a webhook, which answers with a status, and
// sets HOOK to its address, part of which is secret: receiver NAME STATUS
func receiver(ts *testscript.TestScript, _ bool, args []string) {
	status, err := strconv.Atoi(args[1])
	ts.Check(err)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(status)
		fmt.Fprint(w, r.URL)
	}))
	ts.Defer(s.Close)
	ts.Setenv(strings.ToUpper(args[0]), s.URL+"/services/CANARY-T0/CANARY-B0?token=CANARY")
}

// canary checks that what was printed last, and every file save cordon.yaml and
// that of a key, are free of the word CANARY.
func canary(ts *testscript.TestScript, _ bool, _ []string) {
	texts := map[string]string{"stdout": ts.ReadFile("stdout"), "stderr": ts.ReadFile("stderr")}
	ts.Check(filepath.WalkDir(ts.MkAbs("."), func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() || e.Name() == "key" || strings.HasPrefix(e.Name(), "cordon.yaml") {
			return err
		}
		b, err := os.ReadFile(path)
		texts[path] = string(b)
		return err
	}))
	for name, text := range texts {
		if strings.Contains(text, "CANARY") {
			ts.Fatalf("%s holds a secret: %.2000s", name, text)
		}
	}
}

// beginning sets a variable to the beginning of the first id of a list:
// beginning NAME ARGS…
func beginning(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(ts.Exec("cordon", append(args[1:], "-o", "json")...))
	var rows []struct{ ID string }
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &rows))
	ts.Setenv(args[0], rows[0].ID[:8])
}

// taken sets a variable to an address that somebody listens on: taken NAME
func taken(ts *testscript.TestScript, _ bool, args []string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Defer(func() { _ = l.Close() })
	ts.Setenv(args[0], l.Addr().String())
}

// freeAddress returns an address of this machine that nobody listens on.
func freeAddress(ts *testscript.TestScript) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	defer l.Close()
	return l.Addr().String()
}

// sealed checks that a secret stands nowhere in the store: sealed SECRETFILE
func sealed(ts *testscript.TestScript, _ bool, args []string) {
	secret := ts.ReadFile(args[0])
	files, err := filepath.Glob(ts.MkAbs("cordon.db") + "*")
	ts.Check(err)
	for _, file := range files {
		b, err := os.ReadFile(file)
		ts.Check(err)
		if bytes.Contains(b, []byte(secret)) {
			ts.Fatalf("%s holds the secret in the clear", file)
		}
	}
	if len(files) == 0 {
		ts.Fatalf("there is no store")
	}
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

// hangup sends SIGHUP to the daemon that holds the store.
func hangup(ts *testscript.TestScript, _ bool, _ []string) {
	b, err := os.ReadFile(ts.MkAbs("cordon.db.holder"))
	ts.Check(err)
	var holder store.Holder
	ts.Check(json.Unmarshal(b, &holder))
	daemon, err := os.FindProcess(holder.PID)
	ts.Check(err)
	ts.Check(daemon.Signal(syscall.SIGHUP))
}

// certificate writes a certificate with its key that ends in so many hours:
// certificate FILE HOURS
func certificate(ts *testscript.TestScript, _ bool, args []string) {
	hours, err := strconv.Atoi(args[1])
	ts.Check(err)
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	ts.Check(err)
	end := time.Now().Add(time.Duration(hours) * time.Hour)
	shape := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: end.AddDate(-1, 0, 0), NotAfter: end}
	der, err := x509.CreateCertificate(rand.Reader, shape, shape, key.Public(), key)
	ts.Check(err)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	ts.Check(err)
	text := append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})...)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), text, 0o600))
}

// dead makes it that the engine was killed so many minutes ago: dead MINUTES
func dead(ts *testscript.TestScript, _ bool, args []string) {
	minutes, err := strconv.Atoi(args[0])
	ts.Check(err)
	db, err := sql.Open("sqlite", "file:"+ts.MkAbs("cordon.db"))
	ts.Check(err)
	defer db.Close()
	_, err = db.Exec("UPDATE coverage SET checked_us = checked_us - $1, read_until_us = read_until_us - $1", minutes*60_000_000)
	ts.Check(err)
	gone := exec.Command("true") // its process id is that of nothing any more
	_ = gone.Run()
	host, err := os.Hostname()
	ts.Check(err)
	b, err := json.Marshal(store.Holder{Command: "serve", PID: gone.Process.Pid, Host: host})
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs("cordon.db.holder"), b, 0o600))
}

// mend takes every fault away.
func mend(ts *testscript.TestScript, _ bool, _ []string) {
	req, err := http.NewRequestWithContext(context.Background(), http.MethodDelete, ts.Getenv("CONTROL")+"/faults", nil)
	ts.Check(err)
	resp, err := http.DefaultClient.Do(req)
	ts.Check(err)
	ts.Check(resp.Body.Close())
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
	for range 5000 {
		if b, err := os.ReadFile(ts.MkAbs(args[0])); err == nil && bytes.Contains(b, text) {
			return
		}
		ts.Check(ts.Exec("cordon", "version")) // passes the time by doing something
	}
	ts.Fatalf("%s never held %q", args[0], text)
}

// stores writes cordon.yaml anew with another store: stores FILE URL [ID]
func stores(ts *testscript.TestScript, _ bool, args []string) {
	var config map[string]any
	ts.Check(yaml.Unmarshal([]byte(ts.ReadFile("cordon.yaml")), &config))
	storage := map[string]any{"url": args[1]}
	if len(args) > 2 {
		storage["id"] = args[2]
	}
	config["storage"] = storage
	b, err := yaml.Marshal(config)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), b, 0o600))
}
