package caddymodule

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"
	"github.com/tidwall/gjson"
	"github.com/tidwall/sjson"

	"github.com/caddy-scim/caddy-scim/plugins"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
	"github.com/caddy-scim/caddy-scim/plugins/golden"
)

// policyFlags are the flags of commands that load a policy by themselves.
type policyFlags struct {
	memory   string
	cache    string
	fuel     uint64
	timeout  time.Duration
	settings string
	json     bool
}

func (f *policyFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.memory, "memory", "", "Most memory of an instance, as the option memory (default 64MiB)")
	cmd.Flags().Uint64Var(&f.fuel, "fuel", 0, "Most work of a call, as the option fuel (default the host's)")
	cmd.Flags().DurationVar(&f.timeout, "timeout", 0, "Most time of a call, as the option timeout (default 1s)")
	cmd.Flags().StringVar(&f.cache, "cache", "", "Directory for compiled policies, or off, as the option cache (default Caddy's)")
	cmd.Flags().BoolVar(&f.json, "json", false, "Print JSON in the place of text")
}

func (f *policyFlags) addSettings(cmd *cobra.Command, what string) {
	cmd.Flags().StringVar(&f.settings, "settings", "", "Settings "+what+": a file with a JSON object, or the object itself")
}

// loadedFile is a policy that a command has loaded for itself.
type loadedFile struct {
	*plugins.Policy
	host    policyHost
	options plugins.LoadOptions
	wasm    []byte
	took    time.Duration // to load it

	mu    sync.Mutex
	lines []string // that it has logged
}

// load reads a file, compiles it if it is source code, and loads it.
func (f *policyFlags) load(ctx context.Context, path string) (*loadedFile, error) {
	l := limits{timeout: f.timeout, fuel: f.fuel}
	if f.memory != "" {
		n, err := humanize.ParseBytes(f.memory)
		if err != nil || n == 0 || n > 4<<30 {
			return nil, fmt.Errorf("--memory: %q is not a size; want one such as 16MiB", f.memory)
		}
		l.memory = int64(n)
	}
	if err := l.check(); err != nil {
		return nil, fmt.Errorf("--%w", err)
	}
	wasm, err := readPolicyFile(ctx, path)
	if err != nil {
		return nil, err
	}
	loaded := &loadedFile{wasm: wasm, options: l.options()}
	loaded.options.Log = loaded.log
	if loaded.host, err = newHost(hostOptions{cache: f.cache, memory: l.memory, fuel: l.fuel}); err != nil {
		return nil, err
	}
	begin := time.Now()
	loaded.Policy, err = loaded.host.Load(ctx, wasm, loaded.options)
	if err != nil {
		return nil, errors.Join(err, loaded.host.Close(context.WithoutCancel(ctx)))
	}
	loaded.took = time.Since(begin)
	return loaded, nil
}

func (l *loadedFile) log(_ context.Context, e plugins.LogEntry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, e.Lines...)
	if e.Truncated {
		l.lines = append(l.lines, "[…]")
	}
}

// logged returns what the policy has logged since the last time.
func (l *loadedFile) logged() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	lines := l.lines
	l.lines = nil
	return lines
}

// close frees the policy. There is nothing that a person could do about an error.
func (l *loadedFile) close() { _ = l.host.Close(context.Background()) }

// withSettings puts settings into a hook's input: in the place of what is there, or only where nothing is.
func withSettings(input []byte, settings json.RawMessage, replace bool) ([]byte, error) {
	if settings == nil || !replace && gjson.GetBytes(input, "settings").Exists() {
		return input, nil
	}
	return sjson.SetRawBytes(input, "settings", settings)
}

// readInput reads a hook's input: a file, or standard input for "-".
func readInput(cmd *cobra.Command, name string) (data []byte, err error) {
	from := cmd.InOrStdin()
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, fmt.Errorf("--input: %w", err)
		}
		defer func() { _ = f.Close() }()
		from = f
	}
	if data, err = io.ReadAll(io.LimitReader(from, plugins.DefaultMaxInputBytes+1)); err == nil && !json.Valid(data) {
		err = errors.New("not JSON")
	}
	if err != nil {
		return nil, fmt.Errorf("--input: %w", err)
	}
	return data, nil
}

// printJSON writes v as one line.
func printJSON(cmd *cobra.Command, v any) error {
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return err
	}
	_, err := cmd.OutOrStdout().Write(printableJSON(text.Bytes()))
	return err
}

