package golden_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/caddy-scim/caddy-scim/plugins"
	"github.com/caddy-scim/caddy-scim/plugins/golden"
)

const input = `"hook":"decide","input":{"operation":"create","resource_type":"User","after":{"userName":"ada"}}`

func TestReadCases(t *testing.T) {
	t.Parallel()
	many := func(n int) string {
		var list []string
		for i := range n {
			list = append(list, fmt.Sprintf(`{"name":"%d",%s,"error":"fuel"}`, i, input))
		}
		return "[" + strings.Join(list, ",\n") + "]"
	}
	for name, c := range map[string]struct {
		data string
		want string // part of the error; "" for none
	}{
		"none":              {`[]`, ""},
		"answer":            {`[{"name":"a",` + input + `,"want":{"verdict":"allow"}}]`, ""},
		"failure":           {`[{"name":"a",` + input + `,"error":"policy","detail":"x"}]`, ""},
		"map":               {`[{"name":"a","hook":"map","input":{"action":"create"},"want":{"requests":[]}}]`, ""},
		"import":            {`[{"name":"a","hook":"import","input":{"resource_type":"User","record":{}},"want":{"skip":true}}]`, ""},
		"as many as can be": {many(golden.MaxCases), ""},

		"too many":         {many(golden.MaxCases + 1), "more than 1000"},
		"too large":        {`[` + strings.Repeat(" ", golden.MaxBytes) + `]`, "1048578 bytes, want at most 1048576"},
		"empty":            {``, "not a JSON array"},
		"object":           {`{}`, "not a JSON array"},
		"cut off":          {`[{"name":"a",` + input, "case 1: unexpected EOF"},
		"never closed":     {`[`, "the array does not end"},
		"goes on":          {`[] []`, "goes on after the array"},
		"unknown field":    {`[{"name":"a",` + input + `,"wants":{}}]`, `case 1: json: unknown field "wants"`},
		"no name":          {`[{` + input + `,"error":"fuel"}]`, `case 1, "": name`},
		"name of lines":    {`[{"name":"a\nb",` + input + `,"error":"fuel"}]`, "name: want a text of one line"},
		"long name":        {`[{"name":"` + strings.Repeat("x", 201) + `",` + input + `,"error":"fuel"}]`, "name: want a text"},
		"name twice":       {`[{"name":"a",` + input + `,"error":"fuel"},{"name":"a",` + input + `,"error":"trap"}]`, `two cases have the name "a"`},
		"no hook":          {`[{"name":"a","input":{},"error":"fuel"}]`, `hook: is "", want decide, map or import`},
		"describe":         {`[{"name":"a","hook":"describe","input":{},"error":"fuel"}]`, `hook: is "describe"`},
		"no input":         {`[{"name":"a","hook":"decide","error":"fuel"}]`, "input: is missing"},
		"misspelt input":   {`[{"name":"a","hook":"decide","input":{"operatoin":"create"},"error":"fuel"}]`, `input: json: unknown field "operatoin"`},
		"nothing expected": {`[{"name":"a",` + input + `}]`, "want either want or error"},
		"both expected":    {`[{"name":"a",` + input + `,"want":{"verdict":"allow"},"error":"fuel"}]`, "want either want or error"},
		"unknown error":    {`[{"name":"a",` + input + `,"error":"oops"}]`, `error: is "oops", want policy, output, trap, fuel or timeout`},
		"detail":           {`[{"name":"a",` + input + `,"want":{"verdict":"allow"},"detail":"x"}]`, "detail: belongs to error"},
		"impossible want":  {`[{"name":"a",` + input + `,"want":{"verdict":"maybe"}}]`, `want: verdict: is "maybe"`},
		"misspelt want":    {`[{"name":"a",` + input + `,"want":{"verdict":"deny","detial":"x"}}]`, `want: detial`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := golden.ReadCases([]byte(c.data))
			switch {
			case c.want == "" && err != nil:
				t.Error(err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("failed with %v, want %q", err, c.want)
			}
		})
	}
}

// answering is a policy that answers and fails as it is told.
func answering(answer string, err error) golden.Runner {
	return func(context.Context, string, []byte) ([]byte, plugins.Usage, error) {
		return []byte(answer), plugins.Usage{Fuel: 7, Memory: 64}, err
	}
}

func failing(kind error, detail string) golden.Runner {
	return answering("", &plugins.CallError{Hook: "decide", Kind: kind, Detail: detail})
}

