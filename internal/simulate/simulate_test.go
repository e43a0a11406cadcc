package simulate

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tidwall/gjson"
)

func playAgainst(t *testing.T, url string, idp IDP, users int, more ...func(*Options)) *Report {
	t.Helper()
	opts := Options{
		IDP: idp, Users: users, BaseURL: url, Token: token,
		pause: func(context.Context, time.Duration) error { return nil },
	}
	for _, change := range more {
		change(&opts)
	}
	report, err := Run(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func TestConformingServer(t *testing.T) {
	t.Parallel()
	for _, idp := range []IDP{Okta, OneLogin} {
		f, url := startFake(t, nil)
		for range 2 { // the second run must not meet the first one's users
			report := playAgainst(t, url+"/", idp, 12)
			if !report.OK() {
				t.Errorf("%s: %+v", idp, report.total())
			}
			for _, row := range report.Rows {
				passed := 12
				switch {
				case row.Step == "connection test":
					passed = row.Passed
				case strings.HasPrefix(row.Step, "group "):
					passed = 2 // ten in the first, two in the second
				}
				if row.Failure != "" || row.Passed != passed || row.Passed == 0 || row.Requests < row.Passed || row.Slowest <= 0 {
					t.Errorf("%s: %+v", idp, *row)
				}
			}
		}
		if len(f.users) != 0 || len(f.groups) != 0 {
			t.Errorf("%s: %d users and %d groups are left", idp, len(f.users), len(f.groups))
		}
	}
}

func usersOnly(opts *Options) { opts.UsersOnly = true }

// Each way of misbehaving must show in its step, and in words that help.
func TestMisbehaviour(t *testing.T) {
	t.Parallel()
	type request = http.Request
	const skippedAll = -1
	for _, c := range []struct {
		name     string
		idp      IDP
		sabotage func(*fake, http.ResponseWriter, *request, object) bool
		step     string // the first that fails
		failure  string
		skipped  int // users in the step after it
	}{
		{
			"HTML instead of a user", Okta,
			func(_ *fake, w http.ResponseWriter, r *request, _ object) bool {
				if r.Method == http.MethodPost {
					html(w, http.StatusInternalServerError)
				}
				return r.Method == http.MethodPost
			},
			"create", `POST /Users: answered 500 with "text/html", want application/scim+json: <html>`, skippedAll,
		},
		{
			"no such token", Okta,
			func(_ *fake, w http.ResponseWriter, r *request, _ object) bool {
				fail(w, r, http.StatusUnauthorized, "the token has\x1b[31m expired\n")
				return true
			},
			"connection test", `GET /Users?startIndex=1&count=2: answered 401, want 200: invalidValue the token has [31m expired`, skippedAll,
		},
		{
			"a 401 as HTML", Okta,
			func(_ *fake, w http.ResponseWriter, r *request, _ object) bool {
				if strings.Contains(r.Header.Get("Authorization"), "not-the-token") {
					html(w, http.StatusUnauthorized)
					return true
				}
				return false
			},
			"connection test", `answered 401 with "text/html"`, 0,
		},
		{
			"no match is 404", OneLogin,
			func(_ *fake, w http.ResponseWriter, r *request, _ object) bool {
				if r.URL.Query().Get("filter") != "" {
					fail(w, r, http.StatusNotFound, "none")
					return true
				}
				return false
			},
			"connection test", `answered 404, want 200`, skippedAll,
		},
		{
			"the wrong JSON type", OneLogin,
			func(_ *fake, w http.ResponseWriter, r *request, _ object) bool {
				r.Header.Del("Accept") // so that it answers application/scim+json
				return false
			},
			"connection test", `answered 200 with "application/scim+json", want application/json`, skippedAll,
		},
		{
			"the password comes back", Okta,
			func(_ *fake, w http.ResponseWriter, r *request, body object) bool {
				if r.Method == http.MethodPost {
					body["id"] = "x"
					answer(w, r, http.StatusCreated, body)
				}
				return r.Method == http.MethodPost
			},
			"create", `password is "Okta1-`, 0,
		},
		{
			"created without an id", OneLogin,
			func(_ *fake, w http.ResponseWriter, r *request, body object) bool {
				if r.Method == http.MethodPost {
					answer(w, r, http.StatusCreated, body)
				}
				return r.Method == http.MethodPost
			},
			"create", `POST /Users: the answer has no id`, skippedAll,
		},
		{
			"not JSON after all", OneLogin,
			func(_ *fake, w http.ResponseWriter, r *request, _ object) bool {
				if r.Method == http.MethodPost {
					w.Header().Set("Content-Type", "application/json")
					_, _ = w.Write([]byte(`{"id":`))
				}
				return r.Method == http.MethodPost
			},
			"create", `answered 200 with a body that is not JSON`, skippedAll,
		},
		{
			"an update that does nothing", OneLogin,
			func(f *fake, w http.ResponseWriter, r *request, body object) bool {
				if r.Method == http.MethodPut {
					answer(w, r, http.StatusOK, f.users[r.URL.Path[len("/scim/v2/Users/"):]])
				}
				return r.Method == http.MethodPut
			},
			"update", `title is "`, 0,
		},
		{
			"a deactivation that does nothing", Okta,
			func(f *fake, w http.ResponseWriter, r *request, body object) bool {
				if active, said := isActive(body); said && !active {
					answer(w, r, http.StatusOK, f.users[r.URL.Path[len("/scim/v2/Users/"):]])
					return true
				}
				return false
			},
			"deactivate", `active is true, want false`, 0,
		},
		{
			"active as a text", OneLogin,
			func(f *fake, w http.ResponseWriter, r *request, _ object) bool {
				for _, user := range f.users {
					if user["active"] == false {
						user["active"] = "false"
					}
				}
				return false
			},
			"deactivate", `active is "false", want false`, 0,
		},
		{
			"a deleted user that can be read", OneLogin,
			func(_ *fake, w http.ResponseWriter, r *request, _ object) bool {
				if r.Method == http.MethodDelete {
					w.WriteHeader(http.StatusNoContent)
				}
				return r.Method == http.MethodDelete
			},
			"delete", `answered 200, want 404`, 0,
		},
		{
			"busy for ever", OneLogin,
			func(_ *fake, w http.ResponseWriter, r *request, _ object) bool {
				fail(w, r, http.StatusServiceUnavailable, "come back later")
				return true
			},
			"connection test", `answered 503, want 200: invalidValue come back later`, skippedAll,
		},
		{
			"a redirect", OneLogin,
			func(_ *fake, w http.ResponseWriter, r *request, _ object) bool {
				w.Header().Set("Location", "/scim/v2/elsewhere")
				w.WriteHeader(http.StatusFound)
				return true
			},
			"connection test", `answered 302, want 200`, skippedAll,
		},
		{
			"no answer", OneLogin,
			func(*fake, http.ResponseWriter, *request, object) bool { panic(http.ErrAbortHandler) },
			"connection test", `GET /Users?filter=userName eq "onelogin-probe-that-does-not-exist": EOF`, skippedAll,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, url := startFake(t, c.sabotage)
			report := playAgainst(t, url, c.idp, 3, usersOnly)
			if report.OK() {
				t.Fatal("the report says that all is well")
			}
			at := slices.IndexFunc(report.Rows, func(r *Row) bool { return r.Failed > 0 })
			if at < 0 || report.Rows[at].Step != c.step || !strings.Contains(report.Rows[at].Failure, c.failure) {
				t.Fatalf("rows %+v, want %q in %s", render(t, report), c.failure, c.step)
			}
			want := c.skipped
			if want == skippedAll {
				want = 3
			}
			if at+1 < len(report.Rows) {
				next := report.Rows[at+1]
				if next.Skipped != want || next.Passed+next.Failed+next.Skipped != 3 {
					t.Errorf("the next row is %+v", *next)
				}
			}
			text := render(t, report)
			if !strings.Contains(text, "\n"+c.step+": ") || strings.Contains(text, token) || strings.ContainsRune(text, '\x1b') {
				t.Errorf("the table is\n%s", text)
			}
		})
	}
}

func render(t *testing.T, report *Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := report.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestItWaitsForABusyServer(t *testing.T) {
	t.Parallel()
	var left atomic.Int32
	left.Store(3)
	_, url := startFake(t, func(_ *fake, w http.ResponseWriter, r *http.Request, _ object) bool {
		switch left.Add(-1) {
		case 2:
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(http.StatusTooManyRequests)
		case 1:
			w.Header().Set("Retry-After", "9999")
			fail(w, r, http.StatusServiceUnavailable, "later")
		case 0:
			w.WriteHeader(http.StatusServiceUnavailable)
		default:
			return false
		}
		return true
	})
	var waited []time.Duration
	report, err := Run(t.Context(), Options{
		IDP: OneLogin, Users: 1, BaseURL: url, Token: token,
		pause: func(_ context.Context, d time.Duration) error { waited = append(waited, d); return nil },
	})
	if err != nil || !report.OK() || report.Rows[0].Requests != 4 {
		t.Error(err, render(t, report))
	}
	if want := []time.Duration{7 * time.Second, 30 * time.Second, time.Second}; !slices.Equal(waited, want) {
		t.Errorf("waited %v, want %v", waited, want)
	}
}

func TestEntraOnTheWire(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var lines []string
	var bodies []object
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		lines = append(lines, r.Method+" "+r.RequestURI)
		if _, sent := r.Header["User-Agent"]; sent || r.Header.Get("Accept") != "application/scim+json" {
			t.Errorf("headers %v", r.Header)
		}
		if r.Method == http.MethodGet {
			answer(w, r, http.StatusOK, object{"schemas": []string{listURN}, "totalResults": 0})
			return
		}
		if r.Header.Get("Content-Type") != "application/scim+json; charset=utf-8" {
			t.Errorf("content type %q", r.Header.Get("Content-Type"))
		}
		var body object
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			t.Error(err)
		}
		bodies = append(bodies, body)
		fail(w, r, http.StatusBadRequest, "no")
	}))
	defer server.Close()
	report, err := Run(t.Context(), Options{IDP: Entra, Users: 2, BaseURL: server.URL, Token: token, Seed: 1, Parallel: 1})
	if err != nil || report.OK() {
		t.Fatal(err)
	}
	for _, want := range []string{
		`GET /Users?filter=emails[type+eq+"work"].value+eq+"9c2f1f3e-0f6b-4b0c-8b0e-6d1e0f3c1a55"`,
		`GET /Users?filter=userName+eq+"` + strings.Replace(bodies[0]["userName"].(string), "@", "%40", 1) + `"`,
		`GET /Users?filter=externalId+eq+"` + bodies[1]["externalId"].(string) + `"`,
	} {
		if !slices.Contains(lines, want) {
			t.Errorf("%s was not sent, but %q", want, lines)
		}
	}
	if bodies[0]["active"] != "True" || bodies[1]["active"] != true {
		t.Errorf("active is %v and %v", bodies[0]["active"], bodies[1]["active"])
	}
}

