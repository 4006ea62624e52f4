package cli

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/app"
	"github.com/cordonhq/cordon/internal/engine"
	"github.com/spf13/cobra"
)

// accountOptions are what cordon account is asked for.
type accountOptions struct {
	word, user  string
	sel         *app.Selection
	why         string
	provider    string
	compromised string // since when, as written
}

func newAccountCmd(d *Deps) *cobra.Command {
	o := &accountOptions{}
	cmd := &cobra.Command{
		Use:   "account WORD USER",
		Short: "Do one thing to all accounts of a user: Entra, Active Directory, Okta",
		Long: `Do one thing to all accounts of a user, by object id, UPN, mail address, SID or
DOMAIN\user, through guard and audit. WORD is one of:

  disable                nobody signs in with the account
  enable                 the account is given back
  revokeAllSessions      every session ends; the user signs in again
  forcePasswordReset     the password is void; the user gets in by self-service reset
  markUserAsCompromised  Entra ID Protection is told, and policies on risk apply

Accounts in Active Directory and at Okta are reached through Defender for
Identity. A user without one is no failure: that step is skipped. Where all are
skipped nothing was done, and that is an error. Microsoft only begins what goes
through Defender for Identity; what no reading can prove stays pending, then
unknown. --compromised-at is kept here: Microsoft takes no such time. Exit 4 when
guard refuses or holds.`,
		Example: `  cordon account disable ada@contoso.com --reason "token stolen, ticket 4711"
  cordon account forcePasswordReset ada@contoso.com --provider active_directory --reason "phished"
  cordon account markUserAsCompromised ada@contoso.com --compromised-at 2026-02-28T12:00:00Z --reason "ticket 4711"
  cordon account enable ada@contoso.com --reason "cleared, ticket 4711"`,
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.word, o.user = args[0], args[1]
			return d.account(cmd, o)
		},
	}
	o.sel = d.tenantFlags(cmd)
	cmd.ValidArgsFunction = completeWord
	flags := cmd.Flags()
	flags.StringVar(&o.why, "reason", "", "why; it stands in the audit (required)")
	flags.StringVar(&o.provider, "provider", "", "only the accounts of entra, active_directory or okta")
	flags.StringVar(&o.compromised, "compromised-at", "", "since when, as 2026-02-28T12:00:00Z (markUserAsCompromised only; default now)")
	return cmd
}

// account checks what was asked for, finds the user and carries the wish.
func (d *Deps) account(cmd *cobra.Command, o *accountOptions) error {
	actions, err := o.actions()
	if err != nil {
		return err
	}
	since, err := o.compromisedAt(d.Now())
	if err != nil {
		return err
	}
	c, t, who, err := d.find(cmd.Context(), o)
	if err != nil {
		return err
	}
	wish := engine.Wish{TenantID: t, Why: o.why, CompromisedAt: since}
	for _, a := range actions {
		wish.Steps = append(wish.Steps, cordon.PlannedStep{Action: a, Target: who})
	}
	return d.grant(cmd, c, wish)
}

// find returns whom the command is about, and in which tenant.
func (d *Deps) find(ctx context.Context, o *accountOptions) (*app.Config, string, cordon.Entity, error) {
	c, tenants, done, err := d.enter(ctx, *o.sel)
	if err != nil {
		return nil, "", cordon.Entity{}, err
	}
	defer done()
	t, who, err := app.Locate(ctx, c, tenants, o.user)
	return c, t.ID, who, err
}

// actions returns what the word stands for, with the provider that is wanted.
func (o *accountOptions) actions() ([]cordon.ActionName, error) {
	if !slices.Contains(cordon.Words(), cordon.Word(o.word)) {
		return nil, usagef("%s is no word for an account: it is one of %s%s", cordon.Quote(o.word), strings.Join(texts(cordon.Words()), ", "), didYouMean(o.word, texts(cordon.Words())))
	}
	if err := oneOf("--provider", o.provider, texts(cordon.Providers())); err != nil {
		return nil, err
	}
	if strings.TrimSpace(o.why) == "" {
		return nil, usagef("--reason is needed: it stands in the audit")
	}
	other := func(a cordon.ActionName) bool { return o.provider != "" && string(a.Provider()) != o.provider }
	actions := slices.DeleteFunc(cordon.Word(o.word).Actions(), other)
	if len(actions) == 0 {
		return nil, usagef("--provider %s: Microsoft has no %s for its accounts", o.provider, o.word)
	}
	return actions, nil
}

// compromisedAt returns since when the account is held to be compromised.
func (o *accountOptions) compromisedAt(now time.Time) (*time.Time, error) {
	since := now.UTC().Truncate(time.Second)
	switch marks := cordon.Word(o.word) == cordon.WordMarkUserAsCompromised; {
	case !marks && o.compromised != "":
		return nil, usagef("--compromised-at goes with %s only", cordon.WordMarkUserAsCompromised)
	case !marks:
		return nil, nil //nolint:nilnil // nothing is said of a compromise: that is the answer
	case o.compromised == "":
		return &since, nil
	}
	at, err := time.Parse(time.RFC3339, o.compromised)
	if err != nil {
		return nil, usagef("--compromised-at must be a time such as 2026-02-28T12:00:00Z, not %q", o.compromised)
	}
	if at.After(now) {
		return nil, usagef("--compromised-at lies in the future: %s", o.compromised)
	}
	at = at.UTC()
	return &at, nil
}

// completeWord offers the words; whom they are about is not known here.
func completeWord(_ *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	words := slices.DeleteFunc(texts(cordon.Words()), func(w string) bool { return !strings.HasPrefix(w, begun) })
	return words, cobra.ShellCompDirectiveNoFileComp
}
