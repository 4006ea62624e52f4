package app

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/engine"
	"github.com/cordonhq/cordon/internal/microsoft"
)

// A Feature is something that Cordon can do in a tenant, and what it takes.
type Feature struct {
	Name  string
	About string
	Calls []string // methods of the client, such as "Users.Get", whose permissions it takes
	Admin bool     // it takes a directory role besides

	// try reads a little; nil for features that change something, which cannot
	// be tried, and for the break-glass accounts, which are asked for one by one.
	try func(context.Context, engine.Tenant) error
}

// Features returns everything that Cordon can do, what it reads first.
func Features() []Feature {
	return append(readFeatures(), writeFeatures()...)
}

func readFeatures() []Feature {
	return []Feature{
		{Name: "risk_detections", About: "what Entra ID Protection detects", Calls: calls("Risk.Detections"), try: source(cordon.SourceRiskDetections)},
		{Name: "risky_users", About: "which users it holds at risk", Calls: calls("Risk.RiskyUsers Risk.History"),
			try: page(func(ctx context.Context, c *microsoft.Client) iter.Seq2[microsoft.Page, error] {
				return c.Risk.RiskyUsers(ctx, time.Now())
			})},
		{Name: "risky_service_principals", About: "which apps it holds at risk", Calls: calls("Risk.ServicePrincipals Risk.ServicePrincipalDetections"),
			try: page(func(ctx context.Context, c *microsoft.Client) iter.Seq2[microsoft.Page, error] {
				return c.Risk.ServicePrincipals(ctx, time.Now())
			})},
		{Name: "alerts", About: "alerts of all Defender products", Calls: calls("Alerts.List"), try: source(cordon.SourceAlerts)},
		{Name: "incidents", About: "incidents of Defender XDR", Calls: calls("Incidents.List"),
			try: page(func(ctx context.Context, c *microsoft.Client) iter.Seq2[microsoft.Page, error] {
				return c.Incidents.List(ctx, time.Now(), false)
			})},
		{Name: "endpoint_alerts", About: "alerts of Defender for Endpoint", Calls: calls("Endpoint.Alerts"), try: source(cordon.SourceEndpointAlerts)},
		{Name: "devices", About: "devices of Defender for Endpoint", Calls: calls("Endpoint.Machines Endpoint.MachineActions"),
			try: page(func(ctx context.Context, c *microsoft.Client) iter.Seq2[microsoft.Page, error] {
				return c.Endpoint.Machines(ctx)
			})},
		{Name: "security_defaults", About: "whether security defaults are on", Calls: calls("Policies.SecurityDefaults"), try: source(cordon.SourceSecurityDefaults)},
		{Name: "conditional_access", About: "Conditional Access policies", Calls: calls("Policies.ConditionalAccess"), try: source(cordon.SourceConditionalAccess)},
		{Name: "secure_score", About: "secure score and improvement actions", Calls: calls("Scores.Scores Scores.ControlProfiles"),
			try: func(ctx context.Context, t engine.Tenant) error { _, err := t.Client.Scores.Scores(ctx, 1); return err }},
		{Name: "sign_ins", About: "sign-ins", Calls: calls("Logs.SignIns"),
			try: page(func(ctx context.Context, c *microsoft.Client) iter.Seq2[microsoft.Page, error] {
				return c.Logs.SignIns(ctx, time.Now(), "")
			})},
		{Name: "directory_audits", About: "who changed what in the directory", Calls: calls("Logs.DirectoryAudits"),
			try: page(func(ctx context.Context, c *microsoft.Client) iter.Seq2[microsoft.Page, error] {
				return c.Logs.DirectoryAudits(ctx, time.Now())
			})},
		{Name: "people", About: "users, their roles and the administrators: what guard must know", Calls: calls("Users.Get Users.Count Users.CheckMemberGroups Directory.RolesOf Directory.GlobalAdmins"),
			try: func(ctx context.Context, t engine.Tenant) error {
				_, countErr := t.Client.Users.Count(ctx)
				_, adminErr := t.Client.Directory.GlobalAdmins(ctx)
				return errors.Join(countErr, adminErr)
			}},
		{Name: featureGlass, About: "whether each break-glass account that is listed is there", Calls: calls("Users.Get")},
		{Name: "identity_accounts", About: "accounts that Defender for Identity knows", Calls: calls("Identities.Accounts Identities.Account"),
			try: func(ctx context.Context, t engine.Tenant) error {
				nobody, _ := cordon.SIDFromObjectID(t.ID) // a little answer
				_, err := t.Client.Identities.Accounts(ctx, microsoft.IdentityFilter{CloudSID: nobody})
				return err
			}},
		{Name: "organization", About: "who the tenant says it is: proves a consent", Calls: calls(".Organization"),
			try: func(ctx context.Context, t engine.Tenant) error { _, err := t.Client.Organization(ctx); return err }},
		{Name: "partners", About: "the customers of a partner", Calls: calls("Partners.Customers Partners.Relationships Partners.Contracts"),
			try: func(ctx context.Context, t engine.Tenant) error {
				_, err := t.Client.Partners.Customers(ctx)
				return err
			}},
	}
}

