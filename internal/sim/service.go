package sim

// The three services of the cloud, as the ledger and the faults name them.
const (
	serviceLogin    = "login"
	serviceGraph    = "graph"
	serviceDefender = "defender"
)
