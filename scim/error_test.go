package scim_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/caddy-scim/caddy-scim/scim"
)

func TestErrorBody(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		err  *scim.Error
		want string
	}{
		{scim.NotFound("2819c223"), `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"404","detail":"Resource 2819c223 not found"}`},
		{scim.BadRequest(scim.Mutability, "Attribute %q is readOnly", "id"), `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"400","scimType":"mutability","detail":"Attribute \"id\" is readOnly"}`},
		{scim.Conflict("taken"), `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"409","scimType":"uniqueness","detail":"taken"}`},
		{scim.Unavailable(time.Minute, ""), `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"503"}`},
		{&scim.Error{}, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"500"}`},
		{&scim.Error{Status: 403, Detail: "a\r\nb\x00\x1b[31m\xff\u202e\u2028c"}, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"403","detail":"a  b  [31m   c"}`},
	} {
		got, err := json.Marshal(tc.err)
		if err != nil || string(got) != tc.want {
			t.Errorf("got %s, %v\nwant %s", got, err, tc.want)
		}
	}
}

func TestErrorHoldsAnyText(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		e := &scim.Error{
			Status:   rapid.Int().Draw(t, "status"),
			ScimType: scim.Type(rapid.SliceOf(rapid.Byte()).Draw(t, "type")),
			Detail:   strings.Repeat(string(rapid.SliceOf(rapid.Byte()).Draw(t, "detail")), rapid.IntRange(1, 200).Draw(t, "times")),
		}
		data, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		var body struct {
			Schemas          []string
			Status, ScimType string
			Detail           string
		}
		if err := json.Unmarshal(data, &body); err != nil {
			t.Fatal(err)
		}
		for _, s := range []string{body.Detail, body.ScimType, e.Error()} {
			if !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) {
				t.Fatalf("not printable: %q", s)
			}
		}
		if len(body.Detail) > scim.MaxDetail || len(body.Status) != 3 || len(body.Schemas) != 1 {
			t.Fatalf("%s", data)
		}
	})
}

func TestAsError(t *testing.T) {
	t.Parallel()
	inner := scim.Forbidden("no")
	if got := scim.AsError(fmt.Errorf("deciding: %w", inner)); got != inner {
		t.Errorf("got %v", got)
	}
	if got := scim.AsError(errors.New("disk /var/secret is full")); got.Status != http.StatusInternalServerError || strings.Contains(got.Error(), "disk") {
		t.Errorf("got %v", got)
	}
}

func TestStatuses(t *testing.T) {
	t.Parallel()
	for want, e := range map[int]*scim.Error{
		400: scim.BadRequest(scim.InvalidValue, "x"), 401: scim.Unauthorized("x"), 403: scim.Forbidden("x"), 404: scim.NotFound("x"),
		409: scim.Conflict("x"), 412: scim.PreconditionFailed("x"), 413: scim.PayloadTooLarge(5), 429: scim.TooManyRequests(time.Second, "x"),
		500: scim.Internal(), 503: scim.Unavailable(time.Second, "x"),
	} {
		if e.Status != want || e.Detail == "" || (e.RetryAfter > 0) != (want == 429 || want == 503) {
			t.Errorf("%d: %+v", want, e)
		}
	}
}
