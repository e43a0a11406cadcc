package bulk_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/caddy-scim/caddy-scim/scim"
	"github.com/caddy-scim/caddy-scim/scim/bulk"
)

// tie is that of a service provider who knows groups.
func tie(endpoint string, at bulk.Attribute) bulk.Tie {
	switch {
	case at.Name == "groups":
		return bulk.Ignored
	case endpoint == "Groups":
		return bulk.Fixed
	}
	return bulk.Deferrable
}

// steps writes a plan down: "0 2 0+" is the first operation, the third, and what was put off of the first.
func steps(plan []bulk.Step) string {
	var out []string
	for _, s := range plan {
		out = append(out, fmt.Sprint(s.Op)+map[bool]string{true: "+"}[s.Complete])
	}
	return strings.Join(out, " ")
}

func TestPlan(t *testing.T) {
	t.Parallel()
	managed := func(id, by string) string { return post("Users", id, `"manager":{"value":"bulkId:`+by+`"}`) }
	group := func(id string, members ...string) string {
		list := make([]string, len(members))
		for i, m := range members {
			list[i] = `{"value":"bulkId:` + m + `"}`
		}
		return post("Groups", id, `"members":[`+strings.Join(list, ",")+`]`)
	}
	on := func(method, path, data string) string {
		return fmt.Sprintf(`{"method":%q,"path":%q,"data":{%s}}`, method, path, data)
	}
	user := func(id string) string { return post("Users", id, "") }
	for name, tt := range map[string]struct {
		ops     []string
		want    string
		refused []int
	}{
		"no references":                   {[]string{user("a"), on("PUT", "/Users/1", ""), user("b")}, "0 1 2", nil},
		"to one before":                   {[]string{user("a"), group("g", "a")}, "0 1", nil},
		"to one after":                    {[]string{group("g", "a"), on("PUT", "/Users/1", ""), user("a")}, "1 2 0", nil},
		"a chain backwards":               {[]string{managed("a", "b"), managed("b", "c"), user("c")}, "2 1 0", nil},
		"a path before its POST":          {[]string{on("DELETE", "/Users/bulkId:a", ""), user("a")}, "1 0", nil},
		"order on one resource":           {[]string{on("PATCH", "/Users/1", `"m":"bulkId:a"`), on("DELETE", "/users/1/", ""), user("a")}, "2 0 1", nil},
		"order on one that is made":       {[]string{on("PATCH", "/Users/bulkId:a", `"m":"bulkId:b"`), on("PUT", "/Users/bulkId:a", ""), user("a"), user("b")}, "2 3 0 1", nil},
		"two users, each other's manager": {[]string{managed("a", "b"), managed("b", "a")}, "0 1 0+", nil},
		"one's own manager":               {[]string{managed("a", "a")}, "0 0+", nil},
		"three in a circle":               {[]string{managed("a", "b"), managed("b", "c"), managed("c", "a")}, "0 2 1 0+", nil},
		"a change waits for the whole":    {[]string{managed("a", "b"), on("PATCH", "/Users/bulkId:a", ""), managed("b", "a")}, "0 2 0+ 1", nil},
		"behind a circle":                 {[]string{managed("x", "a"), managed("a", "b"), managed("b", "a")}, "1 0 2 1+", nil},
		"two circles":                     {[]string{managed("a", "b"), managed("b", "a"), managed("c", "d"), managed("d", "c")}, "0 1 0+ 2 3 2+", nil},
		"a group of a user of the group":  {[]string{group("g", "u"), post("Users", "u", `"home":"bulkId:g"`)}, "1 0 1+", nil},
		"what the server does not take":   {[]string{group("g", "u"), post("Users", "u", `"groups":[{"value":"bulkId:g"}]`)}, "1 0", nil},
		// RFC 7644 section 3.7.1: the example.
		"two groups, each other's member": {[]string{group("qwerty", "ytrewq"), group("ytrewq", "qwerty")}, "0 1", []int{0, 1}},
		"a group in itself":               {[]string{user("a"), group("g", "a", "g")}, "0 1", []int{1}},
		"behind groups in a circle":       {[]string{group("x", "g"), group("g", "h"), group("h", "g"), user("a")}, "1 0 2 3", []int{1, 2}},
		"an operation that is wrong":      {[]string{managed("a", "b"), `{"method":"POST","path":"/Users","bulkId":"b"}`, managed("c", "a")}, "1 0 2", []int{1}},
		"only what is in the way is put off": {
			[]string{post("Users", "a", `"manager":{"value":"bulkId:b"},"assistant":{"value":"bulkId:c"},"title":"x"`), managed("b", "a"), user("c")}, "2 0 1 0+", nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			req := parse(t, tt.ops...)
			if got := steps(req.Plan(tie)); got != tt.want {
				t.Errorf("the plan is %q, want %q", got, tt.want)
			}
			var refused []int
			for i, op := range req.Operations {
				if op.Err != nil {
					refused = append(refused, i)
				}
			}
			if !slices.Equal(refused, tt.refused) {
				t.Errorf("refused are %v, want %v", refused, tt.refused)
			}
		})
	}
}

