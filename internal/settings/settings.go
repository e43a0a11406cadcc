// Package settings checks the settings of a policy against the JSON Schema that the policy describes.
//
// Neither is trusted: a policy and its settings may both come from somebody who wants the server to be busy for ever. So
// a schema is bounded in size and in what it comes to when its references are followed, it refers to nothing but itself
// and never in a circle, its patterns are regular expressions that run in linear time, and what checking may take is
// bounded as a whole.
package settings

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// Bounds.
const (
	// MaxBytes bounds settings and their schema, each.
	MaxBytes = 64 << 10
	// maxDepth bounds how deep both may be nested.
	maxDepth = 64
	// maxWork bounds what checking may take: the parts of the schema, with its references followed, times the values of
	// the settings.
	maxWork = 4_000_000
	// maxProblem bounds Error.Problem, in bytes.
	maxProblem = 500
)

// Error says what is wrong with settings or with their schema.
type Error struct {
	// Field is what is wrong: "settings", one of them such as "settings.domains.0", or "schema" for a schema that cannot
	// be used.
	Field string
	// Problem says what is wrong and what would be right: printable, on one line and bounded.
	Problem string
}

// Error implements error.
func (e *Error) Error() string { return e.Field + ": " + e.Problem }

func wrong(field, format string, args ...any) *Error {
	return &Error{Field: abi.CleanText(field, 200), Problem: abi.CleanText(fmt.Sprintf(format, args...), maxProblem)}
}

// Check returns settings in canonical form, compact and with sorted names, nil for none. Settings are a JSON object;
// empty ones are none, which fit a schema that {} fits. An empty schema lets all settings pass.
//
// # Errors
//
// An *Error that names the first that is wrong.
func Check(schema, settings json.RawMessage) (json.RawMessage, error) {
	if len(settings) > MaxBytes {
		return nil, wrong("settings", "has %d bytes, want at most %d", len(settings), MaxBytes)
	}
	var given any
	if len(bytes.TrimSpace(settings)) > 0 {
		var err error
		if given, err = decode(settings); err != nil {
			return nil, wrong("settings", "%s", err)
		}
	}
	object, isObject := given.(map[string]any)
	if given != nil && !isObject {
		return nil, wrong("settings", "is not a JSON object")
	}
	if object == nil {
		object = map[string]any{}
	}
	if len(schema) > 0 {
		if err := check(schema, object); err != nil {
			return nil, err
		}
	}
	if given == nil {
		return nil, nil
	}
	canonical, err := json.Marshal(object)
	if err != nil {
		return nil, wrong("settings", "%s", err)
	}
	return canonical, nil
}

// address is that of the schema, which nothing can be fetched from.
const address = "https://settings.invalid/schema"

func check(schema []byte, object map[string]any) error {
	if len(schema) > MaxBytes {
		return wrong("schema", "has %d bytes, want at most %d", len(schema), MaxBytes)
	}
	doc, err := decode(schema)
	if err != nil {
		return wrong("schema", "%s", err)
	}
	parts, err := expand(doc)
	if err != nil {
		return wrong("schema", "%s", err)
	}
	values := count(object)
	if parts > maxWork/values {
		return wrong("schema", "is too large for settings of this size: it has %d parts with all references followed, and the settings %d values", parts, values)
	}
	engine := &patterns{budget: maxSteps}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.UseLoader(nowhere{})
	c.UseRegexpEngine(engine.compile)
	c.AssertFormat()
	if err := c.AddResource(address, doc); err != nil {
		return wrong("schema", "%s", err)
	}
	compiled, err := c.Compile(address)
	if err != nil {
		return wrong("schema", "%s", schemaProblem(err))
	}
	err = compiled.Validate(object)
	if engine.budget < 0 {
		return wrong("schema", "has patterns that take too long on these settings")
	}
	var invalid *jsonschema.ValidationError
	switch {
	case errors.As(err, &invalid):
		return problemOf(invalid)
	case err != nil:
		return wrong("settings", "%s", err)
	}
	return nil
}

