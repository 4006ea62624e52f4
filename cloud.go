package cordon

import (
	"fmt"
	"slices"
	"strings"
)

// A Cloud is one of Microsoft's clouds. A tenant lives in one of them, and so
// does the registration of an app.
type Cloud string

// The clouds.
const (
	CloudGlobal  Cloud = "global"    // the default
	CloudGCC     Cloud = "gcc"       // US government, moderate: global hosts, its own Defender
	CloudUSGovL4 Cloud = "us_gov_l4" // US government, GCC High
	CloudUSGovL5 Cloud = "us_gov_l5" // US government, Department of Defense
	CloudChina   Cloud = "china"     // operated by 21Vianet
)

// Clouds lists every cloud, the most common first.
func Clouds() []Cloud {
	return []Cloud{CloudGlobal, CloudGCC, CloudUSGovL4, CloudUSGovL5, CloudChina}
}

// ParseCloud reads a cloud; empty is CloudGlobal.
func ParseCloud(s string) (Cloud, error) {
	if s == "" {
		return CloudGlobal, nil
	}
	if c := Cloud(s); slices.Contains(Clouds(), c) {
		return c, nil
	}
	names := make([]string, 0, len(Clouds()))
	for _, c := range Clouds() {
		names = append(names, string(c))
	}
	return "", fmt.Errorf("cloud %q is none of %s", s, strings.Join(names, ", "))
}
