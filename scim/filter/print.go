package filter

import (
	"strconv"
)

// String prints the expression canonically.
func (e And) String() string { return string(appendExpr(nil, e)) }

// String prints the expression canonically.
func (e Or) String() string { return string(appendExpr(nil, e)) }

// String prints the expression canonically.
func (e Not) String() string { return string(appendExpr(nil, e)) }

// String prints the expression canonically.
func (e Compare) String() string { return string(appendExpr(nil, e)) }

// String prints the expression canonically.
func (e Present) String() string { return string(appendExpr(nil, e)) }

// String prints the expression canonically.
func (e ValuePath) String() string { return string(appendExpr(nil, e)) }

// String prints the name in the letter case it was written in.
func (a AttrPath) String() string { return string(appendAttr(nil, a)) }

// String prints the path canonically. Parsing it gives the same path again.
func (p Path) String() string {
	b := appendAttr(nil, p.Attr)
	if p.Filter != nil {
		b = append(b, '[')
		b = appendExpr(b, p.Filter)
		b = append(b, ']')
	}
	if p.Sub != "" {
		b = append(b, '.')
		b = append(b, p.Sub...)
	}
	return string(b)
}

// String returns the operator as it is written in a filter, such as "eq".
func (o Op) String() string {
	if o == 0 || int(o) >= len(opNames) {
		return "op(" + strconv.Itoa(int(o)) + ")"
	}
	return opNames[o]
}

// String prints the literal as JSON.
func (v Value) String() string { return string(appendValue(nil, v)) }

func appendExpr(b []byte, e Expr) []byte {
	switch e := e.(type) {
	case And:
		b = appendOperand(b, e.L, isOr(e.L))
		b = append(b, " and "...)
		// "a and b and c" groups to the left: a group on the right was written
		// with brackets, and keeps them.
		b = appendOperand(b, e.R, isOr(e.R) || isAnd(e.R))
	case Or:
		b = appendOperand(b, e.L, false)
		b = append(b, " or "...)
		b = appendOperand(b, e.R, isOr(e.R))
	case Not:
		b = append(b, "not "...)
		b = appendOperand(b, e.X, true)
	case Compare:
		b = appendAttr(b, e.Attr)
		b = append(b, ' ')
		b = append(b, e.Op.String()...)
		b = append(b, ' ')
		b = appendValue(b, e.Value)
	case Present:
		b = appendAttr(b, e.Attr)
		b = append(b, " pr"...)
	case ValuePath:
		b = appendAttr(b, e.Attr)
		b = append(b, '[')
		b = appendExpr(b, e.Filter)
		b = append(b, ']')
	}
	return b
}

func appendOperand(b []byte, e Expr, brackets bool) []byte {
	if !brackets {
		return appendExpr(b, e)
	}
	b = append(b, '(')
	b = appendExpr(b, e)
	return append(b, ')')
}

func isAnd(e Expr) bool { _, ok := e.(And); return ok }

func isOr(e Expr) bool { _, ok := e.(Or); return ok }

func appendAttr(b []byte, a AttrPath) []byte {
	b = append(b, a.URN...)
	if a.Name == "" {
		return b
	}
	if a.URN != "" {
		b = append(b, ':')
	}
	b = append(b, a.Name...)
	if a.Sub != "" {
		b = append(b, '.')
		b = append(b, a.Sub...)
	}
	return b
}

func appendValue(b []byte, v Value) []byte {
	switch v.Kind {
	case String:
		return appendString(b, v.Text)
	case Number:
		return append(b, v.Text...)
	case Bool:
		return strconv.AppendBool(b, v.Bool)
	default:
		return append(b, "null"...)
	}
}

// appendString appends s as a JSON string, escaping only what JSON demands:
// nothing here is meant for HTML.
func appendString(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c >= 0x20:
			b = append(b, c)
		case c == '\n':
			b = append(b, `\n`...)
		case c == '\r':
			b = append(b, `\r`...)
		case c == '\t':
			b = append(b, `\t`...)
		case c == '\b':
			b = append(b, `\b`...)
		case c == '\f':
			b = append(b, `\f`...)
		default:
			b = append(b, `\u00`...)
			b = append(b, hex[c>>4], hex[c&0xf])
		}
	}
	return append(b, '"')
}

// excerpt quotes the beginning of s for an error message. Messages travel to
// the client and perhaps to a log, so what they repeat is short and printable.
func excerpt(s string) string {
	const most = 32
	n := 0
	for i := range s {
		if n == most {
			return strconv.Quote(s[:i]) + "…"
		}
		n++
	}
	return strconv.Quote(s)
}
