package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
)

// process is a program that is started again and again.
type process struct {
	name string
	path string
	args []string
	env  []string
	dir  string

	mu  sync.Mutex
	cmd *exec.Cmd
	log *os.File
}

// start starts the program; what it says goes to a file beside it.
func (p *process) start(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	log, err := os.OpenFile(filepath.Join(p.dir, p.name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600) //nolint:gosec // below the folder that the caller names
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, p.path, p.args...) //nolint:gosec // it is what the harness is for
	cmd.Dir, cmd.Stdout, cmd.Stderr = p.dir, log, log
	cmd.Env = append(os.Environ(), p.env...)
	if err := cmd.Start(); err != nil {
		return errors.Join(fmt.Errorf("start %s: %w", p.name, err), log.Close())
	}
	p.cmd, p.log = cmd, log
	return nil
}

// end sends a signal and waits until the program is gone.
func (p *process) end(sig os.Signal) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd == nil {
		return nil
	}
	_ = p.cmd.Process.Signal(sig) // it may be gone already; Wait tells how it went
	err := p.cmd.Wait()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		status, _ := exit.Sys().(syscall.WaitStatus)
		if sig == os.Kill && status.Signaled() && status.Signal() == syscall.SIGKILL {
			err = nil
		}
	}
	if err != nil {
		err = fmt.Errorf("%s did not end as it should: %w", p.name, err)
	}
	err = errors.Join(err, p.log.Close())
	p.cmd, p.log = nil, nil
	return err
}

// freePort finds a port that is below those that the system gives to connections, which could otherwise take it while
// Caddy is down.
func freePort(ctx context.Context, rnd *rand.Rand) (string, error) {
	for range 1000 {
		port := strconv.Itoa(20_000 + rnd.IntN(12_000))
		l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:"+port)
		if err == nil {
			return port, l.Close()
		}
	}
	return "", errors.New("no free port found")
}
