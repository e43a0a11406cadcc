package connector_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/caddy-scim/caddy-scim/adapter/connector"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

func TestConfigErrorsNameTheField(t *testing.T) {
	t.Parallel()
	route := func(r connector.Route) func(*connector.Config) {
		return func(c *connector.Config) { c.Routes = map[abi.Action]connector.Route{abi.ActionUpdate: r} }
	}
	lookup := func(r connector.Route) func(*connector.Config) {
		return func(c *connector.Config) { c.Lookup = &r }
	}
	fields := func(f ...connector.Field) func(*connector.Config) {
		return func(c *connector.Config) { c.Fields = f }
	}
	base := func(s string) func(*connector.Config) { return func(c *connector.Config) { c.BaseURL = s } }
	header := func(name, value string) func(*connector.Config) {
		return func(c *connector.Config) { c.Header = http.Header{name: {value}} }
	}
	auth := func(a connector.Auth) func(*connector.Config) { return func(c *connector.Config) { c.Auth = a } }
	for _, c := range []struct {
		change func(*connector.Config)
		field  string
	}{
		{base(""), "base_url"},
		{base("ftp://app.example"), "base_url"},
		{base("//app.example"), "base_url"},
		{base("http:app.example"), "base_url"},
		{base("http://"), "base_url"},
		{base("http://:80"), "base_url"},
		{base("http://u:s3cret@app.example"), "base_url"},
		{base("http://u:s3cret@app.example/%zz"), "base_url"},
		{base("http://app.example/a?b=c"), "base_url"},
		{base("http://app.example/a#b"), "base_url"},
		{base("http://app.example/a/../b"), "base_url"},
		{base("http://app.example/a/%2e%2e"), "base_url"},
		{header("Host", "x"), "header.Host"},
		{header("content-length", "5"), "header.content-length"},
		{header("Idempotency-Key", "5"), "header.Idempotency-Key"},
		{header("a b", "5"), "header.a b"},
		{header("X-Key", "s3cret\r\nX-Other: y"), "header.X-Key"},
		{auth(connector.Auth{Bearer: "s3cret", Username: "u"}), "auth"},
		{auth(connector.Auth{Bearer: "s3cret\n"}), "auth"},
		{auth(connector.Auth{Password: "s3cret"}), "auth.username"},
		{auth(connector.Auth{Username: "a:b", Password: "s3cret"}), "auth.username"},
		{auth(connector.Auth{HeaderName: "X-Key"}), "auth.header"},
		{auth(connector.Auth{HeaderName: "Host", HeaderValue: "s3cret"}), "auth"},
		{func(c *connector.Config) { c.Timeout = -1 }, "timeout"},
		{func(c *connector.Config) { c.MaxResponseBytes = -1 }, "max_response_bytes"},
		{route(connector.Route{Path: "/x"}), "routes.update.method"},
		{route(connector.Route{Method: "patch", Path: "/x"}), "routes.update.method"},
		{route(connector.Route{Method: "TRACE", Path: "/x"}), "routes.update.method"},
		{route(connector.Route{Method: "PUT"}), "routes.update.path"},
		{route(connector.Route{Method: "PUT", Path: "x"}), "routes.update.path"},
		{route(connector.Route{Method: "PUT", Path: "//evil.example/x"}), "routes.update.path"},
		{route(connector.Route{Method: "PUT", Path: "http://evil.example/x"}), "routes.update.path"},
		{route(connector.Route{Method: "PUT", Path: "/a/../x"}), "routes.update.path"},
		{route(connector.Route{Method: "PUT", Path: "/a b"}), "routes.update.path"},
		{route(connector.Route{Method: "PUT", Path: "/{userName"}), "routes.update.path"},
		{route(connector.Route{Method: "PUT", Path: "/userName}"}), "routes.update.path"},
		{route(connector.Route{Method: "PUT", Path: "/{}"}), "routes.update.path"},
		{route(connector.Route{Method: "PUT", Path: "/{emails[type].value}"}), "routes.update.path"},
		{route(connector.Route{Method: "PUT", Path: `/{emails[type eq "work"}`}), "routes.update.path"},
		{route(connector.Route{Method: "PUT", Path: `/{emails[type eq work].value}`}), "routes.update.path"},
		{route(connector.Route{Method: "PUT", Path: `/{emails[type eq "work"]value}`}), "routes.update.path"},
		{route(connector.Route{Method: "PUT", Path: `/{name.}`}), "routes.update.path"},
		{route(connector.Route{Method: "PUT", Path: `/{schema:x:userName}`}), "routes.update.path"},
		{route(connector.Route{Method: "PUT", Path: "/x", Body: json.RawMessage(`{`)}), "routes.update.body"},
		{route(connector.Route{Method: "PUT", Path: "/x", Body: json.RawMessage(`{"a":"{"}`)}), "routes.update.body"},
		{route(connector.Route{Method: "PUT", Path: "/x", Body: json.RawMessage(strings.Repeat("[", 40) + strings.Repeat("]", 40))}), "routes.update.body"},
		{route(connector.Route{Method: "GET", Path: "/x", Body: json.RawMessage(`{}`)}), "routes.update.body"},
		{route(connector.Route{Method: "PUT", Path: "/x", Match: []connector.Field{{}}}), "routes.update.match"},
		{func(c *connector.Config) { c.Routes = map[abi.Action]connector.Route{"fly": {}} }, "routes.fly"},
		{lookup(connector.Route{Path: "/x"}), "lookup.id"},
		{lookup(connector.Route{Method: "POST", Path: "/x", ID: "id"}), "lookup.method"},
		{lookup(connector.Route{Path: "/x", ID: "id", Body: json.RawMessage(`{}`)}), "lookup.body"},
		{lookup(connector.Route{ID: "id"}), "lookup.path"},
		{lookup(connector.Route{Path: "/x", ID: "id", Match: []connector.Field{{Source: "userName"}}}), "lookup.match[0].target"},
		{lookup(connector.Route{Path: "/x", ID: "id", Match: []connector.Field{{Target: "a"}}}), "lookup.match[0].source"},
		{fields(connector.Field{Target: "a"}), "fields[0].source"},
		{fields(connector.Field{Target: "a", Source: "{x"}), "fields[0].source"},
		{fields(connector.Field{Target: "a", Source: "a b"}), "fields[0].source"},
		{fields(connector.Field{Source: "userName"}), "fields[0].target"},
		{fields(connector.Field{Target: "a..b", Source: "userName"}), "fields[0].target"},
		{fields(connector.Field{Target: strings.Repeat("a.", 40) + "b", Source: "userName"}), "fields[0].target"},
		{fields(connector.Field{Target: "a", Source: "id"}, connector.Field{Target: "a", Source: "id"}), "fields[1].target"},
		{fields(connector.Field{Target: "a", Source: "id"}, connector.Field{Target: "a.b", Source: "id"}), "fields[1].target"},
		{fields(connector.Field{Target: "a.b", Source: "id"}, connector.Field{Target: "a", Source: "id"}), "fields[1].target"},
	} {
		cfg := connector.Config{BaseURL: "http://app.example/api"}
		c.change(&cfg)
		_, err := connector.New(cfg, nil)
		var problem *connector.ConfigError
		if !errors.As(err, &problem) || problem.Field != c.field {
			t.Errorf("%s: error %v, want one about %s", cfg, err, c.field)
		} else if strings.Contains(err.Error(), "s3cret") {
			t.Errorf("the error shows a secret: %v", err)
		}
	}
}

