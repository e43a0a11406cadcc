package caddymodule

import (
	"fmt"
	"net/http"
	"net/url"
	"os/user"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/tidwall/gjson"

	"github.com/caddy-scim/caddy-scim/internal/store"
)

func approvalCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "approval list|approve|reject",
		Short: "Lists, approves and rejects the changes that wait for a person",
		Long: `
Changes that a tenant's policy or its option hold lets wait. The identity provider
has been told that they are accepted; the application has not been told of them.

Approve lets a change go on to the application. Reject takes it back, and denies
the same change when the identity provider sends it again, with the comment as the
reason; to let it in after all, approve it, and it passes when it is sent again.`,
	}
	adminFlags(cmd)
	return group(cmd, approvalListCommand(),
		answerCommand("approve", "Lets a change go on to the application", "Approved", "It is on its way to the application.",
			"  $ caddy scim approval approve 0199f0a2-7a51-7c1e-9a52-3f6a1d0a7a11\n"+
				"  $ caddy scim approval approve 0199f0a2-7a51-7c1e-9a52-3f6a1d0a7a11 --version 3 --by ops@acme.example --comment 'ticket 4711'"),
		answerCommand("reject", "Takes a change back and denies it from now on", "Rejected", "The same change is denied when it is sent again.",
			"  $ caddy scim approval reject 0199f0a2-7a51-7c1e-9a52-3f6a1d0a7a11 --comment 'administrators are made by IT'"),
	)
}

func approvalListCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "list [--all] [--tenant <name>]",
		Short: "Lists the changes that wait: who, what and why",
		Long: `
Lists the changes that wait for an answer, oldest first; with --all also those that
have one. With --json each has the documents before and after the change.`,
		Example: "  $ caddy scim approval list\n  $ caddy scim approval list --tenant acme --all --json",
		Args:    exactly(0, ""),
	}
	all := cmd.Flags().Bool("all", false, "List those that have an answer, too")
	cmd.RunE = onTenant(func(_ *cobra.Command, _ []string, c *adminClient, tenant string) error {
		return c.listApprovals(tenant, *all)
	})
	return cmd
}

func (c *adminClient) listApprovals(tenant string, all bool) error {
	path := tenant + "/approvals"
	if all {
		path += "?all=true"
	}
	var list struct {
		Approvals []*store.Approval `json:"approvals"`
	}
	raw, err := c.call(http.MethodGet, path, nil, &list)
	if err != nil || c.print(raw) {
		return err
	}
	if len(list.Approvals) == 0 {
		fmt.Fprintln(c.notes, "Nothing waits for an approval.")
		return nil
	}
	head := []string{"ID", "VERSION", "SINCE", "WHO", "WHAT", "WHY"}
	if all {
		head = []string{"ID", "STATE", "SINCE", "WHO", "WHAT", "WHY", "BY", "COMMENT"}
	}
	rows := make([][]string, 0, len(list.Approvals))
	for _, a := range list.Approvals {
		row := []string{a.ID, fmt.Sprint(a.Version), moment(a.Created), whom(a), what(a), or(a.Reason, a.Title)}
		if all {
			row[1] = string(a.State)
			row = append(row, a.DecidedBy, a.Comment)
		}
		rows = append(rows, row)
	}
	return printTable(c.out, head, rows)
}

// whom names the resource of an approval as people know it.
func whom(a *store.Approval) string {
	for _, doc := range [][]byte{a.After, a.Before} {
		for _, name := range []string{"userName", "displayName"} {
			if v := gjson.GetBytes(doc, name); v.Type == gjson.String {
				return v.Str
			}
		}
	}
	return a.ResourceID
}

// what is the operation of an approval, and of an update the attributes that it changes.
func what(a *store.Approval) string {
	if a.Before == nil || a.After == nil {
		return a.Operation
	}
	before, after := attributes(a.Before), attributes(a.After)
	var changed []string
	for name, value := range after {
		if before[name] != value {
			changed = append(changed, name)
		}
	}
	for name := range before {
		if _, ok := after[name]; !ok {
			changed = append(changed, name)
		}
	}
	if len(changed) == 0 {
		return a.Operation
	}
	slices.Sort(changed)
	return a.Operation + " of " + strings.Join(changed, ", ")
}

// attributes are the attributes of a document, those of extensions included, as JSON by their names.
func attributes(doc []byte) map[string]string {
	all := map[string]string{}
	var add func(object gjson.Result)
	add = func(object gjson.Result) {
		object.ForEach(func(name, value gjson.Result) bool {
			switch {
			case strings.HasPrefix(name.Str, "urn:"):
				add(value)
			case name.Str != "meta" && name.Str != "schemas":
				all[name.Str] = value.Raw
			}
			return true
		})
	}
	add(gjson.ParseBytes(doc))
	return all
}

// answerCommand is approve or reject.
func answerCommand(verb, short, done, then, example string) *cobra.Command {
	cmd := &cobra.Command{
		Use:   verb + " <id> [--version <n>] [--by <who>] [--comment <text>] [--tenant <name>]",
		Short: short,
		Long: "\n" + short + `.

With --version the answer counts only if the change is still the one that the list
showed in that version.`,
		Example: example,
		Args:    exactly(1, "the id of an approval, as list shows it,"),
	}
	var req approvalAnswer
	cmd.Flags().Uint64Var(&req.Version, "version", 0, "Version that was looked at (default the one that waits now)")
	cmd.Flags().StringVar(&req.By, "by", "", "Who answers (default the name of who is logged in)")
	cmd.Flags().StringVar(&req.Comment, "comment", "", "Why; a rejection's is told to the identity provider")
	cmd.RunE = onTenant(func(_ *cobra.Command, args []string, c *adminClient, tenant string) error {
		if req.By == "" {
			who, err := user.Current()
			if err != nil || who.Username == "" {
				return fmt.Errorf("it cannot be found out who you are; say it with --by")
			}
			req.By = who.Username
		}
		var a store.Approval
		raw, err := c.call(http.MethodPost, tenant+"/approvals/"+url.PathEscape(args[0])+"/"+verb, req, &a)
		if err != nil || c.print(raw) {
			return err
		}
		fmt.Fprintf(c.notes, "%s: %s of %s. %s\n", done, printable(a.Operation), printable(whom(&a)), then)
		return nil
	})
	return cmd
}
