package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/app"
	"github.com/cordonhq/cordon/internal/engine"
	"github.com/cordonhq/cordon/internal/notify"
	"github.com/cordonhq/cordon/internal/store"
	"github.com/spf13/cobra"
)

// house is how commands build the house: warnings go to standard error.
func (d *Deps) house() app.Options {
	return app.Options{Now: d.Now, At: d.At, Ask: d.ask, Log: d.log(slog.LevelWarn)}
}

func (d *Deps) log(level slog.Level) *slog.Logger {
	return slog.New(slog.NewTextHandler(d.Err, &slog.HandlerOptions{Level: level}))
}

// teller is house with the terminal among the channels, unless the
// configuration says otherwise. What it tells goes to standard error: the
// output stays for machines.
func (d *Deps) teller(c *app.Config) app.Options {
	o := d.house()
	if c.Notify.Terminal == nil || *c.Notify.Terminal {
		o.Channels = append(o.Channels, notify.NewTerminal(d.Err))
	}
	return o
}

func newServeCmd(d *Deps) *cobra.Command {
	return &cobra.Command{
		Use:   "serve",
		Short: "Watch every tenant and act on what is found, until stopped",
		Long: `Read every source in its rhythm, join what is found into incidents, run the
playbooks that are on, and tell. Where listen is set, administrators who follow
a consent link come back to it. One engine works on a store: a second one is
refused. It can be killed at any instant; what was under way goes on at the
next start.`,
		Example: "  cordon serve --config /etc/cordon/cordon.yaml",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := d.readConfig(cmd.Context())
			if err != nil {
				return err
			}
			if _, err := c.Select(app.Selection{}); err != nil && !c.Onboards() {
				return err
			}
			o := d.teller(c)
			o.Log = d.log(slog.LevelInfo) // also the heads of the audit, for a log that is kept elsewhere
			h, err := d.openHouse(cmd.Context(), c, "serve", o)
			if err != nil {
				return unlessStopped(cmd.Context(), err)
			}
			defer app.Tune()()
			ready := func() {
				what := "watches " + many(len(c.Tenants), "tenant")
				if len(c.Tenants) == 0 {
					what = "has no tenant to watch yet, and waits for administrators who consent"
				}
				fmt.Fprintf(d.Err, "cordon %s %s; stop it with Ctrl-C\n", d.Version, what)
			}
			defer d.survive()()
			return errors.Join(h.Serve(cmd.Context(), ready), h.Close())
		},
	}
}

// survive keeps SIGHUP, by which many daemons read their configuration again,
// from ending this one, and says what to do instead. The function it returns
// ends that.
func (d *Deps) survive() (end func()) {
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	go func() {
		for range hangups {
			fmt.Fprintln(d.Err, "cordon: SIGHUP changes nothing: the configuration is read at the start; restart cordon serve to take up what changed")
		}
	}()
	return func() {
		signal.Stop(hangups)
		close(hangups)
	}
}

// unlessStopped drops the error of a command that was told to stop before it
// had begun.
func unlessStopped(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil //nolint:nilerr // stopping is no mistake
	}
	return err
}

func newSyncCmd(d *Deps) *cobra.Command {
	var sel *app.Selection
	var all bool
	cmd := &cobra.Command{
		Use:   "sync [TENANT]",
		Short: "Read everything once, carry what follows to its end, and exit",
		Long: `Read every source of every tenant once, join, decide, act, prove and tell, and
exit when nothing is due any more: for cron and for tests. What is slow is waited for
as long as anything moves; what is then unfinished is said, with exit 5, and the
next sync or serve goes on with it. With TENANT, --tenant
or --tag only those are read; what is under way goes on in every tenant. The
readings that prove an action 2 and 15 minutes later are made by the next sync
or serve. Prints the coverage: of more than 10 tenants, in a table, only what is
not complete. Exit 5 when a source could not be read.`,
		Example: `  cordon sync && cordon incident list
  cordon sync contoso
  cordon sync --tag ring=canary`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return d.sync(cmd.Context(), also(*sel, args), all) },
	}
	sel = d.tenantFlags(cmd)
	cmd.Flags().BoolVar(&all, "all", false, "print every source, also of many tenants")
	return cmd
}

