package tck_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/caddy-scim/caddy-scim/internal/settings"
	"github.com/caddy-scim/caddy-scim/plugins"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
	"github.com/caddy-scim/caddy-scim/plugins/golden"
	"github.com/caddy-scim/caddy-scim/plugins/meter"
)

func abiPage(t *testing.T) string {
	t.Helper()
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "policy-abi.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(page)
}

// TestLimits compares what docs/policy-abi.md says of limits with what the code does.
func TestLimits(t *testing.T) {
	t.Parallel()
	page := abiPage(t)
	for what, want := range map[string]string{
		"size of a module": size(plugins.DefaultMaxModuleBytes),
		"size of a module that is compiled in the server's own process, its meter included": size(plugins.MaxInProcessBytes),
		"memory of an instance": size(plugins.DefaultMaxMemoryBytes),
		"fuel of one call":      thousands(plugins.DefaultFuel),
		"time of one call, for machines on which fuel takes too long": fmt.Sprint(int(plugins.DefaultDeadline.Seconds()), " s"),
		"input":                                size(plugins.DefaultMaxInputBytes),
		"answer":                               size(plugins.DefaultMaxOutputBytes),
		"log of one call":                      size(plugins.DefaultMaxLogBytes) + ", 2 KiB a line",
		"schema of the settings, and settings": size(settings.MaxBytes),
		"requests of one `map`":                thousands(abi.MaxRequests),
		"golden cases in a module":             size(golden.MaxBytes) + ", " + thousands(golden.MaxCases) + " cases",
		"code of one function":                 size(meter.DefaultFunctionBytes) + ", blocks nested " + thousands(meter.DefaultNesting) + " deep",
	} {
		if row := "| " + what + " | " + want + " |"; !strings.Contains(page, row) {
			t.Errorf("the page does not have the row %s", row)
		}
	}
	for field, want := range map[string]string{
		"detail":     fmt.Sprintf("required, %d bytes", abi.MaxDetail),
		"title":      fmt.Sprintf("required, %d bytes", abi.MaxTitle),
		"reason":     fmt.Sprintf("more for the approver; %d bytes", abi.MaxReason),
		"expires_in": fmt.Sprintf("%d to %d, a minute to 90 days", abi.MinExpiry, abi.MaxExpiry),
		"legacy_id":  fmt.Sprintf("only with `resource`; %d bytes", abi.MaxLegacyID),
		"path":       fmt.Sprintf("%d bytes; the route's if absent", abi.MaxPath),
		"name":       fmt.Sprintf("required, %d bytes", abi.MaxName),
	} {
		if !hasRow(page, field, want) {
			t.Errorf("no row of the field %s says %q", field, want)
		}
	}
	if !hasRow(page, "name", fmt.Sprintf("from the others; required, %d bytes", golden.MaxName)) {
		t.Errorf("the page does not say that the name of a case has %d bytes at most", golden.MaxName)
	}
}

// hasRow reports whether a row about a field has a text.
func hasRow(page, field, text string) bool {
	for line := range strings.Lines(page) {
		if strings.HasPrefix(line, "| `"+field+"` |") && strings.Contains(line, text) {
			return true
		}
	}
	return false
}

func size(n int) string {
	if n%(1<<20) == 0 {
		return fmt.Sprint(n>>20, " MiB")
	}
	return fmt.Sprint(n>>10, " KiB")
}

// thousands writes a number as people read it.
func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// TestListings compares the page's policies with those that new projects begin with,
// which are built and tested where they stand.
func TestListings(t *testing.T) {
	t.Parallel()
	page := abiPage(t)
	for language, source := range map[string]string{
		"rust": filepath.Join("rust", "template", "src", "lib.rs"),
		"ts":   filepath.Join("assemblyscript", "template", "assembly", "index.ts"),
		"c":    filepath.Join("c", "template", "policy.c"),
	} {
		found := listings(page, language)
		if len(found) != 1 {
			t.Errorf("the page has %d listings in %s, want one", len(found), language)
			continue
		}
		data, err := os.ReadFile(filepath.Join("..", "sdk", source))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(data), found[0]) {
			t.Errorf("%s does not have the page's listing\n%s", source, found[0])
		}
	}
}
