package endpoint_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/adapter/connector"
	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// vault stands in front of the application and keeps the passwords that are set.
type vault struct {
	mu     sync.Mutex
	set    []string // what came, in order
	broken atomic.Bool
	weak   string // a password that is refused
}

func (v *vault) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/password") {
			next.ServeHTTP(w, r)
			return
		}
		password := gjson.GetBytes(peek(r), "new").Str
		switch {
		case v.broken.Load():
			w.WriteHeader(http.StatusServiceUnavailable)
		case password == v.weak:
			w.WriteHeader(http.StatusUnprocessableEntity)
			_, _ = w.Write([]byte(`{"error":"too weak: ` + strings.ToUpper(password) + `"}`))
		default:
			v.mu.Lock()
			v.set = append(v.set, password)
			v.mu.Unlock()
			w.WriteHeader(http.StatusNoContent)
		}
	})
}

func (v *vault) all() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return append([]string{}, v.set...)
}

func forwardPasswords(c *adapter.TenantConfig) { c.Passwords = true }

func passwordRoute(c *connector.Config) {
	c.Routes[abi.ActionSetPassword] = connector.Route{Method: "PUT", Path: "/members/{legacy_id}/password", Body: json.RawMessage(`{"new":"{password}"}`)}
}

func withPassword(name, password string) string {
	return strings.Replace(user(name), `"active":true`, `"active":true,"password":"`+password+`"`, 1)
}

func TestPasswordReachesTheApplication(t *testing.T) {
	t.Parallel()
	v := &vault{weak: "weak-s3cret"}
	s := adaptertest.Start(t, adaptertest.Options{Configure: forwardPasswords, Connector: passwordRoute, Wrap: v.wrap})
	r := s.Want(201, "POST", "/Users", withPassword("ann", "s3cret-first"))
	id, first := r.Get("id").Str, r.Get("meta.version").Str
	r2 := s.Want(200, "PATCH", "/Users/"+id, patchOp(`{"op":"replace","path":"password","value":"s3cret-second"}`))
	if r2.Get("meta.version").Str == first {
		t.Error("the version has not moved")
	}
	s.Want(200, "PUT", "/Users/"+id, withPassword("ann", "s3cret-third"))
	weak := s.Want(400, "PATCH", "/Users/"+id, patchOp(`{"op":"replace","value":{"password":"weak-s3cret"}}`))
	if !strings.Contains(weak.Get("detail").Str, "too weak") {
		t.Errorf("got %s", weak.Body)
	}
	s.WaitIdle()
	same(t, "set", []string{"s3cret-first", "s3cret-second", "s3cret-third"}, v.all())
	for _, shown := range []adaptertest.Response{
		r, r2, weak, s.Want(200, "GET", "/Users/"+id, nil), s.Want(200, "GET", "/Users/"+id+"?attributes=password", nil),
		s.Want(200, "GET", "/Users", nil), s.App("GET", "/requests", nil),
	} {
		if strings.Contains(strings.ToLower(shown.Body), "s3cret") {
			t.Errorf("a password shows: %s", shown.Body)
		}
	}
	s.Want(400, "GET", "/Users?filter=password+eq+%22s3cret-third%22", nil)
	var changed [][]string
	err := s.Tenant().Journal(context.Background(), func(op *store.Operation) bool {
		b, err := json.Marshal(op)
		if err != nil || bytes.Contains(bytes.ToLower(b), []byte("s3cret")) {
			t.Errorf("%s %v", b, err)
		}
		changed = append(changed, op.Changed)
		return true
	})
	if err != nil || len(changed) != 4 || strings.Join(changed[0], ",") != "password" {
		t.Errorf("the journal has %v, %v", changed, err)
	}
	if !s.Want(200, "GET", "/ServiceProviderConfig", nil).Get("changePassword.supported").Bool() {
		t.Error("not announced")
	}
}

