package microsoft

import (
	"slices"
	"strings"
)

// Covered reports whether what is granted lets one do what permission does:
// itself, its writing form for a reading one, or one that Microsoft documents
// as accepted instead.
//
// Source: microsoft-graph-devx-content permissions.
func Covered(permission string, granted []string) bool {
	ways := []string{permission}
	if reading, ok := strings.CutSuffix(permission, ".Read.All"); ok {
		ways = append(ways, reading+".ReadWrite.All")
	}
	switch permission {
	case "Policy.ReadWrite.SecurityDefaults":
		ways = append(ways, "Policy.ReadWrite.ConditionalAccess")
	case "User.RevokeSessions.All", "User.EnableDisableAccount.All":
		ways = append(ways, "User.ReadWrite.All", "Directory.ReadWrite.All")
	case "User.Read.All", "Organization.Read.All", "Domain.Read.All", "GroupMember.Read.All", "Application.Read.All", "RoleManagement.Read.Directory":
		ways = append(ways, "Directory.Read.All", "Directory.ReadWrite.All")
	}
	return slices.ContainsFunc(ways, func(way string) bool { return slices.Contains(granted, way) })
}
