package sim

import (
	"bytes"
	"net/http"
	"strconv"
)

const (
	deepLevels = 100_000 // encoding/json gives up at 10,000
	hugeItems  = 4096
	hugePad    = 16 << 10 // 4096 items of 16 KiB are 64 MiB
)

// mangle answers with a body that is not what it says.
func (x *exchange) mangle(how string, a answer) {
	if a.status == http.StatusNoContent {
		a.status = http.StatusOK // 204 has no body to spoil
	}
	switch how {
	case "truncated":
		body := a.bytes()
		if len(body) < 2 {
			body = []byte(`{"value":[{}`)
		}
		x.sendBody(a, body[:(len(body)+1)/2])
	case "html":
		a.kind = "text/html; charset=utf-8"
		x.sendBody(a, []byte("<!DOCTYPE html><html><head><title>Proxy</title></head><body><h1>Please sign in to the network</h1></body></html>\n"))
	case "deep":
		x.sendBody(a, deep())
	default:
		x.huge(a)
	}
}

// deep is well-formed JSON of absurd depth.
func deep() []byte {
	b := append([]byte(`{"value":`), bytes.Repeat([]byte("["), deepLevels)...)
	return append(append(b, bytes.Repeat([]byte("]"), deepLevels)...), '}')
}

// huge streams 64 MiB of well-formed list, until the client has had enough.
func (x *exchange) huge(a answer) {
	x.writeHead(a, "")
	pad := bytes.Repeat([]byte("x"), hugePad)
	write := func(parts ...[]byte) bool {
		for _, p := range parts {
			if _, err := x.writer.Write(p); err != nil {
				return false
			}
		}
		return true
	}
	ok := write([]byte(`{"value":[`))
	for i := 0; ok && i < hugeItems; i++ {
		sep := ","
		if i == 0 {
			sep = ""
		}
		ok = write([]byte(sep+`{"id":"`+strconv.Itoa(i)+`","pad":"`), pad, []byte(`"}`))
	}
	write([]byte(`]}`))
}
