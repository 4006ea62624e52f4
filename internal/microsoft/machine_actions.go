package microsoft

import (
	"context"
	"encoding/hex"
	"net/http"
)

// Isolate cuts a device off from the network, except from Defender. A device
// that is being isolated already answers ErrConflict, as with all actions.
//
// Wire:  POST /api/machines/{id}/isolate
// Needs: Machine.Isolate (of WindowsDefenderATP)
func (s *EndpointService) Isolate(ctx context.Context, machineID string, how Isolation, comment, requestID string) (MachineAction, error) {
	if how != IsolateFull && how != IsolateSelective && how != IsolateUnmanaged {
		comment = "" // which is refused
	}
	return s.act(ctx, machineID, "isolate", machineCommand{Comment: comment, IsolationType: how}, requestID)
}

// An Isolation says how far a device is cut off.
type Isolation string

// How far.
const (
	IsolateFull      Isolation = "Full"
	IsolateSelective Isolation = "Selective" // Outlook, Teams and Skype go on
	IsolateUnmanaged Isolation = "UnManagedDevice"
)

// Unisolate lets a device back into the network.
//
// Wire:  POST /api/machines/{id}/unisolate
// Needs: Machine.Isolate (of WindowsDefenderATP)
func (s *EndpointService) Unisolate(ctx context.Context, machineID, comment, requestID string) (MachineAction, error) {
	return s.act(ctx, machineID, "unisolate", machineCommand{Comment: comment}, requestID)
}

// RunAntiVirusScan has a device scanned, in full or quickly.
//
// Wire:  POST /api/machines/{id}/runAntiVirusScan
// Needs: Machine.Scan (of WindowsDefenderATP)
func (s *EndpointService) RunAntiVirusScan(ctx context.Context, machineID string, full bool, comment, requestID string) (MachineAction, error) {
	how := "Quick"
	if full {
		how = "Full"
	}
	return s.act(ctx, machineID, "runAntiVirusScan", machineCommand{Comment: comment, ScanType: how}, requestID)
}

// CollectInvestigationPackage has a device gather evidence.
//
// Wire:  POST /api/machines/{id}/collectInvestigationPackage
// Needs: Machine.CollectForensics (of WindowsDefenderATP)
func (s *EndpointService) CollectInvestigationPackage(ctx context.Context, machineID, comment, requestID string) (MachineAction, error) {
	return s.act(ctx, machineID, "collectInvestigationPackage", machineCommand{Comment: comment}, requestID)
}

// RestrictCodeExecution lets a device run nothing but what Microsoft signed.
//
// Wire:  POST /api/machines/{id}/restrictCodeExecution
// Needs: Machine.RestrictExecution (of WindowsDefenderATP)
func (s *EndpointService) RestrictCodeExecution(ctx context.Context, machineID, comment, requestID string) (MachineAction, error) {
	return s.act(ctx, machineID, "restrictCodeExecution", machineCommand{Comment: comment}, requestID)
}

// UnrestrictCodeExecution lets a device run everything again.
//
// Wire:  POST /api/machines/{id}/unrestrictCodeExecution
// Needs: Machine.RestrictExecution (of WindowsDefenderATP)
func (s *EndpointService) UnrestrictCodeExecution(ctx context.Context, machineID, comment, requestID string) (MachineAction, error) {
	return s.act(ctx, machineID, "unrestrictCodeExecution", machineCommand{Comment: comment}, requestID)
}

// StopAndQuarantineFile ends a program on a device and locks its file away, by
// the file's SHA-1.
//
// Wire:  POST /api/machines/{id}/StopAndQuarantineFile
// Needs: Machine.StopAndQuarantine (of WindowsDefenderATP)
func (s *EndpointService) StopAndQuarantineFile(ctx context.Context, machineID, sha1, comment, requestID string) (MachineAction, error) {
	if raw, err := hex.DecodeString(sha1); err != nil || len(raw) != 20 {
		comment = "" // which is refused
	}
	return s.act(ctx, machineID, "StopAndQuarantineFile", machineCommand{Comment: comment, SHA1: sha1}, requestID)
}

// A machineCommand is the body of an action. The letters of the keys matter.
//
// Source: defender-docs isolate-machine, run-av-scan, stop-and-quarantine-file.
type machineCommand struct {
	Comment       string    `json:"Comment"`
	IsolationType Isolation `json:"IsolationType,omitempty"`
	ScanType      string    `json:"ScanType,omitempty"`
	SHA1          string    `json:"Sha1,omitempty"`
}

// act starts an action on a device. It is done when MachineAction says so.
func (s *EndpointService) act(ctx context.Context, machineID, verb string, body machineCommand, requestID string) (MachineAction, error) {
	c := (*core)(s)
	q := edit(http.MethodPost, defender, FamilyEndpoint, pathMachines+"/"+segment(machineID)+"/"+verb, requestID)
	if !isMachine(machineID) || body.Comment == "" {
		return MachineAction{}, c.bad(q, "needs a machine id, a comment, and what the action takes")
	}
	return c.startedAction(ctx, q, body)
}

// startedAction reads the action that a write returns. Without its id nobody
// could follow it.
func (c *core) startedAction(ctx context.Context, q *request, body machineCommand) (MachineAction, error) {
	a, err := answered[MachineAction](ctx, c, q, body)
	if err == nil && a.ID == "" {
		return MachineAction{}, c.odd(q, "the answer names no action")
	}
	return a, err
}
