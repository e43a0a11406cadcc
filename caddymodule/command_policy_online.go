package caddymodule

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/internal/store"
)

// pushFlags are the flags of push and replay that make an upload.
type pushFlags struct {
	settings, signature, by string
}

func (f *pushFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.settings, "settings", "", "Settings: a file with a JSON object, or the object itself (default none)")
	cmd.Flags().StringVar(&f.signature, "signature", "", "File with the module's signature (default <file>.sig, where there is one)")
	byFlag(cmd, &f.by)
}

// read makes the upload of a file, which is compiled if it is source code.
func (f *pushFlags) read(cmd *cobra.Command, path string) (up policyUpload, err error) {
	if up.Module, err = readPolicyFile(cmd.Context(), path); err != nil {
		return up, err
	}
	if up.Settings, err = readSettings(f.settings); err != nil {
		return up, err
	}
	if up.By, err = whoIs(f.by); err != nil {
		return up, err
	}
	switch {
	case f.signature != "":
		raw, err := os.ReadFile(f.signature)
		if err == nil {
			up.Signature, err = parseSignature(raw)
		}
		if err != nil {
			return up, fmt.Errorf("--signature: %w", err)
		}
	default:
		if up.Signature, err = readSignature(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return up, err
		}
	}
	return up, nil
}

func policyPushCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "push <file> [--settings <file>] [--note <text>] [--shadow|--promote] [--tenant <name>]",
		Short: "Uploads a policy as a release",
		Long: `
Uploads a policy. Caddy checks it: its size, its structure, its signature where one
is wanted, what it imports and exports, its settings by its own JSON Schema, and the
golden cases that it brings along. What is wrong is named, and nothing is stored.

The release that is made rules nothing until it is promoted; --shadow and --promote
take that step at once. A file with .sig behind the name is sent as the signature.`,
		Example: `  $ caddy scim policy push contractors.wasm --tenant acme --note 'contractors need a sponsor'
  $ caddy scim policy push contractors.wasm --settings '{"domain":"acme.example"}' --shadow
  $ caddy scim policy push contractors.wasm --settings settings.json --promote --by ops@acme.example`,
		Args: exactly(1, "the file of a policy"),
	}
	adminFlags(cmd)
	var flags pushFlags
	flags.add(cmd)
	note := cmd.Flags().String("note", "", "Note for people, shown by list")
	shadow := cmd.Flags().Bool("shadow", false, "Let it be the shadow at once")
	promote := cmd.Flags().Bool("promote", false, "Let it rule at once")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if *shadow && *promote {
			return errors.New("--shadow and --promote exclude each other: a release that rules has nothing to be compared with")
		}
		up, err := flags.read(cmd, args[0])
		if err != nil {
			return err
		}
		up.Note = *note
		step := ""
		switch {
		case *shadow:
			step = "shadow"
		case *promote:
			step = "promote"
		}
		return onTenant(func(_ *cobra.Command, _ []string, c *adminClient, tenant string) error {
			return c.pushPolicy(tenant, up, step)
		})(cmd, args)
	}
	return cmd
}

func (c *adminClient) pushPolicy(tenant string, up policyUpload, step string) error {
	var pushed pushedPolicy
	raw, err := c.call(http.MethodPost, tenant+"/policies", up, &pushed)
	if err != nil {
		return err
	}
	if pushed.Release == nil {
		return errors.New("the answer has no release")
	}
	r := pushed.Release
	if !c.json {
		fmt.Fprintf(c.out, "%d\n", r.Number)
		cases := "no golden cases"
		if r.Cases > 0 {
			cases = fmt.Sprintf("%d golden cases passed", r.Cases)
		}
		fmt.Fprintf(c.notes, "Release %d is %s (%s), %s.\n", r.Number, printable(nameOf(r)), shortVersion(r.Version), cases)
	}
	if step == "" {
		if !c.print(raw) {
			fmt.Fprintf(c.notes, "It rules nothing yet. Try it: caddy scim policy shadow %d%s; let it rule: caddy scim policy promote %d%s\n", r.Number, c.given, r.Number, c.given)
		}
		return nil
	}
	path, body := fmt.Sprintf("%d/%s", r.Number, step), policyStep{By: up.By}
	if c.json {
		err = c.stepPushed(tenant+"/policies/"+path, body, &pushed)
	} else {
		err = c.stepPolicy(tenant, path, body, c.stepped(step, r.Number))
	}
	if err != nil {
		return fmt.Errorf("release %d is uploaded, but: %w", r.Number, err)
	}
	return nil
}