// schemaProblem says what is wrong with a schema without the address that it does not have.
func schemaProblem(err error) string {
	var invalid *jsonschema.SchemaValidationError
	if errors.As(err, &invalid) {
		var cause *jsonschema.ValidationError
		if errors.As(invalid.Err, &cause) {
			p := problemOf(cause)
			return strings.TrimPrefix(strings.TrimPrefix(p.Field, "settings"), ".") + ": " + p.Problem
		}
	}
	return strings.ReplaceAll(strings.ReplaceAll(err.Error(), address+"#", "#"), address, "the schema")
}

// problemOf names the first thing that does not fit.
func problemOf(invalid *jsonschema.ValidationError) *Error {
	var leaves []*jsonschema.ValidationError
	var collect func(*jsonschema.ValidationError)
	collect = func(v *jsonschema.ValidationError) {
		if len(v.Causes) == 0 {
			leaves = append(leaves, v)
		}
		for _, cause := range v.Causes {
			collect(cause)
		}
	}
	collect(invalid)
	// To put one into words can take as long as the schema is, so that is done for those alone that are wrong at the first place.
	fields := make([]string, len(leaves))
	for i, v := range leaves {
		fields[i] = describe(v, false).Field
	}
	at := slices.Min(fields)
	var first *Error
	worded := 0
	for i, v := range leaves {
		if fields[i] != at || worded == maxWorded {
			continue
		}
		worded++
		if p := describe(v, true); first == nil || p.Problem < first.Problem {
			first = p
		}
	}
	return first
}

// maxWorded is how many problems of one place are put into words, to choose from.
const maxWorded = 16

var english = message.NewPrinter(language.English)

// describe names what is wrong, and says how if it is to be put into words.
func describe(v *jsonschema.ValidationError, words bool) *Error {
	at := append([]string{"settings"}, v.InstanceLocation...)
	switch k := v.ErrorKind.(type) {
	case *kind.Required:
		missing := slices.Sorted(slices.Values(k.Missing))
		return wrong(strings.Join(append(at, missing[0]), "."), "is missing")
	case *kind.AdditionalProperties:
		unknown := slices.Sorted(slices.Values(k.Properties))
		return wrong(strings.Join(append(at, unknown[0]), "."), "is not a setting of this policy")
	case *kind.FalseSchema:
		return wrong(strings.Join(at, "."), "is not a setting of this policy")
	}
	if !words {
		return wrong(strings.Join(at, "."), "")
	}
	return wrong(strings.Join(at, "."), "%s", v.ErrorKind.LocalizedString(english))
}

// nowhere loads nothing.
type nowhere struct{}

// Load implements jsonschema.URLLoader.
func (nowhere) Load(string) (any, error) {
	return nil, errors.New("nothing outside the schema is read")
}

// decode reads one JSON value. Numbers become what other languages take them for, so that none is larger than it looks.
func decode(data []byte) (any, error) {
	if err := shallow(data); err != nil {
		return nil, err
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	var value any
	if err := dec.Decode(&value); err != nil {
		return nil, fmt.Errorf("is not valid JSON: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("is not valid JSON: it goes on after the value")
	}
	return value, nil
}

// shallow refuses what is nested too deep.
func shallow(data []byte) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	depth := 0
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("is not valid JSON: %w", err)
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			if depth++; depth > maxDepth {
				return fmt.Errorf("is nested deeper than %d", maxDepth)
			}
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
	}
}

// count is how many values a document has.
func count(value any) int {
	n := 1
	switch v := value.(type) {
	case map[string]any:
		for _, child := range v {
			n += count(child)
		}
	case []any:
		for _, child := range v {
			n += count(child)
		}
	}
	return n
}

// Interface guards.
var (
	_ error                = (*Error)(nil)
	_ jsonschema.URLLoader = nowhere{}
)