// While the application cannot be reached a password is on disk and cannot be read there; afterwards it is gone.
func TestPasswordAtRest(t *testing.T) {
	t.Parallel()
	v := &vault{}
	s := adaptertest.Start(t, adaptertest.Options{
		Configure: func(c *adapter.TenantConfig) { forwardPasswords(c); c.DeliveryWait = 1 },
		Connector: passwordRoute, Wrap: v.wrap,
	})
	v.broken.Store(true)
	id := s.Want(201, "POST", "/Users", withPassword("ann", "s3cret-at-rest")).Get("id").Str
	onDisk := func() (found bool) {
		err := filepath.WalkDir(s.Dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			b, err := os.ReadFile(path)
			found = found || bytes.Contains(bytes.ToLower(b), []byte("s3cret"))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	if onDisk() {
		t.Error("the password is on disk in clear")
	}
	v.broken.Store(false)
	if err := s.Tenant().Retry(context.Background()); err != nil {
		t.Fatal(err)
	}
	s.WaitIdle()
	same(t, "set", []string{"s3cret-at-rest"}, v.all())
	err := store.New(s.Store).View(context.Background(), s.Tenant().ID(), func(tx *store.Tx) error {
		rec, err := tx.Get(store.User, id)
		if err == nil && rec.Secret != nil {
			t.Error("the password is still kept")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Unless the tenant says so nobody is told, and nothing is kept.
func TestPasswordIsDropped(t *testing.T) {
	t.Parallel()
	v := &vault{}
	s := adaptertest.Start(t, adaptertest.Options{Connector: passwordRoute, Wrap: v.wrap})
	r := s.Want(201, "POST", "/Users", withPassword("ann", "s3cret"))
	again := s.Want(200, "PATCH", "/Users/"+r.Get("id").Str, patchOp(`{"op":"replace","path":"password","value":"s3cret"}`))
	s.WaitIdle()
	same(t, "set", []string{}, v.all())
	if again.Get("meta.version").Str != r.Get("meta.version").Str {
		t.Error("the version has moved")
	}
	if s.Want(200, "GET", "/ServiceProviderConfig", nil).Get("changePassword.supported").Bool() {
		t.Error("announced")
	}
}

func holdUpdates(c *adapter.TenantConfig) {
	forwardPasswords(c)
	c.Hold = []abi.Operation{abi.OpUpdate}
}

func answer(t *testing.T, s *adaptertest.Stack, approve bool) {
	t.Helper()
	list, err := s.Tenant().Approvals(context.Background(), false)
	if err != nil || len(list) != 1 {
		t.Fatalf("%d approvals wait: %v", len(list), err)
	}
	if b, err := json.Marshal(list[0]); err != nil || bytes.Contains(bytes.ToLower(b), []byte("s3cret")) {
		t.Errorf("the approver is shown %s, %v", b, err)
	}
	decide := s.Tenant().Reject
	if approve {
		decide = s.Tenant().Approve
	}
	if _, err := decide(context.Background(), adapter.Answer{ID: list[0].ID, By: "ops"}); err != nil {
		t.Fatal(err)
	}
}

// A password that waits for an approval waits for it, whatever else is let through, and one that does not goes.
func TestPasswordHeld(t *testing.T) {
	t.Parallel()
	for _, approve := range []bool{true, false} {
		v := &vault{}
		opts := adaptertest.Options{Configure: holdUpdates, Connector: passwordRoute, Wrap: v.wrap}
		s := adaptertest.Start(t, opts)
		id := s.Want(201, "POST", "/Users", withPassword("ann", "s3cret-first")).Get("id").Str
		s.Want(200, "PATCH", "/Users/"+id, patchOp(`{"op":"replace","path":"password","value":"s3cret-second"}`))
		opts.Configure = forwardPasswords
		s.Use(opts) // nobody asks about the next one
		s.Want(200, "PATCH", "/Users/"+id, patchOp(`{"op":"replace","path":"nickName","value":"Annie"}`))
		s.WaitIdle()
		same(t, "while it waits", []string{"s3cret-first"}, v.all())
		answer(t, s, approve)
		s.WaitIdle()
		want := []string{"s3cret-first"}
		if approve {
			want = append(want, "s3cret-second")
		}
		same(t, "afterwards", want, v.all())
	}
}

// What waits for an approval does not take a password along that was let through before.
func TestPasswordBeforeAHold(t *testing.T) {
	t.Parallel()
	v := &vault{}
	opts := adaptertest.Options{
		Configure: func(c *adapter.TenantConfig) { forwardPasswords(c); c.DeliveryWait = 1 },
		Connector: passwordRoute, Wrap: v.wrap,
	}
	s := adaptertest.Start(t, opts)
	id := s.Want(201, "POST", "/Users", user("ann")).Get("id").Str
	s.WaitIdle()
	v.broken.Store(true)
	s.Want(200, "PATCH", "/Users/"+id, patchOp(`{"op":"replace","path":"password","value":"s3cret-first"}`))
	opts.Configure = holdUpdates
	s.Use(opts)
	s.Want(200, "PATCH", "/Users/"+id, patchOp(`{"op":"replace","path":"nickName","value":"Annie"}`))
	answer(t, s, false)
	v.broken.Store(false)
	s.WaitIdle()
	same(t, "set", []string{"s3cret-first"}, v.all())
}

// A change that is refused is refused as a whole: the password that came with it is not set, then or later.
func TestPasswordOfARefusedChange(t *testing.T) {
	t.Parallel()
	v := &vault{}
	s := adaptertest.Start(t, adaptertest.Options{Configure: forwardPasswords, Connector: passwordRoute, Wrap: v.wrap})
	id := s.Want(201, "POST", "/Users", user("ann")).Get("id").Str
	s.Want(400, "PATCH", "/Users/"+id, patchOp(`{"op":"replace","value":{"password":"s3cret-no","userType":"emperor"}}`))
	s.WaitIdle()
	s.Want(204, "DELETE", "/Users/"+id, nil)
	s.Want(400, "POST", "/Users", strings.Replace(withPassword("ann", "s3cret-neither"), `"active"`, `"userType":"emperor","active"`, 1))
	s.Want(201, "POST", "/Users", user("ann"))
	s.WaitIdle()
	same(t, "set", []string{}, v.all())
}
