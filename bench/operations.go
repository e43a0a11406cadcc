package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"

	"github.com/tidwall/gjson"
)

// operation is one row of the table: a request that is made again and again, each time about something else.
type operation struct {
	name string
	// do makes the request. n is how often it has been made before.
	do func(n int) *httptest.ResponseRecorder
	// check looks at the answer, and puts back what the request has changed. It is not measured.
	check func(n int, w *httptest.ResponseRecorder) error
	told  bool // the application is told of groups, and the request waits for it
	times int  // how often a round makes the request; 0 is as often as there is time for
	// grows says what the cost of the request grows with; empty: with nothing.
	grows string
}

// pageSize is how many users a page holds.
const pageSize = 100

// operations are those that are measured, each begun anew.
func (s *site) operations() []operation {
	return slices.Concat(s.lookups(), s.memberships(), s.pages(), s.scans())
}

// any is a user who is in one small group and in no other.
func (s *site) any(n int) int { return s.data.outsider(spread(n, s.data.outsiders())) }

// spread goes through 0…most-1 with wide steps, so that what is asked for is not what was read just before.
func spread(n, most int) int {
	const step = 7_368_787 // a prime above all sizes in use
	return int(uint64(n) * step % uint64(most))
}

// lookups find one resource.
func (s *site) lookups() []operation {
	one := func(name string, filter func(user int) string) operation {
		return operation{
			name: "filter `" + name + " eq`",
			do: func(n int) *httptest.ResponseRecorder {
				return s.call(http.MethodGet, "/Users?filter="+url.QueryEscape(name+` eq "`+filter(s.any(n))+`"`), "")
			},
			check: func(n int, w *httptest.ResponseRecorder) error {
				return holds(w, http.StatusOK, `"totalResults":1,`, userID(s.any(n)))
			},
		}
	}
	return []operation{
		{
			name: "GET a user by id",
			do:   func(n int) *httptest.ResponseRecorder { return s.call(http.MethodGet, "/Users/"+userID(s.any(n)), "") },
			check: func(n int, w *httptest.ResponseRecorder) error {
				user := s.any(n)
				return holds(w, http.StatusOK, userName(user), groupID(user/smallGroup))
			},
		},
		one("userName", userName),
		one("externalId", externalID),
		one("emails.value", email),
		{
			name: "filter `members.value eq`, the groups of a user",
			do: func(n int) *httptest.ResponseRecorder {
				filter := fmt.Sprintf(`members.value eq "%s"`, userID(s.any(n)))
				return s.call(http.MethodGet, "/Groups?excludedAttributes=members&filter="+url.QueryEscape(filter), "")
			},
			check: func(n int, w *httptest.ResponseRecorder) error {
				return holds(w, http.StatusOK, `"totalResults":1,`, groupID(s.any(n)/smallGroup))
			},
		},
	}
}

// memberships look at groups and change them.
func (s *site) memberships() []operation {
	large := s.data.largeGroup()
	size := number(s.data.members)
	into := func(told bool, name string, group func(n int) int, who func(n int) int) operation {
		if !told {
			name += ", the application not told"
		}
		return operation{
			name: name, told: told,
			do: func(n int) *httptest.ResponseRecorder {
				return s.call(http.MethodPatch, "/Groups/"+groupID(group(n)), addMember(userID(who(n))))
			},
			check: func(n int, w *httptest.ResponseRecorder) error {
				if err := holds(w, http.StatusNoContent); err != nil {
					return err
				}
				undone := s.call(http.MethodPatch, "/Groups/"+groupID(group(n)), removeMember(userID(who(n))))
				return holds(undone, http.StatusNoContent)
			},
		}
	}
	small := func(n int) int { return spread(n, large) }
	stranger := func(n int) int { return (small(n) + 1) * smallGroup % s.data.users } // a member of the next group
	whole := func(int) int { return large }
	var list []operation
	for _, told := range []bool{true, false} {
		list = append(list,
			into(told, "add a member to a group of "+number(smallGroup), small, stranger),
			into(told, "add a member to a group of "+size, whole, s.any),
		)
	}
	return append(list, operation{
		name: "GET a group of " + size + " without `members`",
		do: func(int) *httptest.ResponseRecorder {
			return s.call(http.MethodGet, "/Groups/"+groupID(large)+"?excludedAttributes=members", "")
		},
		check: func(_ int, w *httptest.ResponseRecorder) error { return holds(w, http.StatusOK, groupName(large)) },
	})
}

