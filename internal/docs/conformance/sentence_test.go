package conformance_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/caddy-scim/caddy-scim/internal/docs/conformance"
)

const plain = `

RFC 9999                        A Standard                    May 2026

   1.  First .........................................................1

1.  First

   Words MUST
   be read, e.g., over several lines.  Others need not.  They SHOULD NOT
   be cut
   in two

Author, et al.               Standards Track                    [Page 1]

RFC 9999                        A Standard                    May 2026

   by a page.

   o  An element SHALL be one.
   o  Another is REQUIRED.

1.1.  Second

   +------+---------------+
   | Name | Meaning       |
   +------+---------------+
   | a    | It MUST be a. |
   |      | It may be b.  |
   |      |               |
   | c    | It MUST NOT   |
   |      | be d.         |
   +------+---------------+

2.  References

   This MUST be left out.
`

const markdown = `---
title: "It MUST be left out"
--- middle
# First
Words MUST be read.
# Second {#anchor}
## Third
* An element SHALL be one.
* Another is REQUIRED.

// a remark that SHOULD be left out
~~~
code MUST be left out
~~~
| a | It MUST be a. May it? |
`

func TestSentences(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]conformance.Sentence{
		plain: {
			{Section: "1", Number: 1, Text: "Words MUST be read, e.g., over several lines."},
			{Section: "1", Number: 2, Text: "They SHOULD NOT be cut in two by a page."},
			{Section: "1", Number: 3, Text: "o An element SHALL be one."},
			{Section: "1", Number: 4, Text: "o Another is REQUIRED."},
			{Section: "1.1", Number: 1, Text: "It MUST be a."},
			{Section: "1.1", Number: 2, Text: "It MUST NOT be d."},
		},
		markdown: {
			{Section: "1", Number: 1, Text: "Words MUST be read."},
			{Section: "2.1", Number: 1, Text: "* An element SHALL be one."},
			{Section: "2.1", Number: 2, Text: "* Another is REQUIRED."},
			{Section: "2.1", Number: 3, Text: "It MUST be a."},
		},
	} {
		if diff := cmp.Diff(want, conformance.Sentences(text)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	const rows = "| id | level | requirement | tests | status |\n|---|---|---|---|---|\n"
	p, err := conformance.Parse("# Title\n\n" + rows +
		"| 7644-3.5.2-4 | MUST NOT | so and so | `scim/patch TestApply`, `a/b TestC/d e` | deviates: because |\n\n" +
		"| id | falls on | what it is about |\n|---|---|---|\n| AL1-2-1 | client | this |\n\n" +
		"| standard | sentences | rows | met | deviates | fall on others |\n|---|---|---|---|---|---|\n| AL1 | 1 | 2 | 3 | 4 | 5 |\n")
	if err != nil {
		t.Fatal(err)
	}
	want := &conformance.Page{
		Rows: []conformance.Row{{
			ID: conformance.ID{Standard: "7644", Section: "3.5.2", Number: 4}, Level: "MUST NOT", Requirement: "so and so", Note: "because",
			Tests: []conformance.Test{{Package: "scim/patch", Func: "TestApply"}, {Package: "a/b", Func: "TestC", Subtest: "d e"}},
		}},
		Others: []conformance.Other{{ID: conformance.ID{Standard: "AL1", Section: "2", Number: 1}, On: "client", About: "this"}},
		Totals: []conformance.Total{{Standard: "AL1", Sentences: 1, Rows: 2, Met: 3, Deviates: 4, Not: 5}},
	}
	if diff := cmp.Diff(want, p); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for text, part := range map[string]string{
		"| a | b |\n": "the table's head",
		rows + "| 7644-3.5.2-4 | MUST | x | `a TestB` |\n":                "4 cells",
		rows + "| 7644-3.5.2 | MUST | x | `a TestB` | met |\n":            "is no id",
		rows + "| 7644-3.5.2-4 | MAY | x | `a TestB` | met |\n":           "is no level",
		rows + "| 7644-3.5.2-4 | MUST |  | `a TestB` | met |\n":           "no requirement",
		rows + "| 7644-3.5.2-4 | MUST | x |  | met |\n":                   "is no test",
		rows + "| 7644-3.5.2-4 | MUST | x | a TestB | met |\n":            "is no test",
		rows + "| 7644-3.5.2-4 | MUST | x | `a TestB` | perhaps |\n":      "neither met nor deviates",
		rows + "| 7644-3.5.2-4 | MUST | x | `a TestB` | deviates |\n":     "without a reason",
		"| id | falls on | what it is about |\n| AL1-2-1 | us | this |\n": "is none of",
	} {
		if _, err := conformance.Parse(text); err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%s: %v, want … %s", text, err, part)
		}
	}
}
