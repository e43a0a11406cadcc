package caddymodule

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/caddy-scim/caddy-scim/adapter"
)

const ndjson = "application/x-ndjson"

// journal serves the provisioning log.
func (c *adminCall) journal(rest []string, notFound error) error {
	switch len(rest) {
	case 0:
		return c.route(map[string]func() error{http.MethodGet: c.readJournal, http.MethodPost: c.readJournal})
	case 1:
		return c.route(map[string]func() error{http.MethodGet: func() error { return c.readOperation(rest[0]) }})
	}
	return notFound
}

func (c *adminCall) readOperation(id string) error {
	rec, err := c.tenant.ReadOperation(c.Context(), id)
	if errors.Is(err, adapter.ErrNoOperation) {
		return apiError(http.StatusNotFound, "%w", err)
	}
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, rec)
}

// journalParams are the parameters of the journal.
var journalParams = []string{
	"user", "resource", "failed", "connection", "outcome", "since", "until", "limit", "after", "order", "wait", "format", "follow",
}

// journalBody adds the parameters that stand in the body. Caddy logs the URLs of its admin endpoint, and a name is not to be
// in a log.
func (c *adminCall) journalBody(given url.Values) error {
	var body map[string]any
	if err := c.read(&body); err != nil {
		return err
	}
	for name, value := range body {
		switch value.(type) {
		case string, bool, float64:
			given.Add(name, fmt.Sprint(value))
		default:
			return apiError(http.StatusBadRequest, "%.40s: is neither a text, a number, true nor false", name)
		}
	}
	return nil
}

// journalRequest is a request for the journal.
type journalRequest struct {
	adapter.JournalQuery
	wait   time.Duration
	follow bool
	stream bool
}

func (c *adminCall) journalRequest() (r journalRequest, err error) {
	given, err := url.ParseQuery(c.URL.RawQuery)
	if err != nil {
		return r, apiError(http.StatusBadRequest, "the query of the URL cannot be read")
	}
	if c.Method == http.MethodPost {
		if err := c.journalBody(given); err != nil {
			return r, err
		}
	}
	for name, values := range given {
		switch {
		case !slices.Contains(journalParams, name):
			return r, apiError(http.StatusBadRequest, "%.40q is no parameter of the journal; it has %s", name, strings.Join(journalParams, ", "))
		case len(values) > 1:
			return r, apiError(http.StatusBadRequest, "%s: is there twice", name)
		}
	}
	r.User, r.Resource, r.Connection, r.Outcome = given.Get("user"), given.Get("resource"), given.Get("connection"), given.Get("outcome")
	r.After = given.Get("after")
	r.stream = given.Get("format") == "ndjson" || given.Get("format") == "" && strings.Contains(c.Header.Get("Accept"), ndjson)
	problem := func(name, want string) error {
		return apiError(http.StatusBadRequest, "%s: %.40q is not %s", name, given.Get(name), want)
	}
	for name, to := range map[string]*bool{"failed": &r.Failed, "follow": &r.follow} {
		if value := given.Get(name); value != "" {
			if *to, err = strconv.ParseBool(value); err != nil {
				return r, problem(name, "true or false")
			}
		}
	}
	for name, to := range map[string]*time.Time{"since": &r.Since, "until": &r.Until} {
		if value := given.Get(name); value != "" {
			if *to, err = time.Parse(time.RFC3339, value); err != nil {
				return r, problem(name, "a time such as 2026-05-01T00:00:00Z")
			}
		}
	}
	if value := given.Get("limit"); value != "" {
		if r.Limit, err = strconv.Atoi(value); err != nil || r.Limit < 1 {
			return r, problem("limit", "a number from 1 to 1000")
		}
	}
	if value := given.Get("wait"); value != "" {
		if r.wait, err = time.ParseDuration(value); err != nil || r.wait < 0 || r.wait > maxLogWait {
			return r, problem("wait", "a duration from 0s to "+maxLogWait.String())
		}
	}
	switch format := given.Get("format"); {
	case format != "" && format != "ndjson" && format != "json":
		return r, problem("format", "json or ndjson")
	case r.follow && !r.stream:
		return r, apiError(http.StatusBadRequest, "follow: is for format=ndjson; a page takes wait")
	}
	switch order := given.Get("order"); order {
	case "":
		r.Newest, r.Changes = !r.stream && r.wait == 0, r.wait > 0 || r.follow
	case "newest":
		if r.Newest = true; r.stream || r.wait > 0 {
			return r, apiError(http.StatusBadRequest, "order: newest goes with neither ndjson nor wait")
		}
	case "oldest":
		if r.wait > 0 || r.follow {
			return r, apiError(http.StatusBadRequest, "order: what comes is in the order of changes")
		}
	case "changes":
		r.Changes = true
	default:
		return r, problem("order", "newest, oldest or changes")
	}
	return r, nil
}

