package cordon_test

import (
	"reflect"
	"slices"
	"testing"

	"github.com/cordonhq/cordon"
	"pgregory.net/rapid"
)

const onPremSID = "S-1-5-21-1004336348-1177238915-682003330-1104"

func TestNewUser(t *testing.T) {
	t.Parallel()
	name := func(k cordon.NameKind, v string) cordon.Name { return cordon.Name{Kind: k, Value: v} }
	tests := []struct {
		name               string
		objectID, upn, sid string
		want               []cordon.Name
	}{
		{"cloud SID alone", "", "", recordedSID, []cordon.Name{name(cordon.NameObjectID, recordedID)}},
		{"object id and cloud SID", recordedID, "", recordedSID, []cordon.Name{name(cordon.NameObjectID, recordedID)}},
		{"on-premises SID", "", "", onPremSID, []cordon.Name{name(cordon.NameSID, "s-1-5-21-1004336348-1177238915-682003330-1104")}},
		{
			"all, in capitals and spaces", " 588D7C15-8565-448E-BC2D-57F2B7C4C58A", "Ada@Contoso.com ", onPremSID,
			[]cordon.Name{name(cordon.NameObjectID, recordedID), name(cordon.NameUPN, "ada@contoso.com"), name(cordon.NameSID, "s-1-5-21-1004336348-1177238915-682003330-1104")},
		},
		{"nothing", "", " ", "", nil},
		{"the nil GUID", "00000000-0000-0000-0000-000000000000", "", "S-1-12-1-0-0-0-0", nil},
	}
	for _, tt := range tests {
		got := cordon.NewUser(tt.objectID, tt.upn, tt.sid)
		if want := (cordon.Entity{Kind: cordon.KindUser, Names: tt.want}); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v, want %+v", tt.name, got, want)
		}
	}
}

func TestEntityNames(t *testing.T) {
	t.Parallel()
	user := cordon.NewUser(recordedID, "ada@contoso.com", "").Add(cordon.NameDisplayName, "Ada Lovelace")
	shown := cordon.Entity{Kind: cordon.KindUser}.Add(cordon.NameDisplayName, "Ada Lovelace")
	device := cordon.NewDevice("505D70d8", "f18bd540-d5e4-46e0-8ddd-3d03a59e4e14").Add(cordon.NameDisplayName, "clw555test")
	tests := []struct {
		name              string
		e                 cordon.Entity
		id, label, called string
	}{
		{"user", user, recordedID, "ada@contoso.com", "ADA@contoso.com"},
		{"user without a UPN", cordon.NewUser(recordedID, "", "").Add(cordon.NameDisplayName, "Ada"), recordedID, "Ada", "ada"},
		{"shown name alone", shown, "", "Ada Lovelace", "ada lovelace"},
		{"device", device, "505d70d8", "clw555test", "F18BD540-d5e4-46e0-8ddd-3d03a59e4e14"},
		{"tenant", cordon.NewTenantEntity("ABC"), "abc", "abc", "Abc"},
		{"nobody", cordon.Entity{}, "", "", ""},
	}
	for _, tt := range tests {
		if tt.e.ID() != tt.id || tt.e.Label() != tt.label || tt.e.Called(tt.called) != (tt.called != "") || tt.e.Called("other") {
			t.Errorf("%s: got id %q, label %q, called %v", tt.name, tt.e.ID(), tt.e.Label(), tt.e.Called(tt.called))
		}
	}
	if got := user.Name(cordon.NameSID); got != "" {
		t.Errorf("a name it does not have: %q", got)
	}
	if shown.Same(user) || user.Same(shown) || shown.Same(shown) {
		t.Error("a shown name joins: anybody may take it")
	}
	if (cordon.Entity{}).Same(cordon.Entity{}) {
		t.Error("two without names are the same")
	}
	if twin := (cordon.Entity{Kind: cordon.KindServicePrincipal}).Add(cordon.NameObjectID, recordedID); twin.Same(user) {
		t.Error("entities of different kinds are the same")
	}
	if other := cordon.NewDevice(recordedID, ""); other.Same(cordon.NewDevice("", recordedID)) {
		t.Error("the same text in two name spaces joins")
	}
}

