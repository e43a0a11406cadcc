// Command bench measures what requests cost, from the SCIM endpoint down to the disk, in tenants of different sizes.
//
//	go run ./bench -table docs/performance.md
//
// makes a data set for each size below the system's folder for temporary files, unless it is there from the last time,
// measures, and writes the table into the page. A million users take some 4 GB of disk and a few minutes to make.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"runtime/pprof"
	"strconv"
	"strings"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// options are those of the command line.
type options struct {
	sizes   []int
	members int
	dir     string
	table   string
	only    *regexp.Regexp
	plan    plan
	cpu     string
	heap    string
}

func parse(args []string) (options, error) {
	var o options
	var sizes, only string
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.StringVar(&sizes, "users", "1000,1000000", "how many `users` the tenants have, with commas between; 20 at least")
	flags.IntVar(&o.members, "members", 100_000, "how many `members` the large group has")
	flags.StringVar(&o.dir, "dir", filepath.Join(os.TempDir(), "caddy-scim-bench"), "the `folder` of the data sets, which are kept")
	flags.StringVar(&o.table, "table", "", "the `file` that the table is put into, in the place of the one there; empty: print it")
	flags.StringVar(&only, "only", "", "measure only operations whose names match the regular `expression`")
	flags.IntVar(&o.plan.rounds, "rounds", 7, "how many `times` each operation is measured, in turns on all sizes")
	flags.DurationVar(&o.plan.time, "time", 500*time.Millisecond, "how much `time` one measurement takes, roughly")
	flags.StringVar(&o.cpu, "cpuprofile", "", "write a CPU profile of the measurements to the `file`")
	flags.StringVar(&o.heap, "memprofile", "", "write a profile of all allocations to the `file`")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	for size := range strings.SplitSeq(sizes, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(size))
		if err != nil || n < 2*smallGroup {
			return o, fmt.Errorf("-users: %q is not a number from %d", size, 2*smallGroup)
		}
		o.sizes = append(o.sizes, n)
	}
	if o.members < 1 || o.plan.rounds < 1 {
		return o, errors.New("-members and -rounds must be at least 1")
	}
	var err error
	o.only, err = regexp.Compile(only)
	return o, err
}

func run(ctx context.Context, args []string) (err error) {
	o, err := parse(args)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(o.dir, 0o700); err != nil {
		return err
	}
	begun := time.Now()
	say := func(format string, args ...any) {
		fmt.Fprintf(os.Stderr, "%6.1fs  %s\n", time.Since(begun).Seconds(), fmt.Sprintf(format, args...))
	}
	var sites []*site
	defer func() {
		for _, s := range sites {
			err = errors.Join(err, s.Close())
		}
	}()
	for _, users := range o.sizes {
		d := data{users: users, members: o.members}
		folder, err := prepare(ctx, o.dir, d, say)
		if err != nil {
			return fmt.Errorf("a data set of %d users: %w", users, err)
		}
		s, err := open(folder, d, settings{})
		if err != nil {
			return err
		}
		sites = append(sites, s)
		if err := s.tenant().Indexed(ctx); err != nil {
			return err
		}
	}
	done, err := o.profile()
	if err != nil {
		return err
	}
	rows, err := o.measureAll(ctx, sites, say)
	if err = errors.Join(err, done()); err != nil {
		return err
	}
	text := table(o, rows)
	if o.table == "" {
		fmt.Print(text)
		return nil
	}
	return insert(o.table, text)
}

// measureAll measures one operation after the other.
func (o *options) measureAll(ctx context.Context, sites []*site, say func(format string, args ...any)) ([]row, error) {
	var rows []row
	for i, op := range sites[0].operations() {
		if !o.only.MatchString(op.name) {
			continue
		}
		results, err := measure(ctx, sites, i, o.plan)
		if err != nil {
			return nil, err
		}
		say("%s: %v", op.name, medians(results))
		rows = append(rows, row{op, results})
	}
	return rows, nil
}

func medians(results []result) (list []time.Duration) {
	for _, r := range results {
		list = append(list, r.median)
	}
	return list
}

// profile begins the profiles that are asked for; the returned function ends them.
func (o *options) profile() (done func() error, err error) {
	var cpu *os.File
	if o.cpu != "" {
		if cpu, err = os.Create(o.cpu); err != nil {
			return nil, err
		}
		if err := pprof.StartCPUProfile(cpu); err != nil {
			return nil, err
		}
	}
	return func() error {
		var errs []error
		if cpu != nil {
			pprof.StopCPUProfile()
			errs = append(errs, cpu.Close())
		}
		if o.heap != "" {
			heap, err := os.Create(o.heap) //nolint:gosec // the path comes from whoever runs the command
			if err != nil {
				return errors.Join(append(errs, err)...)
			}
			runtime.GC()
			errs = append(errs, pprof.Lookup("allocs").WriteTo(heap, 0), heap.Close())
		}
		return errors.Join(errs...)
	}, nil
}
