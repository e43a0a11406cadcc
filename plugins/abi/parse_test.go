package abi

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestParseDecision(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]Decision{
		`{"verdict":"allow"}`:                                                      {Verdict: Allow},
		` {"verdict":"allow","after":null} ` + "\n":                                {Verdict: Allow},
		`{"verdict":"allow","after":{"a":1}}`:                                      {Verdict: Allow, After: json.RawMessage(`{"a":1}`)},
		`{"verdict":"allow","lifecycle":"suspend"}`:                                {Verdict: Allow, Lifecycle: LifecycleSuspend},
		`{"verdict":"deny","detail":"no"}`:                                         {Verdict: Deny, Status: 403, Detail: "no"},
		`{"verdict":"deny","detail":"no","status":422}`:                            {Verdict: Deny, Status: 422, Detail: "no"},
		`{"verdict":"deny","detail":"no","status":400,"scim_type":"invalidValue"}`: {Verdict: Deny, Status: 400, ScimType: "invalidValue", Detail: "no"},
		`{"verdict":"deny","detail":" a\nb\u0000\u202ec "}`:                        {Verdict: Deny, Status: 403, Detail: "a b  c"},
		`{"verdict":"hold","title":"look"}`:                                        {Verdict: Hold, Title: "look"},
		`{"verdict":"hold","title":"look","reason":"r","lifecycle":"nothing","after":{}}`: {
			Verdict: Hold, Title: "look", Reason: "r", Lifecycle: LifecycleNothing, After: json.RawMessage(`{}`)},
	} {
		got, err := ParseDecision([]byte(answer), &DecideInput{Operation: OpUpdate})
		if err != nil || !reflect.DeepEqual(*got, want) {
			t.Errorf("%s: got %+v, %v; want %+v", answer, got, err, want)
		}
	}
}

func TestParseDecisionRefuses(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]string{
		``:                                "the answer is empty",
		`null`:                            "not a JSON object",
		`"allow"`:                         "not a JSON object",
		`{`:                               "it ends too early",
		`{"verdict":"allow"`:              "it ends too early",
		`{"verdict":"allow"} x`:           "goes on after",
		`{"verdict":allow}`:               "not valid JSON",
		`{"status":NaN}`:                  "not valid JSON",
		"{\"verdict\":\"\xff\"}":          "not UTF-8",
		`{}`:                              "verdict: is missing",
		`{"verdict":1}`:                   "verdict: is a JSON number, want a string",
		`{"verdict":"Allow"}`:             `verdict: is "Allow", want "allow", "deny" or "hold"`,
		`{"verdict":"allow","vredict":1}`: "vredict: is not a field of this answer",
		`{"verdict":"deny"}`:              "detail: is missing",
		`{"verdict":"deny","detail":" "}`: "detail: is missing",
		`{"verdict":"deny","detail":"x","status":"400"}`:             "status: is a JSON string, want a whole number",
		`{"verdict":"deny","detail":"x","status":4.5}`:               "status: is a JSON number",
		`{"verdict":"deny","detail":"x","status":200}`:               "status: is 200, want 400 to 499",
		`{"verdict":"deny","detail":"x","status":-1}`:                "status: is -1, want 400 to 499",
		`{"verdict":"deny","detail":"x","status":503}`:               "status: is 503, want 400 to 499",
		`{"verdict":"deny","detail":"x","status":401}`:               "status: is 401, which is not a policy's to say",
		`{"verdict":"deny","detail":"x","status":429}`:               "status: is 429, which is not a policy's to say",
		`{"verdict":"deny","detail":"x","scim_type":"InvalidValue"}`: `scim_type: is "InvalidValue", want one of`,
		`{"verdict":"deny","detail":"x","title":"y"}`:                `title: belongs to the verdict "hold", the verdict is "deny"`,
		`{"verdict":"deny","detail":"x","lifecycle":"delete"}`:       "lifecycle: has no meaning",
		`{"verdict":"deny","detail":"x","after":{}}`:                 "after: has no meaning",
		`{"verdict":"allow","detail":"x"}`:                           `detail: belongs to the verdict "deny", the verdict is "allow"`,
		`{"verdict":"allow","status":400}`:                           `status: belongs to the verdict "deny"`,
		`{"verdict":"allow","reason":"x"}`:                           `reason: belongs to the verdict "hold"`,
		`{"verdict":"hold"}`:                                         "title: is missing",
		`{"verdict":"hold","title":"x","scim_type":"tooMany"}`:       `scim_type: belongs to the verdict "deny"`,
		`{"verdict":"allow","lifecycle":"remove"}`:                   `lifecycle: is "remove", want`,
		`{"verdict":"allow","after":[]}`:                             "after: is not a JSON object",
	} {
		_, err := ParseDecision([]byte(answer), &DecideInput{Operation: OpCreate})
		wrong, ok := errors.AsType[*FieldError](err)
		if !ok || !strings.Contains(wrong.Error(), want) {
			t.Errorf("%s: %v, want %s", answer, err, want)
		}
	}
	if _, err := ParseDecision([]byte(`{"verdict":"allow","after":{}}`), &DecideInput{Operation: OpDelete}); err == nil {
		t.Error("a delete was given a document to store")
	}
}

