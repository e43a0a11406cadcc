package endpoint_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
)

func title(value string) string {
	return fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","path":"title","value":%q}]}`, value)
}

// tagged checks that an answer shows a resource with its entity tag, in the header and in meta alike, and returns it.
func tagged(t *testing.T, r adaptertest.Response) string {
	t.Helper()
	tag := r.Header.Get("ETag")
	if !strings.HasPrefix(tag, `W/"`) || tag != r.Get("meta.version").Str {
		t.Errorf("ETag is %q and meta.version %q", tag, r.Get("meta.version").Str)
	}
	return tag
}

// RFC 7644 section 3.14, RFC 7643 section 3.1: the entity tag stands in the header and in meta.version.
func TestEveryResourceHasItsTag(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{})
	created := s.Want(http.StatusCreated, "POST", "/Users", user("ann"))
	path := "/Users/" + created.Get("id").Str
	first := tagged(t, created)
	if got := tagged(t, s.Want(http.StatusOK, "GET", path, nil)); got != first {
		t.Errorf("read with %s, created with %s", got, first)
	}
	if got := s.Want(http.StatusOK, "HEAD", path, nil).Header.Get("ETag"); got != first {
		t.Errorf("HEAD says %s", got)
	}
	if r := s.Want(http.StatusOK, "GET", path+"?attributes=userName", nil); r.Header.Get("ETag") != first || r.Get("meta").Exists() {
		t.Errorf("a part of the resource has the tag %s: %s", r.Header.Get("ETag"), r.Body)
	}
	second := tagged(t, s.Want(http.StatusOK, "PATCH", path, title("Clerk")))
	third := tagged(t, s.Want(http.StatusOK, "PUT", path, user("ann")))
	if first == second || second == third || first == third {
		t.Errorf("the tags of three versions are %s, %s, %s", first, second, third)
	}
	if same := tagged(t, s.Want(http.StatusOK, "PUT", path, user("ann"))); same != third {
		t.Errorf("nothing changed, and the tag went from %s to %s", third, same)
	}
	list := s.Want(http.StatusOK, "GET", "/Users", nil)
	if got := list.Get("Resources.0.meta.version").Str; got != third {
		t.Errorf("in a list the version is %q, want %q", got, third)
	}
	if got := list.Header.Get("ETag"); got != "" {
		t.Errorf("a list has the tag %s", got)
	}
	if got := s.Want(http.StatusNoContent, "DELETE", path, nil).Header.Get("ETag"); got != "" {
		t.Errorf("what is gone has the tag %s", got)
	}
	if !s.Want(http.StatusOK, "GET", "/ServiceProviderConfig", nil).Get("etag.supported").Bool() {
		t.Error("the service provider's configuration does not say so")
	}
}

