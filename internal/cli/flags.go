package cli

import (
	"slices"
	"strings"
)

// oneOf makes a word that is none of ours a usage error. An empty one means
// that the flag was not given.
func oneOf(flag, word string, words []string) error {
	if word == "" || slices.Contains(words, word) {
		return nil
	}
	return usagef("%s %s: it is one of %s%s", flag, word, strings.Join(words, ", "), didYouMean(word, words))
}
