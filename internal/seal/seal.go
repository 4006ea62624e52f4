// Package seal encrypts secrets that are kept, so that a database that leaks
// opens no tenant, and makes tokens that only we can have made.
//
// It does not know where the key comes from, nor where what it sealed is kept.
package seal

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// A Key seals and opens. Printing it shows nothing.
type Key struct {
	aead func() tink.AEAD // a func, because no way of printing calls it
}

// NewKey returns a new key set of one AES-256-GCM key, as the JSON that Parse
// reads. Whoever has it can open everything that was sealed with it.
func NewKey() ([]byte, error) {
	handle, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("seal: new key: %w", err)
	}
	return write(handle)
}

// Rotate returns set with a new key that seals from now on. The old keys stay
// and still open what they sealed.
func Rotate(set []byte) ([]byte, error) {
	handle, err := read(set)
	if err != nil {
		return nil, err
	}
	m := keyset.NewManagerFromHandle(handle)
	id, err := m.Add(aead.AES256GCMKeyTemplate())
	if err == nil {
		err = m.SetPrimary(id)
	}
	if err != nil {
		return nil, fmt.Errorf("seal: rotate: %w", err)
	}
	if handle, err = m.Handle(); err != nil {
		return nil, fmt.Errorf("seal: rotate: %w", err)
	}
	return write(handle)
}

// Parse reads a key set. The error never quotes it.
func Parse(set []byte) (*Key, error) {
	handle, err := read(set)
	if err != nil {
		return nil, err
	}
	primitive, err := aead.New(handle)
	if err != nil {
		return nil, errors.New("seal: the key set is not one for authenticated encryption")
	}
	return &Key{aead: func() tink.AEAD { return primitive }}, nil
}

// Seal encrypts secret. It opens again only with the same about, such as the
// tenant that the secret belongs to.
func (k *Key) Seal(secret []byte, about string) ([]byte, error) {
	sealed, err := k.aead().Encrypt(secret, []byte(about))
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return sealed, nil
}

// Open decrypts what Seal returned. It fails when the key is another, when
// what was sealed was changed, and when it was sealed about something else.
func (k *Key) Open(sealed []byte, about string) ([]byte, error) {
	secret, err := k.aead().Decrypt(sealed, []byte(about))
	if err != nil {
		return nil, errors.New("seal: it was sealed with another key, about something else, or was changed")
	}
	return secret, nil
}

func read(set []byte) (*keyset.Handle, error) {
	handle, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(set)))
	if err != nil {
		return nil, errors.New("seal: not a key set: make one with cordon key create")
	}
	return handle, nil
}

func write(handle *keyset.Handle) ([]byte, error) {
	var b bytes.Buffer
	if err := insecurecleartextkeyset.Write(handle, keyset.NewJSONWriter(&b)); err != nil {
		return nil, fmt.Errorf("seal: write key: %w", err)
	}
	return append(b.Bytes(), '\n'), nil
}
