package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/app"
	"github.com/cordonhq/cordon/internal/sim"
	"github.com/goccy/go-yaml"
	"github.com/spf13/cobra"
)

// demoScenario is what the demo plays: a stolen token, in a crowd of noise.
const demoScenario = "token-theft"

func newDemoCmd(d *Deps) *cobra.Command {
	var longest time.Duration
	var dir string
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Watch Cordon contain a simulated attack",
		Long: `Start a Microsoft cloud in memory and the true daemon, in mode enforce, against
it. A token is stolen there; the terminal tells what Cordon sees, joins,
decides, does and proves. It ends with a table, and with 0 only if the outcome
is what the scenario expects.`,
		Example: `  cordon demo
  cordon demo --data-dir ./demo && cordon --config ./demo/cordon.yaml audit list`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if longest <= 0 {
				return usagef("--for must be longer than nothing")
			}
			return d.demo(cmd.Context(), longest, dir)
		},
	}
	cmd.Flags().DurationVar(&longest, "for", 3*time.Minute, "give up after this long")
	cmd.Flags().StringVar(&dir, "data-dir", "", "keep configuration and database here, or in a folder in it when it has been used; default: a folder that goes afterwards")
	return cmd
}

func (d *Deps) demo(ctx context.Context, longest time.Duration, dir string) (err error) {
	if dir == "" {
		if dir, err = os.MkdirTemp("", "cordon-demo-"); err != nil {
			return err
		}
		defer func() { _ = os.RemoveAll(dir) }() // a temporary folder that stays is no error
	}
	if dir, err = d.freshFolder(dir); err != nil {
		return err
	}
	cloud, err := sim.Start(ctx, sim.Options{Scenario: demoScenario, StateDir: dir, Live: true})
	if err != nil {
		return err
	}
	defer cloud.Close()
	c, err := demoConfig(dir, cloud.Info())
	if err != nil {
		return err
	}
	story := newStory(d)
	story.begin(cloud.Info().Tenants[0].Name, dir)
	return d.play(ctx, cloud, c, story, longest)
}

// freshFolder makes the folder of a demo. In one that has been used this demo
// gets a folder of its own: what an earlier one contained would not be
// contained again, and a configuration that is there stays as it is.
func (d *Deps) freshFolder(dir string) (string, error) {
	fresh := dir
	for n := 2; used(fresh); n++ {
		fresh = filepath.Join(dir, fmt.Sprintf("demo-%d", n))
	}
	if fresh != dir {
		fmt.Fprintf(d.Err, "cordon: %s has been used already: this demo is kept in %s\n", dir, fresh)
	}
	return fresh, os.MkdirAll(fresh, 0o700)
}

// used reports whether a folder holds a configuration or a database.
func used(dir string) bool {
	for _, name := range []string{"cordon.yaml", "cordon.db"} {
		if _, err := os.Lstat(filepath.Join(dir, name)); err == nil {
			return true
		}
	}
	return false
}

// play runs the daemon until the outcome is what the scenario expects, or the
// time is over.
func (d *Deps) play(ctx context.Context, cloud *sim.Cloud, c *app.Config, story *story, longest time.Duration) error {
	o := d.house()
	o.Channels = append(o.Channels, story)
	h, err := app.Open(ctx, c, "demo", o)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	runCtx, stop := context.WithCancel(ctx)
	defer stop()
	ran := make(chan error, 1)
	go func() {
		ran <- h.Engine.Run(runCtx)
		close(ran) // whoever asks again gets no error
	}()
	end, err := awaitOutcome(ctx, cloud, h, ran)
	stop()
	if err == nil {
		err = <-ran
	}
	if err != nil {
		return errors.Join(err, h.Close())
	}
	err = h.Engine.Tell(context.WithoutCancel(ctx)) // what was not told yet belongs before the table
	err = errors.Join(err, story.end(context.WithoutCancel(ctx), h, end), h.Close())
	if err == nil && len(end.problems) > 0 {
		return &findings{code: exitError, text: "the outcome is not what the scenario expects"}
	}
	return err
}

// An ending is how the demo went, as the cloud and our own runs tell it.
type ending struct {
	cloud    sim.Outcome
	runs     []cordon.Run
	problems []string
}

// awaitOutcome looks at the cloud until all is as the scenario expects, the
// time is over, or the daemon stops.
func awaitOutcome(ctx context.Context, cloud *sim.Cloud, h *app.House, ran <-chan error) (ending, error) {
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	for {
		end, err := look(context.WithoutCancel(ctx), cloud, h)
		if err != nil || len(end.problems) == 0 {
			return end, err
		}
		select {
		case <-ctx.Done():
			return end, nil
		case err := <-ran:
			if ctx.Err() != nil {
				return end, err // it stopped because the time is over
			}
			return end, errors.Join(errors.New("the daemon stopped"), err)
		case <-tick.C:
		}
	}
}

// demoConfig writes the configuration that a user would write, and reads it.
func demoConfig(dir string, info sim.Info) (*app.Config, error) {
	t := info.Tenants[0]
	secret := filepath.Join(dir, "secret")
	if err := os.WriteFile(secret, []byte(t.ClientSecret+"\n"), 0o600); err != nil {
		return nil, err
	}
	file := filepath.Join(dir, "cordon.yaml")
	b, err := yaml.Marshal(map[string]any{
		"storage":   map[string]any{"url": "sqlite://cordon.db"},
		"endpoints": map[string]any{"login": info.LoginURL, "graph": info.GraphURL, "defender": info.DefenderURL, "ca_file": info.CAFile},
		"tenants": []any{map[string]any{
			"id": t.ID, "name": t.Name, "mode": "enforce",
			"credential": map[string]any{"client_id": t.ClientID, "secret": "file:secret"},
		}},
		"playbooks": map[string]any{"on": []string{"contain-token-theft"}},
		"poll":      map[string]any{"threats": "2s", "posture": "30s"},
		"notify":    map[string]any{"file": "notices.jsonl"},
	})
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(file, b, 0o600); err != nil {
		return nil, fmt.Errorf("demo: %w", err)
	}
	return app.ReadConfig(file)
}
