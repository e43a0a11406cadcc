package schema

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/caddy-scim/caddy-scim/scim"
)

// MaxString is the longest string value in bytes.
const MaxString = 64 << 10

// The sub-attributes whose meaning RFC 7643 §2.4 fixes for every multi-valued attribute.
const (
	valueName   = "value"
	typeName    = "type"
	primaryName = "primary"
)

// value brings a value of ref's attribute into canonical form; nil means unassigned.
func (n *normalizer) value(ref Ref, v any) (any, error) {
	if v == nil {
		return nil, nil
	}
	switch a := ref.Leaf(); {
	case a.MultiValued:
		return n.list(ref, v)
	case a.Type == TypeComplex:
		return n.complex(ref, v)
	default:
		return simple(ref, v)
	}
}

func (n *normalizer) list(ref Ref, v any) (any, error) {
	elements, ok := v.([]any)
	if !ok {
		elements = []any{v}
	}
	if most := n.rt.Limit(ref); len(elements) > most {
		return nil, tooMany(ref, most)
	}
	a := ref.Leaf()
	list := make([]any, 0, len(elements))
	for _, e := range elements {
		if e == nil {
			continue
		}
		var err error
		if a.Type == TypeComplex {
			e, err = n.element(ref, e)
		} else {
			e, err = simple(ref, e)
		}
		if err != nil {
			return nil, err
		}
		if e != nil {
			list = append(list, e)
		}
	}
	if list = a.Merge(nil, list); len(list) == 0 {
		return nil, nil
	}
	onePrimary(list)
	return list, nil
}

func tooMany(ref Ref, limit int) error {
	return scim.BadRequest(scim.InvalidValue, "The attribute %q has more than the %d values accepted", ref, limit)
}

// element is one element of a list of complex values.
func (n *normalizer) element(ref Ref, v any) (any, error) {
	obj, ok := v.(scim.Object)
	if !ok {
		s, isString := v.(string)
		if !isString || ref.Leaf().Sub(valueName) == nil {
			return nil, wrongType(ref, v, "a list of objects")
		}
		obj = scim.Object{valueName: s}
	}
	return n.object(ref, obj)
}

// complex is a complex value that is not in a list.
func (n *normalizer) complex(ref Ref, v any) (any, error) {
	obj, err := Object(ref, v)
	if err != nil || obj == nil {
		return nil, err
	}
	return n.object(ref, obj)
}

// Object finds the object in the forms that clients send for one complex value of ref's attribute:
// the object, a list of one, or its bare "value". Its members are as the client sent them. A nil
// object means unassigned; the error is a *scim.Error, 400 invalidValue.
func Object(ref Ref, v any) (scim.Object, error) {
	if list, ok := v.([]any); ok && len(list) <= 1 {
		if len(list) == 0 {
			return nil, nil
		}
		v = list[0]
	}
	switch v := v.(type) {
	case nil:
		return nil, nil
	case scim.Object:
		return v, nil
	case string:
		if v == "" {
			return nil, nil
		}
		if ref.Leaf().Sub(valueName) != nil {
			return scim.Object{valueName: v}, nil
		}
	}
	return nil, wrongType(ref, v, "an object")
}

