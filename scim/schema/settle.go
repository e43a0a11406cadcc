package schema

import (
	"github.com/caddy-scim/caddy-scim/scim"
)

// Settle brings a document that was changed in place, by a PATCH, into canonical form. before is what it was, also
// canonical. Both are without what is dormant (see Separate) and are left as they are.
//
// What did not change is not judged: a document that lacks an attribute which has become required since can still be
// changed elsewhere, and above all be deactivated. The errors are those of Normalize; a required attribute that lost
// its value is a *MissingError.
func (rt *ResourceType) Settle(before, after scim.Object) (Normalized, error) {
	n := normalizer{rt: rt, mode: FromServer, whole: true, secrets: &Secrets{}, doc: make(scim.Object, len(after)+1), before: before}
	for _, p := range rt.parts {
		was, now, into := before, after, n.doc
		if p.urn != "" {
			was, _ = before[p.urn].(scim.Object)
			now, _ = after[p.urn].(scim.Object)
			if len(now) == 0 {
				continue
			}
			into = make(scim.Object, len(now))
			n.doc[p.urn] = into
		}
		for _, key := range sortedKeys(now) {
			a := p.attrs.find(key)
			if a == nil || p.urn == "" && a.Name == schemasName {
				continue // an extension, or what is written below
			}
			v := now[key]
			if scim.Equal(was[key], v) {
				into[key] = v
				continue
			}
			v, err := n.value(Ref{URN: p.urn, Attr: a}, v)
			if err != nil {
				return Normalized{}, err
			}
			if v != nil {
				into[key] = v
			}
		}
		if p.urn != "" && len(into) == 0 {
			delete(n.doc, p.urn)
		}
	}
	if err := n.required(); err != nil {
		return Normalized{}, err
	}
	n.doc[schemasName] = rt.schemas(n.doc)
	return Normalized{Doc: n.doc}, nil
}

// Rewrite brings the document that a policy puts in the place of doc, which is canonical and was judged already, into
// canonical form: by the rules for a client's document, but what doc lacks after may lack too, and nobody has to repeat
// secrets or what is dormant. Both are left as they are. The errors are those of Normalize.
func (rt *ResourceType) Rewrite(doc, after scim.Object) (Normalized, error) {
	known, dormant := rt.Separate(doc)
	if dormant != nil {
		after = scim.Clone(after)
	}
	for key, v := range dormant {
		have, isExt := after[key].(scim.Object)
		if scim.Equal(after[key], v) {
			delete(after, key)
		}
		if all, ok := v.(scim.Object); ok && isExt {
			for name, v := range all {
				if scim.Equal(have[name], v) {
					delete(have, name)
				}
			}
		}
	}
	n := normalizer{rt: rt, mode: FromClient, whole: true, secrets: &Secrets{}, doc: make(scim.Object, len(after)+1), before: known}
	if err := n.members(after); err != nil {
		return Normalized{}, err
	}
	if err := n.required(); err != nil {
		return Normalized{}, err
	}
	n.doc[schemasName] = rt.schemas(n.doc)
	Rejoin(n.doc, dormant)
	return Normalized{Doc: n.doc, Secrets: *n.secrets}, nil
}

// Separate takes out of a stored document what the resource type does not know any more: extensions that are gone from
// the configuration, attributes that are gone from an extension, and values that do not fit the definition that the
// attribute has now. Such data is dormant: it is kept, and neither shown nor judged. dormant is nil where there is none,
// and known is then doc itself; doc is left as it is.
func (rt *ResourceType) Separate(doc scim.Object) (known, dormant scim.Object) {
	aside := func(key string, v any) {
		if dormant == nil {
			dormant, known = scim.Object{}, make(scim.Object, len(doc))
			for k, v := range doc {
				known[k] = v
			}
		}
		dormant[key] = v
	}
	known = doc
	for key, v := range doc {
		if rt.core[key] != nil {
			continue
		}
		p := rt.part(key)
		if p == nil || p.container == nil {
			aside(key, v)
			delete(known, key)
			continue
		}
		ext, _ := v.(scim.Object)
		if !p.custom() {
			continue
		}
		keep, drop := scim.Object{}, scim.Object{}
		for name, v := range ext {
			if a := p.attrs[name]; a != nil && a.fitsValue(v) {
				keep[name] = v
			} else {
				drop[name] = v
			}
		}
		if len(drop) == 0 {
			continue
		}
		aside(key, drop)
		if known[key] = keep; len(keep) == 0 {
			delete(known, key)
		}
	}
	return known, dormant
}

// Rejoin puts back what Separate put aside, where doc has nothing in its place. doc is changed; its schemas name what is
// known alone.
func Rejoin(doc, dormant scim.Object) {
	for key, v := range dormant {
		have, ok := doc[key].(scim.Object)
		if !ok {
			doc[key] = v
			continue
		}
		all, _ := v.(scim.Object)
		for name, v := range all {
			if _, taken := have[name]; !taken {
				have[name] = v
			}
		}
	}
}

// fitsValue reports whether a stored value can be one of the attribute.
func (a *Attribute) fitsValue(v any) bool {
	if list, ok := v.([]any); ok != a.MultiValued {
		return false
	} else if ok {
		for _, e := range list {
			if !a.fitsOne(e) {
				return false
			}
		}
		return true
	}
	return a.fitsOne(v)
}

func (a *Attribute) fitsOne(v any) bool {
	if a.Type != TypeComplex {
		got, err := simple(Ref{Attr: a}, v)
		return err == nil && got != nil && scim.Kind(got) == scim.Kind(v)
	}
	obj, ok := v.(scim.Object)
	if !ok {
		return false
	}
	for name, v := range obj {
		if sub := a.subs[name]; sub == nil || !sub.fitsValue(v) {
			return false
		}
	}
	return true
}
