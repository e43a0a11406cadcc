package caddymodule

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/caddyserver/caddy/v2"
	"github.com/spf13/cobra"

	"github.com/caddy-scim/caddy-scim/plugins/sdk/scaffold"
)

// newPolicy is what `policy new` prints with --json.
type newPolicy struct {
	Name string `json:"name"`
	Lang string `json:"lang"`
	Dir  string `json:"dir"`
}

func policyNewCommand() *cobra.Command {
	languages := strings.Join(scaffold.Languages(), "|")
	cmd := &cobra.Command{
		Use:   "new --lang " + languages + " <name> [--dir <directory>] [--json]",
		Short: "Makes a project for a new policy, which builds and passes its tests",
		Long: `
Makes a directory with the project of a new policy: its source, unit tests that need
no WebAssembly, golden cases, and the SDK. It builds as it is, with the language's
compiler and without downloading anything but that; its README.md says how.

The language ts is AssemblyScript, a sister of TypeScript. Nothing that is there
already is overwritten.`,
		Example: `  $ caddy scim policy new --lang go contractors
  $ caddy scim policy new --lang rust contractors --dir policies/contractors`,
		Args: exactly(1, "the name of the policy"),
	}
	lang := cmd.Flags().String("lang", "", "Language: "+strings.Join(scaffold.Languages(), ", ")+"; required")
	dir := cmd.Flags().String("dir", "", "Directory to make (default the name)")
	asJSON := cmd.Flags().Bool("json", false, "Print JSON in the place of text")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if *lang == "" {
			return errors.New("--lang is missing; it is one of " + strings.Join(scaffold.Languages(), ", "))
		}
		made := newPolicy{Name: args[0], Lang: *lang, Dir: or(*dir, args[0])}
		if err := scaffold.Write(made.Dir, made.Name, made.Lang); err != nil {
			return err
		}
		if *asJSON {
			return printJSON(cmd, made)
		}
		fmt.Fprintf(cmd.ErrOrStderr(), "Made %s. What is in it, and how to build and test it, is in %s.\n",
			shellQuote(made.Dir), shellQuote(filepath.Join(made.Dir, "README.md")))
		if pkg, wanted := compilerPackages["."+*lang]; wanted {
			if _, err := caddy.GetModule(compilers + "." + *lang); err != nil {
				fmt.Fprintf(cmd.ErrOrStderr(), "This Caddy cannot compile .%s files; build it with: xcaddy build --with %s\n", *lang, pkg)
			}
		}
		return nil
	}
	return cmd
}
