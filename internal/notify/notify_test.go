package notify

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/cordonhq/cordon"
)

var at = time.Date(2026, 2, 3, 10, 0, 0, 0, time.UTC)

const hostile = "a\nb\r\x1b[31mred\u202egpj\u2028<script>\"}\x00\u009b31m=cmd|x"

func notice(id, title string) cordon.Notice {
	return cordon.Notice{
		ID: id, TenantID: "5611623b-9128-461e-9d7f-a0d9c270ead2", Tenant: "contoso", Kind: cordon.NoticeContained, Severity: cordon.SeverityHigh, Title: title,
		IncidentID: "i1", RunID: "r1", Action: cordon.ActionDisableUser, Target: "588d7c15-8565-448e-bc2d-57f2b7c4c58a", Reason: "proof confirmed", At: at,
	}
}

func TestFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "notices.jsonl")
	f := NewFile(path)
	if f.Name() != "file:"+path {
		t.Errorf("got %s", f.Name())
	}
	sent := []cordon.Notice{notice("1", "first"), notice("2", hostile), {}}
	for i, n := range sent {
		if i == 2 { // an earlier process wrote the file
			f = NewFile(path)
		}
		if err := f.Send(t.Context(), n); err != nil {
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(b), "\n"), "\n")
	if len(lines) != len(sent) || !strings.HasSuffix(string(b), "\n") || strings.ContainsAny(string(b), "\r\x1b\x00\u2028") {
		t.Fatalf("got %q", b)
	}
	for i, line := range lines {
		var got cordon.Notice
		if err := json.Unmarshal([]byte(line), &got); err != nil || !reflect.DeepEqual(got, sent[i]) {
			t.Errorf("line %d: got %+v, %v", i+1, got, err)
		}
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("got %v, %v: it tells who is compromised", info.Mode(), err)
	}
	if err := os.Rename(path, path+".1"); err != nil { // rotated
		t.Fatal(err)
	}
	if err := f.Send(t.Context(), notice("4", "after")); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(path); err != nil || bytes.Count(b, []byte("\n")) != 1 {
		t.Errorf("after rotation: %q, %v", b, err)
	}
}

func TestFileErrors(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, path := range map[string]string{"a folder": dir, "no folder": filepath.Join(dir, "no", "n.jsonl"), "disk full": "/dev/full"} {
		if _, err := os.Stat(path); name == "disk full" && err != nil {
			continue // only Linux has it
		}
		err := NewFile(path).Send(t.Context(), notice("1", "t"))
		if pe := new(os.PathError); !errors.As(err, &pe) || !strings.HasPrefix(err.Error(), "notify: ") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestTerminal(t *testing.T) {
	t.Parallel()
	bad := notice("3", hostile)
	bad.Tenant, bad.Reason = hostile, hostile
	short := notice("2", "an incident was opened")
	short.Kind, short.Reason = cordon.NoticeIncident, ""
	short.At = at.In(time.FixedZone("", 3600))
	endless := notice("4", strings.Repeat("x", 1000))
	endless.Tenant, endless.Reason = strings.Repeat("y", 1000), strings.Repeat("z", 1000)
	var out bytes.Buffer
	term := NewTerminal(&out)
	for _, n := range []cordon.Notice{notice("1", "disable_user ada@contoso.com"), short, bad, endless} {
		if err := term.Send(t.Context(), n); err != nil {
			t.Fatal(err)
		}
	}
	const harmless = "a b  [31mredgpj <script>\"}  31m=cmd|x"
	want := "10:00:00  contained  contoso  disable_user ada@contoso.com (proof confirmed)\n" +
		"10:00:00  incident   contoso  an incident was opened\n" +
		"10:00:00  contained  " + harmless + "  " + harmless + " (" + harmless + ")\n" +
		"10:00:00  contained  " + strings.Repeat("y", 40) + "…  " + strings.Repeat("x", 400) + "… (" + strings.Repeat("z", 100) + "…)\n"
	if out.String() != want {
		t.Errorf("got  %q\nwant %q", out.String(), want)
	}
	if term.Name() != "terminal" {
		t.Errorf("got %s", term.Name())
	}
	if err := NewTerminal(broken{}).Send(t.Context(), short); err == nil {
		t.Error("a terminal that is gone is no error")
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, os.ErrClosed }

func TestRetry(t *testing.T) {
	t.Parallel()
	for attempts, want := range map[int]time.Duration{
		-1: time.Second, 0: time.Second, 1: 2 * time.Second, 2: 4 * time.Second, 10: 1024 * time.Second, 13: 8192 * time.Second, 14: 3 * time.Hour, 28: 3 * time.Hour,
	} {
		if got := Retry(attempts, at); !got.Equal(at.Add(want)) {
			t.Errorf("after %d attempts: in %v, want %v", attempts, got.Sub(at), want)
		}
	}
	for _, attempts := range []int{29, 30, 1 << 40} {
		if got := Retry(attempts, at); !got.IsZero() {
			t.Errorf("after %d attempts: %v", attempts, got)
		}
	}
	due, waited := at, time.Duration(0)
	for n := 1; !due.IsZero(); n++ {
		next := Retry(n, due)
		if !next.IsZero() && next.Sub(due) < min(waited, 3*time.Hour) {
			t.Errorf("attempt %d comes after %v, the one before after %v", n, next.Sub(due), waited)
		}
		if next.IsZero() {
			if all := due.Sub(at); all < 48*time.Hour || all > 54*time.Hour {
				t.Errorf("given up after %v, want a little over two days", all)
			}
		}
		waited, due = next.Sub(due), next
	}
}
