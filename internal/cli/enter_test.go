package cli

import (
	"bytes"
	"testing"

	"github.com/cordonhq/cordon/internal/microsoft"
)

func TestAsk(t *testing.T) {
	t.Parallel()
	var said bytes.Buffer
	err := (&Deps{Err: &said}).ask(t.Context(), microsoft.DeviceCode{Tenant: "contoso", UserCode: "ABC", VerificationURL: "https://x/device"})
	if want := "To sign in to tenant contoso, open https://x/device and enter the code ABC\n"; err != nil || said.String() != want {
		t.Errorf("got %q, %v", said.String(), err)
	}
}
