package caddymodule

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"strconv"

	"github.com/caddyserver/caddy/v2/caddyconfig"

	"github.com/caddy-scim/caddy-scim/plugins"
)

// readPolicy reads
//
//	policy [<file>] {
//		initial  <file>
//		setting  <name> <text>...
//		settings <json>
//		memory   <size>
//		timeout  <duration>
//		fuel     <number>
//		signer   <public key>...
//		keep     <duration>|off
//	}
func (t *Tenant) readPolicy(l line) error {
	p := new(Policy)
	if l.NextArg() {
		p.File = l.Val()
	}
	if l.NextArg() {
		return l.wrong()
	}
	t.Policy = p
	var settings settingsBlock
	err := readBlock(l.Dispenser, "policy", append(settings.options(),
		option{usage: "initial <file>", read: text(&p.Initial)},
		option{usage: "memory <size>", read: size(&p.Memory)},
		option{usage: "timeout <duration>", read: duration(&p.Timeout)},
		option{usage: "fuel <number>", read: fuel(&p.Fuel)},
		option{usage: "signer <public key>...", many: true, read: words(&p.Signers)},
		option{usage: "keep <duration>|off", read: func(l line) error {
			var value string
			if err := l.args(&value); err != nil {
				return err
			}
			if value == "off" {
				p.Keep = -1
				return nil
			}
			return l.duration(value, &p.Keep)
		}},
	)...)
	switch {
	case err != nil:
		return err
	case p.File != "" && p.Initial != "":
		return l.Err("initial is for a tenant whose releases decide; with a file after the word policy that file does")
	case p.File == "" && p.Initial == "" && settings != nil:
		return l.Err("the settings belong to no policy; name its file after the word policy, or with initial")
	}
	p.Settings = settings.json()
	p.Revision = revision(p.File + p.Initial)
	return nil
}

// readGuard reads
//
//	guard <file> {
//		setting  <name> <text>...
//		settings <json>
//		memory   <size>
//		timeout  <duration>
//		fuel     <number>
//	}
func (a *App) readGuard(l line) error {
	g := new(Guard)
	if err := l.args(&g.File); err != nil {
		return err
	}
	a.Guard = g
	g.Revision = revision(g.File)
	var settings settingsBlock
	err := readBlock(l.Dispenser, "guard", append(settings.options(),
		option{usage: "memory <size>", read: size(&g.Memory)},
		option{usage: "timeout <duration>", read: duration(&g.Timeout)},
		option{usage: "fuel <number>", read: fuel(&g.Fuel)},
	)...)
	g.Settings = settings.json()
	return err
}

// readPolicies reads
//
//	policies {
//		cache         <directory>|off
//		max_instances <number>
//		max_memory    <size>
//		max_fuel      <number>
//		signer        <public key>...
//	}
func (a *App) readPolicies(l line) error {
	if err := l.args(); err != nil {
		return err
	}
	p := new(Policies)
	a.Policies = p
	return readBlock(l.Dispenser, "policies",
		option{usage: "cache <directory>|off", read: text(&p.Cache)},
		option{usage: "max_instances <number>", read: number(&p.MaxInstances)},
		option{usage: "max_memory <size>", read: size(&p.MaxMemory)},
		option{usage: "max_fuel <number>", read: fuel(&p.MaxFuel)},
		option{usage: "signer <public key>...", many: true, read: words(&p.Signers)},
	)
}

// settingsBlock collects a policy's settings from the options setting and settings.
type settingsBlock map[string]json.RawMessage

func (s *settingsBlock) options() []option {
	return []option{
		{usage: "setting <name> <text>...", many: true, read: func(l line) error {
			args := l.RemainingArgs()
			switch {
			case len(args) < 2:
				return l.wrong()
			case len(args) == 2:
				return s.add(l, args[0], caddyconfig.JSON(args[1], nil))
			}
			return s.add(l, args[0], caddyconfig.JSON(args[1:], nil))
		}},
		{usage: "settings <json>", read: func(l line) error {
			var raw json.RawMessage
			if err := l.json(&raw); err != nil {
				return err
			}
			var object map[string]json.RawMessage
			if err := json.Unmarshal(raw, &object); err != nil || object == nil {
				return l.Err("settings are a JSON object")
			}
			for name, value := range object {
				if err := s.add(l, name, value); err != nil {
					return err
				}
			}
			return nil
		}},
	}
}

func (s *settingsBlock) add(l line, name string, value json.RawMessage) error {
	if _, twice := (*s)[name]; twice {
		return l.Errf("the setting %q is there twice", name)
	}
	if *s == nil {
		*s = settingsBlock{}
	}
	(*s)[name] = value
	return nil
}

func (s settingsBlock) json() json.RawMessage {
	if len(s) == 0 {
		return nil
	}
	return caddyconfig.JSON(map[string]json.RawMessage(s), nil)
}

// words adds one or more arguments to a list.
func words(to *[]string) func(line) error {
	return func(l line) error {
		args := l.RemainingArgs()
		if len(args) == 0 {
			return l.wrong()
		}
		*to = append(*to, args...)
		return nil
	}
}

func fuel(to *uint64) func(line) error {
	return func(l line) error {
		var value string
		if err := l.args(&value); err != nil {
			return err
		}
		n, err := strconv.ParseUint(value, 10, 63)
		if err != nil || n == 0 {
			return l.Errf("%q is not a number above 0", value)
		}
		*to = n
		return nil
	}
}

// revision is the SHA-256 of a policy's file, or nothing where the file is not at hand when the Caddyfile is read.
func revision(file string) string {
	f, err := os.Open(file)
	if err != nil {
		return ""
	}
	defer func() { _ = f.Close() }()
	h := sha256.New()
	if _, err := io.Copy(h, io.LimitReader(f, plugins.DefaultMaxModuleBytes+1)); err != nil {
		return ""
	}
	return hex.EncodeToString(h.Sum(nil))
}
