package adapter

import (
	"fmt"

	"github.com/caddy-scim/caddy-scim/internal/kv"
)

// audience is the aud of a stream that names none: the URL that it is polled at. The tenant's name is in it, since all
// tenants' events may have one issuer and are signed by one key.
func (c *EventsConfig) audience(tenant kv.Tenant, stream string) []string {
	return []string{c.Issuer + "/Events/poll/" + stream + "?tenant=" + tenant.Name()}
}

// CheckEvents reports, as an error that names both, two tenants whose events receivers could not tell apart: with the same
// issuer, and an audience in common. Use does that too; this is for who wants to know without an Engine.
func CheckEvents(tenants []TenantConfig) error {
	type address struct{ issuer, audience string }
	type owner struct {
		tenant kv.Tenant
		stream string
	}
	taken := map[address]owner{}
	for i := range tenants {
		t := &tenants[i]
		c := t.Events.withDefaults(t.ID)
		if c == nil {
			continue
		}
		for _, s := range c.Streams {
			for _, aud := range s.Audience {
				at := address{c.Issuer, aud}
				first, twice := taken[at]
				if twice && first.tenant != t.ID {
					return fmt.Errorf("stream %q of tenant %q and stream %q of tenant %q: events: both have the issuer %s and the audience %s, "+
						"so receivers cannot tell whose events they get; give one of the streams another audience, or one of the tenants another issuer",
						first.stream, first.tenant.Name(), s.Name, t.ID.Name(), c.Issuer, aud)
				}
				taken[at] = owner{t.ID, s.Name}
			}
		}
	}
	return nil
}
