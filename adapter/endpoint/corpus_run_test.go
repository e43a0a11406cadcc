package endpoint_test

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/tidwall/gjson"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/adapter/connector"
)

// corpusRun is a scenario under way.
type corpusRun struct {
	t       *testing.T
	stack   *adaptertest.Stack
	headers map[string]string
	names   map[string]string   // what placeholders stand for
	tracked map[string]*tracked // the resources that the scenario has made, by name
	at      string              // the step, for failures
}

// tracked is a resource with what a client has to see of it.
type tracked struct {
	path  string // "/Users/" and its id
	state map[string]any
	gone  bool

	seen    map[string]any // as last read back, without groups
	version string         // and its meta.version
}

func startCorpus(t *testing.T, s *scenario, application func(*connector.Config)) *corpusRun {
	t.Helper()
	stack := adaptertest.Start(t, adaptertest.Options{Connector: application, Configure: func(cfg *adapter.TenantConfig) {
		cfg.Connections[0].Profile = s.Profile
		cfg.Lifecycle.OnDelete, cfg.Lifecycle.OnInactive = s.OnDelete, s.OnInactive
	}})
	for page, bodies := range s.Given {
		for _, body := range bodies {
			if resp := stack.App("POST", page, string(body)); resp.Status >= 300 {
				t.Fatalf("the application's %s: %d %s", page, resp.Status, resp.Body)
			}
		}
	}
	return &corpusRun{
		t: t, stack: stack, headers: s.Headers, tracked: map[string]*tracked{},
		names: map[string]string{"token": adaptertest.Token, "token.other": adaptertest.OtherToken, "base": stack.URL},
	}
}

func (r *corpusRun) errorf(format string, args ...any) {
	r.t.Helper()
	r.t.Errorf("%s\n"+format, append([]any{r.at}, args...)...)
}

var placeholder = regexp.MustCompile(`\{[a-z][A-Za-z0-9.]*\}`)

// fill puts what they stand for in the place of placeholders such as {ann}.
func (r *corpusRun) fill(text string) string {
	return placeholder.ReplaceAllStringFunc(text, func(p string) string {
		value, ok := r.names[p[1:len(p)-1]]
		if !ok {
			r.t.Fatalf("%s\nnothing is named %s", r.at, p)
		}
		return value
	})
}

// play sends the step's request and checks all that is to be so afterwards.
func (r *corpusRun) play(st step) {
	r.t.Helper()
	r.at = st.About
	resp := r.send(st)
	if resp.Status != st.Status {
		r.errorf("status %d, want %d: %s", resp.Status, st.Status, resp.Body)
		return
	}
	r.checkForm(st, resp)
	r.capture(st, resp)
	for _, name := range slices.Sorted(maps.Keys(st.State)) {
		r.expect(name, st.State[name])
	}
	if st.Reverted != "" {
		r.tracked[st.Reverted].version = ""
	}
	if st.Answer != nil {
		r.checkHolds("the answer", r.decode(r.fill(string(st.Answer))), resp.Body)
	}
	if detail := resp.Get("detail").Str; !strings.Contains(detail, st.Says) {
		r.errorf("the detail %q does not say %q", detail, st.Says)
	}
	for name, want := range st.AnswerHeaders {
		if got := resp.Header.Get(name); got != r.fill(want) {
			r.errorf("%s: %q, want %q", name, got, r.fill(want))
		}
	}
	if st.Repeat > 1 {
		for name := range st.State {
			r.read(name)
		}
	} else {
		r.check()
	}
	r.checkAnswerIsState(st, resp)
	if st.Application != nil {
		r.stack.WaitIdle() // what a request sets off elsewhere is delivered after its answer
	}
	for _, page := range slices.Sorted(maps.Keys(st.Application)) {
		r.checkHolds("the application's "+page, r.decode(r.fill(string(st.Application[page]))), r.stack.App("GET", r.fill(page), nil).Body)
	}
}

// send sends the step's request as the client does: the query as it stands, and only the headers that it has.
func (r *corpusRun) send(st step) adaptertest.Response {
	r.t.Helper()
	method, target, _ := strings.Cut(st.Request, " ")
	var body io.Reader
	switch {
	case st.Raw != nil:
		body = strings.NewReader(*st.Raw)
	case st.Body != nil:
		var compact bytes.Buffer
		if err := json.Compact(&compact, st.Body); err != nil {
			r.t.Fatal(err)
		}
		body = strings.NewReader(r.fill(compact.String()))
	}
	req, err := http.NewRequestWithContext(r.t.Context(), method, r.stack.URL, body)
	if err != nil {
		r.t.Fatal(err)
	}
	path, query, _ := strings.Cut(r.fill(target), "?")
	req.URL.Path += path
	req.URL.RawQuery = query
	req.Header.Set("Authorization", "Bearer "+adaptertest.Token)
	req.Header.Set("User-Agent", "") // which net/http takes for none
	for name, value := range r.headers {
		if body != nil || name != "Content-Type" {
			req.Header.Set(name, r.fill(value))
		}
	}
	for name, value := range st.Headers {
		if req.Header.Del(name); value != nil {
			req.Header.Set(name, r.fill(*value))
		}
	}
	resp, err := r.stack.Client.Do(req)
	if err != nil {
		r.t.Fatalf("%s\n%v", r.at, err)
	}
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		r.t.Fatalf("%s\n%v", r.at, err)
	}
	return adaptertest.Response{Status: resp.StatusCode, Header: resp.Header, Body: string(data)}
}

