package app_test

import (
	"fmt"
	"time"

	"github.com/cordonhq/cordon"
)

// attack makes two detectors speak about a user: Entra ID Protection by
// object id, Defender for Endpoint by SID alone.
func (w *world) attack(userID string) {
	w.t.Helper()
	now := time.Now().UTC()
	ago := func(d time.Duration) string { return now.Add(-d).Format(time.RFC3339Nano) }
	sid, ok := cordon.SIDFromObjectID(userID)
	if !ok {
		w.t.Fatalf("%s is no object id", userID)
	}
	w.inject("identityProtection/riskDetections", map[string]any{
		"id": "risk-" + userID, "riskEventType": "anomalousToken", "riskState": "atRisk", "riskLevel": "high", "riskDetail": "none",
		"activityDateTime": ago(5 * time.Minute), "detectedDateTime": ago(4 * time.Minute), "lastUpdatedDateTime": ago(4 * time.Minute),
		"userId": userID, "userPrincipalName": w.upn(userID), "additionalInfo": nil, "location": nil,
	})
	w.inject("alerts", map[string]any{
		"id": "alert-" + userID, "detectionSource": "WindowsDefenderAtp", "severity": "High", "status": "New", "category": "CredentialAccess", "title": "Token theft",
		"alertCreationTime": ago(3 * time.Minute), "firstEventTime": ago(4 * time.Minute), "lastUpdateTime": ago(3 * time.Minute),
		"machineId": fmt.Sprintf("%040x", 7), "computerDnsName": "laptop", "relatedUser": nil,
		"evidence": []any{map[string]any{"entityType": "User", "aadUserId": nil, "userPrincipalName": nil, "userSid": sid}},
	})
}
