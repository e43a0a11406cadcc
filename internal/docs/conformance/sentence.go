package conformance

import (
	"fmt"
	"regexp"
	"strings"
)

// Sentence is one sentence of a standard that has a key word of RFC 2119 in it.
type Sentence struct {
	// Section is the section's number, such as 3.5.2.
	Section string
	// Number counts the sentences of the section, from 1.
	Number int
	// Text is the sentence, its white space made single blanks.
	Text string
}

var (
	keyword = regexp.MustCompile(`\b(MUST|SHALL|SHOULD|REQUIRED|RECOMMENDED)\b`)
	// pageBreak is the foot of a page of an RFC and the head of the next, with what a paragraph that goes on over both
	// has before it, as it does not end there.
	pageBreak = regexp.MustCompile(`([^.:\n]?)\n+[A-Z][^\n]*\[Page \d+\]\n\f?\n?RFC \d+[^\n]*\n+`)
	// heading is one of an RFC, which is not indented; that of the table of contents is.
	heading = regexp.MustCompile(`^(\d+(?:\.\d+)*)\.\s{1,2}\S`)
	// entry begins a paragraph of its own: an element of a list.
	entry = regexp.MustCompile(`^\s*(?:[o+*-]|\d+\.)\s+\S`)
	// ends finds where a sentence can end.
	ends = regexp.MustCompile(`[.!?]["')]*\s+`)
	// short are abbreviations, whose full stop ends nothing.
	short = regexp.MustCompile(`(?:\b(?:e\.g|i\.e|vs|Ms|et al|[A-Z])\.)$`)
	// appendix is where an RFC stops making demands.
	appendix = regexp.MustCompile(`(?m)^\d+\.\s+(?:References|Acknowledge?ments)\s*$|^Appendix `)
)

// Sentences finds the normative sentences of an RFC in plain text, or of an Internet-Draft in Markdown, whose headings
// are then counted. What stands before the first heading, in the references and after them is left out.
func Sentences(text string) []Sentence {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	f := finder{counts: map[string]int{}}
	if strings.HasPrefix(text, "---\n") {
		f.markdown(text)
	} else {
		f.plain(pageBreak.ReplaceAllStringFunc(text, func(s string) string {
			if s[0] == '\n' {
				return "\n\n"
			}
			return s[:1] + "\n"
		}))
	}
	return f.found
}

type finder struct {
	section string
	found   []Sentence
	counts  map[string]int
	open    []string // the lines of the paragraph
}

// close takes the paragraph apart that has come to its end.
func (f *finder) close() {
	text := strings.Join(strings.Fields(strings.Join(f.open, " ")), " ")
	f.open = f.open[:0]
	if f.section == "" {
		return
	}
	start := 0
	for _, m := range ends.FindAllStringIndex(text+" ", -1) {
		if short.MatchString(text[start : m[0]+1]) {
			continue
		}
		f.sentence(text[start:min(m[1], len(text))])
		start = min(m[1], len(text))
	}
	f.sentence(text[start:])
}

func (f *finder) sentence(s string) {
	if s = strings.TrimSpace(s); !keyword.MatchString(s) {
		return
	}
	f.counts[f.section]++
	f.found = append(f.found, Sentence{f.section, f.counts[f.section], s})
}

// line adds a line to the paragraph.
func (f *finder) line(s string) {
	if entry.MatchString(s) {
		f.close()
	}
	f.open = append(f.open, s)
}

func (f *finder) plain(text string) {
	// The table of contents has the headings too, indented or with dots; the text begins at the last "1. ".
	var table table
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, " \n\f")
		switch m := heading.FindStringSubmatch(line); {
		case m != nil:
			f.close()
			if f.section = m[1]; appendix.MatchString(line) {
				return
			}
		case line == "":
			f.close()
		case strings.HasPrefix(strings.TrimSpace(line), "+-") || strings.HasPrefix(strings.TrimSpace(line), "|"):
			f.close()
			for _, cell := range table.line(strings.TrimSpace(line)) {
				f.open = append(f.open, cell)
				f.close()
			}
		default:
			f.line(line)
		}
	}
	f.close()
}

// table puts the cells of a drawn table together, each of which may have several lines.
type table struct{ cells [][]string }

// line takes a line of the table and returns the cells of the row that it ends.
func (t *table) line(s string) (row []string) {
	fields := strings.Split(strings.Trim(s, "|"), "|")
	blank := strings.HasPrefix(s, "+-") || strings.TrimSpace(strings.Join(fields, "")) == ""
	if blank {
		for _, cell := range t.cells {
			row = append(row, strings.Join(cell, " "))
		}
		t.cells = nil
		return row
	}
	for i, field := range fields {
		if i >= len(t.cells) {
			t.cells = append(t.cells, nil)
		}
		t.cells[i] = append(t.cells[i], strings.TrimSpace(field))
	}
	return nil
}

func (f *finder) markdown(text string) {
	var numbers []int
	_, text, _ = strings.Cut(text, "--- middle\n")
	fenced := false
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, " \n")
		hashes := len(line) - len(strings.TrimLeft(line, "#"))
		switch {
		case strings.HasPrefix(line, "~~~") || strings.HasPrefix(line, "```"):
			f.close()
			fenced = !fenced
		case fenced || strings.HasPrefix(line, "//"):
		case hashes > 0:
			f.close()
			for len(numbers) < hashes {
				numbers = append(numbers, 0)
			}
			numbers = numbers[:hashes]
			numbers[hashes-1]++
			f.section = strings.ReplaceAll(strings.Trim(fmt.Sprint(numbers), "[]"), " ", ".")
		case line == "":
			f.close()
		case strings.HasPrefix(line, "|"):
			f.close()
			for _, cell := range strings.Split(strings.Trim(line, "|"), "|") {
				f.open = append(f.open, cell)
				f.close()
			}
		default:
			f.line(line)
		}
	}
	f.close()
}
