package caddymodule

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/caddy-scim/caddy-scim/internal/store"
)

// jobCommands are those that a kind of jobs has beside the one that starts them. path is that of the kind in the admin
// API and what its name for people.
func jobCommands(path, what string) []*cobra.Command {
	id := func(args []string) string {
		if len(args) == 0 {
			return latest
		}
		return args[0]
	}
	atMostOne := func(cmd *cobra.Command, args []string) error {
		if len(args) > 1 {
			return fmt.Errorf("%q is too much; see %s --help", args[1], cmd.CommandPath())
		}
		return nil
	}
	status := &cobra.Command{
		Use:   "status [<id>] [--follow] [--tenant <name>]",
		Short: "Shows how the newest " + what + " stands, or another one",
		Args:  atMostOne,
	}
	follow := status.Flags().BoolP("follow", "f", false, "Wait until it has ended")
	status.RunE = onTenant(func(_ *cobra.Command, args []string, c *adminClient, tenant string) error {
		var j store.Job
		raw, err := c.call(http.MethodGet, tenant+"/"+path+"/"+url.PathEscape(id(args)), nil, &j)
		if err != nil {
			return err
		}
		if *follow && j.Running() {
			return c.followJob(tenant+"/"+path, j.ID, what)
		}
		return c.showJob(raw, &j, what)
	})
	list := &cobra.Command{
		Use:   "list [--tenant <name>]",
		Short: "Lists the newest " + what + "s",
		Args:  exactly(0, ""),
	}
	list.RunE = onTenant(func(_ *cobra.Command, _ []string, c *adminClient, tenant string) error {
		return c.listJobs(tenant + "/" + path)
	})
	report := &cobra.Command{
		Use:   "report [<id>] [--kind <kind>] [--tenant <name>]",
		Short: "Shows what the newest " + what + " has found, or another one",
		Long: `
Shows the accounts that are worth a look: at most 1,000 of each kind, while what is
more is counted alone.`,
		Args: atMostOne,
	}
	kind := report.Flags().String("kind", "", "Show one kind alone, such as users.conflict")
	report.RunE = onTenant(func(_ *cobra.Command, args []string, c *adminClient, tenant string) error {
		return c.reportJob(tenant+"/"+path+"/"+url.PathEscape(id(args)), *kind)
	})
	cancel := &cobra.Command{
		Use:   "cancel [<id>] [--by <who>] [--tenant <name>]",
		Short: "Ends the running " + what + "; what it has stored stays",
		Args:  atMostOne,
	}
	by := cancel.Flags().String("by", "", "Who ends it (default the name of who is logged in)")
	cancel.RunE = onTenant(func(_ *cobra.Command, args []string, c *adminClient, tenant string) error {
		who, err := whoIs(*by)
		if err != nil {
			return err
		}
		var j store.Job
		raw, err := c.call(http.MethodPost, tenant+"/"+path+"/"+url.PathEscape(id(args))+"/cancel", map[string]string{"by": who}, &j)
		if err != nil {
			return err
		}
		return c.showJob(raw, &j, what)
	})
	return []*cobra.Command{status, list, report, cancel}
}

// errJobFailed means that a job has ended otherwise than it should. It has been told already.
var errJobFailed = errors.New("it has not come to its end")

// runJob starts a job and follows it, unless it is to go on by itself.
func (c *adminClient) runJob(path, what string, req jobStart, detach bool) error {
	var j store.Job
	raw, err := c.call(http.MethodPost, path, req, &j)
	if err != nil {
		return err
	}
	if detach {
		if !c.print(raw) {
			fmt.Fprintln(c.out, j.ID)
		}
		return nil
	}
	return c.followJob(path, j.ID, what)
}

// maxFollowPauses is how often in a row the progress of a job is asked for in vain, with a second between.
const maxFollowPauses = 30

// followJob shows how a job comes on until it has ended. The job does not depend on it.
func (c *adminClient) followJob(path, id, what string) error {
	show, tidy := func(*store.Job) {}, func() {}
	if term.IsTerminal(int(os.Stderr.Fd())) {
		show, tidy = jobProgressOn(os.Stderr, what)
	}
	for pauses := 0; pauses < maxFollowPauses; pauses++ {
		if pauses > 0 {
			time.Sleep(time.Second) // Caddy restarts, or has another configuration
		}
		resp, err := c.send(http.MethodGet, path+"/"+url.PathEscape(id)+"/progress", nil)
		if err != nil {
			if pauses == 0 {
				tidy()
				return err
			}
			continue
		}
		ended, raw := readJobLines(resp.Body, func(j *store.Job) {
			pauses = 0
			show(j)
		})
		_ = resp.Body.Close()
		if ended != nil {
			tidy()
			return c.showJob(raw, ended, what)
		}
	}
	tidy()
	return fmt.Errorf("the Caddy at %s does not say how the %s comes on; it goes on when Caddy runs", c.address, what)
}

