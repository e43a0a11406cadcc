package connector_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/caddy-scim/caddy-scim/adapter/connector"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// stepped is a create of three calls, the second of which makes the account.
func stepped(cfg *connector.Config) {
	cfg.Routes[abi.ActionCreate] = connector.Route{
		Method: "POST", Path: "/seats", Body: json.RawMessage(`{"for":"{userName}"}`),
		Then: []connector.Route{
			{Method: "POST", Path: "/members", ID: "member.no"},
			{Method: "PUT", Path: "/members/{legacy_id}/roles", Body: json.RawMessage(`{"member":"{legacy_id}","roles":["staff"]}`)},
		},
	}
	cfg.Routes[abi.ActionDelete] = connector.Route{
		Method: "POST", Path: "/members/{legacy_id}/logout", Then: []connector.Route{{Method: "DELETE", Path: "/members/{legacy_id}"}},
	}
	cfg.Fields = []connector.Field{{Target: "login", Source: "userName"}}
}

// told is what an application was told.
type told struct {
	lines   []string
	answers map[string]string // by the path: a status and a body
}

func (a *told) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	a.lines = append(a.lines, strings.TrimSpace(fmt.Sprintf("%s %s %s %s", r.Method, r.URL.Path, r.Header.Get("Idempotency-Key"), body)))
	answer, ok := a.answers[r.Method+" "+r.URL.Path]
	if !ok {
		answer = `200 {"member":{"no":"77"}}`
	}
	status, text, _ := strings.Cut(answer, " ")
	var code int
	if _, err := fmt.Sscan(status, &code); err != nil {
		panic(err)
	}
	w.WriteHeader(code)
	_, _ = io.WriteString(w, text)
}

func TestSteps(t *testing.T) {
	t.Parallel()
	const (
		seat  = `POST /seats k1 {"for":"mo@acme.example"}`
		make_ = `POST /members k1-2 {"login":"mo@acme.example"}`
		roles = `PUT /members/77/roles k1-3 {"member":"77","roles":["staff"]}`
	)
	for name, c := range map[string]struct {
		action  abi.Action
		answers map[string]string
		want    connector.Outcome
		told    []string
	}{
		"all":              {abi.ActionCreate, nil, connector.Outcome{Kind: connector.Done, LegacyID: "77", Status: 200}, []string{seat, make_, roles}},
		"the first fails":  {abi.ActionCreate, map[string]string{"POST /seats": "422"}, connector.Outcome{Kind: connector.Refused, Status: 422}, []string{seat}},
		"the second fails": {abi.ActionCreate, map[string]string{"POST /members": "503"}, connector.Outcome{Kind: connector.Retry, Status: 503, Unknown: true}, []string{seat, make_}},
		"it is there":      {abi.ActionCreate, map[string]string{"POST /members": "409"}, connector.Outcome{Kind: connector.Conflict, Status: 409, Unknown: true}, []string{seat, make_}},
		"it tells no id":   {abi.ActionCreate, map[string]string{"POST /members": "201 {}"}, connector.Outcome{Kind: connector.Retry, Status: 201, Unknown: true}, []string{seat, make_}},
		"the third is refused": {
			abi.ActionCreate, map[string]string{"PUT /members/77/roles": "409"},
			connector.Outcome{Kind: connector.Refused, LegacyID: "77", Status: 409, Unknown: true}, []string{seat, make_, roles},
		},
		"the third fails": {
			abi.ActionCreate, map[string]string{"PUT /members/77/roles": "500"},
			connector.Outcome{Kind: connector.Retry, LegacyID: "77", Status: 500, Unknown: true}, []string{seat, make_, roles},
		},
		"another action": {abi.ActionDelete, nil, connector.Outcome{Kind: connector.Done, Status: 200}, []string{"POST /members/1001/logout k1", "DELETE /members/1001 k1-2"}},
		"nobody was logged in": {
			abi.ActionDelete, map[string]string{"POST /members/1001/logout": "404"},
			connector.Outcome{Kind: connector.Done, Status: 200}, []string{"POST /members/1001/logout k1", "DELETE /members/1001 k1-2"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			app := &told{answers: c.answers}
			conn := newConnector(t, stepped, app.ServeHTTP)
			call := createCall()
			if call.Action = c.action; c.action != abi.ActionCreate {
				call.LegacyID = "1001"
			}
			got := conn.Do(t.Context(), call)
			if len(got.Exchanges) != len(c.told) {
				t.Errorf("%d exchanges are on record, want %d", len(got.Exchanges), len(c.told))
			}
			got = connector.Outcome{Kind: got.Kind, LegacyID: got.LegacyID, Status: got.Status, Unknown: got.Unknown}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if diff := cmp.Diff(c.told, app.lines); diff != "" {
				t.Errorf("it was told -want +got:\n%s", diff)
			}
		})
	}
}

