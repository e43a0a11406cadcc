package main_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/tidwall/gjson"
)

// patience bounds all waiting. It is long, as the machine may be busy; nothing waits for it to pass.
const patience = time.Minute

// script is what a running script remembers.
type script struct {
	processes map[string]*process
	body      string // of the last answer
}

type scriptKey struct{}

func of(ts *testscript.TestScript) *script { return ts.Value(scriptKey{}).(*script) }

// process is a program that runs beside the script.
type process struct {
	cmd    *exec.Cmd
	lines  chan string // of its standard output
	stderr *bytes.Buffer
	ended  chan error
}

// start starts a program; the end of the script kills it.
func start(ts *testscript.TestScript, name, program string, args ...string) *process {
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, filepath.Join(binaries, program), args...)
	cmd.Dir = ts.MkAbs(".")
	cmd.Env = []string{}
	for _, key := range []string{"PATH", "HOME", "TMPDIR", "WORK", "SCIM_TOKEN", "LEGACY", "PORT", "ADMIN_PORT"} {
		cmd.Env = append(cmd.Env, key+"="+ts.Getenv(key))
	}
	p := &process{cmd: cmd, lines: make(chan string, 100), stderr: new(bytes.Buffer), ended: make(chan error, 1)}
	cmd.Stderr = p.stderr
	out, err := cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	go func() {
		defer close(p.lines)
		for s := bufio.NewScanner(out); s.Scan(); {
			p.lines <- s.Text()
		}
	}()
	of(ts).processes[name] = p
	ts.Defer(func() {
		cancel()
		if of(ts).processes[name] == p {
			_ = cmd.Wait()
			ts.Logf("standard error of %s:\n%s", name, p.stderr)
		}
	})
	return p
}

// line waits for the next line of a program's standard output.
func (p *process) line(ts *testscript.TestScript) string {
	select {
	case line, ok := <-p.lines:
		if !ok {
			_ = p.cmd.Wait()
			ts.Fatalf("%s ended: %s", p.cmd, p.stderr)
		}
		return line
	case <-time.After(patience):
		ts.Fatalf("%s says nothing", p.cmd)
	}
	return ""
}

// demo <name> [argument...] starts `caddy scim demo` on a free port and waits until it is ready. The variables SCIM,
// SCIM_TOKEN, LEGACY, DATA and ADMIN are then this demo's.
func demo(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: demo name [argument...]")
	}
	p := start(ts, args[0], "caddy", append([]string{"scim", "demo", "--json", "--listen", "127.0.0.1:0"}, args[1:]...)...)
	var ready map[string]string
	ts.Check(json.Unmarshal([]byte(p.line(ts)), &ready))
	if len(ready) != 6 || ready["console_url"] != "" || ready["console_key"] != "" {
		ts.Fatalf("the line of --json is %v", ready)
	}
	for variable, field := range map[string]string{"SCIM": "scim_url", "SCIM_TOKEN": "scim_token", "LEGACY": "legacy_url", "DATA": "data_dir"} {
		if ready[field] == "" {
			ts.Fatalf("the line of --json has no %s", field)
		}
		ts.Setenv(variable, ready[field])
	}
	config, err := os.ReadFile(filepath.Join(ready["data_dir"], "Caddyfile"))
	ts.Check(err)
	address := regexp.MustCompile(`(?m)^\s*admin "(.*)"$`).FindSubmatch(config)
	if address == nil {
		ts.Fatalf("the demo's Caddyfile names no admin endpoint:\n%s", config)
	}
	ts.Setenv("ADMIN", string(address[1]))
}

// application <name> starts the example legacy application. The variable LEGACY is then its URL.
func application(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: application name")
	}
	ts.Setenv("LEGACY", start(ts, args[0], "legacyapp", "--listen", "127.0.0.1:0").line(ts))
}

// server <name> <Caddyfile> starts `caddy run` and waits until it serves SCIM at $SCIM.
func server(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: server name Caddyfile")
	}
	p := start(ts, args[0], "caddy", "run", "--config", args[1], "--adapter", "caddyfile")
	wait(ts, func() error {
		select {
		case _, ok := <-p.lines:
			if !ok {
				_ = p.cmd.Wait()
				ts.Fatalf("Caddy ended: %s", p.stderr)
			}
		default:
		}
		status, _, err := send(ts, http.MethodGet, ts.Getenv("SCIM")+"/ServiceProviderConfig", "")
		if err == nil && status != http.StatusOK {
			err = fmt.Errorf("status %d", status)
		}
		return err
	})
}

// watch <name> <program> [argument...] starts a program whose lines says waits for.
func watch(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: watch name program [argument...]")
	}
	start(ts, args[0], args[1], args[2:]...)
}

// says <name> <pattern> waits for the next line of a program, which has to match.
func says(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 || of(ts).processes[args[0]] == nil {
		ts.Fatalf("usage: says name pattern")
	}
	if line := of(ts).processes[args[0]].line(ts); !regexp.MustCompile(args[1]).MatchString(line) {
		ts.Fatalf("%s says %s", args[0], line)
	}
}

