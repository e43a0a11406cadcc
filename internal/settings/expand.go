package settings

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// banned are keywords that make a schema mean something that cannot be seen by looking at it.
var banned = []string{"$id", "id", "$anchor", "$dynamicRef", "$dynamicAnchor", "$recursiveRef", "$recursiveAnchor", "$vocabulary"}

// expand returns how many parts a schema has with all its references followed, and refuses what cannot be followed.
// What is a schema and what is plain data within it is not told apart: data counts too.
func expand(doc any) (int, error) {
	e := expander{doc: doc, done: map[string]int{}, open: map[string]bool{}}
	return e.value(doc, true)
}

type expander struct {
	doc  any
	done map[string]int  // what references come to
	open map[string]bool // references that are being followed
}

// value returns the parts of a value. schema says that it may be a schema: the children of "properties" are named by the
// author, and none of these names is a keyword.
func (e *expander) value(value any, schema bool) (int, error) {
	n := 1
	add := func(child any, schema bool) error {
		more, err := e.value(child, schema)
		if n += more; n > maxWork {
			return fmt.Errorf("has more than %d parts with all references followed", maxWork)
		}
		return err
	}
	switch v := value.(type) {
	case []any:
		for _, child := range v {
			if err := add(child, true); err != nil {
				return n, err
			}
		}
	case map[string]any:
		if schema {
			for _, name := range banned {
				if _, there := v[name].(string); there {
					return n, fmt.Errorf("has the keyword %s, which is not supported here", name)
				}
			}
			if ref, there := v["$ref"].(string); there {
				more, err := e.reference(ref)
				if n += more; err != nil {
					return n, err
				}
			}
		}
		for name, child := range v {
			if schema && (name == "$defs" || name == "definitions") {
				continue // counted where they are referred to
			}
			named := schema && (name == "properties" || name == "patternProperties" || name == "dependentSchemas" || name == "dependencies")
			if err := add(child, !named); err != nil {
				return n, err
			}
		}
	}
	return n, nil
}

// reference returns the parts of what a reference leads to.
func (e *expander) reference(ref string) (int, error) {
	pointer, ok := strings.CutPrefix(ref, "#")
	if !ok || (pointer != "" && pointer[0] != '/') || strings.Contains(pointer, "%") {
		return 0, fmt.Errorf("has $ref %q, want one to a place within the schema such as #/$defs/name", ref)
	}
	if n, known := e.done[pointer]; known {
		return n, nil
	}
	if e.open[pointer] || len(e.open) > maxDepth {
		return 0, fmt.Errorf("has $ref %q, which leads back to itself or through more than %d others", ref, maxDepth)
	}
	target, err := e.at(pointer)
	if err != nil {
		return 0, fmt.Errorf("has $ref %q: %w", ref, err)
	}
	e.open[pointer] = true
	n, err := e.value(target, true)
	delete(e.open, pointer)
	e.done[pointer] = n
	return n, err
}

// at returns what a JSON pointer leads to, RFC 6901.
func (e *expander) at(pointer string) (any, error) {
	value := e.doc
	if pointer == "" {
		return value, nil
	}
	for token := range strings.SplitSeq(pointer[1:], "/") {
		token = strings.ReplaceAll(strings.ReplaceAll(token, "~1", "/"), "~0", "~")
		switch v := value.(type) {
		case map[string]any:
			child, ok := v[token]
			if !ok {
				return nil, errors.New("there is no such place")
			}
			value = child
		case []any:
			i, err := strconv.Atoi(token)
			if err != nil || i < 0 || i >= len(v) {
				return nil, errors.New("there is no such place")
			}
			value = v[i]
		default:
			return nil, errors.New("there is no such place")
		}
	}
	return value, nil
}

const (
	// maxExpr bounds a regular expression, in bytes.
	maxExpr = 1000
	// maxPattern bounds the steps of a compiled regular expression.
	maxPattern = 2000
	// maxSteps bounds what all matching may take: steps of the expression times bytes of the text.
	maxSteps = 200_000_000
)

// patterns compiles regular expressions and counts what they take.
type patterns struct{ budget int }

func (p *patterns) compile(expr string) (jsonschema.Regexp, error) {
	if len(expr) > maxExpr {
		return nil, fmt.Errorf("the pattern has %d bytes, want at most %d", len(expr), maxExpr)
	}
	parsed, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		return nil, err
	}
	prog, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		return nil, err
	}
	if len(prog.Inst) > maxPattern {
		return nil, fmt.Errorf("the pattern has %d steps, want at most %d", len(prog.Inst), maxPattern)
	}
	re, err := regexp.Compile(expr)
	if err != nil {
		return nil, err
	}
	return &pattern{Regexp: re, steps: len(prog.Inst), all: p}, nil
}

type pattern struct {
	*regexp.Regexp
	steps int
	all   *patterns
}

// MatchString implements jsonschema.Regexp. Once all is used up nothing matches, and the caller is told.
func (p *pattern) MatchString(text string) bool {
	if p.all.budget -= p.steps * (len(text) + 1); p.all.budget < 0 {
		return false
	}
	return p.Regexp.MatchString(text)
}

// Interface guard.
var _ jsonschema.Regexp = (*pattern)(nil)
