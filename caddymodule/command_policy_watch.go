package caddymodule

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/internal/store"
)

func policyDifferencesCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "differences [--limit <n>] [--tenant <name>]",
		Short: "Lists where the shadow would have done something else",
		Long: `
Lists where shadows would have decided or mapped otherwise than what ruled, newest
first; the newest 1,000 are kept. With --json each has both answers.`,
		Example: "  $ caddy scim policy differences --tenant acme\n  $ caddy scim policy differences --limit 20 --json",
		Args:    exactly(0, ""),
	}
	adminFlags(cmd)
	limit := cmd.Flags().Int("limit", 0, "List the newest n (default all that are kept)")
	cmd.RunE = onTenant(func(_ *cobra.Command, _ []string, c *adminClient, tenant string) error {
		if *limit < 0 || *limit > maxDifferences {
			return fmt.Errorf("--limit: %d is not from 0 to %d", *limit, maxDifferences)
		}
		return c.listDifferences(tenant, *limit)
	})
	return cmd
}

func (c *adminClient) listDifferences(tenant string, limit int) error {
	var list struct {
		Differences []store.Difference `json:"differences"`
	}
	raw, err := c.call(http.MethodGet, fmt.Sprintf("%s/policies/differences?limit=%d", tenant, limit), nil, &list)
	if errors.Is(err, errTooLong) {
		return fmt.Errorf("%w; ask for fewer with --limit, such as --limit 20", err)
	}
	if err != nil || c.print(raw) {
		return err
	}
	if len(list.Differences) == 0 {
		fmt.Fprintln(c.notes, "No shadow has done anything else than what ruled.")
		return nil
	}
	rows := make([][]string, 0, len(list.Differences))
	for i := range list.Differences {
		d := &list.Differences[i]
		rows = append(rows, []string{
			moment(d.Time), fmt.Sprint(d.Shadow), d.Hook + " " + d.Subject, string(d.ResourceType) + " " + d.ResourceID,
			strings.Join(d.What, ", "), inShort(d.Was, d.WasError), inShort(d.Would, d.WouldError),
		})
	}
	return printTable(c.out, []string{"TIME", "SHADOW", "ASKED", "RESOURCE", "DIFFERENT", "WAS", "WOULD BE"}, rows)
}

// inShort tells in a few words what a policy answered: the verdict with its reason, or the calls on the application.
func inShort(answer json.RawMessage, failure string) string {
	if failure != "" {
		return cut("failed: " + failure)
	}
	var a struct {
		Verdict, Detail, Title, Lifecycle string
		Status                            int
		After                             json.RawMessage
		Requests                          []struct{ Method, Path string }
	}
	if len(answer) == 0 || json.Unmarshal(answer, &a) != nil {
		return ""
	}
	if a.Verdict == "" {
		var calls []string
		for _, r := range a.Requests {
			calls = append(calls, strings.TrimSpace(r.Method+" "+r.Path))
		}
		return cut(or(strings.Join(calls, ", "), "the connector's own request"))
	}
	text := a.Verdict
	if a.Status != 0 {
		text += fmt.Sprintf(" %d", a.Status)
	}
	if a.Lifecycle != "" {
		text += ", " + a.Lifecycle
	}
	if len(a.After) > 0 {
		text += ", rewritten"
	}
	if why := a.Detail + a.Title; why != "" {
		text += ": " + why
	}
	return cut(text)
}

// cut bounds a text in a table.
func cut(s string) string {
	const most = 60
	runes := []rune(s)
	if len(runes) <= most {
		return s
	}
	return string(runes[:most-1]) + "…"
}

func policyReplayCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "replay <file> [--since <when>] [--settings <file>] [--exit-code] [--tenant <name>]",
		Short: "Runs a policy over the past, and tells what would have gone otherwise",
		Long: `
Runs a policy that need not be uploaded over what the tenant's policies were asked,
and tells how many and which of those would have gone otherwise. It changes nothing,
and says the same on every run. How far back recordings go is the option keep of the
tenant's policy, 30 days unless it says otherwise.`,
		Example: `  $ caddy scim policy replay --since 720h contractors.wasm --tenant acme
  $ caddy scim policy replay --since 2026-05-01T00:00:00Z contractors.wasm --settings settings.json --json`,
		Args: exactly(1, "the file of a policy"),
	}
	adminFlags(cmd)
	var flags pushFlags
	flags.add(cmd)
	since := cmd.Flags().String("since", "720h", "How far to go back: a duration such as 720h or 30d, or a time such as 2026-05-01T00:00:00Z")
	exitCode := cmd.Flags().Bool("exit-code", false, "End with status 1 if anything would have gone otherwise")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		from, err := parseSince(*since, time.Now())
		if err != nil {
			return err
		}
		up, err := flags.read(cmd, args[0])
		if err != nil {
			return err
		}
		up.Since = from
		return onTenant(func(_ *cobra.Command, _ []string, c *adminClient, tenant string) error {
			replay, err := c.replayPolicy(tenant, up)
			if err == nil && *exitCode && replay.Different > 0 {
				return fmt.Errorf("%d of %d would have gone otherwise", replay.Different, replay.Ran)
			}
			return err
		})(cmd, args)
	}
	return cmd
}

// parseSince reads a duration before now, or a time.
func parseSince(s string, now time.Time) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t, nil
	}
	d, err := caddy.ParseDuration(s)
	if err != nil || d <= 0 {
		return time.Time{}, fmt.Errorf("--since: %q is neither a duration such as 720h or 30d nor a time such as 2026-05-01T00:00:00Z", s)
	}
	return now.Add(-d), nil
}

