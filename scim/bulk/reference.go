package bulk

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/caddy-scim/caddy-scim/scim"
)

// Prefix begins a string that stands for the id of the resource that a POST of the same request makes.
const Prefix = "bulkId:"

// Attribute is where in a POST's data a reference stands.
type Attribute struct {
	// Name is the member of the data as the client wrote it.
	Name string
	// Sub is the member of that where Name is the URN of an extension, else empty.
	Sub string
}

func (a Attribute) String() string {
	if a.Sub == "" {
		return a.Name
	}
	return a.Name + ":" + a.Sub
}

type reference struct {
	at   Attribute
	post int // the operation that is referred to
	tie  Tie
}

// link finds what an operation refers to.
func (r *Request) link(op *Operation) *scim.Error {
	if name, ok := strings.CutPrefix(op.ID, Prefix); ok && op.Method != http.MethodPost {
		post, ok := r.posts[name]
		if !ok {
			return scim.BadRequest(scim.InvalidValue, "The path refers to the bulkId %s, which no POST of the request has", scim.Quote(name))
		}
		op.target = post
	}
	// Most operations refer to nothing, and then the data are sent on as they came. An escaped letter hides the prefix.
	if !bytes.Contains(op.raw, []byte("bulkId")) && !bytes.ContainsRune(op.raw, '\\') {
		return nil
	}
	var err *scim.Error
	seen := map[reference]bool{}
	for _, part := range parts(op.data) {
		rewrite(part.value, part.at.Name, op.Method == http.MethodPatch, func(name string) (string, bool) {
			post, ok := r.posts[name]
			switch {
			case !ok && err == nil:
				// The name is not repeated: what looks like a reference may be anything, a password too.
				err = scim.BadRequest(scim.InvalidValue, "%s refers to a bulkId that no POST of the request has", scim.Quote(part.at.String()))
			case ok:
				if ref := (reference{at: part.at, post: post}); !seen[ref] {
					seen[ref] = true
					op.references = append(op.references, ref)
				}
			}
			return "", false
		})
	}
	return err
}

// part is an attribute of a resource that is to be made.
type part struct {
	at    Attribute
	value any
}

// parts takes a document apart, in the order of the names.
func parts(data any) []part {
	obj, _ := data.(scim.Object)
	out := make([]part, 0, len(obj))
	for name, v := range obj {
		if ext, ok := v.(scim.Object); ok && strings.Contains(name, ":") {
			for sub, v := range ext {
				out = append(out, part{Attribute{name, sub}, v})
			}
			continue
		}
		out = append(out, part{Attribute{Name: name}, v})
	}
	slices.SortFunc(out, func(a, b part) int {
		if c := strings.Compare(a.at.Name, b.at.Name); c != 0 {
			return c
		}
		return strings.Compare(a.at.Sub, b.at.Sub)
	})
	return out
}

// rewrite returns a value with each reference in it replaced by what sub says of its bulkId; one of which sub says
// nothing stays. A reference is a string that begins with Prefix; the end of a $ref; and, in a PATCH, a string within an
// operation's path. name is what the value is the member of.
func rewrite(v any, name string, patch bool, sub func(bulkID string) (string, bool)) any {
	switch v := v.(type) {
	case scim.Object:
		out := make(scim.Object, len(v))
		for k, e := range v {
			out[k] = rewrite(e, k, patch, sub)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = rewrite(e, name, patch, sub)
		}
		return out
	case string:
		switch bulkID, whole := strings.CutPrefix(v, Prefix); {
		case whole:
			if id, ok := sub(bulkID); ok {
				return id
			}
		case strings.EqualFold(name, "$ref"):
			if before, bulkID, ok := strings.Cut(v, "/"+Prefix); ok {
				if id, ok := sub(bulkID); ok {
					return before + "/" + id
				}
			}
		case patch && strings.EqualFold(name, "path"):
			return rewritePath(v, sub)
		}
	}
	return v
}

