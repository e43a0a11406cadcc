package adapter

import (
	"encoding/binary"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"github.com/caddy-scim/caddy-scim/scim"
	"github.com/caddy-scim/caddy-scim/scim/filter"
	"github.com/caddy-scim/caddy-scim/scim/fold"
	"github.com/caddy-scim/caddy-scim/scim/schema"
)

// maxSortKey is how many bytes of a value count when it is compared with others. It bounds what sorting keeps in memory
// and what a cursor holds.
const maxSortKey = 256

// sorter finds in a resource what it is sorted by, RFC 7644 section 3.4.2.3.
type sorter struct {
	path string            // where gjson finds the attribute; empty: the resource type lacks it
	attr *schema.Attribute // at the first level
	sub  string            // the sub-attribute of a multi-valued attribute's value; empty for none
	leaf *schema.Attribute // what is compared
}

// newSorters returns a sorter for each type. An attribute that only some of the types have has no value in the others.
// The errors are 400 invalidValue, the keyword that RFC 7644 table 9 has for the parameters of a query.
func newSorters(by string, types []*schema.ResourceType) ([]sorter, error) {
	path, err := filter.ParsePath(by)
	if err != nil || path.Filter != nil {
		return nil, scim.BadRequest(scim.InvalidValue, "The parameter sortBy must be the path of an attribute; found %s", scim.Quote(by))
	}
	list, known := make([]sorter, len(types)), false
	for i, rt := range types {
		ref, ok := rt.Lookup(path.Attr.URN, path.Attr.Name, path.Attr.Sub)
		if !ok {
			continue
		}
		known = true
		if list[i], err = newSorter(by, ref); err != nil {
			return nil, err
		}
	}
	if !known {
		return nil, scim.BadRequest(scim.InvalidValue, "The parameter sortBy names the attribute %s, which is not known here", scim.Quote(by))
	}
	return list, nil
}

func newSorter(by string, ref schema.Ref) (sorter, error) {
	if ref.Leaf().Type == schema.TypeComplex {
		// The value of a complex attribute is its sub-attribute of that name, as it is in filters.
		if ref.Sub != nil || ref.Attr.Sub("value") == nil || ref.IsExtension() {
			return sorter{}, scim.BadRequest(scim.InvalidValue, "The parameter sortBy names the complex attribute %s; it must name one of its sub-attributes", scim.Quote(by))
		}
		ref.Sub = ref.Attr.Sub("value")
	}
	for _, a := range []*schema.Attribute{ref.Attr, ref.Leaf()} {
		if a.Mutability == schema.WriteOnly || a.Returned == schema.ReturnedNever {
			return sorter{}, scim.BadRequest(scim.InvalidValue, "The parameter sortBy names the attribute %s, which is never returned", scim.Quote(by))
		}
	}
	s := sorter{path: gjson.Escape(ref.Attr.Name), attr: ref.Attr, leaf: ref.Leaf()}
	if ref.URN != "" {
		s.path = gjson.Escape(ref.URN) + "." + s.path
	}
	switch {
	case ref.Sub == nil:
	case ref.Attr.MultiValued:
		s.sub = gjson.Escape(ref.Sub.Name)
	default:
		s.path += "." + gjson.Escape(ref.Sub.Name)
	}
	return s, nil
}

// The first byte of a sort key. A resource without a value is behind all others, and in descending order before them.
const (
	sortValue   = 0x01
	sortMissing = 0x02
)

// appendKey appends a key to dst: the bytes of two keys compare as the attribute's values do.
func (s *sorter) appendKey(dst, doc []byte) []byte {
	if s.path == "" {
		return append(dst, sortMissing)
	}
	v := s.value(gjson.GetBytes(doc, s.path))
	if v.Type == gjson.Null || v.Type == gjson.String && v.Str == "" {
		return append(dst, sortMissing)
	}
	start := len(dst)
	dst = append(dst, sortValue)
	switch s.leaf.Type {
	case schema.TypeBoolean:
		if v.Type == gjson.True {
			return append(dst, 1)
		}
		return append(dst, 0)
	case schema.TypeInteger:
		n, _ := strconv.ParseInt(v.Raw, 10, 64)
		return binary.BigEndian.AppendUint64(dst, uint64(n)^signBit)
	case schema.TypeDecimal:
		return appendDecimal(dst, v.Num)
	case schema.TypeDateTime:
		return appendInstant(dst, v.Str)
	}
	if s.leaf.Type == schema.TypeString && !s.leaf.CaseExact {
		dst = fold.Append(dst, v.Str)
	} else {
		dst = append(dst, v.Str...)
	}
	return dst[:min(len(dst), start+1+maxSortKey)]
}

// value is the value that counts: of several the primary one, else the first.
func (s *sorter) value(v gjson.Result) gjson.Result {
	if v.IsArray() {
		list, at := v.Array(), 0
		if len(list) == 0 {
			return gjson.Result{}
		}
		if s.sub != "" {
			at = max(0, slices.IndexFunc(list, func(e gjson.Result) bool { return e.Get("primary").Type == gjson.True }))
		}
		v = list[at]
	}
	if s.sub != "" {
		v = v.Get(s.sub)
	}
	if v.IsArray() {
		v = v.Get("0") // a sub-attribute may be multi-valued too
	}
	return v
}

// signBit turns the order of signed numbers into that of unsigned ones.
const signBit = 1 << 63

func appendDecimal(dst []byte, f float64) []byte {
	bits := math.Float64bits(f + 0) // there is one zero
	if bits&signBit != 0 {
		bits = ^bits
	} else {
		bits |= signBit
	}
	return binary.BigEndian.AppendUint64(dst, bits)
}

// appendInstant takes a date without a zone as one in UTC, as filters do.
func appendInstant(dst []byte, s string) []byte {
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		at, _ = time.Parse("2006-01-02T15:04:05", s)
	}
	dst = binary.BigEndian.AppendUint64(dst, uint64(at.Unix())^signBit)
	return binary.BigEndian.AppendUint32(dst, uint32(at.Nanosecond()))
}

// order is how the results of a query are put.
type order struct {
	descending bool // by the sort key
	backward   bool // the whole order turned round
}

// compare tells a's place from b's. What is sorted alike is in the order of the ids.
func (o order) compare(a, b place) int {
	c := strings.Compare(a.key, b.key)
	if o.descending {
		c = -c
	}
	if c == 0 {
		c = strings.Compare(a.id, b.id)
	}
	if c == 0 {
		c = a.sel - b.sel
	}
	if o.backward {
		c = -c
	}
	return c
}

// best keeps the first places of an order, and no more than twice as many as asked for.
type best struct {
	order order
	most  int
	list  []place
	full  bool // the last of the list is the worst that counts
}

// beats reports whether a place may be among the best.
func (b *best) beats(p place) bool {
	return b.most > 0 && (!b.full || b.order.compare(p, b.list[b.most-1]) < 0)
}

func (b *best) add(p place) {
	b.list = append(b.list, p)
	if len(b.list) >= 2*b.most+64 {
		b.cut()
	}
}

// cut brings the list into order and drops what is too much.
func (b *best) cut() []place {
	slices.SortFunc(b.list, b.order.compare)
	if len(b.list) >= b.most {
		b.list, b.full = b.list[:b.most], true
	}
	return b.list
}
