package adapter_test

import (
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
)

// What it costs a write, with its delivery, to record what a policy was asked.
func BenchmarkRecording(b *testing.B) {
	for name, keep := range map[string]int64{"off": -1, "on": 0} {
		b.Run(name, func(b *testing.B) {
			s := adaptertest.Start(b, adaptertest.Options{Policies: adaptertest.Host(b), App: new(obliging), Configure: func(c *adapter.TenantConfig) {
				c.Concurrency = 32
				if keep < 0 {
					c.Policies.Keep = -1
				}
			}})
			b.ReportAllocs()
			b.SetParallelism(16)
			var n atomic.Int64
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					serve(b, s.Handler, http.StatusCreated, "POST", "/Users", large(fmt.Sprintf("new%d", n.Add(1))))
				}
			})
		})
	}
}

// large is a user of some 1.5 KB.
func large(name string) string {
	return fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],`+
		`"userName":"%[1]s@acme.example","externalId":"ext-%[1]s","active":true,"name":{"givenName":"%[1]s","familyName":"Bakker","formatted":"%[1]s Bakker"},`+
		`"displayName":"%[1]s Bakker","title":"Engineer","userType":"Employee","locale":"nl-NL","preferredLanguage":"nl","timezone":"Europe/Amsterdam",`+
		`"emails":[{"value":"%[1]s@acme.example","type":"work","primary":true},{"value":"%[1]s@home.example","type":"home"}],`+
		`"phoneNumbers":[{"value":"+31 20 555 0100","type":"work"},{"value":"+31 6 5550 0100","type":"mobile"}],`+
		`"addresses":[{"type":"work","streetAddress":"Keizersgracht 1","locality":"Amsterdam","postalCode":"1015 CN","country":"NL","formatted":"Keizersgracht 1, Amsterdam"}],`+
		`"roles":[{"value":"engineer","primary":true}],"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"701984","costCenter":"4130",`+
		`"department":"Platform","division":"Engineering","organization":"Acme","manager":{"value":"26118915-6090-4610-87e4-49d8ca9f808d","displayName":"Bob de Vries"}}}`, name)
}
