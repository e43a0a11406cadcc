package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/tidwall/gjson"
)

// gateway stands before the application and outlives it. It watches what must be so of every request on its way, and
// makes questions fail, which the application itself always answers.
type gateway struct {
	app    string // the application's address
	http   *http.Client
	failed func(format string, args ...any)

	mu     sync.Mutex
	count  map[string]int                // requests by kind
	keys   map[string]string             // what each idempotency key stood for
	newest map[string]int                // the last revision of each resource that was told, by what it is called there
	open   map[string]*http.Request      // by what is changed: the one on its way
	trail  map[string][]string           // by ref: what was told of it, for reports
	blind  func() (status int, yes bool) // makes a question fail; 0 drops the connection
}

func newGateway(app string, failed func(string, ...any)) *gateway {
	return &gateway{
		app: app, http: newHTTP(), failed: failed, count: map[string]int{}, keys: map[string]string{}, newest: map[string]int{},
		open: map[string]*http.Request{}, trail: map[string][]string{}, blind: func() (int, bool) { return 0, false },
	}
}

// ServeHTTP implements http.Handler.
func (g *gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if r.Method == http.MethodGet {
		g.mu.Lock()
		g.count["GET"]++
		status, fails := g.blind()
		g.mu.Unlock()
		if fails && status == 0 {
			panic(http.ErrAbortHandler)
		} else if fails {
			w.WriteHeader(status)
			return
		}
	} else {
		subject := g.enter(r, body)
		defer g.leave(subject, r)
	}
	req, err := http.NewRequestWithContext(r.Context(), r.Method, g.app+r.URL.RequestURI(), bytes.NewReader(body)) //nolint:gosec // to what the harness has started
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	req.Header = r.Header.Clone()
	resp, err := g.http.Do(req) //nolint:gosec // as above
	if err != nil {
		panic(http.ErrAbortHandler) // as the application has done, or as it would were it there
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if r.Method != http.MethodGet {
		g.answered(r, body, resp.StatusCode, answer)
	}
	for _, name := range []string{"Content-Type", "Retry-After"} {
		if v := resp.Header.Get(name); v != "" {
			w.Header().Set(name, v)
		}
	}
	w.WriteHeader(resp.StatusCode)
	_, _ = w.Write(answer)
}

// subject is what a request changes, as far as the order of its changes matters: an account, a team or a seat in one.
func subject(r *http.Request, body []byte) string {
	path := strings.TrimSuffix(strings.TrimSuffix(r.URL.Path, "/suspend"), "/restore")
	if r.Method == http.MethodPost && (path == "/members" || path == "/teams") {
		return path + " " + gjson.GetBytes(body, "ref").Str
	}
	return path
}

// enter checks a request that changes something before it goes on.
func (g *gateway) enter(r *http.Request, body []byte) string {
	ref := gjson.GetBytes(body, "ref").Str
	on := subject(r, body)
	g.alone(on, r)
	if path := r.URL.Path; r.Method == http.MethodPost && (path == "/members" || path == "/teams") {
		g.unborn(r.Context(), path, ref, string(body))
	}
	key := r.Header.Get("Idempotency-Key")
	meaning := r.Method + " " + r.URL.Path + " " + string(body)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.count[r.Method+" "+kind(r.URL.Path)]++
	switch was, again := g.keys[key]; {
	case key == "":
		g.failed("a change without an idempotency key: %s", meaning)
	case again && was != meaning:
		g.failed("an idempotency key stands for two requests: %s, and %s", was, meaning)
	}
	g.keys[key] = meaning
	if rev, ok := revision(body); ok && ref != "" {
		if last := g.newest[ref]; rev < last {
			g.failed("revision %d of %s is told after revision %d; before: %q", rev, ref, last, g.trail[ref])
		}
		g.newest[ref] = rev
	}
	return on
}

// alone reports a change of something of which another change is under way. A process that was killed, or that has
// given up waiting, is not there any more to be under way; that shows a little later.
func (g *gateway) alone(on string, r *http.Request) {
	g.mu.Lock()
	before := g.open[on]
	g.open[on] = r
	g.mu.Unlock()
	if before == nil {
		return
	}
	timer := time.NewTimer(3 * time.Second)
	defer timer.Stop()
	select {
	case <-before.Context().Done():
	case <-timer.C:
		g.failed("two deliveries at once: %s %s, and before it %s", r.Method, r.URL.Path, before.Method)
	}
}

func (g *gateway) leave(on string, r *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.open[on] == r {
		delete(g.open, on)
	}
}

// unborn reports a create of what the application has. That its names are unique is not what doubles are to be kept out
// by: another application would have two now.
func (g *gateway) unborn(ctx context.Context, path, ref, body string) {
	list, err := ask(ctx, g.http, http.MethodGet, g.app+path, "")
	if err != nil {
		return // it is down
	}
	for _, it := range list.get(strings.TrimPrefix(path, "/")).Array() {
		if it.Get("ref").Str == ref {
			g.mu.Lock()
			trail := fmt.Sprintf("%q", g.trail[ref])
			g.mu.Unlock()
			g.failed("a second create: the application has %s and is told POST %s %s; before: %s", it.Raw, path, body, trail)
		}
	}
}

// answered checks what the application has said.
func (g *gateway) answered(r *http.Request, body []byte, status int, answer []byte) {
	ref := gjson.GetBytes(body, "ref").Str
	if ref == "" {
		ref = gjson.GetBytes(answer, "member.ref").Str
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if ref != "" {
		g.trail[ref] = append(g.trail[ref], fmt.Sprintf("%s %s %s: %d", r.Method, r.URL.Path, body, status))
	}
	if status == http.StatusConflict && r.Method == http.MethodPost && !strings.HasSuffix(r.URL.Path, "/remove") {
		g.failed("the application says that there is such a one already: %s %s %s: %s", r.Method, r.URL.Path, body, answer)
	}
}

// kind is a path without what it names.
func kind(path string) string {
	parts := strings.Split(path, "/")
	for i := 2; i < len(parts); i += 2 {
		parts[i] = "*"
	}
	return strings.Join(parts, "/")
}

// revision is the number that each change of a user or a group counts up.
func revision(body []byte) (int, bool) {
	for _, field := range []string{"title", "name"} {
		if _, number, ok := strings.Cut(gjson.GetBytes(body, field).Str, "#"); ok {
			n, err := strconv.Atoi(number)
			return n, err == nil
		}
	}
	return 0, false
}

// since returns how many requests there were.
func (g *gateway) counts() map[string]int {
	g.mu.Lock()
	defer g.mu.Unlock()
	c := make(map[string]int, len(g.count))
	for k, n := range g.count {
		c[k] = n
	}
	return c
}
