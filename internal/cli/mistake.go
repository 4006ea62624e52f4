package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/cordonhq/cordon"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// argMistake says what is wrong with the arguments of a command.
func argMistake(cmd *cobra.Command, args []string) string {
	wanted := strings.Fields(cmd.Use)[1:]
	if len(wanted) == 0 && cmd.HasSubCommands() {
		return unknownCommand(cmd, args[0])
	}
	for i, name := range wanted {
		if i >= len(args) && !strings.HasPrefix(name, "[") {
			return fmt.Sprintf("%s is missing: %s", strings.TrimSuffix(name, "…"), cmd.UseLine())
		}
	}
	switch {
	case len(args) == 0:
		return "wrong arguments: " + cmd.UseLine()
	case len(wanted) == 0:
		return fmt.Sprintf("%s takes no argument, and %s was given", cmd.CommandPath(), cordon.Quote(args[0]))
	}
	return fmt.Sprintf("one argument too many, %s: %s", cordon.Quote(args[min(len(wanted), len(args)-1)]), cmd.UseLine())
}

// unknownCommand says that a command has none of that name below it.
func unknownCommand(cmd *cobra.Command, name string) string {
	return fmt.Sprintf("unknown command %s for %s%s", cordon.Quote(name), cmd.CommandPath(), didYouMean(name, verbs(cmd)))
}

// seeHelp is a mistake in how a command was called.
func seeHelp(cmd *cobra.Command, mistake string) error {
	if strings.HasSuffix(mistake, "?") {
		return usagef("%s See %s --help", mistake, cmd.CommandPath())
	}
	return usagef("%s: see %s --help", mistake, cmd.CommandPath())
}

// verbs are the commands of a group.
func verbs(cmd *cobra.Command) (names []string) {
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() {
			names = append(names, sub.Name())
		}
	}
	return names
}

// flagMistake says in our words what is wrong with a flag.
func flagMistake(cmd *cobra.Command, err error) string {
	if unknown, ok := errors.AsType[*pflag.NotExistError](err); ok && unknown.GetSpecifiedShortnames() == "" {
		var names []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
		near := cordon.Near(unknown.GetSpecifiedName(), names)
		if near != "" {
			near = ": did you mean --" + near + "?"
		}
		return fmt.Sprintf("unknown flag --%s%s", unknown.GetSpecifiedName(), near)
	}
	if missing, ok := errors.AsType[*pflag.ValueRequiredError](err); ok {
		return "--" + missing.GetFlag().Name + " needs a value"
	}
	if wrong, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		return fmt.Sprintf("--%s %q: %s", wrong.GetFlag().Name, wrong.GetValue(), mustBe(wrong))
	}
	return err.Error()
}

// mustBe says what a flag's value must be. Flags of our own say it themselves.
func mustBe(wrong *pflag.InvalidValueError) string {
	switch wrong.GetFlag().Value.Type() {
	case "duration":
		return "must be a duration, such as 30s or 5m"
	case "int", "int64", "uint64":
		return "must be a whole number"
	case "bool":
		return "must be true or false"
	}
	if reason := wrong.Unwrap(); reason != nil {
		return reason.Error()
	}
	return "is not of the kind that is needed"
}

// didYouMean asks for the word that was probably meant, when there is one.
func didYouMean(written string, words []string) string {
	if near := cordon.Near(written, words); near != "" {
		return ": did you mean " + near + "?"
	}
	return ""
}
