package conformance_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/caddy-scim/caddy-scim/internal/docs/conformance"
)

// root is the module's folder.
const root = "../../.."

func page(t *testing.T) *conformance.Page {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "docs", "conformance.md"))
	if err != nil {
		t.Fatal(err)
	}
	p, err := conformance.Parse(string(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// functions are a package's test functions with the texts that stand in each.
type functions map[string]map[string]bool

// testsOf reads the test functions of a package. all are the texts that stand anywhere in its test files.
func testsOf(t *testing.T, dir string) (found functions, all map[string]bool) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, dir, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	found, all = functions{}, map[string]bool{}
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		texts(parsed, all)
		for _, decl := range parsed.Decls {
			fn, ok := decl.(*ast.FuncDecl)
			if !ok || fn.Recv != nil || !strings.HasPrefix(fn.Name.Name, "Test") || fn.Name.Name == "TestMain" {
				continue
			}
			found[fn.Name.Name] = map[string]bool{}
			texts(fn, found[fn.Name.Name])
		}
	}
	return found, all
}

// texts collects the string literals below a node.
func texts(n ast.Node, into map[string]bool) {
	ast.Inspect(n, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			if s, err := strconv.Unquote(lit.Value); err == nil {
				into[s] = true
			}
		}
		return true
	})
}

// Every requirement has a test, and every test that is named exists.
func TestEveryRowHasItsTest(t *testing.T) {
	t.Parallel()
	type pkg struct {
		found functions
		all   map[string]bool
	}
	packages := map[string]pkg{}
	for _, row := range page(t).Rows {
		if len(row.Tests) == 0 {
			t.Errorf("%s has no test", row.ID)
		}
		for _, test := range row.Tests {
			p, ok := packages[test.Package]
			if !ok {
				p.found, p.all = testsOf(t, test.Package)
				packages[test.Package] = p
			}
			in, ok := p.found[test.Func]
			switch {
			case !ok:
				t.Errorf("%s: %s does not exist", row.ID, test)
			case test.Subtest == "" || in[test.Subtest]:
			// Where a name is no id, the table of subtests may stand outside of the function.
			case claim.MatchString(test.Subtest) || !p.all[strings.ReplaceAll(test.Subtest, "_", " ")] && !p.all[test.Subtest]:
				t.Errorf("%s: %s does not exist in %s", row.ID, test.Subtest, test.Func)
			}
		}
	}
}

// claim is the name of a subtest that proves the requirement of that id.
var claim = regexp.MustCompile(`^[0-9A-Z]+-\d+(\.\d+)*-\d+$`)

// No test claims to prove what the table does not say of it.
func TestEveryClaimHasItsRow(t *testing.T) {
	t.Parallel()
	named := map[string]bool{}
	for _, row := range page(t).Rows {
		for _, test := range row.Tests {
			named[test.String()] = true
		}
	}
	claims := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		if name := d.Name(); strings.HasPrefix(name, ".") && name != ".." || name == "testdata" {
			return fs.SkipDir
		}
		dir, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		found, _ := testsOf(t, dir)
		for fn, in := range found {
			if !strings.HasPrefix(fn, "TestConformance") {
				continue
			}
			for text := range in {
				if !claim.MatchString(text) {
					continue
				}
				claims++
				if test := (conformance.Test{Package: filepath.ToSlash(dir), Func: fn, Subtest: text}); !named[test.String()] {
					t.Errorf("no row names %s", test)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if claims < 100 {
		t.Errorf("%d claims only", claims)
	}
}

// Every sentence of a section is a row or among those that fall on others, once, and the numbers are right.
func TestNothingIsLeftOut(t *testing.T) {
	t.Parallel()
	p := page(t)
	seen := map[conformance.ID]bool{}
	highest := map[[2]string]int{}
	note := func(id conformance.ID) {
		if seen[id] {
			t.Errorf("%s is there twice", id)
		}
		seen[id] = true
		section := [2]string{id.Standard, id.Section}
		highest[section] = max(highest[section], id.Number)
	}
	counts := map[string]*conformance.Total{}
	of := func(id conformance.ID) *conformance.Total {
		if counts[id.Standard] == nil {
			counts[id.Standard] = &conformance.Total{Standard: id.Standard}
		}
		counts[id.Standard].Sentences++
		return counts[id.Standard]
	}
	for _, row := range p.Rows {
		note(row.ID)
		c := of(row.ID)
		c.Rows++
		if row.Met {
			c.Met++
		} else {
			c.Deviates++
		}
	}
	for _, other := range p.Others {
		note(other.ID)
		of(other.ID).Not++
	}
	for section, n := range highest {
		for i := 1; i <= n; i++ {
			if id := (conformance.ID{Standard: section[0], Section: section[1], Number: i}); !seen[id] {
				t.Errorf("%s is neither a row nor falls on others", id)
			}
		}
	}
	said := map[string]bool{}
	for _, total := range p.Totals {
		said[total.Standard] = true
		if c := counts[total.Standard]; c == nil || *c != total {
			t.Errorf("the page says %+v, its tables have %+v", total, c)
		}
	}
	for standard := range counts {
		if !said[standard] {
			t.Errorf("the page has no numbers of %s", standard)
		}
	}
}

// What a note points to is there.
func TestLinksOfNotes(t *testing.T) {
	t.Parallel()
	link := regexp.MustCompile(`\]\(([^)#]+)`)
	for _, row := range page(t).Rows {
		for _, m := range link.FindAllStringSubmatch(row.Note, -1) {
			if _, err := os.Stat(filepath.Join(root, "docs", m[1])); err != nil {
				t.Errorf("%s: %v", row.ID, err)
			}
		}
	}
}
