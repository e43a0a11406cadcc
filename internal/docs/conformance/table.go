// Package conformance reads docs/conformance.md, the table of what standards ask of a service provider, and finds the
// sentences in the standards that it is made of.
package conformance

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Row is one requirement that falls on a service provider.
type Row struct {
	ID ID
	// Level is the sentence's key word: MUST, MUST NOT, SHOULD, SHOULD NOT, SHALL, SHALL NOT, REQUIRED, RECOMMENDED.
	Level string
	// Requirement is what it asks, in this project's words.
	Requirement string
	// Tests prove it, or show what is done instead.
	Tests []Test
	// Met is false where the provider deviates; Note says why then, and may say how far it is met.
	Met  bool
	Note string
}

// ID names a sentence of a standard.
type ID struct {
	Standard string // such as 7644
	Section  string // such as 3.5.2
	Number   int    // which of the section's sentences that have a key word, from 1
}

// String is the id as the table has it, such as 7644-3.5.2-4.
func (id ID) String() string { return fmt.Sprintf("%s-%s-%d", id.Standard, id.Section, id.Number) }

// Test names a test function, or a subtest of one.
type Test struct {
	Package string // relative to the module
	Func    string
	Subtest string // empty for the whole function
}

// String is the test as the table has it.
func (t Test) String() string {
	if t.Subtest == "" {
		return t.Package + " " + t.Func
	}
	return t.Package + " " + t.Func + "/" + t.Subtest
}

// Other is a sentence that is no row: it falls on somebody else, or asks for nothing.
type Other struct {
	ID ID
	// On is whom it falls on: see Parties.
	On string
	// About is what it is about.
	About string
}

// Parties are those on whom the sentences fall that fall on no service provider; "definition" asks for nothing,
// "permission" leaves a choice, and "repeated" says again what another sentence says.
var Parties = []string{"client", "schema author", "authorization server", "administrator", "registry", "definition", "permission", "repeated"}

// Total is what the page says of one standard in numbers.
type Total struct {
	Standard                            string
	Sentences, Rows, Met, Deviates, Not int
}

// Page is what docs/conformance.md holds.
type Page struct {
	Rows   []Row
	Others []Other
	Totals []Total
}

// The heads of the tables.
const (
	rowHead   = "| id | level | requirement | tests | status |"
	otherHead = "| id | falls on | what it is about |"
	totalHead = "| standard | sentences | rows | met | deviates | fall on others |"
)

var (
	idForm   = regexp.MustCompile(`^([0-9A-Z]+)-(\d+(?:\.\d+)*)-(\d+)$`)
	testForm = regexp.MustCompile("^`([a-z0-9/]+) (Test[A-Za-z0-9]+)(?:/([^`]+))?`$")
	levels   = regexp.MustCompile(`^(MUST|MUST NOT|SHOULD|SHOULD NOT|SHALL|SHALL NOT|REQUIRED|RECOMMENDED)$`)
)

// Parse reads the page. Every line of the tables has to be of the form that it documents; the error names the line.
func Parse(text string) (*Page, error) {
	p := &Page{}
	var read func(cells []string) error
	n := 0
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimSpace(line)
		switch {
		case !strings.HasPrefix(line, "|"):
			read = nil
			continue
		case line == rowHead:
			read = p.row
			continue
		case line == otherHead:
			read = p.other
			continue
		case line == totalHead:
			read = p.total
			continue
		case read == nil:
			return nil, fmt.Errorf("line %d: the table's head is none of those that there are", n)
		case strings.Trim(line, "|-") == "":
			continue
		}
		cells := strings.Split(strings.Trim(line, "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		if err := read(cells); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
	}
	return p, nil
}

func parseID(s string) (ID, error) {
	m := idForm.FindStringSubmatch(s)
	if m == nil {
		return ID{}, fmt.Errorf("%q is no id such as 7644-3.5.2-4", s)
	}
	n, err := strconv.Atoi(m[3])
	return ID{m[1], m[2], n}, err
}

func (p *Page) row(cells []string) error {
	if len(cells) != 5 {
		return fmt.Errorf("%d cells, want 5", len(cells))
	}
	id, err := parseID(cells[0])
	if err != nil {
		return err
	}
	r := Row{ID: id, Level: cells[1], Requirement: cells[2]}
	if !levels.MatchString(r.Level) {
		return fmt.Errorf("%s: %q is no level", id, r.Level)
	}
	if r.Requirement == "" {
		return fmt.Errorf("%s: no requirement", id)
	}
	for _, s := range strings.Split(cells[3], ", ") {
		m := testForm.FindStringSubmatch(s)
		if m == nil {
			return fmt.Errorf("%s: %q is no test such as `adapter/endpoint TestX/y`", id, s)
		}
		r.Tests = append(r.Tests, Test{m[1], m[2], m[3]})
	}
	status, note, _ := strings.Cut(cells[4], ": ")
	switch r.Note = note; status {
	case "met":
		r.Met = true
	case "deviates":
		if note == "" {
			return fmt.Errorf("%s: a deviation without a reason", id)
		}
	default:
		return fmt.Errorf("%s: the status %q is neither met nor deviates", id, status)
	}
	p.Rows = append(p.Rows, r)
	return nil
}

func (p *Page) other(cells []string) error {
	if len(cells) != 3 || cells[2] == "" {
		return fmt.Errorf("%d cells, want 3 with something in each", len(cells))
	}
	id, err := parseID(cells[0])
	if err != nil {
		return err
	}
	for _, party := range Parties {
		if cells[1] == party {
			p.Others = append(p.Others, Other{id, cells[1], cells[2]})
			return nil
		}
	}
	return fmt.Errorf("%s: falls on %q, which is none of %q", id, cells[1], Parties)
}

func (p *Page) total(cells []string) error {
	if len(cells) != 6 {
		return fmt.Errorf("%d cells, want 6", len(cells))
	}
	t := Total{Standard: cells[0]}
	for i, into := range []*int{&t.Sentences, &t.Rows, &t.Met, &t.Deviates, &t.Not} {
		n, err := strconv.Atoi(cells[i+1])
		if err != nil {
			return fmt.Errorf("%s: %w", t.Standard, err)
		}
		*into = n
	}
	p.Totals = append(p.Totals, t)
	return nil
}
