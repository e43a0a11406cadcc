package caddymodule

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/caddy-scim/caddy-scim/plugins"
)

// compilePolicyCommand is the command of `caddy scim` that compiles one policy in a process of its own, for the process
// that starts it: see plugins.Compiler. It is of no use to people.
const compilePolicyCommand = "compile-policy"

func compileCommand() *cobra.Command {
	return &cobra.Command{
		Use:    compilePolicyCommand,
		Short:  "Compiles a policy for the process that asks for it",
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if plugins.CompileMain() != 0 {
				return errors.New("the policy was not compiled")
			}
			return nil
		},
	}
}
