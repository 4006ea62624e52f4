package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/app"
	"github.com/cordonhq/cordon/internal/collect"
	"github.com/cordonhq/cordon/internal/microsoft"
	"github.com/cordonhq/cordon/internal/store"
	"github.com/spf13/cobra"
)

// credentialRow says how what a tenant is entered with fares.
type credentialRow struct {
	TenantID  string     `json:"tenant_id"`
	Tenant    string     `json:"tenant"`
	Kind      string     `json:"kind"`
	ExpiresAt *time.Time `json:"expires_at"`
	DaysLeft  *int       `json:"days_left"`
	LastToken *time.Time `json:"last_token_at"`
	CheckedAt *time.Time `json:"checked_at"`
	State     string     `json:"state"`
	Reason    string     `json:"reason"`
}

// The states of a credential.
const (
	credentialOK      = "ok"
	credentialSoon    = "expires_soon" // in 30 days or less
	credentialExpired = "expired"
	credentialRefused = "refused"      // sign-in does not take it, or it cannot be had
	credentialLost    = "consent_lost" // the tenant does not know our app, or has disabled it
	credentialBlocked = "blocked"      // a policy of the tenant does not let the app in
	credentialUnknown = "unknown"      // not read
)

func newTenantCredentialsCmd(d *Deps) *cobra.Command {
	var sel *app.Selection
	cmd := &cobra.Command{
		Use:   "credentials [TENANT]",
		Short: "Show when the credential of each tenant expires, and when it last gave a token",
		Long: `Show what each tenant is entered with, when it expires, when it last gave a good
token, and what is wrong: ok, expires_soon (in 30 days or less), expired, refused
(or not to be had), consent_lost (the tenant no longer knows the app, or has
disabled it), blocked (a policy such as Conditional Access does not let the app
in), unknown (not read). It shows what sync and serve found; nobody is
called. The end of a client secret is known when the configuration tells it (expires)
or, of a tenant that was added, --secret-expires; a certificate tells it itself.

Exit 3 when a credential is in any other state than ok or unknown, else 5 when
one was not read.`,
		Example: `  cordon tenant credentials
  cordon tenant credentials contoso -o json
  cordon tenant credentials --tag ring=canary -o csv`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := d.readConfig(cmd.Context())
			if err != nil {
				return err
			}
			return d.read(cmd.Context(), *sel, args, func(tx *store.Tx, about subject) error {
				if len(about.entity) > 0 {
					return fmt.Errorf("no tenant is called %s: cordon tenant list shows them", cordon.Quote(args[0]))
				}
				rows, err := d.credentialRows(cmd.Context(), tx, c, about)
				if err != nil {
					return err
				}
				shown := d.showCredentials(rows)
				old, err := d.oldCredentials(cmd.Context(), tx, about)
				switch {
				case err != nil:
					return err
				case shown != nil && old != nil:
					fmt.Fprintln(d.Err, "cordon: "+old.Error())
				case shown == nil && old != nil:
					return old
				}
				return shown
			})
		},
	}
	sel = d.tenantFlags(cmd)
	return cmd
}

// oldCredentials ends the list of credentials when some were read too long ago.
func (d *Deps) oldCredentials(ctx context.Context, tx *store.Tx, about subject) (*findings, error) {
	stored, err := d.coverage(ctx, tx, about)
	now := d.Now()
	oldest := now
	for _, c := range stored {
		if c.Source == cordon.SourceCredential && c.State == cordon.CoverageStale {
			oldest = earlier(oldest, c.CheckedAt)
		}
	}
	if age := now.Sub(oldest); age > 0 {
		return &findings{code: exitPartial, text: oldness(age)}, err
	}
	return nil, err
}

// credentialRows returns a row for every configured tenant that is asked for.
func (d *Deps) credentialRows(ctx context.Context, tx *store.Tx, c *app.Config, about subject) ([]credentialRow, error) {
	stored, err := d.coverage(ctx, tx, about)
	if err != nil {
		return nil, err
	}
	read := map[string]cordon.Coverage{}
	for _, cov := range stored {
		if cov.Source == cordon.SourceCredential {
			read[cov.TenantID] = cov
		}
	}
	rows := make([]credentialRow, 0, len(about.names))
	for _, id := range about.watched() {
		found, err := credentialFound(ctx, tx, c, id)
		if err != nil {
			return nil, err
		}
		row := credentialRow{TenantID: id, Tenant: about.name(id), Kind: string(found.Kind)}
		row.judge(found, read[id], d.Now())
		rows = append(rows, row)
	}
	return rows, nil
}