func TestConfigNeverPrintsSecrets(t *testing.T) {
	t.Parallel()
	for _, auth := range []connector.Auth{{Bearer: "s3cret"}, {Username: "u", Password: "s3cret"}, {HeaderName: "X-Key", HeaderValue: "s3cret"}} {
		cfg := connector.Config{BaseURL: "http://u:s3cret@app.example", Auth: auth, Header: http.Header{"X-Other": {"s3cret"}}}
		inner, err := json.Marshal(auth)
		if err != nil {
			t.Fatal(err)
		}
		var log strings.Builder
		logger := slog.New(slog.NewJSONHandler(&log, nil))
		logger.Info("x", "config", cfg, "auth", auth)
		text := slog.New(slog.NewTextHandler(&log, nil))
		text.Info("x", "config", cfg, "auth", auth)
		for _, printed := range []string{
			fmt.Sprintf("%v %+v %#v %s", cfg, cfg, cfg, cfg),
			fmt.Sprintf("%v %+v %#v %s", auth, auth, auth, auth),
			fmt.Sprintf("%v %+v", &cfg, []connector.Auth{auth}), string(inner), log.String(),
		} {
			if strings.Contains(printed, "s3cret") {
				t.Errorf("a secret is printed: %s", printed)
			}
		}
	}
}

func TestAuthAndHeaders(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		auth         connector.Auth
		header, want string
	}{
		{connector.Auth{}, "Authorization", ""},
		{connector.Auth{Bearer: "tok"}, "Authorization", "Bearer tok"},
		{connector.Auth{Username: "u", Password: "p:q"}, "Authorization", "Basic dTpwOnE="},
		{connector.Auth{HeaderName: "x-api-key", HeaderValue: "v"}, "X-Api-Key", "v"},
		{connector.Auth{}, "X-Extra", "e"},
		{connector.Auth{}, "Accept", "application/vnd.old+json"},
		{connector.Auth{}, "Content-Type", "application/json"},
		{connector.Auth{}, "User-Agent", "caddy-scim"},
	} {
		var got http.Header
		conn := newConnector(t, func(cfg *connector.Config) {
			cfg.Auth = c.auth
			cfg.Header = http.Header{"x-extra": {"e"}, "accept": {"application/vnd.old+json"}}
		}, func(w http.ResponseWriter, r *http.Request) {
			got = r.Header
			w.WriteHeader(http.StatusNoContent)
		})
		if out := conn.Do(t.Context(), updateCall()); out.Kind != connector.Done {
			t.Fatalf("%+v", out)
		}
		if got.Get(c.header) != c.want {
			t.Errorf("%s: %q, want %q", c.header, got.Get(c.header), c.want)
		}
	}
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	if connector.DefaultTimeout != 10*time.Second || connector.DefaultMaxResponseBytes != 1<<20 {
		t.Error("the documented defaults have changed")
	}
	conn, err := connector.New(connector.Config{BaseURL: "https://app.example/api/"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if conn.CanDo(abi.ActionCreate) || conn.CanLookup() {
		t.Error("a connector without routes can do something")
	}
	if _, err := conn.Render(connector.Call{Action: abi.ActionCreate}); !errors.Is(err, connector.ErrNoRoute) {
		t.Error(err)
	}
	if _, _, err := conn.Lookup(t.Context(), connector.Call{}); !errors.Is(err, connector.ErrNoLookup) {
		t.Error(err)
	}
	if out := conn.Do(t.Context(), connector.Call{Action: abi.ActionCreate}); out.Kind != connector.Refused || !errors.Is(out.Err, connector.ErrNoRoute) {
		t.Errorf("%+v", out)
	}
}
