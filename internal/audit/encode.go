package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/cordonhq/cordon"
)

// encoding names the way an entry becomes bytes. Another way gets another
// name, so that no two ways can give the same bytes.
const encoding = "cordon.entry/2"

// hash returns the SHA-256 over every field of e but Hash, in hexadecimal.
func hash(e cordon.Entry) string {
	fields := []string{
		encoding,
		e.Chain,
		strconv.FormatInt(e.Seq, 10),
		e.At.UTC().Format(time.RFC3339Nano),
		string(e.Kind),
		e.TenantID,
		e.RunID,
		strconv.Itoa(e.Step),
		e.Actor,
		string(e.Action),
		e.Target,
		string(e.Data),
		e.Prev,
	}
	var b []byte
	for _, f := range fields {
		b = strconv.AppendInt(b, int64(len(f)), 10)
		b = append(b, ':')
		b = append(b, f...)
		b = append(b, ',')
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// canonical returns JSON as encoding/json writes a raw message: compact, with
// <, > and & escaped. An export of the entry then shows the bytes that were
// hashed. No data is null.
func canonical(data json.RawMessage) (json.RawMessage, error) {
	if len(data) == 0 {
		return json.RawMessage("null"), nil
	}
	b, err := json.Marshal(json.RawMessage(bytes.ToValidUTF8(data, []byte("\ufffd"))))
	if err != nil {
		return nil, fmt.Errorf("data is not JSON: %w", err)
	}
	return b, nil
}

// text returns s as every store and every export can hold it.
func text(s string) string { return strings.ToValidUTF8(s, "\ufffd") }
