package caddymodule

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/caddy-scim/caddy-scim/adapter"
)

func reconcileCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "reconcile [--mode report|repair|accept] [--force] [--dry-run] [--detach] [--by <who>] [--tenant <name>] | status|list|report|cancel",
		Short: "Compares the application with what it was told",
		Long: `
Reads the application's accounts and groups, page by page, and compares each with what
the application was told last. What differs is in the report.

  report   says what differs and changes nothing; the default, unless the tenant's
           option reconcile says otherwise
  repair   tells the application again what it was told
  accept   takes over what the application has, but for access that it gives to
           somebody who is not to have it

A change that is made meanwhile is never undone. The comparison runs in Caddy: this
command only shows how it comes on, and may be ended. With --detach it prints the id
and does not wait.`,
		Example: "  $ caddy scim reconcile\n  $ caddy scim reconcile report\n  $ caddy scim reconcile --mode repair",
		Args:    exactly(0, ""),
	}
	adminFlags(cmd)
	flags := cmd.Flags()
	mode := flags.String("mode", "", "What becomes of what differs: report, repair or accept (default as the tenant's option says, else report)")
	force := flags.Bool("force", false, "Go on where the application's list lacks so many accounts that it is hardly the whole list")
	dry := flags.Bool("dry-run", false, "Only report, whatever the mode is")
	detach := flags.Bool("detach", false, "Do not wait for it to end")
	by := flags.String("by", "", "Who starts it, for the journal (default the name of who is logged in)")
	cmd.RunE = onTenant(func(_ *cobra.Command, _ []string, c *adminClient, tenant string) error {
		o := adapter.ReconcileOptions{Mode: adapter.ReconcileMode(*mode), Force: *force}
		if o.Mode != "" && !slices.Contains(adapter.ReconcileModes, o.Mode) {
			return fmt.Errorf("--mode: %q is not one of report, repair, accept", *mode)
		}
		who, err := whoIs(*by)
		if err != nil {
			return err
		}
		req := jobStart{By: who, DryRun: *dry}
		if req.Options, err = json.Marshal(o); err != nil {
			return err
		}
		return c.runJob(tenant+"/reconciliations", "reconciliation", req, *detach)
	})
	commands := jobCommands("reconciliations", "reconciliation")
	cmd.AddCommand(commands...)
	for _, sub := range append([]*cobra.Command{cmd}, commands...) {
		sub.DisableFlagsInUseLine = true
	}
	return cmd
}
