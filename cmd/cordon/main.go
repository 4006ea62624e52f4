// Command cordon keeps the identity posture of Microsoft tenants and contains
// compromised identities.
package main

import (
	"context"
	"os"
	"time"

	"github.com/cordonhq/cordon/internal/cli"
)

// version is set when a release is built.
var version = "dev"

func main() {
	d := &cli.Deps{Out: os.Stdout, Err: os.Stderr, Version: version, Now: time.Now}
	os.Exit(cli.Main(context.Background(), os.Args[1:], d))
}
