package caddymodule

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// DeprovisionLimit bounds how many people may lose their access in a time; what is more waits for release or discard. Where
// both Users and Percent are set, what is reached first counts.
type DeprovisionLimit struct {
	// Users is how many people may lose their access within the window. Default: no such bound.
	Users int `json:"users,omitempty"`

	// Percent is how many of a hundred active users may, 1 to 100, and never fewer than three people. Default: no such bound.
	Percent int `json:"percent,omitempty"`

	// Window is how long the window is that ends at the present, at most 30 days. Required.
	Window caddy.Duration `json:"window,omitempty"`
}

// hold says which changes wait for a person.
func (t *Tenant) hold(cfg *adapter.TenantConfig) {
	for _, word := range t.Hold {
		if slices.Contains(adapter.HoldActions(), abi.Action(word)) {
			cfg.HoldActions = append(cfg.HoldActions, abi.Action(word))
		} else {
			cfg.Hold = append(cfg.Hold, abi.Operation(word))
		}
	}
	cfg.HoldRevocations, cfg.HoldAttributes, cfg.FourEyes = t.HoldRevocations, t.HoldAttributes, t.FourEyes
	if l := t.DeprovisionLimit; l != nil {
		cfg.DeprovisionLimit = adapter.DeprovisionLimit{Users: l.Users, Percent: l.Percent, Window: time.Duration(l.Window)}
	}
}

// holdWords are what hold can name.
func holdWords() []string {
	var words []string
	for _, op := range adapter.HoldOperations() {
		words = append(words, string(op))
	}
	for _, action := range adapter.HoldActions() {
		words = append(words, string(action))
	}
	return words
}

func (t *Tenant) readHold(l line) error {
	return l.list(&t.Hold, func(word string) error {
		if words := holdWords(); !slices.Contains(words, word) {
			return l.Errf("%q is none of %s", word, strings.Join(words, ", "))
		}
		return nil
	})
}

func (t *Tenant) readHoldAttributes(l line) error {
	return l.list(&t.HoldAttributes, func(string) error { return nil })
}

// list reads words, at least one, each once and each of which check lets pass.
func (l line) list(to *[]string, check func(word string) error) error {
	for l.NextArg() {
		word := l.Val()
		if err := check(word); err != nil {
			return err
		}
		if slices.Contains(*to, word) {
			return l.Errf("%s is there twice", word)
		}
		*to = append(*to, word)
	}
	if len(*to) == 0 {
		return l.wrong()
	}
	return nil
}

func (t *Tenant) readFourEyes(l line) error {
	t.FourEyes = 1
	if args := l.RemainingArgs(); len(args) == 1 {
		n, err := strconv.Atoi(args[0])
		if err != nil || n < 1 || n > adapter.MaxApprovers {
			return l.Errf("%q is not a number of persons from 1 to %d", args[0], adapter.MaxApprovers)
		}
		t.FourEyes = n
	} else if len(args) > 1 {
		return l.wrong()
	}
	return nil
}

func (t *Tenant) readDeprovisionLimit(l line) error {
	args := l.RemainingArgs()
	if len(args) < 2 || len(args) > 3 {
		return l.wrong()
	}
	v := new(DeprovisionLimit)
	t.DeprovisionLimit = v
	for _, arg := range args[:len(args)-1] {
		to, most, number := &v.Users, 1<<31-1, arg
		if share, ok := strings.CutSuffix(arg, "%"); ok {
			to, most, number = &v.Percent, 100, share
		}
		n, err := strconv.Atoi(number)
		switch {
		case err != nil || n < 1 || n > most:
			return l.Errf("%q is neither a number of users above 0 nor a percentage from 1%% to 100%%", arg)
		case *to != 0:
			return l.Errf("it has two numbers of one kind; want: %s", l.usage)
		}
		*to = n
	}
	return l.duration(args[len(args)-1], &v.Window)
}
