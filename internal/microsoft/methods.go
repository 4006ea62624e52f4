package microsoft

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/cordonhq/cordon"
)

// AuthenticationMethods returns the ways in which a user can prove who they
// are.
//
// Wire:  GET /users/{id}/authentication/methods
// Needs: UserAuthenticationMethod.Read.All
func (s *UsersService) AuthenticationMethods(ctx context.Context, userID string) ([]AuthenticationMethod, error) {
	c := (*core)(s)
	q := get(graph, FamilyReports, 1, pathUsers+"/"+segment(userID)+"/authentication/methods", "")
	if !cordon.IsGUID(userID) {
		return nil, c.bad(q, "not an object id")
	}
	return collect[AuthenticationMethod](ctx, c, q)
}

// An AuthenticationMethod is one way in which a user proves who they are.
//
// Source: v1.0 metadata, authenticationMethod and the types made of it.
type AuthenticationMethod struct {
	Type            string `json:"@odata.type"` // such as "#microsoft.graph.phoneAuthenticationMethod"
	ID              string `json:"id"`
	CreatedDateTime string `json:"createdDateTime"`
	DisplayName     string `json:"displayName"`
	PhoneNumber     string `json:"phoneNumber"`
	PhoneType       string `json:"phoneType"`
	EmailAddress    string `json:"emailAddress"`
	Model           string `json:"model"` // of a security key
}

// Name returns what kind of method it is, such as "phone".
func (m AuthenticationMethod) Name() string {
	name := m.Type[strings.LastIndexByte(m.Type, '.')+1:]
	return strings.TrimSuffix(name, "AuthenticationMethod")
}

// Deletable reports whether a method of this kind can be taken away. The
// password cannot.
func (m AuthenticationMethod) Deletable() bool {
	switch m.Name() {
	case "email", "externalAuthentication", "fido2", "microsoftAuthenticator", "phone", "platformCredential",
		"softwareOath", "temporaryAccessPass", "windowsHelloForBusiness":
		return true
	}
	return false
}

// collection returns the name of the collection that the method is in.
func (m AuthenticationMethod) collection() string {
	if m.Name() == "externalAuthentication" {
		return "externalAuthenticationMethods"
	}
	return m.Name() + "Methods"
}

// DeleteAuthenticationMethod takes a method away from a user. The default
// method goes last: before the others it is ErrBadRequest.
//
// Wire:  DELETE /users/{id}/authentication/{type}Methods/{method}
// Needs: UserAuthenticationMethod.ReadWrite.All
func (s *UsersService) DeleteAuthenticationMethod(ctx context.Context, userID string, m AuthenticationMethod, requestID string) error {
	c := (*core)(s)
	path := pathUsers + "/" + segment(userID) + "/authentication/" + segment(m.collection()) + "/" + segment(m.ID)
	q := edit(http.MethodDelete, graph, FamilyReports, path, requestID)
	if !cordon.IsGUID(userID) || !isOpaque(m.ID) || !m.Deletable() {
		return c.bad(q, "needs an object id and a method that can be deleted")
	}
	_, err := c.send(ctx, q, nil)
	return err
}

// Bounds of a temporary access pass.
const (
	passShortest = 10 * time.Minute
	passLongest  = 30 * 24 * time.Hour
)

// CreateTemporaryAccessPass gives a user a pass that opens for that long, once
// or as often as they like. The tenant's policy may allow less.
//
// Wire:  POST /users/{id}/authentication/temporaryAccessPassMethods
// Needs: UserAuthMethod-TAP.ReadWrite.All
func (s *UsersService) CreateTemporaryAccessPass(ctx context.Context, userID string, life time.Duration, once bool, requestID string) (TemporaryAccessPass, error) {
	c := (*core)(s)
	path := pathUsers + "/" + segment(userID) + "/authentication/temporaryAccessPassMethods"
	q := edit(http.MethodPost, graph, FamilyReports, path, requestID)
	if !cordon.IsGUID(userID) || life < passShortest || life > passLongest {
		return TemporaryAccessPass{}, c.bad(q, "needs an object id and a time between 10 minutes and 30 days")
	}
	pass, err := answered[TemporaryAccessPass](ctx, c, q, map[string]any{"lifetimeInMinutes": int(life / time.Minute), "isUsableOnce": once})
	if err == nil && pass.Reveal() == "" {
		return TemporaryAccessPass{}, c.odd(q, "the answer carries no pass")
	}
	return pass, err
}

// A TemporaryAccessPass lets a user in who has lost everything else. It is a
// secret: printing it, or making JSON of it, does not show the pass.
type TemporaryAccessPass struct {
	ID            string
	StartDateTime string

	pass func() string // a func, because no way of printing calls it
}

// Reveal returns the pass, to be handed to the user and kept nowhere.
func (p TemporaryAccessPass) Reveal() string {
	if p.pass == nil {
		return ""
	}
	return p.pass()
}

// UnmarshalJSONFrom reads a pass that was just made. Later reads do not show
// it.
func (p *TemporaryAccessPass) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	raw, err := dec.ReadValue()
	if err != nil {
		return err
	}
	wire, _ := Decode[struct {
		ID            Text   `json:"id"`
		StartDateTime string `json:"startDateTime"`
		Pass          Text   `json:"temporaryAccessPass"`
	}](raw) // what is no object stays empty
	pass := string(wire.Pass)
	*p = TemporaryAccessPass{ID: string(wire.ID), StartDateTime: wire.StartDateTime, pass: func() string { return pass }}
	return nil
}
