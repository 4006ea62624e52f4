package cordon

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

// cloudSID begins every SID that Entra ID derives from an object id.
const cloudSID = "S-1-12-1-"

// ObjectIDFromSID returns the Entra object id that a cloud SID stands for:
// the four numbers after S-1-12-1 are the GUID's bytes, little-endian. It
// reports false for any other SID.
func ObjectIDFromSID(sid string) (string, bool) {
	if len(sid) < len(cloudSID) || !strings.EqualFold(sid[:len(cloudSID)], cloudSID) {
		return "", false
	}
	parts := strings.Split(sid[len(cloudSID):], "-")
	if len(parts) != 4 {
		return "", false
	}
	var b [16]byte
	for i, p := range parts {
		n, err := strconv.ParseUint(p, 10, 32)
		if err != nil {
			return "", false
		}
		binary.LittleEndian.PutUint32(b[4*i:], uint32(n))
	}
	return fmt.Sprintf("%08x-%04x-%04x-%x-%x",
		binary.LittleEndian.Uint32(b[0:]), binary.LittleEndian.Uint16(b[4:]), binary.LittleEndian.Uint16(b[6:]), b[8:10], b[10:16]), true
}

// SIDFromObjectID returns the cloud SID of an Entra object id. It reports
// false when id is not a GUID.
func SIDFromObjectID(id string) (string, bool) {
	if !IsGUID(id) {
		return "", false
	}
	raw, err := hex.DecodeString(strings.ReplaceAll(id, "-", ""))
	if err != nil {
		return "", false
	}
	a, b := binary.BigEndian.Uint32(raw[0:]), uint32(binary.BigEndian.Uint16(raw[4:]))|uint32(binary.BigEndian.Uint16(raw[6:]))<<16
	return fmt.Sprintf("%s%d-%d-%d-%d", cloudSID, a, b,
		binary.LittleEndian.Uint32(raw[8:]), binary.LittleEndian.Uint32(raw[12:])), true
}

// IsGUID reports whether s is a GUID in its 36-character form.
func IsGUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		dash := i == 8 || i == 13 || i == 18 || i == 23
		isHex := c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
		if dash != (c == '-') || !dash && !isHex {
			return false
		}
	}
	return true
}
