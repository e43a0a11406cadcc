package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

//go:embed Caddyfile
var caddyfile []byte

// harness is a run.
type harness struct {
	options
	scim   string // Caddy's address
	admin  string // that of its admin endpoint
	legacy string // the application's
	caddy  *process
	app    *process
	gate   *gateway
	server *http.Server
	http   *http.Client
	shared []*group // each worker's users are put into these
	begun  time.Time

	cancel context.CancelFunc // ends the run at the first failure

	mu       sync.Mutex
	failures []string
	sum      summary
}

// summary is what a run has done.
type summary struct {
	kills, stops, appKills int
	reads, unknown         int
	writes                 map[string]int
	faults                 map[string]int
	requests               map[string]int
	took                   time.Duration
}

func total(of map[string]int) (n int) {
	for _, x := range of {
		n += x
	}
	return n
}

// String tells the summary to people.
func (s summary) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d kills and %d orderly ends of Caddy, %d kills of the application, in %s\n", s.kills, s.stops, s.appKills, s.took.Round(time.Second))
	fmt.Fprintf(&b, "%d writes acknowledged, %d without an answer, %d reads compared\n", total(s.writes), s.unknown, s.reads)
	list := func(title string, of map[string]int) {
		fmt.Fprintf(&b, "%s:", title)
		for _, name := range slices.Sorted(maps.Keys(of)) {
			fmt.Fprintf(&b, " %s %d;", name, of[name])
		}
		b.WriteString("\n")
	}
	list("writes", s.writes)
	list("faults", s.faults)
	list("requests that reached the application", s.requests)
	return b.String()
}

// random is one of the run's sources of numbers.
func (h *harness) random(no uint64) *rand.Rand {
	return rand.New(rand.NewPCG(h.seed, no)) //nolint:gosec // nothing is to be kept secret
}

// fail notes that something is not as it has to be, which ends the run.
func (h *harness) fail(format string, args ...any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.failures) < 20 {
		h.failures = append(h.failures, fmt.Sprintf("after %s: ", time.Since(h.begun).Round(time.Millisecond))+fmt.Sprintf(format, args...))
	}
	h.cancel()
}

func (h *harness) failed() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.failures) == 0 {
		return nil
	}
	return errors.New(strings.Join(h.failures, "\n"))
}

// pause waits, as people and clocks do.
func (h *harness) pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// newHarness makes everything that a run needs, and starts nothing but the gateway.
func newHarness(ctx context.Context, o options) (h *harness, err error) {
	h = &harness{options: o, http: newHTTP(), cancel: func() {}, begun: time.Now()}
	h.sum = summary{writes: map[string]int{}, faults: map[string]int{}}
	if h.dir == "" {
		h.dir, err = os.MkdirTemp("", "caddy-scim-crash-")
	} else {
		err = os.Mkdir(h.dir, 0o700)
	}
	if err != nil {
		return nil, err
	}
	for _, p := range []struct {
		path      *string
		name, pkg string
	}{{&h.caddyPath, "caddy", "./cmd/caddy"}, {&h.appPath, "legacyapp", "./examples/legacyapp/cmd/legacyapp"}} {
		if *p.path == "" {
			*p.path = filepath.Join(h.dir, p.name)
			if err := build(ctx, *p.path, p.pkg); err != nil {
				return nil, err
			}
		}
	}
	if err := os.WriteFile(filepath.Join(h.dir, "Caddyfile"), caddyfile, 0o600); err != nil {
		return nil, err
	}
	var ports [3]string
	for i := range ports {
		if ports[i], err = freePort(ctx, h.random(uint64(i))); err != nil {
			return nil, err
		}
	}
	h.scim, h.admin, h.legacy = "http://127.0.0.1:"+ports[0], "http://127.0.0.1:"+ports[1], "http://127.0.0.1:"+ports[2]
	h.gate = newGateway(h.legacy, h.fail)
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	h.server = &http.Server{Handler: h.gate, ReadHeaderTimeout: time.Minute}
	go func() { _ = h.server.Serve(l) }()
	h.app = &process{name: "application", path: h.appPath, dir: h.dir, args: []string{
		"--listen", "127.0.0.1:" + ports[2], "--data", "application.journal",
	}}
	h.caddy = &process{name: "caddy", path: h.caddyPath, dir: h.dir, args: []string{"run", "--config", "Caddyfile", "--adapter", "caddyfile"}, env: []string{
		"CRASH_PORT=" + ports[0], "CRASH_ADMIN_PORT=" + ports[1], "CRASH_APP=http://" + l.Addr().String(), "HOME=" + h.dir,
	}}
	return h, nil
}

