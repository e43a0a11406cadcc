package filter

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Parse parses a filter (RFC 7644 §3.4.2.2). Operators, the words and, or, not,
// and the literals true, false and null are accepted in any letter case; white
// space is accepted around everything and demanded only where two words would
// run together.
//
// Parse knows no schema: whether the attributes exist and suit their operators
// is for [Compile] to say.
//
// # Errors
//
// Every error is a [*SyntaxError].
func Parse(s string) (Expr, error) {
	p, err := newParser(s, "filter")
	if err != nil {
		return nil, err
	}
	e, err := p.or()
	if err != nil {
		return nil, err
	}
	if p.pos < len(p.in) {
		return nil, p.unexpected(`"and", "or" or the end of the filter`)
	}
	return e, nil
}

// ParsePath parses the path of a PATCH operation (RFC 7644 §3.5.2, figure 7).
//
// # Errors
//
// Every error is a [*SyntaxError].
func ParsePath(s string) (Path, error) {
	p, err := newParser(s, "path")
	if err != nil {
		return Path{}, err
	}
	var path Path
	if path.Attr, err = p.attr(true); err != nil {
		return Path{}, err
	}
	p.space()
	if p.peek() == '[' {
		if path.Filter, err = p.elements(path.Attr); err != nil {
			return Path{}, err
		}
		if p.peek() == '.' {
			p.pos++
			if path.Sub, err = p.sub(); err != nil {
				return Path{}, err
			}
		}
		p.space()
	}
	if p.pos < len(p.in) {
		return Path{}, p.unexpected("the end of the path")
	}
	return path, nil
}

// parser is a recursive descent parser without a separate scanner. Between its
// methods, pos stands on the first byte that is not white space.
type parser struct {
	in      string
	pos     int
	depth   int
	terms   int
	element bool // inside [ ]
}

func newParser(s, what string) (*parser, error) {
	p := &parser{in: s}
	if len(s) > MaxLength {
		return nil, p.errorf(MaxLength, "the %s has %d bytes; at most %d are accepted", what, len(s), MaxLength)
	}
	if !utf8.ValidString(s) {
		return nil, p.errorf(invalidAt(s), "the %s is not valid UTF-8", what)
	}
	p.space()
	if p.pos == len(p.in) {
		return nil, p.errorf(p.pos, "the %s is empty", what)
	}
	return p, nil
}

func (p *parser) or() (Expr, error) {
	l, err := p.and()
	for err == nil && p.word("or") {
		var r Expr
		if r, err = p.and(); err == nil {
			l = Or{L: l, R: r}
		}
	}
	return l, err
}

func (p *parser) and() (Expr, error) {
	l, err := p.operand()
	for err == nil && p.word("and") {
		var r Expr
		if r, err = p.operand(); err == nil {
			l = And{L: l, R: r}
		}
	}
	return l, err
}

func (p *parser) operand() (Expr, error) {
	if p.peek() == '(' {
		return p.group()
	}
	start := p.pos
	if p.word("not") {
		if p.peek() != '(' {
			return nil, p.unexpected(`"(" after "not"`)
		}
		x, err := p.group()
		if err != nil {
			return nil, err
		}
		return Not{X: x}, nil
	}
	if p.word("and") || p.word("or") {
		p.pos = start
		return nil, p.unexpected("an attribute")
	}
	return p.term()
}

func (p *parser) group() (Expr, error) {
	start := p.pos
	if err := p.enter(); err != nil {
		return nil, err
	}
	e, err := p.or()
	if err != nil {
		return nil, err
	}
	if p.peek() != ')' {
		return nil, p.unexpected(fmt.Sprintf(`"and", "or" or the ")" for the "(" at position %d`, start))
	}
	p.leave()
	p.space()
	return e, nil
}

