package caddymodule

import (
	"errors"
	"net/http"
	"strconv"
	"unicode/utf8"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/scim"
)

// deadLetters serves what is below deadletters.
func (c *adminCall) deadLetters(rest []string, notFound error) error {
	switch {
	case len(rest) == 0:
		return c.route(map[string]func() error{http.MethodGet: c.listDeadLetters})
	case len(rest) == 1 && rest[0] == "retry":
		return c.route(map[string]func() error{http.MethodPost: c.retryDeadLetters})
	case len(rest) == 1:
		return c.route(map[string]func() error{http.MethodGet: func() error {
			l, err := c.tenant.DeadLetter(c.Context(), rest[0])
			return c.answerLetter(rest[0], l, err)
		}})
	case len(rest) == 2 && rest[1] == "retry":
		return c.route(map[string]func() error{http.MethodPost: func() error { return c.retryDeadLetter(rest[0]) }})
	case len(rest) == 2 && rest[1] == "discard":
		return c.route(map[string]func() error{http.MethodPost: func() error { return c.discardDeadLetter(rest[0]) }})
	}
	return notFound
}

// deadLetterPage is a page of dead letters.
type deadLetterPage struct {
	DeadLetters []*store.DeadLetter `json:"dead_letters"`
	Next        string              `json:"next,omitempty"`
}

func (c *adminCall) listDeadLetters() error {
	query := c.URL.Query()
	f := adapter.LetterFilter{Action: query.Get("action")}
	var err error
	if value := query.Get("all"); value != "" {
		if f.All, err = strconv.ParseBool(value); err != nil {
			return apiError(http.StatusBadRequest, "all: %.20q is neither true nor false", value)
		}
	}
	if value := query.Get("status"); value != "" {
		if f.Status, err = strconv.Atoi(value); err != nil {
			return apiError(http.StatusBadRequest, "status: %.20q is not a status of HTTP", value)
		}
	}
	limit := 0
	if value := query.Get("limit"); value != "" {
		if limit, err = strconv.Atoi(value); err != nil || limit < 1 || limit > adapter.MaxLetters {
			return apiError(http.StatusBadRequest, "limit: %.20q is not 1 to %d", value, adapter.MaxLetters)
		}
	}
	list, next, err := c.tenant.DeadLetters(c.Context(), f, query.Get("after"), limit)
	if err != nil {
		return err
	}
	if list == nil {
		list = []*store.DeadLetter{}
	}
	return c.answer(http.StatusOK, deadLetterPage{DeadLetters: list, Next: next})
}

// letterAnswer is the body of a retry or a discard.
type letterAnswer struct {
	// By is who asks. Required.
	By string `json:"by"`
	// Reason says why it is discarded. Required to discard.
	Reason string `json:"reason,omitempty"`
	// Action, Status and After select what is retried of all.
	Action string `json:"action,omitempty"`
	Status int    `json:"status,omitempty"`
	After  string `json:"after,omitempty"`
}

func (c *adminCall) readLetterAnswer() (req letterAnswer, err error) {
	if err := c.read(&req); err != nil {
		return req, err
	}
	if len(req.Reason) > maxComment || !utf8.ValidString(req.Reason) {
		return req, apiError(http.StatusBadRequest, "reason: longer than %d bytes or not UTF-8", maxComment)
	}
	return req, checkBy(req.By)
}

func (c *adminCall) retryDeadLetter(id string) error {
	req, err := c.readLetterAnswer()
	if err != nil {
		return err
	}
	l, err := c.tenant.RetryLetter(c.Context(), id, req.By)
	if err == nil {
		c.audit().Info("dead letter retried", "letter", id)
	}
	return c.answerLetter(id, l, err)
}

func (c *adminCall) retryDeadLetters() error {
	req, err := c.readLetterAnswer()
	if err != nil {
		return err
	}
	report, err := c.tenant.RetryLetters(c.Context(), adapter.LetterFilter{Action: req.Action, Status: req.Status}, req.After, req.By)
	if err != nil {
		return c.letterError("", err)
	}
	c.audit().Info("dead letters retried", "retried", report.Retried, "superseded", report.Superseded, "failed", report.Failed)
	return c.answer(http.StatusOK, report)
}

func (c *adminCall) discardDeadLetter(id string) error {
	req, err := c.readLetterAnswer()
	if err != nil {
		return err
	}
	if req.Reason == "" {
		return apiError(http.StatusBadRequest, "reason: missing; it says why what failed is not wanted any more")
	}
	l, err := c.tenant.DiscardLetter(c.Context(), id, req.By, req.Reason)
	if err == nil {
		c.audit().Info("dead letter discarded", "letter", id)
	}
	return c.answerLetter(id, l, err)
}

func (c *adminCall) answerLetter(id string, l *store.DeadLetter, err error) error {
	if err != nil {
		return c.letterError(id, err)
	}
	return c.answer(http.StatusOK, l)
}

// letterError is the answer to what went wrong with a letter.
func (c *adminCall) letterError(id string, err error) error {
	var refused *scim.Error
	switch {
	case errors.Is(err, adapter.ErrNoLetter):
		return apiError(http.StatusNotFound, "the tenant has no dead letter %.80q", id)
	case errors.Is(err, adapter.ErrLetterClosed), errors.Is(err, adapter.ErrLetterHeld):
		return apiError(http.StatusConflict, "%w", err)
	case errors.As(err, &refused):
		return apiError(refused.Status, "the change is not let in again: %s", refused.Detail)
	}
	return err
}
