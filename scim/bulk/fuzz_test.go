package bulk_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/caddy-scim/caddy-scim/scim"
	"github.com/caddy-scim/caddy-scim/scim/bulk"
)

// FuzzBulk: no body makes it panic, every failure is a SCIM error, every operation has one turn, what is sent on is JSON
// within the bounds of a single request, and no reference is left in it.
func FuzzBulk(f *testing.F) {
	for _, ops := range [][]string{
		{post("Users", "qwerty", `"userName":"Alice"`), post("Groups", "ytrewq", `"members":[{"type":"User","value":"bulkId:qwerty"}]`)},
		{post("Groups", "qwerty", `"members":[{"value":"bulkId:ytrewq"}]`), post("Groups", "ytrewq", `"members":[{"value":"bulkId:qwerty"}]`)},
		{post("Users", "a", `"urn:x:User":{"manager":{"value":"bulkId:b"}}`), post("Users", "b", `"urn:x:User":{"manager":{"$ref":"/Users/bulkId:a"}}`)},
		{`{"method":"PATCH","path":"/Users/bulkId:a","version":"W/\"1\"","data":[{"op":"remove","path":"members[value eq \"bulkId:a\"]"}]}`, post("Users", "a", ``)},
		{`{"method":"DELETE","path":"https://h.example/scim/v2/Users/1"}`, `{"method":"PUT","path":"/Users/1","data":{"a":"\u0062ulkId:x"}}`},
	} {
		f.Add([]byte(body(ops...)))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		req, err := bulk.Parse(data, options)
		if err != nil {
			var e *scim.Error
			if !errors.As(err, &e) || e.Status != 400 && e.Status != 413 || e.Detail == "" {
				t.Fatalf("%v", err)
			}
			return
		}
		n := len(req.Operations)
		if n == 0 || n > options.MaxOperations || req.FailOnErrors < 0 {
			t.Fatalf("%d operations, failOnErrors %d", n, req.FailOnErrors)
		}
		turns := make([]int, n)
		ids := map[string]string{}
		results := make([]bulk.Result, n)
		for _, step := range req.Plan(tie) {
			op := &req.Operations[step.Op]
			res := &results[step.Op]
			res.Method, res.BulkID, res.Status = op.Method, op.BulkID, 200
			if step.Complete {
				checkBody(t, ids)(req.Completion(step.Op, ids))
				continue
			}
			turns[step.Op]++
			if op.Err != nil {
				res.Fail(op.Err)
				continue
			}
			_, idErr := req.ID(step.Op, ids)
			sent, err := req.Body(step.Op, ids)
			if err = errors.Join(idErr, err); err == nil && op.Method == "POST" {
				ids[op.BulkID] = "id"
			}
			if op.Method != "DELETE" {
				checkBody(t, ids)(sent, err)
			}
		}
		for i, turn := range turns {
			if turn != 1 {
				t.Fatalf("operation %d has %d turns", i, turn)
			}
		}
		if out := bulk.AppendResponse(nil, results); !json.Valid(out) {
			t.Fatalf("the response is no JSON: %s", out)
		}
	})
}

func checkBody(t *testing.T, ids map[string]string) func([]byte, error) {
	return func(sent []byte, err error) {
		t.Helper()
		if err != nil {
			var e *scim.Error
			if !errors.As(err, &e) || e.Status != 409 || e.Detail == "" {
				t.Fatalf("%v", err)
			}
			return
		}
		obj, err := scim.Decode(sent)
		if err != nil {
			t.Fatalf("%q: %v", sent, err)
		}
		for id := range ids {
			for _, v := range texts(obj) {
				if v == bulk.Prefix+id {
					t.Fatalf("%q is left in %s", v, sent)
				}
			}
		}
	}
}

// texts lists the string values in a value.
func texts(v any) (out []string) {
	switch v := v.(type) {
	case scim.Object:
		for _, e := range v {
			out = append(out, texts(e)...)
		}
	case []any:
		for _, e := range v {
			out = append(out, texts(e)...)
		}
	case string:
		out = append(out, v)
	}
	return out
}
