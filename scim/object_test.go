package scim_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/caddy-scim/caddy-scim/scim"
)

func TestDecode(t *testing.T) {
	t.Parallel()
	got, err := scim.Decode([]byte("\ufeff" + ` {"s":"a\u00e9\n","n":1.50,"big":12345678901234567890,"b":true,"z":null,"l":[1,[],{}],"o":{"A":{}}} `))
	if err != nil {
		t.Fatal(err)
	}
	want := scim.Object{
		"s": "aé\n", "n": json.Number("1.50"), "big": json.Number("12345678901234567890"), "b": true, "z": nil,
		"l": []any{json.Number("1"), []any{}, scim.Object{}}, "o": scim.Object{"A": scim.Object{}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if !scim.Equal(want, got) {
		t.Error("Equal differs from cmp.Diff")
	}
}

func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	many := make([]string, 100)
	for i := range many {
		many[i] = `"a` + strings.Repeat("x", i) + `":1`
	}
	for name, tc := range map[string]struct{ body, detail string }{
		"nothing":         {"", "empty"},
		"white space":     {" \n", "empty"},
		"a string":        {`"x"`, "must be a JSON object; found a string"},
		"an array":        {`[{}]`, "found an array"},
		"null":            {`null`, "found null"},
		"two values":      {`{} {}`, "not valid JSON"},
		"a cut":           {`{"a":`, "unexpected end of JSON input at byte 5"},
		"a comma":         {`{"a":1,}`, "invalid character '}'"},
		"not UTF-8":       {"{\"a\":\"\xff\"}", "UTF-8"},
		"a bare NUL":      {"{\"a\":\"\x00\"}", "not valid JSON"},
		"twice":           {`{"a":1,"a":2}`, `"a" stands twice`},
		"twice by case":   {`{"userName":1,"USERNAME":2}`, `"USERNAME" stands twice`},
		"twice by escape": {`{"a":1,"\u0061":2}`, "stands twice"},
		"twice inside":    {`{"a":[{"b":1,"B":2}]}`, `"B" stands twice`},
		"twice of many":   {`{` + strings.Join(many, ",") + `,"AX":1}`, `"AX" stands twice`},
		"deep":            {strings.Repeat(`{"a":`, 33) + "1" + strings.Repeat("}", 33), "deeper than 32"},
		"deep arrays":     {`{"a":` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + `}`, "deeper than 32"},
		"very deep":       {`{"a":` + strings.Repeat("[", 1_000_000), "not valid JSON"},
		"very many":       {`{"a":[` + strings.Repeat("1,", scim.MaxValues) + `1]}`, "more than 500000 values"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := scim.Decode([]byte(tc.body))
			e, ok := errors.AsType[*scim.Error](err)
			if !ok || e.Status != 400 || e.ScimType != scim.InvalidSyntax || !strings.Contains(e.Detail, tc.detail) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestDecodeTakesTheDeepest(t *testing.T) {
	t.Parallel()
	if _, err := scim.Decode([]byte(strings.Repeat(`{"a":`, 32) + "1" + strings.Repeat("}", 32))); err != nil {
		t.Error(err)
	}
}

func TestEncodeIsCanonical(t *testing.T) {
	t.Parallel()
	got, err := scim.Encode(scim.Object{"b": json.Number("1.50"), "a": []any{true, nil, "é"}, "C": scim.Object{}})
	if want := `{"C":{},"a":[true,null,"é"],"b":1.50}`; err != nil || string(got) != want {
		t.Errorf("got %s, %v", got, err)
	}
}

func TestClone(t *testing.T) {
	t.Parallel()
	o := scim.Object{"a": []any{scim.Object{"b": "c"}}}
	c := scim.Clone(o)
	c["a"].([]any)[0].(scim.Object)["b"] = "changed"
	if o["a"].([]any)[0].(scim.Object)["b"] != "c" {
		t.Error("the clone shares with the original")
	}
	if scim.Equal(o, c) || !scim.Equal(o, scim.Clone(o)) || scim.Equal(o, nil) || scim.Equal([]any{}, scim.Object{}) {
		t.Error("Equal")
	}
}

func FuzzDecode(f *testing.F) {
	for _, s := range []string{
		`{}`, `{"a":[1,{"b":null}],"é":"\ud800","n":-1e400}`, `{"a":1,"A":2}`, `[`, "\ufeff{}",
		`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"bjensen","emails":[{"value":"b@e.example","primary":true}]}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		obj, err := scim.Decode(data)
		if err != nil {
			if e, ok := errors.AsType[*scim.Error](err); !ok || e.Status != 400 || e.ScimType != scim.InvalidSyntax {
				t.Fatalf("%v", err)
			}
			return
		}
		enc, err := scim.Encode(obj)
		if err != nil {
			t.Fatal(err)
		}
		again, err := scim.Decode(enc)
		if err != nil {
			t.Fatalf("%s: %v", enc, err)
		}
		if !scim.Equal(obj, again) {
			t.Fatalf("%s became %v", enc, again)
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	data := []byte(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"bjensen@example.com","name":{"givenName":"Barbara","familyName":"Jensen"},"active":true,"emails":[{"value":"bjensen@example.com","type":"work","primary":true}]}`)
	b.ReportAllocs()
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, err := scim.Decode(data); err != nil {
			b.Fatal(err)
		}
	}
}
