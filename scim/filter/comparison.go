package filter

import (
	"bytes"
	"cmp"
	"strconv"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"github.com/caddy-scim/caddy-scim/scim"
	"github.com/caddy-scim/caddy-scim/scim/fold"
	"github.com/caddy-scim/caddy-scim/scim/schema"
)

// test is an operator with its literal, made ready for one attribute's type.
type test struct {
	op   Op
	as   as
	fold bool // text: compare without case
	// orFalse makes a missing boolean false.
	orFalse bool
	bool    bool
	isInt   bool
	int     int64
	float   float64
	time    time.Time
	text    string // folded, if fold is set
	folded  []byte // the same as text, if fold is set
}

// as says how values are compared.
type as uint8

const (
	asNull as = iota
	asText
	asBool
	asNumber
	asTime
)

// newTest checks the operator and the literal against the attribute's type.
func newTest(e Compare, a *schema.Attribute) (test, error) {
	t := test{op: e.Op}
	if !suits(e.Op, a.Type) && !isNullTest(e) {
		return t, scim.BadRequest(scim.InvalidFilter, "The operator %q does not suit the attribute %s of type %s", e.Op, quote(e.Attr), a.Type)
	}
	if e.Value.Kind == Null {
		if !isNullTest(e) {
			return t, scim.BadRequest(scim.InvalidFilter, "The operator %q on the attribute %s does not suit null", e.Op, quote(e.Attr))
		}
		return t, nil
	}
	ok := false
	switch a.Type {
	case schema.TypeBoolean:
		t.as = asBool
		t.bool, ok = boolOf(e.Value)
	case schema.TypeInteger, schema.TypeDecimal:
		t.as = asNumber
		ok = t.number(e.Value)
	case schema.TypeDateTime:
		if ok = e.Value.Kind == String; !ok {
			break
		}
		if e.Op == Contains || e.Op == StartsWith || e.Op == EndsWith {
			t.as, t.fold, t.text = asText, true, fold.String(e.Value.Text)
			t.folded = []byte(t.text)
			break
		}
		t.as = asTime
		t.time, ok = parseTime(e.Value.Text)
	default:
		t.as = asText
		// References and binaries are case exact whatever their definition says
		// (RFC 7643 §2.3.6 and §2.3.7).
		t.fold = a.Type == schema.TypeString && !a.CaseExact
		if t.text, ok = e.Value.Text, e.Value.Kind == String; ok && t.fold {
			t.text = fold.String(t.text)
			t.folded = []byte(t.text)
		}
	}
	if !ok {
		return t, scim.BadRequest(scim.InvalidFilter, "The attribute %s is of type %s and cannot be compared with %s", quote(e.Attr), a.Type, scim.Quote(e.Value.String()))
	}
	return t, nil
}

// suits reports whether an attribute of the type can be compared so.
func suits(op Op, typ schema.Type) bool {
	switch typ {
	case schema.TypeBoolean, schema.TypeBinary, schema.TypeComplex:
		return op == Equal || op == NotEqual
	case schema.TypeInteger, schema.TypeDecimal:
		return op != Contains && op != StartsWith && op != EndsWith
	default:
		return true
	}
}

func boolOf(v Value) (b, ok bool) {
	switch {
	case v.Kind == Bool:
		return v.Bool, true
	case v.Kind == String && strings.EqualFold(v.Text, "true"):
		return true, true
	case v.Kind == String && strings.EqualFold(v.Text, "false"):
		return false, true
	default:
		return false, false
	}
}

func (t *test) number(v Value) bool {
	if v.Kind != Number && (v.Kind != String || v.Text == "" || numberLen(v.Text) != len(v.Text)) {
		return false
	}
	t.int, t.isInt = parseInt(v.Text)
	var err error
	t.float, err = strconv.ParseFloat(v.Text, 64)
	return err == nil
}

// holds applies the test to one value; a missing one is gjson.Result{}.
//
// RFC 7643 §2.5 makes a missing attribute and null the same. So a missing value
// equals null and nothing else, and differs from ("ne") everything but null.
func (t *test) holds(v gjson.Result) bool {
	switch t.as {
	case asText:
		if v.Type == gjson.String {
			return t.holdsText(v.Str)
		}
	case asBool:
		b := v.Type == gjson.True
		if b || v.Type == gjson.False || v.Type == gjson.Null && t.orFalse {
			return (b == t.bool) == (t.op == Equal)
		}
	case asNumber:
		if v.Type == gjson.Number {
			return t.holdsOrder(t.compareNumber(v))
		}
	case asTime:
		if v.Type == gjson.String {
			if at, ok := parseTime(v.Str); ok {
				return t.holdsOrder(at.Compare(t.time))
			}
		}
	case asNull:
		return present(v, 0) == (t.op == NotEqual)
	}
	return t.op == NotEqual
}

// holdsNowhere applies the test to a sub-attribute where not even an element is
// that could have it: no primary is false there.
func (t *test) holdsNowhere() bool {
	if t.as == asNull {
		return t.op == Equal
	}
	return t.op == NotEqual
}

func (t *test) holdsText(s string) bool {
	switch {
	case !t.fold:
		return t.holdsExact(s)
	case t.op == Equal:
		return fold.Equal(s, t.text)
	case t.op == NotEqual:
		return !fold.Equal(s, t.text)
	}
	var space [128]byte // enough for nearly every text, and not on the heap
	folded := fold.Append(space[:0], s)
	switch t.op {
	case Contains:
		return bytes.Contains(folded, t.folded)
	case StartsWith:
		return bytes.HasPrefix(folded, t.folded)
	case EndsWith:
		return bytes.HasSuffix(folded, t.folded)
	default:
		return t.holdsOrder(bytes.Compare(folded, t.folded))
	}
}

func (t *test) holdsExact(s string) bool {
	switch t.op {
	case Contains:
		return strings.Contains(s, t.text)
	case StartsWith:
		return strings.HasPrefix(s, t.text)
	case EndsWith:
		return strings.HasSuffix(s, t.text)
	default:
		return t.holdsOrder(strings.Compare(s, t.text))
	}
}

// holdsOrder takes the order of the attribute's value to the literal.
func (t *test) holdsOrder(order int) bool {
	switch t.op {
	case Equal:
		return order == 0
	case NotEqual:
		return order != 0
	case Greater:
		return order > 0
	case GreaterOrEqual:
		return order >= 0
	case Less:
		return order < 0
	default:
		return order <= 0
	}
}

func (t *test) compareNumber(v gjson.Result) int {
	if t.isInt {
		// Beyond 2^53 a float would take neighbours for equal.
		if i, ok := parseInt(v.Raw); ok {
			return cmp.Compare(i, t.int)
		}
	}
	return cmp.Compare(v.Num, t.float)
}

// parseInt parses an integer without fraction and exponent. It reports false
// for others without the allocation that an error would cost.
func parseInt(s string) (int64, bool) {
	const most = 20 // digits of an int64, and the sign
	if s == "" || len(s) > most {
		return 0, false
	}
	for i := range len(s) {
		if (s[i] < '0' || s[i] > '9') && (i > 0 || s[i] != '-') {
			return 0, false
		}
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil
}

// parseTime parses an xsd:dateTime (RFC 7643 §2.3.5). One without a time zone is
// taken as UTC.
func parseTime(s string) (time.Time, bool) {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t, err = time.Parse("2006-01-02T15:04:05", s)
	}
	return t, err == nil
}
