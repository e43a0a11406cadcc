package caddymodule

import (
	"encoding/json"
	"errors"

	"github.com/spf13/cobra"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/internal/store"
)

func importCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "import [--dry-run] [--users-only|--groups-only] [--detach] [--by <who>] [--tenant <name>] | status|list|report|cancel",
		Short: "Reads the application's accounts, so that the identity provider finds them",
		Long: `
Reads the application's accounts and groups, page by page, and makes users and groups
of them, so that an identity provider finds people instead of making them anew. The
application is told nothing of it. Where a user is there already who has no account,
the account is linked; where there is doubt nobody guesses, and the report says so.

The import runs in Caddy: this command only shows how it comes on, and may be ended.
With --detach it prints the import's id and does not wait. After a crash, a restart
or a reload the import goes on from where it was.

With --dry-run nothing is stored but the report.`,
		Example: "  $ caddy scim import --dry-run\n  $ caddy scim import report\n  $ caddy scim import --users-only\n  $ caddy scim import status --follow",
		Args:    exactly(0, ""),
	}
	adminFlags(cmd)
	flags := cmd.Flags()
	dry := flags.Bool("dry-run", false, "Report what would be done, and store nothing")
	users := flags.Bool("users-only", false, "Read no groups")
	groups := flags.Bool("groups-only", false, "Read no users; members of groups who are not there are left out")
	detach := flags.Bool("detach", false, "Do not wait for it to end")
	by := flags.String("by", "", "Who starts it, for the journal (default the name of who is logged in)")
	cmd.RunE = onTenant(func(_ *cobra.Command, _ []string, c *adminClient, tenant string) error {
		var o adapter.ImportOptions
		switch {
		case *users && *groups:
			return errors.New("--users-only and --groups-only leave nothing to import")
		case *users:
			o.Types = []store.Type{store.User}
		case *groups:
			o.Types = []store.Type{store.Group}
		}
		who, err := whoIs(*by)
		if err != nil {
			return err
		}
		req := jobStart{By: who, DryRun: *dry}
		if o.Types != nil {
			if req.Options, err = json.Marshal(o); err != nil {
				return err
			}
		}
		return c.runJob(tenant+"/imports", "import", req, *detach)
	})
	commands := jobCommands("imports", "import")
	cmd.AddCommand(commands...)
	for _, sub := range append([]*cobra.Command{cmd}, commands...) {
		sub.DisableFlagsInUseLine = true
	}
	return cmd
}
