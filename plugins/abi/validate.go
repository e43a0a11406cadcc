package abi

import (
	"fmt"
	"net/url"
	"strings"
)

// Limits of what a policy answers. Texts that are longer are cut; all else that
// is beyond a limit is an error.
const (
	// MaxDetail bounds Decision.Detail, in bytes.
	MaxDetail = 1024
	// MaxTitle bounds Decision.Title, in bytes.
	MaxTitle = 200
	// MaxReason bounds Decision.Reason, in bytes.
	MaxReason = 2048
	// MaxName bounds Description.Name and Description.Version, in bytes.
	MaxName = 100
	// MaxRequests bounds MapOutput.Requests.
	MaxRequests = 16
	// MaxPath bounds Request.Path, in bytes.
	MaxPath = 2048
	// MinExpiry and MaxExpiry bound Decision.ExpiresIn, in seconds: a minute to 90
	// days.
	MinExpiry = 60
	MaxExpiry = 90 * 24 * 60 * 60
)

const (
	defaultDenyStatus = 403
	// maxQuoted bounds how much of a wrong value an error repeats, in bytes.
	maxQuoted = 40
)

// Validate checks d as the answer to in. It does not change d.
//
// # Errors
//
// The first problem found, a *FieldError.
func (d *Decision) Validate(in *DecideInput) error {
	switch d.Verdict {
	case Allow:
	case Deny:
		if err := d.validateDeny(); err != nil {
			return err
		}
	case Hold:
		if d.Title == "" {
			return fieldErrorf("title", "is missing; a hold needs a headline for the approver")
		}
	case "":
		return fieldErrorf("verdict", `is missing, want "allow", "deny" or "hold"`)
	default:
		return fieldErrorf("verdict", `is %s, want "allow", "deny" or "hold"`, quote(string(d.Verdict)))
	}
	for _, f := range [...]struct {
		name   string
		set    bool
		wanted Verdict
	}{
		{"status", d.Status != 0, Deny},
		{"scim_type", d.ScimType != "", Deny},
		{"detail", d.Detail != "", Deny},
		{"title", d.Title != "", Hold},
		{"reason", d.Reason != "", Hold},
		{"expires_in", d.ExpiresIn != 0, Hold},
	} {
		if f.set && d.Verdict != f.wanted {
			return fieldErrorf(f.name, "belongs to the verdict %q, the verdict is %q", f.wanted, d.Verdict)
		}
	}
	if d.ExpiresIn != 0 && (d.ExpiresIn < MinExpiry || d.ExpiresIn > MaxExpiry) {
		return fieldErrorf("expires_in", "is %d, want %d to %d seconds", d.ExpiresIn, MinExpiry, MaxExpiry)
	}
	return d.validateChange(in)
}

func (d *Decision) validateDeny() error {
	switch {
	case d.Status == 401 || d.Status == 407 || d.Status == 408 || d.Status == 429:
		return fieldErrorf("status", "is %d, which is not a policy's to say; use 400, 403, 404, 409 or another 4xx", d.Status)
	case d.Status != 0 && (d.Status < 400 || d.Status > 499):
		return fieldErrorf("status", "is %d, want 400 to 499, or nothing for 403", d.Status)
	case d.ScimType != "" && !validScimType(d.ScimType):
		return fieldErrorf("scim_type", "is %s, want one of invalidFilter, tooMany, uniqueness, mutability, "+
			"invalidSyntax, invalidPath, noTarget, invalidValue, invalidVers, sensitive, or nothing", quote(d.ScimType))
	case d.Detail == "":
		return fieldErrorf("detail", "is missing; a deny needs a reason for the identity provider's administrator")
	}
	return nil
}

// validateChange checks the fields that change what an allowed write does.
func (d *Decision) validateChange(in *DecideInput) error {
	switch d.Lifecycle {
	case LifecycleDefault:
	case LifecycleDeactivate, LifecycleSuspend, LifecycleDelete, LifecycleNothing:
		if d.Verdict == Deny {
			return fieldErrorf("lifecycle", "has no meaning when the write is denied")
		}
	default:
		return fieldErrorf("lifecycle", `is %s, want "deactivate", "suspend", "delete", "nothing" or no such field`, quote(string(d.Lifecycle)))
	}
	if d.After == nil {
		return nil
	}
	switch {
	case d.Verdict == Deny:
		return fieldErrorf("after", "has no meaning when the write is denied")
	case in.Operation == OpDelete:
		return fieldErrorf("after", "has no meaning for a delete")
	case !isObject(d.After):
		return fieldErrorf("after", "is not a JSON object, want a whole SCIM resource")
	}
	return nil
}

