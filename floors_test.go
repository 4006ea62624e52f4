package cordon_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"testing"
)

const module = "github.com/cordonhq/cordon"

// floors says on which floor each package lives. A package imports lower
// floors only, never its own. A package that is missing here has no place.
var floors = map[string]int{
	"": 0,

	"/internal/seal": 1, "/internal/microsoft": 1, "/internal/store": 1, "/internal/expr": 1, "/internal/audit": 1,
	"/internal/capolicy": 1, "/internal/yamlscan": 1,

	"/internal/collect": 2, "/internal/correlate": 2, "/internal/playbook": 2,
	"/internal/guard": 2, "/internal/action": 2, "/internal/notify": 2,

	"/internal/engine": 3,
	"/internal/web":    4,
	"/internal/app":    5,
	"/internal/cli":    6,
	"/cmd/cordon":      7,
}

// ownPlot is the simulator: it imports nothing of ours, and only the command
// line imports it.
const ownPlot = "/internal/sim"

// TestFloors reads the imports of every package as the compiler sees them.
func TestFloors(t *testing.T) {
	t.Parallel()
	for _, p := range goList(t) {
		for _, wrong := range misplaced(p.ImportPath, p.Imports) {
			t.Error(wrong)
		}
	}
}

// TestFloorsFail proves that the check can fail: upward, sideways, homeless.
func TestFloorsFail(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, from, to string }{
		{"upward", "/internal/store", "/internal/engine"},
		{"sideways", "/internal/guard", "/internal/playbook"},
		{"the ground climbs", "", "/internal/audit"},
		{"the simulator leaves its plot", ownPlot, ""},
		{"the flow leans on the simulator", "/internal/engine", ownPlot},
		{"homeless", "/internal/util", ""},
	}
	for _, tt := range tests {
		if len(misplaced(module+tt.from, []string{module + tt.to})) == 0 {
			t.Errorf("%s: %q importing %q was not found wrong", tt.name, tt.from, tt.to)
		}
	}
}

type goPackage struct {
	ImportPath string
	Imports    []string
}

// misplaced says what is wrong with a package's place and imports.
func misplaced(path string, imports []string) (wrong []string) {
	from := strings.TrimPrefix(path, module)
	floor, known := floors[from]
	if !known && from != ownPlot {
		return []string{fmt.Sprintf("%s has no floor: give it one in floors_test.go", path)}
	}
	for _, i := range imports {
		to, ours := strings.CutPrefix(i, module)
		if !ours {
			continue
		}
		below := floors[to] < floor && from != ownPlot
		if to == ownPlot {
			below = from == "/internal/cli"
		}
		if !below {
			wrong = append(wrong, fmt.Sprintf("%s must not import %s: only lower floors", path, i))
		}
	}
	return wrong
}

func goList(t *testing.T) []goPackage {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports", "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var packages []goPackage
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
}
