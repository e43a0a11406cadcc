package token

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// MaxSources bounds the address ranges of one [Limits].
const MaxSources = 64

// maxUserLen bounds the id of a user in a [Limits], in bytes; it is a UUID.
const maxUserLen = 128

// Limits narrow what a token is good for. The zero value narrows nothing.
type Limits struct {
	// ReadOnly refuses every write.
	ReadOnly bool `json:"read_only,omitempty"`
	// Users and Groups let the token reach resources of that type. Where neither is set it reaches all types.
	Users  bool `json:"users,omitempty"`
	Groups bool `json:"groups,omitempty"`
	// From are the addresses that the token may be used from, masked as [ParseSources] does; none means all.
	From []netip.Prefix `json:"from,omitempty"`
	// User is the id of the one user whom the token speaks for (RFC 7644 section 3.11) and whom alone it reaches.
	User string `json:"user,omitempty"`
}

// IsZero reports whether nothing is narrowed.
func (l *Limits) IsZero() bool {
	return l == nil || !l.ReadOnly && !l.Users && !l.Groups && len(l.From) == 0 && l.User == ""
}

// Validate reports, as an [ErrInvalid], what can not be meant.
func (l *Limits) Validate() error {
	switch {
	case l == nil:
		return nil
	case l.User != "" && l.Groups && !l.Users:
		return fmt.Errorf("%w: a token for groups alone cannot be bound to a user", ErrInvalid)
	case len(l.User) > maxUserLen:
		return fmt.Errorf("%w: the id of the user has %d bytes and may have at most %d", ErrInvalid, len(l.User), maxUserLen)
	case strings.ContainsFunc(l.User, func(r rune) bool { return r != '-' && !isBase62(string(r)) }):
		return fmt.Errorf("%w: the user is named by the SCIM id, which is a UUID", ErrInvalid)
	case len(l.From) > MaxSources:
		return fmt.Errorf("%w: %d address ranges, and there may be at most %d", ErrInvalid, len(l.From), MaxSources)
	}
	for _, p := range l.From {
		if !p.IsValid() || p != p.Masked() || p.Addr().Is4In6() {
			return fmt.Errorf("%w: the address range %s is not in its shortest form", ErrInvalid, p)
		}
	}
	return nil
}

// String lists the limits for people, empty where there are none.
func (l *Limits) String() string {
	if l.IsZero() {
		return ""
	}
	var parts []string
	if l.ReadOnly {
		parts = append(parts, "read-only")
	}
	if l.Users {
		parts = append(parts, "users")
	}
	if l.Groups {
		parts = append(parts, "groups")
	}
	for _, p := range l.From {
		parts = append(parts, "from "+p.String())
	}
	if l.User != "" {
		parts = append(parts, "user "+l.User)
	}
	return strings.Join(parts, ", ")
}

// ParseSources reads address ranges such as 192.0.2.0/24 and 2001:db8::/32, and single addresses.
func ParseSources(texts []string) ([]netip.Prefix, error) {
	var list []netip.Prefix
	for _, text := range texts {
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			addr, addrErr := netip.ParseAddr(text)
			if addrErr != nil || addr.Zone() != "" {
				return nil, fmt.Errorf("%w: %.64q is neither an address nor a range such as 192.0.2.0/24", ErrInvalid, text)
			}
			addr = addr.Unmap()
			prefix = netip.PrefixFrom(addr, addr.BitLen())
		}
		switch {
		case prefix.Addr().Is4In6():
			return nil, fmt.Errorf("%w: write %.64q as a range of IPv4 addresses", ErrInvalid, text)
		case prefix != prefix.Masked():
			return nil, fmt.Errorf("%w: %.64q has bits beyond its mask; write %s", ErrInvalid, text, prefix.Masked())
		case slices.Contains(list, prefix):
			return nil, fmt.Errorf("%w: %s is there twice", ErrInvalid, prefix)
		}
		list = append(list, prefix)
	}
	return list, nil
}

// LimitSet are the limits that hold for one caller, all of them: the token's own and those of its connection.
type LimitSet [2]*Limits

// ReadOnly reports whether the caller may write nothing.
func (s LimitSet) ReadOnly() bool {
	return s.any(func(l *Limits) bool { return l.ReadOnly })
}

// Users reports whether the caller may reach users.
func (s LimitSet) Users() bool { return !s.any(func(l *Limits) bool { return l.Groups && !l.Users }) }

// Groups reports whether the caller may reach groups.
func (s LimitSet) Groups() bool { return !s.any(func(l *Limits) bool { return l.Users && !l.Groups }) }

// User returns the id of the user that the caller is bound to. Where the limits name two, nobody has the id that is
// returned.
func (s LimitSet) User() (id string, bound bool) {
	for _, l := range s {
		switch {
		case l == nil || l.User == "":
		case bound && id != l.User:
			return "", true
		default:
			id, bound = l.User, true
		}
	}
	return id, bound
}

// Allows reports whether the caller may come from an address. An address that is not known is allowed only where all
// are.
func (s LimitSet) Allows(addr netip.Addr) bool {
	for _, l := range s {
		if l != nil && len(l.From) > 0 && !contains(l.From, addr) {
			return false
		}
	}
	return true
}

func contains(ranges []netip.Prefix, addr netip.Addr) bool {
	addr = addr.Unmap().WithZone("")
	for _, p := range ranges {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}

func (s LimitSet) any(is func(*Limits) bool) bool {
	for _, l := range s {
		if l != nil && is(l) {
			return true
		}
	}
	return false
}
