package caddymodule

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/spf13/cobra"

	"github.com/caddy-scim/caddy-scim/adapter"
)

func alarmCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "alarm list|webhooks|test",
		Short: "Lists the alarms that are raised, and how the webhooks do that are told of them",
		Long: `
An alarm is a condition that somebody should look at: a connection whose requests
fail, an application that is down, changes that failed for good. It is raised and
cleared by itself; webhooks are told of both.`,
	}
	adminFlags(cmd)
	return group(cmd, alarmListCommand(), alarmWebhooksCommand(), alarmTestCommand())
}

func alarmListCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "list [--tenant <name>]",
		Short:   "Lists the alarms that are raised",
		Long:    "\nLists the alarms that are raised.",
		Example: "  $ caddy scim alarm list\n  $ caddy scim alarm list --tenant acme --json",
		Args:    exactly(0, ""),
	}
	cmd.RunE = onTenant(func(_ *cobra.Command, _ []string, c *adminClient, tenant string) error {
		var list struct {
			Alarms []adapter.Alarm `json:"alarms"`
		}
		raw, err := c.call(http.MethodGet, tenant+"/alarms", nil, &list)
		if err != nil || c.print(raw) {
			return err
		}
		if len(list.Alarms) == 0 {
			fmt.Fprintln(c.notes, "No alarm is raised.")
			return nil
		}
		rows := make([][]string, 0, len(list.Alarms))
		for _, a := range list.Alarms {
			rows = append(rows, []string{string(a.Kind), a.Subject, moment(a.Since), moment(a.Last), fmt.Sprint(a.Count), a.Text})
		}
		return printTable(c.out, []string{"ALARM", "SUBJECT", "SINCE", "LAST", "TIMES", "WHY"}, rows)
	})
	return cmd
}

func alarmWebhooksCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "webhooks [--tenant <name>]",
		Short:   "Lists the webhooks, and what waits for them",
		Long:    "\nLists the tenant's webhooks, how many notices wait for each, and what it answered last.",
		Example: "  $ caddy scim alarm webhooks",
		Args:    exactly(0, ""),
	}
	cmd.RunE = onTenant(func(_ *cobra.Command, _ []string, c *adminClient, tenant string) error {
		var list struct {
			Webhooks []adapter.WebhookState `json:"webhooks"`
		}
		raw, err := c.call(http.MethodGet, tenant+"/webhooks", nil, &list)
		if err != nil || c.print(raw) {
			return err
		}
		if len(list.Webhooks) == 0 {
			fmt.Fprintln(c.notes, "The tenant has no webhook.")
			return nil
		}
		rows := make([][]string, 0, len(list.Webhooks))
		for _, w := range list.Webhooks {
			kinds := make([]string, len(w.Only))
			for i, kind := range w.Only {
				kinds[i] = string(kind)
			}
			last := "-"
			if !w.Last.IsZero() {
				last = moment(w.Last)
			}
			rows = append(rows, []string{
				w.Name, w.Host, or(strings.Join(kinds, ", "), "all"), fmt.Sprint(w.Queued), fmt.Sprint(w.Failures), fmt.Sprint(w.Dropped), answered(w.Status), last,
			})
		}
		return printTable(c.out, []string{"WEBHOOK", "HOST", "ONLY", "WAITING", "FAILURES", "DROPPED", "ANSWER", "LAST"}, rows)
	})
	return cmd
}

// answered is a status of HTTP for a person.
func answered(status int) string {
	if status == 0 {
		return "-"
	}
	return fmt.Sprint(status)
}

func alarmTestCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "test [--tenant <name>]",
		Short: "Sends each webhook a test notice",
		Long: `
Sends each of the tenant's webhooks a notice of the type webhook.test, at once and
past what waits, and says what it answers. It fails where one does not take it.`,
		Example: "  $ caddy scim alarm test",
		Args:    exactly(0, ""),
	}
	cmd.RunE = onTenant(func(_ *cobra.Command, _ []string, c *adminClient, tenant string) error {
		var list struct {
			Webhooks []adapter.WebhookTest `json:"webhooks"`
		}
		raw, err := c.call(http.MethodPost, tenant+"/webhooks/test", nil, &list)
		if err != nil {
			return err
		}
		failed := 0
		rows := make([][]string, 0, len(list.Webhooks))
		for _, w := range list.Webhooks {
			verdict := "taken"
			if !w.Taken {
				verdict = "not taken"
				failed++
			}
			rows = append(rows, []string{w.Name, w.Host, verdict, answered(w.Status), w.Error})
		}
		switch {
		case c.print(raw):
		case len(rows) == 0:
			fmt.Fprintln(c.notes, "The tenant has no webhook.")
		default:
			if err := printTable(c.out, []string{"WEBHOOK", "HOST", "NOTICE", "ANSWER", "ERROR"}, rows); err != nil {
				return err
			}
		}
		if failed > 0 {
			return fmt.Errorf("%d of %d webhooks did not take the notice", failed, len(rows))
		}
		return nil
	})
	return cmd
}
