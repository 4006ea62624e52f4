package sim

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The ids that a password and a mobile phone have for every user.
const (
	passwordMethodID = "28c10230-6103-485e-b985-444c60001490"
	mobileMethodID   = "3179e48a-750b-4051-897c-87b9720928f7"
)

// methodKinds are the kinds with a folder of their own, and the permission that
// suffices to delete from it, where there is one.
func methodKinds() map[string]string {
	return map[string]string{"email": "", "externalAuthentication": "", "fido2": "UserAuthMethod-Passkey.ReadWrite.All",
		"microsoftAuthenticator": "UserAuthMethod-MicrosoftAuthApp.ReadWrite.All", "phone": "UserAuthMethod-Phone.ReadWrite.All",
		"password": "", "platformCredential": "", "softwareOath": "UserAuthMethod-SoftwareOATH.ReadWrite.All",
		"temporaryAccessPass": "UserAuthMethod-TAP.ReadWrite.All", "windowsHelloForBusiness": ""}
}

// methodRoutes are the ways in which a user proves who it is.
func methodRoutes() []route {
	const base, write = "users/{id}/authentication/", "UserAuthenticationMethod.ReadWrite.All"
	read := need("UserAuthenticationMethod.Read.All " + write)
	routes := []route{
		{method: http.MethodGet, path: base + "methods", needs: read, view: view{options: "$select $top $skiptoken", page: 2, top: 100}, do: listMethods},
		{method: http.MethodGet, path: base + "methods/{id}", needs: read, view: view{options: "$select"}, do: getMethod},
		{method: http.MethodPost, path: base + "temporaryAccessPassMethods", do: addPass, needs: need(write + " UserAuthMethod-TAP.ReadWrite.All")},
	}
	for kind, own := range methodKinds() {
		routes = append(routes, route{method: http.MethodDelete, path: base + kind + "Methods/{id}", needs: need(write + " " + own), do: deleteMethod})
	}
	return each(routes, func(r *route) { r.family, r.denied = familyMethods, deniedDirectory })
}

// methodsOf returns the methods of the user that the path names.
func (x *exchange) methodsOf(c *call) (*object, *collection, error) {
	name := c.parts(x)[1]
	user := c.tenant.findUser(name)
	if user == nil {
		return nil, nil, noUser(name)
	}
	return user, c.tenant.collection(resUsers + "/" + idOf(user) + "/authentication/methods"), nil
}

// populateMethods gives everybody a password, and whoever is no account of
// last resort an app and most of them a phone. The app is the default.
func (t *tenant) populateMethods(id string, c *collection) {
	user := t.collection(resUsers).get(id)
	if user == nil {
		return
	}
	since := user.text("createdDateTime")
	add := func(kind, id string, rest ...any) {
		c.put(newObject(append([]any{"@odata.type", "#microsoft.graph." + kind + "AuthenticationMethod", "id", id}, rest...)...))
	}
	add("password", passwordMethodID, "password", nil, "createdDateTime", since)
	if t.lastResort(id) {
		add("fido2", t.hex(32, "fido2", id), "displayName", "Security key", "createdDateTime", since, "model", "Key 5", "aaGuid", t.guid("model"),
			"attestationCertificates", []string{}, "attestationLevel", "attested")
		return
	}
	add("microsoftAuthenticator", t.guid("authenticator", id), "displayName", "Phone", "deviceTag", "SoftwareTokenActivated", "phoneAppVersion", "6.2404.2",
		"createdDateTime", since)
	sum := digest(t.cloud.opts.Seed, t.key("phone", id)...)
	if sum[0]%4 > 0 {
		add("phone", mobileMethodID, "phoneNumber", "+49 1515550"+strconv.Itoa(100+int(sum[1])), "phoneType", "mobile", "smsSignInState", "notAllowedByPolicy",
			"createdDateTime", since)
	}
}

// lastResort reports whether a user is a break-glass account.
func (t *tenant) lastResort(id string) bool {
	return slices.ContainsFunc(t.spec().Users, func(u userSpec) bool { return u.BreakGlass && t.guid("user", u.Key) == id })
}

func listMethods(x *exchange, c *call) (answer, error) {
	user, methods, err := x.methodsOf(c)
	if err != nil {
		return answer{}, err
	}
	return x.page(c, "users('"+idOf(user)+"')/authentication/methods", methods)
}

func getMethod(x *exchange, c *call) (answer, error) {
	user, methods, err := x.methodsOf(c)
	if err != nil {
		return answer{}, err
	}
	o := methods.get(c.id)
	if o == nil {
		return answer{}, missing(c.id)
	}
	return entity(x.context("users('"+idOf(user)+"')/authentication/methods/$entity"), c.query.shape(o)), nil
}

// methodKind returns the kind of a method, as the folders name it.
func methodKind(o *object) string {
	return strings.TrimSuffix(strings.TrimPrefix(o.text("@odata.type"), "#microsoft.graph."), "AuthenticationMethod")
}

// deleteMethod takes a method away. The default one goes last.
func deleteMethod(x *exchange, c *call) (answer, error) {
	_, methods, err := x.methodsOf(c)
	if err != nil {
		return answer{}, err
	}
	o := methods.get(c.id)
	if o == nil || methodKind(o) != strings.TrimSuffix(c.parts(x)[3], "Methods") {
		return answer{}, missing(c.id)
	}
	if methodKind(o) == "password" {
		return answer{}, badRequest("A password cannot be deleted.")
	}
	if isDefault, others := defaultMethod(methods); isDefault == o && others > 0 {
		return answer{}, badRequest("The requested authentication method is the user's default authentication method and cannot be deleted while others exist.")
	}
	methods.remove(c.id)
	return noContent(), nil
}

// passOver reports whether the time of a temporary access pass has passed.
func passOver(o *object, now time.Time) bool {
	begin, err := parseTime(o.text("startDateTime"))
	minutes, err2 := strconv.Atoi(string(o.raw("lifetimeInMinutes")))
	return err == nil && err2 == nil && begin.Add(time.Duration(minutes)*time.Minute).Before(now)
}

// defaultMethod is the oldest method that is neither a password nor a pass,
// and how many more of that sort there are.
func defaultMethod(methods *collection) (first *object, others int) {
	for _, o := range methods.objects() {
		switch kind := methodKind(o); {
		case kind == "password" || kind == "temporaryAccessPass":
		case first == nil:
			first = o
		default:
			others++
		}
	}
	return first, others
}
