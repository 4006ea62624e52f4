package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/cordonhq/cordon/internal/seal"
	"github.com/spf13/cobra"
)

func newKeyCreateCmd(d *Deps) *cobra.Command {
	return &cobra.Command{
		Use:   "create FILE",
		Short: "Make the key that encrypts stored secrets",
		Long: `Make the key that encrypts the secrets of added tenants and seals consent
links, and write it to a new file that only you can read. Name its place in the
configuration: secrets: {key: "file:FILE"}. Keep a copy where the database is
not: without the key, stored secrets are lost; with both, tenants are open.`,
		Example: `  cordon key create /etc/cordon/key.json`,
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			set, err := seal.NewKey()
			if err != nil {
				return err
			}
			f, err := os.OpenFile(args[0], os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
			if errors.Is(err, fs.ErrExist) {
				return fmt.Errorf("%w: what another key sealed would be lost; cordon key rotate %s adds a new one", err, args[0])
			}
			if err != nil {
				return err
			}
			if err := fill(f, set); err != nil {
				return err
			}
			_, err = fmt.Fprintf(d.Err, "the key stands in %s; name it in the configuration: secrets: {key: \"file:%s\"}\n", args[0], args[0])
			return err
		},
	}
}

func newKeyRotateCmd(d *Deps) *cobra.Command {
	return &cobra.Command{
		Use:   "rotate FILE",
		Short: "Add a new key to a key file; what is stored from now on is sealed with it",
		Long: `Add a new key to a key file. Secrets that are stored from now on are sealed with
it; the old keys stay in the file and open what they sealed. Where the file is
a copy for a key service, put the new one there as well.`,
		Example: "  cordon key rotate /etc/cordon/key.json",
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			set, err := readFile(args[0])
			if errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("%w: cordon key create %s makes one", err, args[0])
			}
			if err != nil {
				return err
			}
			if set, err = seal.Rotate(set); err != nil {
				return err
			}
			if err := replace(args[0], set); err != nil {
				return err
			}
			_, err = fmt.Fprintf(d.Err, "%s has a new key; the old ones stay for what they sealed\n", args[0])
			return err
		},
	}
}
