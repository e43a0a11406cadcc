package compile

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/types"
)

// check refuses what cannot be a policy, with errors that speak of policies.
func check(module *ast.Module) (*ast.Compiler, error) {
	if !module.Package.Path.Equal(ast.Ref{ast.DefaultRootDocument, ast.StringTerm("scim")}) {
		return nil, ast.NewError(ast.CompileErr, module.Package.Loc(), "the package is %s, want scim", strings.TrimPrefix(module.Package.Path.String(), "data."))
	}
	if err := checkBuiltins(module); err != nil {
		return nil, err
	}
	c := ast.NewCompiler().WithStrict(true).WithCapabilities(capabilities()).SetErrorLimit(maxErrors)
	c.Compile(map[string]*ast.Module{file: module})
	if c.Failed() {
		return nil, c.Errors
	}
	if err := checkData(c.Modules[file]); err != nil {
		return nil, err
	}
	return c, checkRules(c)
}

// checkBuiltins names all builtins that a policy cannot have, where OPA would say of each
// that it does not know it.
func checkBuiltins(module *ast.Module) error {
	all := make(map[string]bool)
	for _, b := range ast.CapabilitiesForThisVersion(ast.CapabilitiesRegoVersion(ast.RegoV1)).Builtins {
		all[b.Name] = true
	}
	var missing []string
	var first *ast.Location
	see := func(function *ast.Term) {
		name := function.String()
		if all[name] && !slices.Contains(native, name) && !slices.Contains(erased, name) && !slices.Contains(missing, name) {
			missing = append(missing, name)
			first = cmp.Or(first, function.Location)
		}
	}
	ast.NewGenericVisitor(func(x any) bool {
		switch x := x.(type) {
		case *ast.Expr:
			if x.IsCall() {
				see(x.OperatorTerm())
			}
			for _, w := range x.With {
				see(w.Value)
			}
		case ast.Call:
			see(x[0])
		}
		return false
	}).Walk(module)
	if len(missing) == 0 {
		return nil
	}
	slices.Sort(missing)
	return ast.NewError(ast.TypeErr, first, "a policy cannot use %s: it is a pure function, and has only those builtins that OPA compiles to WebAssembly",
		strings.Join(missing, ", "))
}

// checkData refuses the use of data that is not of the package's own rules: there is none,
// and a rule that waits for some would be silently undefined.
func checkData(module *ast.Module) (err error) {
	ast.WalkRefs(module, func(ref ast.Ref) bool {
		if err != nil || !ref.HasPrefix(ast.Ref{ast.DefaultRootDocument}) {
			return err != nil
		}
		if len(ref) < 2 || !ref[1].Equal(ast.StringTerm("scim")) {
			err = ast.NewError(ast.CompileErr, ref[0].Location, "%s: a policy has no data; what can be configured is in input.settings", ref)
		}
		return false
	})
	return err
}

// checkRules refuses rules of the host's that are functions or sets.
func checkRules(c *ast.Compiler) error {
	for _, r := range rules {
		found := c.GetRules(reference(r.name))
		for _, def := range found {
			if len(def.Head.Args) > 0 {
				return ast.NewError(ast.CompileErr, def.Loc(), "%s is a function, want a rule that reads input", r.name)
			}
		}
		if len(found) == 0 {
			continue
		}
		if t := c.TypeEnv.GetByRef(reference(r.name)); t != nil && types.Compare(t, types.A) != 0 && !mayBeObject(t) {
			return ast.NewError(ast.TypeErr, found[0].Loc(), "%s is of the type %s, want an object", r.name, types.Sprint(t))
		}
	}
	return nil
}

func mayBeObject(t types.Type) bool {
	switch t := t.(type) {
	case *types.Object, types.Any:
		if options, ok := t.(types.Any); ok && len(options) > 0 {
			return slices.ContainsFunc(options, mayBeObject)
		}
		return true
	default:
		return false
	}
}

// casesOf returns the value of the rule cases as JSON, nil if there is no such rule.
func casesOf(module *ast.Module) ([]byte, error) {
	for _, r := range module.Rules {
		if r.Head.Reference.String() != casesRule {
			continue
		}
		if r.Head.Value == nil || len(r.Head.Args) > 0 || r.Default || r.Else != nil || !r.Head.Value.IsGround() || !always(r.Body) {
			return nil, ast.NewError(ast.CompileErr, r.Loc(), "%s must be a constant", casesRule)
		}
		value, err := ast.JSON(r.Head.Value.Value)
		if err != nil {
			return nil, ast.NewError(ast.CompileErr, r.Loc(), "%s must be a constant: %v", casesRule, err)
		}
		encoded, err := json.Marshal(value)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", casesRule, err)
		}
		return encoded, nil
	}
	return nil, nil
}

// always reports whether the body is the one that a rule without conditions has.
func always(body ast.Body) bool { return body.Equal(ast.NewBody(ast.NewExpr(ast.BooleanTerm(true)))) }
