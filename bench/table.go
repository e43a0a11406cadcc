package main

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// row is one operation with what became of it on each site.
type row struct {
	op      operation
	results []result
}

// The table stands between these lines of the page.
const (
	tableBegin = "<!-- table: go run ./bench -table docs/performance.md -->"
	tableEnd   = "<!-- end of table -->"
)

// table writes the rows in Markdown: those whose cost is to be the same whatever the size first.
func table(o options, rows []row) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %s/%s, %d processors, medians of %d rounds of %v each, which take turns on the sizes.\n",
		runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.GOMAXPROCS(0), o.plan.rounds, o.plan.time)
	for _, grows := range []bool{false, true} {
		title := "The same at every size"
		if grows {
			title = "What grows"
		}
		fmt.Fprintf(&b, "\n### %s\n\n", title)
		first := len(o.sizes) - 1
		line := "| request |"
		rule := "|---|"
		if grows {
			line, rule = line+" grows with |", rule+"---|"
		}
		for _, size := range o.sizes {
			line += " " + number(size) + " users, median | p99 |"
			rule += "---:|---:|"
		}
		if len(o.sizes) > 1 {
			line += " ratio |"
			rule += "---:|"
		}
		fmt.Fprintf(&b, "%s keys read | written | allocations | KB |\n%s---:|---:|---:|---:|\n", line, rule)
		for _, r := range rows {
			if (r.op.grows != "") != grows {
				continue
			}
			fmt.Fprintf(&b, "| %s |", r.op.name)
			if grows {
				fmt.Fprintf(&b, " %s |", r.op.grows)
			}
			for _, res := range r.results {
				fmt.Fprintf(&b, " %s | %s |", duration(res.median), duration(res.p99))
			}
			last := r.results[first]
			if len(o.sizes) > 1 {
				fmt.Fprintf(&b, " %s |", ratio(last.median, r.results[0].median))
			}
			fmt.Fprintf(&b, " %s | %s | %s | %s |\n", number(int(last.cost.Read)), number(int(last.cost.Written)),
				number(int(last.allocs)), number(int(last.bytes+1023)/1024))
		}
	}
	return b.String()
}

// duration writes three digits.
func duration(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return fmt.Sprintf("%.3g µs", float64(d)/1e3)
	case d < time.Second:
		return fmt.Sprintf("%.3g ms", float64(d)/1e6)
	}
	return fmt.Sprintf("%.3g s", d.Seconds())
}

// ratio writes two digits.
func ratio(d, of time.Duration) string {
	q := float64(d) / float64(max(of, 1))
	if q >= 100 {
		return number(int(q))
	}
	return strconv.FormatFloat(q, 'g', 2, 64)
}

// insert puts the table into a page, in the place of the one that is there.
func insert(path, text string) error {
	page, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	before, rest, ok := bytes.Cut(page, []byte(tableBegin))
	_, after, closed := bytes.Cut(rest, []byte(tableEnd))
	if !ok || !closed {
		return fmt.Errorf("%s has no place for the table: the lines %q and %q", path, tableBegin, tableEnd)
	}
	page = fmt.Appendf(nil, "%s%s\n\n%s\n%s%s", before, tableBegin, text, tableEnd, after)
	return os.WriteFile(path, page, 0o600) //nolint:gosec // the path comes from whoever runs the command
}
