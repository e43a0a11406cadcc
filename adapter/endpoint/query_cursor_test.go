package endpoint_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/scim"
)

// RFC 9865: what cursors are like, what they are good for, and what they are not.
func TestCursors(t *testing.T) {
	t.Parallel()
	var later atomic.Int64 // nanoseconds that the clock is ahead
	clock := func() time.Time { return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(later.Load())) }
	opts := adaptertest.Options{NoGroups: true, Dir: t.TempDir(), Clock: clock}
	s := adaptertest.Start(t, opts)
	for i := range 7 {
		inactive(s, fmt.Sprintf(`{"userName":"u%d","title":"t%d"}`, i, i%3))
	}
	get := func(params ...string) adaptertest.Response { return s.Do("GET", "/Users"+query(params...), nil) }

	first := get("cursor", "", "count", "3")
	if r := first; strings.Join(names(r), "") != "u0u1u2" || r.Get("totalResults").Exists() || r.Get("startIndex").Exists() ||
		r.Get("itemsPerPage").Int() != 3 || r.Get("previousCursor").Exists() {
		t.Fatalf("first page: %s", r.Body)
	}
	next := first.Get("nextCursor").Str
	if strings.Trim(next, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~") != "" || next == "" {
		t.Errorf("reserved characters in %q", next)
	}
	second := get("cursor", next, "count", "3")
	if strings.Join(names(second), "") != "u3u4u5" || !second.Get("previousCursor").Exists() {
		t.Errorf("second page: %s", second.Body)
	}
	last := get("cursor", second.Get("nextCursor").Str, "count", "3")
	if strings.Join(names(last), "") != "u6" || last.Get("nextCursor").Exists() {
		t.Errorf("last page: %s", last.Body)
	}
	if r := get("cursor", last.Get("previousCursor").Str, "count", "3"); strings.Join(names(r), "") != "u3u4u5" || !r.Get("previousCursor").Exists() || !r.Get("nextCursor").Exists() {
		t.Errorf("back: %s", r.Body)
	}
	if r := get("cursor", second.Get("previousCursor").Str, "count", "3"); strings.Join(names(r), "") != "u0u1u2" || r.Get("previousCursor").Exists() {
		t.Errorf("back to the first page: %s", r.Body)
	}
	if r := get("cursor", next); strings.Join(names(r), "") != "u3u4u5" {
		t.Errorf("without count: %s", r.Body)
	}
	if r := s.Want(http.StatusOK, "GET", "/Users?cursor&count=3", nil); strings.Join(names(r), "") != "u0u1u2" {
		t.Errorf("a parameter without a value: %s", r.Body)
	}
	if r := get("cursor", "", "count", "7"); r.Get("nextCursor").Exists() || r.Get("totalResults").Int() != 7 {
		t.Errorf("all on one page: %s", r.Body)
	}
	if r := get("cursor", "", "count", "0"); r.Get("nextCursor").Exists() || r.Get("totalResults").Int() != 7 || r.Get("Resources.#").Int() != 0 {
		t.Errorf("count=0: %s", r.Body)
	}
	if r := get("cursor", "", "count", "-5"); r.Get("totalResults").Int() != 7 || r.Get("Resources.#").Int() != 0 {
		t.Errorf("count=-5: %s", r.Body)
	}
	search := s.Want(http.StatusOK, "POST", "/Users/.search", map[string]any{"cursor": next, "count": 3})
	if strings.Join(names(search), "") != "u3u4u5" {
		t.Errorf("by POST: %s", search.Body)
	}

	sorted := get("cursor", "", "count", "3", "sortBy", "title", "filter", `userName ne "u3"`)
	if strings.Join(names(sorted), "") != "u0u6u1" || sorted.Get("totalResults").Int() != 6 {
		t.Errorf("sorted: %s", sorted.Body)
	}
	sortedNext := sorted.Get("nextCursor").Str
	if r := get("cursor", sortedNext, "count", "3", "sortBy", "title", "filter", `userName ne "u3"`); strings.Join(names(r), "") != "u4u2u5" || r.Get("nextCursor").Exists() {
		t.Errorf("sorted, second page: %s", r.Body)
	}

	// What a cursor is bound to.
	for _, params := range [][]string{
		{"cursor", "x"}, {"cursor", next + "A"}, {"cursor", next[:len(next)-1]}, {"cursor", strings.Repeat("A", 5000)}, {"cursor", "é"}, {"cursor", next + "=", "count", "3"},
		{"cursor", next, "filter", "userName pr", "count", "3"}, {"cursor", next, "sortBy", "title", "count", "3"},
		{"cursor", sortedNext, "count", "3"}, {"cursor", sortedNext, "count", "3", "sortBy", "title"},
		{"cursor", sortedNext, "count", "3", "sortBy", "title", "sortOrder", "descending", "filter", `userName ne "u3"`},
	} {
		wantError(t, get(params...), scim.InvalidCursor, "cursor")
	}
	for _, path := range []string{"/Groups", ""} {
		wantError(t, s.Do("GET", path+query("cursor", next, "count", "3"), nil), scim.InvalidCursor, "cursor")
	}
	other, err := s.Send("GET", s.URL+"/Users"+query("cursor", next, "count", "3"), nil, "Authorization", "Bearer "+adaptertest.OtherToken)
	if err != nil {
		t.Fatal(err)
	}
	wantError(t, other, scim.InvalidCursor, "cursor")
	for count, detail := range map[string]string{"2": "3", "4": "3", "0": "3", "1001": "1000", "x": "whole number", "99999999999999999999": "1000"} {
		wantError(t, get("cursor", next, "count", count), scim.InvalidCount, detail)
	}
	wantError(t, get("cursor", "", "count", "1001"), scim.InvalidCount, "1000")
	wantError(t, get("cursor", "", "startIndex", "1"), scim.InvalidValue, "startIndex and cursor")
	if r := get("count", "5000"); r.Status != http.StatusOK || r.Get("itemsPerPage").Int() != 7 {
		t.Errorf("a large count by index: %s", r.Body)
	}
	wantError(t, get("count", "x"), scim.InvalidValue, "count")

	// Those that come and go in between.
	gone := get("cursor", "", "count", "2")
	for _, u := range gone.Get("Resources").Array() {
		s.Want(http.StatusNoContent, "DELETE", "/Users/"+u.Get("id").Str, nil)
	}
	inactive(s, `{"userName":"u7"}`)
	if r := get("cursor", gone.Get("nextCursor").Str, "count", "2"); strings.Join(names(r), "") != "u2u3" {
		t.Errorf("behind what has gone: %s", r.Body)
	}
	if r := get("cursor", next, "count", "3"); strings.Join(names(r), "") != "u3u4u5" {
		t.Errorf("after changes: %s", r.Body)
	}

	// A restart, and the hour that a cursor lives.
	s.Stop()
	s = adaptertest.Start(t, opts)
	if r := get("cursor", next, "count", "3"); strings.Join(names(r), "") != "u3u4u5" {
		t.Errorf("after a restart: %s", r.Body)
	}
	later.Add(int64(adapter.CursorTimeout - time.Second))
	if r := get("cursor", next, "count", "3"); r.Status != http.StatusOK {
		t.Errorf("within the hour: %s", r.Body)
	}
	later.Add(int64(time.Second))
	wantError(t, get("cursor", next, "count", "3"), scim.ExpiredCursor, "3600 seconds")
}

