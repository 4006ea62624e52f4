package cli

import (
	"runtime"

	"github.com/spf13/cobra"
)

// versionRow says what this binary is.
type versionRow struct {
	Version string `json:"version"`
	Go      string `json:"go"`
	OS      string `json:"os"`
	Arch    string `json:"arch"`
}

func newVersionCmd(d *Deps) *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Show the version",
		Example: "  cordon version -o json",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			return printOne(d, versionRow{d.Version, runtime.Version(), runtime.GOOS, runtime.GOARCH}, []column[versionRow]{
				{"version", func(r versionRow) string { return r.Version }},
				{"go", func(r versionRow) string { return r.Go }},
				{"os/arch", func(r versionRow) string { return r.OS + "/" + r.Arch }},
			})
		},
	}
}
