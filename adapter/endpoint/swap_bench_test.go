package endpoint_test

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
)

const (
	swapRate    = 1000 // requests a second
	swapClients = 64
	swapUsers   = 500
	swapEvery   = 100 * time.Millisecond
)

// BenchmarkHotSwap changes users at 1,000 requests a second while the tenant's active release is another one ten times a
// second. It reports how many requests failed, and how long they took, in milliseconds.
//
//	go test ./adapter/endpoint -run '^$' -bench HotSwap -benchtime 10000x
func BenchmarkHotSwap(b *testing.B) {
	host := adaptertest.Host(b)
	s := adaptertest.Start(b, adaptertest.Options{Policies: host})
	transport := &http.Transport{MaxIdleConnsPerHost: swapClients}
	b.Cleanup(transport.CloseIdleConnections)
	s.Client = &http.Client{Transport: transport}
	for n, path := range []string{honest, "../../examples/policies/domains/domains.wasm"} {
		settings := `{"departments":["Finance"]}`
		if n == 1 {
			settings = `{"domains":["acme.example"]}`
		}
		if _, _, err := s.Tenant().PushPolicy(b.Context(), adapter.Upload{Module: readFile(b, path), Settings: []byte(settings), By: "bench"}); err != nil {
			b.Fatal(err)
		}
	}
	if err := s.Tenant().PromotePolicy(b.Context(), 1, 100, "bench"); err != nil {
		b.Fatal(err)
	}
	var ids []string
	for n := range swapUsers {
		ids = append(ids, swapCreate(s, fmt.Sprintf("swap%d", n)))
	}
	stop := make(chan struct{})
	var swaps int
	var swapping sync.WaitGroup
	swapping.Go(func() {
		tick := time.NewTicker(swapEvery)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
			}
			if err := s.Tenant().PromotePolicy(b.Context(), uint64(2-swaps%2), 100, "bench"); err != nil {
				b.Error(err)
				return
			}
			swaps++
		}
	})
	b.ResetTimer()
	start := time.Now()
	due := make(chan int)
	took := make([]time.Duration, b.N)
	var failed atomic.Int64
	var clients sync.WaitGroup
	for range swapClients {
		clients.Go(func() {
			for n := range due {
				// From when it was due, so that who has to wait for a client is counted.
				planned := start.Add(time.Duration(n) * time.Second / swapRate)
				if status := swapChange(b, s, ids[n%len(ids)], n); status != http.StatusOK {
					failed.Add(1)
				}
				took[n] = time.Since(planned)
			}
		})
	}
	for n := range b.N {
		time.Sleep(time.Until(start.Add(time.Duration(n) * time.Second / swapRate)))
		due <- n
	}
	close(due)
	clients.Wait()
	elapsed := time.Since(start)
	b.StopTimer()
	close(stop)
	swapping.Wait()
	slices.Sort(took)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(failed.Load()), "failed")
	b.ReportMetric(float64(swaps), "swaps")
	b.ReportMetric(float64(b.N)/elapsed.Seconds(), "requests/s")
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
}

func swapCreate(s *adaptertest.Stack, name string) (id string) {
	return s.Want(http.StatusCreated, http.MethodPost, "/Users", fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],`+
		`"userName":"%s@acme.example","active":true,"name":{"givenName":"Ada","familyName":"Byron"},`+
		`"emails":[{"value":"%[1]s@acme.example","primary":true}],"userType":"member"}`, name)).Get("id").String()
}

func swapChange(tb testing.TB, s *adaptertest.Stack, id string, n int) int {
	body := fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","path":"name.familyName","value":"Byron %d"}]}`, n)
	req, err := http.NewRequestWithContext(tb.Context(), http.MethodPatch, s.URL+"/Users/"+id, strings.NewReader(body))
	if err != nil {
		tb.Error(err)
		return 0
	}
	req.Header.Set("Authorization", "Bearer "+adaptertest.Token)
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