// A page ends before it gets too large, by index and by cursor, and the rest comes with the next one.
func TestPageBytes(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{NoGroups: true})
	long := strings.Repeat("x", 60<<10)
	const users, roles = 20, 10
	var doc string
	for i := range users {
		var list []string
		for n := range roles {
			list = append(list, fmt.Sprintf(`{"value":"%d%s"}`, n, long))
		}
		doc = fmt.Sprintf(`{"userName":"u%02d","roles":[%s]}`, i, strings.Join(list, ","))
		inactive(s, doc)
	}
	perPage := int64(adapter.MaxPageBytes / len(doc))
	for _, params := range [][]string{nil, {"filter", "userName pr"}, {"sortBy", "userName"}} {
		r := s.Want(http.StatusOK, "GET", "/Users"+query(params...), nil)
		if n := r.Get("itemsPerPage").Int(); n != perPage || r.Get("Resources.#").Int() != n || r.Get("totalResults").Int() != users || len(r.Body) > adapter.MaxPageBytes+1024 {
			t.Fatalf("%v: %d on a page of %d bytes, want %d", params, n, len(r.Body), perPage)
		}
		second := s.Want(http.StatusOK, "GET", "/Users"+query(append(params, "startIndex", fmt.Sprint(perPage+1))...), nil)
		if got := append(names(r), names(second)...); len(got) != users || !slices.IsSorted(got) || second.Get("startIndex").Int() != perPage+1 {
			t.Errorf("%v: by index: %v", params, got)
		}
		var got []string
		for cursor := ""; ; {
			r := s.Want(http.StatusOK, "GET", "/Users"+query(append(params, "cursor", cursor)...), nil)
			got = append(got, names(r)...)
			if cursor = r.Get("nextCursor").Str; cursor == "" {
				break
			}
		}
		if len(got) != users || !slices.IsSorted(got) {
			t.Errorf("%v: by cursor: %v", params, got)
		}
	}
}