// rewritePath is rewrite for the path of a PATCH operation, as in members[value eq "bulkId:a"].
func rewritePath(path string, sub func(string) (string, bool)) string {
	var out strings.Builder
	rest := path
	for {
		begin := strings.IndexByte(rest, '"')
		if begin < 0 {
			break
		}
		end := begin + 1
		for end < len(rest) && rest[end] != '"' {
			if rest[end] == '\\' {
				end++
			}
			end++
		}
		if end++; end > len(rest) {
			break // the path is no path; whoever reads it will say so
		}
		literal := rest[begin:end]
		var s string
		if json.Unmarshal([]byte(literal), &s) == nil {
			if bulkID, ok := strings.CutPrefix(s, Prefix); ok {
				if id, ok := sub(bulkID); ok {
					quoted, _ := json.Marshal(id) // a string always marshals
					literal = string(quoted)
				}
			}
		}
		out.WriteString(rest[:begin])
		out.WriteString(literal)
		rest = rest[end:]
	}
	out.WriteString(rest)
	return out.String()
}

// ID returns the id of the resource that an operation is for. ids has the ids of the resources that were made, by
// bulkId. The error is a *scim.Error: 409 where the one referred to was not made.
func (r *Request) ID(i int, ids map[string]string) (string, error) {
	op := &r.Operations[i]
	if op.target == none {
		return op.ID, nil
	}
	id, ok := ids[r.Operations[op.target].BulkID]
	if !ok {
		return "", r.unmade("The path", op.target)
	}
	return id, nil
}

func (r *Request) unmade(what string, post int) *scim.Error {
	return &scim.Error{
		Status: http.StatusConflict,
		Detail: what + " refers to the bulkId " + scim.Quote(r.Operations[post].BulkID) + ", whose resource was not made",
	}
}

// Body returns the body of the single request that an operation stands for, nil for a DELETE. What Plan put off is left
// out. ids and the error are those of ID.
func (r *Request) Body(i int, ids map[string]string) ([]byte, error) {
	op := &r.Operations[i]
	if len(op.references) == 0 {
		return op.raw, nil
	}
	for _, ref := range op.references {
		if _, made := ids[r.Operations[ref.post].BulkID]; !made && ref.tie != Ignored && !slices.Contains(op.deferred, ref.at) {
			return nil, r.unmade(scim.Quote(ref.at.String()), ref.post)
		}
	}
	data := scim.Object{}
	for _, p := range parts(op.data) {
		if !slices.Contains(op.deferred, p.at) {
			p.set(data, rewrite(p.value, p.at.Name, op.Method == http.MethodPatch, lookup(ids)))
		}
	}
	return encode(data)
}

// Completion returns the body of the PATCH that gives the resource of a POST what Plan put off. ids and the error are
// those of ID.
func (r *Request) Completion(i int, ids map[string]string) ([]byte, error) {
	op := &r.Operations[i]
	for _, ref := range op.references {
		if _, made := ids[r.Operations[ref.post].BulkID]; !made && slices.Contains(op.deferred, ref.at) {
			return nil, r.unmade(scim.Quote(ref.at.String()), ref.post)
		}
	}
	value := scim.Object{}
	for _, p := range parts(op.data) {
		if slices.Contains(op.deferred, p.at) {
			p.set(value, rewrite(p.value, p.at.Name, false, lookup(ids)))
		}
	}
	return encode(scim.Object{
		"schemas":    []any{scim.PatchOpURN},
		"Operations": []any{scim.Object{"op": "add", "value": value}},
	})
}

// References lists the bulkIds that an operation's data refer to.
func (r *Request) References(i int) []string {
	refs := r.Operations[i].references
	out := make([]string, len(refs))
	for j, ref := range refs {
		out[j] = r.Operations[ref.post].BulkID
	}
	return out
}

// Deferred lists what Plan put off of a POST.
func (r *Request) Deferred(i int) []Attribute { return r.Operations[i].deferred }

func lookup(ids map[string]string) func(string) (string, bool) {
	return func(bulkID string) (string, bool) {
		id, ok := ids[bulkID]
		return id, ok
	}
}

// set puts the part's value, or another, where it stands in a document.
func (p part) set(doc scim.Object, v any) {
	if p.at.Sub == "" {
		doc[p.at.Name] = v
		return
	}
	ext, ok := doc[p.at.Name].(scim.Object)
	if !ok {
		ext = scim.Object{}
		doc[p.at.Name] = ext
	}
	ext[p.at.Sub] = v
}

// encode writes an object without making it longer than it has to be: what bounds a body counts bytes.
func encode(o scim.Object) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(o); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), nil
}
