package caddymodule

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"github.com/caddy-scim/caddy-scim/plugins"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// hookNames are those that run and bench can call.
var hookNames = []string{abi.HookDecide, abi.HookMap, abi.HookImport, abi.HookDescribe}

// inputFlags say what a hook is asked.
type inputFlags struct {
	hook, input string
}

func (f *inputFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.hook, "hook", abi.HookDecide, "Hook to call: "+strings.Join(hookNames, ", "))
	cmd.Flags().StringVar(&f.input, "input", "", "File with the input, a JSON document as in docs/policy-abi.md; - is standard input; required")
}

// read returns the input, with the settings in it.
func (f *inputFlags) read(cmd *cobra.Command, settings json.RawMessage) ([]byte, error) {
	if !slices.Contains(hookNames, f.hook) {
		return nil, fmt.Errorf("--hook: %q is none of %s", f.hook, strings.Join(hookNames, ", "))
	}
	if f.hook == abi.HookDescribe {
		return nil, nil // it is asked nothing
	}
	if f.input == "" {
		return nil, fmt.Errorf("--input is missing; it is a file with what %s is asked, or - for standard input", f.hook)
	}
	input, err := readInput(cmd, f.input)
	if err != nil {
		return nil, err
	}
	return withSettings(input, settings, true)
}

// policyRun is what `policy run` prints with --json.
type policyRun struct {
	Answer json.RawMessage `json:"answer,omitempty"`
	Error  string          `json:"error,omitempty"`
	Fuel   uint64          `json:"fuel"`
	Memory int             `json:"memory"` // bytes
	Log    []string        `json:"log"`
}

func policyRunCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "run <file> [--hook decide] --input <in.json>|- [--settings <file>] [--json]",
		Short: "Calls one hook with one input",
		Long: `
Calls one hook of a policy. The answer is on standard output; on standard error are
what it logged, and the fuel and memory that the call took. Exit status 1 means that
the policy failed.`,
		Example: `  $ caddy scim policy run contractors.wasm --hook decide --input in.json
  $ caddy scim policy run contractors.wasm --input in.json --settings '{"domain":"acme.example"}' --json`,
		Args: exactly(1, "the file of a policy"),
	}
	var flags policyFlags
	var in inputFlags
	flags.add(cmd)
	flags.addSettings(cmd, "in the place of the input's")
	in.add(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		settings, err := readSettings(flags.settings)
		if err != nil {
			return err
		}
		input, err := in.read(cmd, settings)
		if err != nil {
			return err
		}
		policy, err := flags.load(cmd.Context(), args[0])
		if err != nil {
			return err
		}
		defer policy.close()
		if settings != nil {
			if err := checkSettings(policy.Policy, settings); err != nil {
				return err
			}
		}
		policy.logged() // what it said while it was loaded
		answer, used, failed := policy.Call(cmd.Context(), in.hook, input)
		log := policy.logged()
		if flags.json {
			run := policyRun{Answer: answer, Fuel: used.Fuel, Memory: used.Memory, Log: log}
			if failed != nil {
				run.Error = failed.Error()
			}
			if run.Log == nil {
				run.Log = []string{}
			}
			if err := printJSON(cmd, run); err != nil {
				return err
			}
			return failed
		}
		for _, line := range log {
			fmt.Fprintf(cmd.ErrOrStderr(), "log: %s\n", printable(line))
		}
		if failed == nil {
			var out bytes.Buffer
			if err := json.Indent(&out, answer, "", "  "); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s\n", printableJSON(out.Bytes()))
		}
		if errors.Is(failed, plugins.ErrNoHook) {
			return failed // it was not called
		}
		fmt.Fprintf(cmd.ErrOrStderr(), "fuel %s, memory %s\n", humanize.Comma(int64(used.Fuel)), size64(used.Memory))
		return failed
	}
	return cmd
}

// policyBench is what `policy bench` measures. Times are in microseconds.
type policyBench struct {
	Calls       int     `json:"calls"`
	P50         float64 `json:"p50_us"`
	P90         float64 `json:"p90_us"`
	P99         float64 `json:"p99_us"`
	Fuel        uint64  `json:"fuel"`
	Memory      int     `json:"memory"` // of an instance, bytes
	Load        float64 `json:"load_us"`
	Instantiate float64 `json:"instantiate_us"`
}

func policyBenchCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "bench <file> [--hook decide] --input <in.json>|- [--count 1000] [--settings <file>] [--json]",
		Short: "Measures a hook: time, fuel, memory",
		Long: `
Calls a hook with the same input many times, one after the other, and tells how long
that took, JSON in and out included, and how much fuel and memory. Load is the time to
check and compile the module, instantiate that to load it when it is compiled already.

Fuel is the same number on every run and machine; times are this machine's.`,
		Example: "  $ caddy scim policy bench contractors.wasm --input in.json\n  $ caddy scim policy bench contractors.wasm --hook map --input map.json --count 10000 --json",
		Args:    exactly(1, "the file of a policy"),
	}
	var flags policyFlags
	var in inputFlags
	flags.add(cmd)
	flags.addSettings(cmd, "in the place of the input's")
	in.add(cmd)
	count := cmd.Flags().Int("count", 1000, "Number of calls")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		settings, err := readSettings(flags.settings)
		if err != nil {
			return err
		}
		input, err := in.read(cmd, settings)
		if err != nil {
			return err
		}
		if *count < 1 {
			return fmt.Errorf("--count: %d is not a number of calls", *count)
		}
		if flags.cache == "" { // else it would not be compiled
			if flags.cache, err = os.MkdirTemp("", "caddy-scim-bench-"); err != nil {
				return err
			}
			defer func() { _ = os.RemoveAll(flags.cache) }()
		}
		policy, err := flags.load(cmd.Context(), args[0])
		if err != nil {
			return err
		}
		defer policy.close()
		bench, err := policy.bench(cmd, in.hook, input, *count)
		if err != nil {
			return err
		}
		bench.Load = micros(policy.took)
		if flags.json {
			return printJSON(cmd, bench)
		}
		w := cmd.OutOrStdout()
		fmt.Fprintf(w, "%s, %d calls\n", in.hook, bench.Calls)
		fmt.Fprintf(w, "  time         p50 %s, p90 %s, p99 %s\n", span(bench.P50), span(bench.P90), span(bench.P99))
		fmt.Fprintf(w, "  fuel         %s a call\n", humanize.Comma(int64(bench.Fuel)))
		fmt.Fprintf(w, "  memory       %s an instance\n", size64(bench.Memory))
		fmt.Fprintf(w, "  load         %s\n", span(bench.Load))
		fmt.Fprintf(w, "  instantiate  %s\n", span(bench.Instantiate))
		return nil
	}
	return cmd
}

func (l *loadedFile) bench(cmd *cobra.Command, hook string, input []byte, count int) (*policyBench, error) {
	ctx := cmd.Context()
	begin := time.Now()
	again, err := l.host.Load(ctx, l.wasm, l.options)
	if err != nil {
		return nil, err
	}
	b := &policyBench{Calls: count, Instantiate: micros(time.Since(begin))}
	if err := again.Close(ctx); err != nil {
		return nil, err
	}
	took := make([]time.Duration, count)
	for i := range took {
		begin := time.Now()
		_, used, err := l.Call(ctx, hook, input)
		if err != nil {
			return nil, err
		}
		took[i] = time.Since(begin)
		b.Fuel, b.Memory = used.Fuel, used.Memory
		l.logged() // else it would pile up
	}
	slices.Sort(took)
	at := func(percent int) float64 { return micros(took[(len(took)-1)*percent/100]) }
	b.P50, b.P90, b.P99 = at(50), at(90), at(99)
	return b, nil
}

func micros(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1000 }

// span is a time for people.
func span(us float64) string {
	d := time.Duration(us * 1000)
	switch {
	case d < time.Millisecond:
		return fmt.Sprintf("%.0f µs", us)
	case d < time.Second:
		return fmt.Sprintf("%.1f ms", us/1000)
	}
	return fmt.Sprintf("%.2f s", us/1e6)
}