// pages walk through all users.
func (s *site) pages() []operation {
	cursor, seen := "", 0
	return []operation{{
		name: "page of " + number(pageSize) + " in a walk by cursor", times: 1000,
		do: func(int) *httptest.ResponseRecorder {
			return s.call(http.MethodGet, "/Users?count="+strconv.Itoa(pageSize)+"&cursor="+url.QueryEscape(cursor), "")
		},
		check: func(_ int, w *httptest.ResponseRecorder) error {
			if err := holds(w, http.StatusOK, userName(seen)); err != nil {
				return err
			}
			seen += pageSize
			cursor = gjson.GetBytes(w.Body.Bytes(), "nextCursor").Str
			if (cursor == "") != (seen >= s.data.users) {
				return fmt.Errorf("after %d of %d users the next cursor is %q", seen, s.data.users, cursor)
			}
			if cursor == "" {
				seen = 0
			}
			return nil
		},
	}}
}

// scans are what no index helps with.
func (s *site) scans() []operation {
	large := s.data.largeGroup()
	page := func(name string, start int) operation {
		return operation{
			name: name, grows: "users",
			do: func(int) *httptest.ResponseRecorder {
				return s.call(http.MethodGet, fmt.Sprintf("/Users?startIndex=%d&count=%d", start+1, pageSize), "")
			},
			check: func(_ int, w *httptest.ResponseRecorder) error {
				return holds(w, http.StatusOK, fmt.Sprintf(`"totalResults":%d,`, s.data.users), userName(start))
			},
		}
	}
	return []operation{
		page("page by index, the first", 0),
		page("page by index, from the middle", s.data.users/2),
		{
			name: "filter without an index that finds nothing", grows: "users, up to 250,000",
			do: func(int) *httptest.ResponseRecorder {
				return s.call(http.MethodGet, "/Users?filter="+url.QueryEscape(`nickName eq "Nobody"`), "")
			},
			check: func(_ int, w *httptest.ResponseRecorder) error {
				if s.data.users > 250_000 {
					return holds(w, http.StatusBadRequest, `"tooMany"`)
				}
				return holds(w, http.StatusOK, `"totalResults":0`)
			},
		},
		{
			name: "GET a group of " + number(s.data.members) + " with `members`", grows: "members",
			do: func(int) *httptest.ResponseRecorder { return s.call(http.MethodGet, "/Groups/"+groupID(large), "") },
			check: func(_ int, w *httptest.ResponseRecorder) error {
				if err := holds(w, http.StatusOK); err != nil {
					return err
				}
				if got := gjson.GetBytes(w.Body.Bytes(), "members.#").Int(); got != int64(s.data.members) {
					return fmt.Errorf("%d members", got)
				}
				return nil
			},
		},
	}
}

// holds reports, as an error, that an answer has another status or lacks a text.
func holds(w *httptest.ResponseRecorder, status int, texts ...string) error {
	if w.Code != status {
		return fmt.Errorf("status %d: %.300s", w.Code, w.Body)
	}
	for _, text := range texts {
		if !bytes.Contains(w.Body.Bytes(), []byte(text)) {
			return fmt.Errorf("%q is not in %.300s", text, w.Body)
		}
	}
	return nil
}

func addMember(id string) string {
	return `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"add","path":"members","value":[{"value":"` + id + `"}]}]}`
}

func removeMember(id string) string {
	return `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"remove","path":"members[value eq \"` + id + `\"]"}]}`
}

// number writes a number with its thousands apart.
func number(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
