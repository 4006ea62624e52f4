package sim

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"
)

// addPass gives a user a temporary access pass, one at a time.
func addPass(x *exchange, c *call) (answer, error) {
	user, methods, err := x.methodsOf(c)
	if err != nil {
		return answer{}, err
	}
	var in struct {
		StartDateTime     *time.Time `json:"startDateTime"`
		LifetimeInMinutes *int       `json:"lifetimeInMinutes"`
		IsUsableOnce      bool       `json:"isUsableOnce"`
	}
	if err := json.Unmarshal(x.body, &in); err != nil {
		return answer{}, badRequest("The request body is not an object with 'startDateTime', 'lifetimeInMinutes' and 'isUsableOnce'.")
	}
	begin, life := x.now, 60
	if in.StartDateTime != nil {
		begin = *in.StartDateTime
	}
	if in.LifetimeInMinutes != nil {
		life = *in.LifetimeInMinutes
	}
	if life < 10 || life > 43200 {
		return answer{}, badRequest("The lifetime of a temporary access pass is between 10 and 43200 minutes, not " + strconv.Itoa(life) + ".")
	}
	for _, o := range methods.objects() {
		if methodKind(o) != "temporaryAccessPass" {
			continue
		}
		if passOver(o, x.now) {
			methods.remove(idOf(o))
		} else {
			return answer{}, badRequest("The user already has a temporary access pass.")
		}
	}
	o := newObject("@odata.type", "#microsoft.graph.temporaryAccessPassAuthenticationMethod", "id", newGUID(), "isUsable", !begin.After(x.now),
		"methodUsabilityReason", "EnabledByPolicy", "temporaryAccessPass", nil, "createdDateTime", writeTime(x.now), "startDateTime", writeTime(begin),
		"lifetimeInMinutes", life, "isUsableOnce", in.IsUsableOnce)
	methods.put(o)
	shown := o.clone()
	shown.set("temporaryAccessPass", "Tap+"+newGUID()[:8]) // shown this once, and kept nowhere
	a := entity(x.context("users('"+idOf(user)+"')/authentication/temporaryAccessPassMethods/$entity"), shown)
	a.status = http.StatusCreated
	return a, nil
}
