package sim

import (
	"encoding/hex"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// A deviceOrder is the body of a machine action. The names are those of the wire.
type deviceOrder struct {
	Comment       string
	IsolationType string
	ScanType      string
	Sha1          string
}

func invalid(code, format string, args ...any) error {
	return refuse(http.StatusBadRequest, code, format, args...)
}

// readStrict reads a body whose names are told apart by the case of their
// letters, into a struct that spells them in the same way.
func readStrict(body []byte, into any, known ...string) error {
	o, err := parseObject(body)
	if err != nil {
		return invalid("InvalidRequestBody", "The request body is %s.", err.Error())
	}
	if name := strange(o, func(name string) bool { return slices.Contains(known, name) }); name != "" {
		return invalid("InvalidRequestBody", "The request body has the unknown parameter '%s'. Names are case-sensitive.", name)
	}
	for _, m := range o.members {
		if string(m.value) == "null" {
			return invalid("InvalidRequestBody", "The parameter '%s' is null.", m.name)
		}
	}
	if err := json.Unmarshal(encode(o), into); err != nil {
		return invalid("InvalidRequestBody", "The request body has a parameter of the wrong type.")
	}
	return nil
}

// read checks a body for what the action takes.
func (a deviceAction) read(body []byte) (deviceOrder, error) {
	var in deviceOrder
	if err := readStrict(body, &in, "Comment", a.member); err != nil {
		return in, err
	}
	given := map[string]string{"IsolationType": in.IsolationType, "ScanType": in.ScanType, "Sha1": in.Sha1}[a.member]
	switch {
	case strings.TrimSpace(in.Comment) == "":
		return in, invalid("MissingRequiredParameter", "The parameter 'Comment' is missing.")
	case a.member != "" && given == "":
		return in, invalid("MissingRequiredParameter", "The parameter '%s' is missing.", a.member)
	}
	return in, a.checkMember(given)
}

// checkMember checks what an action takes besides the comment.
func (a deviceAction) checkMember(given string) error {
	values := ""
	switch a.member {
	case "IsolationType":
		values = "Full Selective UnManagedDevice"
	case "ScanType":
		values = "Quick Full"
	case "Sha1":
		if raw, err := hex.DecodeString(given); err != nil || len(raw) != 20 {
			return invalid("InvalidHashValue", "The hash value '%s' is no SHA-1.", given)
		}
	}
	if values != "" && !slices.Contains(strings.Fields(values), given) {
		return invalid("InvalidInput", "The %s '%s' is none of %s.", a.member, given, values)
	}
	return nil
}

// suits refuses what the device's system cannot do. A device that tells no
// system, or no version, is not refused for it.
func (a deviceAction) suits(machine *object, in deviceOrder) error {
	system := systemOf(machine.text("osPlatform"))
	version := machine.text("version")
	older := func(than string) bool { return system == "windows10" && version != "" && version < than }
	other := system == "apple or phone"
	var bad bool
	switch a.kind {
	case "Isolate", "Unisolate":
		selective := in.IsolationType == "Selective"
		bad = other || system == "old windows" || system == "linux" && selective || older("1703") || selective && older("1709")
	case "RunAntiVirusScan", "RestrictCodeExecution", "UnrestrictCodeExecution":
		bad = other || system == "old windows" || system == "linux" || older("1709")
	case "Offboard":
		bad = other || system == "linux"
	}
	if !bad {
		return nil
	}
	return invalid("OsPlatformNotSupported", "%s is not supported on %s %s.", a.kind, machine.text("osPlatform"), version)
}

// systemOf sorts systems by what they can do. Servers and what comes after
// Windows 10 can do as much as its latest version.
func systemOf(platform string) string {
	name := strings.ToLower(platform)
	within := func(names string) bool {
		return slices.ContainsFunc(strings.Fields(names), func(n string) bool { return strings.HasPrefix(name, n) })
	}
	switch {
	case name == "windows10":
		return name
	case within("windows7 windows8 windowsserver2008"):
		return "old windows"
	case within("macos ios android"):
		return "apple or phone"
	case name == "" || within("windows"):
		return "windows"
	}
	return "linux" // it goes by the names of distributions
}
