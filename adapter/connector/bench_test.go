package connector_test

import (
	"io"
	"net/http"
	"testing"

	"github.com/caddy-scim/caddy-scim/adapter/connector"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

func BenchmarkRender(b *testing.B) {
	conn := connectTo(b, "http://app.example/api", nil)
	call := updateCall()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := conn.Render(call); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRenderMember(b *testing.B) {
	conn := groupsOf(b, "http://app.example/api", groupRoutes(addOne, removeOne))
	call := memberCall(abi.ActionAddMembers, "1001")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := conn.Render(call); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDo(b *testing.B) {
	conn := newConnector(b, nil, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"member":{"no":1001}}`)
	})
	call := updateCall()
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if out := conn.Do(b.Context(), call); out.Kind != connector.Done {
				b.Errorf("%+v", out)
				return
			}
		}
	})
}