// term parses what stands for itself: a comparison, a presence test or a value
// path.
func (p *parser) term() (Expr, error) {
	start := p.pos
	a, err := p.attr(false)
	if err != nil {
		return nil, err
	}
	p.space()
	if p.peek() != '[' {
		return p.test(a)
	}
	if p.element {
		return nil, p.errorf(start, `a value path inside the "[" and "]" of another one is not possible`)
	}
	f, err := p.elements(a)
	if err != nil {
		return nil, err
	}
	if p.peek() == '.' {
		// emails[type eq "work"].value eq "x" asks for one value with both.
		p.pos++
		sub, err := p.sub()
		if err != nil {
			return nil, err
		}
		p.space()
		t, err := p.test(AttrPath{Name: sub})
		if err != nil {
			return nil, err
		}
		// It prints with brackets around an "or": they count like written ones.
		if isOr(f) && p.depth+2 > MaxDepth {
			return nil, p.errorf(start, "brackets are nested more than %d deep", MaxDepth)
		}
		f = And{L: f, R: t}
	}
	p.space()
	return ValuePath{Attr: a, Filter: f}, nil
}

// elements parses the bracketed filter on the values of a.
func (p *parser) elements(a AttrPath) (Expr, error) {
	start := p.pos
	if a.Sub != "" || a.Name == "" {
		return nil, p.errorf(start, `found "[" after %s; it may follow an attribute only, not a sub-attribute or a schema`, excerpt(a.String()))
	}
	if err := p.enter(); err != nil {
		return nil, err
	}
	p.element = true
	f, err := p.or()
	if err != nil {
		return nil, err
	}
	if p.peek() != ']' {
		return nil, p.unexpected(fmt.Sprintf(`"and", "or" or the "]" for the "[" at position %d`, start))
	}
	p.element = false
	p.leave()
	return f, nil
}

// test parses the operator and the literal that follow an attribute.
func (p *parser) test(a AttrPath) (Expr, error) {
	if p.terms++; p.terms > MaxTerms {
		return nil, p.errorf(p.pos, "there are more than %d terms", MaxTerms)
	}
	const operators = "one of the operators eq, ne, co, sw, ew, pr, gt, ge, lt, le"
	start := p.pos
	w := p.letters()
	if w == "" {
		return nil, p.unexpected(operators)
	}
	op, ok := operator(w)
	if !ok || p.pos < len(p.in) && isURIByte(p.in[p.pos]) {
		p.pos = start
		return nil, p.unexpected(operators)
	}
	p.space()
	if op == 0 {
		return Present{Attr: a}, nil
	}
	v, bare := p.bareType(a)
	if !bare {
		var err error
		if v, err = p.value(); err != nil {
			return nil, err
		}
	}
	p.space()
	return Compare{Attr: a, Op: op, Value: v}, nil
}

// bareType takes the name of a resource type without its quotes, as the RFC
// writes it in its own example of a query at the root (§3.4.2.1), against its
// grammar: meta.resourceType eq User.
func (p *parser) bareType(a AttrPath) (Value, bool) {
	start := p.pos
	if a.URN != "" || !strings.EqualFold(a.Name, "meta") || !strings.EqualFold(a.Sub, "resourceType") {
		return Value{}, false
	}
	w := p.letters()
	switch {
	case w == "", strings.EqualFold(w, "null"), strings.EqualFold(w, "true"), strings.EqualFold(w, "false"),
		p.pos < len(p.in) && isURIByte(p.in[p.pos]):
		p.pos = start
		return Value{}, false
	}
	return Value{Kind: String, Text: w}, true
}

// operator finds the operator; "pr" gives 0.
func operator(w string) (Op, bool) {
	if len(w) != 2 {
		return 0, false
	}
	if strings.EqualFold(w, "pr") {
		return 0, true
	}
	for op := Equal; op <= LessOrEqual; op++ {
		if strings.EqualFold(w, opNames[op]) {
			return op, true
		}
	}
	return 0, false
}

// enter steps over an opening bracket, leave over a closing one.
func (p *parser) enter() error {
	if p.depth++; p.depth > MaxDepth {
		return p.errorf(p.pos, "brackets are nested more than %d deep", MaxDepth)
	}
	p.pos++
	p.space()
	return nil
}

func (p *parser) leave() {
	p.depth--
	p.pos++
}
