package sim

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// CompleteDevice enters a user code as a person, or declines.
func (c *Cloud) CompleteDevice(userCode, as string, decline bool) error {
	c.registry.mu.Lock()
	defer c.registry.mu.Unlock()
	for _, d := range c.registry.people.devices {
		if !strings.EqualFold(d.user, userCode) {
			continue
		}
		if !c.clock.now().Before(d.ends) {
			return fmt.Errorf("code %q has expired", userCode)
		}
		id, err := d.tenant.person(as)
		if err != nil {
			return err
		}
		d.by, d.declined = id, decline
		return nil
	}
	return fmt.Errorf("no device shows the code %q", userCode)
}

// deviceCode begins a sign-in on another device.
func (c *Cloud) deviceCode(t *tenant, form url.Values) (answer, error) {
	if err := c.checkPublic(t, form); err != nil {
		return answer{}, err
	}
	if _, err := resourceOf(form, false); err != nil {
		return answer{}, err
	}
	code := newGUID()
	d := &device{user: strings.ToUpper(code[:4] + code[9:13] + code[14:15]), ends: c.clock.now().Add(deviceLife), tenant: t, app: form.Get("client_id")}
	c.registry.mu.Lock()
	defer c.registry.mu.Unlock()
	p := &c.registry.people
	if p.devices == nil {
		p.devices = map[string]*device{}
	}
	p.devices[code] = d
	page := c.info.LoginURL + "/common/oauth2/deviceauth"
	return answer{body: encode(newObject("user_code", d.user, "device_code", code, "verification_uri", page,
		"expires_in", int(deviceLife.Seconds()), "interval", 5,
		"message", "To sign in, use a web browser to open the page "+page+" and enter the code "+d.user+" to authenticate."))}, nil
}

// poll answers an app that waits for a device.
func (c *Cloud) poll(t *tenant, form url.Values) (*grant, error) {
	c.registry.mu.Lock()
	defer c.registry.mu.Unlock()
	devices, code := c.registry.people.devices, form.Get("device_code")
	d := devices[code]
	bad := func(kind string, number int, message string) (*grant, error) {
		return nil, loginError(http.StatusBadRequest, kind, number, "%s", message)
	}
	switch {
	case d == nil || d.tenant != t || !strings.EqualFold(d.app, form.Get("client_id")):
		return bad("bad_verification_code", 70019, "Verification code is not recognized.")
	case d.declined:
		delete(devices, code)
		return bad("authorization_declined", 70017, "The end user denied the authorization request.")
	case !c.clock.now().Before(d.ends):
		delete(devices, code)
		return bad("expired_token", 70020, "The provided device code has expired.")
	case d.by == "":
		return bad("authorization_pending", 70016, "OAuth 2.0 device flow error. Authorization is pending. Continue polling.")
	}
	delete(devices, code)
	return &grant{tenant: t, app: d.app, user: d.by}, nil
}
