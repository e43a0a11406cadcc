package connector_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/caddy-scim/caddy-scim/adapter/connector"
	"github.com/caddy-scim/caddy-scim/adapter/pace"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

func TestRules(t *testing.T) {
	t.Parallel()
	const (
		create  = abi.ActionCreate
		update  = abi.ActionUpdate
		suspend = abi.ActionSuspend
		remove  = abi.ActionDelete
	)
	done := connector.Rule{Status: "any", Verdict: connector.VerdictDone}
	with := func(r connector.Rule, status, path, value, pattern string) connector.Rule {
		r.Status, r.Path, r.Value, r.Pattern = status, path, value, pattern
		return r
	}
	refuse := connector.Rule{Status: "any", Verdict: connector.VerdictRefuse}
	retry := connector.Rule{Status: "any", Verdict: connector.VerdictRetry, After: time.Minute}
	adopt := connector.Rule{Status: "any", Verdict: connector.VerdictAdopt}
	gone := connector.Rule{Status: "any", Verdict: connector.VerdictGone}
	for name, c := range map[string]struct {
		action abi.Action
		rules  []connector.Rule
		status int
		body   string
		want   connector.Outcome // its Kind, Unknown, Gone and RetryAfter
	}{
		"no rule":                      {update, nil, 409, "", connector.Outcome{Kind: connector.Refused}},
		"no rule that matches":         {update, []connector.Rule{with(done, "408", "", "", "")}, 409, "", connector.Outcome{Kind: connector.Refused}},
		"a status":                     {update, []connector.Rule{with(done, "409", "", "", "")}, 409, "", connector.Outcome{Kind: connector.Done}},
		"a class":                      {update, []connector.Rule{with(done, "4xx", "", "", "")}, 499, "", connector.Outcome{Kind: connector.Done}},
		"another class":                {update, []connector.Rule{with(done, "4XX", "", "", "")}, 500, "", connector.Outcome{Kind: connector.Retry, Unknown: true}},
		"the first counts":             {update, []connector.Rule{with(retry, "409", "", "", ""), done}, 409, "", connector.Outcome{Kind: connector.Retry, RetryAfter: time.Minute}},
		"a redirect that is done":      {update, []connector.Rule{with(done, "302", "", "", "")}, 302, "", connector.Outcome{Kind: connector.Done}},
		"by where it leads":            {update, []connector.Rule{with(done, "3xx", connector.AtLocation, "", "^/members/")}, 302, "", connector.Outcome{Kind: connector.Done}},
		"it leads elsewhere":           {update, []connector.Rule{with(done, "3xx", connector.AtLocation, "/login", "")}, 302, "", connector.Outcome{Kind: connector.Retry, Unknown: true}},
		"a success that is none":       {update, []connector.Rule{with(refuse, "200", "error", "", "")}, 200, `{"error":"no such shop"}`, connector.Outcome{Kind: connector.Refused}},
		"a success that is one":        {update, []connector.Rule{with(refuse, "200", "error", "", "")}, 200, `{"error":null}`, connector.Outcome{Kind: connector.Done}},
		"a value":                      {update, []connector.Rule{with(refuse, "200", "ok", "false", "")}, 200, `{"ok":false}`, connector.Outcome{Kind: connector.Refused}},
		"another value":                {update, []connector.Rule{with(refuse, "200", "ok", "false", "")}, 200, `{"ok":true}`, connector.Outcome{Kind: connector.Done}},
		"a number":                     {update, []connector.Rule{with(retry, "400", "code", "17", "")}, 400, `{"code":17}`, connector.Outcome{Kind: connector.Retry, RetryAfter: time.Minute}},
		"a pattern":                    {update, []connector.Rule{with(done, "400", "errors.0.text", "", "(?i)nothing to do")}, 400, `{"errors":[{"text":"There is Nothing To Do."}]}`, connector.Outcome{Kind: connector.Done}},
		"a pattern on a list":          {update, []connector.Rule{with(done, "400", "errors", "", "E1")}, 400, `{"errors":["E1"]}`, connector.Outcome{Kind: connector.Done}},
		"a body that is no JSON":       {create, []connector.Rule{with(adopt, "500", connector.AtBody, "", "duplicate key")}, 500, "ORA-00001: duplicate key", connector.Outcome{Kind: connector.Conflict}},
		"a path in no JSON":            {update, []connector.Rule{with(done, "400", "code", "", "")}, 400, `code`, connector.Outcome{Kind: connector.Refused}},
		"adopt":                        {create, []connector.Rule{with(adopt, "400", "code", "dup", "")}, 400, `{"code":"dup"}`, connector.Outcome{Kind: connector.Conflict}},
		"adopt is for create":          {update, []connector.Rule{adopt, with(done, "400", "", "", "")}, 400, "", connector.Outcome{Kind: connector.Done}},
		"gone, of an update":           {update, []connector.Rule{with(gone, "400", "code", "none", "")}, 400, `{"code":"none"}`, connector.Outcome{Kind: connector.Refused, Gone: true}},
		"gone, of a delete":            {remove, []connector.Rule{with(gone, "400", "code", "none", "")}, 400, `{"code":"none"}`, connector.Outcome{Kind: connector.Done, Gone: true}},
		"gone, of a suspend":           {suspend, []connector.Rule{with(gone, "200", "code", "none", "")}, 200, `{"code":"none"}`, connector.Outcome{Kind: connector.Done, Gone: true}},
		"404 is not gone":              {remove, []connector.Rule{with(retry, "404", "", "", "")}, 404, "", connector.Outcome{Kind: connector.Retry, RetryAfter: time.Minute}},
		"refuse what is broken":        {update, []connector.Rule{with(refuse, "5xx", "", "", "")}, 500, "", connector.Outcome{Kind: connector.Refused}},
		"retry may have been done":     {update, []connector.Rule{with(retry, "2xx", "busy", "true", "")}, 200, `{"busy":true}`, connector.Outcome{Kind: connector.Retry, Unknown: true, RetryAfter: time.Minute}},
		"retry has not been done":      {update, []connector.Rule{with(retry, "4xx", "", "", "")}, 422, "", connector.Outcome{Kind: connector.Retry, RetryAfter: time.Minute}},
		"too large to look into":       {update, []connector.Rule{with(refuse, "200", "error", "", "")}, 200, `{"error":"` + strings.Repeat("x", 2000) + `"}`, connector.Outcome{Kind: connector.Retry, Unknown: true}},
		"too large, and looked at not": {update, []connector.Rule{with(done, "200", "", "", ""), with(refuse, "200", "error", "", "")}, 200, strings.Repeat("x", 2000), connector.Outcome{Kind: connector.Done}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, where := range []string{"all", "route"} {
				conn := newConnector(t, func(cfg *connector.Config) {
					cfg.MaxResponseBytes = 1000
					if where == "all" {
						cfg.Rules = c.rules
						return
					}
					r := cfg.Routes[c.action]
					for _, rule := range c.rules {
						if rule.Verdict != connector.VerdictAdopt || c.action == create {
							r.Rules = append(r.Rules, rule)
						}
					}
					r.ID = ""
					cfg.Routes[c.action] = r
					cfg.Rules = []connector.Rule{{Status: "599", Verdict: connector.VerdictDone}}
				}, func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Location", "/members/12")
					w.WriteHeader(c.status)
					_, _ = io.WriteString(w, c.body)
				})
				call := updateCall()
				call.Action = c.action
				got := conn.Do(t.Context(), call)
				if diff := cmp.Diff(c.want, connector.Outcome{Kind: got.Kind, Unknown: got.Unknown, Gone: got.Gone, RetryAfter: got.RetryAfter}); diff != "" {
					t.Errorf("rules of %s, -want +got:\n%s", where, diff)
				}
				if got.Kind != connector.Done && got.Detail == "" {
					t.Errorf("it does not say why: %+v", got)
				}
			}
		})
	}
}

