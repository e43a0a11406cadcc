package policy

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

func TestRun(t *testing.T) {
	t.Parallel()
	full := Policy{
		Name: "full", Version: "1", SettingsSchema: `{"type":"object"}`,
		Decide: func(in *DecideInput) (*Decision, error) {
			switch in.ResourceType {
			case "error":
				return nil, errors.New("no")
			case "nothing":
				return nil, nil
			case "deny":
				return Deny(409, "uniqueness", "taken"), nil
			}
			return Hold("look", string(in.Operation)), nil
		},
		Map: func(in *MapInput) (*MapOutput, error) {
			if in.Action == "break" {
				return Requests(Request{Body: json.RawMessage(`1},{"path":"/admin"`)}), nil
			}
			return Requests(Request{Method: "PATCH", Path: "/" + in.LegacyID, Body: in.After}), nil
		},
		Import: func(in *ImportInput) (*ImportOutput, error) {
			if login := Text(in.Record, "login"); login != "" {
				return ImportedUser(&User{UserName: login, Enterprise: new(Enterprise)}, Text(in.Record, "id"))
			}
			return Skip("nobody"), nil
		},
	}
	for name, c := range map[string]struct {
		policy      Policy
		hook, input string
		want, err   string
	}{
		"decide":                   {full, "decide", `{"operation":"create"}`, `{"verdict":"hold","title":"look","reason":"create"}`, ""},
		"deny":                     {full, "decide", `{"resource_type":"deny"}`, `{"verdict":"deny","status":409,"scim_type":"uniqueness","detail":"taken"}`, ""},
		"error":                    {full, "decide", `{"resource_type":"error"}`, "", "no"},
		"neither":                  {full, "decide", `{"resource_type":"nothing"}`, "", "neither an answer nor an error"},
		"broken input":             {full, "decide", `{`, "", "read the input: not valid JSON"},
		"map":                      {full, "map", `{"legacy_id":"7","after":{"a":1}}`, `{"requests":[{"method":"PATCH","path":"/7","body":{"a":1}}]}`, ""},
		"describe":                 {full, "describe", ``, `{"name":"full","version":"1","hooks":["decide","map","import"],"settings":{"type":"object"}}`, ""},
		"no decide":                {Policy{Name: "x"}, "decide", `{}`, `{"verdict":"allow"}`, ""},
		"no map":                   {Policy{Name: "x"}, "map", `{}`, `{"requests":[]}`, ""},
		"describe next to nothing": {Policy{Name: "x", Map: full.Map}, "describe", ``, `{"name":"x","hooks":["map"]}`, ""},
		"describe needs":           {Policy{Name: "x", Needs: []string{NeedCounts}}, "describe", ``, `{"name":"x","hooks":[],"needs":["counts"]}`, ""},
		"import":                   {full, "import", `{"record":{"login":"ada","id":"7"}}`, `{"resource":{"schemas":["` + userURN + `"],"userName":"ada"},"legacy_id":"7"}`, ""},
		"import skips":             {full, "import", `{"record":{"login":7}}`, `{"skip":true,"reason":"nobody"}`, ""},
		"no import":                {Policy{Name: "x"}, "import", `{}`, "", "the policy has no import"},
		"broken answer":            {full, "map", `{"action":"break"}`, "", "write the answer: body is not valid JSON"},
		"no such hook":             {full, "explain", `{}`, "", `there is no hook "explain"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := Run(c.policy, c.hook, []byte(c.input))
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) {
					t.Errorf("failed with %v, want %s", err, c.err)
				}
				return
			}
			if err != nil || string(got) != c.want {
				t.Errorf("answered %s, %v; want %s", got, err, c.want)
			}
		})
	}
}

// TestRegister is not parallel, since what is registered belongs to the process.
func TestRegister(t *testing.T) {
	t.Cleanup(func() { registered = Policy{} })
	panics := func(p Policy) (what any) {
		defer func() { what = recover() }()
		Register(p)
		return nil
	}
	if panics(Policy{}) == nil {
		t.Error("a policy without a name was registered")
	}
	warmed := 0
	if what := panics(Policy{Name: "a", Decide: func(*DecideInput) (*Decision, error) { return Allow(), nil }, Warm: func() { warmed++ }}); what != nil {
		t.Error(what)
	}
	if registered.Name != "a" || warmed != 1 {
		t.Errorf("registered %q and warmed it %d times, want a and once", registered.Name, warmed)
	}
	if panics(Policy{Name: "b"}) == nil {
		t.Error("a second policy was registered")
	}
}

func TestUser(t *testing.T) {
	t.Parallel()
	empty, err := ParseUser(nil)
	if err != nil {
		t.Fatal(err)
	}
	if empty.Enterprise == nil || !empty.IsActive() || empty.Email() != "" || empty.FullName() != "" {
		t.Errorf("an absent user is %+v", empty)
	}
	if _, err := ParseUser(json.RawMessage(`{"userName":1}`)); err == nil {
		t.Error("a userName that is a number was read")
	}
	for doc, want := range map[string]string{
		`{"emails":[{"value":"a"},{"value":"b"}]}`:                                            "a",
		`{"emails":[{"value":"a","type":"home"},{"value":"b","type":"Work"}]}`:                "b",
		`{"emails":[{"value":"a"},{"value":"b","type":"work"},{"value":"c","primary":true}]}`: "c",
		`{"emails":[{"value":"","primary":true},{"value":"b"}]}`:                              "b",
		`{"emails":[{"value":"a","primary":true},{"value":"b","primary":true}]}`:              "a",
	} {
		u, err := ParseUser(json.RawMessage(doc))
		if err != nil || u.Email() != want {
			t.Errorf("%s: %q, %v; want %q", doc, u.Email(), err, want)
		}
	}
	for doc, want := range map[string]string{
		`{"name":{"formatted":"A B","givenName":"x"},"displayName":"d"}`: "A B",
		`{"name":{"givenName":"A","familyName":"B"},"displayName":"d"}`:  "A B",
		`{"name":{"familyName":"B"},"displayName":"d"}`:                  "B",
		`{"displayName":"d","userName":"u"}`:                             "d",
		`{"userName":"u","active":false}`:                                "u",
	} {
		u, err := ParseUser(json.RawMessage(doc))
		if err != nil || u.FullName() != want || u.IsActive() == strings.Contains(doc, "active") {
			t.Errorf("%s: %q, active %v, %v; want %q", doc, u.FullName(), u.IsActive(), err, want)
		}
	}
}

func TestLookup(t *testing.T) {
	t.Parallel()
	doc := json.RawMessage(`{"name":{"givenName":"Ada","x":{"y":[1, 2]}},"title":null}`)
	for path, want := range map[string]string{
		"":                 string(doc),
		"name.givenName":   `"Ada"`,
		"name.x.y":         `[1, 2]`,
		"name.x.z":         "",
		"name.givenName.x": "",
		"nick":             "",
		"title":            "null",
	} {
		var names []string
		if path != "" {
			names = strings.Split(path, ".")
		}
		if got := string(Lookup(doc, names...)); got != want {
			t.Errorf("%s is %s, want %s", path, got, want)
		}
	}
}

func TestSet(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		doc, path string
		value     any
		want      string
	}{
		{`{"a":1,"b":{"c":12345678901234567890}}`, "a", "x", `{"a":"x","b":{"c":12345678901234567890}}`},
		{`{"a":1,"b":{"c":2}}`, "b.d", true, `{"a":1,"b":{"c":2,"d":true}}`},
		{`{"a":1}`, "b.c", 2, `{"a":1,"b":{"c":2}}`},
		{`{"a":1,"b":2}`, "b", nil, `{"a":1}`},
		{``, "a", 1, `{"a":1}`},
		{`null`, "a", 1, `{"a":1}`},
	} {
		got, err := Set(json.RawMessage(c.doc), c.value, strings.Split(c.path, ".")...)
		if err != nil || string(got) != c.want {
			t.Errorf("%s: %s set to %v is %s, %v; want %s", c.doc, c.path, c.value, got, err, c.want)
		}
	}
	if _, err := Set(json.RawMessage(`{"a":1}`), 2, "a", "b"); err == nil {
		t.Error("a member of a number was set")
	}
	if _, err := Set(nil, func() {}, "a"); err == nil {
		t.Error("a function was encoded")
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	type settings struct{ Domain, Other string }
	s := settings{Domain: "default", Other: "kept"}
	if err := Settings(nil, &s); err != nil || s.Domain != "default" {
		t.Errorf("no settings: %+v, %v", s, err)
	}
	if err := Settings(json.RawMessage(`{"domain":"d"}`), &s); err != nil || s != (settings{"d", "kept"}) {
		t.Errorf("settings: %+v, %v", s, err)
	}
	if err := Settings(json.RawMessage(`{"domain":1}`), &s); err == nil {
		t.Error("settings of the wrong type were read")
	}
}

// TestAnswersAreAllowed checks that what the helpers make is what the ABI allows.
func TestAnswersAreAllowed(t *testing.T) {
	t.Parallel()
	for _, d := range []*Decision{Allow(), Deny(0, "", "no"), Deny(400, "invalidValue", "no"), Hold("look", "")} {
		if err := d.Validate(&DecideInput{Operation: OpCreate}); err != nil {
			t.Errorf("%+v: %v", d, err)
		}
	}
	for _, o := range []*MapOutput{Declarative(), Requests(), Requests(Request{}, Request{Method: "DELETE", Path: "/x"})} {
		if err := o.Validate(); err != nil {
			t.Errorf("%+v: %v", o, err)
		}
	}
	d := describe(Policy{Name: "x"})
	if err := d.Validate(); err != nil || d.Hooks == nil {
		t.Errorf("%+v: %v", d, err)
	}
	if d.Hooks == nil || len(d.Hooks) != 0 || abi.Version != 1 {
		t.Errorf("a policy without hooks lists %q", d.Hooks)
	}
}