// stepPushed takes a step with the release that was pushed, and prints what is so then as JSON, or what was pushed where
// the step fails.
func (c *adminClient) stepPushed(path string, step policyStep, pushed *pushedPolicy) error {
	var status adapter.PolicyStatus
	_, failed := c.call(http.MethodPost, path, step, &status)
	for i := range status.Releases {
		if status.Releases[i].Number == pushed.Release.Number {
			pushed.Release = &status.Releases[i]
		}
	}
	if failed == nil {
		pushed.Status = &status
	}
	raw, err := json.Marshal(pushed)
	if err == nil {
		c.print(raw)
	}
	return errors.Join(failed, err)
}

// stepped says what a step has done.
func (c *adminClient) stepped(step string, number uint64) func(*adapter.PolicyStatus) string {
	return func(s *adapter.PolicyStatus) string {
		switch {
		case step == "shadow":
			return fmt.Sprintf("Release %d is asked beside what rules. Look at it with: caddy scim policy differences%s", number, c.given)
		case s.Canary == number:
			return fmt.Sprintf("Release %d rules %d %% of the resources, %s the others.", number, s.CanaryPercent, ruling(s))
		}
		return fmt.Sprintf("Release %d rules. To take that back: caddy scim policy rollback%s", number, c.given)
	}
}

// ruling names what rules all, or all but the canary's.
func ruling(s *adapter.PolicyStatus) string {
	switch {
	case s.Pinned != "":
		return "the policy of the configuration (" + shortVersion(s.Pinned) + ")"
	case s.Active != 0:
		return fmt.Sprintf("release %d", s.Active)
	}
	return "no policy"
}

// stepPolicy takes a step in the life of a release.
func (c *adminClient) stepPolicy(tenant, path string, step policyStep, say func(*adapter.PolicyStatus) string) error {
	var answer struct {
		adapter.PolicyStatus
		Unchanged bool `json:"unchanged"`
	}
	raw, err := c.call(http.MethodPost, tenant+"/policies/"+path, step, &answer)
	if err != nil || c.print(raw) {
		return err
	}
	if answer.Unchanged {
		fmt.Fprintln(c.notes, "Nothing has changed: it was so before.")
		c.sayStatus(&answer.PolicyStatus)
		return nil
	}
	fmt.Fprintln(c.notes, say(&answer.PolicyStatus))
	c.trouble(&answer.PolicyStatus)
	return nil
}

func (c *adminClient) trouble(s *adapter.PolicyStatus) {
	if s.Trouble != "" {
		fmt.Fprintf(c.notes, "Trouble: %s\n", printable(s.Trouble))
	}
}

// releaseNumber reads the number of a release.
func releaseNumber(arg string) (uint64, error) {
	n, err := strconv.ParseUint(arg, 10, 64)
	if err != nil || n == 0 {
		return 0, fmt.Errorf("%q is not the number of a release, as list shows it", arg)
	}
	return n, nil
}

func policyPromoteCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "promote <number> [--percent <p>] [--by <who>] [--tenant <name>]",
		Short: "Lets a release rule, all resources or a percentage",
		Long: `
Lets a release decide and map, at once: requests under way finish on what they began
with. With --percent it is a canary: that share of the users and groups sees it, each
always the same release, until another promote or a rollback.`,
		Example: `  $ caddy scim policy promote 2 --percent 10
  $ caddy scim policy promote 2 --tenant acme --by ops@acme.example`,
		Args: exactly(1, "the number of a release, as list shows it,"),
	}
	adminFlags(cmd)
	var step policyStep
	percent := cmd.Flags().Int("percent", 100, "Share of the resources that it rules, 1 to 100")
	byFlag(cmd, &step.By)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		number, err := releaseNumber(args[0])
		if err != nil {
			return err
		}
		if *percent < 1 || *percent > 100 {
			return fmt.Errorf("--percent: %d is not from 1 to 100", *percent)
		}
		step.Percent = percent
		if step.By, err = whoIs(step.By); err != nil {
			return err
		}
		return onTenant(func(_ *cobra.Command, _ []string, c *adminClient, tenant string) error {
			return c.stepPolicy(tenant, args[0]+"/promote", step, c.stepped("promote", number))
		})(cmd, args)
	}
	return cmd
}

func policyRollbackCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "rollback [--by <who>] [--tenant <name>]",
		Short: "Takes the last promotion back",
		Long: `
Takes the last promotion back, at once. Where there is a canary it ends, and the
active release rules all; else the release that was active before is active again.`,
		Example: "  $ caddy scim policy rollback\n  $ caddy scim policy rollback --tenant acme --by ops@acme.example",
		Args:    exactly(0, ""),
	}
	adminFlags(cmd)
	var step policyStep
	byFlag(cmd, &step.By)
	cmd.RunE = func(cmd *cobra.Command, args []string) (err error) {
		if step.By, err = whoIs(step.By); err != nil {
			return err
		}
		return onTenant(func(_ *cobra.Command, _ []string, c *adminClient, tenant string) error {
			return c.stepPolicy(tenant, "rollback", step, func(s *adapter.PolicyStatus) string {
				rules := ruling(s)
				if s.Active == 0 {
					return "The canary has ended, and no policy rules."
				}
				return strings.ToUpper(rules[:1]) + rules[1:] + " rules again."
			})
		})(cmd, args)
	}
	return cmd
}

func policyShadowCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "shadow <number>|--stop [--by <who>] [--tenant <name>]",
		Short: "Asks a release beside what rules, after the reply",
		Long: `
Lets a release be asked about everything that the tenant's policy is asked, after the
reply, with nothing coming of its answers but what differences shows. One release at
a time is the shadow. --stop ends it.`,
		Example: "  $ caddy scim policy shadow 2 --tenant acme\n  $ caddy scim policy shadow --stop",
	}
	adminFlags(cmd)
	var step policyStep
	stop := cmd.Flags().Bool("stop", false, "End the shadow")
	byFlag(cmd, &step.By)
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if *stop {
			if len(args) > 0 {
				return errors.New("--stop ends the shadow, whichever it is: give it or a number, not both")
			}
			return nil
		}
		return exactly(1, "the number of a release, as list shows it,")(cmd, args)
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) (err error) {
		if step.By, err = whoIs(step.By); err != nil {
			return err
		}
		var number uint64
		if !*stop {
			if number, err = releaseNumber(args[0]); err != nil {
				return err
			}
		}
		return onTenant(func(_ *cobra.Command, _ []string, c *adminClient, tenant string) error {
			if *stop {
				return c.stepPolicy(tenant, "unshadow", step, func(*adapter.PolicyStatus) string { return "There is no shadow any more." })
			}
			return c.stepPolicy(tenant, args[0]+"/shadow", step, c.stepped("shadow", number))
		})(cmd, args)
	}
	return cmd
}

func policyListCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "list [--tenant <name>]",
		Short: "Lists the releases: which rule, who uploaded them, and when",
		Long: `
Lists a tenant's releases, newest first, and says what rules, what the shadow has
come to and what is wrong, if anything is.`,
		Example: "  $ caddy scim policy list --tenant acme\n  $ caddy scim policy list --json",
		Args:    exactly(0, ""),
	}
	adminFlags(cmd)
	cmd.RunE = onTenant(func(_ *cobra.Command, _ []string, c *adminClient, tenant string) error {
		return c.listPolicies(tenant)
	})
	return cmd
}

