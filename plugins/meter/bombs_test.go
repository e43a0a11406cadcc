package meter

import (
	"strings"
	"testing"
	"time"
)

// TestBombs rewrites modules of a few KB that would take the runtime seconds, minutes
// or gigabytes. Each is refused, and at once.
func TestBombs(t *testing.T) {
	t.Parallel()
	for name, bomb := range map[string]struct {
		n    int
		want string
	}{
		"locals by blocks":               {1000, "too complex to compile"},
		"locals by loops":                {1000, "too complex to compile"},
		"locals by sequence of loops":    {1000, "too complex to compile"},
		"locals by labels of a br_table": {1000, "too complex to compile"},
		"operands by blocks":             {1000, "too complex to compile"},
		"blocks with values":             {1000, "too complex to compile"},
		"loops with values":              {1000, "too complex to compile"},
		"calls with values":              {1000, "too complex to compile"},
		"br_ifs with values":             {1000, "too complex to compile"},
		"br_table with values":           {1000, "too complex to compile"},
		"calls by globals":               {10_000, "too complex to compile"},
		"globals by blocks":              {10_000, "too complex to compile"},
		"addresses by blocks":            {10_000, "too complex to compile"},
		"accesses by blocks":             {10_000, "too complex to compile"},
		"nested blocks":                  {10_000, "deeper in each other than 2500"},
		"nested ifs":                     {10_000, "deeper in each other than 2500"},
		"nested loops":                   {2_000, "too complex to compile"},
		"br_ifs to one label":            {10_000, "too complex to compile"},
		"br_ifs to a loop":               {10_000, "too complex to compile"},
		"a br_table to one label":        {10_000, "too complex to compile"},
		"br_tables to one label":         {200, "too complex to compile"},
		"fills":                          {10_000, "too complex to compile"},
		"copies":                         {10_000, "too complex to compile"},
		"functions with parameters":      {100_000, "too complex to compile for its size"},
		"indirect calls":                 {100_000, "want at most 262144"},
		"truncations":                    {65_000, "too complex to compile"},
		"divisions":                      {100_000, "want at most 262144"},
		"loads":                          {100_000, "want at most 262144"},
		"float":                          {100_000, "want at most 262144"},
		"square roots":                   {200_000, "too complex to compile"},
		"nearest":                        {200_000, "too complex to compile"},
		"truncations back and forth":     {100_000, "too complex to compile"},
		"saturating truncations":         {70_000, "too complex to compile"},
		"conversions":                    {100_000, "too complex to compile"},
		"functions with locals":          {100, "more than 50000 locals"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wasm := bombs[name](bomb.n)
			_, err := Rewrite(wasm, Limits{})
			if err == nil || !strings.Contains(err.Error(), bomb.want) {
				t.Errorf("refused with %v, want …%s…", err, bomb.want)
			}
		})
	}
}

// TestRealModules checks that what compilers produce is far from the limits.
func TestRealModules(t *testing.T) {
	t.Parallel()
	for _, file := range []string{
		members + "members.wasm", "../../examples/policies/split/split.wasm", "../../examples/policies/seats/seats.wasm",
		"../tck/guests/assemblyscript/guest.wasm", "../tck/guests/c/guest.wasm", "../tck/guests/rust/guest.wasm",
	} {
		wasm := readFile(t, file)
		m, err := Rewrite(wasm, Limits{})
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		s, l := m.Stats, Limits{}.withDefaults()
		if 4*s.FunctionBytes > l.FunctionBytes || 4*s.Nesting > l.Nesting || 4*s.FunctionCost > l.FunctionCost ||
			4*s.ModuleCost > min(l.ModuleCost, l.FunctionCost+time.Duration(len(wasm))*l.CostPerByte) {
			t.Errorf("%s has %+v of %+v", file, s, l)
		}
		if len(m.Wasm) > len(wasm)*2 {
			t.Errorf("%s has %d bytes, and %d after it was rewritten", file, len(wasm), len(m.Wasm))
		}
	}
}