func size64(n int) string { return humanize.IBytes(uint64(max(0, n))) }

// policyCheck is what `policy check` finds out.
type policyCheck struct {
	File         string          `json:"file"`
	Version      string          `json:"version"`
	Size         int             `json:"size"` // bytes
	Name         string          `json:"name"`
	Author       string          `json:"author_version,omitempty"`
	ABI          int             `json:"abi"`
	Hooks        []string        `json:"hooks"`
	Needs        []string        `json:"needs,omitempty"`
	Settings     json.RawMessage `json:"settings_schema,omitempty"`
	InitialFuel  uint64          `json:"initial_fuel"` // of starting an instance
	DescribeFuel uint64          `json:"describe_fuel,omitempty"`
	Memory       int             `json:"memory,omitempty"` // of an instance, bytes
	Cases        *golden.Report  `json:"cases,omitempty"`
}

func policyCheckCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "check <file> [--settings <file>] [--json]",
		Short: "Checks a policy as an upload does, and says what is in it",
		Long: `
Checks a policy as Caddy does before it takes an upload: its size and structure, what
it imports and exports, that it starts and describes itself within its fuel, and that
it passes the golden cases that it brings along. With --settings it checks those by
the JSON Schema that the policy describes. Exit status 1 means that it is refused.`,
		Example: "  $ caddy scim policy check contractors.wasm\n  $ caddy scim policy check contractors.wasm --settings '{\"domain\":\"acme.example\"}' --json",
		Args:    exactly(1, "the file of a policy"),
	}
	var flags policyFlags
	flags.add(cmd)
	flags.addSettings(cmd, "to check by the policy's schema")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		settings, err := readSettings(flags.settings)
		if err != nil {
			return err
		}
		policy, err := flags.load(cmd.Context(), args[0])
		if err != nil {
			return err
		}
		defer policy.close()
		check, err := checkPolicy(cmd.Context(), args[0], policy)
		if err != nil {
			return err
		}
		if settings != nil {
			if err := checkSettings(policy.Policy, settings); err != nil {
				return err
			}
		}
		if flags.json {
			err = printJSON(cmd, check)
		} else {
			err = check.write(cmd.OutOrStdout())
		}
		if err == nil && check.Cases != nil {
			err = check.Cases.Err()
		}
		return err
	}
	return cmd
}

func checkPolicy(ctx context.Context, file string, policy *loadedFile) (*policyCheck, error) {
	about := policy.Description()
	check := &policyCheck{
		File: file, Version: policy.Version(), Size: len(policy.wasm), Name: about.Name, Author: about.Version, ABI: abi.Version,
		Hooks: about.Hooks, Needs: about.Needs, Settings: about.Settings, InitialFuel: policy.InitialFuel(),
	}
	_, used, err := policy.Call(ctx, abi.HookDescribe, nil)
	switch {
	case err == nil:
		check.DescribeFuel, check.Memory = used.Fuel, used.Memory
	case !errors.Is(err, plugins.ErrNoHook):
		return nil, err
	}
	raw, bundled, err := golden.Bundled(policy.wasm)
	if err != nil || !bundled {
		return check, err
	}
	cases, err := golden.ReadCases(raw)
	if err == nil {
		check.Cases, err = golden.Run(ctx, cases, policy.Call)
	}
	if err != nil {
		return nil, fmt.Errorf("its golden cases: %w", err)
	}
	return check, nil
}

func (c *policyCheck) write(w io.Writer) error {
	line := func(name, format string, args ...any) {
		fmt.Fprintf(w, "  %-9s %s\n", name, fmt.Sprintf(format, args...))
	}
	fmt.Fprintf(w, "%s: a policy of ABI %d\n", printable(c.File), c.ABI)
	line("name", "%s", or(printable(strings.TrimSpace(c.Name+" "+c.Author)), "none; it does not describe itself"))
	line("version", "%s", c.Version)
	line("size", "%s of at most %s", size64(c.Size), size64(plugins.DefaultMaxModuleBytes))
	line("hooks", "%s", strings.Join(c.Hooks, ", "))
	if len(c.Needs) > 0 {
		line("needs", "%s", strings.Join(c.Needs, ", "))
	}
	line("fuel", "%s to start, %s to describe itself", humanize.Comma(int64(c.InitialFuel)), humanize.Comma(int64(c.DescribeFuel)))
	if c.Memory > 0 {
		line("memory", "%s an instance", size64(c.Memory))
	}
	line("settings", "%s", describeSchema(c.Settings))
	switch {
	case c.Cases == nil:
		line("cases", "none; `caddy scim policy bundle` adds some")
	default:
		line("cases", "%d passed, %d failed; the most took %s fuel", c.Cases.Passed, c.Cases.Failed, humanize.Comma(int64(c.Cases.MaxFuel)))
	}
	return nil
}

