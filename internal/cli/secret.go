package cli

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/cordonhq/cordon/internal/app"
	"github.com/spf13/cobra"
)

// secretFlags say what a tenant is entered with. They name files: what is
// secret is never an argument, which every process on the machine can read.
type secretFlags struct {
	clientID, certificate, password, secret, expires string
}

func (f *secretFlags) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.clientID, "client-id", "", "id of the tenant's own app; default the app that all share")
	cmd.Flags().StringVar(&f.certificate, "certificate", "", "file with the app's certificate and key, PEM or PKCS#12")
	cmd.Flags().StringVar(&f.password, "password-file", "", "file with the password of a PKCS#12 certificate, or -")
	cmd.Flags().StringVar(&f.secret, "secret-file", "", "file with the app's client secret, or -")
	cmd.Flags().StringVar(&f.expires, "secret-expires", "", "day on which the client secret expires, such as 2027-01-31")
}

// read reads the files.
func (f *secretFlags) read() (s app.Secret, err error) {
	s.ClientID = f.clientID
	if f.expires != "" {
		if f.secret == "" {
			return s, usagef("--secret-expires goes with --secret-file")
		}
		if s.Expires, err = time.Parse(time.DateOnly, f.expires); err != nil {
			return s, usagef("--secret-expires must be a day such as 2027-01-31, not %q", f.expires)
		}
	}
	for _, file := range []struct {
		path string
		take func([]byte)
	}{
		{f.certificate, func(b []byte) { s.Certificate = b }},
		{f.password, func(b []byte) { s.Password = strings.TrimRight(string(b), "\r\n") }},
		{f.secret, func(b []byte) { s.Text = strings.TrimRight(string(b), "\r\n") }},
	} {
		if file.path == "" {
			continue
		}
		b, err := readFile(file.path)
		if err != nil {
			return s, err
		}
		file.take(b)
	}
	return s, nil
}

// maxSecret bounds a file with a secret.
const maxSecret = 1 << 20

func readFile(path string) ([]byte, error) {
	if path != "-" {
		info, err := os.Stat(path)
		if err == nil && info.Size() > maxSecret {
			err = fmt.Errorf("%s is too large for a secret", path)
		}
		if err != nil {
			return nil, err
		}
		return os.ReadFile(path)
	}
	b, err := io.ReadAll(io.LimitReader(os.Stdin, maxSecret))
	if err == nil && len(b) == 0 {
		err = usagef("nothing on standard input")
	}
	return b, err
}
