package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/collect"
	"github.com/spf13/cobra"
)

// detectionRow is a row of the catalogue of detections as commands show it.
type detectionRow struct {
	Source        string   `json:"source"`
	Kind          string   `json:"kind"`
	Service       string   `json:"service"`
	From          string   `json:"detection_source"`
	Titles        []string `json:"titles"`
	DetectorIDs   []string `json:"detector_ids"`
	Detectors     []string `json:"detectors"`
	Counts        bool     `json:"counts"`
	Ignored       string   `json:"ignored"`
	About         string   `json:"about"`
	FalsePositive string   `json:"false_positive"`
	First         string   `json:"first"`
	Least         string   `json:"least"`
	Most          string   `json:"most"`
	Attack        string   `json:"attack"`
	Reference     string   `json:"reference"`
}

func newDetectionListCmd(d *Deps) *cobra.Command {
	return &cobra.Command{
		Use:   "list [WORD]",
		Short: "List the catalogue of detections, or the rows that hold a word",
		Long: `List the catalogue of detections: whose word each kind may be, whether it counts
as evidence, what usually raises it without an attack, and what it may justify
by itself. Two signals corroborate each other when they share no detector. A
kind that is not listed is shown and scored, and never counts.`,
		Example: `  cordon detection list
  cordon detection list anomalousToken
  cordon detection list defender_for_cloud_apps -o json`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			word := strings.ToLower(strings.Join(args, ""))
			var rows []detectionRow
			for _, det := range cordon.Detections() {
				if row := detectionRowOf(det); strings.Contains(strings.ToLower(fmt.Sprint(row)), word) {
					rows = append(rows, row)
				}
			}
			if len(rows) == 0 {
				return fmt.Errorf("no row of the catalogue of detections holds %s: %w; cordon detection list shows all", cordon.Quote(strings.Join(args, "")), cordon.ErrNotFound)
			}
			return print(d, rows, detectionColumns(d.atMost))
		},
	}
}

func detectionRowOf(det cordon.Detection) detectionRow {
	return detectionRow{
		Source: string(det.Source), Kind: det.Kind, Service: det.Service, From: det.From, Titles: texts(det.Titles), DetectorIDs: texts(det.DetectorIDs),
		Detectors: texts(det.Detectors), Counts: det.Ignored == "", Ignored: det.Ignored, About: det.About, FalsePositive: det.FalsePositive,
		First: det.First, Least: det.Least, Most: det.Most, Attack: det.Attack, Reference: det.Reference,
	}
}

func detectionColumns(atMost func(int) int) []column[detectionRow] {
	return []column[detectionRow]{
		{"kind", detectionName},
		{"detectors", func(r detectionRow) string { return detectorsText(r.Detectors, atMost(2)) }},
		{"counts", func(r detectionRow) string { return mark(r.Counts, "yes") + mark(!r.Counts, "no: "+r.Ignored) }},
		{"about", func(r detectionRow) string { return r.About }},
		{"alone justifies", func(r detectionRow) string { return justifies(r) }},
		{"usual false positive", func(r detectionRow) string { return r.FalsePositive }},
	}
}

// detectorsText names detectors; more than most are counted.
func detectorsText(detectors []string, most int) string {
	if n := len(detectors); n > most && most != cordon.Uncut {
		return fmt.Sprintf("%s and %d more", detectors[0], n-1)
	}
	return strings.Join(detectors, ", ")
}

// detectionName is what a row is about.
func detectionName(r detectionRow) string {
	name := r.Kind
	if name == "" {
		name = strings.TrimPrefix(r.Service+" "+r.From, " ")
	}
	if more := slices.Concat(r.Titles, r.DetectorIDs); len(more) > 0 {
		name += ": " + strings.Join(more, ", ")
	}
	return name
}

func justifies(r detectionRow) string {
	if r.Least == r.Most {
		return r.Least
	}
	return r.Least + " to " + r.Most
}

// kindRow is what an incident shows of a kind of detection that it holds.
type kindRow struct {
	Kind          string   `json:"kind"`
	Title         string   `json:"title"`
	Detectors     []string `json:"detectors"`
	Ignored       string   `json:"ignored"`
	About         string   `json:"about"`
	FalsePositive string   `json:"false_positive"`
	First         string   `json:"first"`
	Least         string   `json:"least"`
	Most          string   `json:"most"`
}

// kindRows returns what the catalogue says of the kinds of some signals, each
// once.
func kindRows(signals []cordon.Signal) []kindRow {
	rows := []kindRow{}
	for _, s := range signals {
		det, ok := collect.Detection(s)
		if !ok {
			continue
		}
		row := kindRow{
			Kind: s.Kind, Detectors: texts(det.Detectors), Ignored: det.Ignored, About: det.About,
			FalsePositive: det.FalsePositive, First: det.First, Least: det.Least, Most: det.Most,
		}
		if s.Source != cordon.SourceRiskDetections {
			row.Title = s.Title
		}
		if !slices.ContainsFunc(rows, func(o kindRow) bool { return o.Kind == row.Kind && o.Title == row.Title }) {
			rows = append(rows, row)
		}
	}
	return rows
}

func kindColumns() []column[kindRow] {
	return []column[kindRow]{
		{"kind", func(r kindRow) string { return r.Kind + mark(r.Title != "", ": "+r.Title) }},
		{"about", func(r kindRow) string { return r.About }},
		{"alone justifies", func(r kindRow) string { return justifies(detectionRow{Least: r.Least, Most: r.Most}) }},
		{"usual false positive", func(r kindRow) string { return r.FalsePositive }},
		{"careful first step", func(r kindRow) string { return r.First }},
	}
}