// object normalises the sub-attributes of one complex value.
func (n *normalizer) object(ref Ref, obj scim.Object) (any, error) {
	a := ref.Attr
	out := make(scim.Object, len(obj))
	emptied := false
	for _, key := range sortedKeys(obj) {
		ref, err := ref.ResolveSub(key)
		if err != nil {
			return nil, err
		}
		sub := ref.Sub
		if n.mode == FromClient && sub.Mutability == ReadOnly {
			continue
		}
		v, err := n.value(ref, obj[key])
		if err != nil {
			return nil, err
		}
		if v == nil {
			emptied = true
			continue
		}
		if sub.Mutability == WriteOnly {
			n.secrets.Set(ref, v)
			continue
		}
		if _, ok := out[sub.Name]; ok {
			return nil, givenTwice(ref)
		}
		out[sub.Name] = v
	}
	if len(out) == 0 || emptied && a.MultiValued && Hollow(out) {
		return nil, nil
	}
	if n.whole {
		if err := ref.Complete(out); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Complete checks that a canonical complex value of r's attribute has all its required
// sub-attributes. The error is a *scim.Error, 400 invalidValue.
func (r Ref) Complete(obj scim.Object) error {
	for _, sub := range r.Attr.SubAttributes {
		if sub.Required && sub.Mutability != ReadOnly && sub.Mutability != WriteOnly && blank(obj[sub.Name]) {
			return missing(Ref{URN: r.URN, Attr: r.Attr, Sub: sub})
		}
	}
	return nil
}

// Hollow reports whether an element of a list holds nothing but labels: "type" and "primary" of no
// value. Clients leave such elements behind when they clear a value.
func Hollow(element scim.Object) bool {
	for name := range element {
		if name != typeName && name != primaryName {
			return false
		}
	}
	return true
}

// onePrimary leaves at most one element primary, the first.
func onePrimary(list []any) {
	found := false
	for _, e := range list {
		if o, ok := e.(scim.Object); ok && o[primaryName] == true {
			if found {
				o[primaryName] = false
			}
			found = true
		}
	}
}

// simple brings a value that is neither complex nor a list into canonical form.
func simple(ref Ref, v any) (any, error) {
	switch ref.Leaf().Type {
	case TypeBoolean:
		return boolean(ref, v)
	case TypeInteger:
		return integer(ref, v)
	case TypeDecimal:
		return decimal(ref, v)
	}
	s, ok := v.(string)
	if !ok {
		return nil, wrongType(ref, v, wanted[ref.Leaf().Type])
	}
	if s == "" {
		return nil, nil
	}
	if len(s) > MaxString {
		return nil, scim.BadRequest(scim.InvalidValue, "The attribute %q is longer than the %d bytes accepted", ref, MaxString)
	}
	if !utf8.ValidString(s) || strings.IndexByte(s, 0) >= 0 {
		return nil, scim.BadRequest(scim.InvalidValue, "The attribute %q holds a NUL character or is not valid UTF-8", ref)
	}
	switch a := ref.Leaf(); a.Type {
	case TypeString:
		return a.canonical(s), nil
	case TypeReference:
		if _, err := url.Parse(s); err != nil {
			return nil, wrongType(ref, v, wanted[TypeReference])
		}
	case TypeDateTime:
		if !validDateTime(s) {
			return nil, wrongType(ref, v, wanted[TypeDateTime])
		}
	case TypeBinary:
		if !validBinary(s) {
			return nil, wrongType(ref, v, wanted[TypeBinary])
		}
	}
	return v, nil
}

// canonical is the canonical value that s is, but for case, where the attribute's case does not matter (RFC 7643 §2.4,
// §7). Other values are as good: the canonical ones are suggestions, and clients have their own.
func (a *Attribute) canonical(s string) string {
	if a.CaseExact {
		return s
	}
	for _, c := range a.CanonicalValues {
		if len(c) == len(s) && strings.EqualFold(c, s) {
			return c
		}
	}
	return s
}

var wanted = map[Type]string{
	TypeString:    "a string",
	TypeReference: "a string with a URI",
	TypeBoolean:   "a boolean (true or false)",
	TypeInteger:   "an integer",
	TypeDecimal:   "a number",
	TypeDateTime:  "a date and time such as 2008-01-23T04:56:22Z",
	TypeBinary:    "a string in base64",
}

func boolean(ref Ref, v any) (any, error) {
	switch v := v.(type) {
	case bool:
		return v, nil
	case string:
		switch lower(strings.TrimSpace(v)) {
		case "true":
			return true, nil
		case "false":
			return false, nil
		}
	}
	return nil, wrongType(ref, v, wanted[TypeBoolean])
}

func integer(ref Ref, v any) (any, error) {
	if s, ok := number(v); ok {
		if i, err := strconv.ParseInt(s, 10, 64); err == nil {
			return json.Number(strconv.FormatInt(i, 10)), nil
		}
	}
	return nil, wrongType(ref, v, wanted[TypeInteger])
}

// maxNumber is the longest number in bytes; no real one comes near it.
const maxNumber = 64

func decimal(ref Ref, v any) (any, error) {
	s, ok := number(v)
	if ok && len(s) <= maxNumber && json.Valid([]byte(s)) {
		if _, err := strconv.ParseFloat(s, 64); err == nil {
			return json.Number(s), nil
		}
	}
	return nil, wrongType(ref, v, wanted[TypeDecimal])
}

// number is the text of a JSON number or of a string in its place.
func number(v any) (string, bool) {
	switch v := v.(type) {
	case json.Number:
		return v.String(), true
	case string:
		return v, true
	}
	return "", false
}

// validDateTime accepts xsd:dateTime with four-digit years; the zone may be left out there.
func validDateTime(s string) bool {
	if strings.Contains(s, ",") { // which Go takes for a decimal point and XML does not
		return false
	}
	if _, err := time.Parse(time.RFC3339Nano, s); err == nil {
		return true
	}
	_, err := time.Parse("2006-01-02T15:04:05.999999999", s)
	return err == nil
}

// validBinary accepts both alphabets of base64, padded or not (RFC 7643 §2.3.6).
func validBinary(s string) bool {
	s = strings.TrimRight(s, "=")
	enc := base64.RawStdEncoding
	if strings.ContainsAny(s, "-_") {
		enc = base64.RawURLEncoding
	}
	_, err := enc.DecodeString(s)
	return err == nil
}

// wrongType says what was found and what would be right. The value itself is shown only where the
// type leaves little room for anything personal or secret.
func wrongType(ref Ref, v any, want string) error {
	found := scim.Kind(v)
	switch s, _ := v.(string); ref.Leaf().Type {
	case TypeBoolean, TypeInteger, TypeDecimal, TypeDateTime:
		if s != "" && ref.Leaf().Mutability != WriteOnly {
			found += " " + scim.Quote(s)
		}
	}
	return scim.BadRequest(scim.InvalidValue, "The attribute %q must be %s; found %s", ref, want, found)
}
