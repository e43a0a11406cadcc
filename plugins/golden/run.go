package golden

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/caddy-scim/caddy-scim/plugins"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// Runner runs one hook on a JSON document, as (*plugins.Policy).Call does.
type Runner func(ctx context.Context, hook string, input []byte) (answer []byte, used plugins.Usage, err error)

// Native returns a Runner for a policy that is ordinary code of this process, such as
//
//	golden.Native(func(hook string, input []byte) ([]byte, error) { return policy.Run(p, hook, input) })
//
// It treats what comes of run as the host does: an error is the policy's own, a panic
// is a crash, and an answer is checked. Its Usage is always zero.
func Native(run func(hook string, input []byte) ([]byte, error)) Runner {
	return func(_ context.Context, hook string, input []byte) (answer []byte, _ plugins.Usage, err error) {
		failed := func(kind error, detail any) error {
			return &plugins.CallError{Hook: hook, Kind: kind, Detail: abi.CleanText(fmt.Sprint(detail), maxDetail)}
		}
		defer func() {
			if crash := recover(); crash != nil {
				answer, err = nil, failed(plugins.ErrTrap, crash)
			}
		}()
		c := Case{Hook: hook, Input: input}
		doc, err := c.document()
		if err != nil {
			return nil, plugins.Usage{}, failed(plugins.ErrInput, err)
		}
		if answer, err = run(hook, input); err != nil {
			return nil, plugins.Usage{}, failed(plugins.ErrPolicy, err)
		}
		if _, err = doc.read(answer); err != nil {
			return nil, plugins.Usage{}, failed(plugins.ErrOutput, err)
		}
		return answer, plugins.Usage{}, nil
	}
}

// Result is what came of one case.
type Result struct {
	Name string `json:"name"`
	Hook string `json:"hook"`
	// Problem says how what came differs from what was expected, in one or more lines;
	// empty if it does not. It may quote what the case and the policy say.
	Problem string `json:"problem,omitempty"`
	// Fuel is the work that the call took, and Memory the size of the instance's
	// memory after it, in bytes.
	Fuel   uint64 `json:"fuel"`
	Memory int    `json:"memory"`
}

// Passed reports whether what came is what was expected.
func (r *Result) Passed() bool { return r.Problem == "" }

// Report is what came of a list of cases.
type Report struct {
	Passed int `json:"passed"`
	Failed int `json:"failed"`
	// MaxFuel is the most that one of them took.
	MaxFuel uint64 `json:"max_fuel"`
	// Results are in the order of the cases.
	Results []Result `json:"results"`
}

// Run runs cases one after the other.
//
// # Errors
//
// What ended ctx. A case that fails is no error of Run, see Report.Err.
func Run(ctx context.Context, cases []Case, policy Runner) (*Report, error) {
	report := &Report{Results: make([]Result, 0, len(cases))}
	for i := range cases {
		result := cases[i].Check(ctx, policy)
		if ctx.Err() != nil {
			return nil, fmt.Errorf("run golden cases: %w", context.Cause(ctx))
		}
		if result.Passed() {
			report.Passed++
		} else {
			report.Failed++
		}
		report.MaxFuel = max(report.MaxFuel, result.Fuel)
		report.Results = append(report.Results, result)
	}
	return report, nil
}

// Err returns an error that names the first case that failed and how many did; nil
// if none did.
func (r *Report) Err() error {
	for i := range r.Results {
		if first := &r.Results[i]; !first.Passed() {
			return fmt.Errorf("%d of %d golden cases failed; %q: %s", r.Failed, len(r.Results), first.Name, first.Problem)
		}
	}
	return nil
}

// Check runs the case.
func (c *Case) Check(ctx context.Context, policy Runner) Result {
	result := Result{Name: c.Name, Hook: c.Hook}
	doc, err := c.document()
	if err != nil {
		result.Problem = err.Error()
		return result
	}
	answer, used, err := policy(ctx, c.Hook, doc.input)
	result.Fuel, result.Memory = used.Fuel, used.Memory
	switch {
	case c.Error != "":
		result.Problem = c.compareError(answer, err)
	case err != nil:
		result.Problem = "failed: " + err.Error()
	default:
		result.Problem = c.compareAnswer(doc, answer)
	}
	return result
}

func (c *Case) compareAnswer(doc document, answer []byte) string {
	want, err := doc.read(c.Want)
	if err != nil {
		return "want: " + err.Error()
	}
	got, err := doc.read(answer)
	if err != nil {
		return "answered " + shown(answer) + ": " + err.Error()
	}
	return diff(got, want)
}

func (c *Case) compareError(answer []byte, err error) string {
	want := kinds[c.Error]
	switch {
	case want == nil:
		return "error: unknown kind"
	case err == nil:
		return fmt.Sprintf("answered %s, want the failure %q: %s", shown(answer), c.Error, want)
	case !errors.Is(err, want):
		return fmt.Sprintf("failed: %s, want the failure %q: %s", err, c.Error, want)
	}
	if failed, ok := errors.AsType[*plugins.CallError](err); ok && !strings.Contains(failed.Detail, c.Detail) {
		return fmt.Sprintf("failed with the detail %q, want it to contain %q", failed.Detail, c.Detail)
	}
	return ""
}
