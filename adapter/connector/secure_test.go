package connector_test

import (
	"testing"

	"github.com/caddy-scim/caddy-scim/adapter/connector"
)

func TestSecure(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]bool{
		"https://app.example": true, "HTTPS://app.example/api": true, "http://localhost:8080": true, "http://127.0.0.1": true, "http://[::1]:80": true,
		"http://app.example": false, "http://app:8080": false, "http://10.0.0.1": false, "http://localhost.example": false, "http://127.0.0.1.example": false,
	} {
		c, err := connector.New(connector.Config{BaseURL: url}, nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.Close)
		if c.Secure() != want {
			t.Errorf("%s: got %v", url, !want)
		}
	}
}
