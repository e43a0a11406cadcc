package simulate

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/tidwall/gjson"
)

const token = "the-token"

// fake is just enough of a SCIM server for Okta's and OneLogin's sequences. Its sabotage makes it misbehave.
type fake struct {
	// sabotage answers instead of the server, if it returns true. It may use f's fields; the lock is held.
	sabotage func(f *fake, w http.ResponseWriter, r *http.Request, body object) bool

	mu     sync.Mutex
	users  map[string]object
	groups map[string]*fakeGroup
	count  int
	seen   []*http.Request
}

func startFake(t *testing.T, sabotage func(*fake, http.ResponseWriter, *http.Request, object) bool) (*fake, string) {
	t.Helper()
	f := &fake{users: map[string]object{}, groups: map[string]*fakeGroup{}, sabotage: sabotage}
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	return f, server.URL + "/scim/v2"
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.seen = append(f.seen, r)
	var body object
	if r.ContentLength != 0 && json.NewDecoder(r.Body).Decode(&body) != nil {
		fail(w, r, http.StatusBadRequest, "not JSON")
		return
	}
	if f.sabotage != nil && f.sabotage(f, w, r, body) {
		return
	}
	if r.Header.Get("Authorization") != "Bearer "+token {
		fail(w, r, http.StatusUnauthorized, "no")
		return
	}
	if id, ok := strings.CutPrefix(r.URL.Path, "/scim/v2/Groups"); ok {
		f.serveGroups(w, r, strings.TrimPrefix(id, "/"), body)
		return
	}
	id := strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, "/scim/v2/Users"), "/")
	if id == "" {
		f.collection(w, r, body)
		return
	}
	user := f.users[id]
	if user == nil {
		fail(w, r, http.StatusNotFound, "no such user")
		return
	}
	switch r.Method {
	case http.MethodGet:
		answer(w, r, http.StatusOK, user)
	case http.MethodDelete:
		delete(f.users, id)
		w.WriteHeader(http.StatusNoContent)
	case http.MethodPut:
		f.store(id, body)
		answer(w, r, http.StatusOK, body)
	case http.MethodPatch:
		operation := body["Operations"].([]any)[0].(object)
		if value, whole := operation["value"].(object); whole {
			user["active"] = value["active"]
		} else {
			user["active"] = operation["value"]
		}
		w.WriteHeader(http.StatusNoContent)
	}
}

func (f *fake) collection(w http.ResponseWriter, r *http.Request, body object) {
	if r.Method == http.MethodPost {
		f.count++
		id := fmt.Sprintf("u%d", f.count)
		f.store(id, body)
		answer(w, r, http.StatusCreated, body)
		return
	}
	found := []object{}
	for _, user := range f.users {
		if filter := r.URL.Query().Get("filter"); filter == fmt.Sprintf("userName eq %q", user["userName"]) {
			found = append(found, user)
		}
	}
	answer(w, r, http.StatusOK, object{"schemas": []string{listURN}, "totalResults": len(found), "Resources": found})
}

func (f *fake) store(id string, user object) {
	user["id"] = id
	delete(user, "password")
	if email, single := user["emails"].(object); single {
		user["emails"] = []object{email}
	}
	f.users[id] = user
}

func answer(w http.ResponseWriter, r *http.Request, status int, body any) {
	w.Header().Set("Content-Type", "application/scim+json")
	if r.Header.Get("Accept") == "application/json" {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
	}
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

func fail(w http.ResponseWriter, r *http.Request, status int, detail string) {
	answer(w, r, status, object{"schemas": []string{errorURN}, "status": fmt.Sprint(status), "scimType": "invalidValue", "detail": detail})
}

func html(w http.ResponseWriter, status int) {
	w.Header().Set("Content-Type", "text/html")
	w.WriteHeader(status)
	_, _ = w.Write([]byte("<html><h1>Internal Server Error</h1>"))
}

// isActive reads what a PUT or PATCH says about active.
func isActive(body object) (active, said bool) {
	data, err := json.Marshal(body)
	if err != nil {
		return false, false
	}
	for _, path := range []string{"active", "Operations.0.value.active", "Operations.0.value"} {
		if v := gjson.GetBytes(data, path); v.Type == gjson.True || v.Type == gjson.False {
			return v.Bool(), true
		}
	}
	return false, false
}
