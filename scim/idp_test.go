package scim_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/caddy-scim/caddy-scim/scim"
	"github.com/caddy-scim/caddy-scim/scim/patch"
	"github.com/caddy-scim/caddy-scim/scim/schema"
)

// exchange is one file of testdata/idp: a request as an identity provider sends it, and what becomes of
// the resource. id and meta are the server's business and stand in none of the documents.
type exchange struct {
	About    string            `json:"about"`
	Method   string            `json:"method"`
	Path     string            `json:"path"`
	Headers  map[string]string `json:"headers"`
	Body     json.RawMessage   `json:"body"`
	Before   json.RawMessage   `json:"before"`
	Status   int               `json:"status"`
	ScimType scim.Type         `json:"scimType"`
	Detail   string            `json:"detail"` // part of the error's detail
	After    json.RawMessage   `json:"after"`
}

func TestIdentityProviders(t *testing.T) {
	t.Parallel()
	corpus := os.DirFS("testdata/idp")
	files, err := fs.Glob(corpus, "*/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no exchanges: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(file, ".json"), func(t *testing.T) {
			t.Parallel()
			data, err := fs.ReadFile(corpus, file)
			if err != nil {
				t.Fatal(err)
			}
			var x exchange
			if err := json.Unmarshal(data, &x); err != nil {
				t.Fatal(err)
			}
			got, err := x.run(t)
			if x.Status >= http.StatusBadRequest {
				e, ok := errors.AsType[*scim.Error](err)
				if !ok || e.Status != x.Status || e.ScimType != x.ScimType || !strings.Contains(e.Detail, x.Detail) {
					t.Fatalf("got %v, want %d %s … %s", err, x.Status, x.ScimType, x.Detail)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(decode(t, x.After), got); diff != "" {
				t.Errorf("resource after (-want +got):\n%s", diff)
			}
		})
	}
}

// run does with the exchange what a server does between decoding and storing.
func (x exchange) run(t *testing.T) (scim.Object, error) {
	rt := schema.User()
	if strings.HasPrefix(x.Path, schema.Group().Endpoint) {
		rt = schema.Group()
	}
	if want := rt.Endpoint; x.Path != want && x.Path != path.Join(want, "{id}") {
		t.Fatalf("path %q", x.Path)
	}
	var n schema.Normalized
	switch x.Method {
	case http.MethodPost:
		obj, err := scim.Decode(x.Body)
		if err != nil {
			return nil, err
		}
		n, err = rt.Normalize(obj, schema.FromClient)
		return n.Doc, err
	case http.MethodPut:
		obj, err := scim.Decode(x.Body)
		if err != nil {
			return nil, err
		}
		n, err = rt.Replace(decode(t, x.Before), obj)
		return n.Doc, err
	case http.MethodPatch:
		ops, err := patch.Parse(x.Body)
		if err != nil {
			return nil, err
		}
		before := decode(t, x.Before)
		kept := scim.Clone(before)
		n, err = patch.Apply(rt, before, ops)
		if diff := cmp.Diff(kept, before); diff != "" {
			t.Errorf("the document given was changed:\n%s", diff)
		}
		return n.Doc, err
	}
	t.Fatalf("method %q", x.Method)
	return nil, nil
}

func decode(t testing.TB, data []byte) scim.Object {
	t.Helper()
	obj, err := scim.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	return obj
}