func (c *adminClient) listPolicies(tenant string) error {
	var s adapter.PolicyStatus
	raw, err := c.call(http.MethodGet, tenant+"/policies", nil, &s)
	if err != nil || c.print(raw) {
		return err
	}
	c.sayStatus(&s)
	if len(s.Releases) == 0 {
		fmt.Fprintln(c.notes, "There are no releases. Upload one with: caddy scim policy push")
		return nil
	}
	rows := make([][]string, 0, len(s.Releases))
	for i := range s.Releases {
		r := &s.Releases[i]
		state := string(r.State)
		if r.State == store.ReleaseCanary {
			state = fmt.Sprintf("canary %d %%", s.CanaryPercent)
		}
		rows = append(rows, []string{strconv.FormatUint(r.Number, 10), state, nameOf(r), shortVersion(r.Version), moment(r.Uploaded), r.By, moment(r.Promoted), r.Note})
	}
	return printTable(c.out, []string{"RELEASE", "STATE", "NAME", "VERSION", "UPLOADED", "BY", "PROMOTED", "NOTE"}, rows)
}

// nameOf is what a release's author calls it.
func nameOf(r *store.Release) string { return strings.TrimSpace(r.Name + " " + r.AuthorVersion) }

// sayStatus says what rules.
func (c *adminClient) sayStatus(s *adapter.PolicyStatus) {
	rules := ruling(s)
	fmt.Fprintf(c.notes, "%s rules", strings.ToUpper(rules[:1])+rules[1:])
	if s.Canary != 0 {
		fmt.Fprintf(c.notes, ", and release %d for %d %% of the resources", s.Canary, s.CanaryPercent)
	}
	if s.Guard != "" {
		fmt.Fprintf(c.notes, "; the operator's guard (%s) is asked first", shortVersion(s.Guard))
	}
	fmt.Fprintln(c.notes, ".")
	if s.Shadow != 0 {
		st := &s.ShadowStats
		fmt.Fprintf(c.notes, "Release %d is the shadow since %s: %d runs, %d different (%d of them failed), %d dropped.\n",
			s.Shadow, or(moment(st.Since), "now"), st.Runs, st.Different, st.Failed, st.Dropped)
	}
	if s.Loading {
		fmt.Fprintln(c.notes, "Releases are being compiled; requests wait for them.")
	}
	for i := range s.Failing {
		f := &s.Failing[i]
		who := "The policy of the configuration"
		if f.Release != 0 {
			who = fmt.Sprintf("Release %d", f.Release)
		}
		fmt.Fprintf(c.notes, "%s keeps failing: %s of %s, %d times since %s.\n", who, printable(f.Kind), printable(f.Hook), f.Count, moment(f.Since))
	}
	c.trouble(s)
}

func policyPullCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "pull <number> -o <file> [--force] [--tenant <name>]",
		Short:   "Writes a release's module to a file, as it was uploaded",
		Long:    "\nWrites the module of a release to a file, byte for byte as it was uploaded.",
		Example: "  $ caddy scim policy pull 1 --output first.wasm --tenant acme",
		Args:    exactly(1, "the number of a release, as list shows it,"),
	}
	adminFlags(cmd)
	output := cmd.Flags().StringP("output", "o", "", "File to write; required")
	force := cmd.Flags().Bool("force", false, "Overwrite the file if there is one")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if *output == "" {
			return errors.New("--output is missing; it is the file to write")
		}
		if _, err := releaseNumber(args[0]); err != nil {
			return err
		}
		return onTenant(func(_ *cobra.Command, args []string, c *adminClient, tenant string) error {
			module, err := c.fetch(tenant + "/policies/" + args[0] + "/module")
			if err != nil {
				return err
			}
			if err := writeNew(*output, module, *force); err != nil {
				return err
			}
			raw, err := json.Marshal(map[string]any{"file": *output, "size": len(module)})
			if err != nil {
				return err
			}
			if !c.print(raw) {
				fmt.Fprintf(c.notes, "Wrote %d bytes to %s.\n", len(module), printable(*output))
			}
			return nil
		})(cmd, args)
	}
	return cmd
}

// writeNew writes a file for its owner alone. One that is there already is overwritten only by force.
func writeNew(path string, data []byte, force bool) error {
	mode := os.O_WRONLY | os.O_CREATE | os.O_EXCL
	if force {
		mode = os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	}
	f, err := os.OpenFile(path, mode, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("--output: %s is there already; --force overwrites it", printable(path))
	}
	if err != nil {
		return fmt.Errorf("--output: %w", err)
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}