func (d *Deps) sync(ctx context.Context, s app.Selection, all bool) error {
	c, picked, err := d.pick(ctx, s)
	if err != nil {
		return err // before a store is opened: what waits in it is of other tenants
	}
	o := d.teller(c)
	o.Only = picked
	h, err := d.openHouse(ctx, c, "sync", o)
	if err != nil {
		return err
	}
	bar := newBar(d, 0, "reading sources")
	err = h.Engine.Once(ctx, bar.reach)
	bar.end()
	late, stuck := errors.AsType[*engine.UnfinishedError](err)
	if stuck {
		err = nil
	}
	if err = errors.Join(err, h.Close()); err != nil {
		return err
	}
	return d.showSynced(ctx, s, all, late)
}

// showSynced prints what has been read of the tenants that s picks, and says so
// when it is not complete. late says why what follows was not carried to its
// end; nil when it was. all asks for every source.
func (d *Deps) showSynced(ctx context.Context, s app.Selection, all bool, late *engine.UnfinishedError) error {
	unread, names := "", 0
	unfinished := ""
	err := d.read(ctx, s, nil, func(tx *store.Tx, about subject) error {
		found, err := d.coverage(ctx, tx, about)
		if err != nil {
			return err
		}
		found = about.configured(found)
		rows := d.syncedRows(found, about, all)
		unread = unreadText(found, d.Now())
		if names, err = tx.PendingResolutions(ctx, about.tenants, d.Now()); err != nil {
			return err
		}
		runs, err := tx.Runs(ctx, store.RunFilter{Tenants: about.watched(), States: []cordon.RunState{cordon.RunRunning}})
		unfinished = about.unfinishedText(runs)
		return errors.Join(err, print(d, rows, coverageColumns()))
	})
	if names > 0 {
		fmt.Fprintf(d.Err, "cordon: %s not resolved yet: cordon incident list shows whose; the next sync or serve looks them up in the directory\n", many(names, "name"))
	}
	switch {
	case err != nil:
		return err
	case unfinished != "":
		return &findings{code: exitPartial, text: unfinished}
	case late != nil:
		return &findings{code: exitPartial, text: late.Error()}
	case unread != "":
		return &findings{code: exitPartial, text: unread}
	}
	return nil
}

// manyTenants is from how many on a table of what was synchronised leaves out
// what is complete.
const manyTenants = 10

// syncedRows returns the coverage that sync prints: of many tenants, in a
// table, only what is not complete, with a sentence about the rest.
func (d *Deps) syncedRows(found []cordon.Coverage, about subject, all bool) []coverageRow {
	tenants := map[string]bool{}
	for _, cov := range found {
		tenants[cov.TenantID] = true
	}
	brief := !all && d.format == "table" && len(tenants) > manyTenants
	rows := make([]coverageRow, 0, len(found))
	for _, cov := range found {
		if !brief || cov.State != cordon.CoverageWhole {
			rows = append(rows, coverageRowOf(cov, about))
		}
	}
	if brief {
		fmt.Fprintf(d.Err, "cordon: %d of %s in %s are complete; --all lists them too\n", len(found)-len(rows), many(len(found), "source"), many(len(tenants), "tenant"))
	}
	return rows
}

// unfinishedText says which runs go on later, and how; "" when there is none.
func (s subject) unfinishedText(runs []cordon.Run) string {
	if len(runs) == 0 {
		return ""
	}
	var named []string
	for _, r := range runs[:min(len(runs), maxGaps)] {
		what := r.ID
		if i := slices.IndexFunc(r.Steps, func(step cordon.Step) bool { return !step.Settled() }); i >= 0 {
			what += ": " + string(r.Steps[i].Action) + " " + s.label(r.TenantID, r.Steps[i].Target)
		}
		named = append(named, what)
	}
	if more := len(runs) - len(named); more > 0 {
		named = append(named, fmt.Sprintf("and %d more", more))
	}
	return fmt.Sprintf("%s unfinished (%s): the next sync or serve goes on", many(len(runs), "run"), strings.Join(named, ", "))
}