// What the id of the account is comes from the application, and is no way out of the base URL.
func TestStepWithAHostileID(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"..", ".", "%2e%2e", "..%2f..", "a/../../b", "a\\..\\b", "77\r\nX: y", strings.Repeat("9", 300), "../members", "%252e%252e"} {
		body, err := json.Marshal(map[string]any{"member": map[string]string{"no": id}})
		if err != nil {
			t.Fatal(err)
		}
		app := &told{answers: map[string]string{"POST /members": "201 " + string(body)}}
		conn := newConnector(t, stepped, app.ServeHTTP)
		got := conn.Do(t.Context(), createCall())
		if got.Kind != connector.Retry || !got.Unknown || got.LegacyID != "" || len(app.lines) != 2 {
			t.Errorf("%q: %+v after %q", id, got, app.lines)
		}
	}
}

func TestRenderSteps(t *testing.T) {
	t.Parallel()
	conn := connectTo(t, "http://127.0.0.1:9/api", stepped)
	got, err := conn.Render(createCall())
	if err != nil {
		t.Fatal(err)
	}
	want := []connector.Request{
		{Method: "POST", Path: "/seats", Body: []byte(`{"for":"mo@acme.example"}`)},
		{Method: "POST", Path: "/members", Body: []byte(`{"login":"mo@acme.example"}`)},
		{Method: "PUT", Path: "/members/{legacy_id}/roles"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestStepsThatMakeNoSense(t *testing.T) {
	t.Parallel()
	post := func(path string) connector.Route { return connector.Route{Method: "POST", Path: path} }
	for name, c := range map[string]struct {
		action abi.Action
		route  connector.Route
		field  string
	}{
		"no id yet":            {abi.ActionCreate, connector.Route{Method: "POST", Path: "/m", Then: []connector.Route{post("/m/{legacy_id}")}}, "routes.create.then[0]"},
		"no id yet in a body":  {abi.ActionCreate, connector.Route{Method: "POST", Path: "/m", Then: []connector.Route{{Method: "POST", Path: "/x", Body: json.RawMessage(`{"no":"{legacy_id}"}`)}}}, "routes.create.then[0]"},
		"an id where none is":  {abi.ActionUpdate, connector.Route{Method: "POST", Path: "/m", Then: []connector.Route{{Method: "POST", Path: "/x", ID: "no"}}}, "routes.update.then[0].id"},
		"steps of a step":      {abi.ActionUpdate, connector.Route{Method: "POST", Path: "/m", Then: []connector.Route{{Method: "POST", Path: "/x", Then: []connector.Route{post("/y")}}}}, "routes.update.then[0].then"},
		"a match":              {abi.ActionUpdate, connector.Route{Method: "POST", Path: "/m", Then: []connector.Route{{Method: "POST", Path: "/x", Match: []connector.Field{{Target: "a", Source: "id"}}}}}, "routes.update.then[0].match"},
		"a method":             {abi.ActionUpdate, connector.Route{Method: "POST", Path: "/m", Then: []connector.Route{{Method: "HEAD", Path: "/x"}}}, "routes.update.then[0].method"},
		"a path":               {abi.ActionUpdate, connector.Route{Method: "POST", Path: "/m", Then: []connector.Route{post("//evil.example/x")}}, "routes.update.then[0].path"},
		"a password":           {abi.ActionUpdate, connector.Route{Method: "POST", Path: "/m", Then: []connector.Route{{Method: "POST", Path: "/x", Body: json.RawMessage(`{"p":"{password}"}`)}}}, "routes.update.then[0].body"},
		"a password in a path": {abi.ActionCreate, connector.Route{Method: "POST", Path: "/m", Then: []connector.Route{post("/x/{password}")}}, "routes.create.then[0].path"},
		"a member":             {abi.ActionUpdate, connector.Route{Method: "POST", Path: "/m", Then: []connector.Route{post("/x/{member.id}")}}, "routes.update"},
		"too many":             {abi.ActionUpdate, connector.Route{Method: "POST", Path: "/m", Then: make([]connector.Route, connector.MaxSteps)}, "routes.update.then"},
	} {
		_, err := connector.New(connector.Config{BaseURL: "http://127.0.0.1:9", Routes: map[abi.Action]connector.Route{c.action: c.route}}, nil)
		wantField(t, name, err, c.field)
	}
	_, err := connector.New(connector.Config{BaseURL: "http://127.0.0.1:9", Lookup: &connector.Route{Path: "/m", ID: "no", Then: []connector.Route{post("/x")}}}, nil)
	wantField(t, "a lookup", err, "lookup.then")
}

func wantField(t *testing.T, name string, err error, field string) {
	t.Helper()
	if failed, ok := err.(*connector.ConfigError); !ok || failed.Field != field { //nolint:errorlint // New promises this very type
		t.Errorf("%s: %v, want an error about %s", name, err, field)
	}
}
