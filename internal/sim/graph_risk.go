package sim

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

const (
	riskDelay  = 3 * time.Second // how long a risky user stays in processing, by the cloud's clock
	maxUserIDs = 60              // what is often quoted; the reference knows no number
)

// A riskKind is a kind of principal whose risk can be judged.
type riskKind struct {
	resource string // where the risk is kept
	member   string // of a verdict's body: the list of ids

	detections, of string // where its detections are, and the member of theirs that names the principal

	known  func(t *tenant, id string) bool    // whether the tenant has such a principal
	record func(t *tenant, id string) *object // the risk record, made when there is none
}

// A verdict is what an administrator says of a principal's risk.
type verdict struct{ level, state, detail string }

func riskyUsers() riskKind {
	return riskKind{resource: resRiskyUsers, member: "userIds", detections: resDetections, of: "userId", record: (*tenant).riskyUser, known: func(t *tenant, id string) bool {
		return t.collection(resUsers).get(id) != nil || t.collection(resRiskyUsers).get(id) != nil
	}}
}

// confirmCompromised raises the risk of users and leaves a detection of its own.
func confirmCompromised(x *exchange, c *call) (answer, error) {
	return x.judge(c, riskyUsers(), compromisedUser(), c.tenant.confirmation)
}

func compromisedUser() verdict {
	return verdict{"high", "confirmedCompromised", "adminConfirmedUserCompromised"}
}

// confirmation adds the detection that goes with a user confirmed as compromised.
func (t *tenant) confirmation(risky *object, at time.Time) {
	id := idOf(risky)
	key := []string{"confirmed", id, at.String()}
	t.collection(resDetections).put(newObject("id", t.hex(64, key...), "requestId", nil, "correlationId", nil,
		"riskEventType", "adminConfirmedUserCompromised", "riskState", "confirmedCompromised", "riskLevel", "high",
		"riskDetail", "adminConfirmedUserCompromised", "source", "IdentityProtection", "detectionTimingType", "offline", "activity", "user",
		"tokenIssuerType", "AzureAD", "ipAddress", nil, "location", nil, "activityDateTime", writeTime(at), "detectedDateTime", writeTime(at),
		"lastUpdatedDateTime", writeTime(at), "userId", id, "userDisplayName", orNull(risky.text("userDisplayName")),
		"userPrincipalName", orNull(risky.text("userPrincipalName")), "additionalInfo", nil))
}

// confirmSafe takes the risk of users back.
func confirmSafe(x *exchange, c *call) (answer, error) {
	return x.judge(c, riskyUsers(), verdict{"none", "confirmedSafe", "adminConfirmedAccountSafe"}, nil)
}

// dismiss lowers the risk of users.
func dismiss(x *exchange, c *call) (answer, error) {
	return x.judge(c, riskyUsers(), verdict{"none", "dismissed", "adminDismissedAllRiskForUser"}, nil)
}

// judge marks principals as in processing and lets the verdict come later.
func (x *exchange) judge(c *call, kind riskKind, v verdict, also func(*object, time.Time)) (answer, error) {
	ids, err := readIDs(x.body, kind.member, maxUserIDs)
	if err != nil {
		return answer{}, err
	}
	for _, id := range ids {
		if !kind.known(c.tenant, id) {
			return answer{}, notModelled("what happens to '%s', which the tenant does not have", id)
		}
	}
	for _, id := range ids {
		c.tenant.pass(kind, id, v, x.claims.Object, x.now.Add(riskDelay), also)
	}
	return noContent(), nil
}

// pass makes a verdict come into force at a time to come. By is who passed it:
// an app's service principal or a person. Callers hold the lock.
func (t *tenant) pass(kind riskKind, id string, v verdict, by string, at time.Time, also func(*object, time.Time)) {
	kind.record(t, id).set("isProcessing", true)
	t.later(at, func() {
		if !kind.known(t, id) {
			return // taken away meanwhile
		}
		risky := kind.record(t, id)
		history := t.collection(kind.resource + "/" + idOf(risky) + "/history")
		risky.set("isProcessing", false)
		risky.set("riskLevel", v.level)
		risky.set("riskState", v.state)
		risky.set("riskDetail", v.detail)
		risky.set("riskLastUpdatedDateTime", writeTime(at))
		history.put(t.historyItem(kind.resource, risky, by))
		if v.closes() {
			t.closeDetections(kind, idOf(risky), v, at)
		}
		if also != nil {
			also(risky, at)
		}
	})
}

// closes reports whether a verdict ends the risk. That of being compromised
// raises it, and leaves what was detected as it is.
func (v verdict) closes() bool { return v.state != "confirmedCompromised" }

// closeDetections gives the open detections of a principal the state that its
// risk has now. Callers hold the lock.
func (t *tenant) closeDetections(kind riskKind, id string, v verdict, at time.Time) {
	detections := t.collection(kind.detections)
	for _, o := range detections.objects() {
		if state := o.text("riskState"); !strings.EqualFold(o.text(kind.of), id) || state != "atRisk" && state != "confirmedCompromised" {
			continue
		}
		detections.put(laidOver(o, newObject("riskState", v.state, "riskDetail", v.detail, "lastUpdatedDateTime", writeTime(at))))
	}
}

// passwordReset takes the risk of a user back whom an administrator, or an
// app, has given another password. Callers hold the lock.
func (t *tenant) passwordReset(user *object, by string, at time.Time) {
	risky := t.collection(resRiskyUsers).get(idOf(user))
	if t.spec().Licence != "p2" || risky == nil || risky.text("riskState") != "atRisk" {
		return
	}
	t.pass(riskyUsers(), idOf(user), verdict{"none", "remediated", "adminGeneratedTemporaryPassword"}, by, at.Add(riskDelay), nil)
}

// readIDs reads {member:[…]}.
func readIDs(body []byte, name string, most int) ([]string, error) {
	o, err := readObject(body)
	if err != nil {
		return nil, err
	}
	var ids []string
	if json.Unmarshal(o.raw(name), &ids) != nil || len(ids) == 0 || slices.Contains(ids, "") {
		return nil, badRequest("The request body must hold '" + name + "', a list of ids.")
	}
	if len(ids) > most {
		return nil, notModelled("more than %d ids in one call", most)
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
