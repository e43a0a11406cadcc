package caddymodule_test

import (
	"bufio"
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/tidwall/gjson"
)

// The provisioning log by the admin endpoint: pages, one operation, a stream, and a stream that goes on until a reload.
func TestJournalByCaddy(t *testing.T) {
	s := newServer(t)
	config := func(option string) string {
		return s.caddyfile(s.badger() + s.tenant("acme", "journal {\n keep 30d\n}", option))
	}
	s.load(config(""))
	const path = "/scim/tenants/acme/journal"
	empty := s.wantAdmin(http.StatusOK, "GET", path, "")
	if empty.get("entries") != "[]" || empty.get("more") != "false" {
		t.Errorf("nothing is %s", empty.body)
	}
	s.want(http.StatusCreated, acmeToken, "POST", "/scim/v2/Users", user("ann"))
	s.want(http.StatusCreated, acmeToken, "POST", "/scim/v2/Users", user("bob"))
	page := s.wantAdmin(http.StatusOK, "GET", path+"?outcome=applied&limit=1", "")
	if page.get("entries.#") != "1" || page.get("entries.0.operation.subject") != gjson.Get(user("bob"), "userName").Str || page.get("more") != "true" {
		t.Errorf("the newest is %s", page.body)
	}
	if next := s.wantAdmin(http.StatusOK, "GET", path+"?outcome=applied&limit=1&after="+page.get("next"), ""); next.get("entries.0.operation.subject") != gjson.Get(user("ann"), "userName").Str {
		t.Errorf("the one before it is %s", next.body)
	}
	whole := s.wantAdmin(http.StatusOK, "GET", path+"/"+page.get("entries.0.operation.id"), "")
	if whole.get("related.0.call.exchanges.0.status") != "201" || whole.get("operation.request.changes.#") == "0" {
		t.Errorf("the operation is %s", whole.body)
	}
	waited := s.wantAdmin(http.StatusOK, "GET", path+"?order=changes&wait=1m&after=0000000000000000", "")
	if waited.get("entries.#") != "4" {
		t.Errorf("what there is needs no waiting: %s", waited.body)
	}
	lines := s.wantAdmin(http.StatusOK, "GET", path+"?format=ndjson&user="+gjson.Get(user("ann"), "userName").Str, "")
	if n := strings.Count(lines.body, "\n"); n != 2 || !strings.HasPrefix(lines.body, `{"cursor":"`) {
		t.Errorf("%d lines: %s", n, lines.body)
	}
	for query, problem := range map[string]string{
		"?limit=0": "limit: ", "?limit=1001": "limit: ", "?after=x": "after: ", "?failed=maybe": "failed: ", "?since=yesterday": "since: ",
		"?until=2": "until: ", "?order=random": "order: ", "?wait=2m": "wait: ", "?format=xml": "format: ", "?follow=true": "follow: ",
		"?users=ann": `"users" is no parameter`, "?user=a&user=b": "user: is there twice", "?user=a&resource=b": "user: ",
		"?order=newest&wait=1s": "order: ", "?order=oldest&wait=1s": "order: ",
	} {
		if r := s.wantAdmin(http.StatusBadRequest, "GET", path+query, ""); !strings.Contains(r.get("error"), problem) {
			t.Errorf("%s: %s", query, r.body)
		}
	}
	s.wantAdmin(http.StatusNotFound, "GET", path+"/nothing", "")
	s.wantAdmin(http.StatusNotFound, "GET", path+"/nothing/more", "")
	s.wantAdmin(http.StatusMethodNotAllowed, "PUT", path, "{}")
	s.want(http.StatusCreated, acmeToken, "POST", "/scim/v2/Users", user("zebulon"))
	named := s.wantAdmin(http.StatusOK, "POST", path, `{"user":"zebulon@acme.example","limit":7,"failed":false,"order":"oldest"}`)
	if named.get("entries.#") != "2" || strings.Contains(s.log(), "zebulon") {
		t.Errorf("by name: %s", named.body)
	}
	s.wantAdmin(http.StatusBadRequest, "POST", path, `{"user":["zebulon@acme.example"]}`)

	// A stream that is followed tells what comes, and ends with the configuration.
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, "GET", "http://admin"+path+"?follow=true", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = ""
	req.Header.Set("Accept", "application/x-ndjson")
	resp, err := s.admin.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	stream := bufio.NewScanner(resp.Body)
	for range 6 {
		if !stream.Scan() {
			t.Fatalf("the stream ends: %v", stream.Err())
		}
	}
	s.want(http.StatusCreated, acmeToken, "POST", "/scim/v2/Users", user("cay"))
	for !strings.Contains(stream.Text(), `"outcome":"applied"`) || !strings.Contains(stream.Text(), gjson.Get(user("cay"), "userName").Str) {
		if !stream.Scan() {
			t.Fatalf("the stream ends: %v", stream.Err())
		}
	}
	s.load(config("delivery {\n backlog 77\n}"))
	for stream.Scan() && !strings.HasPrefix(stream.Text(), `{"error":`) {
		t.Logf("after the reload %s", stream.Text())
	}
	if !strings.Contains(stream.Text(), "replaced") {
		t.Errorf("the stream ends with %s, %v", stream.Text(), stream.Err())
	}
	if s.log() == "" || strings.Contains(s.log(), gjson.Get(user("cay"), "userName").Str) {
		t.Error("the process's log names a person")
	}
}
