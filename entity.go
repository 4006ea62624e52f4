package cordon

import (
	"cmp"
	"slices"
	"strings"
)

// An EntityKind says what an entity is.
type EntityKind string

// The kinds of entity.
const (
	KindUser             EntityKind = "user"
	KindDevice           EntityKind = "device"
	KindServicePrincipal EntityKind = "service_principal"
	KindTenant           EntityKind = "tenant"
)

// A NameKind says in which name space a name identifies an entity.
type NameKind string

// The kinds of name.
const (
	NameObjectID    NameKind = "object_id"    // Entra object id
	NameUPN         NameKind = "upn"          // user principal name
	NameSID         NameKind = "sid"          // on-premises security identifier
	NameMail        NameKind = "mail"         // mail address; whose it is, the directory says
	NameAccount     NameKind = "account"      // DOMAIN\user, or user alone, as Windows calls it
	NameMachineID   NameKind = "machine_id"   // Defender for Endpoint machine id
	NameDeviceID    NameKind = "device_id"    // Entra device id
	NameTenantID    NameKind = "tenant_id"    // directory id
	NameHost        NameKind = "host"         // name of a machine whose ids are not known
	NameDisplayName NameKind = "display_name" // for people to read; never joins
)

// A Name is one way by which a feed calls an entity.
type Name struct {
	Kind  NameKind `json:"kind"`
	Value string   `json:"value"`
}

// An Entity is somebody or something that signals speak about, under every
// name that is known for it.
type Entity struct {
	Kind  EntityKind `json:"kind"`
	Names []Name     `json:"names"`
}

// rank orders names from the one that identifies best.
func (k NameKind) rank() int {
	order := []NameKind{NameTenantID, NameObjectID, NameMachineID, NameDeviceID, NameUPN, NameSID, NameAccount, NameMail, NameHost, NameDisplayName}
	return slices.Index(order, k)
}

// NewUser returns the user known by those of the names that are not empty. A
// cloud SID is turned into the object id it stands for.
func NewUser(objectID, upn, sid string) Entity {
	e := Entity{Kind: KindUser}
	if id, ok := ObjectIDFromSID(sid); ok {
		objectID, sid = cmp.Or(objectID, id), ""
	}
	return e.Add(NameObjectID, objectID).Add(NameUPN, upn).Add(NameSID, sid)
}

// NewDevice returns the device known by those of the names that are not empty.
func NewDevice(machineID, deviceID string) Entity {
	return Entity{Kind: KindDevice}.Add(NameMachineID, machineID).Add(NameDeviceID, deviceID)
}

// NewTenantEntity returns the tenant itself as an entity.
func NewTenantEntity(id string) Entity {
	return Entity{Kind: KindTenant}.Add(NameTenantID, id)
}

// maxName bounds a name in bytes: nothing real is called anything longer.
const maxName = 512

// Add returns e known by one more name, in lower case except for display names.
// An empty or endless value, the nil GUID, a placeholder such as "N/A", a user
// principal name or mail address without a domain and a name it already has
// change nothing.
func (e Entity) Add(kind NameKind, value string) Entity {
	if value = strings.TrimSpace(value); len(value) > maxName {
		return e
	}
	if kind != NameDisplayName {
		value = strings.ToLower(value)
	}
	n := Name{Kind: kind, Value: value}
	if value == "" || kind != NameDisplayName && isPlaceholder(value) || kind.isAddress() && !hasDomain(value) || slices.Contains(e.Names, n) {
		return e
	}
	names := append(slices.Clone(e.Names), n)
	slices.SortFunc(names, func(a, b Name) int {
		return cmp.Or(cmp.Compare(a.Kind.rank(), b.Kind.rank()), cmp.Compare(a.Value, b.Value))
	})
	return Entity{Kind: e.Kind, Names: names}
}

// isPlaceholder reports whether feeds write value where they know no name.
func isPlaceholder(value string) bool {
	switch strings.Trim(value, "()[]<>") {
	case "00000000-0000-0000-0000-000000000000", "n/a", "na", "unknown", "none", "null", "undefined", "not available", "not applicable", "-", "--", "":
		return true
	}
	return false
}

func (k NameKind) isAddress() bool { return k == NameUPN || k == NameMail }

func hasDomain(address string) bool {
	user, domain, _ := strings.Cut(address, "@")
	return user != "" && domain != ""
}

// Join returns e known by its own names and those of other.
func (e Entity) Join(other Entity) Entity {
	for _, n := range other.Names {
		e = e.Add(n.Kind, n.Value)
	}
	return e
}

// Identifies reports whether two entities that share the name are one. A mail
// address may go to another user one day, and every domain has an
// administrator: those join only what the directory says. A display name may
// be anybody's.
func (k NameKind) Identifies() bool {
	return k != NameMail && k != NameAccount && k != NameHost && k != NameDisplayName
}

// Keys returns the names by which e is compared with others: those that
// identify, or, when it has none, those that the directory may resolve.
func (e Entity) Keys() []Name {
	var strong, weak []Name
	for _, n := range e.Names {
		switch {
		case n.Kind.Identifies():
			strong = append(strong, n)
		case n.Kind != NameDisplayName:
			weak = append(weak, n)
		}
	}
	if len(strong) > 0 {
		return strong
	}
	return weak
}

// Same reports whether e and other share a name by which they are compared.
func (e Entity) Same(other Entity) bool {
	if e.Kind != other.Kind {
		return false
	}
	keys := other.Keys()
	return slices.ContainsFunc(e.Keys(), func(n Name) bool { return slices.Contains(keys, n) })
}

// Name returns the first name of that kind, or "".
func (e Entity) Name(kind NameKind) string {
	for _, n := range e.Names {
		if n.Kind == kind {
			return n.Value
		}
	}
	return ""
}

// ID returns the name that identifies the entity best, or "" for one without
// a name.
func (e Entity) ID() string {
	if len(e.Names) == 0 || e.Names[0].Kind == NameDisplayName {
		return ""
	}
	return e.Names[0].Value
}

// Label returns the name that a person reads best.
func (e Entity) Label() string {
	return cmp.Or(e.Name(NameUPN), e.Name(NameMail), e.Name(NameDisplayName), e.Name(NameAccount), e.ID())
}

// Called reports whether s is one of the names of e.
func (e Entity) Called(s string) bool {
	return slices.ContainsFunc(e.Names, func(n Name) bool { return strings.EqualFold(n.Value, s) })
}
