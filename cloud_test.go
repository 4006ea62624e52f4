package cordon_test

import (
	"strings"
	"testing"

	"github.com/cordonhq/cordon"
)

func TestParseCloud(t *testing.T) {
	t.Parallel()
	for _, want := range cordon.Clouds() {
		if got, err := cordon.ParseCloud(string(want)); got != want || err != nil {
			t.Errorf("%q: got %q, %v", want, got, err)
		}
	}
	if got, err := cordon.ParseCloud(""); got != cordon.CloudGlobal || err != nil {
		t.Errorf("empty: got %q, %v", got, err)
	}
	for _, bad := range []string{"GCC", "us_gov", "mars\n"} {
		if got, err := cordon.ParseCloud(bad); err == nil || got != "" || !strings.Contains(err.Error(), "us_gov_l5") {
			t.Errorf("%q: got %q, %v", bad, got, err)
		}
	}
}
