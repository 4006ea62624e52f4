// Package clients drives the simulator with software that others wrote:
// Microsoft's azidentity and Graph SDK, and Python's standard library. What
// they understand, a program written for the real services understands.
//
// It is a module of its own, because the Graph SDK weighs more than all of
// Cordon. It starts the real binary and knows nothing of its inside: `make
// clients`, or `go test -count=1 ./...` here, because the test cache does not
// see that another binary is another result.
package clients
