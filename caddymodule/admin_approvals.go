package caddymodule

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"unicode/utf8"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/internal/store"
)

// approvals serves what is at approvals and release; rest begins with one of these.
func (c *adminCall) approvals(rest []string, notFound error) error {
	switch {
	case rest[0] == "release" && len(rest) == 1:
		return c.route(map[string]func() error{http.MethodGet: c.showLimit, http.MethodPost: c.release})
	case rest[0] == "release" || len(rest) > 3:
		return notFound
	case len(rest) == 1:
		return c.route(map[string]func() error{http.MethodGet: c.listApprovals})
	case len(rest) == 2:
		return c.route(map[string]func() error{http.MethodGet: func() error { return c.showApproval(rest[1]) }})
	case rest[2] == "approve":
		return c.route(map[string]func() error{http.MethodPost: func() error { return c.decide(rest[1], c.tenant.Approve) }})
	case rest[2] == "reject":
		return c.route(map[string]func() error{http.MethodPost: func() error { return c.decide(rest[1], c.tenant.Reject) }})
	}
	return notFound
}

// approvalList is one page of approvals.
type approvalList struct {
	Approvals []*store.Approval `json:"approvals"`
	Next      string            `json:"next,omitempty"` // what the next page begins after; absent with the last
}

func (c *adminCall) listApprovals() error {
	values := c.URL.Query()
	q := adapter.ApprovalQuery{After: values.Get("after")}
	for name, to := range map[string]*bool{"all": &q.All, "limited": &q.Limited} {
		value := values.Get(name)
		if value == "" {
			continue
		}
		var err error
		if *to, err = strconv.ParseBool(value); err != nil {
			return apiError(http.StatusBadRequest, "%s: %.20q is neither true nor false", name, value)
		}
	}
	if q.All && q.Limited {
		return apiError(http.StatusBadRequest, "limited: of those that have an answer nobody knows; leave out all")
	}
	if value := values.Get("limit"); value != "" {
		var err error
		if q.Limit, err = strconv.Atoi(value); err != nil || q.Limit < 1 || q.Limit > adapter.MaxApprovals {
			return apiError(http.StatusBadRequest, "limit: %.20q is not a number from 1 to %d", value, adapter.MaxApprovals)
		}
	}
	list, next, err := c.tenant.ListApprovals(c.Context(), q)
	if err != nil {
		return err
	}
	out := approvalList{Approvals: make([]*store.Approval, 0, len(list)), Next: next}
	for _, a := range list {
		out.Approvals = append(out.Approvals, c.tenant.Conceal(a))
	}
	return c.answer(http.StatusOK, out)
}

// approvalView is one approval with what an approver has to know.
type approvalView struct {
	*store.Approval
	Differences []adapter.Difference `json:"differences"`
	Needed      int                  `json:"needed"` // how many persons have to approve it
}

func (c *adminCall) showApproval(id string) error {
	a, err := c.tenant.Approval(c.Context(), id)
	if err != nil {
		return approvalError(err, id)
	}
	view := approvalView{Approval: c.tenant.Conceal(a), Differences: c.tenant.Differences(a), Needed: c.tenant.Approvers()}
	if view.Differences == nil {
		view.Differences = []adapter.Difference{}
	}
	return c.answer(http.StatusOK, view)
}

// approvalAnswer is the body of an approval or a rejection.
type approvalAnswer struct {
	// Version is the version that the approver looked at. Default: the one that waits.
	Version uint64 `json:"version"`
	// By is who answers. Required.
	By string `json:"by"`
	// Comment is kept with the answer; of a rejection it is told to the identity provider.
	Comment string `json:"comment"`
}

// maxComment bounds an answer's comment, in bytes.
const maxComment = 1000

// checkAnswer refuses an answer without a name, and words that are too long.
func checkAnswer(by, comment string) error {
	if len(comment) > maxComment || !utf8.ValidString(comment) {
		return apiError(http.StatusBadRequest, "comment: longer than %d bytes or not UTF-8", maxComment)
	}
	return checkBy(by)
}

func (c *adminCall) decide(id string, answer func(context.Context, adapter.Answer) (*store.Approval, error)) error {
	var req approvalAnswer
	if err := c.read(&req); err != nil {
		return err
	}
	if err := checkAnswer(req.By, req.Comment); err != nil {
		return err
	}
	approval, err := answer(c.Context(), adapter.Answer{ID: id, Version: req.Version, By: req.By, Comment: req.Comment})
	if err != nil {
		return approvalError(err, id)
	}
	c.audit().Info("approval answered", "approval", id, "state", string(approval.State))
	return c.answer(http.StatusOK, approvalView{
		Approval: c.tenant.Conceal(approval), Differences: c.tenant.Differences(approval), Needed: c.tenant.Approvers(),
	})
}

func approvalError(err error, id string) error {
	switch {
	case errors.Is(err, adapter.ErrNoApproval):
		return apiError(http.StatusNotFound, "the tenant has no approval %.80q", id)
	case errors.Is(err, adapter.ErrFourEyes):
		return apiError(http.StatusForbidden, "%w", err)
	case errors.Is(err, adapter.ErrApprovalMoved), errors.Is(err, adapter.ErrApprovalDecided):
		return apiError(http.StatusConflict, "%w", err)
	}
	return err
}

func (c *adminCall) showLimit() error {
	state, err := c.tenant.LimitState(c.Context())
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, state)
}

// releaseAnswer is the body of a release.
type releaseAnswer struct {
	// By is who answers. Required.
	By string `json:"by"`
	// Comment is kept with the answers; of a discard it is told to the identity provider.
	Comment string `json:"comment,omitempty"`
	// Discard takes the changes back, so that the people stay. Default: false; they are let through.
	Discard bool `json:"discard,omitempty"`
	// DryRun only counts. Default: false.
	DryRun bool `json:"dry_run,omitempty"`
}

// releaseLine is one line of the answer to a release. Each has one of progress, Released and Error.
type releaseLine struct {
	Done     *int              `json:"done,omitempty"`
	Total    *int              `json:"total,omitempty"`
	Released *adapter.Released `json:"released,omitempty"`
	Error    string            `json:"error,omitempty"`
}

func (c *adminCall) release() error {
	var req releaseAnswer
	if err := c.read(&req); err != nil {
		return err
	}
	if err := checkAnswer(req.By, req.Comment); err != nil {
		return err
	}
	ctx, cancel := c.patient()
	defer cancel()
	lines := &lineWriter{w: c.w}
	released, err := c.tenant.Release(ctx, adapter.Release{By: req.By, Comment: req.Comment, Discard: req.Discard, DryRun: req.DryRun}, lines.progress)
	if released.Done > 0 {
		c.audit().Info("deprovision limit answered", "discard", req.Discard, "waited", released.Waiting, "done", released.Done)
	}
	if cause := context.Cause(ctx); err != nil && errors.Is(cause, errReplaced) {
		err = apiError(http.StatusServiceUnavailable, "%w", cause)
	}
	switch {
	case err != nil && !lines.begun:
		return err
	case err != nil:
		lines.write(releaseLine{Error: err.Error()})
		return nil
	}
	lines.write(releaseLine{Released: &released})
	return nil
}
