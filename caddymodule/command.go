package caddymodule

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/template"

	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	"github.com/spf13/cobra"
)

func init() {
	caddycmd.RegisterCommand(caddycmd.Command{
		Name:  "scim",
		Usage: "demo|simulate|token|approval|release|alarm|deadletter|log|policy|import|reconcile",
		Short: "Provisions people into applications by SCIM: demo, tokens, approvals, log, policies",
		Long: `
Provisioning by SCIM 2.0: identity providers such as Okta, Microsoft Entra ID and
OneLogin send people to Caddy, and Caddy tells the application by its own HTTP API.

All but demo, simulate and some of policy speak to the admin endpoint of a running Caddy.`,
		CobraFunc: func(cmd *cobra.Command) {
			cmd.Example = "  $ caddy scim demo\n  $ caddy scim token create --tenant acme --name 'Okta, from May'\n  $ caddy scim approval list"
			group(cmd, demoCommand(), simulateCommand(), tokenCommand(), approvalCommand(), releaseCommand(), alarmCommand(), deadLetterCommand(), logCommand(), policyCommand(), importCommand(), reconcileCommand(), compileCommand(), compilerCommand())
		},
	})
}

// group gives a command its subcommands. By itself it shows its help, and a word that is none of them is an error.
func group(cmd *cobra.Command, commands ...*cobra.Command) *cobra.Command {
	cmd.AddCommand(commands...)
	for _, c := range append([]*cobra.Command{cmd}, commands...) {
		c.DisableFlagsInUseLine = true // each says itself which there are
	}
	cmd.Args = cobra.ArbitraryArgs
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return cmd.Help()
		}
		names := make([]string, len(commands))
		for i, c := range commands {
			names[i] = c.Name()
		}
		return fmt.Errorf("%q is no command of %q; it has %s", args[0], cmd.CommandPath(), strings.Join(names, ", "))
	}
	return cmd
}

// exactly says how many arguments a command takes, and what they are where they are wrong.
func exactly(n int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) < n:
			return fmt.Errorf("%s is missing; see %s --help", what, cmd.CommandPath())
		case len(args) > n:
			return fmt.Errorf("%q is too much; see %s --help", args[n], cmd.CommandPath())
		}
		return nil
	}
}

// self is how a person starts this program once more.
func self() string {
	exe, err := os.Executable()
	switch {
	case err != nil:
		return "caddy"
	case strings.Contains(exe, "go-build"): // where `go run` puts what it runs
		return "go run ./cmd/caddy"
	case filepath.Base(os.Args[0]) == os.Args[0]:
		return os.Args[0] // found by PATH
	}
	return shellQuote(os.Args[0])
}

// shellQuote makes a text one word of a POSIX shell.
func shellQuote(s string) string {
	if s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:=@%+,", r)
	}) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// templateFuncs are the functions that the texts of commands use.
var templateFuncs = template.FuncMap{"shell": shellQuote}