func TestCircleInTwoParts(t *testing.T) {
	t.Parallel()
	const ext = `"urn:x:User"`
	req := parse(t,
		post("Users", "a", `"userName":"a","tags":["bulkId:c"],`+ext+`:{"n":"1","manager":{"value":"bulkId:b"},"deputy":"bulkId:b"},"other":"bulkId:b"`),
		post("Users", "b", `"userName":"b",`+ext+`:{"manager":{"value":"bulkId:a"}}`),
		post("Users", "c", ``))
	if got := steps(req.Plan(tie)); got != "2 0 1 0+" {
		t.Errorf("the plan is %s", got)
	}
	ids := map[string]string{"c": "id-c"}
	made, err := req.Body(0, ids)
	if want := `{"tags":["id-c"],"urn:x:User":{"n":"1"},"userName":"a"}`; err != nil || string(made) != want {
		t.Errorf("made of %s, %v, want %s", made, err, want)
	}
	ids["a"] = "id-a"
	if _, err := req.Completion(0, ids); err == nil || scim.AsError(err).Status != 409 {
		t.Errorf("completed without the other: %v", err)
	}
	other, err := req.Body(1, ids)
	if want := `{"urn:x:User":{"manager":{"value":"id-a"}},"userName":"b"}`; err != nil || string(other) != want {
		t.Errorf("the other is made of %s, %v, want %s", other, err, want)
	}
	ids["b"] = "id-b"
	rest, err := req.Completion(0, ids)
	want := `{"Operations":[{"op":"add","value":{"other":"id-b","urn:x:User":{"deputy":"id-b","manager":{"value":"id-b"}}}}],"schemas":["` + scim.PatchOpURN + `"]}`
	if err != nil || string(rest) != want {
		t.Errorf("completed by %s, %v, want %s", rest, err, want)
	}
}

