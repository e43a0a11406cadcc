package adapter_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/internal/store"
)

// What is asked of a large resource is in the journal, and recorded nowhere.
func TestLargeQuestionsAreNotRecorded(t *testing.T) {
	t.Parallel()
	s := released(t, adaptertest.Options{App: new(obliging)})
	for name, size := range map[string]int{"small": 10 << 10, "large": 40 << 10} {
		body := strings.TrimSuffix(user(name), "}") + fmt.Sprintf(`,"title":%[1]q,"nickName":%[1]q}`, strings.Repeat("x", size))
		id := s.Want(http.StatusCreated, "POST", "/Users", body).Get("id").Str
		s.WaitIdle()
		n := 0
		for _, r := range recordings(t, s) {
			if r.ResourceID == id {
				n++
			}
		}
		if want := map[string]int{"small": 2}[name]; n != want {
			t.Errorf("%s: %d recordings, want %d", name, n, want)
		}
		if ops := journal(t, s, func(op *store.Operation) bool { return op.ResourceID == id }); len(ops) != 1 {
			t.Errorf("%s: %d entries of the journal", name, len(ops))
		}
	}
}
