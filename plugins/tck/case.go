package tck

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/caddy-scim/caddy-scim/plugins"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// Case is one input of a hook with what must come of it.
type Case struct {
	// Name tells the case from others.
	Name string `json:"name"`
	// Hook is "decide" or "map".
	Hook string `json:"hook"`
	// Input is an abi.DecideInput or abi.MapInput. The field abi may be left out.
	Input json.RawMessage `json:"input"`
	// Want is the expected abi.Decision or abi.MapOutput, compared as JSON values.
	Want json.RawMessage `json:"want,omitempty"`
	// Error is the kind of failure that is expected instead of an answer: "timeout",
	// "trap", "output" or "policy".
	Error string `json:"error,omitempty"`
	// Detail is what the detail of that failure must contain.
	Detail string `json:"detail,omitempty"`
}

// Hooks is what a case runs against: a *plugins.Policy, or a policy that runs
// natively.
type Hooks interface {
	Decide(context.Context, *abi.DecideInput) (*abi.Decision, plugins.Usage, error)
	Map(context.Context, *abi.MapInput) (*abi.MapOutput, plugins.Usage, error)
	Import(context.Context, *abi.ImportInput) (*abi.ImportOutput, plugins.Usage, error)
}

// ReadCases reads a JSON array of cases. Unknown fields and cases that expect
// nothing, or an answer and a failure at once, are errors.
func ReadCases(data []byte) ([]Case, error) {
	var cases []Case
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&cases); err != nil {
		return nil, fmt.Errorf("read cases: %w", err)
	}
	for i, c := range cases {
		if c.Name == "" {
			return nil, fmt.Errorf("read cases: case %d has no name", i)
		}
		if (c.Want == nil) == (c.Error == "") {
			return nil, fmt.Errorf("read cases: %s: want either want or error", c.Name)
		}
		if _, known := kinds[c.Error]; !known && c.Error != "" {
			return nil, fmt.Errorf("read cases: %s: unknown error %q", c.Name, c.Error)
		}
	}
	return cases, nil
}

var kinds = map[string]error{
	"timeout": plugins.ErrTimeout,
	"trap":    plugins.ErrTrap,
	"output":  plugins.ErrOutput,
	"policy":  plugins.ErrPolicy,
}

// Check runs the case. It returns nil if what came of it is what the case expects,
// and otherwise an error that shows both.
func (c *Case) Check(ctx context.Context, policy Hooks) error {
	answer, err := c.run(ctx, policy)
	if c.Error != "" {
		return c.checkError(err)
	}
	if err != nil {
		return fmt.Errorf("failed: %w", err)
	}
	got, gotErr := decode(answer)
	want, wantErr := decode(c.Want)
	if err := errors.Join(gotErr, wantErr); err != nil {
		return err
	}
	if !reflect.DeepEqual(got, want) {
		return fmt.Errorf("answered\n\t%s\nwant\n\t%s", answer, compact(c.Want))
	}
	return nil
}

func (c *Case) checkError(err error) error {
	if !errors.Is(err, kinds[c.Error]) {
		return fmt.Errorf("failed with %w, want %w", err, kinds[c.Error])
	}
	var failed *plugins.CallError
	if errors.As(err, &failed) && !strings.Contains(failed.Detail, c.Detail) {
		return fmt.Errorf("failed with the detail %q, want it to contain %q", failed.Detail, c.Detail)
	}
	return nil
}

func (c *Case) run(ctx context.Context, policy Hooks) ([]byte, error) {
	switch c.Hook {
	case abi.HookDecide:
		return runHook(ctx, c.Input, policy.Decide)
	case abi.HookMap:
		return runHook(ctx, c.Input, policy.Map)
	case abi.HookImport:
		return runHook(ctx, c.Input, policy.Import)
	}
	return nil, fmt.Errorf("no case can call the hook %q", c.Hook)
}

func runHook[In, Out any](ctx context.Context, input []byte, hook func(context.Context, *In) (*Out, plugins.Usage, error)) ([]byte, error) {
	var in In
	dec := json.NewDecoder(bytes.NewReader(input))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&in); err != nil {
		return nil, fmt.Errorf("read the case's input: %w", err)
	}
	out, _, err := hook(ctx, &in)
	if err != nil {
		return nil, err
	}
	return json.Marshal(out)
}

// decode reads a JSON value without changing its numbers.
func decode(raw []byte) (value any, err error) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	err = dec.Decode(&value)
	return value, err
}

func compact(raw []byte) []byte {
	var b bytes.Buffer
	if json.Compact(&b, raw) != nil {
		return raw
	}
	return b.Bytes()
}

var _ Hooks = (*plugins.Policy)(nil)
