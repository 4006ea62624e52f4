package sim

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
)

// digest is the one source of everything that looks random in a cloud: the
// same seed and the same words give the same bytes.
func digest(seed int64, words ...string) [32]byte {
	return sha256.Sum256(fmt.Appendf(nil, "%d\x00%s", seed, strings.Join(words, "\x00")))
}

// seededGUID returns a version 4 GUID that depends on seed and words alone.
func seededGUID(seed int64, words ...string) string {
	sum := digest(seed, words...)
	return formatGUID(sum[:16])
}

// seededHex returns n hexadecimal digits, at most 64, from seed and words.
func seededHex(seed int64, n int, words ...string) string {
	sum := digest(seed, words...)
	return hex.EncodeToString(sum[:])[:n]
}

// seededSecret returns a client secret of the length and alphabet that Entra uses.
func seededSecret(seed int64, words ...string) string {
	sum := digest(seed, words...)
	text := base64.RawURLEncoding.EncodeToString(sum[:])
	return text[:3] + "8Q~" + text[3:37]
}

// newGUID returns a random GUID, for request ids.
func newGUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails: it stops the process instead
	return formatGUID(b[:])
}

func formatGUID(b []byte) string {
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:16])
}

// guidBytes returns the sixteen bytes of a GUID in the order .NET keeps them,
// where the first three groups are little-endian.
func guidBytes(s string) ([16]byte, error) {
	var out [16]byte
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return out, fmt.Errorf("%q is not a GUID", s)
	}
	b, err := hex.DecodeString(strings.ReplaceAll(s, "-", ""))
	if err != nil || len(b) != 16 {
		return out, fmt.Errorf("%q is not a GUID", s)
	}
	binary.LittleEndian.PutUint32(out[0:], binary.BigEndian.Uint32(b[0:]))
	binary.LittleEndian.PutUint16(out[4:], binary.BigEndian.Uint16(b[4:]))
	binary.LittleEndian.PutUint16(out[6:], binary.BigEndian.Uint16(b[6:]))
	copy(out[8:], b[8:])
	return out, nil
}

// sidOf returns the SID by which Windows knows an Entra object: the four
// 32-bit words of its object id under S-1-12-1. Other ids have none.
func sidOf(objectID string) string {
	b, err := guidBytes(objectID)
	if err != nil {
		return ""
	}
	word := func(i int) uint32 { return binary.LittleEndian.Uint32(b[i:]) }
	return fmt.Sprintf("S-1-12-1-%d-%d-%d-%d", word(0), word(4), word(8), word(12))
}