func writeFeatures() []Feature {
	return []Feature{
		{Name: "contain_users", About: "end sessions and block sign-in", Calls: calls("Users.Get Users.RevokeSessions Users.SetEnabled")},
		{Name: "contain_administrators", About: "the same, of administrators", Calls: calls("Users.Get Users.RevokeSessions Users.SetEnabled Directory.RolesOfApp"), Admin: true},
		{Name: "reset_passwords", About: "force a new password", Calls: calls("Users.Get Users.ForcePasswordChange Users.ResetPassword")},
		{Name: "confirm_risk", About: "confirm users as compromised or safe", Calls: calls("Risk.ConfirmCompromised Risk.ConfirmSafe Risk.Dismiss")},
		{Name: "contain_on_premises", About: "act on Active Directory and Okta accounts", Calls: calls("Users.Get Identities.Accounts Identities.InvokeAction")},
		{Name: "contain_devices", About: "isolate, scan and restrict devices", Calls: calls("Endpoint.Isolate Endpoint.RunAntiVirusScan Endpoint.RestrictCodeExecution Endpoint.CollectInvestigationPackage Endpoint.MachineAction")},
		{Name: "set_security_defaults", About: "switch security defaults", Calls: calls("Policies.SecurityDefaults Policies.SetSecurityDefaults Policies.ConditionalAccess")},
		{Name: "set_improvement_actions", About: "set the state of improvement actions", Calls: calls("Scores.ControlProfile Scores.UpdateControlProfile")},
		{Name: "triage_alerts", About: "update and comment alerts and incidents", Calls: calls("Alerts.Update Alerts.Comment Incidents.Update Incidents.Comment")},
		{Name: "hunting", About: "run hunting queries", Calls: calls("Hunting.RunQuery")},
	}
}

func calls(names string) []string { return strings.Fields(names) }

// source tries a source as the engine reads it.
func source(s cordon.Source) func(context.Context, engine.Tenant) error {
	return func(ctx context.Context, t engine.Tenant) error { return engine.TryRead(ctx, t, s) }
}

// page tries the first page of a collection. One that holds nothing answers
// ErrNotFound in places, and can be read.
func page(open func(context.Context, *microsoft.Client) iter.Seq2[microsoft.Page, error]) func(context.Context, engine.Tenant) error {
	return func(ctx context.Context, t engine.Tenant) error {
		for _, err := range open(ctx, t.Client) {
			if errors.Is(err, cordon.ErrNotFound) {
				return nil
			}
			return err
		}
		return nil
	}
}

// FindFeatures returns the features of those names; "all" is every one.
func FindFeatures(names []string) ([]Feature, error) {
	all := Features()
	if slices.Contains(names, "all") {
		return all, nil
	}
	var found []Feature
	for _, name := range names {
		i := slices.IndexFunc(all, func(f Feature) bool { return f.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("no feature is called %s: they are all, %s", cordon.Quote(name), strings.Join(featureNames(), ", "))
		}
		found = append(found, all[i])
	}
	return found, nil
}

func featureNames() (names []string) {
	for _, f := range Features() {
		names = append(names, f.Name)
	}
	return names
}

// Used returns the names of the features that the configuration uses in a
// tenant of that mode: its sources, what guard must know, and what the
// playbooks that are on may do.
func (c *Config) Used(mode cordon.Mode) ([]string, error) {
	used := []string{"people"}
	for _, s := range cordon.Sources() {
		if s != cordon.SourceCredential { // it takes nothing but a token, as all of them do
			used = append(used, string(s))
		}
	}
	if !c.App.none() {
		used = append(used, "organization")
	}
	if mode == cordon.ModeObserve {
		return used, nil
	}
	books, err := c.LoadPlaybooks()
	for _, b := range books {
		for _, step := range b.Steps {
			if f := FeatureOf(step); f != "" && slices.Contains(c.Playbooks.On, b.Name) && !slices.Contains(used, f) {
				used = append(used, f)
			}
		}
	}
	return used, err
}

// FeatureOf returns the feature that an action takes.
func FeatureOf(a cordon.ActionName) string {
	switch a {
	case cordon.ActionRevokeSessions, cordon.ActionDisableUser, cordon.ActionEnableUser:
		return "contain_users"
	case cordon.ActionForcePasswordReset, cordon.ActionForcePasswordChange:
		return "reset_passwords"
	case cordon.ActionConfirmCompromised:
		return "confirm_risk"
	case cordon.ActionDisableOnPremises, cordon.ActionEnableOnPremises, cordon.ActionForcePasswordResetOnPremises,
		cordon.ActionDisableOkta, cordon.ActionEnableOkta, cordon.ActionRevokeSessionsOkta:
		return "contain_on_premises"
	case cordon.ActionEnableSecurityDefaults, cordon.ActionDisableSecurityDefaults:
		return "set_security_defaults"
	}
	return ""
}
