package connector_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/caddy-scim/caddy-scim/adapter/connector"
)

// An application that repeats what it was sent tells clients no credentials.
func TestCredentialsAreHidden(t *testing.T) {
	t.Parallel()
	for name, auth := range map[string]connector.Auth{
		"bearer": {Bearer: "s3cret-of-the-connector"},
		"basic":  {Username: "user", Password: "s3cret-of-the-connector"},
		"header": {HeaderName: "X-Api-Key", HeaderValue: "s3cret-of-the-connector"},
	} {
		conn := newConnector(t, func(cfg *connector.Config) { cfg.Auth = auth }, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, `{"message":"bad: `+r.Header.Get("Authorization")+r.Header.Get("X-Api-Key")+`"}`)
		})
		out := conn.Do(t.Context(), updateCall())
		if out.Kind != connector.Refused || strings.Contains(out.Detail, "s3cret") || strings.Contains(out.Detail, "dXNlcjp") || !strings.Contains(out.Detail, "bad: ") || !strings.Contains(out.Detail, "***") {
			t.Errorf("%s: %+v", name, out)
		}
	}
}
