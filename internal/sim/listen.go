package sim

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"time"
)

// checkLoopback refuses any address that other machines could reach.
func checkLoopback(address string) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("listen address %q: %w", address, err)
	}
	if host == "localhost" {
		return nil
	}
	ip, err := netip.ParseAddr(host)
	if err != nil || !ip.IsLoopback() {
		return fmt.Errorf("listen address %q is not loopback: the simulator never listens anywhere else", address)
	}
	return nil
}

// prepareStateDir makes the folder that holds the CA file.
func (c *Cloud) prepareStateDir() error {
	if c.opts.StateDir == "" {
		dir, err := os.MkdirTemp("", "cordon-sim-")
		if err != nil {
			return fmt.Errorf("make a state folder: %w", err)
		}
		c.stateDir = dir
		return nil
	}
	dir, err := filepath.Abs(c.opts.StateDir)
	if err != nil {
		return fmt.Errorf("find the state folder: %w", err)
	}
	c.stateDir = dir
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make the state folder: %w", err)
	}
	return nil
}

// listen opens the control listener and the three TLS listeners beside it.
func (c *Cloud) listen(ctx context.Context) error {
	if err := c.prepareStateDir(); err != nil {
		return err
	}
	host, _, _ := net.SplitHostPort(c.opts.Listen)
	caFile := filepath.Join(c.stateDir, "ca.pem")
	config, err := newTLS(caFile, host)
	if err != nil {
		return err
	}
	free := net.JoinHostPort(host, "0")
	c.info.CAFile = caFile
	for _, s := range []struct {
		address string
		tls     *tls.Config
		handler http.Handler
		url     *string
	}{
		{c.opts.Listen, nil, c.controlHandler(), &c.info.ControlURL},
		{free, config, c.loginHandler(), &c.info.LoginURL},
		{free, config, c.graphHandler(), &c.info.GraphURL},
		{free, config, c.defenderHandler(), &c.info.DefenderURL},
	} {
		if *s.url, err = c.serve(ctx, s.address, s.tls, s.handler); err != nil {
			return err
		}
	}
	return nil
}

// serve answers on one address until the cloud is closed. The listener is
// open when serve returns, so no caller needs to wait for it.
func (c *Cloud) serve(ctx context.Context, address string, config *tls.Config, handler http.Handler) (string, error) {
	var opener net.ListenConfig
	l, err := opener.Listen(ctx, "tcp", address)
	if err != nil {
		return "", fmt.Errorf("listen: %w", err)
	}
	if tcp, ok := l.Addr().(*net.TCPAddr); !ok || !tcp.IP.IsLoopback() {
		return "", errors.Join(fmt.Errorf("%s is not loopback", l.Addr()), l.Close())
	}
	scheme := "http://"
	if config != nil {
		l, scheme = tls.NewListener(l, config), "https://"
	}
	s := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: time.Hour,                  // the handshake of TLS as well: a busy machine takes its time, and only this machine can connect
		ErrorLog:          log.New(io.Discard, "", 0), // a client that hangs up is no news
		BaseContext:       func(net.Listener) context.Context { return ctx },
	}
	c.servers = append(c.servers, s)
	go func() {
		if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			c.failed <- fmt.Errorf("sim: serve %s: %w", address, err)
		}
	}()
	return scheme + l.Addr().String(), nil
}
