package sim

import "net/http"

func getDefaults(x *exchange, c *call) (answer, error) {
	o := c.tenant.collection(resDefaults).get(defaultsID)
	if o == nil {
		return answer{}, missing(resDefaults)
	}
	return entity(x.context(resDefaults+"/$entity"), c.query.shape(o)), nil
}

// patchDefaults switches security defaults. They cannot be on beside an
// enabled Conditional Access policy.
func patchDefaults(x *exchange, c *call) (answer, error) {
	o, err := readObject(x.body)
	if err != nil {
		return answer{}, err
	}
	for _, m := range o.members {
		if m.name != "isEnabled" && m.name != "@odata.type" {
			return answer{}, notModelled("a change of '%s' in security defaults", m.name)
		}
	}
	raw := string(o.raw("isEnabled"))
	if raw != "true" && raw != "false" {
		return answer{}, badRequest("Cannot convert the literal '" + raw + "' to the expected type 'Edm.Boolean'.")
	}
	if raw == "true" && c.tenant.hasEnabledPolicy() {
		return answer{}, refuse(http.StatusBadRequest, "BadRequest",
			"Conditional access, Sign-in risk, and Classic policies are enabled. Please disable and try again.")
	}
	defaults := c.tenant.collection(resDefaults).get(defaultsID)
	if defaults == nil {
		return answer{}, missing(resDefaults)
	}
	defaults.set("isEnabled", raw == "true")
	return noContent(), nil
}

// hasEnabledPolicy reports whether a Conditional Access policy is enforced.
// Report-only policies are not in the way.
func (t *tenant) hasEnabledPolicy() bool {
	for _, it := range t.collection(resPolicies).items {
		if it.object.text("state") == "enabled" {
			return true
		}
	}
	return false
}
