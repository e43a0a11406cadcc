package abi

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// CleanText makes a text from a policy fit to be shown and logged: valid UTF-8
// on one line, printable, without space around it and at most limit bytes long.
// What cannot be printed becomes a space; what is cut off is replaced by "…".
func CleanText(s string, limit int) string {
	s = strings.TrimSpace(strings.Map(func(r rune) rune {
		if printable(r) {
			return r
		}
		return ' '
	}, s))
	if len(s) <= limit {
		return s
	}
	const ellipsis = "…"
	cut := limit - len(ellipsis)
	if cut < 0 {
		return ""
	}
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + ellipsis
}

// printable reports whether r can be shown on one line without changing how the
// rest of the line is read: no control, no line separator, no bidirectional or
// other format character, no space but the plain one.
func printable(r rune) bool {
	return r == ' ' || unicode.IsGraphic(r) && !unicode.Is(unicode.Zs, r)
}
