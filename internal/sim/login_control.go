package sim

import (
	"net/http"
	"strconv"
	"strings"
)

// loginControl adds the calls that steer sign-in to the control API.
func (c *Cloud) loginControl(mux *http.ServeMux) {
	mux.HandleFunc("POST /certificates", take(c.RegisterCertificate))
	mux.HandleFunc("POST /federations", take(c.RegisterFederation))
	mux.HandleFunc("POST /apps", take(c.ChangeApp))
	mux.HandleFunc("POST /browser", take(c.SetBrowser))
	mux.HandleFunc("POST /device", take(func(in struct {
		UserCode string `json:"user_code"`
		As       string `json:"as"`
		Decline  bool   `json:"decline"`
	}) error {
		return c.CompleteDevice(in.UserCode, in.As, in.Decline)
	}))
	mux.HandleFunc("GET /identity", c.handleIdentity)
}

// take turns a command with a body into a handler.
func take[T any](do func(T) error) http.HandlerFunc {
	return reply(func(r *http.Request) (any, error) {
		var in T
		if err := readControl(r, &in); err != nil {
			return nil, err
		}
		return done{}, do(in)
	})
}

// handleIdentity is the endpoint of a managed identity, as App Service has
// it: IDENTITY_ENDPOINT points here, and IDENTITY_HEADER may be anything. The
// identity is the app of a tenant, by client_id or of the first.
func (c *Cloud) handleIdentity(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	refused := func(status int, message string) {
		writeControl(w, status, map[string]any{"statusCode": status, "message": message})
	}
	if r.Header.Get("X-Identity-Header") == "" {
		refused(http.StatusUnauthorized, "The header X-IDENTITY-HEADER is missing.")
		return
	}
	t := c.tenants[0]
	if id := query.Get("client_id"); id != "" {
		if t = c.registry.home[strings.ToLower(id)]; t == nil {
			refused(http.StatusBadRequest, "No User Assigned or Delegated Managed Identity found for specified ClientId.")
			return
		}
	}
	resource := strings.TrimSuffix(query.Get("resource"), "/")
	service, ok := c.audienceService(resource)
	if !ok {
		refused(http.StatusBadRequest, "The resource is unknown.")
		return
	}
	claims := t.claimsFor(resource, t.clientID, "2", c.grantedRoles(t, service))
	text, err := c.keys.sign(claims)
	if err != nil {
		refused(http.StatusInternalServerError, err.Error())
		return
	}
	writeControl(w, http.StatusOK, newObject("access_token", text, "expires_on", strconv.FormatInt(claims.Expires, 10),
		"resource", resource, "token_type", "Bearer", "client_id", t.clientID))
}
