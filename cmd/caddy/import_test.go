package main_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tidwall/gjson"
)

const (
	importAccounts = 20_000
	importPage     = 500
)

// accounts is an application that lists its accounts page by page. reached is told of the pages that are asked for.
type accounts struct {
	reached chan int
	writes  chan string
}

func (a accounts) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet {
		a.writes <- r.Method + " " + r.URL.Path
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	from, _ := strconv.Atoi(r.URL.Query().Get("after"))
	select {
	case a.reached <- from:
	case <-r.Context().Done():
		return
	}
	var b bytes.Buffer
	b.WriteString(`{"members":[`)
	upTo := min(from+importPage, importAccounts)
	for no := from + 1; no <= upTo; no++ {
		if no > from+1 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"no":%d,"login":"u%05d","mail":"u%05d@acme.example","first":"Person","last":"No. %d","state":"active"}`, no, no, no, no)
	}
	b.WriteString(`]`)
	if upTo < importAccounts {
		fmt.Fprintf(&b, `,"next":"%d"`, upTo)
	}
	b.WriteString(`}`)
	_, _ = w.Write(b.Bytes())
}

const importCaddyfile = `{
	admin 127.0.0.1:{$ADMIN_PORT}
	persist_config off
	storage file_system store/caddy
	log {
		level WARN
	}
	scim {
		storage badger {
			path store
		}
		tenant acme {
			connection main {
				token acme-static-token-0123456789
			}
			application {$APP} {
				create POST /members {
					id no
				}
				update PATCH /members/{legacy_id}
				suspend POST /members/{legacy_id}/suspend
				reactivate POST /members/{legacy_id}/restore
				delete DELETE /members/{legacy_id}
				map {
					login userName
				}
				list GET /members {
					items members
					id no
					next cursor next after
					active state active
					map {
						userName login
						emails.value mail
						name.givenName first
						name.familyName last
					}
				}
			}
		}
	}
}

