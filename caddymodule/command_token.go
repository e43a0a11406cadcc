package caddymodule

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/spf13/cobra"

	"github.com/caddy-scim/caddy-scim/internal/token"
)

func tokenCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "token create|list|revoke",
		Short: "Makes, lists and revokes the tokens of identity providers",
		Long: `
Tokens that identity providers send as "Authorization: Bearer <token>". A token
speaks for one connection of one tenant, from the moment it is made; it needs no
reload. Caddy keeps only its SHA-256.

To replace a token with no gap, make a second one, give it to the identity
provider, and revoke the first when "token list" shows that it is not used any
more.

Tokens that stand in the configuration are not listed here.`,
	}
	adminFlags(cmd)
	return group(cmd, tokenCreateCommand(), tokenListCommand(), tokenRevokeCommand())
}

func tokenCreateCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "create [--tenant <name>] [--connection <name>] [--name <text>] [--expires <when>] [<limits>]",
		Short: "Makes a token and prints it, this once",
		Long: `
Makes a token and prints it, alone on standard output. Nobody can show it again.

A token can be limited to reading, to users or to groups, and to the addresses
that it may be used from. With --user it speaks for one user, by the SCIM id, and
reaches nobody else: that user is at /Me.`,
		Example: `  $ caddy scim token create --tenant acme
  $ caddy scim token create --tenant acme --connection okta --name 'from May' --expires 90d
  $ caddy scim token create --expires 2027-01-31T00:00:00Z --json
  $ caddy scim token create --name report --read-only --users --from 192.0.2.0/24,2001:db8::1`,
		Args: exactly(0, ""),
	}
	var req newToken
	var expires string
	cmd.Flags().StringVar(&req.Connection, "connection", "", "Name of the tenant's connection (default the only one)")
	cmd.Flags().StringVar(&req.Name, "name", "", "Note for people, shown by list")
	cmd.Flags().StringVar(&req.By, "by", "", "Who makes it, and then approves nothing that comes by it where the tenant has four_eyes (default the name of who is logged in)")
	cmd.Flags().StringVar(&expires, "expires", "", "When it ends: a duration such as 90d or 12h, or a time such as 2027-01-31T00:00:00Z (default never)")
	cmd.Flags().BoolVar(&req.ReadOnly, "read-only", false, "It may change nothing")
	cmd.Flags().BoolVar(&req.Users, "users", false, "It reaches users alone (default all types)")
	cmd.Flags().BoolVar(&req.Groups, "groups", false, "It reaches groups alone (default all types)")
	cmd.Flags().StringSliceVar(&req.From, "from", nil, "Addresses and ranges that it may be used from, such as 192.0.2.0/24 (default all)")
	cmd.Flags().StringVar(&req.User, "user", "", "SCIM id of the one user that it speaks for, and whom alone it reaches")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		var err error
		if req.Expires, err = parseExpiry(expires, time.Now()); err != nil {
			return err
		}
		req.By, _ = nameOr(req.By) // who is nobody makes a token all the same
		if err := req.validate(); err != nil {
			return fmt.Errorf("--users --groups: %w", err)
		}
		return onTenant(func(_ *cobra.Command, _ []string, c *adminClient, tenant string) error {
			return c.createToken(tenant, req)
		})(cmd, args)
	}
	return cmd
}

// parseExpiry reads a duration from now, or a time. Empty is never.
func parseExpiry(s string, now time.Time) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t, nil
	}
	d, err := caddy.ParseDuration(s)
	if err != nil || d <= 0 {
		return time.Time{}, fmt.Errorf("--expires: %q is neither a duration such as 90d or 12h nor a time such as 2027-01-31T00:00:00Z", s)
	}
	return now.Add(d).Truncate(time.Second), nil
}

func (c *adminClient) createToken(tenant string, req newToken) error {
	var created createdToken
	raw, err := c.call(http.MethodPost, tenant+"/tokens", req, &created)
	if err != nil {
		return err
	}
	if created.Token == "" {
		return errors.New("the answer has no token")
	}
	if c.print(raw) {
		return nil
	}
	ends := "until it is revoked"
	if !created.Expires.IsZero() {
		ends = "until " + moment(created.Expires)
	}
	fmt.Fprintln(c.out, created.Token)
	limited := ""
	if !created.Limits.IsZero() {
		limited = ", limited to: " + created.Limits.String()
	}
	fmt.Fprintf(c.notes, "Token %s speaks for connection %s of tenant %s, %s%s. It is not shown again.\n",
		created.ID, created.Connection, created.Tenant, ends, limited)
	return nil
}

func tokenListCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "list [--tenant <name>]",
		Short:   "Lists the tokens of a tenant, dead ones included",
		Long:    "\nLists the tokens of a tenant, those that ended included. Last used is exact to a minute.",
		Example: "  $ caddy scim token list --tenant acme\n  $ caddy scim token list --tenant acme --json",
		Args:    exactly(0, ""),
		RunE: onTenant(func(_ *cobra.Command, _ []string, c *adminClient, tenant string) error {
			return c.listTokens(tenant, time.Now())
		}),
	}
}

func (c *adminClient) listTokens(tenant string, now time.Time) error {
	var list struct {
		Tokens []token.Record `json:"tokens"`
	}
	raw, err := c.call(http.MethodGet, tenant+"/tokens", nil, &list)
	if err != nil || c.print(raw) {
		return err
	}
	if len(list.Tokens) == 0 {
		fmt.Fprintln(c.notes, "There are no tokens. Make one with: caddy scim token create")
		return nil
	}
	rows := make([][]string, 0, len(list.Tokens))
	for i := range list.Tokens {
		t := &list.Tokens[i]
		state := "valid"
		switch {
		case !t.Revoked.IsZero():
			state = "revoked"
		case !t.Live(now):
			state = "expired"
		}
		rows = append(rows, []string{t.ID, t.Connection, t.Name, state, moment(t.Created), or(moment(t.Expires), "never"), or(moment(t.LastUsed), "never"), or(t.Limits.String(), "none")})
	}
	return printTable(c.out, []string{"ID", "CONNECTION", "NAME", "STATE", "CREATED", "EXPIRES", "LAST USED", "LIMITS"}, rows)
}

func tokenRevokeCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "revoke <id> [--tenant <name>]",
		Short:   "Revokes a token, at once and for good",
		Long:    "\nRevokes a token: the next request with it gets 401. It stays in the list.",
		Example: "  $ caddy scim token revoke 4cUaBm0Xyz --tenant acme",
		Args:    exactly(1, "the id of a token, as list shows it,"),
		RunE: onTenant(func(_ *cobra.Command, args []string, c *adminClient, tenant string) error {
			id := args[0]
			if strings.HasPrefix(id, "scim_") {
				return errors.New("that is a token; name it by its id, which is the part between the first two _")
			}
			if _, err := c.call(http.MethodDelete, tenant+"/tokens/"+url.PathEscape(id), nil, nil); err != nil {
				return err
			}
			if !c.print([]byte("{}")) {
				fmt.Fprintf(c.notes, "Token %s is revoked.\n", printable(id))
			}
			return nil
		}),
	}
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
