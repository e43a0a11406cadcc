package caddymodule

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/dustin/go-humanize"
)

// option is one option of a block: how it is written and how it is read.
type option struct {
	usage string // as people write it; the first word is its name
	many  bool   // may come more than once
	read  func(l line) error
}

func (o *option) name() string {
	name, _, _ := strings.Cut(o.usage, " ")
	return name
}

// line is an option where it stands in the Caddyfile. The dispenser is at the option's name.
type line struct {
	*caddyfile.Dispenser
	usage string
}

// readBlock reads the options of a block, each of which may come once unless it says otherwise. what names the block
// in errors. A block that is not there is empty.
func readBlock(d *caddyfile.Dispenser, what string, options ...option) error {
	seen := make(map[string]bool, len(options))
	for nesting := d.Nesting(); d.NextBlock(nesting); {
		name := d.Val()
		i := slices.IndexFunc(options, func(o option) bool { return o.name() == name })
		if i < 0 {
			return unknown(d, what, options)
		}
		o := &options[i]
		if seen[name] && !o.many {
			return d.Errf("%s is set twice in %s", name, what)
		}
		seen[name] = true
		l := line{Dispenser: d, usage: o.usage}
		if err := o.read(l); err != nil {
			return err
		}
		if d.NextArg() {
			return l.wrong()
		}
	}
	return nil
}

func unknown(d *caddyfile.Dispenser, what string, options []option) error {
	if d.Val() == "{" {
		return d.Errf("the option before it takes no block")
	}
	names := make([]string, len(options))
	for i := range options {
		names[i] = options[i].name()
	}
	return d.Errf("%s has no option %q; it has %s", what, d.Val(), strings.Join(names, ", "))
}

func (l line) wrong() error { return l.Errf("wrong arguments, want: %s", l.usage) }

// args reads exactly as many arguments as there are targets.
func (l line) args(targets ...*string) error {
	if !l.AllArgs(targets...) {
		return l.wrong()
	}
	return nil
}

func (l line) duration(value string, to *caddy.Duration) error {
	d, err := caddy.ParseDuration(value)
	if err != nil || d <= 0 {
		return l.Errf("%q is not a duration; want one such as 500ms, 10s or 5m", value)
	}
	*to = caddy.Duration(d)
	return nil
}

// json reads one argument that is JSON.
func (l line) json(to *json.RawMessage) error {
	var value string
	if err := l.args(&value); err != nil {
		return err
	}
	var out bytes.Buffer
	if err := json.Compact(&out, []byte(value)); err != nil {
		return l.Errf("not JSON: %v; put it between backquotes", err)
	}
	*to = out.Bytes()
	return nil
}

func text(to *string) func(line) error {
	return func(l line) error { return l.args(to) }
}

func duration(to *caddy.Duration) func(line) error {
	return func(l line) error {
		var value string
		if err := l.args(&value); err != nil {
			return err
		}
		return l.duration(value, to)
	}
}

func size(to *int64) func(line) error {
	return func(l line) error {
		var value string
		if err := l.args(&value); err != nil {
			return err
		}
		n, err := humanize.ParseBytes(value)
		if err != nil || n == 0 || n > 1<<40 {
			return l.Errf("%q is not a size; want one such as 512KiB or 64MiB", value)
		}
		*to = int64(n)
		return nil
	}
}

func number(to *int) func(line) error {
	return func(l line) error {
		var value string
		if err := l.args(&value); err != nil {
			return err
		}
		n, err := strconv.Atoi(value)
		if err != nil || n <= 0 {
			return l.Errf("%q is not a number above 0", value)
		}
		*to = n
		return nil
	}
}

func oneOf(to *string, values ...string) func(line) error {
	return func(l line) error {
		if err := l.args(to); err != nil {
			return err
		}
		if !slices.Contains(values, *to) {
			return l.Errf("%q is none of %s", *to, strings.Join(values, ", "))
		}
		return nil
	}
}
