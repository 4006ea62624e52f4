package microsoft

import (
	"cmp"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// call makes the call of an item, or says why it must not leave.
func (i BatchItem) call() (*batchCall, error) {
	path, query, err := batchURL(i.URL)
	if err != nil {
		return nil, err
	}
	method := cmp.Or(i.Method, http.MethodGet)
	if !slices.Contains([]string{http.MethodGet, http.MethodPost, http.MethodPatch, http.MethodPut, http.MethodDelete}, method) {
		return nil, errors.New("a method that Graph does not have")
	}
	if i.Cost < 0 || i.Cost > 100 {
		return nil, errors.New("a cost is between 0 and 100 units")
	}
	q := &request{method: method, service: graph, path: "/v1.0" + path, query: query, requestID: i.RequestID,
		question: isQuestion(method, path), family: familyOf(method, path), cost: cmp.Or(i.Cost, 1)}
	if i.Body != nil {
		if q.body, err = json.Marshal(i.Body); err != nil {
			return nil, err
		}
	}
	return &batchCall{q: q, url: strings.TrimSuffix(path+"?"+query, "?")}, nil
}

// batchURL takes the address of an item apart. It must be a plain path below
// the version: the service gives the token of the batch to all of them. A
// batch cannot hold another.
func batchURL(text string) (path, query string, err error) {
	u, err := url.Parse(text)
	if err != nil || len(text) > linkCeiling || u.Scheme != "" || u.Host != "" || u.User != nil || u.Opaque != "" || strings.Contains(text, "#") {
		return "", "", errors.New("not an address below the version")
	}
	path = strings.TrimPrefix(u.EscapedPath(), "/v1.0/")
	path = "/" + strings.TrimPrefix(path, "/")
	for segment := range strings.SplitSeq(path[1:], "/") {
		plain, err := url.PathUnescape(segment)
		switch {
		case err != nil, plain == "", plain == ".", plain == "..", strings.ContainsAny(plain, "/\\"):
			return "", "", errors.New("not an address below the version")
		case strings.EqualFold(plain, "$batch"):
			return "", "", errors.New("a batch holds no batch")
		}
	}
	return path, u.RawQuery, nil
}

// familyOf returns the family that a call to Graph belongs to, by its path
// below the version.
func familyOf(method, path string) Family {
	within := func(prefix string) bool { return path == prefix || strings.HasPrefix(path, prefix+"/") }
	switch path = strings.ToLower(path); {
	case within("/identityprotection"), within("/identity/conditionalaccess"):
		return FamilyIdentityProtection
	case within("/security/securescores"), within("/security/securescorecontrolprofiles"):
		return FamilySecureScore
	case strings.HasSuffix(path, "/runhuntingquery"), strings.HasSuffix(path, ".runhuntingquery"):
		return FamilyHunting
	case within("/security"):
		return FamilySecurity
	case within("/auditlogs"), within("/reports"), strings.Contains(path, "/authentication/"):
		return FamilyReports
	case within("/subscriptions"):
		return FamilySubscriptions
	case method != http.MethodGet && !isQuestion(method, path):
		return FamilyDirectoryWrites
	}
	return FamilyDirectory
}

// isQuestion reports whether a call reads although it is a POST.
func isQuestion(method, path string) bool {
	verb := path[strings.LastIndexAny(path, "/.")+1:]
	switch strings.ToLower(verb) {
	case "checkmembergroups", "checkmemberobjects", "getmembergroups", "getmemberobjects", "getbyids", "runhuntingquery":
		return method == http.MethodPost
	}
	return false
}
