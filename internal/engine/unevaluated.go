package engine

import (
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/cordonhq/cordon"
)

// unevaluatedEvery is how often people are notified of one playbook that cannot
// be evaluated in one tenant.
const unevaluatedEvery = time.Hour

// unevaluated knows when people were last notified of playbooks that cannot be
// evaluated, by tenant and playbook.
type unevaluated struct {
	mu sync.Mutex
	at map[[2]string]time.Time
}

// notified reports whether people know of a playbook by now.
func (u *unevaluated) notified(tenantID, playbook string, now time.Time) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	age := now.Sub(u.at[[2]string{tenantID, playbook}])
	return age >= 0 && age < unevaluatedEvery
}

// note notes that people were notified of playbooks.
func (u *unevaluated) note(tenantID string, playbooks []string, now time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	maps.DeleteFunc(u.at, func(_ [2]string, at time.Time) bool { return now.Sub(at) >= unevaluatedEvery })
	for _, p := range playbooks {
		if u.at == nil {
			u.at = map[[2]string]time.Time{}
		}
		u.at[[2]string{tenantID, p}] = now
	}
}

// An unevaluatedPlaybook may have wanted to act on an incident and could not be
// evaluated.
type unevaluatedPlaybook struct {
	name string
	why  error
}

// notice says so.
func (p unevaluatedPlaybook) notice(t Tenant, in cordon.Incident) cordon.Notice {
	return cordon.Notice{
		Kind: cordon.NoticeFailed, Severity: cordon.SeverityHigh, IncidentID: in.ID, Target: in.Entity.ID(), Reason: "playbook_not_evaluated",
		Title: fmt.Sprintf("%s: playbook %s could not be evaluated and does nothing here: %s. Look at the incident, act by hand with cordon contain where needed, and mend the playbook's condition; more within the next hour are not notified",
			t.Label(in.Entity), p.name, cordon.Plain(p.why.Error(), 300)),
	}
}