// Whatever refers to whatever, every operation has its turn, after all that it needs; only what is on a circle is put
// off; and only circles of firm references are refused.
func TestPlanProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 14).Draw(t, "operations")
		posts := rapid.IntRange(0, n).Draw(t, "posts")
		type model struct {
			refs   map[string][]int // by attribute
			path   string
			target int
		}
		name := func(i int) string { return fmt.Sprintf("b%d", i) }
		order := rapid.Permutation(slices.Collect(func(yield func(int) bool) {
			for i := range n {
				yield(i)
			}
		})).Draw(t, "order")
		index := map[int]int{} // where the POST with a number stands
		models := make([]model, n)
		ops := make([]string, n)
		for at, i := range order {
			m := model{refs: map[string][]int{}, target: -1}
			var members []string
			endpoint := rapid.SampledFrom([]string{"Users", "Groups"}).Draw(t, "endpoint")
			for _, attr := range []string{"manager", "members", "groups"} {
				if posts == 0 {
					break
				}
				refs := rapid.SliceOfNDistinct(rapid.IntRange(0, posts-1), 0, 2, rapid.ID[int]).Draw(t, attr)
				var list []string
				for _, to := range refs {
					list = append(list, `{"value":"bulkId:`+name(to)+`"}`)
				}
				if len(refs) > 0 {
					m.refs[attr] = refs
				}
				members = append(members, fmt.Sprintf(`%q:[%s]`, attr, strings.Join(list, ",")))
			}
			data := strings.Join(members, ",")
			if i < posts {
				index[i] = at
				m.path = endpoint
				ops[at] = post(endpoint, name(i), data)
			} else {
				m.path = rapid.SampledFrom([]string{"/Users/1", "/Users/2"}).Draw(t, "path")
				if posts > 0 && rapid.Bool().Draw(t, "by reference") {
					m.target = rapid.IntRange(0, posts-1).Draw(t, "target")
					m.path = "/Users/bulkId:" + name(m.target)
				}
				ops[at] = fmt.Sprintf(`{"method":"PUT","path":%q,"data":{%s}}`, m.path, data)
			}
			models[at] = m
		}
		req := parse(t, ops...)
		plan := req.Plan(tie)

		edges := func(at int, firm bool) (out []int) {
			for attr, refs := range models[at].refs {
				kind := bulk.Deferrable
				if req.Operations[at].Method == "POST" {
					kind = tie(models[at].path, bulk.Attribute{Name: attr})
				}
				for _, to := range refs {
					if kind == bulk.Fixed || kind == bulk.Deferrable && !firm {
						out = append(out, index[to])
					}
				}
			}
			return out
		}
		circular := func(at int, firm bool) bool {
			seen := map[int]bool{}
			var visit func(int) bool
			visit = func(i int) bool {
				for _, to := range edges(i, firm) {
					if to == at {
						return true
					}
					if !seen[to] && req.Operations[to].Method == "POST" {
						seen[to] = true
						if visit(to) {
							return true
						}
					}
				}
				return false
			}
			return visit(at)
		}

		ids := map[string]string{}
		settled := map[int]bool{}
		turns := map[int]int{}
		lastOn := map[string]int{}
		for _, step := range plan {
			at := step.Op
			op := &req.Operations[at]
			if step.Complete {
				if _, err := req.Completion(at, ids); err != nil && ids[op.BulkID] != "" && !strings.Contains(err.Error(), "not made") {
					t.Fatalf("%d cannot be completed: %v", at, err)
				}
				for _, a := range req.Deferred(at) {
					for _, to := range models[at].refs[a.Name] {
						if turns[index[to]] == 0 {
							t.Fatalf("%d is completed before %d: %s", at, index[to], steps(plan))
						}
					}
				}
				settled[at] = true
				continue
			}
			if turns[at]++; turns[at] > 1 {
				t.Fatalf("%d has two turns: %s", at, steps(plan))
			}
			settled[at] = len(req.Deferred(at)) == 0
			if refused := op.Err != nil; refused != (op.Method == "POST" && circular(at, true)) {
				t.Fatalf("%d: refused is %t: %s", at, refused, steps(plan))
			}
			if op.Err != nil {
				continue
			}
			if len(req.Deferred(at)) > 0 && !circular(at, false) {
				t.Fatalf("%v of %d is put off for nothing: %s", req.Deferred(at), at, steps(plan))
			}
			for attr, refs := range models[at].refs {
				if slices.Contains(req.Deferred(at), bulk.Attribute{Name: attr}) || op.Method == "POST" && tie(op.Endpoint, bulk.Attribute{Name: attr}) == bulk.Ignored {
					continue
				}
				for _, to := range refs {
					if turns[index[to]] == 0 {
						t.Fatalf("%d comes before %d: %s", at, index[to], steps(plan))
					}
				}
			}
			if to := models[at].target; to >= 0 && !settled[index[to]] {
				t.Fatalf("%d comes before all of %d: %s", at, index[to], steps(plan))
			}
			if op.Method != "POST" {
				if before, ok := lastOn[models[at].path]; ok && before > at {
					t.Fatalf("%d and %d on %s: %s", before, at, models[at].path, steps(plan))
				}
				lastOn[models[at].path] = at
			}
			_, err := req.Body(at, ids)
			if err == nil && op.Method == "POST" {
				ids[op.BulkID] = "id-" + op.BulkID
			}
		}
		if len(turns) != n {
			t.Fatalf("%d of %d operations have a turn: %s", len(turns), n, steps(plan))
		}
		for at := range n {
			if !settled[at] {
				t.Fatalf("%d is never completed: %s", at, steps(plan))
			}
		}
	})
}

// A thousand users in circles: no operation needs more than two steps.
func TestPlanOfLongCircles(t *testing.T) {
	t.Parallel()
	const n = 1000
	for name, refer := range map[string]func(i int) string{
		"neighbours": func(i int) string {
			return fmt.Sprintf(`"manager":{"value":"bulkId:u%d"},"deputy":{"value":"bulkId:u%d"}`, (i+1)%n, (i+n-1)%n)
		},
		"each with many": func(i int) string {
			var all []string
			for a := range 8 {
				var list []string
				for k := range 10 {
					list = append(list, fmt.Sprintf(`"bulkId:u%d"`, (i+a*131+k*17)%n))
				}
				all = append(all, fmt.Sprintf(`"a%d":[%s]`, a, strings.Join(list, ",")))
			}
			return strings.Join(all, ",")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ops := make([]string, n)
			for i := range ops {
				ops[i] = post("Users", fmt.Sprintf("u%d", i), refer(i))
			}
			req, err := bulk.Parse([]byte(body(ops...)), bulk.Options{MaxOperations: n})
			if err != nil {
				t.Fatal(err)
			}
			if plan := req.Plan(tie); len(plan) < n || len(plan) > 2*n {
				t.Errorf("%d steps for %d operations", len(plan), n)
			}
		})
	}
}

func BenchmarkParseAndPlan(b *testing.B) {
	ops := make([]string, 1000)
	for i := range ops {
		ops[i] = post("Users", fmt.Sprintf("u%d", i), fmt.Sprintf(`"userName":"u%d","name":{"givenName":"A","familyName":"B"},"emails":[{"value":"u%d@example.com","primary":true}],"manager":{"value":"bulkId:u%d"}`, i, i, i/2))
	}
	data := []byte(body(ops...))
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		req, err := bulk.Parse(data, bulk.Options{MaxOperations: len(ops)})
		if err != nil {
			b.Fatal(err)
		}
		if len(req.Plan(tie)) < len(ops) {
			b.Fatal("steps are missing")
		}
	}
}
