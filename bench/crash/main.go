// Command crash shows that nothing is lost when the process is killed.
//
//	go run ./bench/crash -kills 200
//
// runs the real Caddy on a durable store, the example application beside it as a process of its own, and identity
// providers who create, change, delete and put into groups. Meanwhile Caddy is killed at random moments, most of all while
// it starts and recovers, and the application fails, stalls, drops connections after having done what it was asked, and
// dies, too. In the end the application has to have exactly what was acknowledged. A run that fails leaves its folder.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "crash:", err)
		os.Exit(1)
	}
}

// options are those of the command line.
type options struct {
	kills     int
	duration  time.Duration
	workers   int
	seed      uint64
	dir       string
	caddyPath string
	appPath   string
}

func parse(args []string) (options, error) {
	var o options
	flags := flag.NewFlagSet("crash", flag.ContinueOnError)
	flags.IntVar(&o.kills, "kills", 200, "how many `times` Caddy is killed at least")
	flags.DurationVar(&o.duration, "duration", 0, "how `long` the run takes at least")
	flags.IntVar(&o.workers, "workers", 6, "how many `clients` write at once")
	flags.Uint64Var(&o.seed, "seed", rand.Uint64(), "the `number` that all that is random begins with; the moments stay a matter of the machine") //nolint:gosec // nothing is to be kept secret
	flags.StringVar(&o.dir, "dir", "", "the `folder` for everything, which must not exist; by default a new one below the system's for temporary files")
	flags.StringVar(&o.caddyPath, "caddy", "", "the Caddy `binary`; built from ./cmd/caddy by default")
	flags.StringVar(&o.appPath, "app", "", "the example application's `binary`; built by default")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if o.workers < 1 || o.kills < 0 || o.duration < 0 || flags.NArg() > 0 {
		return o, errors.New("-workers must be at least 1, -kills and -duration at least 0, and there are no other arguments")
	}
	return o, nil
}

func run(ctx context.Context, args []string) error {
	o, err := parse(args)
	if err != nil {
		return err
	}
	h, err := newHarness(ctx, o)
	if err != nil {
		return err
	}
	sum, err := h.run(ctx)
	fmt.Println(sum)
	if err != nil {
		return fmt.Errorf("%w\n\nEverything is in %s. To try again: go run ./bench/crash -seed %d -kills %d -duration %s -workers %d",
			err, h.dir, o.seed, o.kills, o.duration, o.workers)
	}
	return os.RemoveAll(h.dir)
}
