package sim

// Info tells where the cloud answers and who may call it. It marshals to the
// one line of JSON that the command prints.
func (c *Cloud) Info() Info { return c.info }

// Info is what a client needs to know of a cloud.
type Info struct {
	LoginURL    string       `json:"login_url"`
	GraphURL    string       `json:"graph_url"`
	DefenderURL string       `json:"defender_url"`
	ControlURL  string       `json:"control_url"`
	CAFile      string       `json:"ca_file"`
	Tenants     []TenantInfo `json:"tenants"`
}

// TenantInfo names a tenant and the credential of the app that is consented there.
type TenantInfo struct {
	ID           string `json:"id"`
	Name         string `json:"name"`
	Domain       string `json:"domain"`
	ClientID     string `json:"client_id"`
	ClientSecret string `json:"client_secret"`
}
