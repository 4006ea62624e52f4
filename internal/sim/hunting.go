package sim

import (
	"net/http"
	"slices"
)

// huntingRoutes take a query under both names of the action.
func huntingRoutes() []route {
	routes := []route{
		{method: http.MethodPost, path: "security/runHuntingQuery"},
		{method: http.MethodPost, path: "security/microsoft.graph.security.runHuntingQuery"},
	}
	return each(routes, func(r *route) {
		r.family, r.denied, r.needs, r.do = familyHunting, deniedSecurity, need("ThreatHunting.Read.All"), hunt
	})
}

// hunt answers a query over what the tenant has.
func hunt(x *exchange, c *call) (answer, error) {
	text, timespan, err := readHunt(x.body)
	if err != nil {
		return answer{}, err
	}
	span, err := parseSpan(timespan, x.now)
	if err != nil {
		return answer{}, badRequest("The timespan " + err.Error() + ".")
	}
	name, steps, err := parseHunt(text)
	if err != nil {
		return answer{}, err
	}
	found, known := huntingTables()[name]
	if !known {
		return answer{}, notModelled("the hunting table '%s'", name)
	}
	rows := slices.DeleteFunc(found.rows(c.tenant, x.now), func(row *object) bool { return !span.holds(row.text("Timestamp")) })
	result := &huntResult{columns: found.columns(), rows: rows}
	for _, step := range steps {
		if err := step(result); err != nil {
			return answer{}, err
		}
	}
	return answer{body: encode(newObject("@odata.context", x.context("microsoft.graph.security.huntingQueryResults"),
		"schema", result.schema(), "results", result.shown()))}, nil
}

// readHunt reads the body. Documentation and metadata differ in the first
// letter of its members; both are taken, but not both at once.
func readHunt(body []byte) (text, timespan string, err error) {
	o, err := readObject(body)
	if err != nil {
		return "", "", err
	}
	known := []string{"Query", "query", "Timespan", "timespan"}
	if name := strange(o, func(n string) bool { return slices.Contains(known, n) }); name != "" {
		return "", "", badRequest("The parameter '" + name + "' is not one of runHuntingQuery.")
	}
	if name := wrongText(o, known...); name != "" {
		return "", "", badRequest("The parameter '" + name + "' is not text.")
	}
	either := func(a, b string) string {
		if o.raw(a) != nil && o.raw(b) != nil {
			err = badRequest("The parameter '" + b + "' is there twice.")
		}
		return o.text(a) + o.text(b)
	}
	text, timespan = either("Query", "query"), either("Timespan", "timespan")
	if text == "" && err == nil {
		err = badRequest("The parameter 'query' is required.")
	}
	return text, timespan, err
}

// A huntResult is a table on its way through the steps of a query.
type huntResult struct {
	columns []huntColumn
	rows    []*object
}

// A huntColumn is a column of a table, and what it holds.
type huntColumn struct{ name, kind string }

func (h *huntResult) column(name string) (huntColumn, error) {
	i := slices.IndexFunc(h.columns, func(c huntColumn) bool { return c.name == name })
	if i < 0 {
		return huntColumn{}, notModelled("the hunting column '%s' in this place", name)
	}
	return h.columns[i], nil
}

func (h *huntResult) schema() []*object {
	out := []*object{}
	for _, c := range h.columns {
		out = append(out, newObject("name", c.name, "type", c.kind))
	}
	return out
}

// shown returns the rows with the members of the columns, in their order.
func (h *huntResult) shown() []*object {
	out := []*object{}
	for _, row := range h.rows {
		o := &object{}
		for _, c := range h.columns {
			o.set(c.name, orNullRaw(row.raw(c.name)))
		}
		out = append(out, o)
	}
	return out
}