// Adding never writes into the entity that was there before.
func TestAddLeavesTheFirst(t *testing.T) {
	t.Parallel()
	first := cordon.NewUser(recordedID, "ada@contoso.com", "")
	first.Names = slices.Grow(first.Names, 8)
	kept := slices.Clone(first.Names)
	a, b := first.Add(cordon.NameSID, "a"), first.Add(cordon.NameSID, "b")
	if !slices.Equal(first.Names, kept) || a.Name(cordon.NameSID) != "a" || b.Name(cordon.NameSID) != "b" {
		t.Errorf("got %+v, %+v and %+v", first, a, b)
	}
}

// entities draws users out of few names, so that they meet.
func entities() *rapid.Generator[cordon.Entity] {
	return rapid.Custom(func(t *rapid.T) cordon.Entity {
		word := func(label string, of ...string) string { return rapid.SampledFrom(append(of, "", " ")).Draw(t, label) }
		e := cordon.NewUser(word("id", recordedID, "588D7C15-8565-448E-BC2D-57F2B7C4C58A", "b"), word("upn", "ada@x", "ADA@x", "lin@x"), word("sid", recordedSID, onPremSID, "S-1-5-18"))
		return e.Add(cordon.NameDisplayName, word("shown", "Ada", "ada", "Lin"))
	})
}

func TestEntityProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := entities().Draw(t, "a"), entities().Draw(t, "b"), entities().Draw(t, "c")
		if !reflect.DeepEqual(a.Join(b), b.Join(a)) || a.Join(b).ID() != b.Join(a).ID() {
			t.Errorf("joined one way %+v, the other %+v", a.Join(b), b.Join(a))
		}
		if !reflect.DeepEqual(a.Join(b).Join(c), a.Join(b.Join(c))) {
			t.Errorf("%+v, %+v and %+v join differently in another order", a, b, c)
		}
		if !reflect.DeepEqual(a.Join(a), a) {
			t.Errorf("%+v joined with itself is %+v", a, a.Join(a))
		}
		if a.Same(b) != b.Same(a) {
			t.Errorf("%+v and %+v: the same one way only", a, b)
		}
		if a.ID() != "" && (!a.Same(a) || !a.Same(a.Join(b)) || !a.Called(a.ID())) {
			t.Errorf("%+v is not itself", a)
		}
		if a.ID() == "" && (a.Same(b) || b.Same(a)) {
			t.Errorf("%+v has no name to join by and is %+v", a, b)
		}
	})
}

// What feeds write where they know no name is no name: else all users whom
// they do not know would be one.
func TestPlaceholderIsNoName(t *testing.T) {
	t.Parallel()
	for _, value := range []string{
		"", " ", "N/A", "unknown", "(Unknown)", "None", "null", "-", "<not available>", "00000000-0000-0000-0000-000000000000", "@contoso.example", "ada@", "ada",
	} {
		if u := cordon.NewUser("", value, ""); len(u.Names) != 0 {
			t.Errorf("the user principal name %q was taken: %+v", value, u)
		}
	}
	for _, kind := range []cordon.NameKind{cordon.NameObjectID, cordon.NameSID, cordon.NameMail, cordon.NameAccount, cordon.NameMachineID, cordon.NameHost} {
		if e := (cordon.Entity{Kind: cordon.KindUser}).Add(kind, "N/A"); len(e.Names) != 0 {
			t.Errorf("%s N/A was taken", kind)
		}
	}
	for _, e := range []cordon.Entity{
		cordon.NewUser("", "unknown@contoso.example", ""),
		{Kind: cordon.KindUser, Names: []cordon.Name{{Kind: cordon.NameAccount, Value: `contoso\unknown`}}},
	} {
		if got := (cordon.Entity{Kind: e.Kind}).Join(e); len(got.Names) != 1 {
			t.Errorf("%+v was not taken", e)
		}
	}
}
