package caddymodule

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/caddy-scim/caddy-scim/adapter"
)

func releaseCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "release [--discard] [--by <who>] [--comment <text>] [--dry-run] [--tenant <name>]",
		Short: "Answers all changes that the deprovision limit holds",
		Long: `
Where a tenant has a deprovision_limit, changes that take more people's access away
than that wait. Release lets all of them go on to the application, in the order in
which they came; with --discard it takes them back, so that the people stay.

What is discarded is denied when the identity provider sends it again within the
limit's window, and judged anew after that. What is released does not count against
the limit. Where a rule or a policy has asked for an approval besides, the person
loses their access and the rest goes on waiting.

Changes that come while it runs wait for the next release. If it is interrupted,
start it again: it goes on with what is left. See caddy scim approval list --limited
for who it is about.`,
		Example: "  $ caddy scim release --dry-run\n  $ caddy scim release --by ops@acme.example --comment 'the office in Graz is closed'\n" +
			"  $ caddy scim release --discard --tenant acme --comment 'a group was unassigned by mistake'",
		Args: exactly(0, ""),
	}
	adminFlags(cmd)
	var req releaseAnswer
	cmd.Flags().BoolVar(&req.Discard, "discard", false, "Take the changes back, so that the people stay")
	cmd.Flags().BoolVar(&req.DryRun, "dry-run", false, "Only say how many it is about")
	cmd.Flags().StringVar(&req.By, "by", "", "Who answers (default the name of who is logged in)")
	cmd.Flags().StringVar(&req.Comment, "comment", "", "Why; a discard's is told to the identity provider")
	cmd.RunE = func(cmd *cobra.Command, args []string) (err error) {
		if req.By, err = nameOr(req.By); err != nil {
			return err
		}
		return onTenant(func(_ *cobra.Command, _ []string, c *adminClient, tenant string) error {
			return c.release(tenant, req)
		})(cmd, args)
	}
	cmd.DisableFlagsInUseLine = true
	return cmd
}

func (c *adminClient) release(tenant string, req releaseAnswer) error {
	resp, err := c.send(http.MethodPost, tenant+"/release", req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	progress, tidy := func(int, int) {}, func() {}
	if term.IsTerminal(int(os.Stderr.Fd())) {
		progress, tidy = progressOn(os.Stderr, "release")
	}
	defer tidy()
	lines := bufio.NewScanner(resp.Body)
	for lines.Scan() {
		var line releaseLine
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			return fmt.Errorf("the answer of %s makes no sense: %w", c.address, err)
		}
		switch {
		case line.Error != "":
			return errors.New(printable(line.Error))
		case line.Released != nil:
			tidy()
			return c.showReleased(line.Released)
		case line.Done != nil && line.Total != nil:
			progress(*line.Done, *line.Total)
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("reading the answer of %s: %w", c.address, err)
	}
	return fmt.Errorf("the answer of %s broke off; start it again, and it goes on with what is left", c.address)
}

// errNotAll means that some changes could not be answered.
var errNotAll = errors.New("not all changes could be answered")

func (c *adminClient) showReleased(r *adapter.Released) error {
	raw, err := json.Marshal(r)
	if err != nil {
		return err
	}
	if !c.print(raw) {
		c.tellReleased(r)
	}
	if r.Refused > 0 {
		return fmt.Errorf("%w: for %d of them the tenant's four_eyes wants somebody else's word", errNotAll, r.Refused)
	}
	return nil
}

func (c *adminClient) tellReleased(r *adapter.Released) {
	does, did := "released", "Released"
	if r.Discard {
		does, did = "discarded", "Discarded"
	}
	switch {
	case r.Waiting == 0:
		fmt.Fprintln(c.notes, "The deprovision limit holds nothing.")
		return
	case r.DryRun:
		fmt.Fprintf(c.notes, "%d would be %s.\n", r.Waiting, does)
		return
	}
	fmt.Fprintf(c.notes, "%s: %d of %d.\n", did, r.Done, r.Waiting)
	for _, more := range []struct {
		n    int
		what string
	}{
		{r.Asking, "of these wait for an approval that a rule or a policy asks for besides"},
		{r.Voted, "wait for another person's word"},
		{r.Skipped, "had been answered or withdrawn meanwhile"},
	} {
		if more.n > 0 {
			fmt.Fprintf(c.notes, "%d %s.\n", more.n, more.what)
		}
	}
}
