package cli

import (
	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/app"
	"github.com/cordonhq/cordon/internal/microsoft"
	"github.com/cordonhq/cordon/internal/sim"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// completions are what the shell is offered for flags that take one of a
// closed set, by the name of the flag: it means the same on every command.
func (d *Deps) completions() map[string]cobra.CompletionFunc {
	words := func(words []string) cobra.CompletionFunc {
		return cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp)
	}
	return map[string]cobra.CompletionFunc{
		"cloud":    words(texts(cordon.Clouds())),
		"features": words(featureWords()),
		"form":     words(texts(microsoft.ConsentForms())),
		"ids-from": d.completeTenants,
		"mode":     words(texts(cordon.Modes())),
		"output":   words(formats()),
		"provider": words(texts(cordon.Providers())),
		"scenario": cobra.FixedCompletions(sim.Scenarios(), cobra.ShellCompDirectiveDefault), // or a file
		"source":   words(texts(cordon.Sources())),
		"state":    words(texts(cordon.RunStates())),
		"tenant":   d.completeTenants,
	}
}

// completeFlags registers the completions of a command and of all below it.
func completeFlags(cmd *cobra.Command, completions map[string]cobra.CompletionFunc) {
	cmd.NonInheritedFlags().VisitAll(func(f *pflag.Flag) {
		if complete := completions[f.Name]; complete != nil {
			_ = cmd.RegisterFlagCompletionFunc(f.Name, complete) // fails only for a flag that is not there
		}
	})
	for _, sub := range cmd.Commands() {
		completeFlags(sub, completions)
	}
}

// featureWords are the names of the features with what each is for, and all.
func featureWords() []string {
	words := []string{"all"}
	for _, f := range app.Features() {
		words = append(words, cobra.CompletionWithDesc(f.Name, f.About))
	}
	return words
}
