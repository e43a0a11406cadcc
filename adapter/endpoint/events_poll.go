package endpoint

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/scim"
)

// pollRequest is the body of a poll, RFC 8936 section 2.2. Members that it has besides are passed over.
type pollRequest struct {
	MaxEvents         *int     `json:"maxEvents"`
	ReturnImmediately bool     `json:"returnImmediately"`
	Ack               []string `json:"ack"`
	SetErrs           map[string]struct {
		Err string `json:"err"`
	} `json:"setErrs"`
}

// maxAcks bounds how many events one poll may speak of.
const maxAcks = 10_000

// pollResponse is RFC 8936 section 2.3.
type pollResponse struct {
	Sets          map[string]string `json:"sets"`
	MoreAvailable bool              `json:"moreAvailable,omitempty"`
}

// poll serves a stream to its receiver, RFC 8936.
func (r *request) poll(stream string) error {
	if r.Method != http.MethodPost {
		return r.notAllowed(http.MethodPost)
	}
	ask, err := r.pollRequest()
	if err != nil {
		return err
	}
	ask.Idle = func() (resume func(), err error) { return r.idle(stream) }
	got, err := r.tenant.Poll(r.Context(), stream, ask)
	if errors.Is(err, adapter.ErrNoStream) {
		return &scim.Error{Status: http.StatusNotFound, Detail: "There is no stream " + scim.Quote(stream) + " that can be polled"}
	}
	if err != nil {
		return err
	}
	body, err := json.Marshal(pollResponse{Sets: got.Sets, MoreAvailable: got.More})
	if err != nil {
		return err
	}
	return r.send("application/json", body)
}

func (r *request) pollRequest() (ask adapter.Poll, err error) {
	body, err := r.body()
	if err != nil {
		return ask, err
	}
	var in pollRequest
	if err := json.Unmarshal(body, &in); err != nil {
		return ask, scim.BadRequest(scim.InvalidSyntax, "The body is not the JSON object of a poll (RFC 8936 section 2.2)")
	}
	if in.MaxEvents != nil && *in.MaxEvents < 0 {
		return ask, scim.BadRequest(scim.InvalidValue, "maxEvents must not be negative")
	}
	if len(in.Ack)+len(in.SetErrs) > maxAcks {
		return ask, scim.BadRequest(scim.TooMany, "A poll can speak of %d events at most", maxAcks)
	}
	ask = adapter.Poll{Max: -1, Wait: !in.ReturnImmediately, Until: closing(r.Context()), Ack: in.Ack}
	if in.MaxEvents != nil {
		ask.Max = *in.MaxEvents
	}
	if len(in.SetErrs) > 0 {
		ask.Errors = make(map[string]string, len(in.SetErrs))
		for id, e := range in.SetErrs {
			ask.Errors[id] = e.Err
		}
	}
	return ask, nil
}

type closingKey struct{}

// WithClosing returns a context for requests to a server that is about to close once done is closed. Polls that wait for
// an event end then, so that nobody waits for them.
func WithClosing(ctx context.Context, done <-chan struct{}) context.Context {
	return context.WithValue(ctx, closingKey{}, done)
}

func closing(ctx context.Context) <-chan struct{} {
	done, _ := ctx.Value(closingKey{}).(<-chan struct{})
	return done
}