func TestSeed(t *testing.T) {
	t.Parallel()
	make3 := func(seed uint64) []*person {
		return makePeople(&Options{IDP: Okta, Users: 3, Seed: seed, Domain: "acme.example"})
	}
	first, same, other := make3(5), make3(5), make3(6)
	names := map[string]bool{}
	for i := range first {
		if first[i].userName != same[i].userName || first[i].externalID != same[i].externalID {
			t.Errorf("the seed made %v and %v", *first[i], *same[i])
		}
		if first[i].userName == other[i].userName || !strings.HasSuffix(first[i].userName, "@acme.example") {
			t.Errorf("the userName %s", other[i].userName)
		}
		names[first[i].userName] = true
	}
	if len(names) != 3 {
		t.Errorf("userNames %v", names)
	}
}

func TestProgress(t *testing.T) {
	t.Parallel()
	_, url := startFake(t, nil)
	var done, total []int
	_, err := Run(t.Context(), Options{
		IDP: Okta, Users: 5, BaseURL: url, Token: token, Parallel: 3,
		Progress: func(d, n int) { done, total = append(done, d), append(total, n) },
	})
	if err != nil || len(done) != 38 || done[37] != 38 || total[0] != 38 || !slices.IsSorted(done) {
		t.Errorf("%v: done %v of %v", err, done, total)
	}
}

