package adapter_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/internal/store"
)

func shadow(t *testing.T, s *adaptertest.Stack, number uint64) {
	t.Helper()
	if err := s.Tenant().ShadowPolicy(t.Context(), number, "ops"); err != nil {
		t.Fatal(err)
	}
}

func differences(t *testing.T, s *adaptertest.Stack) []store.Difference {
	t.Helper()
	list, err := s.Tenant().PolicyDifferences(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// A shadow is asked what is asked, and where it would have done something else that is kept, with both answers.
func TestShadow(t *testing.T) {
	t.Parallel()
	const allow = `{"verdict":"allow"}`
	for name, c := range map[string]struct {
		rules, shadow map[string]string
		what          []string // of the differences, sorted
		failed        uint64
	}{
		"alike": {map[string]string{"decide": allow}, map[string]string{"decide": allow}, nil, 0},
		"other words": {
			map[string]string{"decide": `{"verdict":"hold","title":"a"}`}, map[string]string{"decide": `{"verdict":"hold","title":"b"}`}, nil, 0,
		},
		"verdict":    {map[string]string{"decide": allow}, map[string]string{"decide": denial("no")}, []string{"decide create: verdict"}, 0},
		"denied now": {map[string]string{"decide": denial("no")}, map[string]string{"decide": allow}, []string{"decide create: verdict"}, 0},
		"status": {
			map[string]string{"decide": denial("no")}, map[string]string{"decide": `{"verdict":"deny","status":400,"scim_type":"invalidValue","detail":"no"}`},
			[]string{"decide create: status"}, 0,
		},
		"lifecycle": {map[string]string{"decide": allow}, map[string]string{"decide": `{"verdict":"allow","lifecycle":"suspend"}`}, []string{"decide create: lifecycle"}, 0},
		"document": {
			map[string]string{"decide": allow}, map[string]string{"decide": `{"verdict":"allow","after":{"userName":"x"}}`}, []string{"decide create: document"}, 0,
		},
		"no document": {
			map[string]string{"decide": allow}, map[string]string{"decide": `{"verdict":"allow","after":{"userName":7}}`}, []string{"decide create: failure"}, 1,
		},
		"requests": {
			map[string]string{"map": `{"requests":[{"body":{"a":1,"b":2}}]}`}, map[string]string{"map": `{"requests":[{"body":{"b":2,"a":1}},{}]}`},
			[]string{"map create: requests"}, 0,
		},
		"requests alike": {
			map[string]string{"map": `{"requests":[{"body":{"a":1,"b":2}}]}`}, map[string]string{"map": `{"requests":[{"body":{"b":2, "a":1}}]}`}, nil, 0,
		},
		"crash": {
			map[string]string{"decide": allow}, map[string]string{"decide": adaptertest.Trap, "map": adaptertest.Trap},
			[]string{"decide create: failure", "map create: failure"}, 2,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := released(t, adaptertest.Options{App: new(obliging)})
			promote(t, s, push(t, s, adaptertest.Module(c.rules)), 100)
			number := push(t, s, adaptertest.Module(c.shadow))
			shadow(t, s, number)
			denied := strings.Contains(c.rules["decide"], "deny")
			held := strings.Contains(c.rules["decide"], "hold")
			want, runs := http.StatusCreated, uint64(2)
			if denied {
				want = http.StatusForbidden
			}
			if denied || held {
				runs = 1 // nothing is sent
			}
			s.Want(want, "POST", "/Users", user("ann"))
			st := waitFor(t, s, func(st adapter.PolicyStatus) bool { return st.ShadowStats.Runs == runs })
			if n := uint64(len(c.what)); st.ShadowStats.Different != n || st.ShadowStats.Same != runs-n || st.ShadowStats.Failed != c.failed {
				t.Errorf("the statistics are %+v", st.ShadowStats)
			}
			shadow(t, s, 0)
			s.Stop() // what was found is stored when the engine has ended
			list := stored(t, s.Dir)
			var got []string
			for _, d := range list {
				got = append(got, fmt.Sprintf("%s %s: %s", d.Hook, d.Subject, strings.Join(d.What, ",")))
				if d.Shadow != number || d.Ruled != 1 || d.ResourceType != store.User || d.ResourceID == "" || (d.Hook == "decide") != (d.Operation != "") {
					t.Errorf("kept %+v", d)
				}
			}
			if slices.Sort(got); !slices.Equal(got, c.what) {
				t.Errorf("the differences are %q, want %q", got, c.what)
			}
		})
	}
}

// A shadow that fails, or uses up all that it may, changes no answer; what it cannot keep up with is dropped and counted.
func TestShadowIsInNobodysWay(t *testing.T) {
	t.Parallel()
	for name, hook := range map[string]string{"crashes": adaptertest.Trap, "never ends": adaptertest.Loop} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := released(t, adaptertest.Options{})
			plain := conversation(s)
			number := push(t, s, adaptertest.Module(map[string]string{"decide": hook, "map": hook}))
			shadow(t, s, number)
			const rounds = 20
			for range rounds {
				if diff := conversation(s); !slices.Equal(diff, plain) {
					t.Fatalf("with a shadow the answers are\n%v, without\n%v", diff, plain)
				}
			}
			st := waitFor(t, s, func(st adapter.PolicyStatus) bool { return st.ShadowStats.Failed > 0 })
			if st.ShadowStats.Same != 0 {
				t.Errorf("the statistics are %+v", st.ShadowStats)
			}
			if st.Trouble != "" {
				t.Errorf("the status says %q", st.Trouble)
			}
		})
	}
}

