package caddymodule

import (
	"errors"
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
		Use:   "approval list|show|approve|reject",
		Short: "Lists, shows, approves and rejects the changes that wait for a person",
		Long: `
Changes that a tenant's policy, its rules or its deprovision limit let wait. The
identity provider has been told that they are accepted; the application has not
been told of them.

Approve lets a change go on to the application. Reject takes it back, and denies
the same change when the identity provider sends it again, with the comment as the
reason; to let it in after all, approve it: the change has been taken back, and when
it is sent again it is asked anew instead of denied.

What the deprovision limit holds is answered all at once by caddy scim release.`,
	}
	adminFlags(cmd)
	return group(cmd, approvalListCommand(), approvalShowCommand(),
		answerCommand("approve", "Lets a change go on to the application", "Approved", "It is on its way to the application.",
			"  $ caddy scim approval approve 0199f0a2-7a51-7c1e-9a52-3f6a1d0a7a11\n"+
				"  $ caddy scim approval approve 0199f0a2-7a51-7c1e-9a52-3f6a1d0a7a11 --version 3 --by ops@acme.example --comment 'ticket 4711'"),
		answerCommand("reject", "Takes a change back and denies it from now on", "Rejected", "The same change is denied when it is sent again.",
			"  $ caddy scim approval reject 0199f0a2-7a51-7c1e-9a52-3f6a1d0a7a11 --comment 'administrators are made by IT'"),
	)
}

func approvalListCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "list [--all|--limited] [--after <id>] [--limit <n>] [--tenant <name>]",
		Short: "Lists the changes that wait: who, what and why",
		Long: `
Lists the changes that wait for an answer, oldest first; with --all also those that
have one, with --limited those alone that the deprovision limit holds. With --json
each has the documents before and after the change.`,
		Example: "  $ caddy scim approval list\n  $ caddy scim approval list --tenant acme --all --json",
		Args:    exactly(0, ""),
	}
	var q approvalQuery
	cmd.Flags().BoolVar(&q.all, "all", false, "List those that have an answer, too")
	cmd.Flags().BoolVar(&q.limited, "limited", false, "List those alone that the deprovision limit holds")
	cmd.Flags().StringVar(&q.after, "after", "", "Id of the approval that the list begins after (default from the oldest)")
	cmd.Flags().IntVar(&q.limit, "limit", 200, "At most so many, up to 1000")
	cmd.RunE = onTenant(func(_ *cobra.Command, _ []string, c *adminClient, tenant string) error {
		return c.listApprovals(tenant, q)
	})
	return cmd
}

// approvalQuery is what a list is to have.
type approvalQuery struct {
	all, limited bool
	after        string
	limit        int
}

func (c *adminClient) listApprovals(tenant string, q approvalQuery) error {
	values := url.Values{"limit": {fmt.Sprint(q.limit)}}
	if q.all {
		values.Set("all", "true")
	}
	if q.limited {
		values.Set("limited", "true")
	}
	if q.after != "" {
		values.Set("after", q.after)
	}
	var list approvalList
	raw, err := c.call(http.MethodGet, tenant+"/approvals?"+values.Encode(), nil, &list)
	if err != nil || c.print(raw) {
		return err
	}
	if len(list.Approvals) == 0 {
		fmt.Fprintln(c.notes, "Nothing waits for an approval.")
		return nil
	}
	head := []string{"ID", "VERSION", "SINCE", "EXPIRES", "WHO", "WHAT", "WHY"}
	if q.all {
		head = []string{"ID", "STATE", "SINCE", "WHO", "WHAT", "WHY", "BY", "COMMENT"}
	}
	rows := make([][]string, 0, len(list.Approvals))
	for _, a := range list.Approvals {
		row := []string{a.ID, fmt.Sprint(a.Version), moment(a.Created), moment(a.Expires), whom(a), what(a), or(a.Reason, a.Title)}
		if q.all {
			row = []string{a.ID, string(a.State), moment(a.Created), whom(a), what(a), or(a.Reason, a.Title), a.DecidedBy, a.Comment}
		}
		rows = append(rows, row)
	}
	if err := printTable(c.out, head, rows); err != nil || list.Next == "" {
		return err
	}
	fmt.Fprintf(c.notes, "There are more: --after %s\n", printable(list.Next))
	return nil
}

func approvalShowCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "show <id> [--tenant <name>]",
		Short: "Shows a change that waits: what differs, who asked, who answered",
		Long: `
Shows what a change alters, attribute by attribute, against what the application
may have without it, with who asked for it and what came of it. Attributes that are
secret are named and not shown. With --json, differences has each as path, before
and after.`,
		Example: "  $ caddy scim approval show 0199f0a2-7a51-7c1e-9a52-3f6a1d0a7a11",
		Args:    exactly(1, "the id of an approval, as list shows it,"),
	}
	cmd.RunE = onTenant(func(_ *cobra.Command, args []string, c *adminClient, tenant string) error {
		var v approvalView
		raw, err := c.call(http.MethodGet, tenant+"/approvals/"+url.PathEscape(args[0]), nil, &v)
		switch {
		case err != nil:
			return err
		case v.Approval == nil:
			return errors.New("the answer has no approval")
		case c.print(raw):
			return nil
		}
		return c.showApproval(&v)
	})
	return cmd
}

// maxShown bounds how many members are named, and a value in characters.
const maxShown = 200

func (c *adminClient) showApproval(v *approvalView) error {
	say := func(name, text string) {
		if text != "" {
			fmt.Fprintf(c.out, "%-9s %s\n", name+":", printable(text))
		}
	}
	say("approval", v.ID)
	say("state", describeState(v))
	say("what", v.Operation+" of the "+strings.ToLower(string(v.ResourceType))+" "+whom(v.Approval))
	say("resource", v.ResourceID+", version "+fmt.Sprint(v.Version))
	say("title", v.Title)
	say("why", v.Reason)
	say("since", moment(v.Created))
	say("changed", moment(v.Updated))
	say("expires", moment(v.Expires))
	for _, r := range v.Requests {
		say("asked", moment(r.Time)+" by connection "+r.Connection+", token "+or(r.Token, "-")+made(r.By)+", operation "+r.Operation)
	}
	for _, vote := range v.Votes {
		say("approved", moment(vote.Time)+" by "+vote.By+remark(vote.Comment))
	}
	if v.DecidedBy != "" || !v.Decided.IsZero() {
		say(string(v.State), moment(v.Decided)+" by "+or(v.DecidedBy, "nobody")+remark(v.Comment))
	}
	fmt.Fprintln(c.out)
	for _, d := range v.Differences {
		fmt.Fprintf(c.out, "  %s\n", printable(d.Path))
		if d.Secret {
			fmt.Fprintln(c.out, "    ~ not shown")
		}
		c.side("-", d.Before)
		c.side("+", d.After)
	}
	if m := v.Members; m != nil {
		fmt.Fprintln(c.out, "  members")
		if m.Clear {
			fmt.Fprintln(c.out, "    - all others, or those that a filter selects")
		}
		c.names("-", m.Remove)
		c.names("+", m.Add)
	}
	return nil
}

// describeState is the state with what is still wanted.
func describeState(v *approvalView) string {
	state := string(v.State)
	if v.State != store.ApprovalPending {
		return state
	}
	if v.Limit {
		state += ", held by the deprovision limit"
	}
	if v.Needed > 1 {
		state += fmt.Sprintf(", approved by %d of %d persons", len(v.Votes), v.Needed)
	}
	return state
}

func made(by string) string {
	if by == "" {
		return ""
	}
	return " that " + by + " made"
}

func remark(comment string) string {
	if comment == "" {
		return ""
	}
	return ": " + comment
}

