// Command legacyapp runs the example membership application by itself.
//
//	go run ./examples/legacyapp/cmd/legacyapp --listen 127.0.0.1:9000
//
// With LEGACYAPP_KEY set, callers must send it as a bearer token.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/caddy-scim/caddy-scim/examples/legacyapp"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "legacyapp:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("legacyapp", flag.ContinueOnError)
	listen := flags.String("listen", "127.0.0.1:9000", "address to listen on; port 0 picks a free one")
	honour := flags.Bool("idempotency-keys", false, "honour Idempotency-Key headers instead of only recording them")
	data := flags.String("data", "", "file that keeps what changes, over restarts and kills; empty keeps nothing")
	lenient := flags.Bool("lenient-teams", false, "take it for no mistake to add who is in a team, or to remove who is not")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil
		}
		return err
	}
	app, err := open(legacyapp.Options{Key: os.Getenv("LEGACYAPP_KEY"), HonourIdempotencyKeys: *honour, LenientTeams: *lenient}, *data)
	if err != nil {
		return err
	}
	return errors.Join(serve(ctx, *listen, app), app.Close())
}

func open(opts legacyapp.Options, data string) (*legacyapp.App, error) {
	if data == "" {
		return legacyapp.New(opts), nil
	}
	return legacyapp.Open(opts, data)
}

func serve(ctx context.Context, listen string, app *legacyapp.App) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", listen)
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler:           app,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
	}
	fmt.Printf("http://%s\n", listener.Addr())

	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	shutdown, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return server.Shutdown(shutdown)
}