// conversation makes, changes and deletes a user, and returns the answers without what is never the same twice.
func conversation(s *adaptertest.Stack) (answers []string) {
	s.TB.Helper()
	keep := func(r adaptertest.Response) {
		answers = append(answers, fmt.Sprint(r.Status, r.Get("userName").Str, r.Get("name.familyName").Str, r.Get("active").Raw, r.Get("detail").Str))
	}
	r := s.Do("POST", "/Users", user("ann"))
	keep(r)
	id := r.Get("id").Str
	keep(s.Do("PATCH", "/Users/"+id, set("name.familyName", `"Roe"`)))
	keep(s.Do("PATCH", "/Users/"+id, set("active", "false")))
	keep(s.Do("POST", "/Users", user("ann")))
	keep(s.Do("DELETE", "/Users/"+id, nil))
	keep(s.Do("GET", "/Users/"+id, nil))
	return answers
}

// What is counted outlives the process, and another shadow begins anew.
func TestShadowStatisticsAreKept(t *testing.T) {
	t.Parallel()
	opts := adaptertest.Options{Dir: t.TempDir(), App: adaptertest.NewApp(), Policies: adaptertest.Host(t)}
	s := released(t, opts)
	one, two := push(t, s, denying), push(t, s, asking)
	shadow(t, s, one)
	s.Want(http.StatusCreated, "POST", "/Users", user("ann"))
	waitFor(t, s, func(st adapter.PolicyStatus) bool { return st.ShadowStats.Runs == 2 })
	s.Stop()
	s = released(t, opts)
	st := status(t, s)
	if st.Shadow != one || st.ShadowStats.Release != one || st.ShadowStats.Runs != 2 || st.ShadowStats.Different != 1 {
		t.Errorf("after a restart the status is %+v", st.ShadowStats)
	}
	s.Want(http.StatusCreated, "POST", "/Users", user("bob"))
	waitFor(t, s, func(st adapter.PolicyStatus) bool { return st.ShadowStats.Runs == 4 && len(differences(t, s)) == 2 })
	shadow(t, s, two)
	if st := status(t, s); st.ShadowStats.Runs != 0 || st.ShadowStats.Release != two {
		t.Errorf("another shadow begins with %+v", st.ShadowStats)
	}
	promote(t, s, two, 100)
	if st := status(t, s); st.Shadow != 0 {
		t.Errorf("what rules is still the shadow: %+v", st)
	}
}
