package cli

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/cordonhq/cordon/internal/sim"
	"github.com/spf13/cobra"
)

func newSimCmd(d *Deps) *cobra.Command {
	var o sim.Options
	cmd := &cobra.Command{
		Use:   "sim",
		Short: "Run a Microsoft cloud in memory, for demos and tests",
		Long: `Run a Microsoft cloud in memory, on loopback only, until stopped: sign-in, Graph
and Defender for Endpoint, with their errors, paging and limits. The first and
only line on standard output is a JSON object that says where everything is.
docs/reference/simulator.md tells how to steer it.

Scenarios: ` + strings.Join(sim.Scenarios(), ", ") + `, or the path of a YAML file.`,
		Example: `  cordon sim --scenario token-theft
  cordon sim --listen 127.0.0.1:9900 --tenants 500 --seed 7`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.Tenants < 1 {
				return usagef("--tenants must be 1 or more")
			}
			return d.sim(cmd.Context(), o)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.Listen, "listen", "127.0.0.1:0", "where the control API listens; loopback only")
	flags.IntVar(&o.Tenants, "tenants", 1, "how many tenants there are; the scenario plays in the first")
	flags.Int64Var(&o.Seed, "seed", 1, "the same seed gives the same cloud")
	flags.StringVar(&o.Scenario, "scenario", "empty", "what is there and what happens")
	flags.StringVar(&o.StateDir, "state-dir", "", "where ca.pem is written; default: a folder that goes when it stops")
	flags.BoolVar(&o.Live, "live", false, "let the scenario happen as time passes; without it, it has just happened")
	return cmd
}

func (d *Deps) sim(ctx context.Context, o sim.Options) error {
	o.Now = d.Now
	cloud, err := sim.Start(ctx, o)
	if err != nil {
		return err
	}
	if err := json.NewEncoder(d.Out).Encode(cloud.Info()); err != nil {
		return errors.Join(err, cloud.Close())
	}
	return errors.Join(cloud.Wait(), cloud.Close())
}
