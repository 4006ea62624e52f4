package sim

// The three services of the cloud, as the ledger and the faults name them.
const (
	serviceLogin    = "login"
	serviceGraph    = "graph"
	serviceDefender = "defender"
)

// audiences says which service a token is for, by the resource a client asked
// for: the cloud's own address, or the public one.
func (c *Cloud) audienceService(resource string) (string, bool) {
	switch resource {
	case c.info.GraphURL, "https://graph.microsoft.com":
		return serviceGraph, true
	case c.info.DefenderURL, "https://api.securitycenter.microsoft.com", "https://api.security.microsoft.com",
		"https://securitycenter.onmicrosoft.com/windowsatpservice":
		return serviceDefender, true
	}
	return "", false
}
