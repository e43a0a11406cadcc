// Package policytest runs golden cases against a policy that is written in Go, as
// ordinary Go. It needs the standard library only, as the SDK does.
package policytest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/caddy-scim/caddy-scim/plugins/abi"
	policy "github.com/caddy-scim/caddy-scim/plugins/sdk/go"
)

// one is a case, see package golden of caddy-scim.
type one struct {
	Name   string          `json:"name"`
	Hook   string          `json:"hook"`
	Input  json.RawMessage `json:"input"`
	Want   json.RawMessage `json:"want"`
	Error  string          `json:"error"`
	Detail string          `json:"detail"`
}

// Cases runs each case of a file as a test of its own. Cases that expect a policy to
// run out of fuel or time are left to the module.
func Cases(t *testing.T, p policy.Policy, file string) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	var cases []one
	if err := dec.Decode(&cases); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			if problem := c.check(p); problem != "" {
				t.Error(problem)
			}
		})
	}
}

func (c *one) check(p policy.Policy) (problem string) {
	if c.Error == "fuel" || c.Error == "timeout" {
		return ""
	}
	read, in, err := c.document()
	if err != nil {
		return err.Error()
	}
	answer, kind, err := run(p, c.Hook, in)
	var got []byte
	if err == nil {
		if got, err = read(answer); err != nil {
			kind = "output"
		}
	}
	switch {
	case c.Error == "" && err != nil:
		return "failed: " + err.Error()
	case c.Error != "" && err == nil:
		return fmt.Sprintf("answered %s, want the failure %q", got, c.Error)
	case c.Error != "" && (kind != c.Error || !strings.Contains(err.Error(), c.Detail)):
		return fmt.Sprintf("failed (%s): %v, want the failure %q with %q", kind, err, c.Error, c.Detail)
	case c.Error != "":
		return ""
	}
	want, err := read(c.Want)
	if err != nil {
		return "want: " + err.Error()
	}
	if !reflect.DeepEqual(decode(got), decode(want)) {
		return fmt.Sprintf("answered\n\t%s\nwant\n\t%s", got, want)
	}
	return ""
}

// run runs a hook and says how it failed, if it did.
func run(p policy.Policy, hook string, in []byte) (answer []byte, kind string, err error) {
	defer func() {
		if crash := recover(); crash != nil {
			kind, err = "trap", fmt.Errorf("panic: %v", crash)
		}
	}()
	answer, err = policy.Run(p, hook, in)
	return answer, "policy", err
}

// document returns a case's input, and what reads answers to it as the host does.
func (c *one) document() (read func([]byte) ([]byte, error), in []byte, err error) {
	switch c.Hook {
	case abi.HookDecide:
		doc := &abi.DecideInput{ABI: abi.Version}
		in, err = strict(c.Input, doc)
		return func(answer []byte) ([]byte, error) { return encode(abi.ParseDecision(answer, doc)) }, in, err
	case abi.HookMap:
		in, err = strict(c.Input, &abi.MapInput{ABI: abi.Version})
		return func(answer []byte) ([]byte, error) { return encode(abi.ParseMapOutput(answer)) }, in, err
	case abi.HookImport:
		in, err = strict(c.Input, &abi.ImportInput{ABI: abi.Version})
		return func(answer []byte) ([]byte, error) { return encode(abi.ParseImportOutput(answer)) }, in, err
	}
	return nil, nil, fmt.Errorf("the hook is %q, want decide, map or import", c.Hook)
}

func strict(raw []byte, into any) ([]byte, error) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return nil, fmt.Errorf("input: %w", err)
	}
	return json.Marshal(into)
}

func encode[T any](answer T, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	return json.Marshal(answer)
}

// decode reads JSON that encoding/json wrote, with the digits of its numbers.
func decode(raw []byte) (value any) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	if err := dec.Decode(&value); err != nil {
		return err
	}
	return value
}
