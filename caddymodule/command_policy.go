package caddymodule

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/user"
	"strings"

	"github.com/spf13/cobra"
)

func policyCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "policy <command>",
		Short: "Writes, tests, uploads, tries, promotes and takes back policies",
		Long: `
A policy is a WebAssembly module that decides about changes, maps them to the
application's requests, and turns the application's records into users.

Offline, on a file: new makes a project, check, test, run and bench try it, bundle,
keygen and sign make it ready to be uploaded.

On a running Caddy: push uploads a file as a release, which rules nothing yet.
shadow asks it beside what rules, differences tells where it would have done
something else, and replay does the same with what was asked in the past, also of
a file that is not uploaded. promote lets it rule, all or a percentage; rollback
takes that back. list and logs show what is.

A tenant whose policy stands in the configuration keeps that one: releases can be
uploaded and tried, but not promoted.`,
		Example: `  $ caddy scim policy new --lang go contractors
  $ caddy scim policy test contractors.wasm
  $ caddy scim policy push contractors.wasm --tenant acme --note 'contractors need a sponsor' --shadow
  $ caddy scim policy differences --tenant acme
  $ caddy scim policy promote 2 --tenant acme --percent 10
  $ caddy scim policy rollback --tenant acme`,
	}
	return group(cmd, policyNewCommand(), policyCheckCommand(), policyTestCommand(), policyRunCommand(), policyBenchCommand(),
		policyBundleCommand(), policyKeygenCommand(), policySignCommand(),
		policyPushCommand(), policyListCommand(), policyPromoteCommand(), policyRollbackCommand(), policyShadowCommand(),
		policyDifferencesCommand(), policyReplayCommand(), policyLogsCommand(), policyPullCommand())
}

// readSettings reads what --settings has: JSON, or a file with some. Empty is none.
func readSettings(value string) (json.RawMessage, error) {
	if value == "" {
		return nil, nil
	}
	text := []byte(value)
	if !strings.HasPrefix(strings.TrimSpace(value), "{") {
		var err error
		text, err = os.ReadFile(value)
		if err != nil && json.Valid([]byte(value)) {
			return nil, errors.New("--settings: not a JSON object")
		}
		if err != nil {
			return nil, fmt.Errorf("--settings: %w", err)
		}
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal(text, &object); err != nil || object == nil {
		return nil, errors.New("--settings: not a JSON object")
	}
	return text, nil
}

// byFlag adds the flag that says who does something.
func byFlag(cmd *cobra.Command, to *string) {
	cmd.Flags().StringVar(to, "by", "", "Who does it, for the journal (default the name of who is logged in)")
}

// whoIs is who was named, or else who is logged in.
func whoIs(by string) (string, error) {
	if by != "" {
		return by, nil
	}
	who, err := user.Current()
	if err != nil || who.Username == "" {
		return "", errors.New("it cannot be found out who you are; say it with --by")
	}
	return who.Username, nil
}

// shortVersion is as much of a module's version as people compare.
func shortVersion(version string) string {
	const enough = 12
	if len(version) > enough {
		return version[:enough]
	}
	return version
}
