package cli

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
)

// A limit is how many rows a list shows: 0 shows all.
type limit int

// String returns the number.
func (l *limit) String() string { return strconv.Itoa(int(*l)) }

// Set reads a number that is not negative.
func (l *limit) Set(s string) error {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 {
		return errors.New("must be 0 (all) or more")
	}
	*l = limit(n)
	return nil
}

// Type names the value in help texts.
func (l *limit) Type() string { return "int" }

func limitFlag(cmd *cobra.Command, n *int) {
	cmd.Flags().Var((*limit)(n), "limit", "show at most this many; 0 shows all")
}

// oneOf makes a word that is none of ours a usage error. An empty one means
// that the flag was not given.
func oneOf(flag, word string, words []string) error {
	if word == "" || slices.Contains(words, word) {
		return nil
	}
	return usagef("%s %s: it is one of %s%s", flag, word, strings.Join(words, ", "), didYouMean(word, words))
}
