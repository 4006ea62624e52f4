package microsoft

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
)

// ForcePasswordChange makes a user choose a new password at the next sign-in.
// The old one opens until then: to lock somebody out, ResetPassword. Of an
// account that Active Directory keeps the password is changed there.
//
// Wire:  PATCH /users/{id}
// Needs: User-PasswordProfile.ReadWrite.All
// Role:  Privileged Authentication Administrator, for a user who is an administrator
func (s *UsersService) ForcePasswordChange(ctx context.Context, id, requestID string) error {
	body := map[string]passwordProfile{"passwordProfile": {ForceChange: true}}
	return s.change(ctx, http.MethodPatch, id, "", body, requestID)
}

// ResetPassword gives a user a random password that nobody knows, and makes
// them choose a new one at the next sign-in. They get in by self-service reset
// or with what an administrator gives them. The password is made here, is not
// returned, and appears nowhere.
//
// Wire:  PATCH /users/{id}
// Needs: User-PasswordProfile.ReadWrite.All
// Role:  Privileged Authentication Administrator, for a user who is an administrator
func (s *UsersService) ResetPassword(ctx context.Context, id, requestID string) error {
	password := randomPassword()
	body := map[string]passwordProfile{"passwordProfile": {Password: password, ForceChange: true}}
	err := s.change(ctx, http.MethodPatch, id, "", body, requestID)
	var e *Error
	if errors.As(err, &e) {
		e.Message = scrub(e.Message, password)
		e.Code = scrub(e.Code, password)
	}
	return err
}

// randomPassword returns 128 random bits and one character of each kind that
// a policy may demand.
func randomPassword() string { return rand.Text() + "-aA1" }

type passwordProfile struct {
	Password    string `json:"password,omitempty"`
	ForceChange bool   `json:"forceChangePasswordNextSignIn"`
}
