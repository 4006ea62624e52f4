package cli

import (
	"cmp"
	"fmt"
	"os"
	"os/user"
	"strconv"
	"strings"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/app"
	"github.com/cordonhq/cordon/internal/engine"
	"github.com/spf13/cobra"
)

func newContainCmd(d *Deps) *cobra.Command {
	var sel *app.Selection
	var why string
	cmd := &cobra.Command{
		Use:   "contain USER",
		Short: "Revoke a user's sessions and block sign-in, through guard and audit",
		Long: `Contain a user: end every session, then block sign-in; for a user whom Active
Directory keeps, also there. USER is an object id, UPN, mail address, SID or
DOMAIN\user; a name that may be several users is refused, and they are listed. cordon account reaches Okta too.
Guard judges each step, the audit holds it before and after, and reading the
state back proves it. Exit 4 when guard refuses or holds.

Access tokens that were issued already live on for up to an hour where the
resource does not evaluate access continuously.`,
		Example: `  cordon contain ada@contoso.com --reason "token stolen, ticket 4711"
  cordon contain 588d7c15-8565-448e-bc2d-57f2b7c4c58a --tenant contoso --reason "called by the user"`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if strings.TrimSpace(why) == "" {
				return usagef("--reason is needed: it stands in the audit")
			}
			c, tenants, done, err := d.enter(cmd.Context(), *sel)
			if err != nil {
				return err
			}
			defer done()
			t, who, err := app.Locate(cmd.Context(), c, tenants, args[0])
			if err != nil {
				return err
			}
			steps := []cordon.PlannedStep{{Action: cordon.ActionRevokeSessions, Target: who}, {Action: cordon.ActionDisableUser, Target: who}}
			synced, err := app.Synced(cmd.Context(), t, who)
			if err != nil {
				return err
			}
			if synced {
				steps = append(steps, cordon.PlannedStep{Action: cordon.ActionDisableOnPremises, Target: who})
			}
			return d.grant(cmd, c, engine.Wish{TenantID: t.ID, Why: why, Steps: steps})
		},
	}
	sel = d.tenantFlags(cmd)
	cmd.ValidArgsFunction = cobra.NoFileCompletions
	cmd.Flags().StringVar(&why, "reason", "", "why; it stands in the audit (required)")
	return cmd
}

func newUndoCmd(d *Deps) *cobra.Command {
	var why string
	cmd := &cobra.Command{
		Use:   "undo RUN|USER",
		Short: "Take back what a run changed, through guard and audit",
		Long: `Take back what a run changed, last step first: a disabled user is enabled again,
a setting is put back. Ended sessions stay ended: the user signs in again.
For 24 hours no playbook acts on the same target.`,
		Example: `  cordon undo 0c6f…-… --reason "false positive, ticket 4711"
  cordon undo ada@contoso.com --reason "false positive"      the user's newest run`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if strings.TrimSpace(why) == "" {
				return usagef("--reason is needed: it stands in the audit")
			}
			c, err := d.readConfig(cmd.Context())
			if err != nil {
				return err
			}
			return d.undo(cmd, c, args[0], why)
		},
	}
	cmd.Flags().StringVar(&why, "reason", "", "why; it stands in the audit (required)")
	return cmd
}

func (d *Deps) undo(cmd *cobra.Command, c *app.Config, name, why string) (err error) {
	h, err := d.openHouse(cmd.Context(), c, "undo", d.house())
	if err != nil {
		return err
	}
	defer func() {
		if closed := h.Close(); err == nil {
			err = closed
		}
	}()
	id, err := runToUndo(cmd.Context(), h, name)
	if err != nil {
		return err
	}
	wish, err := h.Engine.Undo(cmd.Context(), id, person(), why)
	if err != nil {
		return err
	}
	run, err := h.Engine.Grant(cmd.Context(), wish)
	if err != nil {
		return err
	}
	return d.showGranted(c, run)
}

// person names who sits at the command line, for the audit.
func person() string {
	uid, name := os.Getuid(), ""
	u, err := user.LookupId(strconv.Itoa(uid)) // user.Current believes the environment
	if uid < 0 {
		u, err = user.Current()
	}
	if err == nil {
		name = u.Username
	}
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return actor(name, os.Getenv("USER"), uid, host)
}

// actor is a person as the audit names one. An account without a name, as
// containers have, is named by its number; what the environment says is then
// told as what it is.
func actor(account, claimed string, uid int, host string) string {
	switch {
	case account == "" && uid < 0: // no such numbers, as on Windows
		account = cmp.Or(claimed, "unknown")
	case account == "":
		account = fmt.Sprintf("uid:%d", uid)
		if claimed != "" {
			account += "(" + claimed + ")"
		}
	}
	return cordon.Plain(account+"@"+host, maxCell)
}
