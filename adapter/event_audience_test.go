package adapter_test

import (
	"strings"
	"testing"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/adapter/connector"
	"github.com/caddy-scim/caddy-scim/internal/kv"
)

// pair is tenants acme and globex with streams.
func pair(t *testing.T, s *adaptertest.Stack, acme, globex adapter.EventsConfig) []adapter.TenantConfig {
	t.Helper()
	var tenants []adapter.TenantConfig
	for i, events := range []*adapter.EventsConfig{&acme, &globex} {
		id, err := kv.NewTenant([]string{"acme", "globex"}[i])
		if err != nil {
			t.Fatal(err)
		}
		conn, err := connector.New(adaptertest.ConnectorConfig(s.AppURL), nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(conn.Close)
		tenants = append(tenants, adapter.TenantConfig{
			ID: id, Connector: conn, Connections: []adapter.ConnectionConfig{{ID: "main", Profile: "generic"}}, Events: events,
		})
	}
	return tenants
}

// One key signs for all tenants, so iss and aud together have to tell them apart.
func TestEventsOfTwoTenantsAreToldApart(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{})
	const here, there = "https://scim.example/scim/v2", "https://other.example/scim/v2"
	stream := func(issuer, name string, audience ...string) adapter.EventsConfig {
		return adapter.EventsConfig{Issuer: issuer, Streams: []adapter.StreamConfig{{Name: name, Audience: audience}}}
	}
	for name, c := range map[string]struct {
		acme, globex adapter.EventsConfig
		refused      []string
	}{
		"defaults":            {stream(here, "audit"), stream(here, "audit"), nil},
		"another issuer":      {stream(here, "siem", "a"), stream(there, "siem", "a"), nil},
		"another audience":    {stream(here, "siem", "a"), stream(here, "siem", "b"), nil},
		"the same":            {stream(here, "siem", "a"), stream(here, "siem", "a"), []string{`"siem" of tenant "acme"`, `"siem" of tenant "globex"`, here, "another audience"}},
		"one in common":       {stream(here, "siem", "a", "b"), stream(here, "log", "c", "b"), []string{`"siem" of tenant "acme"`, `"log" of tenant "globex"`, "audience b"}},
		"the other's default": {stream(here, "audit"), stream(here, "log", here+"/Events/poll/audit?tenant=acme"), []string{`"audit" of tenant "acme"`, `"log" of tenant "globex"`}},
	} {
		g, err := s.Engine.Use(pair(t, s, c.acme, c.globex))
		if (err != nil) != (c.refused != nil) {
			t.Errorf("%s: %v", name, err)
		}
		for _, part := range c.refused {
			if err != nil && !strings.Contains(err.Error(), part) {
				t.Errorf("%s: the error does not say %s: %v", name, part, err)
			}
		}
		if err == nil {
			g.Retire()
		}
	}
	// Two streams of one tenant may be for the same receiver.
	same := stream(here, "a", "r")
	same.Streams = append(same.Streams, adapter.StreamConfig{Name: "b", Audience: []string{"r"}})
	if _, err := s.Engine.Use(pair(t, s, same, stream(there, "a"))); err != nil {
		t.Error(err)
	}
}
