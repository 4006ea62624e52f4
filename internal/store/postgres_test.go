//go:build unix

package store_test

import (
	"context"
	"database/sql"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"github.com/cordonhq/cordon/internal/store"
	_ "github.com/jackc/pgx/v5/stdlib" // the database/sql driver "pgx"
)

// openPostgres starts a server of its own on a socket in a temporary folder.
func openPostgres(t *testing.T) *store.Store {
	t.Helper()
	bin := postgresBin(t)
	dir, err := os.MkdirTemp("", "cordon-pg-") //nolint:usetesting // short: the name of a socket has a limit
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	who := unprivileged(t, dir)
	data := filepath.Join(dir, "data")
	run(t, who, filepath.Join(bin, "initdb"), "-D", data, "-U", "cordon", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C")
	run(t, who, filepath.Join(bin, "pg_ctl"), "-D", data, "-w", "-l", filepath.Join(dir, "log"),
		"-o", "-c listen_addresses='' -c fsync=off -k "+dir, "start")
	t.Cleanup(func() { stop(who, filepath.Join(bin, "pg_ctl"), "-D", data, "-m", "immediate", "stop") })
	db, err := sql.Open("pgx", "host="+dir+" user=cordon dbname=postgres")
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Schema(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	s := store.NewOver(db)
	t.Cleanup(func() { _ = db.Close() })
	return s
}

// postgresBin finds the server's programs, which Debian keeps off the path.
func postgresBin(t *testing.T) string {
	t.Helper()
	if path, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(path)
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(found) == 0 {
		t.Skip("PostgreSQL is not installed: make test installs it where it can")
	}
	return filepath.Dir(found[len(found)-1])
}

// unprivileged returns whom the server runs as: it refuses to be root.
func unprivileged(t *testing.T, dir string) *syscall.SysProcAttr {
	t.Helper()
	if os.Geteuid() != 0 {
		return nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		t.Skip("root, and no user postgres to run the server as")
	}
	uid, _ := strconv.Atoi(u.Uid)
	gid, _ := strconv.Atoi(u.Gid)
	if err := os.Chown(dir, uid, gid); err != nil {
		t.Fatal(err)
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
}

func run(t *testing.T, who *syscall.SysProcAttr, name string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.SysProcAttr, cmd.Dir = who, "/"
	log, err := os.CreateTemp(t.TempDir(), "out") // the server keeps a pipe open
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Run(); err != nil {
		out, _ := os.ReadFile(log.Name())
		t.Fatalf("%s: %v\n%s", filepath.Base(name), err, out)
	}
}

// stop ends the server; the test's own context has ended by then.
func stop(who *syscall.SysProcAttr, name string, args ...string) {
	cmd := exec.CommandContext(context.Background(), name, args...)
	cmd.SysProcAttr, cmd.Dir = who, "/"
	_ = cmd.Run()
}