func TestTextsAreCut(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("é", 5000)
	deny, err := ParseDecision([]byte(`{"verdict":"deny","detail":"`+long+`"}`), &DecideInput{})
	if err != nil {
		t.Fatal(err)
	}
	hold, err := ParseDecision([]byte(`{"verdict":"hold","title":"`+long+`","reason":"`+long+`"}`), &DecideInput{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		text  string
		limit int
	}{{deny.Detail, MaxDetail}, {hold.Title, MaxTitle}, {hold.Reason, MaxReason}} {
		if len(c.text) > c.limit || len(c.text) < c.limit-4 || !strings.HasSuffix(c.text, "é…") || !utf8.ValidString(c.text) {
			t.Errorf("a long text has %d bytes and ends in %q, want at most %d and an ellipsis", len(c.text), c.text[len(c.text)-6:], c.limit)
		}
	}
}

func TestParseMapOutput(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string][]Request{
		`{}`:                {},
		`{"requests":null}`: {},
		`{"requests":[]}`:   {},
		`{"requests":[{}]}`: {{}},
		`{"requests":[{"body":null},{"method":"GET","path":"/a?b=c"}]}`: {{}, {Method: "GET", Path: "/a?b=c"}},
		`{"requests":[{"method":"POST","path":"/a/{legacy_id}/b%2Fc/..d/...","body":[1]}]}`: {
			{Method: "POST", Path: "/a/{legacy_id}/b%2Fc/..d/...", Body: json.RawMessage(`[1]`)}},
	} {
		got, err := ParseMapOutput([]byte(answer))
		if err != nil || !reflect.DeepEqual(got.Requests, want) {
			t.Errorf("%s: got %+v, %v; want %+v", answer, got, err, want)
		}
	}
}

func TestParseMapOutputRefuses(t *testing.T) {
	t.Parallel()
	request := func(path string) string {
		doc, err := json.Marshal(MapOutput{Requests: []Request{{}, {Path: path}}})
		if err != nil {
			t.Fatal(err)
		}
		return string(doc)
	}
	for answer, want := range map[string]string{
		`[]`:                         "not a JSON object",
		`{"requests":{}}`:            "requests: is a JSON object, want an array",
		`{"requests":[{"url":"x"}]}`: "url: is not a field",
		`{"requests":[` + strings.Repeat("{},", MaxRequests) + `{}]}`: "requests: has 17 elements, want at most 16",
		`{"requests":[{"method":"get"}]}`:                             `requests[0].method: is "get", want GET`,
		`{"requests":[{"method":"CONNECT"}]}`:                         "requests[0].method: ",
		`{"requests":[{"method":"GET","body":{}}]}`:                   "requests[0].body: has no meaning for a GET",
		request("members"):                                            `requests[1].path: is "members", want it to start with "/"`,
		request("http://evil.example/"):                               "want it to start with",
		request("//evil.example/"):                                    `want one "/" at its start`,
		request("/a/../b"):                                            `no "." or ".." segment`,
		request("/a/.."):                                              `no "." or ".." segment`,
		request("/./a"):                                               `no "." or ".." segment`,
		request("/a/%2e%2E/b"):                                        `no "." or ".." segment`,
		request("/a%2f..%2fb"):                                        `no "." or ".." segment`,
		request("/a%5c..%5cb"):                                        `no "." or ".." segment`,
		request(`/a\..\b`):                                            "which must be percent-encoded",
		request("/a b"):                                               "which must be percent-encoded",
		request("/a#b"):                                               "which must be percent-encoded",
		request("/é"):                                                 "which must be percent-encoded",
		request("/a\r\nHost: evil.example"):                           "which must be percent-encoded",
		request("/a%zz"):                                              "not well percent-encoded",
		request("/" + strings.Repeat("a", MaxPath)):                   "has 2049 bytes, want at most 2048",
	} {
		_, err := ParseMapOutput([]byte(answer))
		wrong, ok := errors.AsType[*FieldError](err)
		if !ok || !strings.Contains(wrong.Error(), want) {
			t.Errorf("%s: %v, want %s", answer, err, want)
		}
	}
}