// side prints one side of a difference, a list element by element.
func (c *adminClient) side(sign string, value []byte) {
	if len(value) == 0 {
		return
	}
	elements := []gjson.Result{gjson.ParseBytes(value)}
	if elements[0].IsArray() {
		elements = elements[0].Array()
	}
	for i, e := range elements {
		if i == maxShown {
			fmt.Fprintf(c.out, "    %s and %d more\n", sign, len(elements)-i)
			return
		}
		text := e.Raw
		if e.Type == gjson.String {
			text = e.Str
		}
		if short := []rune(text); len(short) > maxShown {
			text = string(short[:maxShown]) + "…"
		}
		fmt.Fprintf(c.out, "    %s %s\n", sign, printable(text))
	}
}

func (c *adminClient) names(sign string, names []string) {
	for i, name := range names {
		if i == maxShown {
			fmt.Fprintf(c.out, "    %s and %d more\n", sign, len(names)-i)
			return
		}
		fmt.Fprintf(c.out, "    %s %s\n", sign, printable(name))
	}
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

// nameOr is a name, or else that of who is logged in.
func nameOr(by string) (string, error) {
	if by != "" {
		return by, nil
	}
	who, err := user.Current()
	if err != nil || who.Username == "" {
		return "", errors.New("it cannot be found out who you are; say it with --by")
	}
	return who.Username, nil
}

// answerCommand is approve or reject.
func answerCommand(verb, short, done, then, example string) *cobra.Command {
	cmd := &cobra.Command{
		Use:   verb + " <id>... [--version <n>] [--by <who>] [--comment <text>] [--tenant <name>]",
		Short: short,
		Long: "\n" + short + `.

With --version the answer counts only if the change is still the one that the list
showed in that version. Several ids are answered one after the other, up to the
first that fails; with --json each answer is a line.`,
		Example: example,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return fmt.Errorf("the id of an approval, as list shows it, is missing; see %s --help", cmd.CommandPath())
			}
			return nil
		},
	}
	var req approvalAnswer
	cmd.Flags().Uint64Var(&req.Version, "version", 0, "Version that was looked at, of one approval (default the one that waits now)")
	cmd.Flags().StringVar(&req.By, "by", "", "Who answers (default the name of who is logged in)")
	cmd.Flags().StringVar(&req.Comment, "comment", "", "Why; a rejection's is told to the identity provider")
	cmd.RunE = func(cmd *cobra.Command, args []string) (err error) {
		if req.By, err = nameOr(req.By); err != nil {
			return err
		}
		if req.Version != 0 && len(args) > 1 {
			return errors.New("--version: each approval has its own; answer them one by one")
		}
		return onTenant(func(_ *cobra.Command, args []string, c *adminClient, tenant string) error {
			for _, id := range args {
				if err := c.answerApproval(tenant, id, verb, done, then, req); err != nil {
					return err
				}
			}
			return nil
		})(cmd, args)
	}
	return cmd
}

func (c *adminClient) answerApproval(tenant, id, verb, done, then string, req approvalAnswer) error {
	var v approvalView
	raw, err := c.call(http.MethodPost, tenant+"/approvals/"+url.PathEscape(id)+"/"+verb, req, &v)
	switch {
	case err != nil:
		return err
	case v.Approval == nil:
		return errors.New("the answer has no approval")
	case c.print(raw):
		return nil
	}
	if v.State == store.ApprovalPending {
		done, then = "Noted", fmt.Sprintf("%d of %d persons have approved it; it goes on waiting.", len(v.Votes), v.Needed)
	}
	if v.Reopened {
		done, then = "No longer rejected", "The change was taken back; when it is sent again it is asked anew."
	}
	fmt.Fprintf(c.notes, "%s: %s of %s. %s\n", done, printable(v.Operation), printable(whom(v.Approval)), then)
	return nil
}
