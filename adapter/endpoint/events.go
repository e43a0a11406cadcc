package endpoint

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/internal/event"
	"github.com/caddy-scim/caddy-scim/scim"
)

// What lies below /Events.
const (
	pollPath = "poll/"
	keysPath = "jwks.json"
)

// events serves what lies below /Events, RFC 9967: what came of an asynchronous request at /Events/{txn}, and streams
// at /Events/poll/{stream}. The keys are served to anybody, see public.
func (r *request) events(id string) error {
	stream, polls := strings.CutPrefix(id, pollPath)
	switch {
	case polls && stream != "" && !strings.Contains(stream, "/"):
		return r.poll(stream)
	case id == "" || strings.Contains(id, "/"):
		return scim.NotFound(id)
	case !r.reads():
		return r.notAllowed("GET, HEAD")
	}
	return r.completion(id)
}

// completion serves the event that says what came of an asynchronous request. As long as nobody knows that is 202.
func (r *request) completion(txn string) error {
	claims, err := r.tenant.Completion(r.Context(), txn, r.root, r.reach)
	if errors.Is(err, adapter.ErrUnfinished) {
		r.w.Header().Set("Retry-After", "1")
		r.writeUnfinished(txn)
		return nil
	}
	if err != nil {
		return err
	}
	r.w.Header().Set("Vary", "Accept")
	if wantsClaims(r.Header.Values("Accept")) {
		return r.send("application/json", claims)
	}
	set, err := r.tenant.SignEvent(r.Context(), claims)
	if err != nil {
		return err
	}
	return r.send(event.MediaType, []byte(set))
}

// wantsClaims reports whether a client asks for JSON and not for a signed token.
func wantsClaims(accept []string) bool {
	json := false
	for _, value := range accept {
		for part := range strings.SplitSeq(value, ",") {
			mediaType, _, _ := strings.Cut(part, ";")
			switch strings.ToLower(strings.TrimSpace(mediaType)) {
			case event.MediaType:
				return false
			case "application/json", scim.MediaType:
				json = true
			}
		}
	}
	return json
}

// send answers 200 with a body that is not SCIM's.
func (r *request) send(mediaType string, body []byte) error {
	h := r.w.Header()
	h.Set("Content-Type", mediaType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "no-store")
	}
	h.Set("X-Content-Type-Options", "nosniff")
	r.w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		_, _ = r.w.Write(body) // the client has gone; there is nobody to tell
	}
	return nil
}
