package fold

import (
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestFold(t *testing.T) {
	t.Parallel()
	same := [][]string{
		{"bjensen", "BJensen", "BJENSEN", "ＢＪＥＮＳＥＮ", "ｂjensen"},
		{"k", "K", "\u212a"},
		{"é", "É", "e\u0301", "E\u0301"},
		{"σ", "Σ", "ς"},
		{"ß", "ẞ"},
		{"ſ", "s", "S"},
		{"å", "Å", "\u212b", "A\u030a"},
		{"i\u0307", "İ", "I\u0307"},
		{"ᾳ", "ᾼ", "α\u0345", "αι", "ΑΙ"},
		{"ǆ", "ǅ", "Ǆ"},
		{"ガ", "カ\u3099", "ｶﾞ"},
		{"θ", "Θ", "ϑ", "ϴ"},
		{"ა", "Ა"},
		{"ꭰ", "Ꭰ"},
		{"ⓐ", "Ⓐ"},
		{"q\u0323\u0307", "Q\u0307\u0323"},
		{"a@b.c", "A＠B．c"},
	}
	forms := map[string]int{}
	for i, set := range same {
		for _, s := range set {
			if String(s) != String(set[0]) {
				t.Errorf("%q folds to %q, %q to %q", s, String(s), set[0], String(set[0]))
			}
			if !Equal(s, String(set[0])) {
				t.Errorf("Equal(%q, %q) is false", s, String(set[0]))
			}
		}
		if j, seen := forms[String(set[0])]; seen {
			t.Errorf("sets %d and %d are one", i, j)
		}
		forms[String(set[0])] = i
	}
	differ := [][2]string{{"i", "ı"}, {"ß", "ss"}, {"e", "é"}, {"a", "а" /* Cyrillic */}, {"ﬁ", "fi"}, {"²", "2"}, {"a", "a "}, {"o", "0"}}
	for _, d := range differ {
		if String(d[0]) == String(d[1]) || Equal(d[0], String(d[1])) || Equal(d[1], String(d[0])) {
			t.Errorf("%q and %q fold to the same", d[0], d[1])
		}
	}
	if got := String("a\xffB"); got != "a\ufffdb" {
		t.Errorf("invalid UTF-8 folds to %q", got)
	}
}

// Every rune below U+20000 (above are ideographs, tags and variation selectors,
// none with a letter case) folds like the others that simple case folding makes equal to it,
// and folding twice changes nothing.
func TestFoldEveryRune(t *testing.T) {
	t.Parallel()
	for r := rune(0); r < 0x20000; r++ {
		if !utf8.ValidRune(r) {
			continue
		}
		s := string(r)
		f := String(s)
		if String(f) != f {
			t.Errorf("%U folds to %+q, that to %+q", r, f, String(f))
		}
		if next := string(unicode.SimpleFold(r)); String(next) != f {
			t.Errorf("%U folds to %+q, %+q to %+q", r, f, next, String(next))
		}
		if !Equal(s, f) {
			t.Errorf("Equal(%U, %+q) is false", r, f)
		}
	}
}

func TestFoldProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := anyText().Draw(t, "a"), anyText().Draw(t, "b")
		fa, fb := String(a), String(b)
		if String(fa) != fa {
			t.Errorf("%+q folds to %+q, that to %+q", a, fa, String(fa))
		}
		if !utf8.ValidString(fa) {
			t.Errorf("%+q is not UTF-8", fa)
		}
		if Equal(a, fb) != (fa == fb) {
			t.Errorf("Equal(%+q, %+q) is %v", a, fb, Equal(a, fb))
		}
		if !Equal(a, fa) {
			t.Errorf("Equal(%+q, %+q) is false", a, fa)
		}
	})
}

// anyText draws short texts from few runes, so that they meet.
func anyText() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.StringOfN(rapid.RuneFrom([]rune("aAbBkK\u212aeEéÉ\u0301\u0323ıiİIσΣςｱﾞ\u0345αßẞ ")), 0, 6, -1),
		rapid.String(),
	)
}

func BenchmarkFold(b *testing.B) {
	for name, s := range map[string]string{
		"lower":   "bjensen@example.com",
		"mixed":   "BJensen@Example.COM",
		"unicode": "Bjørn.Ängström@Example.COM",
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if String(s) == "" {
					b.Fatal("empty")
				}
			}
		})
	}
}
