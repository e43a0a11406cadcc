package golden

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	// maxDifferences bounds how many places diff names.
	maxDifferences = 10
	// maxShown bounds how much of a value a problem quotes, in bytes.
	maxShown = 200
	// maxDetail bounds the detail of a failure, as the host does.
	maxDetail = 1024
)

// diff says where got differs from want, a line for each place, such as
//
//	after.emails[0].value: "a@old.example", want "a@new.example"
//
// It returns "" for two documents that are the same JSON value.
func diff(got, want []byte) string {
	gotValue, err := decode(got)
	if err != nil {
		return "the answer: " + err.Error()
	}
	wantValue, err := decode(want)
	if err != nil {
		return "want: " + err.Error()
	}
	var d differences
	d.compare("", gotValue, wantValue)
	if d.more > 0 {
		d.lines = append(d.lines, fmt.Sprintf("and %d more", d.more))
	}
	return strings.Join(d.lines, "\n")
}

// decode reads a JSON value without changing its numbers.
func decode(raw []byte) (value any, err error) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	err = dec.Decode(&value)
	return value, err
}

type differences struct {
	lines []string
	more  int
}

func (d *differences) add(format string, args ...any) {
	if len(d.lines) == maxDifferences {
		d.more++
		return
	}
	d.lines = append(d.lines, fmt.Sprintf(format, args...))
}

// absent stands for a value that is not there.
type absent struct{}

func (d *differences) compare(path string, got, want any) {
	switch want := want.(type) {
	case map[string]any:
		if got, ok := got.(map[string]any); ok {
			d.compareObjects(path, got, want)
			return
		}
	case []any:
		if got, ok := got.([]any); ok {
			d.compareArrays(path, got, want)
			return
		}
	default:
		switch got.(type) {
		case map[string]any, []any:
		default:
			if got == want {
				return
			}
		}
	}
	if path == "" {
		path = "the answer"
	}
	d.add("%s: %s, want %s", path, value(got), value(want))
}

func (d *differences) compareObjects(path string, got, want map[string]any) {
	names := maps.Clone(got)
	maps.Copy(names, want)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		at := name
		if path != "" {
			at = path + "." + name
		}
		d.compare(at, member(got, name), member(want, name))
	}
}

func member(object map[string]any, name string) any {
	if v, ok := object[name]; ok {
		return v
	}
	return absent{}
}

func (d *differences) compareArrays(path string, got, want []any) {
	for i := range max(len(got), len(want)) {
		d.compare(fmt.Sprintf("%s[%d]", path, i), element(got, i), element(want, i))
	}
}

func element(array []any, i int) any {
	if i < len(array) {
		return array[i]
	}
	return absent{}
}

// value shows a JSON value.
func value(v any) string {
	if v == (absent{}) {
		return "nothing"
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return shown(raw)
}

// shown cuts what is too long to be read.
func shown(raw []byte) string {
	if len(raw) <= maxShown {
		return strings.ToValidUTF8(string(raw), "\uFFFD")
	}
	cut := maxShown
	for cut > 0 && !utf8.RuneStart(raw[cut]) {
		cut--
	}
	return strings.ToValidUTF8(string(raw[:cut]), "\uFFFD") + "…"
}
