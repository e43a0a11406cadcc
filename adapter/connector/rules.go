package connector

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// Verdict is what a Rule says of an answer.
type Verdict string

// The verdicts of rules.
const (
	// VerdictDone: the application has carried the call out.
	VerdictDone Verdict = "done"
	// VerdictAdopt: the account is there already and is to be looked up. For create alone.
	VerdictAdopt Verdict = "adopt"
	// VerdictRetry: try again later.
	VerdictRetry Verdict = "retry"
	// VerdictRefuse: the application says no for good.
	VerdictRefuse Verdict = "refuse"
	// VerdictGone: the application has no such account.
	VerdictGone Verdict = "gone"
)

// Verdicts are all that a rule can say.
var Verdicts = []Verdict{VerdictDone, VerdictAdopt, VerdictRetry, VerdictRefuse, VerdictGone}

const (
	// MaxRules bounds a list of rules.
	MaxRules = 50
	// maxPattern bounds Rule.Pattern, in bytes. Its matching takes time in proportion to the text, whatever it says.
	maxPattern = 500
	// maxMatched bounds the text that a rule looks at, in bytes.
	maxMatched = 64 << 10
)

// What a rule can look at beside the values of a JSON answer.
const (
	// AtBody is the whole answer as a text, whether it is JSON or not.
	AtBody = "@body"
	// AtLocation is the header Location, which applications redirect by that were made for browsers.
	AtLocation = "@location"
)

// Rule classifies an answer. The first rule that matches counts, before the defaults do. No rule is asked where there was
// no answer.
type Rule struct {
	// Status is a status such as "409", a class such as "4xx", or "any".
	Status string

	// Path, if not empty, is where in the answer to look: a gjson path, AtBody or AtLocation. Of Value and Pattern one
	// says what has to be there; neither means that anything does. Only the first 64 KiB of a text count.
	//
	// Where the answer cannot be read, being too large or cut off, a rule that has to look into it matches no success:
	// the outcome is a retry.
	Path    string
	Value   string // the text, number or boolean there
	Pattern string // a regular expression (RE2) that it matches somewhere

	// Verdict is what the answer means.
	Verdict Verdict

	// After is how long to wait before the next try, at least, with VerdictRetry; at most an hour.
	After time.Duration
}

// rule is a compiled Rule.
type rule struct {
	lowest, highest int // of the status
	path            string
	value           string
	pattern         *regexp.Regexp
	verdict         Verdict
	after           time.Duration
}

func compileRules(field string, given []Rule) ([]rule, error) {
	if len(given) > MaxRules {
		return nil, configErrorf(field, "has %d rules, want at most %d", len(given), MaxRules)
	}
	var rules []rule
	for i := range given {
		r, err := compileRule(fmt.Sprintf("%s[%d]", field, i), &given[i])
		if err != nil {
			return nil, err
		}
		rules = append(rules, r)
	}
	return rules, nil
}

func compileRule(field string, given *Rule) (r rule, err error) {
	r = rule{path: strings.TrimSpace(given.Path), value: given.Value, verdict: given.Verdict, after: given.After}
	if r.lowest, r.highest, err = statusRange(given.Status); err != nil {
		return r, configErrorf(field+".status", "%v", err)
	}
	switch {
	case !slices.Contains(Verdicts, r.verdict):
		return r, configErrorf(field+".verdict", "is %q, want one of %v", r.verdict, Verdicts)
	case r.path == "" && (given.Value != "" || given.Pattern != ""):
		return r, configErrorf(field+".path", "is missing; it says where to look for what is to be there")
	case given.Value != "" && given.Pattern != "":
		return r, configErrorf(field+".pattern", "stands beside a value; want one of them")
	case len(given.Pattern) > maxPattern:
		return r, configErrorf(field+".pattern", "has more than %d bytes", maxPattern)
	case r.after != 0 && r.verdict != VerdictRetry:
		return r, configErrorf(field+".after", "is for retry alone")
	case r.after < 0 || r.after > maxRetryAfter:
		return r, configErrorf(field+".after", "is %s, want at most %s", r.after, maxRetryAfter)
	}
	if given.Pattern != "" {
		if r.pattern, err = regexp.Compile(given.Pattern); err != nil {
			return r, configErrorf(field+".pattern", "%v", err)
		}
	}
	return r, nil
}

