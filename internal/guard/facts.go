package guard

import (
	"slices"

	"github.com/cordonhq/cordon"
)

// globalAdmin is the template of the role of Global Administrators.
const globalAdmin = "62e90394-69f5-4237-9190-012177145e10"

// syncRoles returns the templates of the roles that only the directory-sync
// account holds: Directory Synchronization Accounts, and On Premises Directory
// Sync Account, which is newer.
func syncRoles() []string {
	return []string{"d29b2b05-8046-44ba-8758-1e26182fcf32", "a92aed5d-d78a-4d16-b381-09adb37eb3b0"}
}

// unprivileged returns the templates of the directory roles that give no power
// over others: the first row of Microsoft's table of who may change whom,
// without Password Administrator, who may reset passwords.
func unprivileged() []string {
	return []string{
		"88d8e3e3-8f55-4a1e-953a-9b9898b8876b", // Directory Readers
		"95e79109-95c0-4d8e-aee3-d01accf2d47b", // Guest Inviter
		"790c1fb9-7f7d-4f88-86a1-ef1f95c05c1b", // Message Center Reader
		"4a5d8f65-41da-4de4-8968-e035b65339cf", // Reports Reader
		"75934031-6c7e-415a-99d7-48dbd49e875e", // Usage Summary Reports Reader
	}
}

// IsSyncRole reports whether a role template is that of the directory-sync
// account.
func IsSyncRole(template string) bool { return slices.Contains(syncRoles(), folded(template)) }

// IsPrivileged reports whether a role template gives power over others. A
// role that is not known does.
func IsPrivileged(template string) bool {
	return !IsSyncRole(template) && !slices.Contains(unprivileged(), folded(template))
}

// Outgrown returns the reasons for a hold that a tenant's mode no longer
// gives.
func Outgrown(m cordon.Mode) []cordon.Reason {
	switch m {
	case cordon.ModeProtect:
		return []cordon.Reason{cordon.ReasonModeApprove}
	case cordon.ModeEnforce:
		return []cordon.Reason{cordon.ReasonModeApprove, cordon.ReasonModeProtect}
	default:
		return nil
	}
}
