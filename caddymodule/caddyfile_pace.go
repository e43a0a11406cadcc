package caddymodule

import (
	"strconv"
	"strings"

	"github.com/caddyserver/caddy/v2"
)

// paceOptions are the options of an application that say what it can bear.
func (a *Application) paceOptions() []option {
	return []option{
		{usage: "name <name>", read: func(l line) error { return l.args(&a.paced().Name) }},
		{usage: "rate <requests>/<duration> [<burst>]", read: a.readRate},
		{usage: "concurrency <number>", read: func(l line) error { return number(&a.paced().Concurrency)(l) }},
		{usage: "breaker off | <failures> [<longest pause>]", read: a.readBreaker},
	}
}

func (a *Application) paced() *Pace {
	if a.Pace == nil {
		a.Pace = new(Pace)
	}
	return a.Pace
}

func (a *Application) readRate(l line) error {
	args := l.RemainingArgs()
	if len(args) < 1 || len(args) > 2 {
		return l.wrong()
	}
	r := new(Rate)
	count, per, ok := strings.Cut(args[0], "/")
	if ok && per != "" && strings.Trim(per, "abcdefghijklmnopqrstuvwxyz") == "" {
		per = "1" + per // 50/s
	}
	n, err := strconv.Atoi(count)
	d, bad := caddy.ParseDuration(per)
	if !ok || err != nil || bad != nil || n <= 0 || d <= 0 {
		return l.Errf("%q is not a rate; want one such as 50/s or 600/1m", args[0])
	}
	r.Requests, r.Per = n, caddy.Duration(d)
	if len(args) == 2 {
		if r.Burst, err = strconv.Atoi(args[1]); err != nil || r.Burst <= 0 {
			return l.Errf("%q is not a number above 0", args[1])
		}
		if r.Burst > r.Requests {
			return l.Errf("a burst of %d is more than the %d requests of the rate", r.Burst, r.Requests)
		}
	}
	a.paced().Rate = r
	return nil
}

func (a *Application) readBreaker(l line) error {
	args := l.RemainingArgs()
	b := new(Breaker)
	a.paced().Breaker = b
	switch {
	case len(args) == 1 && args[0] == "off":
		b.Off = true
		return nil
	case len(args) < 1 || len(args) > 2:
		return l.wrong()
	}
	n, err := strconv.Atoi(args[0])
	if err != nil || n <= 0 {
		return l.Errf("%q is not a number above 0", args[0])
	}
	b.Failures = n
	if len(args) == 2 {
		return l.duration(args[1], &b.MaxPause)
	}
	return nil
}