func TestConditionalRequests(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{})
	const now = "{now}" // the resource's entity tag
	strong := strings.TrimPrefix
	tests := []struct {
		name   string
		method string
		header []string
		status int
	}{
		{"the same version", "GET", []string{"If-None-Match", now}, 304},
		{"the same version, HEAD", "HEAD", []string{"If-None-Match", now}, 304},
		{"another version", "GET", []string{"If-None-Match", `W/"other"`}, 200},
		{"one of several", "GET", []string{"If-None-Match", `"a", ` + now + `,"b"`}, 304},
		{"empty elements", "GET", []string{"If-None-Match", `,, "a" , ` + now + ` ,`}, 304},
		{"none of several", "GET", []string{"If-None-Match", `"a", W/"b"`}, 200},
		{"a comma within a tag", "GET", []string{"If-None-Match", `"a,b", ` + now}, 304},
		{"compared weakly", "GET", []string{"If-None-Match", "strong"}, 304},
		{"any version", "GET", []string{"If-None-Match", "*"}, 304},
		{"a read if it is the same", "GET", []string{"If-Match", now}, 200},
		{"a read if it were another", "GET", []string{"If-Match", `W/"other"`}, 412},
		{"a read if there is any", "GET", []string{"If-Match", "*"}, 200},
		{"If-Match comes first", "GET", []string{"If-Match", `W/"other"`, "If-None-Match", now}, 412},
		{"both hold", "GET", []string{"If-Match", now, "If-None-Match", `"x"`}, 200},

		{"PUT of the same", "PUT", []string{"If-Match", now}, 200},
		{"PATCH of the same", "PATCH", []string{"If-Match", now}, 200},
		{"DELETE of the same", "DELETE", []string{"If-Match", now}, 204},
		{"PUT of another", "PUT", []string{"If-Match", `W/"other"`}, 412},
		{"PATCH of another", "PATCH", []string{"If-Match", `W/"other"`}, 412},
		{"DELETE of another", "DELETE", []string{"If-Match", `W/"other"`}, 412},
		{"PUT of any", "PUT", []string{"If-Match", "*"}, 200},
		{"PATCH of any", "PATCH", []string{"If-Match", "*"}, 200},
		{"DELETE of any", "DELETE", []string{"If-Match", "*"}, 204},
		{"PATCH, a strong tag", "PATCH", []string{"If-Match", "strong"}, 200},
		{"PATCH, one of several", "PATCH", []string{"If-Match", `"a",` + now}, 200},
		{"PATCH, none of several", "PATCH", []string{"If-Match", `"a", "b"`}, 412},
		{"PUT unless there is one", "PUT", []string{"If-None-Match", "*"}, 412},
		{"PATCH unless there is one", "PATCH", []string{"If-None-Match", "*"}, 412},
		{"DELETE unless there is one", "DELETE", []string{"If-None-Match", "*"}, 412},
		{"PATCH unless it is the same", "PATCH", []string{"If-None-Match", now}, 412},
		{"PATCH unless it were another", "PATCH", []string{"If-None-Match", `"x"`}, 200},

		{"no quotes", "PATCH", []string{"If-Match", "3"}, 400},
		{"no end", "PATCH", []string{"If-Match", `W/"3`}, 400},
		{"a small w", "PUT", []string{"If-Match", `w/"3"`}, 400},
		{"escaped quotes", "DELETE", []string{"If-Match", `W/\"3\"`}, 400},
		{"two tags without a comma", "PUT", []string{"If-Match", `"a" "b"`}, 400},
		{"an asterisk among tags", "PUT", []string{"If-Match", `"a", *`}, 400},
		{"a space in a tag", "PUT", []string{"If-Match", `"a b"`}, 400},
		{"nothing in it", "PUT", []string{"If-Match", ""}, 400},
		{"commas only", "PUT", []string{"If-Match", ",,"}, 400},
		{"GET, no quotes", "GET", []string{"If-None-Match", "3"}, 400},
	}
	for i, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			name := fmt.Sprintf("u%d", i)
			created := s.Want(http.StatusCreated, "POST", "/Users", user(name))
			path, tag := "/Users/"+created.Get("id").Str, tagged(t, created)
			header := make([]string, len(tt.header))
			for i, h := range tt.header {
				header[i] = strings.ReplaceAll(h, now, tag)
				if h == "strong" {
					header[i] = strong(tag, "W/")
				}
			}
			var body any
			switch tt.method {
			case "PUT":
				body = strings.Replace(user(name), `"Doe"`, `"Roe"`, 1)
			case "PATCH":
				body = title("Clerk")
			}
			r := s.Do(tt.method, path, body, header...)
			if r.Status != tt.status {
				t.Fatalf("got %d, want %d: %s", r.Status, tt.status, r.Body)
			}
			switch r.Status {
			case http.StatusNotModified:
				if r.Body != "" || r.Header.Get("ETag") != tag || r.Header.Get("Content-Type") != "" {
					t.Errorf("304 with the body %q and %v", r.Body, r.Header)
				}
			case http.StatusPreconditionFailed:
				isError(t, r, tag)
			case http.StatusBadRequest:
				isError(t, r, header[0])
			}
			if r.Status >= 300 {
				if after := s.Want(http.StatusOK, "GET", path, nil); tagged(t, after) != tag {
					t.Errorf("the resource changed: %s", after.Body)
				}
			}
		})
	}
}

// What the version of a resource is said to be matters only where there is one resource.
func TestConditionsThatDoNotApply(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{})
	s.Want(http.StatusCreated, "POST", "/Users", user("ann"), "If-Match", `"1"`)
	s.Want(http.StatusOK, "GET", "/Users", nil, "If-None-Match", "*")
	for _, method := range []string{"GET", "DELETE"} {
		s.Want(http.StatusNotFound, method, "/Users/nobody", nil, "If-Match", "*")
	}
	s.Want(http.StatusNotFound, "PATCH", "/Users/nobody", title("x"), "If-Match", `"1"`)
}

