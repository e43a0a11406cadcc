// Package fold compares texts without regard to case, the same way in filters, in lists and in indexes.
package fold

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
	"golang.org/x/text/width"
)

// String returns the form under which two texts that differ only in letter case
// are equal. Every comparison of an attribute that is not caseExact uses it, and
// so must every index over such an attribute: userName above all.
//
// It follows what RFC 7644 §5 asks for userName, the PRECIS profile
// UsernameCaseMapped (RFC 8265 §3.3): width mapping, case mapping, then
// normalisation form C. So "ＢＪＥＮＳＥＮ" in full-width letters is bjensen, and é
// is é whether it came as one code point or as two. Three choices are ours:
//
//   - Letter case is Unicode's simple case folding, not lower-casing, so that it
//     does not depend on what stands around a letter: Σ, σ and ς are one. It
//     knows no language either: I is always i, never the Turkish ı, and ı stays
//     apart from i. Simple folding maps one letter to one letter: ß is not ss.
//   - The text is decomposed before it is folded, as Unicode's definition of
//     canonical caseless matching (D145) does; otherwise some letters with marks
//     would miss their other case.
//   - Nothing is refused. PRECIS forbids spaces and symbols in user names, which
//     clients do send; that is for validation to judge, not for comparison.
//
// String(String(s)) is String(s). Folding only changes with a Unicode version for
// code points that were not assigned before it. Text of lower-case ASCII is
// returned as it is, without an allocation. Bytes that are not UTF-8 become
// U+FFFD.
func String(s string) string {
	upper := false
	for i := range len(s) {
		c := s[i]
		if c >= utf8.RuneSelf {
			return foldUnicode(s)
		}
		upper = upper || 'A' <= c && c <= 'Z'
	}
	if !upper {
		return s
	}
	b := make([]byte, len(s))
	for i := range len(s) {
		b[i] = lowerASCII(s[i])
	}
	return string(b)
}

func foldUnicode(s string) string {
	d := norm.NFD.String(width.Fold.String(s))
	b := make([]byte, 0, len(d))
	for _, r := range d {
		b = utf8.AppendRune(b, foldRune(r))
	}
	return norm.NFC.String(string(b))
}

// foldRune maps all runes that simple case folding makes equal to one of them.
func foldRune(r rune) rune {
	if r < utf8.RuneSelf {
		return rune(lowerASCII(byte(r)))
	}
	first := r
	for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
		// The combining iota is older than the letter: it must not stand for it.
		if next != combiningIota && (next < first || first == combiningIota) {
			first = next
		}
	}
	// first is the capital letter of nearly every set; prefer the small one.
	if first == r && unicode.SimpleFold(r) == r {
		return r
	}
	return unicode.ToLower(first)
}

// combiningIota is U+0345, in one set with the letter iota.
const combiningIota = '\u0345'

func lowerASCII(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + ('a' - 'A')
	}
	return c
}

// Append appends String(s) to b.
func Append(b []byte, s string) []byte {
	start := len(b)
	for i := range len(s) {
		c := s[i]
		if c >= utf8.RuneSelf {
			return append(b[:start], foldUnicode(s)...)
		}
		b = append(b, lowerASCII(c))
	}
	return b
}

// Equal reports whether String(s) is folded, without making it.
func Equal(s, folded string) bool {
	for i := range len(s) {
		c := s[i]
		if c >= utf8.RuneSelf {
			return foldUnicode(s) == folded
		}
		if i >= len(folded) || lowerASCII(c) != folded[i] {
			// Not equal, unless what follows here is the start of something that
			// composes: plain letters never do so with what stands before them.
			return hasUnicode(s[i:]) && foldUnicode(s) == folded
		}
	}
	return len(s) == len(folded)
}

func hasUnicode(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return true
		}
	}
	return false
}
