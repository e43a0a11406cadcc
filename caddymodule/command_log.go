package caddymodule

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/caddy-scim/caddy-scim/adapter"
)

// logFlags say which entries of the provisioning log are wanted.
type logFlags struct {
	user, resource, connection, outcome, since string
	failed                                     bool
}

func (f *logFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.user, "user", "", "What has to do with one user: a userName, externalId, e-mail address or id")
	flags.StringVar(&f.resource, "resource", "", "What has to do with one user or group, by its id")
	flags.StringVar(&f.connection, "connection", "", "What came by one connection")
	flags.StringVar(&f.outcome, "outcome", "", "What ended, or stands, that way: applied, refused, held, retry, …")
	flags.StringVar(&f.since, "since", "", "What has changed since: a duration such as 2h or 7d, or a time such as 2026-05-01T00:00:00Z")
	flags.BoolVar(&f.failed, "failed", false, "What was denied, refused or rejected, and calls that failed")
}

// query is the part of the URL that says what is wanted.
func (f *logFlags) query(now time.Time) (url.Values, error) {
	q := url.Values{}
	for name, value := range map[string]string{"user": f.user, "resource": f.resource, "connection": f.connection, "outcome": f.outcome} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if f.failed {
		q.Set("failed", "true")
	}
	if f.since != "" {
		since, err := parseSince(f.since, now)
		if err != nil {
			return nil, err
		}
		q.Set("since", since.UTC().Format(time.RFC3339))
	}
	return q, nil
}

func logCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "log [--follow] [--user <who>] [--failed] [--since <when>] [--limit <n>] [--tenant <name>]",
		Short: "Shows the provisioning log: what was asked for, what the application was told, and what came of it",
		Long: `
Shows the newest entries of a tenant's provisioning log, the oldest of them first:
what identity providers asked for and what came of it, each call on the application,
and the answers to approvals. A user's entries are a timeline, by when they began;
all others come by when they last changed. With --follow it waits for more until it
is interrupted. With --json each entry is a line of JSON, with all that is known.

Values of attributes are shown as far as they are not secret; passwords never are.`,
		Example: `  $ caddy scim log --tenant acme
  $ caddy scim log --follow --failed
  $ caddy scim log --user ann@acme.example --since 7d
  $ caddy scim log show 0199f0a2-7a51-7c1e-9a52-3f6a1d0a7a11
  $ caddy scim log export --since 30d > acme.ndjson`,
		Args: exactly(0, ""),
	}
	adminFlags(cmd)
	var flags logFlags
	flags.add(cmd)
	limit := cmd.Flags().IntP("limit", "n", 50, "Show the newest n")
	follow := cmd.Flags().BoolP("follow", "f", false, "Wait for more")
	cmd.DisableFlagsInUseLine = true
	cmd.AddCommand(logShowCommand(), logExportCommand())
	cmd.RunE = interruptible(func(_ *cobra.Command, _ []string, c *adminClient, tenant string) error {
		if *limit < 1 || *limit > maxLogLimit {
			return fmt.Errorf("--limit: %d is not from 1 to %d", *limit, maxLogLimit)
		}
		q, err := flags.query(time.Now())
		if err != nil {
			return err
		}
		return c.showLog(tenant, q, *limit, *follow)
	})
	return cmd
}

// maxLogLimit bounds what log holds in memory to turn it round.
const maxLogLimit = 10_000

// interruptible is onTenant for what ends where it stands when it is interrupted: nothing is left to tidy up.
func interruptible(run func(cmd *cobra.Command, args []string, c *adminClient, tenant string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		cmd.SetContext(ctx)
		return onTenant(func(cmd *cobra.Command, args []string, c *adminClient, tenant string) error {
			done := make(chan error, 1)
			go func() { done <- run(cmd, args, c, tenant) }()
			select {
			case err := <-done:
				return err
			case <-cmd.Context().Done():
				return nil
			}
		})(cmd, args)
	}
}

// showLog shows the newest entries, and with follow what comes.
func (c *adminClient) showLog(tenant string, q url.Values, limit int, follow bool) error {
	list, latest, err := c.newestEntries(tenant, q, limit)
	if err != nil {
		return err
	}
	for i := range list {
		if err := c.logEntry(&list[i]); err != nil {
			return err
		}
	}
	if !follow {
		if len(list) == 0 && !c.json {
			fmt.Fprintln(c.notes, "Nothing of that is in the log.")
		}
		return nil
	}
	q.Del("since")
	return c.followLog(tenant, q, latest)
}