func TestCheck(t *testing.T) {
	t.Parallel()
	const allow = `"want":{"verdict":"allow"}`
	for name, c := range map[string]struct {
		expect string
		policy golden.Runner
		want   string
	}{
		"same":                   {allow, answering(`{ "verdict":"allow" }`, nil), ""},
		"defaults on both sides": {`"want":{"verdict":"deny","detail":"x"}`, answering(`{"verdict":"deny","status":403,"detail":" x\n"}`, nil), ""},
		"numbers to the digit": {`"want":{"verdict":"allow","after":{"n":12345678901234567}}`,
			answering(`{"verdict":"allow","after":{"n":12345678901234568}}`, nil), "after.n: 12345678901234568, want 12345678901234567"},
		"other verdict": {allow, answering(`{"verdict":"deny","detail":"no"}`, nil),
			"detail: \"no\", want nothing\nstatus: 403, want nothing\nverdict: \"deny\", want \"allow\""},
		"inside": {`"want":{"verdict":"allow","after":{"emails":[{"value":"a"},{"value":"b"}],"x":{"y":[1]},"z":null}}`,
			answering(`{"verdict":"allow","after":{"emails":[{"value":"c"}],"x":[],"z":false}}`, nil),
			"after.emails[0].value: \"c\", want \"a\"\nafter.emails[1]: nothing, want {\"value\":\"b\"}\n" +
				"after.x: [], want {\"y\":[1]}\nafter.z: false, want null"},
		"a lot": {`"want":{"verdict":"allow","after":{"x":[1,1,1,1,1,1,1,1,1,1,1,1]}}`, answering(`{"verdict":"allow"}`, nil), "after: nothing, want"},
		"very much": {`"want":{"verdict":"allow","after":{"x":[1,1,1,1,1,1,1,1,1,1,1,1]}}`,
			answering(`{"verdict":"allow","after":{"x":[]}}`, nil), "after.x[9]: nothing, want 1\nand 2 more"},
		"long": {allow, answering(`{"verdict":"allow","after":{"x":"`+strings.Repeat("é", 300)+`"}}`, nil), `é…, want nothing`},
		"no answer that can be": {allow, answering(`{"verdict":"maybe"}`, nil),
			`answered {"verdict":"maybe"}: verdict: is "maybe"`},
		"failed": {allow, failing(plugins.ErrTrap, "boom"), "failed: decide: the policy crashed: boom"},

		"the failure":         {`"error":"fuel"`, failing(plugins.ErrFuel, ""), ""},
		"its detail":          {`"error":"policy","detail":"no us"`, failing(plugins.ErrPolicy, "no user"), ""},
		"another detail":      {`"error":"policy","detail":"x"`, failing(plugins.ErrPolicy, "no user"), `failed with the detail "no user", want it to contain "x"`},
		"another failure":     {`"error":"output"`, failing(plugins.ErrTrap, "boom"), `crashed: boom, want the failure "output"`},
		"an answer":           {`"error":"timeout"`, answering(`{"verdict":"allow"}`, nil), `answered {"verdict":"allow"}, want the failure "timeout"`},
		"no failure of calls": {`"error":"trap"`, answering("", plugins.ErrNoHook), "no such hook, want the failure"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cases, err := golden.ReadCases([]byte(`[{"name":"a",` + input + `,` + c.expect + `}]`))
			if err != nil {
				t.Fatal(err)
			}
			got := cases[0].Check(t.Context(), c.policy)
			if c.want == "" && !got.Passed() || !strings.Contains(got.Problem, c.want) {
				t.Errorf("the problem is %q, want %q", got.Problem, c.want)
			}
			if got.Fuel != 7 && !strings.Contains(name, "fail") || got.Name != "a" || got.Hook != "decide" {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func TestRun(t *testing.T) {
	t.Parallel()
	cases, err := golden.ReadCases([]byte(`[
		{"name":"one",` + input + `,"want":{"verdict":"allow"}},
		{"name":"two",` + input + `,"error":"trap"},
		{"name":"three",` + input + `,"want":{"verdict":"hold","title":"t"}}]`))
	if err != nil {
		t.Fatal(err)
	}
	report, err := golden.Run(t.Context(), cases, answering(`{"verdict":"allow"}`, nil))
	if err != nil {
		t.Fatal(err)
	}
	if report.Passed != 1 || report.Failed != 2 || len(report.Results) != 3 || report.MaxFuel != 7 {
		t.Errorf("reported %+v", report)
	}
	const want = `2 of 3 golden cases failed; "two": answered {"verdict":"allow"}, want the failure "trap": the policy crashed`
	if err := report.Err(); err == nil || err.Error() != want {
		t.Errorf("the error is %v, want %s", err, want)
	}
	if report, err = golden.Run(t.Context(), cases[:1], answering(`{"verdict":"allow"}`, nil)); err != nil || report.Err() != nil {
		t.Errorf("failed with %v, %v", err, report.Err())
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	over := errors.New("over")
	cancel(over)
	if _, err := golden.Run(ctx, cases, answering("", nil)); !errors.Is(err, over) {
		t.Errorf("failed with %v, want %v", err, over)
	}
}

func TestNative(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		run    func(hook string, input []byte) ([]byte, error)
		expect string
	}{
		"answer": {func(hook string, in []byte) ([]byte, error) {
			return fmt.Appendf(nil, `{"verdict":"hold","title":%q}`, hook+" "+string(in)), nil
		}, `"want":{"verdict":"hold","title":"decide {\"abi\":1,\"operation\":\"create\",\"resource_type\":\"User\",\"after\":{\"userName\":\"ada\"},` +
			`\"connection\":{\"id\":\"\",\"profile\":\"\"},\"tenant\":{\"id\":\"\"}}"}`},
		"error":        {func(string, []byte) ([]byte, error) { return nil, errors.New("no user") }, `"error":"policy","detail":"no user"`},
		"panic":        {func(string, []byte) ([]byte, error) { panic("boom") }, `"error":"trap","detail":"boom"`},
		"wrong answer": {func(string, []byte) ([]byte, error) { return []byte(`{"verdict":"x"}`), nil }, `"error":"output","detail":"verdict"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cases, err := golden.ReadCases([]byte(`[{"name":"a",` + input + `,` + c.expect + `}]`))
			if err != nil {
				t.Fatal(err)
			}
			if got := cases[0].Check(t.Context(), golden.Native(c.run)); !got.Passed() {
				t.Error(got.Problem)
			}
		})
	}
}
