package adapter

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/caddy-scim/caddy-scim/adapter/connector"
	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/plugins"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
	"github.com/caddy-scim/caddy-scim/scim"
	"github.com/caddy-scim/caddy-scim/scim/schema"
)

// account is what a record of the application's says, as a SCIM resource.
type account struct {
	LegacyID string
	// Doc is the canonical document of what the application knows; nil where Skip is set.
	Doc []byte
	// Active reports whether the person can use the application. A group is always active.
	Active bool
	// Paths are the attribute paths that the record can speak of, whether it has a value there or not, as
	// connector.ValueAt takes them. Of what is not among them nothing is known.
	Paths []string
	// Skip means that the policy leaves the account out, for Reason.
	Skip   bool
	Reason string
}

// recordError says why nothing can be made of one record. Others may be in order.
type recordError struct {
	problem string // printable, on one line and bounded
	err     error
}

func (e *recordError) Error() string { return e.problem }

func (e *recordError) Unwrap() error { return e.err }

// maxRecordProblem bounds what is said of a record, in bytes.
const maxRecordProblem = 300

func badRecord(err error) error {
	text := err.Error()
	var refused *scim.Error
	if errors.As(err, &refused) {
		text = refused.Detail
	}
	return &recordError{problem: abi.CleanText(text, maxRecordProblem), err: err}
}

// accountFrom makes an account of a record: by the policy's hook import, or else by the list's map.
//
// # Errors
//
// A *recordError where it is about this record; others are about all of them and may be gone when it is tried again.
func (t *Tenant) accountFrom(ctx context.Context, typ store.Type, record connector.Record) (account, error) {
	if record.Problem != "" {
		return account{}, &recordError{problem: record.Problem}
	}
	out, said, err := t.importRecord(ctx, typ, record.Raw)
	switch {
	case errors.Is(err, plugins.ErrNoHook):
		return t.mappedAccount(typ, record)
	case err != nil && aboutRecord(err):
		return account{}, badRecord(err)
	case err != nil:
		return account{}, err
	case out.Skip:
		return account{LegacyID: record.LegacyID, Skip: true, Reason: out.Reason}, nil
	}
	a := account{LegacyID: record.LegacyID, Doc: out.Resource, Active: active(out.Resource), Paths: said}
	if out.LegacyID != "" && out.LegacyID != record.LegacyID {
		if !connector.UsableID(out.LegacyID) {
			return account{}, &recordError{problem: "the policy's legacy_id cannot stand in a path"}
		}
		a.LegacyID = out.LegacyID
	}
	return a, nil
}

// aboutRecord reports whether a failure of the hook is about what it was given: another record may fare better.
func aboutRecord(err error) bool {
	var refused *scim.Error
	if errors.As(err, &refused) {
		return true
	}
	for _, kind := range []error{plugins.ErrTimeout, plugins.ErrFuel, plugins.ErrTrap, plugins.ErrOutput, plugins.ErrPolicy, plugins.ErrInput} {
		if errors.Is(err, kind) {
			return true
		}
	}
	return false
}

// mappedAccount makes an account by the list's map.
func (t *Tenant) mappedAccount(typ store.Type, record connector.Record) (account, error) {
	conn, kind := t.connector(typ), t.kind(typ)
	if conn == nil || kind.Schema == nil {
		return account{}, connector.ErrNoList
	}
	obj := scim.Object{}
	a := account{LegacyID: record.LegacyID, Active: true}
	for _, m := range conn.MapRecord(record) {
		target, err := parseListTarget(kind.Schema, m.Target)
		if err != nil {
			return account{}, fmt.Errorf("list: %w", err)
		}
		a.Paths = append(a.Paths, m.Target)
		if m.Value == nil {
			continue
		}
		if err := target.put(obj, m.Value); err != nil {
			return account{}, badRecord(err)
		}
	}
	if typ == store.User {
		is, known := conn.RecordActive(record)
		if known {
			obj["active"] = is
			a.Paths = append(a.Paths, "active")
		}
		if _, said := obj["active"]; !said {
			obj["active"] = true
		}
	}
	norm, err := kind.Schema.Normalize(obj, schema.FromClient)
	if err != nil {
		return account{}, badRecord(err)
	}
	if a.Doc, err = scim.Encode(norm.Doc); err != nil {
		return account{}, err
	}
	a.Active = active(a.Doc)
	return a, nil
}

// checkList reports what is wrong with the map of a list of resources of a type.
func checkList(rt *schema.ResourceType, typ store.Type, conn *connector.Connector, byPolicy bool) []error {
	if conn == nil || !conn.CanList() {
		return nil
	}
	at, need := "application: list.map", "userName"
	if typ == store.Group {
		at, need = "application: groups.list.map", "displayName"
	}
	var errs []error
	targets := conn.ListTargets()
	for _, target := range targets {
		if _, err := parseListTarget(rt, target); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", at, err))
		}
	}
	has := slices.ContainsFunc(targets, func(target string) bool { return strings.EqualFold(target, need) })
	if !has && (len(targets) > 0 || !byPolicy) {
		errs = append(errs, fmt.Errorf("%s: it has no %s, which every resource needs", at, need))
	}
	return errs
}

// saidPaths are the paths that a document speaks of, for what is known by its document alone.
func saidPaths(rt *schema.ResourceType, doc []byte) (paths []string) {
	gjson.ParseBytes(doc).ForEach(func(key, value gjson.Result) bool {
		name := key.Str
		ref, ok := rt.Path(name)
		switch {
		case !ok || name == "schemas":
		case ref.IsExtension():
			value.ForEach(func(sub, inner gjson.Result) bool {
				if ref, ok := rt.Path(name + ":" + sub.Str); ok {
					paths = append(paths, attributePaths(ref, inner)...)
				}
				return true
			})
		default:
			paths = append(paths, attributePaths(ref, value)...)
		}
		return true
	})
	return paths
}

// attributePaths are the paths within one attribute's value: the attribute itself, or its sub-attributes.
func attributePaths(ref schema.Ref, value gjson.Result) (paths []string) {
	if ref.Attr.Type != schema.TypeComplex {
		return []string{ref.String()}
	}
	if value.IsArray() {
		value = value.Get("0")
	}
	value.ForEach(func(key, _ gjson.Result) bool {
		if name := key.Str; name != "type" && name != "primary" && name != "display" {
			paths = append(paths, ref.String()+"."+name)
		}
		return true
	})
	return paths
}

var _ error = (*recordError)(nil)

// decodeNumbers decodes a JSON value and keeps the digits of its numbers.
func decodeNumbers(raw json.RawMessage) (v any, err error) {
	dec := json.NewDecoder(strings.NewReader(string(raw)))
	dec.UseNumber()
	err = dec.Decode(&v)
	return v, err
}
