package endpoint

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/caddy-scim/caddy-scim/scim"
	"github.com/caddy-scim/caddy-scim/scim/bulk"
	"github.com/caddy-scim/caddy-scim/scim/fold"
	"github.com/caddy-scim/caddy-scim/scim/schema"
)

// footprints tells which operations of a bulk request mind each other. Two can be carried out at once only if it cannot
// be seen from the result. Operations on groups always come alone: members are found by what users are called, and
// groups must not contain each other. Of the operations on users, those that make users may come together, and those
// that take something away or leave the unique attributes as they are; but not the ones with the others, since what
// one gives up another may take.
type footprints struct {
	endpoint string   // of users
	unique   []string // the folded names of attributes whose values no two users share
}

// effect is what an operation does as far as others mind it.
type effect uint8

const (
	effectAny  effect = iota // minds everything
	effectNone               // its error is known already
	effectMake               // takes unique values
	effectKeep               // takes none, but may give some up
)

func (r *request) footprints() footprints {
	// An externalId is not unique, but a user who was deleted or switched off comes back by it.
	users := r.tenant.Users().Schema
	fp := footprints{endpoint: users.Endpoint, unique: []string{fold.String("externalId")}}
	fp.add(users.Schema.Attributes)
	for _, ext := range users.Extensions {
		fp.add(ext.Schema.Attributes)
	}
	return fp
}

func (fp *footprints) add(attributes []*schema.Attribute) {
	for _, a := range attributes {
		if a.Uniqueness != schema.UniqueNone {
			fp.unique = append(fp.unique, fold.String(a.Name))
		}
		fp.add(a.SubAttributes)
	}
}

// independent returns how many of the next steps can be carried out at once, one at least. ids has what was made so far,
// by bulkId.
func (fp *footprints) independent(req *bulk.Request, steps []bulk.Step, ids map[string]string) int {
	together := effectNone
	taken := map[string]bool{}
	for n, step := range steps {
		f := fp.of(req, step, ids)
		switch {
		case f.effect == effectNone:
			continue
		case f.effect == effectAny, together != effectNone && together != f.effect:
			return max(n, 1)
		}
		for _, keys := range [][]string{f.takes, f.needs} {
			for _, key := range keys {
				if taken[key] {
					return n
				}
			}
		}
		together = f.effect
		for _, key := range f.takes {
			taken[key] = true
		}
	}
	return len(steps)
}

// footprint is an operation's effect, and the names of what no other operation at once may touch, and of what none may
// make.
type footprint struct {
	effect       effect
	takes, needs []string
}

func (fp *footprints) of(req *bulk.Request, step bulk.Step, ids map[string]string) footprint {
	op := &req.Operations[step.Op]
	switch {
	case op.Err != nil:
		return footprint{effect: effectNone}
	case step.Complete, !strings.EqualFold("/"+op.Endpoint, fp.endpoint):
		return footprint{effect: effectAny}
	case op.Method == http.MethodPost:
		f := footprint{effect: effectMake, takes: []string{bulk.Prefix + op.BulkID}}
		fp.values(op.Data(), false, func(v string) { f.takes = append(f.takes, "value "+v) })
		for _, bulkID := range req.References(step.Op) {
			f.needs = append(f.needs, bulk.Prefix+bulkID)
		}
		return f
	case op.Method == http.MethodDelete, op.Method == http.MethodPatch && !fp.named(op.Data()):
		id, err := req.ID(step.Op, ids)
		if err != nil {
			return footprint{effect: effectAny}
		}
		return footprint{effect: effectKeep, takes: []string{"id " + id}}
	}
	return footprint{effect: effectAny}
}

// values calls fn with the folded strings below members of the unique names, and with an empty one for what is no
// string: 5 and 5.0 are the same.
func (fp *footprints) values(v any, within bool, fn func(string)) {
	switch v := v.(type) {
	case scim.Object:
		for k, e := range v {
			fp.values(e, within || fp.isUnique(k), fn)
		}
	case []any:
		for _, e := range v {
			fp.values(e, within, fn)
		}
	case string:
		if within {
			fn(fold.String(v))
		}
	case json.Number, bool:
		if within {
			fn("")
		}
	}
}

// named reports whether a PATCH names one of the unique attributes, in a path or as a member.
func (fp *footprints) named(v any) bool {
	switch v := v.(type) {
	case scim.Object:
		for k, e := range v {
			if path, ok := e.(string); ok && strings.EqualFold(k, "path") && fp.isUnique(path) {
				return true
			}
			if fp.isUnique(k) || fp.named(e) {
				return true
			}
		}
	case []any:
		for _, e := range v {
			if fp.named(e) {
				return true
			}
		}
	}
	return false
}

// isUnique reports whether a name, which may have a URN, dots and a filter, has that of a unique attribute in it.
func (fp *footprints) isUnique(name string) bool {
	name = fold.String(name)
	for _, u := range fp.unique {
		if strings.Contains(name, u) {
			return true
		}
	}
	return false
}
