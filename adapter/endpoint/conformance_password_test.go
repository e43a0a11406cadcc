package endpoint_test

import (
	"strings"
	"testing"
	"time"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/adapter/connector"
	"github.com/caddy-scim/caddy-scim/internal/kv"
)

// RFC 7643 section 4.1.1: passwords, where the application is told of them.
func TestConformancePassword(t *testing.T) {
	t.Parallel()
	v := &vault{weak: "weak"}
	claims{
		// The password goes on as it came: the application prepares, judges and hashes it, and what it says of one that is
		// too weak is the client's answer.
		"7643-4.1.1-10": func(c *claim) {
			id := c.addID(`"password":"Corr\u0065ct 41110 \u00c5"`)
			if set := strings.Join(v.all(), "\n"); !strings.Contains(set, "Correct 41110 Å") {
				c.t.Errorf("the application has %q", set)
			}
			c.refused(c.Do("PATCH", "/Users/"+id, operations(`{"op":"replace","path":"password","value":"weak"}`)), 400, "invalidValue")
		},
		"7643-4.1.1-11": func(c *claim) {
			id, err := kv.NewTenant("acme")
			if err != nil {
				c.t.Fatal(err)
			}
			for url, secure := range map[string]bool{"https://app.example": true, "http://app.example": false} {
				cfg := adaptertest.ConnectorConfig(url)
				passwordRoute(&cfg)
				conn, err := connector.New(cfg, nil)
				if err != nil {
					c.t.Fatal(err)
				}
				c.t.Cleanup(conn.Close)
				err = adapter.TenantConfig{ID: id, Connector: conn, Passwords: true}.Validate()
				if secure != (err == nil) || !secure && !strings.Contains(err.Error(), "https") {
					c.t.Errorf("passwords to %s: %v", url, err)
				}
			}
		},
	}.prove(t, adaptertest.Options{Configure: forwardPasswords, Connector: passwordConnector, Wrap: v.wrap})
}

// passwordConnector tells the application of passwords, and of whatever address it takes.
func passwordConnector(c *connector.Config) {
	passwordRoute(c)
	c.Fields = []connector.Field{{Target: "login", Source: "userName"}, {Target: "mail", Source: "{id}@app.example"}, {Target: "ref", Source: "{id}"}}
}

// RFC 7643 section 4.1.1: a password that waits for the application.
func TestConformanceWaitingPassword(t *testing.T) {
	t.Parallel()
	v := &vault{}
	v.broken.Store(true)
	claims{
		"7643-4.1.1-12": func(c *claim) {
			c.addID(`"password":"correct horse 41112"`)
			c.storeLacks("correct horse 41112")
			if set := v.all(); len(set) > 0 {
				c.t.Errorf("the application has %q", set)
			}
			v.broken.Store(false)
			c.WaitIdle()
			if set := v.all(); len(set) != 1 || set[0] != "correct horse 41112" {
				c.t.Errorf("the application has %q", set)
			}
			c.storeLacks("correct horse 41112")
		},
	}.prove(t, adaptertest.Options{
		Configure: func(c *adapter.TenantConfig) { forwardPasswords(c); c.DeliveryWait = time.Nanosecond },
		Connector: passwordConnector, Wrap: v.wrap,
	})
}