// newestEntries returns the newest entries, the oldest of them first, and from where on changes are to be followed.
func (c *adminClient) newestEntries(tenant string, q url.Values, limit int) (list []adapter.JournalEntry, latest string, err error) {
	q.Set("order", "newest")
	defer func() { q.Del("order"); q.Del("limit"); q.Del("after") }()
	for {
		q.Set("limit", strconv.Itoa(min(limit-len(list), 200)))
		var page adapter.JournalPage
		if _, err := c.call(http.MethodPost, tenant+"/journal", flat(q), &page); err != nil {
			return nil, "", err
		}
		if latest == "" {
			latest = page.Latest
		}
		if list = append(list, page.Entries...); !page.More || len(list) >= limit {
			slices.Reverse(list)
			return list, latest, nil
		}
		q.Set("after", page.Next)
	}
}

// followLog shows what comes behind a cursor. It bears what a reload and a restart of Caddy bring.
func (c *adminClient) followLog(tenant string, q url.Values, after string) error {
	q.Set("order", "changes")
	q.Set("wait", "30s")
	for failed := 0; ; {
		asked := time.Now()
		q.Set("after", after)
		var page adapter.JournalPage
		_, err := c.call(http.MethodPost, tenant+"/journal", flat(q), &page)
		switch {
		case err == nil:
			after, failed = page.Next, 0
		case failed == followErrors:
			return err
		default:
			failed++
		}
		for i := range page.Entries {
			if err := c.logEntry(&page.Entries[i]); err != nil {
				return err
			}
		}
		if len(page.Entries) == 0 && time.Since(asked) < followPause {
			time.Sleep(followPause)
		}
	}
}

func logShowCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "show <operation> [--tenant <name>]",
		Short: "Shows one operation with its calls on the application",
		Long: `
Shows one operation of the provisioning log with the attributes that it changed, the
calls on the application that it led to, and what was answered. Its id stands in the
log with --json, in the header Set-Txn of an asynchronous request, and in events.`,
		Example: "  $ caddy scim log show 0199f0a2-7a51-7c1e-9a52-3f6a1d0a7a11",
		Args:    exactly(1, "the id of an operation"),
	}
	cmd.DisableFlagsInUseLine = true
	cmd.RunE = onTenant(func(_ *cobra.Command, args []string, c *adminClient, tenant string) error {
		var rec adapter.JournalRecord
		raw, err := c.call(http.MethodGet, tenant+"/journal/"+url.PathEscape(args[0]), nil, &rec)
		if err != nil || c.print(raw) {
			return err
		}
		return c.showOperation(&rec)
	})
	return cmd
}

func logExportCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "export [--since <when>] [--user <who>] [--failed] [--tenant <name>]",
		Short: "Writes the provisioning log as lines of JSON",
		Long: `
Writes all entries of the provisioning log, or those that are asked for, to standard
output, the oldest first, one JSON object a line, as the log of another system takes
them in. Each has a cursor; what came after it is what follows it in a later export.`,
		Example: "  $ caddy scim log export --tenant acme --since 30d > acme.ndjson",
		Args:    exactly(0, ""),
	}
	var flags logFlags
	flags.add(cmd)
	after := cmd.Flags().String("after", "", "Go on behind the cursor of an entry")
	cmd.DisableFlagsInUseLine = true
	cmd.RunE = interruptible(func(_ *cobra.Command, _ []string, c *adminClient, tenant string) error {
		q, err := flags.query(time.Now())
		if err != nil {
			return err
		}
		q.Set("format", "ndjson")
		if *after != "" {
			q.Set("after", *after)
		}
		return c.exportLog(tenant+"/journal", q)
	})
	return cmd
}

// flat is a query as the body of a request: names of people must not be in a URL, which Caddy logs.
func flat(q url.Values) map[string]string {
	body := make(map[string]string, len(q))
	for name := range q {
		body[name] = q.Get(name)
	}
	return body
}

func (c *adminClient) exportLog(path string, q url.Values) error {
	resp, err := c.send(http.MethodPost, path, flat(q))
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	out := bufio.NewWriter(c.out)
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(make([]byte, 64<<10), 4<<20)
	for lines.Scan() {
		if bytes.HasPrefix(lines.Bytes(), []byte(`{"error":`)) {
			var line struct {
				Error string `json:"error"`
			}
			if json.Unmarshal(lines.Bytes(), &line) == nil {
				return errors.Join(out.Flush(), errors.New(printable(line.Error)))
			}
		}
		if _, err := out.Write(append(printableJSON(lines.Bytes()), '\n')); err != nil {
			return err
		}
	}
	if err := lines.Err(); err != nil {
		return errors.Join(out.Flush(), fmt.Errorf("reading the answer of %s: %w", c.address, err))
	}
	return out.Flush()
}
