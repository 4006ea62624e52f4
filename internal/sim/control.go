package sim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// longestAdvance keeps the clock within what durations can tell.
const longestAdvance = 10 * 365 * 24 * time.Hour

// controlHandler is the API by which tests and demos steer the cloud. A page
// in a browser cannot use it behind its owner's back.
func (c *Cloud) controlHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /info", reply(func(*http.Request) (any, error) { return c.info, nil }))
	mux.HandleFunc("GET /ledger", reply(func(r *http.Request) (any, error) { return c.Ledger(r.URL.Query().Get("reads") == "1"), nil }))
	mux.HandleFunc("GET /outcome", reply(func(*http.Request) (any, error) { return c.Outcome(), nil }))
	mux.HandleFunc("GET /state", c.handleState)
	mux.HandleFunc("POST /inject", reply(c.handleInject))
	mux.HandleFunc("POST /update", reply(c.handleUpdate))
	mux.HandleFunc("POST /remove", reply(c.handleRemove))
	mux.HandleFunc("POST /lifecycle", reply(c.handleLifecycle))
	mux.HandleFunc("POST /faults", reply(c.handleFault))
	mux.HandleFunc("DELETE /faults", reply(func(*http.Request) (any, error) { c.ClearFaults(); return done{}, nil }))
	mux.HandleFunc("POST /clock", reply(c.handleClock))
	c.loginControl(mux)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		writeControl(w, http.StatusNotFound, map[string]string{"error": "the control API has no call " + r.Method + " " + r.URL.Path})
	})
	return http.NewCrossOriginProtection().Handler(mux)
}

// done is the answer to a command that has nothing to tell.
type done struct{}

// reply turns a function into a handler: its value as JSON, or its error as 400.
func reply(do func(*http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		value, err := do(r)
		if err != nil {
			writeControl(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
			return
		}
		writeControl(w, http.StatusOK, value)
	}
}

func writeControl(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(append(encode(value), '\n')) // a client that hung up is no news
}

// readControl reads one JSON object with no keys but those that are known.
func readControl(r *http.Request, into any) error {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return fmt.Errorf("read the body: %w", err)
	}
	if body = bytes.TrimSpace(body); len(body) == 0 || body[0] != '{' {
		return errors.New("read the body: it is not a JSON object")
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
			return fmt.Errorf("read the body: %q is a %s and must be of type %s", wrong.Field, wrong.Value, wrong.Type)
		}
		return fmt.Errorf("read the body: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("read the body: more than one JSON value")
	}
	return nil
}

// An injection is an object and where it goes.
type injection struct {
	Tenant   string          `json:"tenant"`
	Resource string          `json:"resource"`
	Object   json.RawMessage `json:"object"`
}

func readInjection(r *http.Request) (in injection, err error) {
	if err := readControl(r, &in); err != nil {
		return in, err
	}
	if len(in.Object) == 0 {
		return in, errors.New(`"object" is missing`)
	}
	return in, nil
}

func (c *Cloud) handleInject(r *http.Request) (any, error) {
	in, err := readInjection(r)
	if err != nil {
		return nil, err
	}
	t, err := c.tenantNamed(in.Tenant)
	if err != nil {
		return nil, err
	}
	id, err := t.inject(in.Resource, in.Object)
	if err != nil {
		return nil, err
	}
	return map[string]string{"id": id, "tenant": t.id}, nil
}

func (c *Cloud) handleFault(r *http.Request) (any, error) {
	var f Fault
	if err := readControl(r, &f); err != nil {
		return nil, err
	}
	return done{}, c.AddFault(f)
}

func (c *Cloud) handleClock(r *http.Request) (any, error) {
	var in struct {
		Advance string `json:"advance"`
	}
	if err := readControl(r, &in); err != nil {
		return nil, err
	}
	d, err := time.ParseDuration(in.Advance)
	if err != nil {
		return nil, fmt.Errorf("advance: %w", err)
	}
	if d < 0 {
		return nil, fmt.Errorf("advance %s: the clock does not go back", in.Advance)
	}
	if d > longestAdvance {
		return nil, fmt.Errorf("advance %s: ten years at once are the most (%s)", in.Advance, longestAdvance)
	}
	c.Advance(d)
	return map[string]string{"now": c.clock.now().Format(time.RFC3339Nano)}, nil
}

// handleState answers 404 for what is not stored.
func (c *Cloud) handleState(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	state, err := c.State(query.Get("tenant"), query.Get("path"))
	if err != nil {
		writeControl(w, http.StatusNotFound, map[string]string{"error": err.Error()})
		return
	}
	writeControl(w, http.StatusOK, state)
}
