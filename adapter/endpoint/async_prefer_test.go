package endpoint

import (
	"strings"
	"testing"
	"time"
)

func TestParsePrefer(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		header []string
		want   string // "async" and the wait, as far as they are there
	}{
		{nil, ""},
		{[]string{""}, ""},
		{[]string{"respond-async"}, "async"},
		{[]string{"Respond-ASYNC"}, "async"},
		{[]string{" ,, respond-async ,"}, "async"},
		{[]string{"respond-async, wait=10"}, "async 10s"},
		{[]string{"respond-async", "wait=10"}, "async 10s"},
		{[]string{"handling=lenient, wait=100, respond-async"}, "async 1m40s"},
		{[]string{`wait = "7"`}, "7s"},
		{[]string{"WAIT=0"}, "0s"},
		{[]string{"wait=5;a=b; c ;;d=\"e,;f\""}, "5s"},
		{[]string{`respond-async=""`}, "async"},
		{[]string{`respond-async; foo="a, wait=3"`}, "async"},
		// Of two the first counts, in one header or in several, even where it makes no sense.
		{[]string{"wait=3, wait=9"}, "3s"},
		{[]string{"wait=3", "wait=9"}, "3s"},
		{[]string{"wait=soon, wait=9"}, ""},
		{[]string{"respond-async=no, respond-async"}, ""},
		// What is no preference is passed over, up to the next comma.
		{[]string{"=, respond-async"}, "async"},
		{[]string{`wait=", respond-async`}, ""},
		{[]string{`x="a\", respond-async", wait=4`}, "4s"},
		{[]string{"wait=, respond-async"}, "async"},
		{[]string{"wait 5, respond-async"}, "async"},
		{[]string{"respond-async wait=5"}, ""},
		{[]string{"respond-async; ="}, ""},
		{[]string{"(respond-async)"}, ""},
		{[]string{"wait=-1"}, ""},
		{[]string{"wait=1.5"}, ""},
		{[]string{"wait=99999999999999999999"}, "24h0m0s"},
		{[]string{strings.Repeat(`a="`, 1000)}, ""},
	} {
		p := parsePrefer(c.header)
		var got []string
		if p.async {
			got = append(got, "async")
		}
		if p.wait != nil {
			got = append(got, p.wait.String())
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%q: got %q, want %q", c.header, s, c.want)
		}
	}
}

// Whatever comes in, reading it ends, and a wait is within its bounds.
func FuzzParsePrefer(f *testing.F) {
	for _, s := range []string{"respond-async, wait=10", `a="b\"c";d;e=f, wait="3"`, ",;=\"", "wait=\x00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p := parsePrefer([]string{s})
		if p.wait != nil && (*p.wait < 0 || *p.wait > 24*time.Hour) {
			t.Errorf("%q: wait is %s", s, *p.wait)
		}
		if p.async && !strings.Contains(strings.ToLower(s), "respond-async") {
			t.Errorf("%q: nobody asked for an asynchronous answer", s)
		}
	})
}
