package simulate

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"
	"time"
)

// Report tells what became of a run.
type Report struct {
	IDP      IDP           `json:"idp"`
	Users    int           `json:"users"`
	Seed     uint64        `json:"seed,string"` // to play the same users again; a text, for it may be beyond 2^53
	Duration time.Duration `json:"-"`
	Rows     []*Row        `json:"rows"`

	steps int // of the sequence
}

// Row is one step.
type Row struct {
	Step     string
	Requests int // sent, those repeated after 429 or 503 included
	Passed   int // users, groups, or checks of the connection test
	Failed   int
	Skipped  int           // users and groups whose create had failed
	Slowest  time.Duration // of the requests
	Failure  string        // the first one; empty if there was none
}

// MarshalJSON implements json.Marshaler: durations are milliseconds.
func (r *Row) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Step      string  `json:"step"`
		Requests  int     `json:"requests"`
		Passed    int     `json:"passed"`
		Failed    int     `json:"failed"`
		Skipped   int     `json:"skipped"`
		SlowestMS float64 `json:"slowest_ms"`
		Failure   string  `json:"failure,omitempty"`
	}{r.Step, r.Requests, r.Passed, r.Failed, r.Skipped, milliseconds(r.Slowest), r.Failure})
}

// MarshalJSON implements json.Marshaler: durations are milliseconds, and "ok" says whether all passed.
func (r *Report) MarshalJSON() ([]byte, error) {
	type plain Report
	return json.Marshal(struct {
		*plain
		DurationMS float64 `json:"duration_ms"`
		OK         bool    `json:"ok"`
	}{(*plain)(r), milliseconds(r.Duration), r.OK()})
}

func milliseconds(d time.Duration) float64 {
	return float64(d.Round(time.Microsecond)) / float64(time.Millisecond)
}

// OK reports whether every step of the sequence was played and nothing failed.
func (r *Report) OK() bool {
	total := r.total()
	return r.steps > 0 && len(r.Rows) == r.steps && total.Passed > 0 && total.Failed == 0 && total.Skipped == 0
}

func (r *Report) total() Row {
	total := Row{Step: "total"}
	for _, row := range r.Rows {
		total.Requests += row.Requests
		total.Passed += row.Passed
		total.Failed += row.Failed
		total.Skipped += row.Skipped
		total.Slowest = max(total.Slowest, row.Slowest)
	}
	return total
}

// legend stands below the table, so that nobody subtracts one column from another.
const legend = "What passes or fails is a user, a group, or a check of the connection; each can take several HTTP requests."

// Write writes a table for people, and below it the first failure of each step.
func (r *Report) Write(w io.Writer) error {
	total := r.total()
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	line := func(row *Row) {
		fmt.Fprintf(table, "%s\t%6d\t%6d\t", row.Step, row.Passed, row.Failed)
		if total.Skipped > 0 {
			fmt.Fprintf(table, "%7d\t", row.Skipped)
		}
		fmt.Fprintf(table, "%13d\t%8.1f ms\n", row.Requests, milliseconds(row.Slowest))
	}
	fmt.Fprint(table, "STEP\tPASSED\tFAILED\t")
	if total.Skipped > 0 {
		fmt.Fprint(table, "SKIPPED\t")
	}
	fmt.Fprint(table, "HTTP REQUESTS\t    SLOWEST\n")
	for _, row := range r.Rows {
		line(row)
	}
	line(&total)
	if err := table.Flush(); err != nil { // it keeps the errors of what went before
		return err
	}
	if _, err := fmt.Fprintf(w, "\n%s\n", legend); err != nil {
		return err
	}
	for _, row := range r.Rows {
		if row.Failure == "" {
			continue
		}
		if _, err := fmt.Fprintf(w, "\n%s: %s\n", row.Step, row.Failure); err != nil {
			return err
		}
	}
	return nil
}

var (
	_ json.Marshaler = (*Row)(nil)
	_ json.Marshaler = (*Report)(nil)
)