func (c *adminClient) replayPolicy(tenant string, up policyUpload) (*adapter.Replay, error) {
	resp, err := c.send(http.MethodPost, tenant+"/policies/replay", up)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	progress, tidy := func(int, int) {}, func() {}
	if term.IsTerminal(int(os.Stderr.Fd())) {
		progress, tidy = progressOn(os.Stderr, "replay")
	}
	defer tidy()
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(make([]byte, 64<<10), maxAdminAnswer)
	for lines.Scan() {
		var line replayLine
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			return nil, fmt.Errorf("the answer of %s makes no sense: %w", c.address, err)
		}
		switch {
		case line.Error != "":
			return nil, errors.New(printable(line.Error))
		case line.Replay != nil:
			tidy()
			raw, err := json.Marshal(line.Replay)
			if err != nil || c.print(raw) {
				return line.Replay, err
			}
			return line.Replay, c.showReplay(line.Replay)
		case line.Done != nil && line.Total != nil:
			progress(*line.Done, *line.Total)
		}
	}
	switch err := lines.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return nil, fmt.Errorf("%w; go back less far with --since", errTooLong)
	case err != nil:
		return nil, fmt.Errorf("reading the answer of %s: %w", c.address, err)
	}
	return nil, fmt.Errorf("the answer of %s broke off", c.address)
}

func (c *adminClient) showReplay(r *adapter.Replay) error {
	fmt.Fprintf(c.notes, "%d of %d would have gone otherwise, %d of them because the policy failed. Most fuel of a call %d, mean %d.\n",
		r.Different, r.Ran, r.Failed, r.FuelMax, r.FuelMean)
	if len(r.Changes) == 0 {
		return nil
	}
	rows := make([][]string, 0, len(r.Changes))
	for i := range r.Changes {
		ch := &r.Changes[i]
		rows = append(rows, []string{
			moment(ch.Time), ch.Hook + " " + ch.Subject, string(ch.ResourceType) + " " + ch.ResourceID, or(ch.Operation, ch.Recording),
			strings.Join(ch.What, ", "), inShort(ch.Was, ch.WasError), inShort(ch.Would, ch.WouldError),
		})
	}
	if err := printTable(c.out, []string{"TIME", "ASKED", "RESOURCE", "OPERATION", "DIFFERENT", "WAS", "WOULD BE"}, rows); err != nil {
		return err
	}
	if more := r.Different - len(r.Changes); more > 0 {
		fmt.Fprintf(c.notes, "And %d more.\n", more)
	}
	return nil
}

func policyLogsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "logs [--follow] [--tenant <name>]",
		Short: "Shows what policies have logged",
		Long: `
Shows what a tenant's policies have logged, oldest first: the newest 1,000 lines since
Caddy was started. They are the policies' own words, and may name people. With
--follow it waits for more until it is interrupted.`,
		Example: "  $ caddy scim policy logs --tenant acme\n  $ caddy scim policy logs --follow",
		Args:    exactly(0, ""),
	}
	adminFlags(cmd)
	follow := cmd.Flags().BoolP("follow", "f", false, "Wait for more")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		// The program ends where it stands: nothing is left to tidy up.
		ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		cmd.SetContext(ctx)
		return onTenant(func(cmd *cobra.Command, _ []string, c *adminClient, tenant string) error {
			done := make(chan error, 1)
			go func() { done <- c.policyLogs(tenant, *follow) }()
			select {
			case err := <-done:
				return err
			case <-cmd.Context().Done():
				return nil
			}
		})(cmd, args)
	}
	return cmd
}

// followPause is what logs waits when an answer came at once and without a line, as while Caddy reloads, and after an
// error, of which it bears followErrors one after the other.
const (
	followPause  = time.Second
	followErrors = 10
)

func (c *adminClient) policyLogs(tenant string, follow bool) error {
	var after uint64
	failed := 0
	for wait := "0s"; ; wait = "30s" {
		asked := time.Now()
		var answer policyLogAnswer
		_, err := c.call(http.MethodGet, fmt.Sprintf("%s/policies/log?after=%d&wait=%s", tenant, after, wait), nil, &answer)
		switch {
		case err == nil:
			after, failed = answer.Next, 0
		case !follow || wait == "0s" || failed == followErrors:
			return err
		default:
			failed++
		}
		for i := range answer.Lines {
			if err := c.logLine(&answer.Lines[i]); err != nil {
				return err
			}
		}
		if !follow {
			if len(answer.Lines) == 0 && !c.json {
				fmt.Fprintln(c.notes, "No policy has logged anything since Caddy was started.")
			}
			return nil
		}
		if len(answer.Lines) == 0 && wait != "0s" && time.Since(asked) < followPause {
			time.Sleep(followPause)
		}
	}
}

func (c *adminClient) logLine(l *adapter.PolicyLogLine) error {
	if c.json {
		return json.NewEncoder(c.out).Encode(l)
	}
	who := "policy " + shortVersion(l.Version)
	if l.Release != 0 {
		who = fmt.Sprintf("release %d", l.Release)
	}
	if l.Shadow {
		who += " (shadow)"
	}
	more := ""
	if l.Truncated {
		more = " […]"
	}
	words := slices.DeleteFunc([]string{l.Time.Local().Format("2006-01-02 15:04:05.000"), who, l.Hook + ":", printable(l.Text) + more}, func(s string) bool { return s == "" })
	_, err := fmt.Fprintln(c.out, strings.Join(words, " "))
	return err
}