// checkForm checks what is so of every answer: it is SCIM in JSON of the type that was asked for, or nothing at all.
func (r *corpusRun) checkForm(st step, resp adaptertest.Response) {
	r.t.Helper()
	if resp.Body == "" {
		if resp.Status != http.StatusNoContent && resp.Status != http.StatusNotModified {
			r.errorf("the answer is empty")
		}
		return
	}
	accept := r.headers["Accept"]
	if own, given := st.Headers["Accept"]; given {
		accept = ""
		if own != nil {
			accept = *own
		}
	}
	want := "application/scim+json"
	if strings.Contains(accept, "application/json") && !strings.Contains(accept, want) {
		want = "application/json"
	}
	if got := resp.Header.Get("Content-Type"); got != want {
		r.errorf("the answer's type is %q, want %q", got, want)
	}
	if !json.Valid([]byte(resp.Body)) {
		r.errorf("the answer is not JSON: %s", resp.Body)
	}
	if resp.Status >= http.StatusBadRequest {
		r.checkHolds("the error", map[string]any{
			"schemas": []any{"urn:ietf:params:scim:api:messages:2.0:Error"}, "status": strconv.Itoa(resp.Status),
		}, resp.Body)
	}
}

// capture gives names to what the answer holds.
func (r *corpusRun) capture(st step, resp adaptertest.Response) {
	r.t.Helper()
	for name, path := range st.Capture {
		value := resp.Get(path)
		if !value.Exists() {
			r.t.Fatalf("%s\nthe answer has no %s: %s", r.at, path, resp.Body)
		}
		r.names[name] = value.String()
	}
	if st.As == "" {
		return
	}
	id := resp.Get("id").Str
	if id == "" {
		r.t.Fatalf("%s\nthe answer has no id: %s", r.at, resp.Body)
	}
	if was, known := r.names[st.As]; known && was != id {
		r.errorf("this is %s, and not %s as before", id, was)
	}
	r.names[st.As] = id
	_, target, _ := strings.Cut(st.Request, " ")
	path, _, _ := strings.Cut(target, "?")
	if r.tracked[st.As] == nil {
		r.tracked[st.As] = &tracked{path: strings.TrimSuffix(path, "/") + "/" + id}
	}
	if st.State[st.As] == nil {
		r.t.Fatalf("%s\nthe step does not say what %s is afterwards", r.at, st.As)
	}
	if location := resp.Header.Get("Location"); location != r.stack.URL+r.tracked[st.As].path {
		r.errorf("Location: %q", location)
	}
}

// expect sets what a resource has to be from now on.
func (r *corpusRun) expect(name string, state json.RawMessage) {
	r.t.Helper()
	res := r.tracked[name]
	if res == nil {
		r.t.Fatalf("%s\nno resource is named %s", r.at, name)
	}
	if res.gone = string(state) == "null"; !res.gone {
		res.state = r.decode(r.fill(string(state)))
		sortList(res.state["members"])
	}
}

// check reads back every resource that the scenario has made.
func (r *corpusRun) check() {
	r.t.Helper()
	for _, name := range slices.Sorted(maps.Keys(r.tracked)) {
		r.read(name)
	}
}

// read reads a resource back, by a request of its own, and compares all of it.
func (r *corpusRun) read(name string) {
	r.t.Helper()
	res := r.tracked[name]
	resp := r.stack.Do("GET", res.path, nil)
	if res.gone {
		res.version = "" // should it come back, it is another one
		if resp.Status != http.StatusNotFound {
			r.errorf("%s is still there: %d %s", name, resp.Status, resp.Body)
		}
		return
	}
	if resp.Status != http.StatusOK {
		r.errorf("reading %s back: %d %s", name, resp.Status, resp.Body)
		return
	}
	got := r.bare(res, r.decode(resp.Body))
	r.checkVersion(name, got, resp.Get("meta.version").Str)
	want := maps.Clone(res.state)
	if groups := r.groupsOf(r.names[name]); len(groups) > 0 && strings.HasPrefix(res.path, "/Users/") {
		want["groups"] = groups
	}
	if diff := cmp.Diff(want, got); diff != "" {
		r.errorf("%s (-want +got):\n%s", name, diff)
	}
}

// checkAnswerIsState checks that an answer which shows a whole resource shows what a GET does.
func (r *corpusRun) checkAnswerIsState(st step, resp adaptertest.Response) {
	r.t.Helper()
	method, target, _ := strings.Cut(st.Request, " ")
	if method == http.MethodGet || resp.Body == "" || resp.Status >= 300 || strings.Contains(target, "?") {
		return
	}
	for _, res := range r.tracked {
		if res.gone || res.path[strings.LastIndex(res.path, "/")+1:] != resp.Get("id").Str {
			continue
		}
		if diff := cmp.Diff(r.stack.Do("GET", res.path, nil).Get("@this").Value(), gjson.Parse(resp.Body).Value()); diff != "" {
			r.errorf("the answer is not the resource (-resource +answer):\n%s", diff)
		}
	}
}
