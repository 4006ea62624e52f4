package sim

import (
	"encoding/json"
	"slices"
	"time"
)

const (
	riskDelay  = 3 * time.Second // how long a risky user stays in processing, by the cloud's clock
	maxUserIDs = 60              // what is often quoted; the reference knows no number
)

// confirmCompromised raises the risk of users and leaves a detection of its own.
func confirmCompromised(x *exchange, c *call) (answer, error) {
	return x.judge(c, func(user, risky *object, at time.Time) {
		settleRisk(risky, "high", "confirmedCompromised", "adminConfirmedUserCompromised", at)
		id := idOf(user)
		key := []string{"confirmed", id, at.String()}
		c.tenant.collection(resDetections).put(newObject("id", c.tenant.hex(64, key...), "requestId", nil, "correlationId", nil,
			"riskEventType", "adminConfirmedUserCompromised", "riskState", "confirmedCompromised", "riskLevel", "high",
			"riskDetail", "adminConfirmedUserCompromised", "source", "IdentityProtection", "detectionTimingType", "offline", "activity", "user",
			"tokenIssuerType", "AzureAD", "ipAddress", nil, "location", nil, "activityDateTime", writeTime(at), "detectedDateTime", writeTime(at),
			"lastUpdatedDateTime", writeTime(at), "userId", id, "userDisplayName", orNull(user.text("displayName")),
			"userPrincipalName", orNull(user.text("userPrincipalName")), "additionalInfo", nil))
	})
}

// dismiss lowers the risk of users.
func dismiss(x *exchange, c *call) (answer, error) {
	return x.judge(c, func(_, risky *object, at time.Time) {
		settleRisk(risky, "none", "dismissed", "adminDismissedAllRiskForUser", at)
	})
}

func settleRisk(risky *object, level, state, detail string, at time.Time) {
	risky.set("isProcessing", false)
	risky.set("riskLevel", level)
	risky.set("riskState", state)
	risky.set("riskDetail", detail)
	risky.set("riskLastUpdatedDateTime", writeTime(at))
}

// judge marks users as in processing and lets the verdict come later.
func (x *exchange) judge(c *call, verdict func(user, risky *object, at time.Time)) (answer, error) {
	ids, err := readUserIDs(x.body)
	if err != nil {
		return answer{}, err
	}
	t, at := c.tenant, x.now.Add(riskDelay)
	for _, id := range ids {
		if t.collection(resUsers).get(id) == nil && t.collection(resRiskyUsers).get(id) == nil {
			return answer{}, notModelled("what happens to user '%s', whom the tenant does not have", id)
		}
	}
	for _, id := range ids {
		risky := t.riskyUser(id)
		risky.set("isProcessing", true)
		user := t.collection(resUsers).get(id)
		if user == nil {
			user = newObject("id", id, "displayName", risky.text("userDisplayName"), "userPrincipalName", risky.text("userPrincipalName"))
		}
		t.later(at, func() { verdict(user, t.riskyUser(id), at) })
	}
	return noContent(), nil
}

// readUserIDs reads {"userIds":[…]}.
func readUserIDs(body []byte) ([]string, error) {
	o, err := parseObject(body)
	if err != nil {
		return nil, badRequest("The request body is " + err.Error() + ".")
	}
	var ids []string
	if json.Unmarshal(o.raw("userIds"), &ids) != nil || len(ids) == 0 || slices.Contains(ids, "") {
		return nil, badRequest("The request body must hold 'userIds', a list of user ids.")
	}
	if len(ids) > maxUserIDs {
		return nil, notModelled("more than %d user ids in one call", maxUserIDs)
	}
	return ids, nil
}

// riskyUser returns the risk record of a user, making one for a user who had
// no risk so far. Callers hold the lock.
func (t *tenant) riskyUser(id string) *object {
	risky := t.collection(resRiskyUsers).get(id)
	if risky == nil {
		user := t.collection(resUsers).get(id)
		risky = newObject("id", idOf(user), "isDeleted", false, "isProcessing", false, "riskLevel", "none", "riskState", "none", "riskDetail", "none",
			"riskLastUpdatedDateTime", nil, "userDisplayName", orNull(user.text("displayName")), "userPrincipalName", orNull(user.text("userPrincipalName")))
		t.collection(resRiskyUsers).put(risky)
	}
	return risky
}