func TestCancel(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	_, url := startFake(t, func(_ *fake, _ http.ResponseWriter, r *http.Request, _ object) bool {
		if r.Method == http.MethodPut {
			cancel()
		}
		return false
	})
	report, err := Run(ctx, Options{IDP: OneLogin, Users: 20, BaseURL: url, Token: token})
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	last := report.Rows[len(report.Rows)-1]
	if report.OK() || last.Step != "update" || last.Failed != 0 || report.Rows[2].Passed != 20 {
		t.Errorf("%s", render(t, report))
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	good := Options{IDP: Okta, BaseURL: "http://127.0.0.1:1/scim/v2", Token: token}
	for _, change := range []func(*Options){
		func(o *Options) { o.IDP = "google" },
		func(o *Options) { o.BaseURL = "" },
		func(o *Options) { o.BaseURL = "ftp://x" },
		func(o *Options) { o.BaseURL = "http://u:p@x" },
		func(o *Options) { o.BaseURL = "http://x?y" },
		func(o *Options) { o.Token = "" },
		func(o *Options) { o.Token = "a\nb" },
		func(o *Options) { o.Users = -1 },
		func(o *Options) { o.Users = maxUsers + 1 },
	} {
		opts := good
		change(&opts)
		if _, err := Run(t.Context(), opts); !errors.Is(err, ErrOptions) {
			t.Errorf("%+v: error %v", opts, err)
		}
	}
}

func TestReportForms(t *testing.T) {
	t.Parallel()
	report := &Report{IDP: Okta, Users: 2, Seed: 1<<63 + 1, Duration: 1500 * time.Microsecond, Rows: []*Row{
		{Step: "connection test", Requests: 3, Passed: 3, Slowest: 1234567 * time.Nanosecond},
		{Step: "create", Requests: 2, Passed: 1, Failed: 1, Slowest: 20 * time.Millisecond, Failure: "POST /Users: no"},
		{Step: "update", Skipped: 1},
	}}
	want := `STEP             PASSED  FAILED  SKIPPED  HTTP REQUESTS      SLOWEST
connection test       3       0        0              3       1.2 ms
create                1       1        0              2      20.0 ms
update                0       0        1              0       0.0 ms
total                 4       1        1              5      20.0 ms

What passes or fails is a user, a group, or a check of the connection; each can take several HTTP requests.

create: POST /Users: no
`
	if got := render(t, report); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	data, err := json.Marshal(report)
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"idp": "okta", "ok": "false", "seed": "9223372036854775809", "duration_ms": "1.5", "rows.#": "3",
		"rows.0.slowest_ms": "1.235", "rows.1.failure": "POST /Users: no", "rows.2.skipped": "1",
	} {
		if got := gjson.GetBytes(data, path).String(); got != want {
			t.Errorf("%s = %s, want %s in %s", path, got, want, data)
		}
	}
}
