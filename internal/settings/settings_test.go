package settings_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/caddy-scim/caddy-scim/internal/settings"
)

const schema = `{
	"type": "object",
	"properties": {
		"domain": {"type": "string", "pattern": "^[a-z.]+$"},
		"seats": {"type": "integer", "minimum": 1},
		"owners": {"type": "array", "items": {"$ref": "#/$defs/address"}, "uniqueItems": true},
		"id": {"type": "string"}
	},
	"required": ["domain"],
	"additionalProperties": false,
	"$defs": {"address": {"type": "string", "format": "email"}}
}`

func TestCheck(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ schema, given, want, field, problem string }{
		"fits":                 {schema: schema, given: ` {"seats": 3, "domain":"acme.example", "owners":["a@acme.example"], "id":"x"}`, want: `{"domain":"acme.example","id":"x","owners":["a@acme.example"],"seats":3}`},
		"no schema":            {given: `{"b":1,"a":[true]}`, want: `{"a":[true],"b":1}`},
		"nothing":              {},
		"null":                 {given: `null`},
		"nothing needed":       {schema: `{"type":"object"}`},
		"missing":              {schema: schema, given: `{}`, field: "settings.domain", problem: "is missing"},
		"none at all":          {schema: schema, field: "settings.domain", problem: "is missing"},
		"unknown":              {schema: schema, given: `{"domain":"a","zeal":1}`, field: "settings.zeal", problem: "is not a setting"},
		"wrong type":           {schema: schema, given: `{"domain":7}`, field: "settings.domain", problem: "got number, want string"},
		"pattern":              {schema: schema, given: `{"domain":"ACME"}`, field: "settings.domain", problem: "does not match pattern"},
		"minimum":              {schema: schema, given: `{"domain":"a","seats":0}`, field: "settings.seats", problem: "minimum"},
		"item":                 {schema: schema, given: `{"domain":"a","owners":["x@y.example","nobody"]}`, field: "settings.owners.1", problem: "email"},
		"twice":                {schema: schema, given: `{"domain":"a","owners":["x@y.example","x@y.example"]}`, field: "settings.owners", problem: "equal"},
		"no object":            {schema: schema, given: `[]`, field: "settings", problem: "not a JSON object"},
		"no JSON":              {schema: schema, given: `{"domain":`, field: "settings", problem: "not valid JSON"},
		"two":                  {schema: schema, given: `{} {}`, field: "settings", problem: "goes on"},
		"too long":             {given: `{"a":"` + strings.Repeat("x", settings.MaxBytes) + `"}`, field: "settings", problem: "want at most 65536"},
		"huge number":          {given: `{"a":1e999999999}`, field: "settings", problem: "not valid JSON"},
		"deep":                 {given: strings.Repeat(`{"a":`, 70) + "1" + strings.Repeat("}", 70), field: "settings", problem: "nested deeper"},
		"schema too long":      {schema: `{"description":"` + strings.Repeat("x", settings.MaxBytes) + `"}`, given: `{}`, field: "schema", problem: "want at most 65536"},
		"schema deep":          {schema: strings.Repeat(`{"not":`, 70) + "{}" + strings.Repeat("}", 70), given: `{}`, field: "schema", problem: "nested deeper"},
		"remote":               {schema: `{"$ref":"https://evil.example/schema"}`, given: `{}`, field: "schema", problem: "within the schema"},
		"file":                 {schema: `{"properties":{"a":{"$ref":"file:///etc/passwd"}}}`, given: `{"a":1}`, field: "schema", problem: "within the schema"},
		"relative":             {schema: `{"$ref":"other"}`, given: `{}`, field: "schema", problem: "within the schema"},
		"meta schema":          {schema: `{"$schema":"https://evil.example/draft"}`, given: `{}`, field: "schema", problem: "nothing outside the schema is read"},
		"another base":         {schema: `{"$id":"https://evil.example/"}`, given: `{}`, field: "schema", problem: "$id"},
		"nowhere":              {schema: `{"$ref":"#/$defs/x"}`, given: `{}`, field: "schema", problem: "no such place"},
		"circle":               {schema: `{"properties":{"a":{"$ref":"#"}}}`, given: `{"a":{}}`, field: "schema", problem: "back to itself"},
		"no schema at all":     {schema: `{"type":"objekt"}`, given: `{}`, field: "schema", problem: "type"},
		"look-behind":          {schema: `{"properties":{"a":{"pattern":"(?<=x)y"}}}`, given: `{"a":"y"}`, field: "schema", problem: "pattern"},
		"a pattern too large":  {schema: `{"properties":{"a":{"pattern":"((x{100}){10}|y){9}"}}}`, given: `{"a":"y"}`, field: "schema", problem: ""},
		"schema says no":       {schema: `false`, given: `{}`, field: "settings", problem: "not a setting"},
		"a property named $id": {schema: `{"properties":{"$id":{"type":"string"}}}`, given: `{"$id":"x"}`, want: `{"$id":"x"}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := settings.Check([]byte(c.schema), []byte(c.given))
			if c.field == "" {
				if err != nil || string(got) != c.want {
					t.Errorf("got %s, %v; want %s", got, err, c.want)
				}
				return
			}
			var wrong *settings.Error
			if !errors.As(err, &wrong) || wrong.Field != c.field || !strings.Contains(wrong.Problem, c.problem) {
				t.Errorf("got %s, %v; want %s: …%s…", got, err, c.field, c.problem)
			}
			if err != nil && strings.Contains(err.Error(), "settings.invalid") {
				t.Errorf("the error speaks of an address that nobody gave: %v", err)
			}
		})
	}
}

// What would take for ever is refused, or over soon. The bound is far above what any of these takes, and far below what
// they would without bounds.
func TestBombs(t *testing.T) {
	t.Parallel()
	doubling := map[string]any{"d0": map[string]any{"type": "object"}}
	for i := 1; i <= 60; i++ {
		ref := map[string]any{"$ref": fmt.Sprintf("#/$defs/d%d", i-1)}
		doubling[fmt.Sprintf("d%d", i)] = map[string]any{"allOf": []any{ref, ref}}
	}
	marshal := func(v any) string {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	var patterns []any
	for range 200 {
		patterns = append(patterns, map[string]any{"items": map[string]any{"pattern": "(a|b|ab)*(x{200}y?){4}z"}})
	}
	var long []string
	for range 60 {
		long = append(long, strings.Repeat("ab", 500))
	}
	var enum []int
	for i := range 10_000 {
		enum = append(enum, i)
	}
	for name, c := range map[string]struct{ schema, given string }{
		"doubling": {marshal(map[string]any{"$ref": "#/$defs/d60", "$defs": doubling}), `{}`},
		"patterns": {marshal(map[string]any{"properties": map[string]any{"a": map[string]any{"allOf": patterns}}}), marshal(map[string]any{"a": long})},
		"enum":     {marshal(map[string]any{"properties": map[string]any{"a": map[string]any{"items": map[string]any{"enum": enum}}}}), marshal(map[string]any{"a": enum})},
	} {
		begun := time.Now()
		_, err := settings.Check([]byte(c.schema), []byte(c.given))
		var wrong *settings.Error
		if !errors.As(err, &wrong) || wrong.Field != "schema" {
			t.Errorf("%s: %v", name, err)
		}
		if took := time.Since(begun); took > time.Minute {
			t.Errorf("%s: took %s", name, took)
		}
	}
}

func FuzzCheck(f *testing.F) {
	f.Add([]byte(schema), []byte(`{"domain":"a"}`))
	f.Add([]byte(`{"$ref":"#/a","a":{"items":{"pattern":"a*"}}}`), []byte(`{}`))
	f.Fuzz(func(t *testing.T, schema, given []byte) {
		got, err := settings.Check(schema, given)
		if err != nil || got == nil {
			return
		}
		again, err := settings.Check(schema, got)
		if err != nil || string(again) != string(got) {
			t.Fatalf("%s is %s, and then %s, %v", given, got, again, err)
		}
	})
}

// What is wrong in very many places, with a schema that takes very many words to say how, is said once and soon: all of it
// would take minutes.
func TestManyProblemsOfManyWords(t *testing.T) {
	t.Parallel()
	schema := `{"properties":{"a":{"items":{"const":"` + strings.Repeat("x", 60_000) + `"}}}}`
	_, err := settings.Check([]byte(schema), []byte(`{"a":[`+strings.Repeat("1,", 30_000)+`1]}`))
	var wrong *settings.Error
	if !errors.As(err, &wrong) || wrong.Field != "settings.a.0" || len(wrong.Problem) > 500 {
		t.Errorf("got %v", err)
	}
}
