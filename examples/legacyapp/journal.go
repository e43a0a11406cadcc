package legacyapp

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"
)

// Open returns an application that begins with what the file holds, and writes to the file what changes from then on.
// A file that does not exist is created with mode 0600. The application must be the only one on the file. It survives
// that the process is killed, but does not wait for the disk: it is an example. Close lets go of the file.
//
// Kept are the requests that changed something; the next Open carries them out again. What GET /requests lists and
// POST /faults asked for is not kept.
//
// # Errors
//
// Those of the file, and one for a file that no application of this package has written.
func Open(opts Options, path string) (*App, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	a := New(opts)
	end, err := a.replay(file)
	if err == nil {
		err = file.Truncate(end) // a line that was cut off when the process died
	}
	if err == nil {
		_, err = file.Seek(end, io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), file.Close())
	}
	a.journal = &journal{file: file}
	return a, nil
}

// Close lets go of the file of Open; without one it does nothing. No request may run, or come after it.
func (a *App) Close() error {
	if a.journal == nil {
		return nil
	}
	return a.journal.file.Close()
}

// journal keeps what changed the application, a line each.
type journal struct {
	file *os.File
}

// entry is one request that changed something.
type entry struct {
	Method string          `json:"method"`
	Path   string          `json:"path"`
	Body   json.RawMessage `json:"body,omitempty"`
	Time   time.Time       `json:"time"`
}

// keep carries a request out and writes it down if it changed something. The application's lock is held.
func (a *App) keep(r *http.Request, body []byte, h handler) answer {
	if a.journal == nil || r.Method == http.MethodGet || r.Method == http.MethodHead {
		return h(r, body)
	}
	clock, now := a.opts.Now, a.opts.Now().UTC()
	a.opts.Now = func() time.Time { return now } // so that it comes out the same again
	ans := h(r, body)
	a.opts.Now = clock
	if ans.status >= http.StatusMultipleChoices {
		return ans
	}
	e := entry{Method: r.Method, Path: r.URL.RequestURI(), Time: now}
	if json.Valid(body) {
		e.Body = body
	}
	line, err := json.Marshal(e)
	if err == nil {
		_, err = a.journal.file.Write(append(line, '\n'))
	}
	if err != nil {
		return problem(http.StatusInternalServerError, "the change could not be written down")
	}
	return ans
}

// replay carries out what a journal holds, and returns where its last whole line ends.
func (a *App) replay(file io.Reader) (end int64, err error) {
	clock := a.opts.Now
	defer func() {
		a.opts.Now = clock
		a.log = requestLog{limit: a.log.limit, byteLimit: a.log.byteLimit}
	}()
	lines := bufio.NewReader(file)
	for n := 1; ; n++ {
		line, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return end, nil
		}
		if err != nil {
			return 0, err
		}
		var e entry
		if err := json.Unmarshal(line, &e); err != nil {
			return 0, fmt.Errorf("line %d: %w", n, err)
		}
		a.opts.Now = func() time.Time { return e.Time }
		if err := a.repeat(e); err != nil {
			return 0, fmt.Errorf("line %d: %w", n, err)
		}
		end += int64(len(line))
	}
}

func (a *App) repeat(e entry) error {
	r, err := http.NewRequest(e.Method, e.Path, bytes.NewReader(e.Body)) //nolint:noctx // nothing is sent
	if err != nil {
		return err
	}
	r.RequestURI = e.Path
	if a.opts.Key != "" {
		r.Header.Set("Authorization", "Bearer "+a.opts.Key)
	}
	w := &verdict{header: http.Header{}}
	a.ServeHTTP(w, r)
	if w.status >= http.StatusMultipleChoices {
		return fmt.Errorf("the request is now answered %d: %s", w.status, bytes.TrimSpace(w.body))
	}
	return nil
}

// verdict takes the answer to a request that is repeated.
type verdict struct {
	header http.Header
	status int
	body   []byte
}

// Header implements http.ResponseWriter.
func (v *verdict) Header() http.Header { return v.header }

// WriteHeader implements http.ResponseWriter.
func (v *verdict) WriteHeader(status int) { v.status = status }

// Write implements http.ResponseWriter.
func (v *verdict) Write(b []byte) (int, error) {
	v.body = append(v.body, b...)
	return len(b), nil
}

var _ http.ResponseWriter = (*verdict)(nil)