// Validate checks o. It does not change o.
//
// # Errors
//
// The first problem found, a *FieldError.
func (o *MapOutput) Validate() error {
	if len(o.Requests) > MaxRequests {
		return fieldErrorf("requests", "has %d elements, want at most %d", len(o.Requests), MaxRequests)
	}
	for i := range o.Requests {
		if err := o.Requests[i].validate(fmt.Sprintf("requests[%d]", i)); err != nil {
			return err
		}
	}
	return nil
}

func (r *Request) validate(at string) error {
	switch r.Method {
	case "", "GET", "POST", "PUT", "PATCH", "DELETE":
	default:
		return fieldErrorf(at+".method", "is %s, want GET, POST, PUT, PATCH, DELETE or nothing for the route's own", quote(r.Method))
	}
	if r.Method == "GET" && r.Body != nil {
		return fieldErrorf(at+".body", "has no meaning for a GET")
	}
	if problem := pathProblem(r.Path); problem != "" {
		return fieldErrorf(at+".path", "%s", problem)
	}
	return nil
}

// pathProblem says why path could leave the application's base URL or mean
// different things to different readers; "" if it cannot.
func pathProblem(path string) string {
	switch {
	case path == "":
		return ""
	case path[0] != '/':
		return fmt.Sprintf(`is %s, want it to start with "/"`, quote(path))
	case len(path) > MaxPath:
		return fmt.Sprintf("has %d bytes, want at most %d", len(path), MaxPath)
	case strings.HasPrefix(path, "//"):
		return fmt.Sprintf(`is %s, want one "/" at its start`, quote(path))
	}
	for _, c := range []byte(path) {
		if c <= ' ' || c >= 0x7f || c == '\\' || c == '#' {
			return fmt.Sprintf("has the character %q, which must be percent-encoded", rune(c))
		}
	}
	route, _, _ := strings.Cut(path, "?")
	plain, err := url.PathUnescape(route)
	if err != nil {
		return fmt.Sprintf("is %s, which is not well percent-encoded", quote(path))
	}
	// The decoded path is split, because servers differ in whether %2F separates.
	for segment := range strings.SplitSeq(strings.ReplaceAll(plain, `\`, "/"), "/") {
		if segment == "." || segment == ".." {
			return fmt.Sprintf(`is %s, want no "." or ".." segment`, quote(path))
		}
	}
	return ""
}

// Validate checks d. It does not change d.
//
// # Errors
//
// The first problem found, a *FieldError.
func (d *Description) Validate() error {
	if d.Name == "" {
		return fieldErrorf("name", "is missing")
	}
	for i, hook := range d.Hooks {
		switch hook {
		case HookDecide, HookMap, HookImport, HookDescribe:
		default:
			return fieldErrorf(fmt.Sprintf("hooks[%d]", i), "is %s, want %s, %s, %s or %s",
				quote(hook), HookDecide, HookMap, HookImport, HookDescribe)
		}
	}
	for i, need := range d.Needs {
		if need != NeedCounts {
			return fieldErrorf(fmt.Sprintf("needs[%d]", i), "is %s, want %s", quote(need), NeedCounts)
		}
	}
	if d.Settings != nil && !isObject(d.Settings) {
		return fieldErrorf("settings", "is not a JSON object, want a JSON Schema")
	}
	return nil
}

// validScimType reports whether s is in RFC 7644 section 3.12, table 9.
func validScimType(s string) bool {
	switch s {
	case "invalidFilter", "tooMany", "uniqueness", "mutability", "invalidSyntax",
		"invalidPath", "noTarget", "invalidValue", "invalidVers", "sensitive":
		return true
	}
	return false
}

func quote(s string) string { return fmt.Sprintf("%q", CleanText(s, maxQuoted)) }
