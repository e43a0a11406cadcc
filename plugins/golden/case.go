package golden

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/caddy-scim/caddy-scim/plugins"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
	"github.com/caddy-scim/caddy-scim/plugins/abi/bundle"
)

// Limits of a list of cases.
const (
	// MaxBytes bounds the JSON of a list.
	MaxBytes = bundle.MaxBytes
	// MaxCases bounds how many there are in it.
	MaxCases = 1_000
	// MaxName bounds Case.Name, in bytes.
	MaxName = 200
)

// Case is one input of a hook with what must come of it: either Want or Error.
type Case struct {
	// Name tells the case from the others of its list. Required; at most MaxName
	// bytes, printable and on one line.
	Name string `json:"name"`
	// Hook is "decide", "map" or "import".
	Hook string `json:"hook"`
	// Input is the abi.DecideInput, abi.MapInput or abi.ImportInput. The field abi may
	// be left out: the policy always sees abi.Version.
	Input json.RawMessage `json:"input"`
	// Want is the expected abi.Decision, abi.MapOutput or abi.ImportOutput. Both it and
	// the answer are read as the host reads answers, and compared as JSON values.
	Want json.RawMessage `json:"want,omitempty"`
	// Error is the kind of failure that is expected instead of an answer: "policy",
	// "output", "trap", "fuel" or "timeout".
	Error string `json:"error,omitempty"`
	// Detail is what the detail of that failure must contain. Only with Error.
	Detail string `json:"detail,omitempty"`
}

// Kinds of failures, by the name that Case.Error has for them.
var kinds = map[string]error{
	"policy":  plugins.ErrPolicy,
	"output":  plugins.ErrOutput,
	"trap":    plugins.ErrTrap,
	"fuel":    plugins.ErrFuel,
	"timeout": plugins.ErrTimeout,
}

// ReadCases reads a JSON array of cases and checks each of them. It takes no more
// than MaxBytes and MaxCases.
//
// # Errors
//
// An error names the case and what is wrong with it: a field that does not exist,
// an input or an expected answer that no hook could have, a name that is there
// twice, or one that expects nothing or both an answer and a failure.
func ReadCases(data []byte) ([]Case, error) {
	if len(data) > MaxBytes {
		return nil, fmt.Errorf("read golden cases: %d bytes, want at most %d", len(data), MaxBytes)
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if opening, err := dec.Token(); err != nil || opening != json.Delim('[') {
		return nil, errors.New("read golden cases: not a JSON array")
	}
	var cases []Case
	seen := make(map[string]bool)
	for dec.More() {
		if len(cases) == MaxCases {
			return nil, fmt.Errorf("read golden cases: more than %d", MaxCases)
		}
		var c Case
		if err := dec.Decode(&c); err != nil {
			return nil, fmt.Errorf("read golden cases: case %d: %w", len(cases)+1, err)
		}
		if err := c.check(); err != nil {
			return nil, fmt.Errorf("read golden cases: case %d, %q: %w", len(cases)+1, abi.CleanText(c.Name, MaxName), err)
		}
		if seen[c.Name] {
			return nil, fmt.Errorf("read golden cases: two cases have the name %q", c.Name)
		}
		seen[c.Name] = true
		cases = append(cases, c)
	}
	if _, err := dec.Token(); err != nil {
		return nil, errors.New("read golden cases: the array does not end")
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("read golden cases: the file goes on after the array")
	}
	return cases, nil
}

// check finds what can be known to be wrong before the case runs.
func (c *Case) check() error {
	if c.Name == "" || c.Name != abi.CleanText(c.Name, MaxName) {
		return fmt.Errorf("name: want a text of one line and at most %d bytes", MaxName)
	}
	doc, err := c.document()
	if err != nil {
		return err
	}
	switch _, known := kinds[c.Error]; {
	case (c.Want == nil) == (c.Error == ""):
		return errors.New("want either want or error")
	case c.Error != "" && !known:
		return fmt.Errorf("error: is %q, want policy, output, trap, fuel or timeout", abi.CleanText(c.Error, maxShown))
	case c.Error == "" && c.Detail != "":
		return errors.New("detail: belongs to error")
	}
	if c.Want != nil {
		if _, err := doc.read(c.Want); err != nil {
			return fmt.Errorf("want: %w", err)
		}
	}
	return nil
}

// document is the input of a case as every runner gets it.
type document struct {
	input []byte
	// read reads an answer to it as the host does, and encodes what it means.
	read func(answer []byte) ([]byte, error)
}

func (c *Case) document() (document, error) {
	switch c.Hook {
	case abi.HookDecide:
		in := new(abi.DecideInput)
		return newDocument(c.Input, in, &in.ABI, func(answer []byte) (any, error) { return abi.ParseDecision(answer, in) })
	case abi.HookMap:
		in := new(abi.MapInput)
		return newDocument(c.Input, in, &in.ABI, func(answer []byte) (any, error) { return abi.ParseMapOutput(answer) })
	case abi.HookImport:
		in := new(abi.ImportInput)
		return newDocument(c.Input, in, &in.ABI, func(answer []byte) (any, error) { return abi.ParseImportOutput(answer) })
	}
	return document{}, fmt.Errorf("hook: is %q, want decide, map or import", abi.CleanText(c.Hook, maxShown))
}

func newDocument(raw []byte, into any, version *int, parse func([]byte) (any, error)) (document, error) {
	if len(raw) == 0 {
		return document{}, errors.New("input: is missing")
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return document{}, fmt.Errorf("input: %w", err)
	}
	*version = abi.Version
	input, err := json.Marshal(into)
	if err != nil {
		return document{}, fmt.Errorf("input: %w", err)
	}
	return document{input: input, read: func(answer []byte) ([]byte, error) {
		out, err := parse(answer)
		if err != nil {
			return nil, err
		}
		return json.Marshal(out)
	}}, nil
}
