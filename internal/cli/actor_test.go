package cli

import "testing"

func TestActor(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		account, claimed string
		uid              int
		want             string
	}{
		{"ada", "", 1234, "ada@host"},
		{"ada", "eve", 1234, "ada@host"},
		{"", "", 1234, "uid:1234@host"},
		{"", "eve", 1234, "uid:1234(eve)@host"},
		{"", "", 0, "uid:0@host"},
		{"", "ada", -1, "ada@host"},
		{"", "", -1, "unknown@host"},
	} {
		if got := actor(tt.account, tt.claimed, tt.uid, "host"); got != tt.want {
			t.Errorf("%+v: got %s", tt, got)
		}
	}
}
