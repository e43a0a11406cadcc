package caddymodule

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/caddy-scim/caddy-scim/internal/simulate"
)

// tokenVariable is the environment variable with a SCIM token.
const tokenVariable = "SCIM_TOKEN"

func simulateCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "simulate --idp okta|entra|onelogin --url <url> [--token <token>] [--users <n>] [--users-only]",
		Short: "Plays an identity provider against a SCIM server",
		Long: `
Plays the requests that an identity provider really sends, for made-up users: the
connection test, then for each user a search, create, update, deactivation,
reactivation and delete, and for groups of ten users a create, a rename, a delete and
members who join and leave. After each step it reads back what the server made of it.

It works against any SCIM 2.0 server, and leaves nothing behind but what the server
keeps of deleted users. Exit status 1 means that something failed.

Give the token in the environment variable SCIM_TOKEN rather than with --token,
which other users of the machine can read in the list of processes.`,
		Example: `  $ export SCIM_TOKEN=scim_...
  $ caddy scim simulate --idp okta --url http://127.0.0.1:8080/scim/v2
  $ caddy scim simulate --idp entra --users 200 --url https://scim.acme.example/scim/v2 --json`,
		Args: exactly(0, ""),
	}
	var opts simulate.Options
	flags := cmd.Flags()
	flags.StringVar((*string)(&opts.IDP), "idp", "", "Identity provider: okta, entra or onelogin; required")
	flags.IntVar(&opts.Users, "users", 10, "Number of users")
	flags.BoolVar(&opts.UsersOnly, "users-only", false, "Leave groups out")
	flags.StringVar(&opts.BaseURL, "url", "", "Root of the SCIM server, such as https://scim.acme.example/scim/v2; required")
	flags.StringVar(&opts.Token, "token", "", "Bearer token (default $SCIM_TOKEN)")
	flags.StringVar(&opts.Domain, "domain", "acme.example", "Domain of the users' addresses")
	flags.IntVar(&opts.Parallel, "parallel", 0, "Users at once (default what the identity provider does)")
	flags.Uint64Var(&opts.Seed, "seed", 0, "Number that decides all the users' data (default a random one)")
	asJSON := flags.Bool("json", false, "Print the report as JSON")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		switch {
		case opts.IDP == "":
			return errors.New("--idp is missing; it is okta, entra or onelogin")
		case opts.BaseURL == "":
			return errors.New("--url is missing; it is the root of the SCIM server, such as http://127.0.0.1:8080/scim/v2")
		case opts.Users < 1:
			return fmt.Errorf("--users: %d is not a number of users", opts.Users)
		}
		if opts.Token == "" {
			opts.Token = os.Getenv(tokenVariable)
		}
		if opts.Token == "" {
			return fmt.Errorf("the token is missing; set the environment variable %s, or --token", tokenVariable)
		}
		return runSimulation(cmd, opts, *asJSON)
	}
	return cmd
}

// errFailed ends the program with status 1; what failed is in the report.
var errFailed = errors.New("the simulation failed")

func runSimulation(cmd *cobra.Command, opts simulate.Options, asJSON bool) error {
	ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	tidy := func() {}
	if term.IsTerminal(int(os.Stderr.Fd())) {
		opts.Progress, tidy = progressOn(os.Stderr, string(opts.IDP))
	}
	report, err := simulate.Run(ctx, opts)
	tidy()
	if report == nil {
		return err
	}
	if asJSON {
		if err := json.NewEncoder(cmd.OutOrStdout()).Encode(report); err != nil {
			return err
		}
	} else if err := report.Write(cmd.OutOrStdout()); err != nil {
		return err
	}
	switch {
	case ctx.Err() != nil:
		return errors.New("interrupted; the users of this run may still be on the server")
	case err != nil:
		return err
	case !report.OK():
		return errFailed
	}
	return nil
}

// progressOn draws a bar on a terminal. The function tidy takes it away.
func progressOn(w io.Writer, name string) (progress func(done, total int), tidy func()) {
	bar := progressbar.NewOptions(1, progressbar.OptionSetWriter(w), progressbar.OptionSetDescription(name),
		progressbar.OptionShowCount(), progressbar.OptionSetWidth(30), progressbar.OptionThrottle(65*time.Millisecond))
	progress = func(done, total int) {
		if bar.GetMax() != total {
			bar.ChangeMax(total)
		}
		_ = bar.Set(done) // it fails only past its end
	}
	return progress, func() { _ = bar.Clear() }
}
