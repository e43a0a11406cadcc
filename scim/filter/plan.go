package filter

// Equality is a condition that a resource must meet to match a filter: the
// attribute has a value whose index key is Key.
type Equality struct {
	// Path is the canonical path of the attribute, such as "userName",
	// "emails.value" or "urn:…:User:manager.value": what schema.Ref prints.
	Path string
	// Key is what the filter compares with: as it is if the attribute is
	// caseExact, else through [fold.String].
	Key string
}

// Equalities returns what an index can serve: the comparisons of a text with
// "eq" that hold for every resource that the filter selects. A resource that
// fails any one of them cannot match; one that meets them may still not match,
// so candidates go through [Matcher.Match]. The order is that of the filter.
//
// The comparisons inside a value path are among them, each for itself:
// emails[type eq "work" and value eq "x"] gives emails.type and emails.value.
//
// It may be empty, and then nothing but a scan finds what matches.
func (m *Matcher) Equalities() []Equality { return m.root.equalities(nil) }

func (n *node) equalities(list []Equality) []Equality {
	switch n.kind {
	case and:
		return n.r.equalities(n.l.equalities(list))
	case elements:
		return n.elem.root.equalities(list)
	case comparison:
		if n.test.op == Equal && n.test.as == asText {
			list = append(list, Equality{Path: n.path, Key: n.test.text})
		}
	}
	return list
}

// Attributes returns the canonical paths of the attributes that the filter looks
// at, without sub-attributes, each once: "members" for members[value eq "x"].
// What is not part of the stored document, such as a group's members, must be
// put there before it can match.
func (m *Matcher) Attributes() []string { return m.mentioned }

// Cost is how many comparisons matching one document may take: the terms of the filter. It is at least 1.
func (m *Matcher) Cost() int { return m.root.cost() }

func (n *node) cost() int {
	switch n.kind {
	case and, or:
		return n.l.cost() + n.r.cost()
	case not:
		return n.l.cost()
	case elements:
		return n.elem.Cost()
	}
	return 1
}
