package app

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"
)

func inUTF16(order binary.AppendByteOrder, text string) (b []byte) {
	for _, unit := range utf16.Encode([]rune(text)) {
		b = order.AppendUint16(b, unit)
	}
	return b
}

// TestSecretInOtherEncodings: a secret that was saved with a byte-order mark,
// or as UTF-16, is read as the text that it is; what is no text is refused.
func TestSecretInOtherEncodings(t *testing.T) {
	t.Parallel()
	const secret = "s3cret~é8Q"
	for name, text := range map[string][]byte{
		"plain":                      []byte(secret),
		"UTF-8 with a mark":          []byte("\xef\xbb\xbf" + secret + "\r\n"),
		"UTF-16 little-endian":       inUTF16(binary.LittleEndian, "\ufeff"+secret+"\r\n"),
		"UTF-16 big-endian":          inUTF16(binary.BigEndian, "\ufeff"+secret+"\r\n"),
		"UTF-16 LE without its mark": inUTF16(binary.LittleEndian, strings.ReplaceAll(secret, "é", "")+"\r\n"),
		"UTF-16 BE without its mark": inUTF16(binary.BigEndian, strings.ReplaceAll(secret, "é", "")+"\r\n"),
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "secret"), text, 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := SecretRef{ref: "file:secret", base: dir}.Reveal(t.Context())
		want := secret
		if strings.Contains(name, "without") {
			want = strings.ReplaceAll(secret, "é", "")
		}
		if err != nil || got != want {
			t.Errorf("%s: got %q, %v", name, got, err)
		}
	}
	for name, text := range map[string]string{"a zero byte": "s3\x00cret", "an escape": "s3\x1bcret", "no UTF-8": "s3\xffcret"} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "secret"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := SecretRef{ref: "file:secret", base: dir}.Reveal(t.Context())
		if got != "" || err == nil || err.Error() != "secret: file:[…] holds bytes that are no text: store it as UTF-8, without anything else" {
			t.Errorf("%s: got %q, %v", name, got, err)
		}
	}
	if der := []byte{0x30, 0x82, 0, 1, 0xff, 0xfe}; !bytes.Equal(plainText(der), der) {
		t.Error("PKCS#12 was changed")
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "secret"), []byte("\xef\xbb\xbf\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := (SecretRef{ref: "file:secret", base: dir}).Reveal(t.Context()); err == nil || !strings.HasSuffix(err.Error(), "is empty") {
		t.Errorf("a mark alone: %v", err)
	}
}
