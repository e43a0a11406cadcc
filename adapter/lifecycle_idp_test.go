package adapter_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/adapter/connector"
	"github.com/caddy-scim/caddy-scim/internal/token"
)

// What an IdP means by a request.
const (
	saysInactive = "inactive"
	saysDeleted  = "deleted"
	saysLeft     = "left the group"
	saysActive   = "active"
)

// saying is one request of an IdP's about a person.
type saying struct {
	file         string // a recorded request below scim/testdata/idp; or else
	request      string // method and path, with {id} and {group}
	body         string // with {id}, {login}, {ext} too
	means        string
	status       int    // 2xx by default
	replace, wit string // in a recorded body
}

const (
	patchOp  = `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[%s]}`
	personal = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"{login}","externalId":"{ext}",` +
		`"displayName":"Barbara Jensen","name":{"givenName":"Barbara","familyName":"Jensen"},` +
		`"emails":[{"value":"{login}","type":"work","primary":true}],"active":%s}`
)

func remove(means string) saying {
	return saying{request: "DELETE /Users/{id}", means: means}
}

func put(active string) saying {
	return saying{request: "PUT /Users/{id}", body: fmt.Sprintf(personal, active), means: map[string]string{"true": saysActive, "false": saysInactive}[active]}
}

func post(active string) saying {
	return saying{request: "POST /Users", body: fmt.Sprintf(personal, active), means: saysActive}
}

func patches(ops, means string) saying {
	return saying{request: "PATCH /Users/{id}", body: fmt.Sprintf(patchOp, ops), means: means}
}

// ways are how identity providers say that somebody has no access any more.
var ways = []struct {
	profile, name string
	says          []saying
}{
	{"okta", "PATCH without a path", []saying{{file: "okta/patch-deactivate.json", means: saysInactive}}},
	{"okta", "PUT of all", []saying{{file: "okta/put-deactivate.json", means: saysInactive}}},
	{"okta", "taken out of a pushed group and unassigned", []saying{
		{file: "okta/patch-group-mixed.json", means: saysLeft, replace: `,{"op":"add","path":"members","value":[{"value":"u3"}]}`},
		{file: "okta/patch-deactivate.json", means: saysInactive},
	}},
	{"entra", "unassigned", []saying{{file: "entra/patch-active-capital-string.json", means: saysInactive}}},
	{"entra", "unassigned, with the flag", []saying{patches(`{"op":"replace","path":"active","value":false}`, saysInactive)}},
	{"entra", "unassigned, later deleted", []saying{{file: "entra/patch-active-lower-string.json", means: saysInactive}, remove(saysDeleted)}},
	{"entra", "soft delete", []saying{{file: "entra/patch-soft-delete.json", means: saysInactive}}},
	{"entra", "soft delete, later a hard one", []saying{{file: "entra/patch-soft-delete.json", means: saysInactive}, remove(saysDeleted)}},
	{"entra", "taken out of a group", []saying{{file: "entra/patch-remove-members-listed.json", means: saysLeft}}},
	{"entra", "taken out of the assigned group, with the flag", []saying{
		{file: "entra/patch-flag-remove-member.json", means: saysLeft}, {file: "entra/patch-active-capital-string.json", means: saysInactive},
	}},
	{"onelogin", "suspended", []saying{{file: "onelogin/patch-suspend.json", means: saysInactive}}},
	{"onelogin", "deleted", []saying{remove(saysDeleted)}},
	{"onelogin", "suspended, then deleted", []saying{put("false"), remove(saysDeleted)}},
	{"jumpcloud", "PUT of all", []saying{{file: "jumpcloud/put-user.json", means: saysInactive, replace: `"active":true`, wit: `"active":false`}}},
	{"jumpcloud", "taken out of the group", []saying{
		{file: "jumpcloud/patch-remove-members-listed.json", means: saysLeft}, put("false"),
	}},
	{"google", "suspended", []saying{patches(`{"op":"replace","path":"active","value":false}`, saysInactive)}},
	{"google", "deleted", []saying{remove(saysDeleted)}},
	{"generic", "DELETE", []saying{remove(saysDeleted)}},
	{"generic", "group emptied", []saying{{request: "PUT /Groups/{group}", body: `{"displayName":"{group.name}","members":[]}`, means: saysLeft}}},
	{"generic", "taken out of the group and deleted", []saying{
		{request: "PATCH /Groups/{group}", body: fmt.Sprintf(patchOp, `{"op":"remove","path":"members"}`), means: saysLeft}, remove(saysDeleted),
	}},
}

// returns are how they say that somebody is back. Of somebody who is deleted all but POST get 404, and then they POST.
var returns = map[string][]saying{
	"okta": {
		{file: "okta/patch-reactivate.json", means: saysActive},
		{file: "okta/post-user.json", means: saysActive, replace: "00ujl29u0le5T6Aj10h7", wit: "{ext}"},
	},
	"entra": {
		patches(`{"op":"Replace","path":"active","value":"True"},{"op":"Replace","path":"userName","value":"{login}"}`, saysActive),
		post(`"True"`),
	},
	"onelogin":  {patches(`{"op":"replace","path":"active","value":true}`, saysActive), put("true"), post("true")},
	"jumpcloud": {{file: "jumpcloud/put-user.json", means: saysActive}, post("true")},
	"google":    {put("true"), post("true")},
	"generic":   {patches(`{"op":"add","path":"active","value":true}`, saysActive), post("true")},
}

// The places of an account in the tenant's organisation, each with less access than the one before.
var places = []string{"active", "suspended", "out", "gone"}

// lowered is where a rule takes an account.
func lowered(place string, rule adapter.Rule) string {
	to := map[adapter.Rule]string{
		adapter.RuleNothing: "active", adapter.RuleSuspend: "suspended", adapter.RuleDeactivate: "out", adapter.RuleDelete: "gone",
	}[rule]
	return places[max(slices.Index(places, place), slices.Index(places, to))]
}

// life is one person in the test.
type life struct {
	*adaptertest.Stack
	*testing.T
	bearer           string
	login, ext, id   string
	group, groupName string
	no               string // of the account
	own              bool   // the account was the person's own before
	place            string // where the account is to be
	said             string // what the IdP said last
	left             bool   // the group
}

// say sends a request and checks that it is understood.
func (l *life) say(s saying) adaptertest.Response {
	l.Helper()
	request, body, header := s.request, s.body, []string{"Authorization", "Bearer " + l.bearer}
	if s.file != "" {
		data, err := os.ReadFile("../scim/testdata/idp/" + s.file)
		if err != nil {
			l.Fatal(err)
		}
		var recorded struct {
			Method, Path string
			Headers      map[string]string
			Body         any
		}
		if err := json.Unmarshal(data, &recorded); err != nil {
			l.Fatalf("%s: %v", s.file, err)
		}
		raw, err := json.Marshal(recorded.Body)
		if err != nil {
			l.Fatal(err)
		}
		request = recorded.Method + " " + strings.Replace(recorded.Path, "/Groups/{id}", "/Groups/{group}", 1)
		body = strings.NewReplacer("bjensen@example.com", "{login}", "701984", "{ext}", "u1091", "{id}", "u2", "{id}", "2819c223", "{id}", "g1", "{group}").
			Replace(strings.Replace(string(raw), s.replace, s.wit, 1))
		for name, value := range recorded.Headers {
			header = append(header, name, value)
		}
	}
	names := strings.NewReplacer("{id}", l.id, "{login}", l.login, "{ext}", l.ext, "{group}", l.group, "{group.name}", l.groupName)
	method, path, _ := strings.Cut(names.Replace(request), " ")
	var content any
	if body != "" {
		content = names.Replace(body)
	}
	r := l.Do(method, path, content, header...)
	if s.status == 0 && r.Status/100 != 2 || s.status != 0 && r.Status != s.status {
		l.Fatalf("%s %s %v: %d %s", method, path, content, r.Status, r.Body)
	}
	return r
}

// begin provisions the person, into a group.
func (l *life) begin() {
	l.Helper()
	if l.own {
		l.no = l.SignUp(l.login, l.login)
	}
	l.id = l.say(post("true")).Get("id").Str
	l.group = l.say(saying{request: "POST /Groups", body: `{"displayName":"{group.name}","members":[{"value":"{id}"}]}`}).Get("id").Str
	l.WaitIdle()
	if no := l.Account(l.login).Get("no").String(); l.own && no != l.no {
		l.Fatalf("the account is %s, the person has %s", no, l.no)
	} else if l.no = no; no == "" {
		l.Fatal("there is no account")
	}
	l.place, l.said = "active", saysActive
}

// means is what the IdP has just said, and what is to come of it.
func (l *life) means(what string, rules adapter.Lifecycle) {
	switch what {
	case saysLeft:
		l.left = true
		return
	case saysInactive:
		l.place = lowered(l.place, rules.OnInactive)
	case saysDeleted:
		l.place, l.left = lowered(l.place, rules.OnDelete), true
	case saysActive:
		l.place = "active"
	}
	l.said = what
}

// check compares what SCIM shows and what the application has with what is to be.
func (l *life) check() {
	l.Helper()
	l.WaitIdle()
	if r := l.Do("GET", "/Users/"+l.id, nil); l.said == saysDeleted && r.Status != http.StatusNotFound ||
		l.said != saysDeleted && (r.Status != http.StatusOK || r.Get("active").Bool() != (l.said == saysActive)) {
		l.Errorf("%s: a read of somebody who is %s: %d %s", l.login, l.said, r.Status, r.Body)
	}
	found := l.Want(http.StatusOK, "GET", `/Users?filter=externalId+eq+"`+l.ext+`"`, nil).Get("totalResults").Int()
	if (found == 1) != (l.said != saysDeleted) {
		l.Errorf("%s: somebody who is %s is found %d times", l.login, l.said, found)
	}
	account := l.App("GET", "/members/"+l.no, nil)
	place := account.Get("member.organisations.acme").Str
	switch {
	case account.Status == http.StatusNotFound:
		place = "gone"
	case place == "":
		place = "out"
	}
	if place != l.place {
		l.Errorf("%s: the account of somebody who is %s is %s, want %s: %s", l.login, l.said, place, l.place, account.Body)
	}
	if place != "gone" && (account.Get("member.state").Str != "active" || account.Get("member.personal").Bool() != l.own) {
		l.Errorf("%s: the person's own account has become %s", l.login, account.Body)
	}
	all := l.App("GET", "/members?ref="+l.id, nil)
	if n := all.Get("members.#").Int(); (n == 1) != (place != "gone") {
		l.Errorf("%s: %d accounts: %s", l.login, n, all.Body)
	}
	if size := sizeOf(l.Stack, l.groupName); (size == 1) != (!l.left && place != "gone") {
		l.Errorf("%s: %d in the team of somebody who is %s and has left the group: %v", l.login, size, l.said, l.left)
	}
	if n := len(membersOf(l.Stack, l.group)); (n == 1) != !l.left {
		l.Errorf("%s: %d in the group of somebody who is %s and has left it: %v", l.login, n, l.said, l.left)
	}
}

// comeBack says that the person is back.
func (l *life) comeBack(s saying, rules adapter.Lifecycle) {
	l.Helper()
	posts := strings.HasPrefix(s.request, "POST") || strings.Contains(s.file, "/post-")
	switch {
	case l.said == saysDeleted && !posts:
		s.status = http.StatusNotFound
		l.say(s)
		s = post("true")
	case l.said == saysActive && posts: // who was never away is somebody who is there
		s.status = http.StatusConflict
		l.say(s)
		l.check()
		return
	}
	gone := l.place == "gone"
	r := l.say(s)
	if id := r.Get("id").Str; id != l.id {
		l.Errorf("%s came back as %s, was %s", l.login, id, l.id)
	}
	l.means(saysActive, rules)
	l.WaitIdle()
	if gone {
		l.no, l.own = l.Account(l.login).Get("no").String(), false
	}
	l.check()
}

// TestLifecycleAsEachIdPSaysIt goes through all rules of a tenant with all ways of each IdP: what becomes of the account,
// what a read says, and what comes of a return. Half of the people had an account of their own before.
func TestLifecycleAsEachIdPSaysIt(t *testing.T) {
	t.Parallel()
	for _, onDelete := range []adapter.Rule{adapter.RuleDelete, adapter.RuleDeactivate, adapter.RuleSuspend, adapter.RuleNothing} {
		for _, onInactive := range []adapter.Rule{adapter.RuleDeactivate, adapter.RuleSuspend, adapter.RuleNothing} {
			rules := adapter.Lifecycle{OnDelete: onDelete, OnInactive: onInactive}
			t.Run(fmt.Sprintf("delete is %s, inactive is %s", onDelete, onInactive), func(t *testing.T) {
				t.Parallel()
				liveThrough(t, rules)
			})
			if onDelete != adapter.RuleSuspend && onDelete != adapter.RuleDeactivate {
				continue
			}
			rules.DeleteAfter = month
			t.Run(fmt.Sprintf("delete is %s and later delete, inactive is %s", onDelete, onInactive), func(t *testing.T) {
				t.Parallel()
				liveThrough(t, rules)
			})
		}
	}
}

func liveThrough(t *testing.T, rules adapter.Lifecycle) {
	opts, clock := keeping("", func(c *adapter.TenantConfig) {
		c.Lifecycle, c.Connections = rules, nil
		for _, profile := range adapter.Profiles {
			c.Connections = append(c.Connections, adapter.ConnectionConfig{ID: profile, Profile: profile})
		}
		c.Connections = append(c.Connections, adapter.ConnectionConfig{ID: "main", Profile: "generic"})
	})
	opts.Connector = func(c *connector.Config) { adaptertest.Organisation(c, "acme") }
	s := adaptertest.Start(t, opts)
	bearers := map[string]string{}
	for _, profile := range adapter.Profiles {
		secret, _, err := s.Tokens.Create(t.Context(), token.CreateRequest{Tenant: "acme", Connection: profile})
		if err != nil {
			t.Fatal(err)
		}
		bearers[profile] = string(secret)
	}
	n := 0
	live := func(profile string, says []saying) *life {
		n++
		name := fmt.Sprintf("%s%d", profile, n)
		l := &life{
			Stack: s, T: t, bearer: bearers[profile], login: name + "@acme.example", ext: "ext-" + name, groupName: "g-" + name, own: n%2 == 0,
		}
		l.begin()
		for _, s := range says {
			l.say(s)
			l.means(s.means, rules)
			l.check()
		}
		return l
	}
	var away []*life // those who do not come back in time
	var back []*life
	for _, way := range ways {
		away = append(away, live(way.profile, way.says))
		for _, ret := range returns[way.profile] {
			l := live(way.profile, way.says)
			l.comeBack(ret, rules)
			back = append(back, l)
		}
		if t.Failed() {
			t.Fatalf("%s: %s", way.profile, way.name)
		}
	}
	clock.Advance(month)
	if _, err := s.Tenant().Part(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, l := range away {
		if l.said == saysDeleted && rules.DeleteAfter > 0 {
			l.place = "gone"
			l.check()
		}
		l.comeBack(post("true"), rules)
	}
	for _, l := range back {
		if rules.DeleteAfter > 0 {
			l.check()
		}
	}
}
