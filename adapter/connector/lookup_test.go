package connector_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/caddy-scim/caddy-scim/adapter/connector"
)

func TestLookup(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		status int
		answer string
		want   string // the id, or "" for not found
		err    bool
	}{
		{"found", 200, `{"members":[{"no":1001,"login":"mo@acme.example"}]}`, "1001", false},
		{"found in other case", 200, `{"members":[{"no":1001,"login":"MO@acme.example"}]}`, "1001", false},
		{"nobody", 200, `{"members":[]}`, "", false},
		{"empty answer", 204, ``, "", false},
		{"404", 404, `{"problem":"no"}`, "", false},
		{"410", 410, ``, "", false},
		{"somebody else", 200, `{"members":[{"no":1001,"login":"other@acme.example"}]}`, "", false},
		{"everybody", 200, `{"members":[{"no":1001,"login":"mo@acme.example"},{"no":1002,"login":"x"}]}`, "", true},
		{"not JSON", 200, `<html>`, "", true},
		{"login page", 302, ``, "", true},
		{"refused", 403, `{"problem":"no"}`, "", true},
		{"down", 503, ``, "", true},
	} {
		conn := newConnector(t, nil, func(w http.ResponseWriter, r *http.Request) {
			if r.Method != http.MethodGet || r.URL.RequestURI() != "/members?login=mo%40acme.example" || r.Header.Get("Idempotency-Key") != "" {
				t.Errorf("%s: %s %s %v", c.name, r.Method, r.URL.RequestURI(), r.Header)
			}
			w.Header().Set("Retry-After", "9")
			w.WriteHeader(c.status)
			_, _ = io.WriteString(w, c.answer)
		})
		id, found, err := conn.Lookup(t.Context(), createCall())
		if id != c.want || found != (c.want != "") || (err != nil) != c.err {
			t.Errorf("%s: %q %v %v", c.name, id, found, err)
		}
		var failed *connector.LookupError
		switch {
		case c.name == "everybody" && !errors.Is(err, connector.ErrAmbiguous):
			t.Errorf("%s: %v", c.name, err)
		case c.name == "down" && (!errors.As(err, &failed) || failed.Status != 503 || failed.RetryAfter != 9*time.Second):
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestLookupInAPlainList(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]string{`[{"id":"a"}]`: "a", `[]`: "", `[{"id":"a"},{"id":"b"}]`: "!"} {
		conn := newConnector(t, func(cfg *connector.Config) {
			cfg.Lookup = &connector.Route{Method: "GET", Path: `/find/{emails[type eq "work"].value}`, ID: "0.id"}
		}, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, answer) })
		id, found, err := conn.Lookup(t.Context(), createCall())
		if want == "!" && !errors.Is(err, connector.ErrAmbiguous) || want != "!" && (id != want || found != (want != "") || err != nil) {
			t.Errorf("%s: %q %v %v", answer, id, found, err)
		}
	}
}

func TestLookupNeedsItsValues(t *testing.T) {
	t.Parallel()
	conn := connectTo(t, "http://app.example", nil)
	_, _, err := conn.Lookup(t.Context(), connector.Call{After: json.RawMessage(`{"displayName":"x"}`)})
	var missing *connector.MissingError
	if !errors.As(err, &missing) || missing.Attribute != "userName" {
		t.Error(err)
	}
}
