package adapter_test

import (
	"net/http"
	"testing"

	"github.com/tidwall/gjson"
)

// A page of 100 in the middle of a walk by cursor, and the first one.
func BenchmarkCursorPage(b *testing.B) {
	s, _ := filled(b)
	cursor := gjson.Get(serve(b, s.Handler, http.StatusOK, "GET", "/Users?cursor=&count=100", ""), "nextCursor").Str
	b.ResetTimer()
	for b.Loop() {
		serve(b, s.Handler, http.StatusOK, "GET", "/Users?count=100&cursor="+cursor, "")
	}
}

func BenchmarkSortedPage(b *testing.B) {
	s, _ := filled(b)
	for b.Loop() {
		serve(b, s.Handler, http.StatusOK, "GET", "/Users?sortBy=name.familyName&sortOrder=descending&startIndex=401&count=100", "")
	}
}

// What Entra ID asks for: the work address of one user.
func BenchmarkFilterEmail(b *testing.B) {
	s, _ := filled(b)
	for b.Loop() {
		serve(b, s.Handler, http.StatusOK, "GET", "/Users?filter=emails%5Btype+eq+%22work%22%5D.value+eq+%22u7@acme.example%22", "")
	}
}

// Whether one user is in a group of 1,000.
func BenchmarkFilterMember(b *testing.B) {
	s, ids := filled(b)
	body := `{"displayName":"all","members":[`
	for i, id := range ids {
		if i > 0 {
			body += ","
		}
		body += `{"value":"` + id + `"}`
	}
	got := gjson.Get(serve(b, s.Handler, http.StatusCreated, "POST", "/Groups?attributes=id", body+"]}"), "id").Str
	b.ResetTimer()
	for b.Loop() {
		serve(b, s.Handler, http.StatusOK, "GET", "/Groups?excludedAttributes=members&filter=id+eq+%22"+got+"%22+and+members%5Bvalue+eq+%22"+ids[500]+"%22%5D", "")
	}
}
