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

func (c *adminCall) listApprovals() error {
	all := false
	if value := c.URL.Query().Get("all"); value != "" {
		var err error
		if all, err = strconv.ParseBool(value); err != nil {
			return apiError(http.StatusBadRequest, "all: %.20q is neither true nor false", value)
		}
	}
	list, err := c.tenant.Approvals(c.Context(), all)
	if err != nil {
		return err
	}
	if list == nil {
		list = []*store.Approval{}
	}
	return c.answer(http.StatusOK, map[string]any{"approvals": list})
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

// Bounds of an answer, in bytes.
const (
	maxBy      = 256
	maxComment = 1000
)

func (c *adminCall) decide(id string, answer func(context.Context, adapter.Answer) (*store.Approval, error)) error {
	var req approvalAnswer
	if err := c.read(&req); err != nil {
		return err
	}
	switch {
	case req.By == "":
		return apiError(http.StatusBadRequest, "by: missing; it says who answers")
	case len(req.By) > maxBy || !utf8.ValidString(req.By):
		return apiError(http.StatusBadRequest, "by: longer than %d bytes or not UTF-8", maxBy)
	case len(req.Comment) > maxComment || !utf8.ValidString(req.Comment):
		return apiError(http.StatusBadRequest, "comment: longer than %d bytes or not UTF-8", maxComment)
	}
	approval, err := answer(c.Context(), adapter.Answer{ID: id, Version: req.Version, By: req.By, Comment: req.Comment})
	switch {
	case errors.Is(err, adapter.ErrNoApproval):
		return apiError(http.StatusNotFound, "the tenant has no approval %.80q", id)
	case errors.Is(err, adapter.ErrApprovalMoved), errors.Is(err, adapter.ErrApprovalDecided):
		return apiError(http.StatusConflict, "%w", err)
	case err != nil:
		return err
	}
	c.audit().Info("approval answered", "approval", id, "state", string(approval.State))
	return c.answer(http.StatusOK, approval)
}
