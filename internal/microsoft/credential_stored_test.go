package microsoft

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/cordonhq/cordon"
)

// What was missing at first is used once it is had, and scrubbed from texts
// like any other secret. An empty one is none.
func TestMissingCredential(t *testing.T) {
	t.Parallel()
	f := newFake(t, func(w http.ResponseWriter, _ *http.Request) {
		reply(w, 400, `{"error":{"code":"x","message":"I got `+canary+`"}}`)
	})
	answers := []Credential{{}, NewSecretCredential(""), NewSecretCredential(canary)}
	why, asked := errors.New("the key service is down"), 0
	c, err := f.cloud(t, Options{}).Client(cordon.Tenant{ID: tenantID, ClientID: clientID}, NewMissingCredential(func(context.Context) (Credential, error) {
		asked++
		if asked == 1 {
			return Credential{}, why
		}
		return answers[asked-2], nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{why.Error(), "is empty", "is empty", "I got [secret]", "I got [secret]"} {
		_, err := c.Users.Get(t.Context(), userID)
		if err == nil || !strings.Contains(err.Error(), want) || errors.Is(err, cordon.ErrCredential) != (i < 3) {
			t.Errorf("call %d: got %v, want %s", i, err, want)
		}
		f.advance(stopPause)
	}
	if asked != 4 || c.Credential().Kind != KindSecret {
		t.Errorf("asked %d times, a %s in the end", asked, c.Credential().Kind)
	}
}
