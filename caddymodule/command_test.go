package caddymodule

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/caddy-scim/caddy-scim/internal/store"
)

func TestPrintable(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"Émile O'Brien, 東京":         "Émile O'Brien, 東京",
		"two\nlines\tand a column":  "two lines and a column",
		"\x1b[2Jgone\a":             " [2Jgone ",
		"not \xff UTF-8":            "not ? UTF-8",
		"turned \u202e round\u2028": "turned   round ",
	} {
		if got := printable(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestParseExpiry(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	for in, want := range map[string]time.Time{
		"":                          {},
		"90d":                       now.Add(90 * 24 * time.Hour),
		"1d12h":                     now.Add(36 * time.Hour),
		"2027-01-31T00:00:00Z":      time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC),
		"2027-01-31T00:00:00+02:00": time.Date(2027, 1, 30, 22, 0, 0, 0, time.UTC),
	} {
		if got, err := parseExpiry(in, now); err != nil || !got.Equal(want) {
			t.Errorf("%q: %s, %v", in, got, err)
		}
	}
	for _, in := range []string{"0s", "-1h", "90", "tomorrow", "2027-01-31"} {
		if got, err := parseExpiry(in, now); err == nil {
			t.Errorf("%q: %s", in, got)
		}
	}
}

// Limits that limit nothing are refused before Caddy is asked.
func TestTokenOfAllTypes(t *testing.T) {
	t.Parallel()
	cmd := tokenCreateCommand()
	cmd.SetArgs([]string{"--users", "--groups"})
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	if err := cmd.Execute(); err == nil || !strings.Contains(err.Error(), "--users --groups: users and groups are all types there are, so together they limit nothing") {
		t.Errorf("got %v", err)
	}
}

func TestWhatAnApprovalIsAbout(t *testing.T) {
	t.Parallel()
	const core = `{"id":"1","meta":{"version":"1"},"schemas":["a"],"userName":"ada","title":"T"`
	for name, test := range map[string]struct{ before, after, who, what string }{
		"create": {"", core + `}`, "ada", "create"},
		"delete": {core + `}`, "", "ada", "delete"},
		"group":  {"", `{"displayName":"Admins"}`, "Admins", "create"},
		"update": {
			core + `,"nickName":"A","urn:x:2.0:User":{"department":"Sales","costCenter":"1"}}`,
			`{"id":"1","meta":{"version":"2"},"schemas":["a","b"],"userName":"ada.l","title":"T","urn:x:2.0:User":{"department":"IT","costCenter":"1"},"active":false}`,
			"ada.l", "update of active, department, nickName, userName",
		},
		"no change": {core + `}`, core + `}`, "ada", "update"},
		"no name":   {"", `{"userName":7}`, "r1", "create"},
	} {
		a := &store.Approval{Operation: strings.Fields(test.what)[0], ResourceID: "r1"}
		if test.before != "" {
			a.Before = []byte(test.before)
		}
		if test.after != "" {
			a.After = []byte(test.after)
		}
		if got := whom(a); got != test.who {
			t.Errorf("%s: who is %q, want %q", name, got, test.who)
		}
		if got := what(a); got != test.what {
			t.Errorf("%s: what is %q, want %q", name, got, test.what)
		}
	}
}

func TestErrorsOfTheAdminEndpoint(t *testing.T) {
	t.Parallel()
	c := &adminClient{address: "here:1"}
	for in, want := range map[string]string{
		`caddy responded with error: HTTP 409: {"error":"it has\u001b moved"}`:          "it has  moved",
		"caddy responded with error: HTTP 404: 404 page not found\n":                    "the Caddy at here:1 does not know SCIM; it is built without caddy-scim",
		`caddy responded with error: HTTP 502: {}`:                                      "the Caddy at here:1 answers 502: {}",
		`performing request: Get "http://here:1/scim/tenants": dial tcp: host is silly`: "no Caddy answers at its admin endpoint here:1 (dial tcp: host is silly); is it running? --address or --config says where it is",
		`performing request: something else`:                                            "no Caddy answers at its admin endpoint here:1 (something else); is it running? --address or --config says where it is",
		"invalid admin address":                                                         "invalid admin address",
	} {
		if got := c.explain(errors.New(in)).Error(); got != want {
			t.Errorf("%q\n got %q\nwant %q", in, got, want)
		}
	}
}

func TestShellQuote(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"unix//tmp/a.sock": "unix//tmp/a.sock", "": "''", "two words": "'two words'", "it's": `'it'\''s'`, "$HOME": "'$HOME'", "~": "'~'",
	} {
		if got := shellQuote(in); got != want {
			t.Errorf("%q: %s, want %s", in, got, want)
		}
	}
}

// Every command has what its help needs, and the examples name commands and flags that there are.
func TestHelpOfCommands(t *testing.T) {
	t.Parallel()
	root := &cobra.Command{Use: "caddy"}
	scim := &cobra.Command{Use: "scim", Short: "s", Long: "l"}
	root.AddCommand(group(scim, demoCommand(), simulateCommand(), tokenCommand(), approvalCommand(), releaseCommand(), policyCommand()))
	var walk func(cmd *cobra.Command)
	walk = func(cmd *cobra.Command) {
		if cmd.Short == "" || cmd.Long == "" || cmd.RunE == nil {
			t.Errorf("%s lacks a text or a function", cmd.CommandPath())
		}
		for _, line := range strings.Split(cmd.Long, "\n") {
			if len(line) > 90 {
				t.Errorf("%s: a line of the text has %d characters: %s", cmd.CommandPath(), len(line), line)
			}
		}
		for _, line := range strings.Split(cmd.Example, "\n") {
			words := strings.Fields(line)
			if len(words) < 3 || words[1] != "caddy" {
				continue
			}
			found, rest, err := root.Find(words[2:])
			if err != nil || found == scim {
				t.Errorf("example %q: %v", line, err)
				continue
			}
			for _, word := range rest {
				if name, ok := strings.CutPrefix(word, "--"); ok && found.Flag(name) == nil && found.InheritedFlags().Lookup(name) == nil {
					t.Errorf("example %q: there is no --%s", line, name)
				}
			}
		}
		for _, sub := range cmd.Commands() {
			walk(sub)
		}
	}
	walk(scim)
	names := make([]string, 0, 6)
	for _, sub := range scim.Commands() {
		names = append(names, sub.Name())
	}
	if !slices.Equal(names, []string{"approval", "demo", "policy", "release", "simulate", "token"}) {
		t.Errorf("commands %v", names)
	}
}
