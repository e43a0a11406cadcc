package caddymodule

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"github.com/spf13/cobra"

	"github.com/caddy-scim/caddy-scim/examples/legacyapp"
)

// demoOptions are the flags of the command.
type demoOptions struct {
	listen string
	data   string // empty for a temporary directory
	policy string // empty for the example's, or demoNoPolicy
	json   bool
}

func demoCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "demo [--listen <address>] [--data <directory>] [--policy <file.wasm>|none] [--json]",
		Short: "Runs everything on this machine, with an example application, to try it",
		Long: `
Runs Caddy with SCIM for a tenant acme, a store, an example policy, and an example
application that has never heard of SCIM, and says what to try. It runs until it is
interrupted, and then leaves nothing behind.

The example policy refuses addresses outside acme.example, makes a role of the
department, and lets new administrators wait for an approval. It is uploaded as release
1, so that others can be tried with "caddy scim policy". --policy puts another one in
its place, for as long as the demo runs, or with none only the field map of the
configuration.

With --data the directory keeps the store, the token, the members of the example
application and the Caddyfile, and the next start goes on with them.

With --json there is exactly one line on standard output, once everything is ready:
{"scim_url","scim_token","console_url","console_key","legacy_url","data_dir"}.
console_url and console_key are empty. The admin endpoint, for commands such as
"caddy scim approval list --address", is unix/<data_dir>/admin.sock; where that path
is too long it stands in <data_dir>/Caddyfile, which --config takes.`,
		Example: `  $ caddy scim demo
  $ caddy scim demo --data ./demo --listen 127.0.0.1:0
  $ caddy scim demo --policy none --json`,
		Args: exactly(0, ""),
	}
	var opts demoOptions
	flags := cmd.Flags()
	flags.StringVar(&opts.listen, "listen", "127.0.0.1:8080", "Address for SCIM; port 0 takes a free one")
	flags.StringVar(&opts.data, "data", "", "Directory that keeps everything (default a temporary one)")
	flags.StringVar(&opts.policy, "policy", "", "Policy in the place of the example's, or none")
	flags.BoolVar(&opts.json, "json", false, "Print one line of JSON when ready")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
		if !signal.Ignored(syscall.SIGHUP) {
			signals = append(signals, syscall.SIGHUP) // the terminal is closed
		}
		ctx, stop := signal.NotifyContext(cmd.Context(), signals...)
		defer stop()
		d := &demo{opts: opts}
		// Also when Caddy ends the process, as `caddy stop` asks it to.
		caddy.OnExit(func(context.Context) { _ = d.stop() })
		err := d.run(ctx, cmd.OutOrStdout())
		stop() // a second signal ends the process at once
		return errors.Join(err, d.stop())
	}
	return cmd
}

// demo is a running one.
type demo struct {
	opts demoOptions

	dir      string
	admin    string // address of the admin endpoint
	scimURL  string
	token    string
	legacy   string // URL of the application
	cleanups []func() error

	once    sync.Once
	stopErr error
}

// run starts everything, says so on out and returns when ctx ends.
func (d *demo) run(ctx context.Context, out io.Writer) error {
	err := d.start(ctx)
	if err == nil {
		err = d.announce(out)
	}
	if err != nil && ctx.Err() == nil { // else it was interrupted while it started
		return err
	}
	<-ctx.Done()
	return nil
}

func (d *demo) start(ctx context.Context) error {
	host, port, err := splitListen(d.opts.listen)
	if err != nil {
		return err
	}
	if err := d.openDir(); err != nil {
		return err
	}
	cfg := demoConfig{Dir: d.dir, Host: host, Port: port}
	if d.admin, err = demoAdmin(d.dir); err != nil {
		return err
	}
	cfg.Admin = d.admin
	if cfg.Policy, cfg.Domain, err = demoPolicy(d.dir, d.opts.policy); err != nil {
		return err
	}
	if err := d.startApplication(); err != nil {
		return fmt.Errorf("start the example application: %w", err)
	}
	cfg.Legacy = d.legacy
	if err := d.startCaddy(cfg); err != nil {
		return err
	}
	return d.ready(ctx)
}