// credentialFound returns what was last observed of a credential. What never
// was is as it is written down.
func credentialFound(ctx context.Context, tx *store.Tx, c *app.Config, id string) (found collect.Credential, err error) {
	kind, end := c.CredentialOf(id)
	found = collect.Credential{Kind: kind, ExpiresAt: stamp(end)}
	o, err := tx.Observation(ctx, id, cordon.SourceCredential)
	if errors.Is(err, cordon.ErrNotFound) || err == nil && len(o.Value) == 0 {
		return found, nil
	}
	if err != nil {
		return found, err
	}
	found = collect.Credential{}
	if err := json.Unmarshal(o.Value, &found); err != nil {
		return found, fmt.Errorf("what is stored of the credential of tenant %s: %w", id, err)
	}
	return found, nil
}

// judge fills in what follows from what was found, and how far it was read.
func (r *credentialRow) judge(found collect.Credential, cov cordon.Coverage, now time.Time) {
	r.LastToken, r.CheckedAt, r.State = stamp(cov.ReadUntil), stamp(cov.CheckedAt), credentialOK
	if found.ExpiresAt != nil {
		left := collect.DaysLeft(*found.ExpiresAt, now)
		r.ExpiresAt, r.DaysLeft = stamp(*found.ExpiresAt), &left
		r.State, r.Reason = endState(microsoft.CredentialInfo{Kind: found.Kind, Expires: *found.ExpiresAt}, now)
	}
	lost, reason := collect.LossOf(cov)
	r.Reason = strings.Trim(r.Reason+"; "+reason, "; ")
	switch {
	case cov.State == "":
		r.State, r.Reason = credentialUnknown, "was never read: cordon sync and cordon serve read it"
	case lost == collect.KindConsentLost:
		r.State = credentialLost
	case lost == collect.KindAccessBlocked:
		r.State = credentialBlocked
	case strings.Contains(reason, secretExpired):
		r.State = credentialExpired
	case cov.State == cordon.CoverageDenied && r.State != credentialExpired:
		r.State = credentialRefused
	case cov.Missing() && cov.State != cordon.CoverageStale && r.State != credentialExpired:
		r.State = credentialUnknown
	}
}

// endState says whether an end is near or has come, and what to do about it.
func endState(c microsoft.CredentialInfo, now time.Time) (state, reason string) {
	switch left := c.Expires.Sub(now); {
	case left <= 0:
		return credentialExpired, collect.EndText(c, now)
	case left <= collect.NearDays*24*time.Hour:
		return credentialSoon, collect.EndText(c, now)
	}
	return credentialOK, ""
}

// secretExpired is how sign-in calls a secret whose end nobody had told us.
const secretExpired = "AADSTS7000222"

func (d *Deps) showCredentials(rows []credentialRow) error {
	err := print(d, rows, []column[credentialRow]{
		{"tenant", func(r credentialRow) string { return r.Tenant }},
		{"kind", func(r credentialRow) string { return r.Kind }},
		{"state", func(r credentialRow) string { return r.State }},
		{"expires", func(r credentialRow) string { return clock(r.ExpiresAt) }},
		{"days left", func(r credentialRow) string { return numberOr(r.DaysLeft, "-") }},
		{"last token", func(r credentialRow) string { return clock(r.LastToken) }},
		{"reason", func(r credentialRow) string { return r.Reason }},
	})
	if err != nil {
		return err
	}
	count := map[string]int{}
	for _, r := range rows {
		count[r.State]++
	}
	unread := count[credentialUnknown]
	wrong := len(rows) - count[credentialOK] - unread
	var texts []string
	if wrong > 0 {
		texts = append(texts, fmt.Sprintf("%d of %d credentials are at their end or do not open their tenant", wrong, len(rows)))
	}
	if unread > 0 {
		texts = append(texts, fmt.Sprintf("%d of %d credentials were not read", unread, len(rows)))
	}
	switch text := strings.Join(texts, "\n"); {
	case wrong > 0:
		return &findings{code: exitFindings, text: text}
	case unread > 0:
		return &findings{code: exitPartial, text: text}
	}
	return nil
}

func numberOr(n *int, none string) string {
	if n == nil {
		return none
	}
	return strconv.Itoa(*n)
}
