package connector_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-scim/caddy-scim/adapter/connector"
	"github.com/caddy-scim/caddy-scim/examples/legacyapp"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// A whole life of an account in the example application.
func TestLegacyApplication(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(legacyapp.New(legacyapp.Options{Key: "k"}))
	defer server.Close()
	conn := connectTo(t, server.URL, func(cfg *connector.Config) { cfg.Auth.Bearer = "k" })

	do := func(action abi.Action, want connector.Kind, change func(*connector.Call)) connector.Outcome {
		t.Helper()
		call := updateCall()
		call.Action = action
		if change != nil {
			change(&call)
		}
		out := conn.Do(t.Context(), call)
		if out.Kind != want {
			t.Fatalf("%s: %+v, want %s", action, out, want)
		}
		return out
	}
	member := func(path, want string) {
		t.Helper()
		if got := gjson.Get(legacyGet(t, server.URL, "/members?login=mo@acme.example"), "members.0."+path).String(); got != want {
			t.Errorf("%s = %q, want %q", path, got, want)
		}
	}

	if _, found, err := conn.Lookup(t.Context(), createCall()); found || err != nil {
		t.Fatal(found, err)
	}
	if out := do(abi.ActionCreate, connector.Done, nil); out.LegacyID != "1001" || out.Status != 201 {
		t.Fatalf("%+v", out)
	}
	member("full_name", "Mo K")
	member("dept", "R&D")
	do(abi.ActionCreate, connector.Conflict, nil)
	if id, found, err := conn.Lookup(t.Context(), createCall()); id != "1001" || !found || err != nil {
		t.Fatal(id, found, err)
	}
	do(abi.ActionUpdate, connector.Done, func(c *connector.Call) {
		c.After = alter(t, "name.familyName", "L", "externalId", nil)
	})
	member("full_name", "Mo L")
	member("ref", "")
	out := do(abi.ActionUpdate, connector.Refused, func(c *connector.Call) {
		c.Requests = []abi.Request{{Body: json.RawMessage(`{"role":"king"}`)}}
	})
	if out.Detail != `role "king" is not known` || out.Status != 422 {
		t.Errorf("%+v", out)
	}
	do(abi.ActionSuspend, connector.Done, nil)
	member("state", "suspended")
	do(abi.ActionReactivate, connector.Done, nil)
	member("state", "active")

	fault(t, server.URL, `{"status":503,"count":1,"retry_after":"5"}`)
	if out := do(abi.ActionUpdate, connector.Retry, nil); out.RetryAfter.Seconds() != 5 || out.Detail != "told to answer 503" {
		t.Errorf("%+v", out)
	}
	fault(t, server.URL, `{"status":0,"after":true}`)
	if out := do(abi.ActionDelete, connector.Retry, nil); !out.Unknown {
		t.Errorf("%+v", out)
	}
	if out := do(abi.ActionDelete, connector.Done, nil); !out.Gone {
		t.Errorf("%+v", out)
	}
	do(abi.ActionUpdate, connector.Refused, nil)

	keys := gjson.Get(legacyGet(t, server.URL, "/requests"), `requests.#(method=="POST")#.headers.Idempotency-Key`)
	for _, key := range keys.Array() {
		if key.Str != "k1" {
			t.Errorf("idempotency keys %s", keys.Raw)
		}
	}
}

func fault(t *testing.T, base, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+"/faults", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if status, answer := send(t, req); status != http.StatusOK {
		t.Fatal(status, answer)
	}
}

func legacyGet(t *testing.T, base, path string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, answer := send(t, req)
	return answer
}

func send(t *testing.T, req *http.Request) (int, string) {
	t.Helper()
	req.Header.Set("Authorization", "Bearer k")
	req.Close = true // leaves no connection behind
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}
