package sim

import (
	"net/http"
	"strings"
)

// historyRoutes are the history of one kind of principal and its items.
func historyRoutes(resource, licence string, needs needs, members string) []route {
	path := resource + "/{id}/history"
	return []route{
		{method: http.MethodGet, path: path, needs: needs, licence: licence, do: listHistory, view: view{options: "$filter $select $top $skiptoken",
			page: 5, top: 500, reverse: true, members: members, fields: fieldsOf("enum:riskLevel riskState", "time:riskLastUpdatedDateTime")}},
		{method: http.MethodGet, path: path + "/{id}", needs: needs, licence: licence, do: getHistory, view: view{options: "$select", members: members}},
	}
}

// parts are the segments of the address of a call, for paths that name more
// than one thing.
func (c *call) parts(x *exchange) []string {
	return splitPath(strings.TrimPrefix(c.url, x.cloud.info.GraphURL+"/v1.0/"))
}

// historyOf returns the history that the path names.
func (x *exchange) historyOf(c *call) (*collection, string, error) {
	p := c.parts(x)
	resource := p[0] + "/" + p[1]
	risky := c.tenant.collection(resource).get(p[2])
	if risky == nil {
		return nil, "", missing(p[2])
	}
	return c.tenant.collection(resource + "/" + idOf(risky) + "/history"), p[1] + "('" + idOf(risky) + "')/history", nil
}

func listHistory(x *exchange, c *call) (answer, error) {
	found, context, err := x.historyOf(c)
	if err != nil {
		return answer{}, err
	}
	return x.page(c, context, found)
}

func getHistory(x *exchange, c *call) (answer, error) {
	found, context, err := x.historyOf(c)
	if err != nil {
		return answer{}, err
	}
	o := found.get(c.id)
	if o == nil {
		return answer{}, missing(c.id)
	}
	return entity(x.context(context+"/$entity"), c.query.shape(o)), nil
}

// historyItem is a risk record as it is now, and who made it so. Nobody means
// that the service did. Callers hold the lock.
func (t *tenant) historyItem(resource string, risky *object, by string) *object {
	events, detail := []string{}, risky.text("riskDetail")
	if detail == "adminConfirmedUserCompromised" || detail == "adminConfirmedServicePrincipalCompromised" {
		events = append(events, detail)
	}
	out := risky.clone()
	out.set("id", t.hex(32, "history", idOf(risky), risky.text("riskLastUpdatedDateTime"), risky.text("riskState")))
	if resource == resRiskyUsers {
		out.set("userId", idOf(risky)) // the item of a service principal has no such member
	}
	out.set("isProcessing", false)
	out.set("initiatedBy", orNull(by))
	out.set("activity", newObject("detail", detail, "riskEventTypes", events))
	return out
}

// populateHistory gives a history its first item: the risk as it was found.
func (t *tenant) populateHistory(resource, id string, c *collection) {
	risky := t.collection(resource).get(id)
	if risky == nil || risky.text("riskState") == "none" {
		return
	}
	c.put(t.historyItem(resource, risky, ""))
}
