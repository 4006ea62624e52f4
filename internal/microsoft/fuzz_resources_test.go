package microsoft

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/cordonhq/cordon"
)

func FuzzDecodeIdentity(f *testing.F) {
	for _, seed := range []string{
		`{"id":"i","accounts":[{"identifier":"256db173-930a-4991-9061-0d51a9a93ba5","provider":"ActiveDirectory","actions":[]},null,7]}`,
		`{"value":{"accountId":"a","action":"disable","provider":"ActiveDirectory","correlationId":"c"}}`,
		`{"accountId":"a","action":"disable","identityProvider":"activeDirectory","correlationId":"c"}`,
		`{"value":[],"accountId":{}}`, `{"accounts":{"identifier":[[[`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		i, err := Decode[Identity](raw)
		if err != nil && !errors.Is(err, cordon.ErrMalformed) {
			t.Errorf("got %v", err)
		}
		for _, a := range i.Accounts {
			if strings.EqualFold(string(a.Provider), "entraid") && a.Provider != ProviderEntraID {
				t.Errorf("provider %q", a.Provider)
			}
		}
		if _, err := Decode[StartedAction](raw); err != nil && !errors.Is(err, cordon.ErrMalformed) {
			t.Errorf("got %v", err)
		}
	})
}

func FuzzDecodeScores(f *testing.F) {
	for _, seed := range []string{
		`{"id":"AdminMFAV2","maxScore":10,"complianceInformation":null,"controlStateUpdates":[{"assignedTo":"","comment":"control is reviewed","state":"Reviewed","updatedBy":"user1@contoso.com","updatedDateTime":"2019-03-19T22:37:14.628799Z"}]}`,
		`{"id":"t_2026-01-01","currentScore":1e400,"averageComparativeScores":[{"basis":"AllTenants","averageScore":"x"}],"controlScores":{}}`,
		`{"controlStateUpdates":[null,{"state":7,"updatedDateTime":null},{"state":"ignored"}]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		if _, err := Decode[SecureScore](raw); err != nil && !errors.Is(err, cordon.ErrMalformed) {
			t.Errorf("got %v", err)
		}
		p, err := Decode[ControlProfile](raw)
		if err != nil && !errors.Is(err, cordon.ErrMalformed) {
			t.Errorf("got %v", err)
		}
		if p.State().State == "" {
			t.Error("no state")
		}
	})
}

// What a detection carries as text in text is read without it being trusted.
func FuzzInfo(f *testing.F) {
	for _, seed := range []string{
		`[{"Key":"userAgent","Value":"Mozilla/5.0 (Windows NT 10.0; rv:91.0) Gecko/20100101 Firefox/91.0"}]`,
		`[{"Key":"riskReasons","Value":["UnfamiliarASN","UnfamiliarBrowser"]},{"key":"alertUrl","value":null},7]`, `[[[[`, `{}`, `null`, ``,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, kv := range (RiskDetection{AdditionalInfo: Text(text)}).Info() {
			if kv.Key == "" {
				t.Error("a piece without a key")
			}
		}
	})
}

func FuzzHunting(f *testing.F) {
	for _, seed := range []string{
		`{"schema":[{"name":"Timestamp","type":"DateTime"}],"results":[{"Timestamp":"2024-03-26T09:39:50.7688641Z","N":18446744073709551616}]}`,
		`{"Schema":[{"Name":"a","Type":"String"}],"Results":[{"a":null,"b":{"c":[1]}}]}`,
		`{"schema":null,"results":[7]}`, `{"schema":[],"Schema":{}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := Decode[HuntingResult](raw)
		if err != nil && !errors.Is(err, cordon.ErrMalformed) {
			t.Errorf("got %v", err)
		}
		for _, row := range r.Rows {
			for column, v := range row {
				if !json.Valid(v) && !strings.ContainsRune(strings.ToValidUTF8(string(v), "\ufffd"), '\ufffd') {
					t.Errorf("cell %q", v)
				}
				_ = row.Text(column)
			}
		}
	})
}
