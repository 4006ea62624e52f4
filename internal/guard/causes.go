package guard

import (
	"regexp"
	"strings"
)

// call begins the text of an error of a call to Microsoft.
var call = regexp.MustCompile(`microsoft: [A-Z]+ \S+: `)

// byCause joins the reasons that have one cause, as when a service is down:
// what could not be read is then listed, and the cause is told once.
func byCause(reasons []string) (joined []string) {
	with := map[string][]string{}
	for _, r := range reasons {
		cause := causeOf(r)
		with[cause] = append(with[cause], r)
	}
	for _, r := range reasons {
		cause := causeOf(r)
		switch same := with[cause]; {
		case len(same) == 1:
			joined = append(joined, r)
		case len(same) > 1:
			joined = append(joined, strings.Join(whatsOf(same), ", ")+": "+cause)
		}
		delete(with, cause) // told
	}
	return joined
}

// causeOf is what went wrong in a call, whichever it was.
func causeOf(reason string) string {
	if at := call.FindStringIndex(reason); at != nil {
		return reason[at[1]:]
	}
	return reason
}

// whatsOf are the things that reasons are about.
func whatsOf(reasons []string) (whats []string) {
	for _, r := range reasons {
		what, _, _ := strings.Cut(r, ": ")
		whats = append(whats, what)
	}
	return whats
}
