package policy

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// fill sets all that can be set below v, so that a field that is forgotten shows.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString("\"\\/\x00\x1f\x7f é😀\u2028<>& " + v.Type().Name())
	case reflect.Int:
		v.SetInt(12345678)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i))
		}
	case reflect.Slice:
		if v.Type() == reflect.TypeFor[json.RawMessage]() {
			v.SetBytes([]byte(`{"a":[1,{"b":"}\""}],"c":null}`))
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range v.Len() {
			fill(v.Index(i))
		}
	}
}

// TestEncode compares each answer, full and empty, with what encoding/json makes of
// it.
func TestEncode(t *testing.T) {
	t.Parallel()
	encodes(t, encodeDecision)
	encodes(t, encodeMapOutput)
	encodes(t, encodeImportOutput)
	encodes(t, encodeDescription)
}

func encodes[T any](t *testing.T, encode func(*T) ([]byte, error)) {
	t.Helper()
	var full, empty T
	fill(reflect.ValueOf(&full).Elem())
	for _, v := range []*T{&full, &empty} {
		got, err := encode(v)
		if err != nil {
			t.Fatal(err)
		}
		want, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		var gotValue, wantValue T
		for raw, into := range map[string]*T{string(got): &gotValue, string(want): &wantValue} {
			if err := json.Unmarshal([]byte(raw), into); err != nil {
				t.Fatalf("%s: %v", raw, err)
			}
		}
		// An empty list of hooks is not the same as none, and one of requests is.
		normalise(&gotValue)
		normalise(&wantValue)
		if !reflect.DeepEqual(gotValue, wantValue) {
			t.Errorf("wrote\n%s\nwant\n%s", got, want)
		}
	}
}

func normalise(v any) {
	switch v := v.(type) {
	case *abi.Description:
		if v.Hooks == nil {
			v.Hooks = []string{}
		}
	case *MapOutput:
		if v.Requests == nil {
			v.Requests = []Request{}
		}
	}
}

// TestReadInputs reads each input with all that it can have.
func TestReadInputs(t *testing.T) {
	t.Parallel()
	readsAll(t, readDecideInput)
	readsAll(t, readMapInput)
	readsAll(t, readImportInput)
}

func readsAll[T any](t *testing.T, read func([]byte) (*T, error)) {
	t.Helper()
	var full T
	fill(reflect.ValueOf(&full).Elem())
	doc, err := json.Marshal(full)
	if err != nil {
		t.Fatal(err)
	}
	got, err := read(doc)
	if err != nil {
		t.Fatal(err)
	}
	again, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	if string(again) != string(doc) {
		t.Errorf("read\n%s\nwant\n%s", again, doc)
	}
}

func TestEncodeTexts(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                 `{"verdict":""}`,
		"a\xffb\xc3":       `{"verdict":"a\ufffdb\ufffd"}`,
		"\xff":             `{"verdict":"\ufffd"}`,
		"\n\"\\":           `{"verdict":"\n\"\\"}`,
		"\u00e9\ufffd\x7f": "{\"verdict\":\"\u00e9\ufffd\x7f\"}",
	} {
		got, err := encodeDecision(&Decision{Verdict: abi.Verdict(text)})
		if err != nil {
			t.Fatal(err)
		}
		var decoded, wanted Decision
		if err := json.Unmarshal(got, &decoded); err != nil {
			t.Fatalf("%s: %v", got, err)
		}
		if err := json.Unmarshal([]byte(want), &wanted); err != nil {
			t.Fatal(err)
		}
		if decoded.Verdict != wanted.Verdict {
			t.Errorf("wrote %s, want %s", got, want)
		}
	}
}

// TestEncodeKeepsDocumentsInside sees that no document can end what it stands in.
func TestEncodeKeepsDocumentsInside(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{
		`1,"status":200`, `1}`, `{}}`, `{},{}`, `]`, `"a","b":"c`, `"a`, `{"a":"}`, ``, ` `, `{`, `[1`,
	} {
		got, err := encodeDecision(&Decision{Verdict: abi.Allow, After: json.RawMessage(raw)})
		if (err == nil) != (raw == "") {
			t.Errorf("%q: wrote %s, %v", raw, got, err)
		}
	}
}

func TestHoldFor(t *testing.T) {
	t.Parallel()
	d := HoldFor(90*time.Minute, "t", "r")
	if d.ExpiresIn != 5400 || d.Title != "t" || d.Reason != "r" || d.Verdict != abi.Hold {
		t.Errorf("made %+v", d)
	}
}

func TestSeats(t *testing.T) {
	t.Parallel()
	const on, off = `{"userName":"a"}`, `{"userName":"a","active":false}`
	for _, c := range []struct {
		operation     abi.Operation
		resource      string
		before, after string
		takes         bool
	}{
		{OpCreate, TypeUser, ``, on, true},
		{OpCreate, TypeUser, ``, off, false},
		{OpUpdate, TypeUser, on, on, false},
		{OpUpdate, TypeUser, off, on, true},
		{OpUpdate, TypeUser, on, off, false},
		{OpDelete, TypeUser, on, ``, false},
		{OpCreate, TypeGroup, ``, `{}`, false},
	} {
		takes, err := TakesSeat(&DecideInput{Operation: c.operation, ResourceType: c.resource,
			Before: json.RawMessage(c.before), After: json.RawMessage(c.after)})
		if err != nil || takes != c.takes {
			t.Errorf("%s %s from %s to %s: %t, %v", c.operation, c.resource, c.before, c.after, takes, err)
		}
	}
	for _, c := range [][2]string{{``, `{"active":1}`}, {`{"active":1}`, on}} {
		in := &DecideInput{Operation: OpUpdate, ResourceType: TypeUser, Before: json.RawMessage(c[0]), After: json.RawMessage(c[1])}
		if _, err := TakesSeat(in); err == nil || !strings.Contains(err.Error(), "active") {
			t.Errorf("%s to %s: failed with %v", c[0], c[1], err)
		}
	}
	for _, c := range []struct {
		limit int
		count *Counts
		left  int
		known bool
	}{
		{0, nil, 0, false}, {5, nil, 0, false}, {0, &Counts{ActiveUsers: 3}, 0, false},
		{5, &Counts{ActiveUsers: 3}, 2, true}, {5, &Counts{ActiveUsers: 7}, -2, true}, {5, &Counts{}, 5, true},
	} {
		left, known := SeatsLeft(&DecideInput{Tenant: Tenant{SeatLimit: c.limit, Counts: c.count}})
		if left != c.left || known != c.known {
			t.Errorf("%d of %v: %d, %t", c.limit, c.count, left, known)
		}
	}
}

func TestText(t *testing.T) {
	t.Parallel()
	doc := json.RawMessage(`{"a":{"b":"c\u00e9"},"n":1,"x":null}`)
	for _, c := range []struct {
		path []string
		want string
	}{{[]string{"a", "b"}, "cé"}, {[]string{"a"}, ""}, {[]string{"n"}, ""}, {[]string{"x"}, ""}, {[]string{"z", "b"}, ""}, {nil, ""}} {
		if got := Text(doc, c.path...); got != c.want {
			t.Errorf("%v: %q, want %q", c.path, got, c.want)
		}
	}
}
