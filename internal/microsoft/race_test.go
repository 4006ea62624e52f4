//go:build race

package microsoft

// The race detector makes everything ten times slower.
const simulatedTenants = 500