// Of writers that have all read the same version, one goes through.
func TestOneOfManyWritersWins(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{})
	created := s.Want(http.StatusCreated, "POST", "/Users", user("ann"))
	path, tag := "/Users/"+created.Get("id").Str, tagged(t, created)
	const writers = 64
	status := make([]int, writers)
	var all sync.WaitGroup
	for i := range writers {
		all.Go(func() {
			r, err := s.Send("PATCH", s.URL+path, title(fmt.Sprintf("Clerk %d", i)), "Authorization", "Bearer "+adaptertest.Token, "If-Match", tag)
			if err != nil {
				t.Error(err)
			}
			status[i] = r.Status
		})
	}
	all.Wait()
	won := -1
	for i, got := range status {
		switch {
		case got == http.StatusOK && won < 0:
			won = i
		case got == http.StatusOK:
			t.Errorf("writers %d and %d both won", won, i)
		case got != http.StatusPreconditionFailed:
			t.Errorf("writer %d got %d", i, got)
		}
	}
	if got := s.Want(http.StatusOK, "GET", path, nil).Get("title").Str; won < 0 || got != fmt.Sprintf("Clerk %d", won) {
		t.Errorf("writer %d won and the title is %q", won, got)
	}
}

// Each of 64 writers reads the user, adds a word of its own, and writes it back if nobody else was quicker. None of the
// words is lost.
func TestNoUpdateIsLost(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{})
	path := "/Users/" + s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
	const writers = 64
	auth := []string{"Authorization", "Bearer " + adaptertest.Token}
	var all sync.WaitGroup
	for i := range writers {
		all.Go(func() {
			for {
				was, err := s.Send("GET", s.URL+path, nil, auth...)
				if err != nil || was.Status != http.StatusOK {
					t.Errorf("writer %d: read: %d %v", i, was.Status, err)
					return
				}
				next := strings.TrimSpace(was.Get("title").Str + fmt.Sprintf(" w%d.", i))
				r, err := s.Send("PATCH", s.URL+path, title(next), append([]string{"If-Match", was.Header.Get("ETag")}, auth...)...)
				switch {
				case err == nil && r.Status == http.StatusOK:
					return
				case err != nil || r.Status != http.StatusPreconditionFailed:
					t.Errorf("writer %d: write: %d %v %s", i, r.Status, err, r.Body)
					return
				}
			}
		})
	}
	all.Wait()
	got := s.Want(http.StatusOK, "GET", path, nil).Get("title").Str
	words := strings.Fields(got)
	for i := range writers {
		if want := fmt.Sprintf("w%d.", i); !strings.Contains(" "+got+" ", " "+want+" ") {
			t.Errorf("the word of writer %d is lost: %s", i, got)
		}
	}
	if len(words) != writers {
		t.Errorf("%d words of %d writers: %s", len(words), writers, got)
	}
}

// Who is in a group belongs to it: its version moves with its members, and two who change them at once do not
// overwrite each other.
func TestVersionsOfGroups(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{})
	ann, bob := createUser(s, "ann"), createUser(s, "bob")
	created := s.Want(http.StatusCreated, "POST", "/Groups", group("staff", ann))
	path := "/Groups/" + created.Get("id").Str
	tags := []string{tagged(t, created)}
	moved := func(r adaptertest.Response) {
		t.Helper()
		tag := r.Header.Get("ETag")
		if tag == "" || tag != tagged(t, s.Want(http.StatusOK, "GET", path, nil)) {
			t.Errorf("%d with the tag %q is not what a read has", r.Status, tag)
		}
		for _, old := range tags {
			if tag == old {
				t.Errorf("the tag %s was there before", tag)
			}
		}
		tags = append(tags, tag)
	}
	moved(s.Want(http.StatusNoContent, "PATCH", path, patchOp(addMembers(bob))))
	moved(s.Want(http.StatusNoContent, "PATCH", path, patchOp(removeMember(ann)), "If-Match", tags[1]))
	moved(s.Want(http.StatusOK, "PATCH", path+"?attributes=displayName,meta", patchOp(addMembers(ann))))
	moved(s.Want(http.StatusOK, "PUT", path, group("staff", bob), "If-Match", tags[3]))
	for _, old := range tags[:4] {
		isError(t, s.Want(http.StatusPreconditionFailed, "PATCH", path, patchOp(addMembers(ann)), "If-Match", old), tags[4])
		s.Want(http.StatusOK, "GET", path, nil, "If-None-Match", old)
	}
	s.Want(http.StatusPreconditionFailed, "PUT", path, group("staff"), "If-Match", tags[0])
	s.Want(http.StatusPreconditionFailed, "DELETE", path, nil, "If-Match", tags[0])
	s.Want(http.StatusNotModified, "GET", path, nil, "If-None-Match", tags[4])
	same(t, "members", []string{bob}, memberIDs(s, created.Get("id").Str))
	s.Want(http.StatusNoContent, "DELETE", path, nil, "If-Match", tags[4])
}