// No rule makes anything of a call that had no answer.
func TestRulesDoNotRuleSilence(t *testing.T) {
	t.Parallel()
	conn := newConnector(t, func(cfg *connector.Config) {
		cfg.Rules = []connector.Rule{{Status: "any", Verdict: connector.VerdictDone}}
	}, func(w http.ResponseWriter, _ *http.Request) {
		panic(http.ErrAbortHandler)
	})
	if got := conn.Do(t.Context(), updateCall()); got.Kind != connector.Retry || !got.Unknown || got.Status != 0 {
		t.Errorf("%+v, want a retry", got)
	}
}

// A step's rules come first, then its route's, then those for groups, then those for all.
func TestRulesOfStepsAndGroups(t *testing.T) {
	t.Parallel()
	rule := func(status string, v connector.Verdict) []connector.Rule {
		return []connector.Rule{{Status: status, Verdict: v}}
	}
	for path, want := range map[string]connector.Kind{
		"/step/418": connector.Done, "/route/418": connector.Retry, "/groups/418": connector.Refused, "/all/418": connector.Done,
	} {
		status := 418
		conn := newConnector(t, func(cfg *connector.Config) {
			cfg.Rules = rule("418", connector.VerdictDone)
			route := connector.Route{Method: "PUT", Path: "/first", Then: []connector.Route{{Method: "PUT", Path: path}}}
			group := &connector.Groups{}
			switch path {
			case "/step/418":
				route.Then[0].Rules = rule("418", connector.VerdictDone)
				route.Rules, group.Rules = rule("418", connector.VerdictRefuse), rule("418", connector.VerdictRetry)
			case "/route/418":
				route.Then[0].Rules = rule("400", connector.VerdictDone)
				route.Rules, group.Rules = rule("418", connector.VerdictRetry), rule("418", connector.VerdictRefuse)
			case "/groups/418":
				group.Rules = rule("418", connector.VerdictRefuse)
			}
			group.Routes = map[abi.Action]connector.Route{abi.ActionUpdate: route}
			cfg.Groups = group
		}, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == path {
				w.WriteHeader(status)
			}
		})
		groups, _ := conn.Groups()
		if got := groups.Do(t.Context(), updateCall()); got.Kind != want {
			t.Errorf("%s: %s, want %s", path, got.Kind, want)
		}
	}
}