// describeSchema names the settings of a JSON Schema.
func describeSchema(schema json.RawMessage) string {
	if len(schema) == 0 {
		return "not described, so they are not checked"
	}
	var names []string
	required := gjson.GetBytes(schema, "required")
	gjson.GetBytes(schema, "properties").ForEach(func(name, property gjson.Result) bool {
		text := name.Str
		if typ := property.Get("type"); typ.Type == gjson.String {
			text += " (" + typ.Str
			required.ForEach(func(_, r gjson.Result) bool {
				if r.Str == name.Str {
					text += ", required"
				}
				return true
			})
			text += ")"
		}
		names = append(names, printable(text))
		return true
	})
	slices.Sort(names)
	return or(strings.Join(names, ", "), "a JSON Schema")
}

func policyTestCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "test <file> [--cases <cases.json>] [--settings <file>] [--json]",
		Short: "Runs golden cases: inputs with the answers that are expected",
		Long: `
Runs golden cases against a policy, those of a file or those that it brings along, and
shows where an answer differs from what is expected. Cases are a JSON array of
{"name", "hook", "input", "want"}, or "error" in the place of "want".

Exit status 1 means that a case failed.`,
		Example: "  $ caddy scim policy test contractors.wasm --cases cases.json\n  $ caddy scim policy test contractors.wasm",
		Args:    exactly(1, "the file of a policy"),
	}
	var flags policyFlags
	flags.add(cmd)
	flags.addSettings(cmd, "of the cases whose input has none")
	file := cmd.Flags().String("cases", "", "File with the cases (default those in the module)")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		settings, err := readSettings(flags.settings)
		if err != nil {
			return err
		}
		var raw []byte
		if *file != "" {
			if raw, err = os.ReadFile(*file); err != nil {
				return fmt.Errorf("--cases: %w", err)
			}
		}
		policy, err := flags.load(cmd.Context(), args[0])
		if err != nil {
			return err
		}
		defer policy.close()
		if raw == nil {
			var bundled bool
			if raw, bundled, err = golden.Bundled(policy.wasm); err != nil {
				return err
			}
			if !bundled {
				return errors.New("the module brings no cases along; name a file with --cases")
			}
		}
		cases, err := golden.ReadCases(raw)
		if err != nil {
			return fmt.Errorf("the cases: %w", err)
		}
		if len(cases) == 0 {
			return errors.New("the list of cases is empty, so nothing was tested")
		}
		for i := range cases {
			if cases[i].Hook == abi.HookDescribe {
				continue
			}
			if cases[i].Input, err = withSettings(cases[i].Input, settings, false); err != nil {
				return fmt.Errorf("case %q: %w", cases[i].Name, err)
			}
		}
		report, err := golden.Run(cmd.Context(), cases, policy.Call)
		if err != nil {
			return err
		}
		if flags.json {
			err = printJSON(cmd, report)
		} else {
			err = writeReport(cmd.OutOrStdout(), report)
		}
		if err == nil && report.Failed > 0 {
			err = fmt.Errorf("%d of %d cases failed", report.Failed, len(report.Results))
		}
		return err
	}
	return cmd
}

func writeReport(w io.Writer, report *golden.Report) error {
	width := 0
	for i := range report.Results {
		width = max(width, len([]rune(printable(report.Results[i].Name))))
	}
	for i := range report.Results {
		r := &report.Results[i]
		word := "ok  "
		if !r.Passed() {
			word = "FAIL"
		}
		fmt.Fprintf(w, "%s  %-*s  %-8s %s fuel\n", word, width, printable(r.Name), r.Hook, humanize.Comma(int64(r.Fuel)))
		for line := range strings.Lines(r.Problem) {
			fmt.Fprintf(w, "      %s\n", printable(strings.TrimSuffix(line, "\n")))
		}
	}
	_, err := fmt.Fprintf(w, "%d passed, %d failed; the most took %s fuel\n", report.Passed, report.Failed, humanize.Comma(int64(report.MaxFuel)))
	return err
}