// statusRange reads what Rule.Status says.
func statusRange(text string) (lowest, highest int, err error) {
	if text == "any" {
		return 100, 999, nil
	}
	if class, ok := strings.CutSuffix(strings.ToLower(text), "xx"); ok && len(class) == 1 && class[0] >= '2' && class[0] <= '5' {
		lowest = int(class[0]-'0') * 100
		return lowest, lowest + 99, nil
	}
	if n, err := strconv.Atoi(text); err == nil && len(text) == 3 && n >= 200 && n <= 599 {
		return n, n, nil
	}
	return 0, 0, fmt.Errorf("is %q, want a status such as 409, a class such as 4xx, or any", text)
}

// misplaced says which rule, where it stands, could never count.
func misplaced(field string, rules []rule, never ...Verdict) error {
	for i := range rules {
		if slices.Contains(never, rules[i].verdict) {
			return configErrorf(fmt.Sprintf("%s[%d].verdict", field, i), "%s has no meaning here", rules[i].verdict)
		}
	}
	return nil
}

// ruling is what the rules say of an answer.
type ruling int

const (
	unruled    ruling = iota // nothing
	ruled                    // what the rule says
	unreadable               // a rule has to look into an answer that could not be read
)

// ruleOn returns the first rule that matches an answer. Those whose verdict is not among those that make sense here are
// passed over.
func ruleOn(rules []rule, ans *answered, sense func(Verdict) bool) (*rule, ruling) {
	for i := range rules {
		r := &rules[i]
		if ans.Status < r.lowest || ans.Status > r.highest || !sense(r.verdict) {
			continue
		}
		text, found := "", true
		switch r.path {
		case "":
			return r, ruled
		case AtLocation:
			text = ans.header.Get("Location")
			found = text != ""
		case AtBody:
			if ans.err != nil {
				return nil, unreadable
			}
			text = string(ans.body[:min(len(ans.body), maxMatched)])
		default:
			if ans.err != nil {
				return nil, unreadable
			}
			text, found = textAt(ans.body, r.path)
		}
		if found && r.fits(text) {
			return r, ruled
		}
	}
	return nil, unruled
}

// textAt returns what is at a path in an answer.
func textAt(body []byte, path string) (text string, found bool) {
	if !gjson.ValidBytes(body) {
		return "", false
	}
	v := gjson.GetBytes(body, path)
	if text = scalar(v); v.IsObject() || v.IsArray() {
		text = v.Raw
	}
	return text, v.Exists() && v.Type != gjson.Null
}

func (r *rule) fits(text string) bool {
	text = text[:min(len(text), maxMatched)]
	switch {
	case r.pattern != nil:
		return r.pattern.MatchString(text)
	case r.value != "":
		return text == r.value
	}
	return true
}

// makesSense returns which verdicts an answer to an action can have.
func makesSense(action abi.Action) func(Verdict) bool {
	return func(v Verdict) bool { return v != VerdictAdopt || action == abi.ActionCreate }
}

// kind is what a rule makes of an answer with a status.
func (r *rule) kind(action abi.Action, status int) (kind Kind, unknown, gone bool) {
	switch r.verdict {
	case VerdictDone:
		return Done, false, false
	case VerdictAdopt:
		return Conflict, false, false
	case VerdictRefuse:
		return Refused, false, false
	case VerdictGone:
		return kindOf(action, http.StatusNotFound)
	}
	// What is not a plain no may have been carried out.
	return Retry, status < 400 || status >= 500, false
}
