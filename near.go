package cordon

import "strings"

// Near returns the word of a list that was probably meant: one that a letter
// or two turn into it, or that it begins. It is empty when there is none.
func Near(written string, words []string) string {
	best, least := "", 1+max(1, len(written)/3)
	written = strings.ToLower(written)
	for _, w := range words {
		far := distance([]rune(written), []rune(strings.ToLower(w)))
		if len(written) > 2 && strings.HasPrefix(strings.ToLower(w), written) {
			far = 1
		}
		if far < least {
			best, least = w, far
		}
	}
	return best
}

// distance is how many letters must be put in, taken out, changed or swapped
// with their neighbour to turn a into b.
func distance(a, b []rune) int {
	before, row := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range a {
		next := make([]int, len(b)+1)
		next[0] = i + 1
		for j := range b {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			next[j+1] = min(row[j+1]+1, next[j]+1, row[j]+cost)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				next[j+1] = min(next[j+1], before[j-1]+1)
			}
		}
		before, row = row, next
	}
	return row[len(b)]
}
