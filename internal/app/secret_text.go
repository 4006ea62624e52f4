package app

import (
	"bytes"
	"encoding/binary"
	"unicode/utf16"
)

// plainText returns text as UTF-8 without a byte-order mark. Editors and
// PowerShell of Windows save with a mark, or as UTF-16. What is neither, such
// as PKCS#12, stays as it is.
func plainText(b []byte) []byte {
	switch {
	case bytes.HasPrefix(b, []byte("\xef\xbb\xbf")):
		return b[3:]
	case bytes.HasPrefix(b, []byte("\xff\xfe")):
		return fromUTF16(b[2:], binary.LittleEndian)
	case bytes.HasPrefix(b, []byte("\xfe\xff")):
		return fromUTF16(b[2:], binary.BigEndian)
	case halfZero(b, 1):
		return fromUTF16(b, binary.LittleEndian)
	case halfZero(b, 0):
		return fromUTF16(b, binary.BigEndian)
	}
	return b
}

// halfZero reports whether every second byte, from that one on, is zero and no
// other is: plain letters in UTF-16.
func halfZero(b []byte, from int) bool {
	for i, c := range b {
		if (i%2 == from) != (c == 0) {
			return false
		}
	}
	return len(b) > 0 && len(b)%2 == 0
}

func fromUTF16(b []byte, order binary.ByteOrder) []byte {
	units := make([]uint16, 0, len(b)/2)
	for i := 0; i+1 < len(b); i += 2 {
		units = append(units, order.Uint16(b[i:]))
	}
	return []byte(string(utf16.Decode(units)))
}
