package legacyapp_test

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caddy-scim/caddy-scim/examples/legacyapp"
)

// open starts an application on a file. The function returned stops it, as the end of the test does.
func open(t *testing.T, path string) (*app, func()) {
	t.Helper()
	inner, err := legacyapp.Open(legacyapp.Options{}, path)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(inner)
	stopped := false
	stop := func() {
		if stopped {
			return
		}
		stopped = true
		server.Close()
		if err := inner.Close(); err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(stop)
	return &app{t: t, url: server.URL}, stop
}

func (a *app) must(method, path, body string) string {
	a.t.Helper()
	status, answer, err := a.try(method, path, body)
	if err != nil || status >= 300 {
		a.t.Fatalf("%s %s: %d %s %v", method, path, status, answer, err)
	}
	return answer
}

func TestFileKeepsTheApplication(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "application")
	a, stop := open(t, file)
	for _, name := range []string{"ann", "bob", "cem"} {
		a.must("POST", "/members", "{\n\"login\": \""+name+"\", \"mail\": \""+name+"@acme.example\"}")
	}
	a.must("DELETE", "/members/1001", "")
	a.must("POST", "/members/1002/suspend", "")
	a.must("PATCH", "/members/1003", `{"title":"Lead <&> of\u2028all"}`)
	a.must("PUT", "/organisations/acme/members/1003", "")
	a.must("PUT", "/organisations/globex/members/1003", "")
	a.must("POST", "/organisations/acme/members/1003/suspend", "")
	a.must("DELETE", "/organisations/globex/members/1003", "")
	a.must("POST", "/teams", `{"name":"Blue"}`)
	a.must("POST", "/teams", `{"name":"Red"}`)
	a.must("POST", "/teams/T1/members", `{"members":[1002,1003,"T2"]}`)
	a.must("DELETE", "/teams/T1/members/1003", "")
	a.must("PUT", "/teams/T2/members/1003", "")
	a.must("PATCH", "/teams/T2", `{"name":"Green"}`)
	if status, _, _ := a.try("POST", "/members", `{"login":"bob","mail":"bob@acme.example"}`); status != 409 {
		t.Errorf("a login that is taken: %d", status)
	}
	members, teams := a.must("GET", "/members", ""), a.must("GET", "/teams", "")
	stop()

	f, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(`{"method":"POST","path":"/mem`); err != nil { // as a killed process leaves it
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		a, stop = open(t, file)
		if got := a.must("GET", "/members", ""); got != members {
			t.Errorf("members\n%swant\n%s", got, members)
		}
		if got := a.must("GET", "/teams", ""); got != teams {
			t.Errorf("teams\n%swant\n%s", got, teams)
		}
		if got := a.must("GET", "/requests", ""); strings.Contains(got, "POST") {
			t.Errorf("requests of before are listed: %s", got)
		}
		stop()
	}
	a, _ = open(t, file)
	if got := a.must("POST", "/members", `{"login":"dora","mail":"dora@acme.example"}`); !strings.Contains(got, `"no":1004`) {
		t.Errorf("the next member: %s", got)
	}
}

func TestFileOfSomethingElse(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"no JSON":         "hello\n",
		"a request twice": strings.Repeat(`{"method":"POST","path":"/members","body":{"login":"a","mail":"a@b"},"time":"2026-01-01T00:00:00Z"}`+"\n", 2),
		"no such page":    `{"method":"POST","path":"/nowhere","time":"2026-01-01T00:00:00Z"}` + "\n",
		"no path":         `{"method":"POST","path":"http://[","time":"2026-01-01T00:00:00Z"}` + "\n",
	} {
		file := filepath.Join(t.TempDir(), "application")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := legacyapp.Open(legacyapp.Options{}, file); err == nil {
			t.Errorf("%s: no error", name)
		}
		kept, err := os.ReadFile(file)
		if err != nil || string(kept) != text {
			t.Errorf("%s: the file was changed to %q (%v)", name, kept, err)
		}
	}
	if _, err := legacyapp.Open(legacyapp.Options{}, t.TempDir()); err == nil {
		t.Error("a directory: no error")
	}
}