// end <name> INT|TERM|KILL sends a signal and waits for the end. After INT and TERM the exit status must be 0 and
// nothing more may have come on standard output; standard error is then what `stderr` looks at.
func end(ts *testscript.TestScript, neg bool, args []string) {
	signals := map[string]os.Signal{"INT": os.Interrupt, "TERM": syscall.SIGTERM, "KILL": os.Kill}
	if neg || len(args) != 2 || signals[args[1]] == nil || of(ts).processes[args[0]] == nil {
		ts.Fatalf("usage: end name INT|TERM|KILL")
	}
	p := of(ts).processes[args[0]]
	delete(of(ts).processes, args[0])
	ts.Check(p.cmd.Process.Signal(signals[args[1]]))
	var more []string
	for over := false; !over; {
		select {
		case line, ok := <-p.lines:
			if over = !ok; ok {
				more = append(more, line)
			}
		case <-time.After(patience):
			ts.Fatalf("%s does not end", args[0])
		}
	}
	err := p.cmd.Wait()
	if _, werr := io.Copy(ts.Stderr(), p.stderr); werr != nil {
		ts.Fatalf("%v", werr)
	}
	switch {
	case args[1] == "KILL":
	case err != nil:
		ts.Fatalf("%s: %v: %s", args[0], err, p.stderr)
	case len(more) > 0:
		ts.Fatalf("%s said more on standard output: %q", args[0], more)
	}
}

// http <status> <method> <url> [body] sends a request, to $SCIM with the token, and shows the answer's body on
// standard output. With ! before it, nobody must answer.
func request(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 3 && len(args) != 4 {
		ts.Fatalf("usage: http status method url [body]")
	}
	status, body, err := send(ts, args[1], args[2], strings.Join(args[3:], ""))
	of(ts).body = body
	switch {
	case neg && err == nil:
		ts.Fatalf("answered %d", status)
	case neg:
		if !errors.Is(err, syscall.ECONNREFUSED) {
			ts.Fatalf("want a refused connection: %v", err)
		}
	case err != nil:
		ts.Fatalf("%v", err)
	case args[0] != strconv.Itoa(status):
		ts.Fatalf("answered %d: %s", status, body)
	}
	_, err = io.WriteString(ts.Stdout(), body+"\n")
	ts.Check(err)
}

var client = &http.Client{Timeout: patience, Transport: &http.Transport{DisableKeepAlives: true}}

func send(ts *testscript.TestScript, method, url, body string) (status int, answer string, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/scim+json")
	}
	if root := ts.Getenv("SCIM"); root != "" && strings.HasPrefix(url, root) {
		req.Header.Set("Authorization", "Bearer "+ts.Getenv("SCIM_TOKEN"))
	}
	resp, err := client.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(resp.Body)
	return resp.StatusCode, strings.TrimSpace(string(data)), err
}

// until <url> <path> <value> asks again and again until the answer has the value at the JSON path. `status` is a path,
// too.
func until(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: until url path value")
	}
	wait(ts, func() error {
		status, body, err := send(ts, http.MethodGet, args[0], "")
		if err != nil {
			return err
		}
		of(ts).body = body
		got := gjson.Get(body, args[1]).String()
		if args[1] == "status" {
			got = strconv.Itoa(status)
		}
		if got != args[2] {
			return fmt.Errorf("%s is %q, want %q: %s", args[1], got, args[2], body)
		}
		return nil
	})
}

// shows <pattern> <program> [argument...] runs a program again and again until its standard output matches, and shows it.
func shows(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: shows pattern program [argument...]")
	}
	pattern := regexp.MustCompile("(?m)" + args[0])
	wait(ts, func() error {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		cmd := exec.CommandContext(ctx, filepath.Join(binaries, args[1]), args[2:]...)
		cmd.Dir, cmd.Env = ts.MkAbs("."), []string{"HOME=" + ts.Getenv("HOME"), "PATH=" + ts.Getenv("PATH")}
		out, err := cmd.Output()
		if err == nil && !pattern.Match(out) {
			err = fmt.Errorf("%s says %s", cmd, out)
		}
		return err
	})
}

// wait tries until there is no error.
func wait(ts *testscript.TestScript, try func() error) {
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for {
		err := try()
		if err == nil {
			return
		}
		select {
		case <-again.C:
		case <-deadline.C:
			ts.Fatalf("in %s it did not come: %v", patience, err)
		}
	}
}

// json <path> <value> compares a value of the last answer, or of the last `until`.
func check(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: json path value")
	}
	body := of(ts).body
	if got := gjson.Get(body, args[0]).String(); (got == args[1]) == neg {
		ts.Fatalf("%s is %q in %s", args[0], got, body)
	}
}

// capture <variable> <path> [file] takes a value out of the last answer, or of a file such as stdout.
func capture(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 && len(args) != 3 {
		ts.Fatalf("usage: capture variable path [file]")
	}
	body := of(ts).body
	if len(args) == 3 {
		body = ts.ReadFile(args[2])
	}
	value := gjson.Get(body, args[1]).String()
	if value == "" {
		ts.Fatalf("there is no %s in %s", args[1], body)
	}
	ts.Setenv(args[0], value)
}

// freeport <variable>... finds ports that are free.
func freePort(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: freeport variable...")
	}
	for _, variable := range args {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		ts.Check(err)
		defer func() { _ = listener.Close() }() // after the last one, so that they differ
		_, port, err := net.SplitHostPort(listener.Addr().String())
		ts.Check(err)
		ts.Setenv(variable, port)
	}
}
