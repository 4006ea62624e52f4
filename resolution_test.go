package cordon

import (
	"reflect"
	"testing"
)

// A name keeps the one user whom it meant before, in whatever kind; not one
// that somebody merely shows, nor one of two.
func TestRecall(t *testing.T) {
	t.Parallel()
	const id, other = "10000000-0000-4000-8000-000000000001", "10000000-0000-4000-8000-000000000002"
	now := NewUser("", "inga@old.example", "")
	before := NewUser(id, "i2051@contoso.com", "").Add(NameMail, "inga@old.example")
	tests := []struct {
		name  string
		e     Entity
		known []Entity
		want  Entity
	}{
		{"nobody known", now, nil, now},
		{"known as a mail address", now, []Entity{before}, before},
		{"with one more name", now.Add(NameSID, "S-1-5-21-1"), []Entity{before}, before.Add(NameSID, "S-1-5-21-1")},
		{"known without object id", now, []Entity{NewUser("", "inga@old.example", "")}, now},
		{"only shown so", now, []Entity{NewUser(other, "eve@contoso.com", "").Add(NameDisplayName, "inga@old.example")}, now},
		{"two users", now, []Entity{before, NewUser(other, "inga@old.example", "")}, now},
		{"object id known", NewUser(other, "inga@old.example", ""), []Entity{before}, NewUser(other, "inga@old.example", "")},
		{"a device", NewDevice("inga@old.example", ""), []Entity{before}, NewDevice("inga@old.example", "")},
	}
	for _, tt := range tests {
		if got := tt.e.Recall(tt.known); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: got %+v, want %+v", tt.name, got, tt.want)
		}
	}
}
