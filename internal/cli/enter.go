package cli

import (
	"context"
	"fmt"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/app"
	"github.com/cordonhq/cordon/internal/engine"
	"github.com/cordonhq/cordon/internal/microsoft"
)

// enter returns the tenants that s picks with the clients that enter them,
// and what closes their connections.
func (d *Deps) enter(ctx context.Context, s app.Selection) (*app.Config, []engine.Tenant, func(), error) {
	c, picked, err := d.pick(ctx, s)
	if err != nil {
		return nil, nil, nil, err
	}
	tenants, done, err := c.Enter(ctx, picked, d.house())
	return c, tenants, done, err
}

// ask shows a person how to sign in.
func (d *Deps) ask(_ context.Context, code microsoft.DeviceCode) error {
	_, err := fmt.Fprintf(d.Err, "To sign in to tenant %s, open %s and enter the code %s\n", cordon.Plain(code.Tenant, maxCell), code.VerificationURL, code.UserCode)
	return err
}
