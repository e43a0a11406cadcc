package caddymodule

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/caddy-scim/caddy-scim/adapter"
)

// readWebhook reads a receiver of notices. Syntax:
//
//	webhook <url> {
//		name       <name>
//		secret     <secret>            # repeated while one is replaced by another
//		only       <kind>...
//		header     <name> <value>      # repeated for each header
//		timeout    <duration>
//		retention  <duration>
//		max_queued <number>
//		plain_http
//	}
func readWebhook(to *[]*Webhook) func(line) error {
	return func(l line) error {
		w := new(Webhook)
		if err := l.args(&w.URL); err != nil {
			return err
		}
		*to = append(*to, w)
		return readBlock(l.Dispenser, "webhook",
			option{usage: "name <name>", read: text(&w.Name)},
			option{usage: "secret <secret>", many: true, read: func(l line) error {
				var value string
				if err := l.args(&value); err != nil {
					return err
				}
				w.Secrets = append(w.Secrets, value)
				return nil
			}},
			option{usage: "only <kind>...", read: w.readOnly},
			option{usage: "header <name> <value>", many: true, read: func(l line) error {
				var key, value string
				if err := l.args(&key, &value); err != nil {
					return err
				}
				if w.Headers == nil {
					w.Headers = make(map[string][]string)
				}
				key = http.CanonicalHeaderKey(key)
				w.Headers[key] = append(w.Headers[key], value)
				return nil
			}},
			option{usage: "timeout <duration>", read: duration(&w.Timeout)},
			option{usage: "retention <duration>", read: duration(&w.Retention)},
			option{usage: "max_queued <number>", read: number(&w.MaxQueued)},
			option{usage: "plain_http", read: func(l line) error {
				w.PlainHTTP = true
				return l.args()
			}},
		)
	}
}

func (w *Webhook) readOnly(l line) error {
	kinds := adapter.NoticeKinds()
	for l.NextArg() {
		kind := l.Val()
		switch {
		case !slices.Contains(kinds, adapter.NoticeKind(kind)):
			return l.Errf("%q is none of %s", kind, strings.Join(noticeKinds(), ", "))
		case slices.Contains(w.Only, kind):
			return l.Errf("%s is there twice", kind)
		}
		w.Only = append(w.Only, kind)
	}
	if w.Only == nil {
		return l.wrong()
	}
	return nil
}

// readAlarms reads from when on a connection counts as failing or silent. Syntax:
//
//	alarms {
//		failures <number> <percent>% <window> | off
//		silent   <duration>
//	}
func (t *Tenant) readAlarms(l line) error {
	if err := l.args(); err != nil {
		return err
	}
	a := new(Alarms)
	t.Alarms = a
	return readBlock(l.Dispenser, "alarms",
		option{usage: "failures <number> <percent>% <window> | off", read: a.readFailures},
		option{usage: "silent <duration>", read: duration(&a.Silent)},
	)
}

func (a *Alarms) readFailures(l line) error {
	args := l.RemainingArgs()
	if len(args) == 1 && args[0] == "off" {
		a.FailuresOff = true
		return nil
	}
	if len(args) != 3 {
		return l.wrong()
	}
	var err error
	if a.Failures, err = strconv.Atoi(args[0]); err != nil || a.Failures <= 0 {
		return l.Errf("%q is not a number above 0", args[0])
	}
	percent, ok := strings.CutSuffix(args[1], "%")
	if a.Percent, err = strconv.Atoi(percent); !ok || err != nil || a.Percent < 1 || a.Percent > 100 {
		return l.Errf("%q is not a percentage; want one such as 20%%", args[1])
	}
	return l.duration(args[2], &a.Window)
}

// noticeKinds are the kinds of notices as a configuration names them.
func noticeKinds() []string {
	var names []string
	for _, kind := range adapter.NoticeKinds() {
		names = append(names, string(kind))
	}
	return names
}