func (d *demo) openDir() (err error) {
	if d.opts.data == "" {
		if d.dir, err = os.MkdirTemp("", "caddy-scim-demo-"); err != nil {
			return err
		}
		d.cleanup(func() error { return os.RemoveAll(d.dir) })
		return nil
	}
	if d.dir, err = filepath.Abs(d.opts.data); err == nil {
		err = os.MkdirAll(d.dir, 0o700)
	}
	if err != nil {
		return fmt.Errorf("--data: %w", err)
	}
	return nil
}

// shutdownTimeout bounds how long the example application waits for its requests when it ends.
const shutdownTimeout = 2 * time.Second

func (d *demo) startApplication() error {
	app, err := legacyapp.Open(legacyapp.Options{}, filepath.Join(d.dir, demoApplicationFile))
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it does not wait
	if err != nil {
		return errors.Join(err, app.Close())
	}
	d.legacy = "http://" + listener.Addr().String()
	server := &http.Server{Handler: app, ReadHeaderTimeout: 10 * time.Second}
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = server.Serve(listener) // it ends with ErrServerClosed
	}()
	d.cleanup(func() error {
		ctx, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
		defer cancel()
		if server.Shutdown(ctx) != nil {
			_ = server.Close() // drops a request that a fault holds up
		}
		<-served
		return app.Close()
	})
	return nil
}

func (d *demo) startCaddy(cfg demoConfig) error {
	file, err := cfg.caddyfile()
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(d.dir, demoCaddyfile), []byte(file), 0o600); err != nil {
		return err
	}
	config, err := adaptDemo(file)
	if err != nil {
		return err
	}
	d.cleanup(func() error {
		ctx, cancel := context.WithTimeout(context.Background(), exitTimeout)
		defer cancel()
		err := errors.Join(caddy.Stop(), live.closeAll(ctx))
		if socket := filepath.Join(d.dir, demoSocket); d.admin == "unix/"+socket {
			_ = os.Remove(socket) // a start that failed has none
		}
		return err
	})
	return caddy.Load(config, true)
}

// ready finds out what Caddy made of the configuration, and returns when it serves.
func (d *demo) ready(ctx context.Context) error {
	s := live.enterNewest()
	if s == nil {
		return errNotRunning
	}
	defer s.leave()
	var err error
	if d.token, err = keepToken(ctx, s.backend.tokens, filepath.Join(d.dir, demoTokenFile)); err != nil {
		return err
	}
	module, err := caddy.ActiveContext().App("http")
	if err != nil {
		return err
	}
	app, ok := module.(*caddyhttp.App)
	if !ok {
		return fmt.Errorf("the app http is a %T", module)
	}
	for _, server := range app.Servers {
		for _, listener := range server.Listeners() {
			if d.scimURL, err = demoURL(listener.Addr()); err != nil {
				return err
			}
		}
	}
	return d.check(ctx)
}

// check sends a request as an identity provider would.
func (d *demo) check(ctx context.Context) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, d.scimURL+"/ServiceProviderConfig", nil)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+d.token)
	client := &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}} // no proxy
	resp, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("the first request: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("the first request to %s is answered %s", req.URL, resp.Status)
	}
	return nil
}

// cleanup adds what has to be done at the end; the last one added is done first.
func (d *demo) cleanup(f func() error) { d.cleanups = append(d.cleanups, f) }

// stop ends everything that run started. It may be called more than once.
func (d *demo) stop() error {
	d.once.Do(func() {
		for i := len(d.cleanups) - 1; i >= 0; i-- {
			if err := d.cleanups[i](); err != nil {
				slog.New(logs).Error("ending the demo", "error", err)
				d.stopErr = errors.Join(d.stopErr, err)
			}
		}
	})
	return d.stopErr
}
