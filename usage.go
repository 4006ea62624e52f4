package cordon

import "time"

// Usage says how much of one limit of Microsoft's was used, as it stood at
// At.
type Usage struct {
	TenantID    string        // "" for a limit of an app over all its tenants
	AppID       string        // client id of that app; "" for a limit of a tenant
	Family      string        // which calls it counts
	Limit       string        // the limit in words; one family may have several
	Window      time.Duration // over which Used and Left count; 0: what is under way now
	Used        float64       // in requests, or in units where the limit says so
	Left        float64       // of our share
	Refused     int           // answers 429 in the family since the process began
	ClosedUntil time.Time     // no call of ours before; zero: open
	Why         string        // it is closed; "" when it is open
	UsedAt      time.Time     // when a call of the family last went
	At          time.Time     // when all this was so
}
