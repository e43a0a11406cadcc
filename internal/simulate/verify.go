package simulate

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/tidwall/gjson"
)

const (
	userURN       = "urn:ietf:params:scim:schemas:core:2.0:User"
	enterpriseURN = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	patchURN      = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
	listURN       = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
	errorURN      = "urn:ietf:params:scim:api:messages:2.0:Error"
)

// object is a JSON object to send.
type object = map[string]any

// patch is a PATCH body.
func patch(operations ...object) object {
	return object{"schemas": []string{patchURN}, "Operations": operations}
}

// enterprise is the gjson path of an enterprise attribute; its URN has dots.
func enterprise(name string) string { return strings.ReplaceAll(enterpriseURN, ".", `\.`) + "." + name }

// want checks values of a resource: gjson path and JSON text of the value, in pairs; "" for one that must not be there.
func (r *response) want(pairs ...string) error {
	for ; len(pairs) >= 2; pairs = pairs[2:] {
		path, want := pairs[0], pairs[1]
		got := gjson.GetBytes(r.body, path)
		raw := got.Raw
		if got.Type == gjson.Null || got.Type == gjson.String && got.Str == "" || raw == "[]" {
			raw = ""
		}
		// Compared as values, because a text has more than one JSON form.
		if expected := gjson.Parse(want); raw != want && (got.Type != expected.Type || got.Type != gjson.String || got.Str != expected.Str) {
			if raw == "" {
				raw = "not there"
			}
			if want == "" {
				return r.failf("%s is %s, want it gone", path, raw)
			}
			return r.failf("%s is %s, want %s", path, raw, want)
		}
	}
	return nil
}

// text is the JSON form of a text, for want.
func text(s string) string { return string(gjson.AppendJSONString(nil, s)) }

// read gets the person's resource and checks values of it.
func (s *session) read(ctx context.Context, p *person, pairs ...string) (*response, error) {
	resp, err := s.send(ctx, http.MethodGet, "/Users/"+p.id, nil, http.StatusOK)
	if err != nil {
		return nil, err
	}
	return resp, resp.want(append([]string{"id", text(p.id)}, pairs...)...)
}

// encoded is a filter as most providers send it.
func encoded(filter string) string {
	return "filter=" + strings.ReplaceAll(url.QueryEscape(filter), "+", "%20")
}

// finds sends a list request and checks that it finds just the person, or nobody if p is nil.
func (s *session) finds(ctx context.Context, query string, p *person) error {
	resp, err := s.list(ctx, query)
	if err != nil {
		return err
	}
	if p == nil {
		return resp.want("totalResults", "0", "Resources", "")
	}
	return resp.want("totalResults", "1", "Resources.#", "1", "Resources.0.id", text(p.id))
}

func (s *session) list(ctx context.Context, query string) (*response, error) {
	resp, err := s.send(ctx, http.MethodGet, "/Users?"+query, nil, http.StatusOK)
	if err != nil {
		return nil, err
	}
	return resp, resp.want("schemas.0", text(listURN))
}

// post creates the person's resource, and takes its id from the answer.
func (s *session) post(ctx context.Context, p *person, body object) error {
	resp, err := s.send(ctx, http.MethodPost, "/Users", body, http.StatusCreated)
	if err != nil {
		return err
	}
	if p.id, err = resp.id(); err != nil {
		return err
	}
	return resp.want("userName", text(p.userName), "active", "true", "password", "")
}

// id is that of the resource in the answer.
func (r *response) id() (string, error) {
	id := gjson.GetBytes(r.body, "id")
	if id.Type != gjson.String || id.Str == "" || strings.ContainsAny(id.Str, "/?#%") {
		return "", r.failf("the answer has no id")
	}
	return id.Str, nil
}

// write sends a PUT or PATCH. The answer may be the resource or, for PATCH, nothing.
func (s *session) write(ctx context.Context, method string, p *person, body object) error {
	want := []int{http.StatusOK}
	if method == http.MethodPatch {
		want = append(want, http.StatusNoContent)
	}
	resp, err := s.send(ctx, method, "/Users/"+p.id, body, want...)
	if err != nil || resp.status == http.StatusNoContent {
		return err
	}
	return resp.want("id", text(p.id))
}

// echo reads the resource, changes it and sends all of it back, with groups, meta and whatever else it holds.
func (s *session) echo(ctx context.Context, p *person, change func(object)) error {
	resp, err := s.read(ctx, p)
	if err != nil {
		return err
	}
	resource, ok := gjson.ParseBytes(resp.body).Value().(object)
	if !ok {
		return resp.failf("the answer is not an object")
	}
	if resource["groups"] == nil {
		resource["groups"] = []any{}
	}
	change(resource)
	return s.write(ctx, http.MethodPut, p, resource)
}

// gone deletes the resource and checks that it cannot be read any more.
func (s *session) gone(ctx context.Context, p *person) error {
	if _, err := s.send(ctx, http.MethodDelete, "/Users/"+p.id, nil, http.StatusNoContent); err != nil {
		return err
	}
	resp, err := s.send(ctx, http.MethodGet, "/Users/"+p.id, nil, http.StatusNotFound)
	if err != nil {
		return err
	}
	return resp.want("schemas.0", text(errorURN), "status", `"404"`)
}
