package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// newHelpCmd is cobra's help, for which an unknown command is no error.
func newHelpCmd() *cobra.Command {
	return &cobra.Command{
		Use:               "help [COMMAND]…",
		Short:             "Show the help of a command",
		Example:           "  cordon help incident list",
		Args:              cobra.ArbitraryArgs,
		ValidArgsFunction: completeCommand,
		RunE: func(cmd *cobra.Command, args []string) error {
			about, rest, err := cmd.Root().Find(args)
			if err != nil {
				return err
			}
			if len(rest) > 0 {
				return seeHelp(about, unknownCommand(about, rest[0]))
			}
			about.InitDefaultHelpFlag()
			return about.Help()
		},
	}
}

// completeCommand offers the commands below those that were given.
func completeCommand(cmd *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
	about, rest, err := cmd.Root().Find(args)
	var offered []string
	if err == nil && len(rest) == 0 {
		for _, sub := range about.Commands() {
			if sub.IsAvailableCommand() && strings.HasPrefix(sub.Name(), begun) {
				offered = append(offered, fmt.Sprintf("%s\t%s", sub.Name(), sub.Short))
			}
		}
	}
	return offered, cobra.ShellCompDirectiveNoFileComp
}
