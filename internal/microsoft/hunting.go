package microsoft

import (
	"context"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

const pathHunting = "/v1.0/security/runHuntingQuery"

// A query may take the service three minutes and give 50 MB. We allow a little
// more of both, so that it is the service that says what was too much.
//
// Source: microsoft-graph-docs security-api-overview.
const (
	huntingTime = 3*time.Minute + 15*time.Second
	huntingMost = 64 << 20
)

// RunQuery asks the tables of Defender a question in KQL over a timespan of
// ISO 8601, such as "P7D"; an empty one means 30 days. It changes nothing, and
// takes minutes when the service does.
//
// Wire:  POST /security/runHuntingQuery
// Needs: ThreatHunting.Read.All
func (s *HuntingService) RunQuery(ctx context.Context, query, timespan string) (HuntingResult, error) {
	c := (*core)(s)
	q := ask(FamilyHunting, 1, pathHunting)
	q.patience, q.most = huntingTime, huntingMost
	if strings.TrimSpace(query) == "" {
		return HuntingResult{}, c.bad(q, "an empty query")
	}
	body := map[string]string{"Query": query}
	if timespan != "" {
		body["Timespan"] = timespan
	}
	result, err := answered[HuntingResult](ctx, c, q, body)
	if err == nil && result.Schema == nil {
		return HuntingResult{}, c.odd(q, "the answer has no schema")
	}
	return result, err
}

// A HuntingResult is a table. No rows is an answer, too.
type HuntingResult struct {
	Schema []HuntingColumn
	Rows   []HuntingRow
}

// A HuntingColumn is a column of a result.
type HuntingColumn struct {
	Name string
	Type string
}

// A HuntingRow is a row of a result, by column.
type HuntingRow map[string]jsontext.Value

// Text returns a cell as text: a string without its quotes, anything else as
// JSON, and null or what is absent as "".
func (r HuntingRow) Text(column string) string {
	v := r[column]
	if len(v) == 0 || v.Kind() == 'n' {
		return ""
	}
	return plain(v)
}

// UnmarshalJSONFrom reads a result in the letters of the newer service and of
// the older.
func (h *HuntingResult) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	raw, err := dec.ReadValue()
	if err != nil {
		return err
	}
	type wire struct {
		Schema  []jsontext.Value `json:"schema"`
		Results []jsontext.Value `json:"results"`
	}
	var w wire
	if err := json.Unmarshal(raw, &w, lenient, json.MatchCaseInsensitiveNames(true)); err != nil {
		return err
	}
	*h = HuntingResult{}
	if w.Schema != nil {
		h.Schema = []HuntingColumn{}
	}
	for _, v := range w.Schema {
		var col struct {
			Name Text `json:"name"`
			Type Text `json:"type"`
		}
		if err := json.Unmarshal(v, &col, lenient, json.MatchCaseInsensitiveNames(true)); err != nil {
			return err
		}
		h.Schema = append(h.Schema, HuntingColumn{Name: string(col.Name), Type: string(col.Type)})
	}
	for _, v := range w.Results {
		row := HuntingRow{}
		if err := json.Unmarshal(v, &row, lenient); err != nil {
			return err // to leave a row out would be a part passed off as the whole
		}
		h.Rows = append(h.Rows, row)
	}
	return nil
}
