package schema

import "slices"

// Secret reports whether the attribute's values are nothing that a log may have: it is never returned, or said to be
// sensitive. A complex attribute is if something of it is. A nil attribute is not.
func (a *Attribute) Secret() bool {
	return a != nil && (a.Sensitive || a.Returned == ReturnedNever || slices.ContainsFunc(a.SubAttributes, (*Attribute).Secret))
}
