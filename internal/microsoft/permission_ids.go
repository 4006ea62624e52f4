package microsoft

import "slices"

// ResourceAppID returns the app id of an API, which is the same in every
// tenant of the public cloud.
func ResourceAppID(r Resource) string {
	if r == ResourceDefender {
		return "fc780465-2017-40d4-a0c5-307022471b92" // WindowsDefenderATP
	}
	return "00000003-0000-0000-c000-000000000000"
}

// A permissionID is the id of an application permission.
type permissionID struct{ name, id string }

// PermissionID returns the id of an application permission of Graph in the
// public cloud. Those of Defender for Endpoint are not published: read them
// from a tenant, with AppsService.ResourceApp.
//
// Source: microsoft-graph-devx-content provisioningInfo.
func PermissionID(name string) (id string, ok bool) {
	i := slices.IndexFunc(permissionIDs(), func(p permissionID) bool { return p.name == name })
	if i < 0 {
		return "", false
	}
	return permissionIDs()[i].id, true
}

func permissionIDs() []permissionID {
	return []permissionID{
		{"Policy.Read.All", "246dd0d5-5bd0-4def-940b-0421030a5b68"},
		{"Policy.ReadWrite.SecurityDefaults", "1c6e93a6-28e2-4cbb-9f64-1a46a821124d"},
		{"Policy.ReadWrite.ConditionalAccess", "01c0a623-fc9b-48e9-b794-0756f8e8f067"},
		{"IdentityRiskEvent.Read.All", "6e472fd1-ad78-48da-a0f0-97ab2c6b769e"},
		{"IdentityRiskEvent.ReadWrite.All", "db06fb33-1953-4b7b-a2ac-f1e2c854f7ae"},
		{"IdentityRiskyUser.Read.All", "dc5007c0-2d7d-4c42-879c-2dab87571379"},
		{"IdentityRiskyUser.ReadWrite.All", "656f6061-f9fe-4807-9708-6a2e0934df76"},
		{"IdentityRiskyServicePrincipal.Read.All", "607c7344-0eed-41e5-823a-9695ebe1b7b0"},
		{"IdentityRiskyServicePrincipal.ReadWrite.All", "cb8d6980-6bcb-4507-afec-ed6de3a2d798"},
		{"SecurityIdentitiesAccount.Read.All", "c5bc96f5-b4a1-4cfc-8189-d5f0d772278f"},
		{"SecurityIdentitiesActions.ReadWrite.All", "af2bf46f-7bf1-4be3-8bad-e17e279e8462"},
		{"SecurityEvents.Read.All", "bf394140-e372-4bf9-a898-299cfc7564e5"},
		{"SecurityEvents.ReadWrite.All", "d903a879-88e0-4c09-b0c9-82f6a1333f84"},
		{"SecurityAlert.Read.All", "472e4a4d-bb4a-4026-98d1-0b0d74cb74a5"},
		{"SecurityAlert.ReadWrite.All", "ed4fca05-be46-441f-9803-1873825f8fdb"},
		{"SecurityIncident.Read.All", "45cc0394-e837-488b-a098-1918f48d186c"},
		{"SecurityIncident.ReadWrite.All", "34bf0e97-1971-4929-b999-9e2442d941d7"},
		{"ThreatHunting.Read.All", "dd98c7f5-2d42-42d3-a0e4-633161547251"},
		{"User.Read.All", "df021288-bdef-4463-88db-98f22de89214"},
		{"User.RevokeSessions.All", "77f3a031-c388-4f99-b373-dc68676a979e"},
		{"User.EnableDisableAccount.All", "3011c876-62b7-4ada-afa2-506cbbecc68c"},
		{"User-PasswordProfile.ReadWrite.All", "cc117bb9-00cf-4eb8-b580-ea2a878fe8f7"},
		{"UserAuthenticationMethod.Read.All", "38d9df27-64da-44fd-b7c5-a6fbac20248f"},
		{"UserAuthenticationMethod.ReadWrite.All", "50483e42-d915-4231-9639-7fdb7fd190e5"},
		{"AuditLog.Read.All", "b0afded3-3588-46d8-8b3d-9842eff778da"},
		{"RoleManagement.Read.Directory", "483bed4a-2ad3-4361-a73b-c83ccdbdc53c"},
		{"GroupMember.Read.All", "98830695-27a2-44f7-8c18-0c3ebc9698f6"},
		{"Organization.Read.All", "498476ce-e0fe-48b0-b801-37ba7e2685c6"},
		{"Directory.Read.All", "7ab1d382-f21e-4acd-a863-ba3e13f7da61"},
		{"DelegatedAdminRelationship.Read.All", "f6e9e124-4586-492f-adc0-c6f96e4823fd"},
	}
}

// A CallDoc says of a method what it asks of Microsoft, and what it needs for
// that. It is made of the method's own comment.
type CallDoc struct {
	Service  string   // field of Client; empty for a method of Client itself
	Method   string   // name of the method
	Wire     []string // HTTP method and path of each call
	Needs    []string // application permissions, all of them
	Resource Resource // whose permissions they are
	Role     string   // directory role that the app needs besides, and when
	Licence  string   // what the tenant must have
}