func (c *adminCall) readJournal() error {
	r, err := c.journalRequest()
	if err != nil {
		return err
	}
	if r.stream {
		return c.streamJournal(r)
	}
	ctx, cancel := c.patient()
	defer cancel()
	page, err := c.journalPage(ctx, &r)
	if errors.Is(context.Cause(ctx), errReplaced) && err != nil { // the next configuration tells what there is
		page, err = adapter.JournalPage{Entries: []adapter.JournalEntry{}, Next: r.After, More: true, Latest: r.After}, nil
	}
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, page)
}

func (c *adminCall) journalPage(ctx context.Context, r *journalRequest) (page adapter.JournalPage, err error) {
	if r.Changes && !r.Newest {
		page, err = c.tenant.FollowJournal(ctx, r.JournalQuery, r.wait)
	} else {
		page, err = c.tenant.ReadJournal(ctx, r.JournalQuery)
	}
	if problem, ok := errors.AsType[*adapter.JournalQueryError](err); ok {
		return page, apiError(http.StatusBadRequest, "%w", problem)
	}
	return page, err
}

const (
	// streamPage is how many entries of a stream are read at once.
	streamPage = 500
	// streamPatience bounds how long a client may take to read what has been sent: who has gone away without a word must not
	// keep a configuration from ending.
	streamPatience = time.Minute
)

// streamJournal writes entries as lines of JSON, page by page.
func (c *adminCall) streamJournal(r journalRequest) error {
	ctx, cancel := c.patient()
	defer cancel()
	most := r.Limit // of all; 0 for no bound
	out := http.NewResponseController(c.w)
	begun := false
	for sent := 0; ; {
		if r.Limit = streamPage; most > 0 {
			r.Limit = min(streamPage, most-sent)
		}
		page, err := c.journalPage(ctx, &r)
		if err != nil && !begun {
			return err
		}
		if !begun {
			c.w.Header().Set("Content-Type", ndjson)
			c.w.WriteHeader(http.StatusOK)
			begun = true
		}
		_ = out.SetWriteDeadline(time.Now().Add(streamPatience)) // where there is none to be set there is none
		if err != nil {
			if cause := context.Cause(ctx); cause != nil {
				err = cause
			}
			_, _ = c.w.Write(errorLine(err))
			return nil
		}
		for i := range page.Entries {
			b, err := json.Marshal(&page.Entries[i])
			if err != nil {
				b = errorLine(err)
			}
			if _, err := c.w.Write(append(b, '\n')); err != nil {
				return nil // nobody is listening
			}
		}
		_ = out.Flush()
		sent += len(page.Entries)
		r.After = page.Next
		switch {
		case most > 0 && sent >= most, !page.More && !r.follow:
			return nil
		case r.follow && !page.More:
			r.wait = maxLogWait
		}
	}
}

// errorLine is the last line of a stream that cannot go on.
func errorLine(err error) []byte {
	b, failed := json.Marshal(map[string]string{"error": err.Error()})
	if failed != nil { // a text always marshals
		return []byte("{}\n")
	}
	return append(b, '\n')
}
