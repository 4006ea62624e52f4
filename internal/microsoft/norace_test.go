//go:build !race

package microsoft

const simulatedTenants = 10_000
