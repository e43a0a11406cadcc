package endpoint_test

import (
	"encoding/json"
	"io/fs"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/connector"
	"github.com/caddy-scim/caddy-scim/scim"
)

// single is one file of <client>: a request alone, with the resource before and after it.
type single struct {
	About    string
	Method   string
	Path     string
	Headers  map[string]*string
	Body     json.RawMessage
	Before   json.RawMessage
	Status   int
	ScimType scim.Type
	Detail   string // part of the error's detail
	After    json.RawMessage
}

// member is how the exchanges name the members of their groups.
var member = regexp.MustCompile(`"u[0-9]+\\?"`)

// Each exchange that stands alone runs against a stack of its own, after its resource was made what it is before.
func TestCorpusSingles(t *testing.T) {
	t.Parallel()
	files, err := fs.Glob(corpus, "*/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no exchanges: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(file, ".json"), func(t *testing.T) {
			t.Parallel()
			var x single
			readStrictly(t, file, &x)
			x.run(t, strings.Split(file, "/")[0])
		})
	}
}

func (x *single) run(t *testing.T, client string) {
	t.Helper()
	r := startCorpus(t, &scenario{Profile: profileOf(client)}, mailFromUserName)
	r.at = x.About
	for _, text := range []*json.RawMessage{&x.Body, &x.Before, &x.After} {
		*text = r.makeMembers(*text)
	}
	st := step{
		About: x.About, Request: x.Method + " " + strings.Replace(x.Path, "{id}", "{it}", 1), Headers: x.Headers, Body: x.Body,
		Status: x.Status, Says: x.Detail,
	}
	if x.After != nil {
		st.State = map[string]json.RawMessage{"it": x.shown(t, x.After)}
	}
	if x.ScimType != "" {
		st.Answer = json.RawMessage(`{"scimType":"` + string(x.ScimType) + `"}`)
	}
	switch {
	case x.Before != nil:
		r.names["it"] = r.stack.Want(http.StatusCreated, "POST", strings.TrimSuffix(x.Path, "/{id}"), string(x.Before)).Get("id").Str
		r.tracked["it"] = &tracked{path: strings.Replace(x.Path, "{id}", r.names["it"], 1)}
		r.expect("it", x.shown(t, x.Before))
		r.check()
	case x.After != nil:
		st.As = "it"
	}
	r.play(st)
	if len(r.tracked) == 0 {
		r.checkHolds("what is there afterwards", map[string]any{"totalResults": json.Number("0")}, r.stack.Do("GET", x.Path, nil).Body)
	}
}

// mailFromUserName is for users without an e-mail address, as the application wants one of everybody.
func mailFromUserName(cfg *connector.Config) {
	for i := range cfg.Fields {
		if cfg.Fields[i].Target == "mail" {
			cfg.Fields[i].Source = "userName"
		}
	}
}

// shown is a document as the stack shows it: a user of whom nothing else was said is active, and members have a type.
func (x *single) shown(t *testing.T, text json.RawMessage) json.RawMessage {
	t.Helper()
	doc, err := scim.Decode(text)
	if err != nil {
		t.Fatal(err)
	}
	if _, said := doc["active"]; !said && strings.HasPrefix(x.Path, "/Users") {
		doc["active"] = true
	}
	members, _ := doc["members"].([]any)
	for _, e := range members {
		if e, ok := e.(map[string]any); ok {
			e["type"] = "User"
		}
	}
	data, err := scim.Encode(doc)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// makeMembers makes a user for each member that a text names, and puts the user's id in the name's place.
func (r *corpusRun) makeMembers(text json.RawMessage) json.RawMessage {
	r.t.Helper()
	return member.ReplaceAllFunc(text, func(quoted []byte) []byte {
		name := strings.Trim(string(quoted), `"\`)
		if r.names[name] == "" {
			r.names[name] = r.stack.Want(http.StatusCreated, "POST", "/Users", user(name)).Get("id").Str
		}
		return []byte(strings.Replace(string(quoted), name, r.names[name], 1))
	})
}

// profileOf is the connection's profile for a client, generic where it has none of its own.
func profileOf(client string) string {
	if slices.Contains(adapter.Profiles, client) {
		return client
	}
	return "generic"
}
