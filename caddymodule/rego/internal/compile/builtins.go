package compile

import (
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"
)

// native are the builtins that OPA's own WebAssembly library has. All others would be the
// host's to implement, and the host of policies is not for them: it has no clock, no
// network, no randomness, and nothing that differs from one version of OPA to the next.
var native = []string{
	"abs", "and", "array.concat", "array.flatten", "array.reverse", "array.slice", "assign",
	"base64.decode", "base64.encode", "base64.is_valid", "base64url.decode", "base64url.encode",
	"bits.and", "bits.lsh", "bits.negate", "bits.or", "bits.rsh", "bits.xor",
	"ceil", "concat", "contains", "count", "div", "endswith", "eq", "equal", "floor", "format_int", "glob.match",
	"graph.reachable", "gt", "gte", "indexof", "internal.member_2", "internal.member_3", "internal.template_string",
	"intersection", "is_array", "is_boolean", "is_null", "is_number", "is_object", "is_set", "is_string",
	"json.filter", "json.is_valid", "json.marshal", "json.remove", "json.unmarshal",
	"lower", "lt", "lte", "max", "min", "minus", "mul", "neq",
	"net.cidr_contains", "net.cidr_intersects", "numbers.range",
	"object.filter", "object.get", "object.keys", "object.remove", "object.union", "object.union_n", "or", "plus", "product",
	"regex.find_all_string_submatch_n", "regex.is_valid", "regex.match", "rem", "replace", "round",
	"sort", "split", "startswith", "strings.replace_n", "strings.reverse", "substring", "sum",
	"to_number", "trim", "trim_left", "trim_prefix", "trim_right", "trim_space", "trim_suffix", "type_name",
	"union", "upper", "walk",
}

// erased are builtins without effect in a policy: the compiler takes calls of them away.
var erased = []string{"print", "internal.print"}

// capabilities is what a policy may use of the language: all of it but for the builtins
// that are not native. No schema may be fetched.
func capabilities() *ast.Capabilities {
	c := ast.CapabilitiesForThisVersion(ast.CapabilitiesRegoVersion(ast.RegoV1))
	c.Builtins = slices.DeleteFunc(slices.Clone(c.Builtins), func(b *ast.Builtin) bool {
		return !slices.Contains(native, b.Name) && !slices.Contains(erased, b.Name)
	})
	c.AllowNet = []string{}
	return c
}