func TestParseDescription(t *testing.T) {
	t.Parallel()
	got, err := ParseDescription([]byte(`{"name":" a\nb ","version":"1","hooks":["decide","map"],"settings":{"type":"object"}}`))
	want := Description{Name: "a b", Version: "1", Hooks: []string{"decide", "map"}, Settings: json.RawMessage(`{"type":"object"}`)}
	if err != nil || !reflect.DeepEqual(*got, want) {
		t.Errorf("got %+v, %v; want %+v", got, err, want)
	}
	for answer, want := range map[string]string{
		`{}`:                          "name: is missing",
		`{"name":"a","hooks":["x"]}`:  `hooks[0]: is "x", want`,
		`{"name":"a","settings":"x"}`: "settings: is not a JSON object",
		`{"name":["a"]}`:              "name: is a JSON array, want a string",
	} {
		if _, err := ParseDescription([]byte(answer)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", answer, err, want)
		}
	}
}

func TestActions(t *testing.T) {
	t.Parallel()
	for _, a := range Actions() {
		if !a.Valid() {
			t.Errorf("%q is listed and not valid", a)
		}
	}
	if len(Actions()) != 10 || Action("").Valid() || Action("Create").Valid() {
		t.Errorf("the actions are %q", Actions())
	}
}

func TestCleanText(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text  string
		limit int
		want  string
	}{
		{"", 10, ""},
		{"plain", 5, "plain"},
		{"plainly", 6, "pla…"},
		{"ééé", 5, "é…"},
		{"  \t a\u00a0b\u2029c\x1b[1m\u200f ", 100, "a b c [1m"},
		{"\xffx", 10, "\ufffdx"},
		{"long", 3, "…"},
		{"long", 2, ""},
	} {
		if got := CleanText(c.text, c.limit); got != c.want {
			t.Errorf("CleanText(%q, %d) is %q, want %q", c.text, c.limit, got, c.want)
		}
	}
}

// FuzzParse checks that an accepted answer is accepted again as it was understood,
// and that errors never repeat much of what a policy said.
func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"verdict":"deny","status":400,"scim_type":"invalidValue","detail":"no"}`))
	f.Add([]byte(`{"verdict":"hold","title":"look","reason":"r","lifecycle":"suspend","after":{"a":1}}`))
	f.Add([]byte(`{"requests":[{"method":"POST","path":"/a%2fb?c","body":{}}]}`))
	f.Add([]byte(`{"name":"a","version":"1","hooks":["decide"],"settings":{}}`))
	in := &DecideInput{Operation: OpCreate}
	f.Fuzz(func(t *testing.T, answer []byte) {
		roundTrip(t, answer, func(b []byte) (*Decision, error) { return ParseDecision(b, in) })
		roundTrip(t, answer, ParseMapOutput)
		roundTrip(t, answer, ParseDescription)
	})
}

func roundTrip[T any](t *testing.T, answer []byte, parse func([]byte) (*T, error)) {
	t.Helper()
	got, err := parse(answer)
	if err != nil {
		if len(err.Error()) > 1000 || CleanText(err.Error(), 2000) != err.Error() {
			t.Fatalf("%q: the error is not fit to be shown: %q", answer, err)
		}
		return
	}
	again, err := json.Marshal(got)
	if err != nil {
		t.Fatalf("%q: %v", answer, err)
	}
	second, err := parse(again)
	if err != nil {
		t.Fatalf("%q: understood as %s, which is refused: %v", answer, again, err)
	}
	third, err := json.Marshal(second)
	if err != nil || string(third) != string(again) {
		t.Fatalf("%q: understood as %s and then as %s, %v", answer, again, third, err)
	}
}
