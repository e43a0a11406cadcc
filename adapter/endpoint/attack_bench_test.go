package endpoint_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/plugins"
)

const (
	attackers   = 4                     // clients of the tenant that attacks
	attackPause = 40 * time.Millisecond // between two requests of one of them
	victimPause = 10 * time.Millisecond // between two requests of the other tenant's only client
	hostileDir  = "../../plugins/testdata/hostile"
	honest      = "../../examples/policies/approval/approval.wasm"
)

// BenchmarkAttack measures how long the creates of one tenant take while another tenant's policy is each of the hostile
// modules, and its clients keep asking it; a module that cannot be loaded is uploaded again and again. It reports the
// 99th percentile in milliseconds, before and during the attack, and their ratio.
//
//	go test ./adapter/endpoint -run '^$' -bench Attack -benchtime 1000x
func BenchmarkAttack(b *testing.B) {
	modules, err := filepath.Glob(filepath.Join(hostileDir, "*.wasm"))
	if err != nil || len(modules) == 0 {
		b.Fatal(modules, err)
	}
	for _, path := range append([]string{honest}, modules...) {
		b.Run(strings.TrimSuffix(filepath.Base(path), ".wasm"), func(b *testing.B) { attack(b, readFile(b, path)) })
	}
}

func attack(b *testing.B, module []byte) {
	host := plugins.New(plugins.Options{})
	b.Cleanup(func() { _ = host.Close(context.Background()) })
	own, err := host.Load(b.Context(), readFile(b, honest), plugins.LoadOptions{})
	if err != nil {
		b.Fatal(err)
	}
	hostile, refused := host.Load(b.Context(), module, plugins.LoadOptions{})
	s := adaptertest.Start(b, adaptertest.Options{
		Configure: func(c *adapter.TenantConfig) {
			if refused == nil {
				c.Policy = &adapter.Policy{Module: hostile, Settings: json.RawMessage(`{"departments":["Finance"]}`)}
			}
		},
		Neighbour: func(c *adapter.TenantConfig) {
			c.Policy = &adapter.Policy{Module: own, Settings: json.RawMessage(`{"departments":["Finance"]}`)}
		},
	})
	made := 0
	victim := func() []time.Duration {
		took := make([]time.Duration, 0, b.N)
		tick := time.NewTicker(victimPause)
		defer tick.Stop()
		for range b.N {
			<-tick.C
			made++
			start := time.Now()
			if status := attackUser(b, s, adaptertest.OtherToken, fmt.Sprintf("victim%d", made)); status != http.StatusCreated {
				b.Fatalf("a create of the other tenant was answered with %d", status)
			}
			took = append(took, time.Since(start))
		}
		return took
	}
	victim() // warms everything up
	b.ResetTimer()
	before := p99(victim())
	ctx, stop := context.WithCancel(b.Context())
	var group sync.WaitGroup
	for n := range attackers {
		group.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				if refused == nil {
					attackUser(b, s, adaptertest.Token, fmt.Sprintf("attacker%d-%d", n, i))
				} else if p, err := host.Load(ctx, module, plugins.LoadOptions{}); err == nil {
					_ = p.Close(ctx)
				}
				time.Sleep(attackPause)
			}
		})
	}
	during := p99(victim())
	stop()
	group.Wait()
	b.ReportMetric(0, "ns/op") // it is a pace, not a result
	b.ReportMetric(float64(before.Microseconds())/1000, "quiet-p99-ms")
	b.ReportMetric(float64(during.Microseconds())/1000, "attacked-p99-ms")
	b.ReportMetric(float64(during)/float64(before), "ratio")
}

func p99(took []time.Duration) time.Duration {
	slices.Sort(took)
	return took[len(took)*99/100]
}

func attackUser(tb testing.TB, s *adaptertest.Stack, token, name string) int {
	body := fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"%s@acme.example","active":true,`+
		`"name":{"givenName":"Ada","familyName":"Byron"},"emails":[{"value":"%[1]s@acme.example","primary":true}],"userType":"member"}`, name)
	req, err := http.NewRequestWithContext(tb.Context(), http.MethodPost, s.URL+"/Users", strings.NewReader(body))
	if err != nil {
		tb.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/scim+json")
	resp, err := s.Client.Do(req)
	if err != nil {
		tb.Error(err)
		return 0
	}
	defer func() { _ = resp.Body.Close() }()
	_, _ = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode
}

func readFile(tb testing.TB, path string) []byte {
	tb.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	return data
}
