package microsoft

import (
	"context"
	"encoding/json"
	"iter"
	"net/http"
	"regexp"
	"strconv"
	"time"

	"github.com/cordonhq/cordon"
)

const (
	pathEndpointAlerts = "/api/alerts"
	pathMachines       = "/api/machines"
)

// endpointPage is how many items are asked for at a time. The service gives up
// to 10,000, which would not fit into the ceiling of a body.
const endpointPage = 500

// Alerts yields the alerts of Defender for Endpoint that changed since then,
// or all that are kept, with their evidence.
//
// Wire:  GET /api/alerts
// Needs: Alert.Read.All (of WindowsDefenderATP)
func (s *EndpointService) Alerts(ctx context.Context, since time.Time) iter.Seq2[Page, error] {
	query := join(changedSince("lastUpdateTime", since), "$expand=evidence", "$top="+strconv.Itoa(endpointPage))
	return (*core)(s).walk(ctx, get(defender, FamilyEndpoint, 1, pathEndpointAlerts, query), endpointPage)
}

// Machines yields the devices. A tenant where none was seen of late answers
// ErrNotFound.
//
// Wire:  GET /api/machines
// Needs: Machine.Read.All (of WindowsDefenderATP)
func (s *EndpointService) Machines(ctx context.Context) iter.Seq2[Page, error] {
	query := "$top=" + strconv.Itoa(endpointPage)
	return (*core)(s).walk(ctx, get(defender, FamilyEndpoint, 1, pathMachines, query), endpointPage)
}

var machineID = regexp.MustCompile(`^[0-9A-Za-z._-]{1,128}$`)

func isMachine(id string) bool { return machineID.MatchString(id) && id != "." && id != ".." }

// Machine returns one device by its machine id.
//
// Wire:  GET /api/machines/{id}
// Needs: Machine.Read.All (of WindowsDefenderATP)
func (s *EndpointService) Machine(ctx context.Context, id string) (Machine, error) {
	c := (*core)(s)
	q := get(defender, FamilyEndpoint, 1, pathMachines+"/"+segment(id), "")
	if !isMachine(id) {
		return Machine{}, c.bad(q, "not a machine id")
	}
	m, err := read[Machine](ctx, c, q)
	if err == nil && m.ID == "" {
		err = c.fail(q, &Error{Status: http.StatusOK, kind: cordon.ErrMalformed, Message: "the answer is no machine"})
	}
	return m, err
}

// A Machine is a device as Defender for Endpoint knows it.
//
// Source: defender-docs machine.
type Machine struct {
	ID               string          `json:"id"`
	ComputerDNSName  string          `json:"computerDnsName"`
	AADDeviceID      string          `json:"aadDeviceId"`
	OSPlatform       string          `json:"osPlatform"`
	Version          string          `json:"version"`
	OSBuild          Text            `json:"osBuild"`
	FirstSeen        string          `json:"firstSeen"`
	LastSeen         string          `json:"lastSeen"`
	LastIPAddress    string          `json:"lastIpAddress"`
	HealthStatus     string          `json:"healthStatus"`
	OnboardingStatus string          `json:"onboardingStatus"`
	RiskScore        string          `json:"riskScore"`
	ExposureLevel    string          `json:"exposureLevel"`
	DeviceValue      string          `json:"deviceValue"`
	RbacGroupID      Text            `json:"rbacGroupId"`
	RbacGroupName    string          `json:"rbacGroupName"`
	MachineTags      []string        `json:"machineTags"`
	IPAddresses      json.RawMessage `json:"ipAddresses"` // strings in some answers, objects in others
}
