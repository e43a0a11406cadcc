package caddymodule

import (
	"net/http"
	"slices"
	"strings"
)

// readEvents reads a tenant's events. Syntax:
//
//	events {
//		issuer     <url>
//		retention  <duration>
//		max_queued <number>
//		poll_wait  <duration>
//		stream <name> {
//			poll | push <url>
//			audience <name>...
//			events   create|put|patch|delete|activate|deactivate|asyncresp...
//			auth     bearer <token> | basic <username> <password> | header <name> <value>
//			header   <name> <value>    # repeated for each header
//			timeout  <duration>
//		}                              # repeated for each stream
//	}
//
// The last three are for push alone.
func (t *Tenant) readEvents(l line) error {
	if err := l.args(); err != nil {
		return err
	}
	e := new(Events)
	t.Events = e
	return readBlock(l.Dispenser, "events",
		option{usage: "issuer <url>", read: text(&e.Issuer)},
		option{usage: "retention <duration>", read: duration(&e.Retention)},
		option{usage: "max_queued <number>", read: number(&e.MaxQueued)},
		option{usage: "poll_wait <duration>", read: duration(&e.PollWait)},
		option{usage: "stream <name>", many: true, read: e.readStream},
	)
}

func (e *Events) readStream(l line) error {
	var name string
	if err := l.args(&name); err != nil {
		return err
	}
	if _, twice := e.Streams[name]; twice {
		return l.Errf("stream %q is there twice", name)
	}
	s := new(EventStream)
	if e.Streams == nil {
		e.Streams = make(map[string]*EventStream)
	}
	e.Streams[name] = s
	polled := false
	var push EventPush
	var extra string // an option that only push has
	pushOnly := func(read func(line) error) func(line) error {
		return func(l line) error {
			extra = l.Val()
			return read(l)
		}
	}
	err := readBlock(l.Dispenser, "stream "+name,
		option{usage: "poll", read: func(l line) error {
			polled = true
			return l.args()
		}},
		option{usage: "push <url>", read: func(l line) error {
			s.Push = &push
			return l.args(&push.URL)
		}},
		option{usage: "audience <name>...", read: func(l line) error {
			if s.Audience = l.RemainingArgs(); len(s.Audience) == 0 {
				return l.wrong()
			}
			return nil
		}},
		option{usage: "events " + strings.Join(eventNames(), "|") + "...", read: s.readEvents},
		option{usage: "auth bearer <token> | basic <username> <password> | header <name> <value>", read: pushOnly(func(l line) error {
			push.Auth = new(Auth)
			return push.Auth.read(l)
		})},
		option{usage: "header <name> <value>", many: true, read: pushOnly(func(l line) error {
			var key, value string
			if err := l.args(&key, &value); err != nil {
				return err
			}
			if push.Headers == nil {
				push.Headers = make(map[string][]string)
			}
			key = http.CanonicalHeaderKey(key)
			push.Headers[key] = append(push.Headers[key], value)
			return nil
		})},
		option{usage: "timeout <duration>", read: pushOnly(duration(&push.Timeout))},
	)
	switch {
	case err != nil:
		return err
	case polled && s.Push != nil:
		return l.Errf("stream %q is polled and pushed; want one of them", name)
	case extra != "" && s.Push == nil:
		return l.Errf("stream %q is polled; %s is for push", name, extra)
	}
	return nil
}

func (s *EventStream) readEvents(l line) error {
	for l.NextArg() {
		name := l.Val()
		switch {
		case eventURIs[name] == "":
			return l.Errf("%q is none of %s", name, strings.Join(eventNames(), ", "))
		case slices.Contains(s.Events, name):
			return l.Errf("%s is there twice", name)
		}
		s.Events = append(s.Events, name)
	}
	if s.Events == nil {
		return l.wrong()
	}
	return nil
}
