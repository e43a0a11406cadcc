package adapter_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
)

// benchUsers is how many users the benchmarks' tenant has. They are inactive, so the application has none of them.
const benchUsers = 1000

func serve(b *testing.B, h http.Handler, status int, method, target, body string) string {
	b.Helper()
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	r := httptest.NewRequest(method, "/scim/v2"+target, reader)
	r.Header.Set("Authorization", "Bearer "+adaptertest.Token)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != status {
		b.Fatalf("%s %s: %d %s", method, target, w.Code, w.Body)
	}
	return w.Body.String()
}

// filled is a stack with users u0, u1, …, and their ids.
func filled(b *testing.B) (*adaptertest.Stack, []string) {
	b.Helper()
	s := adaptertest.Start(b, adaptertest.Options{Configure: func(c *adapter.TenantConfig) { c.Concurrency = 32 }})
	ids := make([]string, benchUsers)
	for i := range ids {
		body := strings.Replace(user(fmt.Sprintf("u%d", i)), `"active":true`, `"active":false`, 1)
		got := serve(b, s.Handler, http.StatusCreated, "POST", "/Users", body)
		ids[i] = got[len(`{"id":"`):][:36]
	}
	b.ReportAllocs()
	b.ResetTimer()
	return s, ids
}

func BenchmarkGet(b *testing.B) {
	s, ids := filled(b)
	i := 0
	for b.Loop() {
		serve(b, s.Handler, http.StatusOK, "GET", "/Users/"+ids[i%benchUsers], "")
		i++
	}
}

func BenchmarkFilterUserName(b *testing.B) {
	s, _ := filled(b)
	i := 0
	for b.Loop() {
		serve(b, s.Handler, http.StatusOK, "GET", fmt.Sprintf("/Users?filter=userName+eq+%%22u%d@acme.example%%22", i%benchUsers), "")
		i++
	}
}

func BenchmarkFilterScan(b *testing.B) {
	s, _ := filled(b)
	for b.Loop() {
		serve(b, s.Handler, http.StatusOK, "GET", "/Users?filter=name.givenName+eq+%22u77%22", "")
	}
}

func BenchmarkListPage(b *testing.B) {
	s, _ := filled(b)
	for b.Loop() {
		serve(b, s.Handler, http.StatusOK, "GET", "/Users?startIndex=401&count=100", "")
	}
}

// A create with its delivery: the answer comes when the application has the account.
func BenchmarkPost(b *testing.B) {
	for _, writers := range []int{1, 32} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) {
			s, _ := filled(b)
			var n atomic.Int64
			b.SetParallelism(writers)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					serve(b, s.Handler, http.StatusCreated, "POST", "/Users", user(fmt.Sprintf("new%d", n.Add(1))))
				}
			})
		})
	}
}

// A change that the application is told of.
func BenchmarkPatch(b *testing.B) {
	s, _ := filled(b)
	got := serve(b, s.Handler, http.StatusCreated, "POST", "/Users", user("ann"))
	id := got[len(`{"id":"`):][:36]
	i := 0
	for b.Loop() {
		serve(b, s.Handler, http.StatusOK, "PATCH", "/Users/"+id, set("name.familyName", fmt.Sprintf(`"Doe%d"`, i)))
		i++
	}
}
