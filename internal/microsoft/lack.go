package microsoft

import (
	"net/http"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/cordonhq/cordon"
)

// A lack is a refusal that says that the tenant does not have something: the
// licence, or the product. Such a source counts as having nothing to tell,
// so only what a source of ours lists is taken for one. Every other refusal
// means that we lack a permission.
type lack struct {
	apis     []string // the path begins with one of them
	statuses []int
	codes    []string // one of them; none: any
	text     string   // the message begins with it; "": the code says it alone
	kind     error
	source   string
}

const (
	pathsRisk        = "/v1.0/identityProtection/"
	pathsConditional = "/v1.0/identity/conditionalAccess/"
	pathsLogs        = "/v1.0/auditLogs/"
	pathsSecurity    = "/v1.0/security/"
	pathsIdentities  = "/v1.0/security/identities/"
	pathsEndpoint    = "/api/"
)

// lacks are all of them. Microsoft appends hints to its sentences, so a
// message is compared from its beginning, up to the end of the sentence.
func lacks() []lack {
	forbidden, refused := []int{http.StatusForbidden}, []int{http.StatusUnauthorized, http.StatusForbidden}
	defender := []string{pathsSecurity, pathsEndpoint}
	return []lack{
		{[]string{pathsRisk, pathsConditional}, forbidden, []string{"Forbidden", "AccessDenied"}, "Your tenant is not licensed for this feature.", cordon.ErrUnlicensed,
			"third-party code and captured answers of Entra ID Protection and Conditional Access"},
		{[]string{pathsLogs}, forbidden, []string{"Authentication_RequestFromNonPremiumTenantOrB2CTenant"}, "", cordon.ErrUnlicensed,
			"third-party code and captured answers of sign-in logs; the words vary, the code does not"},
		{defender, refused, nil, "Account is not provisioned.", cordon.ErrNotProvisioned,
			"third-party code and captured answers of tenants without Defender"},
		{defender, refused, nil, "Unauthorized request - Account is not provisioned.", cordon.ErrNotProvisioned,
			"the same"},
		{[]string{pathsIdentities}, forbidden, []string{"Forbidden"}, "Tenant is not onboarded to Microsoft Defender for Identity", cordon.ErrNotProvisioned,
			"microsoft/zerotrustassessment#1352"},
	}
}

// lackOf returns what a refusal says that the tenant lacks, or nil.
func lackOf(e *Error) error {
	if e.Status != http.StatusUnauthorized && e.Status != http.StatusForbidden {
		return nil
	}
	for _, l := range lacks() {
		if l.says(e) {
			return l.kind
		}
	}
	return nil
}

func (l lack) says(e *Error) bool {
	ours := func(api string) bool { return strings.HasPrefix(strings.ToLower(e.Path), strings.ToLower(api)) }
	return slices.ContainsFunc(l.apis, ours) && slices.Contains(l.statuses, e.Status) &&
		(len(l.codes) == 0 || slices.Contains(l.codes, e.Code)) && begins(e.Message, l.text)
}

// begins reports whether a message begins with a sentence, whatever the case
// of its letters.
func begins(message, sentence string) bool {
	message = strings.TrimSpace(message)
	if len(message) < len(sentence) || !strings.EqualFold(message[:len(sentence)], sentence) {
		return false
	}
	next, _ := utf8.DecodeRuneInString(message[len(sentence):])
	return sentence == "" || !unicode.IsLetter(next) && !unicode.IsDigit(next)
}
