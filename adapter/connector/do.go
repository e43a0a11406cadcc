package connector

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// maxLegacyID bounds an account's id, in bytes.
const maxLegacyID = 256

// Do carries a call out: it sends its requests in order, stops at the first that is not Done, and tells what came of
// it. It never panics and never retries. All requests are checked before the first is sent.
func (c *Connector) Do(ctx context.Context, call Call) Outcome {
	requests, err := c.render(&call)
	if err != nil {
		return Outcome{Kind: Refused, Detail: abi.CleanText(err.Error(), maxDetail), Err: err, Split: len(call.Members) > 1 && call.Action != abi.ActionSetMembers && aboutOne(err)}
	}
	out := Outcome{Kind: Done}
	idPath := ""
	for i := range requests {
		p := &requests[i]
		if p.late != nil {
			call.LegacyID = out.LegacyID
			if err := c.address(p, &call); err != nil {
				// What came before is done and has told no id, or one that cannot stand in a path.
				out.Kind, out.Unknown, out.Err = Retry, true, err
				out.Detail = abi.CleanText(err.Error(), maxDetail)
				return out
			}
		}
		p.entry = call.entry()
		ans := c.exchange(ctx, p, numbered(call.IdempotencyKey, i))
		if !ans.held {
			out.Exchanges = append(out.Exchanges, ans.Exchange)
		}
		gone := c.judge(&out, &call, p, &ans)
		if p.id != "" {
			idPath = p.id
		}
		if out.Kind == Done && p.id != "" && out.LegacyID == "" {
			out.LegacyID = idAt(ans.body, p.id)
		}
		if gone && i < len(requests)-1 {
			return out // a rule says that there is nobody to go on with
		}
		if out.Kind != Done {
			// What earlier requests of this call did is done; sending all of them again may do it twice.
			out.Unknown = out.Unknown || i > 0
			return out
		}
	}
	if call.Action == abi.ActionCreate && idPath != "" && out.LegacyID == "" {
		// The account exists and nobody knows its id: a lookup has to tell.
		out.Kind, out.Unknown = Retry, true
		out.Detail = "the application's answer has no usable account id at " + strconv.Quote(idPath)
	}
	return out
}

// numbered returns the idempotency key of the i-th request, counted from 0.
func numbered(key string, i int) string {
	if key == "" || i == 0 {
		return key
	}
	return key + "-" + strconv.Itoa(i+1)
}

// judge sets what the answer says. gone means that a rule says that the account is not there.
func (c *Connector) judge(out *Outcome, call *Call, p *prepared, ans *answered) (gone bool) {
	out.Status, out.RetryAfter, out.Err = ans.Status, 0, ans.err
	if ans.Status == 0 {
		out.Kind, out.Unknown, out.Gone, out.Detail = Retry, ans.sent, false, ans.detail
		return false
	}
	by, how := ruleOn(p.rules, ans, makesSense(call.Action))
	switch how {
	case ruled:
		out.Kind, out.Unknown, out.Gone = by.kind(call.Action, ans.Status)
		gone = by.verdict == VerdictGone
	case unreadable:
		out.Kind, out.Unknown, out.Gone = Retry, true, false
	default:
		out.Kind, out.Unknown, out.Gone = kindOf(call.Action, ans.Status)
	}
	if len(call.Members) > 1 && call.Action != abi.ActionSetMembers {
		if out.Kind == Done && (out.Gone || by == nil && ans.Status >= 400) {
			out.Kind = Refused // it is done for one of them, and nobody knows for whom
		}
		out.Split = out.Kind == Refused
	}
	if out.Kind == Conflict && out.LegacyID != "" {
		out.Kind = Refused // not the account is in the way, it has just been made
	}
	if out.Kind == Done {
		return gone
	}
	if out.Kind == Retry {
		out.RetryAfter = retryAfter(ans.header, c.now())
		if by != nil {
			out.RetryAfter = max(out.RetryAfter, by.after)
		}
	}
	if out.Detail = c.describe(ans); how == unreadable {
		out.Detail = errUnreadable.Error()
	}
	return gone
}

var errUnreadable = errors.New("the application's answer could not be read, and a rule goes by what it says")

// describe returns the line for people about an answer that is not 2xx.
func (c *Connector) describe(ans *answered) string {
	said := errorText(ans.header, c.hide(ans.body))
	status := strconv.Itoa(ans.Status)
	switch {
	case ans.Status < 300 && said != "":
		return said
	case ans.Status >= 300 && ans.Status < 400:
		return "the application answered " + status + ", a redirect, which is not followed"
	case ans.Status == http.StatusUnauthorized || ans.Status == http.StatusProxyAuthRequired:
		text := "the application does not accept the connector's credentials (" + status + ")"
		if said != "" {
			text += ": " + said
		}
		return abi.CleanText(text, maxDetail)
	case said != "":
		return said
	default:
		return strings.TrimSpace("the application answered " + status + " " + http.StatusText(ans.Status))
	}
}

// idAt returns the account's id in an answer, "" if there is none that is usable.
func idAt(body []byte, path string) string {
	if len(body) == 0 || !gjson.ValidBytes(body) {
		return ""
	}
	return usableID(gjson.GetBytes(body, path))
}

// usableID is the account's id at v, "" if it is none that later calls could name the account by.
func usableID(v gjson.Result) string {
	var id string
	switch v.Type {
	case gjson.String:
		id = v.Str
	case gjson.Number:
		id = v.Raw // all its digits
	}
	if !UsableID(id) {
		return ""
	}
	return id
}

// UsableID reports whether calls can name an account by an id.
func UsableID(id string) bool {
	return id != "" && len(id) <= maxLegacyID && checkText(id) == nil && checkSegment(url.PathEscape(id)) == nil
}