// A rule that says gone ends the calls that take something away: there is nobody to go on with.
func TestRuleGoneEndsTheSteps(t *testing.T) {
	t.Parallel()
	app := &told{answers: map[string]string{"POST /members/1001/logout": `400 {"code":"none"}`}}
	conn := newConnector(t, func(cfg *connector.Config) {
		stepped(cfg)
		cfg.Rules = []connector.Rule{{Status: "400", Path: "code", Value: "none", Verdict: connector.VerdictGone}}
	}, app.ServeHTTP)
	call := updateCall()
	call.Action = abi.ActionDelete
	got := conn.Do(t.Context(), call)
	if got.Kind != connector.Done || !got.Gone || len(app.lines) != 1 {
		t.Errorf("%+v after %q", got, app.lines)
	}
}

// Of a list of members a rule that says done is believed; one that says gone may mean any of them.
func TestRulesForMembers(t *testing.T) {
	t.Parallel()
	for verdict, split := range map[connector.Verdict]bool{connector.VerdictDone: false, connector.VerdictGone: true, connector.VerdictRefuse: true} {
		conn := newConnector(t, func(cfg *connector.Config) {
			cfg.Groups = &connector.Groups{
				Rules: []connector.Rule{{Status: "409", Verdict: verdict}},
				Routes: map[abi.Action]connector.Route{
					abi.ActionRemoveMembers: {Method: "POST", Path: "/teams/{legacy_id}/out", Body: []byte(`{"m":"{members.legacy_id}"}`)},
				},
			}
		}, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusConflict) })
		groups, _ := conn.Groups()
		got := groups.Do(t.Context(), connector.Call{
			Action: abi.ActionRemoveMembers, ResourceID: "g-1", LegacyID: "9",
			Members: []abi.Member{{ID: "a", LegacyID: "1"}, {ID: "b", LegacyID: "2"}},
		})
		if got.Split != split || (got.Kind == connector.Done) == split {
			t.Errorf("%s: %+v", verdict, got)
		}
	}
}

func TestRulesOfALookup(t *testing.T) {
	t.Parallel()
	rules := []connector.Rule{
		{Status: "400", Path: "code", Value: "none", Verdict: connector.VerdictGone},
		{Status: "200", Path: "busy", Value: "true", Verdict: connector.VerdictRetry, After: time.Minute},
		{Status: "300", Verdict: connector.VerdictDone},
	}
	for name, c := range map[string]struct {
		status int
		body   string
		id     string
		retry  time.Duration
		fails  bool
	}{
		"found":                {200, `{"members":[{"no":7,"login":"mo@acme.example"}]}`, "7", 0, false},
		"found by a rule":      {300, `{"members":[{"no":7,"login":"mo@acme.example"}]}`, "7", 0, false},
		"none, says a rule":    {400, `{"code":"none"}`, "", 0, false},
		"another 400":          {400, `{"code":"other"}`, "", 0, true},
		"busy":                 {200, `{"busy":true}`, "", time.Minute, true},
		"too large to be read": {200, `{"members":[` + strings.Repeat(" ", 2000) + `]}`, "", 0, true},
	} {
		for _, all := range []bool{true, false} {
			conn := newConnector(t, func(cfg *connector.Config) {
				cfg.MaxResponseBytes = 1000
				if all {
					cfg.Rules = append([]connector.Rule{{Status: "any", Verdict: connector.VerdictAdopt}, {Status: "any", Verdict: connector.VerdictRefuse}}, rules...)
				} else {
					cfg.Lookup.Rules = rules
				}
			}, func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(c.status)
				_, _ = io.WriteString(w, c.body)
			})
			id, found, err := conn.Lookup(t.Context(), createCall())
			if id != c.id || found != (c.id != "") || (err != nil) != c.fails {
				t.Errorf("%s: %q %v %v", name, id, found, err)
			}
			var failed *connector.LookupError
			if errors.As(err, &failed) && failed.RetryAfter != c.retry {
				t.Errorf("%s: after %s, want %s", name, failed.RetryAfter, c.retry)
			}
		}
	}
}