http://:{$PORT} {
	scim
}
`

// caddyAt is a Caddy that a test starts and kills.
type caddyAt struct {
	t           *testing.T
	dir         string
	env         []string
	admin, scim string
	cmd         *exec.Cmd
	log         bytes.Buffer
}

func (c *caddyAt) start() {
	c.t.Helper()
	c.cmd = exec.CommandContext(context.WithoutCancel(c.t.Context()), filepath.Join(binaries, "caddy"), "run", "--config", "Caddyfile", "--adapter", "caddyfile")
	c.cmd.Dir, c.cmd.Env, c.cmd.Stderr = c.dir, append(os.Environ(), c.env...), &c.log
	if err := c.cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(c.t.Context(), time.Minute)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if status, _ := c.do(ctx, http.MethodGet, c.scim+"/ServiceProviderConfig", ""); status == http.StatusOK {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			c.t.Fatal("Caddy does not serve")
		}
	}
}

func (c *caddyAt) end(sig os.Signal) {
	c.t.Helper()
	if err := c.cmd.Process.Signal(sig); err != nil {
		c.t.Fatal(err)
	}
	_ = c.cmd.Wait() // it was killed, which is an error
}

func (c *caddyAt) do(ctx context.Context, method, url, body string) (int, string) {
	req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer acme-static-token-0123456789")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err.Error()
	}
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err.Error()
	}
	return resp.StatusCode, string(data)
}

// followed waits until the newest import has ended, and returns it.
func (c *caddyAt) followed() gjson.Result {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), http.MethodGet, c.admin+"/imports/latest/progress", nil)
	if err != nil {
		c.t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	last := ""
	for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
		last = lines.Text()
	}
	return gjson.Get(last, "job")
}

// An import of 20,000 accounts whose Caddy is killed three times in the middle ends with each of them once.
func TestImportSurvivesKills(t *testing.T) {
	t.Parallel()
	app := accounts{reached: make(chan int), writes: make(chan string, 100)}
	srv := httptest.NewServer(app)
	defer srv.Close()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "Caddyfile"), []byte(importCaddyfile), 0o600); err != nil {
		t.Fatal(err)
	}
	ports := make([]string, 2)
	for i := range ports {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		ports[i] = strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
	c := &caddyAt{
		t: t, dir: dir, admin: "http://127.0.0.1:" + ports[1] + "/scim/tenants/acme", scim: "http://127.0.0.1:" + ports[0] + "/scim/v2",
		env: []string{"HOME=" + dir, "APP=" + srv.URL, "PORT=" + ports[0], "ADMIN_PORT=" + ports[1]},
	}
	c.start()
	running := true
	defer func() {
		if running {
			c.end(syscall.SIGTERM)
		}
		if t.Failed() {
			t.Logf("Caddy says:\n%s", c.log.String())
		}
	}()
	if status, body := c.do(t.Context(), http.MethodPost, c.admin+"/imports", `{"by":"test"}`); status != http.StatusAccepted {
		t.Fatalf("start: %d %s", status, body)
	}
	// It dies when it asks for the 8th page, the 21st and the last: pages before have been imported, and more or less of the
	// one before is on its way to the disk.
	seen := map[int]int{}
	for _, at := range []int{7 * importPage, 20 * importPage, importAccounts - importPage} {
		for {
			page := <-app.reached
			if seen[page]++; page == at && seen[page] == 1 {
				break
			}
		}
		c.end(syscall.SIGKILL)
		c.start()
	}
	done := make(chan gjson.Result)
	go func() { done <- c.followed() }()
	var job gjson.Result
	for ended := false; !ended; {
		select {
		case page := <-app.reached:
			seen[page]++
		case job = <-done:
			ended = true
		}
	}
	if job.Get("state").Str != "done" || job.Get(`counts.users\.created`).Int() != importAccounts || job.Get(`counts.users\.read`).Int() != importAccounts {
		t.Errorf("the import: %s", job.Raw)
	}
	again := 0
	for _, times := range seen {
		if times > 1 {
			again++
		}
	}
	if len(seen) != importAccounts/importPage || again > 6 {
		t.Errorf("%d pages were read, %d of them more than once", len(seen), again)
	}

	// Each is there once, with its account.
	users := map[string]string{}
	for start := 1; start <= importAccounts; start += 1000 {
		status, body := c.do(t.Context(), http.MethodGet, fmt.Sprintf("%s/Users?startIndex=%d&count=1000&attributes=userName", c.scim, start), "")
		if status != http.StatusOK || gjson.Get(body, "totalResults").Int() != importAccounts {
			t.Fatalf("%d %.200s", status, body)
		}
		page := gjson.Get(body, "Resources").Array()
		if len(page) == 0 {
			break
		}
		for _, u := range page {
			users[u.Get("userName").Str] = u.Get("id").Str
		}
		start += len(page) - 1000
	}
	for no := 1; no <= importAccounts; no++ {
		if name := fmt.Sprintf("u%05d", no); users[name] == "" {
			t.Fatalf("%s is missing, and there are %d", name, len(users))
		}
	}
	if len(users) != importAccounts {
		t.Errorf("there are %d users", len(users))
	}

	// A dry run after it finds each account linked.
	if status, body := c.do(t.Context(), http.MethodPost, c.admin+"/imports", `{"by":"test","dry_run":true}`); status != http.StatusAccepted {
		t.Fatalf("start: %d %s", status, body)
	}
	go func() { done <- c.followed() }()
	for ended := false; !ended; {
		select {
		case <-app.reached:
		case job = <-done:
			ended = true
		}
	}
	var counts map[string]int64
	if err := json.Unmarshal([]byte(job.Get("counts").Raw), &counts); err != nil || len(counts) != 2 || counts["users.unchanged"] != importAccounts {
		t.Errorf("the dry run: %s", job.Raw)
	}
	c.end(syscall.SIGTERM)
	running = false
	select {
	case w := <-app.writes:
		t.Errorf("the application was told: %s", w)
	default:
	}
}
