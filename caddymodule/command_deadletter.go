package caddymodule

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/internal/store"
)

func deadLetterCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "deadletter list|show|retry|discard",
		Short: "Lists, retries and discards the changes that failed for good",
		Long: `
A dead letter is a change that the identity provider was told is accepted, and that
the application does not have: it refused it afterwards, or it was given up.

Retry asks for it once more, as a new change that the policy judges again. Discard
says that it is not wanted any more. What the identity provider has changed since is
superseded, and closed by itself.`,
	}
	adminFlags(cmd)
	return group(cmd, deadLetterListCommand(), deadLetterShowCommand(), deadLetterRetryCommand(), deadLetterDiscardCommand())
}

// letterFilter adds the flags that select letters.
func letterFilter(cmd *cobra.Command, f *adapter.LetterFilter) {
	cmd.Flags().IntVar(&f.Status, "status", 0, "Only those that the application answered with this status")
	cmd.Flags().StringVar(&f.Action, "action", "", "Only those of this action, such as create")
}

func deadLetterListCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "list [--all] [--status <n>] [--action <action>] [--tenant <name>]",
		Short: "Lists the changes that failed for good, and why",
		Long: `
Lists the changes that failed for good, oldest first; with --all also those that were
retried, discarded or superseded.`,
		Example: "  $ caddy scim deadletter list\n  $ caddy scim deadletter list --status 422 --json",
		Args:    exactly(0, ""),
	}
	var f adapter.LetterFilter
	cmd.Flags().BoolVar(&f.All, "all", false, "List those that are closed, too")
	letterFilter(cmd, &f)
	cmd.RunE = onTenant(func(_ *cobra.Command, _ []string, c *adminClient, tenant string) error {
		list, err := c.allLetters(tenant, f)
		if err != nil {
			return err
		}
		if c.json {
			raw, err := json.Marshal(map[string]any{"dead_letters": list})
			if err != nil {
				return err
			}
			c.print(raw)
			return nil
		}
		if len(list) == 0 {
			fmt.Fprintln(c.notes, "Nothing has failed for good.")
			return nil
		}
		head := []string{"ID", "SINCE", "WHO", "ACTION", "ANSWER", "TRIES", "WHY"}
		if f.All {
			head = append(head, "STATE", "BY", "REASON")
		}
		rows := make([][]string, 0, len(list))
		for _, l := range list {
			row := []string{l.ID, moment(l.First), or(l.Subject, l.ResourceID), letterAction(l), answered(l.Status), fmt.Sprint(l.Attempts), l.Detail}
			if f.All {
				row = append(row, string(l.State), l.By, l.Reason)
			}
			rows = append(rows, row)
		}
		return printTable(c.out, head, rows)
	})
	return cmd
}

func letterAction(l *store.DeadLetter) string {
	if l.GivenUp {
		return l.Action + ", given up"
	}
	return l.Action
}

// maxListedLetters bounds what list shows.
const maxListedLetters = 10_000

// allLetters reads page after page.
func (c *adminClient) allLetters(tenant string, f adapter.LetterFilter) ([]*store.DeadLetter, error) {
	query := url.Values{}
	if f.All {
		query.Set("all", "true")
	}
	if f.Status != 0 {
		query.Set("status", strconv.Itoa(f.Status))
	}
	if f.Action != "" {
		query.Set("action", f.Action)
	}
	all := []*store.DeadLetter{}
	for {
		var page deadLetterPage
		if _, err := c.call(http.MethodGet, tenant+"/deadletters?"+query.Encode(), nil, &page); err != nil {
			return nil, err
		}
		all = append(all, page.DeadLetters...)
		switch {
		case page.Next == "":
			return all, nil
		case len(all) >= maxListedLetters:
			fmt.Fprintf(c.notes, "There are more than %d; only the oldest are listed.\n", len(all))
			return all, nil
		}
		query.Set("after", page.Next)
	}
}

func deadLetterShowCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "show <id> [--tenant <name>]",
		Short:   "Shows one with the document that was wanted",
		Long:    "\nShows one of the changes that failed for good, with the document or the members that were wanted.",
		Example: "  $ caddy scim deadletter show 0199f0a2-7a51-7c1e-9a52-3f6a1d0a7a11",
		Args:    exactly(1, "the id of a dead letter, as list shows it,"),
	}
	cmd.RunE = onTenant(func(_ *cobra.Command, args []string, c *adminClient, tenant string) error {
		var l store.DeadLetter
		raw, err := c.call(http.MethodGet, tenant+"/deadletters/"+url.PathEscape(args[0]), nil, &l)
		if err != nil || c.print(raw) {
			return err
		}
		rows := [][]string{
			{"state", string(l.State)}, {"resource", string(l.ResourceType) + " " + l.ResourceID}, {"who", l.Subject},
			{"connection", l.Connection}, {"action", letterAction(&l)}, {"answer", answered(l.Status)}, {"why", l.Detail},
			{"tries", fmt.Sprint(l.Attempts)}, {"asked for", moment(l.First)}, {"failed", moment(l.Last)},
			{"journal", strings.Join(l.Operations, ", ")},
		}
		if !l.Closed.IsZero() {
			rows = append(rows, []string{"closed", moment(l.Closed)}, []string{"by", l.By}, []string{"reason", l.Reason})
		}
		if l.Password {
			rows = append(rows, []string{"password", "was part of it and is not kept; it has to be set again"})
		}
		if l.Deleted {
			rows = append(rows, []string{"wanted", "to be deleted"})
		}
		for _, m := range l.Members {
			verb := "leaves"
			if m.Joins {
				verb = "joins"
			}
			rows = append(rows, []string{"member", m.Member + " " + verb})
		}
		if l.MoreMembers > 0 {
			rows = append(rows, []string{"members", fmt.Sprintf("and %d more, which are not kept", l.MoreMembers)})
		}
		if err := printTable(c.out, []string{"WHAT", "VALUE"}, rows); err != nil {
			return err
		}
		if l.Document != nil {
			fmt.Fprintf(c.out, "%s\n", printableJSON(l.Document))
		}
		return nil
	})
	return cmd
}

func deadLetterRetryCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "retry <id>|--all [--status <n>] [--action <action>] [--by <who>] [--tenant <name>]",
		Short: "Asks for what failed once more",
		Long: `
Asks for what failed once more, as a new change: the policy and the tenant's rules
judge it again. With --all everything that is open and that --status and --action
select. It does not wait for the application; what that refuses again is another
dead letter.`,
		Example: "  $ caddy scim deadletter retry 0199f0a2-7a51-7c1e-9a52-3f6a1d0a7a11\n  $ caddy scim deadletter retry --all --status 422",
	}
	all := cmd.Flags().Bool("all", false, "Retry all that are open")
	var f adapter.LetterFilter
	letterFilter(cmd, &f)
	var req letterAnswer
	cmd.Flags().StringVar(&req.By, "by", "", "Who asks (default the name of who is logged in)")
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if *all {
			return exactly(0, "")(cmd, args)
		}
		return exactly(1, "the id of a dead letter, as list shows it, or --all")(cmd, args)
	}
	cmd.RunE = onTenant(func(_ *cobra.Command, args []string, c *adminClient, tenant string) (err error) {
		if req.By, err = whoIs(req.By); err != nil {
			return err
		}
		if *all {
			req.Status, req.Action = f.Status, f.Action
			return c.retryAll(tenant, req)
		}
		var l store.DeadLetter
		raw, err := c.call(http.MethodPost, tenant+"/deadletters/"+url.PathEscape(args[0])+"/retry", req, &l)
		if err != nil || c.print(raw) {
			return err
		}
		fmt.Fprintf(c.notes, "Retried: %s of %s. It is on its way to the application, or waits for an approval.\n", printable(l.Action), printable(or(l.Subject, l.ResourceID)))
		return nil
	})
	return cmd
}

// retryAll asks again and again until nothing is left.
func (c *adminClient) retryAll(tenant string, req letterAnswer) error {
	var sum adapter.RetryReport
	for {
		var one adapter.RetryReport
		if _, err := c.call(http.MethodPost, tenant+"/deadletters/retry", req, &one); err != nil {
			return err
		}
		sum.Retried, sum.Superseded, sum.Failed = sum.Retried+one.Retried, sum.Superseded+one.Superseded, sum.Failed+one.Failed
		if req.After = one.Next; one.Next == "" {
			break
		}
	}
	if c.json {
		raw, err := json.Marshal(sum)
		if err != nil {
			return err
		}
		c.print(raw)
		return nil
	}
	fmt.Fprintf(c.notes, "Retried %d; %d were superseded, and %d are not let in again.\n", sum.Retried, sum.Superseded, sum.Failed)
	return nil
}

func deadLetterDiscardCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "discard <id> --reason <text> [--by <who>] [--tenant <name>]",
		Short: "Says that what failed is not wanted any more",
		Long: `
Closes one, with the reason, which is kept as long as the journal. It changes nothing
else: what was given up stays as the identity provider sees it, and goes to the
application with the next change.`,
		Example: "  $ caddy scim deadletter discard 0199f0a2-7a51-7c1e-9a52-3f6a1d0a7a11 --reason 'has left'",
		Args:    exactly(1, "the id of a dead letter, as list shows it,"),
	}
	var req letterAnswer
	cmd.Flags().StringVar(&req.Reason, "reason", "", "Why")
	cmd.Flags().StringVar(&req.By, "by", "", "Who says so (default the name of who is logged in)")
	cmd.RunE = onTenant(func(_ *cobra.Command, args []string, c *adminClient, tenant string) (err error) {
		if req.Reason == "" {
			return fmt.Errorf("--reason is missing; it says why what failed is not wanted any more")
		}
		if req.By, err = whoIs(req.By); err != nil {
			return err
		}
		var l store.DeadLetter
		raw, err := c.call(http.MethodPost, tenant+"/deadletters/"+url.PathEscape(args[0])+"/discard", req, &l)
		if err != nil || c.print(raw) {
			return err
		}
		fmt.Fprintf(c.notes, "Discarded: %s of %s.\n", printable(l.Action), printable(or(l.Subject, l.ResourceID)))
		return nil
	})
	return cmd
}