func TestRulesThatMakeNoSense(t *testing.T) {
	t.Parallel()
	ok := connector.Rule{Status: "409", Verdict: connector.VerdictRetry}
	for field, change := range map[string]func(*connector.Rule){
		"status":  func(r *connector.Rule) { r.Status = "abc" },
		"verdict": func(r *connector.Rule) { r.Verdict = "perhaps" },
		"path":    func(r *connector.Rule) { r.Value = "x" },
		"pattern": func(r *connector.Rule) { r.Path, r.Pattern = "a", "(" },
		"after":   func(r *connector.Rule) { r.After = 2 * time.Hour },
	} {
		rule := ok
		change(&rule)
		at := map[string]func(*connector.Config, []connector.Rule){
			"rules": func(cfg *connector.Config, list []connector.Rule) { cfg.Rules = list },
			"routes.create.rules": func(cfg *connector.Config, list []connector.Rule) {
				cfg.Routes = map[abi.Action]connector.Route{abi.ActionCreate: {Method: "POST", Path: "/m", Rules: list}}
			},
			"routes.create.then[0].rules": func(cfg *connector.Config, list []connector.Rule) {
				cfg.Routes = map[abi.Action]connector.Route{abi.ActionCreate: {Method: "POST", Path: "/m", Then: []connector.Route{{Method: "POST", Path: "/x", Rules: list}}}}
			},
			"lookup.rules": func(cfg *connector.Config, list []connector.Rule) {
				cfg.Lookup = &connector.Route{Path: "/m", ID: "no", Rules: list}
			},
			"groups.rules": func(cfg *connector.Config, list []connector.Rule) { cfg.Groups = &connector.Groups{Rules: list} },
		}
		for where, set := range at {
			cfg := connector.Config{BaseURL: "http://127.0.0.1:9"}
			set(&cfg, []connector.Rule{ok, rule})
			_, err := connector.New(cfg, nil)
			wantField(t, where, err, fmt.Sprintf("%s[1].%s", where, field))
		}
	}
	for _, status := range []string{"", "199", "600", "1xx", "6xx", "40", "4x", "xx", "-40", "+40", "4 0", "0x9"} {
		_, err := connector.New(connector.Config{BaseURL: "http://127.0.0.1:9", Rules: []connector.Rule{{Status: status, Verdict: connector.VerdictDone}}}, nil)
		wantField(t, status, err, "rules[0].status")
	}
	for name, rule := range map[string]connector.Rule{
		"both":     {Status: "409", Path: "a", Value: "b", Pattern: "c", Verdict: connector.VerdictDone},
		"too long": {Status: "409", Path: "a", Pattern: strings.Repeat("x", 600), Verdict: connector.VerdictDone},
		"too big":  {Status: "409", Path: "a", Pattern: "((a{100}){100}){100}", Verdict: connector.VerdictDone},
	} {
		_, err := connector.New(connector.Config{BaseURL: "http://127.0.0.1:9", Rules: []connector.Rule{rule}}, nil)
		wantField(t, name, err, "rules[0].pattern")
	}
	for field, cfg := range map[string]connector.Config{
		"rules":                          {Rules: make([]connector.Rule, connector.MaxRules+1)},
		"routes.update.rules[0].verdict": {Routes: map[abi.Action]connector.Route{abi.ActionUpdate: {Method: "PUT", Path: "/m", Rules: []connector.Rule{{Status: "409", Verdict: connector.VerdictAdopt}}}}},
		"lookup.rules[0].verdict":        {Lookup: &connector.Route{Path: "/m", ID: "no", Rules: []connector.Rule{{Status: "409", Verdict: connector.VerdictRefuse}}}},
		"rules[0].after":                 {Rules: []connector.Rule{{Status: "409", Verdict: connector.VerdictDone, After: time.Second}}},
	} {
		cfg.BaseURL = "http://127.0.0.1:9"
		_, err := connector.New(cfg, nil)
		wantField(t, field, err, field)
	}
}

// An answer that a rule knows the meaning of is none that the application is left alone for.
func TestRulesAndThePace(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		verdict connector.Verdict
		open    bool
	}{{connector.VerdictRefuse, false}, {connector.VerdictRetry, true}} {
		conn := newConnector(t, func(cfg *connector.Config) {
			cfg.Rules = []connector.Rule{{Status: "503", Path: "code", Value: "dup", Verdict: c.verdict}}
		}, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = io.WriteString(w, `{"code":"dup"}`)
		})
		app := pace.New("legacy", pace.Config{})
		slow := conn.Paced(app, nil)
		for i := range 50 {
			call := updateCall()
			call.ResourceID = fmt.Sprint(i)
			if slow.Do(t.Context(), call).Err != nil {
				break
			}
		}
		if open := app.Status().State == pace.Open; open != c.open {
			t.Errorf("%s: the application is left alone: %v", c.verdict, open)
		}
	}
}
