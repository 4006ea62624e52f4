package guard

import (
	"reflect"
	"testing"
)

// One cause is told once, with everything that it kept from being read.
func TestByCause(t *testing.T) {
	t.Parallel()
	got := byCause([]string{
		"user: microsoft: GET /v1.0/users/1: unavailable: connection refused",
		"roles of the user (grant the app RoleManagement.Read.Directory): microsoft: GET /v1.0/users/1/transitiveMemberOf: 403 Authorization_RequestDenied: no (request r1)",
		"the playbook x is no longer there",
		"global administrators: global administrators: microsoft: GET /v1.0/directoryRoles: unavailable: connection refused",
		"conditional access policies: microsoft: GET /v1.0/identity: unavailable: connection refused",
		"state before: microsoft: GET /v1.0/users/1: unavailable: connection refused",
	})
	want := []string{
		"user, global administrators, conditional access policies, state before: unavailable: connection refused",
		"roles of the user (grant the app RoleManagement.Read.Directory): microsoft: GET /v1.0/users/1/transitiveMemberOf: 403 Authorization_RequestDenied: no (request r1)",
		"the playbook x is no longer there",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}
