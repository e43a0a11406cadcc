package assemblyscript_test

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/caddy-scim/caddy-scim/plugins"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
	"github.com/caddy-scim/caddy-scim/plugins/tck"
)

// FuzzJSON has the SDK read and write values, and compares them with what
// encoding/json makes of them.
func FuzzJSON(f *testing.F) {
	f.Add([]byte(`{"a":[1,-2.5e+3,null,{"é":"x"}],"b":true}`), `a"\/é😀`+"\u2028\x00\x7f")
	f.Add([]byte(`"\ud83d\ude00\ud800\u0041\b"`), "12345678")
	f.Add([]byte(` [ 1 , [ ] ] `), "")
	wasm, err := os.ReadFile(probe)
	if err != nil {
		f.Fatal(err)
	}
	policy := tck.Load(f, plugins.Options{}, wasm)
	shown := func(t *testing.T, do string, doc []byte) json.RawMessage {
		t.Helper()
		record, err := json.Marshal(map[string]any{"do": do, "doc": json.RawMessage(doc)})
		if err != nil {
			t.Fatal(err)
		}
		out, _, err := policy.Import(t.Context(), &abi.ImportInput{ResourceType: "User", Record: record})
		if err != nil {
			t.Fatalf("%s of %q: %v", do, doc, err)
		}
		var resource struct {
			Shown json.RawMessage `json:"shown"`
		}
		if err := json.Unmarshal(out.Resource, &resource); err != nil {
			t.Fatal(err)
		}
		return resource.Shown
	}
	f.Fuzz(func(t *testing.T, doc []byte, text string) {
		// The SDK takes well-formed UTF-8 alone, and no more than 128 levels.
		if json.Valid(doc) && utf8.Valid(doc) && bytes.Count(doc, []byte("["))+bytes.Count(doc, []byte("{")) < 120 {
			// The host marshals what it sends.
			sent, err := json.Marshal(json.RawMessage(doc))
			if err != nil {
				t.Fatal(err)
			}
			if got := shown(t, "doc", doc); !bytes.Equal(got, sent) {
				t.Errorf("%s came back as %s", sent, got)
			}
			var written string
			if err := json.Unmarshal(shown(t, "text", doc), &written); err != nil || written != string(sent) {
				t.Errorf("%s was decoded to %s, %v", sent, written, err)
			}
		}
		text = strings.ToValidUTF8(text, "")
		quoted, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		var read string
		if err := json.Unmarshal(shown(t, "string", quoted), &read); err != nil || read != text {
			t.Errorf("%q was read as %q, %v", text, read, err)
		}
	})
}
