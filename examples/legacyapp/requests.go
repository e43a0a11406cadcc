package legacyapp

import (
	"encoding/json"
	"net/http"
	"time"
)

// recordedHeaders are the headers that GET /requests shows. Authorization is not among them: a key is nobody's reading.
var recordedHeaders = []string{"Accept", "Content-Type", "Idempotency-Key", "User-Agent", "X-Request-Id"}

// maxRecordedBody bounds one remembered body, in bytes; a longer one is remembered cut, as text.
const maxRecordedBody = 16 << 10

// request is one request that reached the application.
type request struct {
	Number   int64             `json:"number"` // counts from 1 since the start or the last DELETE /requests
	Method   string            `json:"method"`
	Path     string            `json:"path"` // with the query
	Headers  map[string]string `json:"headers,omitempty"`
	Body     json.RawMessage   `json:"body,omitempty"` // as it came if it was JSON, else as a JSON text
	Status   int               `json:"status"`         // 0 while it runs, and when the connection was dropped
	Answered bool              `json:"answered"`       // false while it runs
	Time     time.Time         `json:"time"`           // of arrival
}

// requestLog is a bounded memory of requests; the oldest are forgotten first.
type requestLog struct {
	limit, byteLimit int

	entries []*request // a queue: entries[head:] are remembered
	head    int
	bytes   int
	count   int64
}

func (l *requestLog) add(r *http.Request, body []byte, now time.Time) *request {
	l.count++
	e := &request{Number: l.count, Method: r.Method, Path: r.URL.RequestURI(), Body: recordBody(body), Time: now.UTC()}
	for _, name := range recordedHeaders {
		if v := r.Header.Get(name); v != "" {
			if e.Headers == nil {
				e.Headers = make(map[string]string)
			}
			e.Headers[name] = v
		}
	}
	l.entries = append(l.entries, e)
	l.bytes += len(e.Body)
	for len(l.entries)-l.head > l.limit || (l.bytes > l.byteLimit && len(l.entries)-l.head > 1) {
		l.bytes -= len(l.entries[l.head].Body)
		l.entries[l.head] = nil
		l.head++
	}
	if l.head > len(l.entries)/2 { // keeps the queue's dead front smaller than what lives
		l.entries = append(l.entries[:0:0], l.entries[l.head:]...)
		l.head = 0
	}
	return e
}

func recordBody(body []byte) json.RawMessage {
	if len(body) == 0 {
		return nil
	}
	if len(body) <= maxRecordedBody && json.Valid(body) {
		return append(json.RawMessage(nil), body...)
	}
	asText, _ := json.Marshal(string(body[:min(len(body), maxRecordedBody)])) // a string always marshals
	return asText
}

func (a *App) listRequests(*http.Request, []byte) answer {
	list := make([]request, 0, len(a.log.entries)-a.log.head)
	for _, e := range a.log.entries[a.log.head:] {
		list = append(list, *e)
	}
	return answer{http.StatusOK, map[string]any{"requests": list, "total": a.log.count}}
}

func (a *App) resetRequests(*http.Request, []byte) answer {
	a.log = requestLog{limit: a.log.limit, byteLimit: a.log.byteLimit}
	return answer{status: http.StatusNoContent}
}
