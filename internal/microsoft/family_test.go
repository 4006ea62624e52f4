package microsoft

import (
	"net/http"
	"strings"
)

// familyOf returns the family that a call to Graph belongs to, by its path
// below the version, as Microsoft's pages list them. Tests hold each call
// against it.
func familyOf(method, path string) Family {
	within := func(prefix string) bool { return path == prefix || strings.HasPrefix(path, prefix+"/") }
	switch path = strings.ToLower(path); {
	case within("/identityprotection"), within("/identity/conditionalaccess"):
		return FamilyIdentityProtection
	case within("/security/securescores"), within("/security/securescorecontrolprofiles"):
		return FamilySecureScore
	case path == "/security/runhuntingquery":
		return FamilyHunting
	case within("/security"):
		return FamilySecurity
	case within("/auditlogs"), within("/reports"):
		return FamilyReports
	case method != http.MethodGet && !strings.HasSuffix(path, "/checkmembergroups"):
		return FamilyDirectoryWrites
	}
	return FamilyDirectory
}