func build(ctx context.Context, to, pkg string) error {
	root, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return fmt.Errorf("find the module: %w", err)
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-o", to, pkg) //nolint:gosec // of this module
	cmd.Dir = strings.TrimSpace(string(root))
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s: %w\n%s", pkg, err, out)
	}
	return nil
}

// run is the whole of it.
func (h *harness) run(parent context.Context) (summary, error) {
	ctx, cancel := context.WithCancel(parent)
	defer cancel()
	h.cancel = cancel
	defer func() {
		_ = errors.Join(h.caddy.end(os.Kill), h.app.end(os.Kill), h.server.Close())
	}()
	workers, err := h.begin(ctx)
	if err == nil {
		h.torment(ctx, workers)
		err = h.failed()
	}
	if err == nil {
		err = errors.Join(parent.Err(), h.check(ctx, workers), h.failed())
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.sum.took, h.sum.requests = time.Since(h.begun), h.gate.counts()
	return h.sum, err
}

// begin starts everything and makes the shared groups.
func (h *harness) begin(ctx context.Context) ([]*worker, error) {
	if err := errors.Join(h.app.start(context.WithoutCancel(ctx)), h.caddy.start(context.WithoutCancel(ctx))); err != nil {
		return nil, err
	}
	h.shared = []*group{{no: "shared-0", shared: true}, {no: "shared-1", shared: true}}
	var workers []*worker
	for i := range h.workers {
		workers = append(workers, h.newWorker(ctx, i))
	}
	if _, ok := workers[0].read("/ServiceProviderConfig"); !ok {
		return nil, errors.Join(errors.New("caddy does not come up"), h.failed())
	}
	for _, g := range h.shared {
		workers[0].changeGroup(g)
	}
	return workers, h.failed()
}

// torment lets the workers work, kills and breaks, until that was enough.
func (h *harness) torment(ctx context.Context, workers []*worker) {
	working, enough := context.WithCancel(ctx)
	var all sync.WaitGroup
	for _, w := range workers {
		all.Go(func() { w.work(working) })
	}
	all.Go(func() { h.breakApplication(working) })
	h.kill(ctx)
	enough()
	all.Wait()
}

// kill ends Caddy again and again: mostly at any moment, often while it starts, and sometimes in order.
func (h *harness) kill(ctx context.Context) {
	rnd := h.random(1)
	for ctx.Err() == nil {
		h.mu.Lock()
		done := h.sum.kills >= h.kills && time.Since(h.begun) >= h.duration
		h.mu.Unlock()
		if done {
			return
		}
		switch rnd.IntN(10) {
		case 0: // while it starts
			h.pause(ctx, time.Duration(rnd.IntN(150))*time.Millisecond)
		case 1, 2, 3: // as soon as it is there
			h.await(ctx)
			h.pause(ctx, time.Duration(rnd.IntN(60))*time.Millisecond)
		default:
			h.await(ctx)
			h.pause(ctx, time.Duration(rnd.IntN(1500))*time.Millisecond)
		}
		sig := os.Kill
		if rnd.IntN(12) == 0 {
			h.await(ctx)
			sig = syscall.SIGTERM
		}
		if err := h.caddy.end(sig); err != nil {
			h.fail("%v", err)
		}
		h.mu.Lock()
		if sig == os.Kill {
			h.sum.kills++
		} else {
			h.sum.stops++
		}
		h.mu.Unlock()
		if err := h.caddy.start(context.WithoutCancel(ctx)); err != nil {
			h.fail("%v", err)
		}
	}
}

// await waits until Caddy serves.
func (h *harness) await(ctx context.Context) {
	deadline := time.Now().Add(connectionTimeout)
	for ctx.Err() == nil {
		if r, err := ask(ctx, h.http, http.MethodGet, h.scim+"/scim/v2/ServiceProviderConfig", ""); err == nil && r.status < 500 {
			return
		}
		if time.Now().After(deadline) {
			h.fail("caddy has not come up for %s", connectionTimeout)
			return
		}
		h.pause(ctx, 5*time.Millisecond)
	}
}