// readJobLines reads the progress of a job and returns how it has ended, nil where the answer breaks off.
func readJobLines(body io.Reader, show func(*store.Job)) (*store.Job, json.RawMessage) {
	lines := bufio.NewScanner(body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var line struct {
			Job json.RawMessage `json:"job"`
		}
		j := new(store.Job)
		if json.Unmarshal(lines.Bytes(), &line) != nil || line.Job == nil || json.Unmarshal(line.Job, j) != nil {
			return nil, nil
		}
		show(j)
		if !j.Running() {
			return j, line.Job
		}
	}
	return nil, nil
}

// jobProgressOn shows on a terminal how a job comes on. The function tidy takes it away.
func jobProgressOn(w io.Writer, what string) (show func(*store.Job), tidy func()) {
	bar := progressbar.NewOptions(-1, progressbar.OptionSetWriter(w), progressbar.OptionSetDescription(what),
		progressbar.OptionSpinnerType(14), progressbar.OptionThrottle(65*time.Millisecond))
	show = func(j *store.Job) {
		text := what + ": " + countsLine(j)
		if j.Failures > 0 {
			text += " · waits: " + printable(j.Detail)
		}
		bar.Describe(text)
		_ = bar.Add(1)
	}
	return show, func() { _ = bar.Clear() }
}

// countsLine is what a job counts, in one line.
func countsLine(j *store.Job) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(j.Counts)) {
		parts = append(parts, fmt.Sprintf("%s %d", printable(name), j.Counts[name]))
	}
	return strings.Join(parts, ", ")
}

// showJob prints how a job stands.
func (c *adminClient) showJob(raw json.RawMessage, j *store.Job, what string) error {
	if !c.print(raw) {
		dry := ""
		if j.DryRun {
			dry = " (dry run: nothing was stored)"
		}
		fmt.Fprintf(c.out, "%s %s: %s%s\n", what, j.ID, printable(string(j.State)), dry)
		for _, name := range slices.Sorted(maps.Keys(j.Counts)) {
			fmt.Fprintf(c.out, "  %-20s %d\n", printable(name), j.Counts[name])
		}
		if j.Detail != "" {
			fmt.Fprintf(c.out, "  %s\n", printable(j.Detail))
		}
	}
	if j.State == store.JobFailed {
		return errJobFailed
	}
	return nil
}

func (c *adminClient) listJobs(path string) error {
	var list struct {
		Jobs []*store.Job `json:"jobs"`
	}
	raw, err := c.call(http.MethodGet, path, nil, &list)
	if err != nil || c.print(raw) {
		return err
	}
	if len(list.Jobs) == 0 {
		fmt.Fprintln(c.notes, "There has been none yet.")
		return nil
	}
	rows := make([][]string, 0, len(list.Jobs))
	for _, j := range list.Jobs {
		state := string(j.State)
		if j.DryRun {
			state += ", dry run"
		}
		rows = append(rows, []string{j.ID, state, moment(j.Started), moment(j.Finished), j.By, countsLine(j)})
	}
	return printTable(c.out, []string{"ID", "STATE", "STARTED", "ENDED", "BY", "COUNTS"}, rows)
}

func (c *adminClient) reportJob(path, kind string) error {
	query := ""
	if kind != "" {
		query = "?kind=" + url.QueryEscape(kind)
	}
	var report struct {
		Job   *store.Job      `json:"job"`
		Items []store.JobItem `json:"items"`
	}
	raw, err := c.call(http.MethodGet, path+"/items"+query, nil, &report)
	if err != nil || c.print(raw) {
		return err
	}
	if len(report.Items) == 0 {
		fmt.Fprintln(c.notes, "It names nothing.")
		return nil
	}
	rows := make([][]string, 0, len(report.Items))
	left := map[string]int64{}
	maps.Copy(left, report.Job.Counts)
	for _, item := range report.Items {
		rows = append(rows, []string{item.Kind, item.LegacyID, item.Name, item.ResourceID, item.Reason})
		left[item.Kind]--
	}
	if err := printTable(c.out, []string{"KIND", "ACCOUNT", "NAME", "RESOURCE", "WHY"}, rows); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(left)) {
		if left[name] > 0 && left[name] < report.Job.Counts[name] {
			fmt.Fprintf(c.notes, "and %d more of %s\n", left[name], printable(name))
		}
	}
	return nil
}
