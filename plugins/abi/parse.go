package abi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// FieldError says which field of a policy's answer is wrong and what would be
// right. It never quotes more than a few bytes of the answer.
type FieldError struct {
	// Field is the path of the field, such as "requests[1].path"; empty when the
	// answer as a whole is wrong.
	Field string
	// Problem says what is wrong and what would be right.
	Problem string
}

// Error implements error.
func (e *FieldError) Error() string {
	if e.Field == "" {
		return e.Problem
	}
	return e.Field + ": " + e.Problem
}

func fieldErrorf(field, format string, args ...any) error {
	return &FieldError{Field: field, Problem: fmt.Sprintf(format, args...)}
}

// ParseDecision reads the answer of the decide hook to in, checks it, cleans its
// texts and fills in the default status of a deny.
//
// # Errors
//
// Every error is a *FieldError.
func ParseDecision(answer []byte, in *DecideInput) (*Decision, error) {
	var d Decision
	if err := decodeStrict(answer, &d); err != nil {
		return nil, err
	}
	d.Detail = CleanText(d.Detail, MaxDetail)
	d.Title = CleanText(d.Title, MaxTitle)
	d.Reason = CleanText(d.Reason, MaxReason)
	d.After = presentOrNil(d.After)
	if err := d.Validate(in); err != nil {
		return nil, err
	}
	if d.Verdict == Deny && d.Status == 0 {
		d.Status = defaultDenyStatus
	}
	return &d, nil
}

// ParseMapOutput reads and checks the answer of the map hook. Requests is never
// nil in the result.
//
// # Errors
//
// Every error is a *FieldError.
func ParseMapOutput(answer []byte) (*MapOutput, error) {
	var o MapOutput
	if err := decodeStrict(answer, &o); err != nil {
		return nil, err
	}
	if o.Requests == nil {
		o.Requests = []Request{}
	}
	for i := range o.Requests {
		o.Requests[i].Body = presentOrNil(o.Requests[i].Body)
	}
	if err := o.Validate(); err != nil {
		return nil, err
	}
	return &o, nil
}

// ParseDescription reads and checks the answer of the describe hook.
//
// # Errors
//
// Every error is a *FieldError.
func ParseDescription(answer []byte) (*Description, error) {
	var d Description
	if err := decodeStrict(answer, &d); err != nil {
		return nil, err
	}
	d.Name = CleanText(d.Name, MaxName)
	d.Version = CleanText(d.Version, MaxName)
	d.Settings = presentOrNil(d.Settings)
	if err := d.Validate(); err != nil {
		return nil, err
	}
	return &d, nil
}

// decodeStrict reads exactly one JSON object without unknown fields.
func decodeStrict(answer []byte, into any) error {
	if len(answer) == 0 {
		return fieldErrorf("", "the answer is empty, want a JSON object")
	}
	// encoding/json would replace bad UTF-8 instead of refusing it.
	if !utf8.Valid(answer) {
		return fieldErrorf("", "the answer is not UTF-8")
	}
	if !isObject(answer) {
		return fieldErrorf("", "the answer is not a JSON object")
	}
	dec := json.NewDecoder(bytes.NewReader(answer))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return decodeError(err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return fieldErrorf("", "the answer goes on after its JSON object")
	}
	return nil
}

// decodeError turns an error of encoding/json into a FieldError that speaks of
// the document and not of Go.
func decodeError(err error) error {
	var typeErr *json.UnmarshalTypeError
	if errors.As(err, &typeErr) {
		return fieldErrorf(typeErr.Field, "is a JSON %s, want %s", typeErr.Value, jsonKind(typeErr.Type.Kind().String()))
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return fieldErrorf("", "the answer is not valid JSON: it ends too early")
	}
	msg := strings.TrimPrefix(err.Error(), "json: ")
	if name, ok := strings.CutPrefix(msg, "unknown field "); ok {
		return fieldErrorf(CleanText(strings.Trim(name, `"`), maxQuoted), "is not a field of this answer")
	}
	return fieldErrorf("", "the answer is not valid JSON: %s", CleanText(msg, MaxTitle))
}

func jsonKind(goKind string) string {
	switch goKind {
	case "string":
		return "a string"
	case "int":
		return "a whole number"
	case "bool":
		return "true or false"
	case "slice":
		return "an array"
	default:
		return "an object"
	}
}

// presentOrNil makes an explicit JSON null the same as an absent field.
func presentOrNil(raw json.RawMessage) json.RawMessage {
	if string(raw) == "null" {
		return nil
	}
	return raw
}

func isObject(raw []byte) bool {
	trimmed := bytes.TrimLeft(raw, " \t\r\n")
	return len(trimmed) > 0 && trimmed[0] == '{'
}
