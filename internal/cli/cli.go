// Package cli is the command line: one file per command, nouns before verbs.
//
// A command reads its flags, calls one thing on a lower floor and prints the
// answer. It decides nothing.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/app"
	"github.com/cordonhq/cordon/internal/engine"
	"github.com/spf13/cobra"
)

// The exit codes, the same everywhere.
const (
	exitOK       = 0
	exitError    = 1
	exitUsage    = 2
	exitFindings = 3 // drift or findings
	exitRefused  = 4 // refused or held by guard
	exitPartial  = 5 // the answer is not whole
)

// Deps are what commands share. The zero value is completed by Main.
type Deps struct {
	Out, Err io.Writer
	Version  string
	Now      func() time.Time
	At       func(engine.Point) // see engine.Options; nil save in tests

	config string // --config
	format string // -o
}

// Main runs one command and returns its exit code.
func Main(ctx context.Context, args []string, d *Deps) int {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	root := newRoot(d)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	for line := range strings.Lines(err.Error()) { // what tenants wrote may stand in it
		fmt.Fprintln(d.Err, "cordon: "+cordon.Plain(sentence(line), maxError))
	}
	return exitCode(err)
}

// sentence drops the kind at the end of an error where it only says again, and
// in our words, what the sentence says.
func sentence(line string) string {
	line = strings.TrimSpace(line)
	for _, kind := range []error{cordon.ErrBadRequest, cordon.ErrConflict} {
		line = strings.TrimSuffix(line, ": "+kind.Error())
	}
	return line
}

// maxError bounds a line of an error.
const maxError = 2000

// findings ends a command that has answered, with a code that says what the
// answer was.
type findings struct {
	code int
	text string // the sentence for people
}

func (f *findings) Error() string { return f.text }

// partial says that n of all could not be read. Nothing is said when none.
func partial(n, all int, what string) error {
	if n == 0 {
		return nil
	}
	return &findings{code: exitPartial, text: fmt.Sprintf("%d of %d %s could not be read whole", n, all, what)}
}

// usageError is a mistake in how a command was called.
type usageError struct{ error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

func exitCode(err error) int {
	var f *findings
	var usage usageError
	switch {
	case errors.As(err, &f):
		return f.code
	case errors.As(err, &usage):
		return exitUsage
	case errors.Is(err, cordon.ErrRefused):
		return exitRefused
	}
	return exitError
}

func newRoot(d *Deps) *cobra.Command {
	root := &cobra.Command{
		Use:   "cordon",
		Short: "Identity posture and response for Microsoft Entra ID and Microsoft Defender",
		Long: `Cordon watches Microsoft Entra ID and Microsoft Defender in one tenant or in
thousands and contains compromised identities within seconds, safely: every
write passes guard, is written down before and after, and is proved by reading
the state back.

Exit codes: 0 ok, 1 error, 2 usage, 3 drift or findings, 4 refused or held by
guard, 5 partial (something could not be read).`,
		Example: `  cordon demo                                  watch it contain a simulated attack
  cordon config check                          is cordon.yaml right?
  cordon doctor                                what works in each tenant, and what is missing
  cordon sync                                  read everything once, carry what follows to its end
  cordon incident list                         who is compromised
  cordon contain ada@contoso.com --reason "token stolen, ticket 4711"`,
		SilenceErrors: true, SilenceUsage: true,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetOut(d.Out)
	root.SetErr(d.Err)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return seeHelp(cmd, flagMistake(cmd, err))
	})
	flags := root.PersistentFlags()
	flags.StringVarP(&d.config, "config", "c", configDefault(), "configuration file (or $CORDON_CONFIG)")
	flags.StringVarP(&d.format, "output", "o", "table", "table, json, ndjson or csv")
	root.AddCommand(
		newDemoCmd(d), newSimCmd(d), newServeCmd(d), newSyncCmd(d), newContainCmd(d), newAccountCmd(d), newUndoCmd(d), newCoverageCmd(d), newBudgetCmd(d), newDoctorCmd(d), newVersionCmd(d),
		group("config", "The configuration", newConfigCheckCmd(d)),
		group("tenant", "Tenants", newTenantListCmd(d), newTenantAddCmd(d), newTenantSetCmd(d), newTenantRemoveCmd(d), newTenantConsentCmd(d), newTenantPermissionsCmd(d), newTenantDiscoverCmd(d), newTenantCredentialsCmd(d)),
		group("token", "Tokens: what they let Cordon do", newTokenShowCmd(d)),
		group("key", "The key that encrypts stored secrets", newKeyCreateCmd(d), newKeyRotateCmd(d)),
		group("defaults", "Security defaults", newDefaultsShowCmd(d), newDefaultsSetCmd(d, true), newDefaultsSetCmd(d, false)),
		group("signal", "Signals: what the sources said", newSignalListCmd(d)),
		group("incident", "Incidents: what the signals say about one identity", newIncidentListCmd(d), newIncidentShowCmd(d)),
		group("detection", "Detections: what each kind is worth as evidence", newDetectionListCmd(d)),
		group("playbook", "Playbooks: when to act, and how", newPlaybookListCmd(d), newPlaybookCheckCmd(d)),
		group("run", "Runs: what was done, and what was refused", newRunListCmd(d), newRunShowCmd(d)),
		group("store", "The store: which one it is", newStoreShowCmd(d), newStoreAcceptCmd(d)),
		group("audit", "The audit: every verdict, intent and outcome", newAuditListCmd(d), newAuditVerifyCmd(d)),
	)
	help := newHelpCmd()
	root.SetHelpCommand(help)
	root.AddCommand(help)
	root.InitDefaultCompletionCmd()
	usageArgs(root)
	completeFlags(root, d.completions())
	return root
}

func configDefault() string {
	if path := os.Getenv("CORDON_CONFIG"); path != "" {
		return path
	}
	return "cordon.yaml"
}

// group is a noun: it does nothing without a verb.
func group(use, short string, verbs ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{
		Use: use, Short: short, Args: cobra.NoArgs, RunE: needsVerb,
	}
	cmd.AddCommand(verbs...)
	return cmd
}

func needsVerb(cmd *cobra.Command, _ []string) error {
	return errors.Join(cmd.Help(), usagef("%s needs a verb: %s", cmd.CommandPath(), strings.Join(verbs(cmd), ", ")))
}

// usageArgs makes wrong arguments of every command a usage error, and wrong
// output formats too.
func usageArgs(cmd *cobra.Command) {
	if !cmd.Runnable() { // cobra looks at no arguments then: a misspelt shell would print help, and 0
		cmd.RunE = needsVerb
	}
	if check := cmd.Args; check != nil {
		cmd.Args = func(cmd *cobra.Command, args []string) error {
			if err := check(cmd, args); err != nil {
				return seeHelp(cmd, argMistake(cmd, args))
			}
			return checkFormat(cmd.Flag("output").Value.String())
		}
	}
	for _, sub := range cmd.Commands() {
		usageArgs(sub)
	}
}

// readConfig reads the configuration that --config names, with the tenants
// that were onboarded.
func (d *Deps) readConfig(ctx context.Context) (*app.Config, error) {
	c, err := app.ReadConfig(d.config)
	if err != nil {
		return nil, err
	}
	return c, c.Enlist(ctx)
}
