package caddymodule

import (
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/internal/store"
)

// latest is the id that stands for a tenant's newest job of a kind.
const latest = "latest"

// jobStart is the body that starts a job.
type jobStart struct {
	// By is who asks. Required.
	By string `json:"by"`
	// DryRun only reports what the job would come to. Default: false.
	DryRun bool `json:"dry_run,omitempty"`
	// Options are the kind's own. Default: none.
	Options json.RawMessage `json:"options,omitempty"`
}

// jobView is what the admin API shows of a job: all but where it stands, which is the application's cursor.
type jobView struct {
	*store.Job
	Place struct{} `json:"place,omitzero"` // hides the job's own
}

// jobLine is one line of a job's progress: how it stands, or why nothing more can be said.
type jobLine struct {
	Job   *jobView `json:"job,omitempty"`
	Error string   `json:"error,omitempty"`
}

func viewOf(j *store.Job) *jobView { return &jobView{Job: j} }

// jobs serves a tenant's jobs of a kind, below the path that stands for the kind.
func (c *adminCall) jobs(kind store.JobKind, path []string, notFound error) error {
	switch {
	case len(path) == 0:
		return c.route(map[string]func() error{
			http.MethodGet:  func() error { return c.listJobs(kind) },
			http.MethodPost: func() error { return c.startJob(kind) },
		})
	case len(path) == 1:
		return c.route(map[string]func() error{http.MethodGet: func() error {
			j, err := c.job(kind, path[0])
			if err != nil {
				return err
			}
			return c.answer(http.StatusOK, viewOf(j))
		}})
	case len(path) == 2 && path[1] == "items":
		return c.route(map[string]func() error{http.MethodGet: func() error { return c.jobItems(kind, path[0]) }})
	case len(path) == 2 && path[1] == "progress":
		return c.route(map[string]func() error{http.MethodGet: func() error { return c.followJob(kind, path[0]) }})
	case len(path) == 2 && path[1] == "cancel":
		return c.route(map[string]func() error{http.MethodPost: func() error { return c.cancelJob(kind, path[0]) }})
	}
	return notFound
}

func (c *adminCall) listJobs(kind store.JobKind) error {
	list, err := c.tenant.Jobs(c.Context(), kind)
	if err != nil {
		return err
	}
	views := make([]*jobView, 0, len(list))
	for _, j := range list {
		views = append(views, viewOf(j))
	}
	return c.answer(http.StatusOK, map[string]any{"jobs": views})
}

func (c *adminCall) startJob(kind store.JobKind) error {
	var req jobStart
	if err := c.read(&req); err != nil {
		return err
	}
	if err := checkBy(req.By); err != nil {
		return err
	}
	var refused *adapter.JobRefusedError
	j, err := c.tenant.StartJob(c.Context(), kind, adapter.JobRequest{By: req.By, DryRun: req.DryRun, Options: req.Options})
	switch {
	case errors.Is(err, adapter.ErrJobRunning):
		return apiError(http.StatusConflict, "%w", err)
	case errors.As(err, &refused):
		return apiError(http.StatusBadRequest, "%w", err)
	case err != nil:
		return err
	}
	c.audit().Info("job started", "kind", string(kind), "job", j.ID, "dry_run", j.DryRun)
	return c.answer(http.StatusAccepted, viewOf(j))
}

func (c *adminCall) job(kind store.JobKind, id string) (*store.Job, error) {
	if id == latest {
		id = ""
	}
	j, err := c.tenant.Job(c.Context(), kind, id)
	if errors.Is(err, adapter.ErrNoJob) {
		if id == "" {
			return nil, apiError(http.StatusNotFound, "the tenant has had no %s yet", string(kind))
		}
		return nil, apiError(http.StatusNotFound, "the tenant has no %s %.80q", string(kind), id)
	}
	return j, err
}

func (c *adminCall) jobItems(kind store.JobKind, id string) error {
	j, err := c.job(kind, id)
	if err != nil {
		return err
	}
	items, err := c.tenant.JobItems(c.Context(), j.ID, c.URL.Query().Get("kind"))
	if err != nil {
		return err
	}
	if items == nil {
		items = []store.JobItem{}
	}
	return c.answer(http.StatusOK, map[string]any{"job": viewOf(j), "items": items})
}

func (c *adminCall) cancelJob(kind store.JobKind, id string) error {
	var req struct {
		By string `json:"by"`
	}
	if err := c.read(&req); err != nil {
		return err
	}
	if err := checkBy(req.By); err != nil {
		return err
	}
	j, err := c.job(kind, id)
	if err != nil {
		return err
	}
	j, err = c.tenant.CancelJob(c.Context(), kind, j.ID, req.By)
	if errors.Is(err, adapter.ErrJobEnded) {
		return apiError(http.StatusConflict, "%w", err)
	}
	if err != nil {
		return err
	}
	c.audit().Info("job cancelled", "kind", string(kind), "job", j.ID)
	return c.answer(http.StatusOK, viewOf(j))
}

// followJob answers with a line whenever the job has come on, the last of which says how it has ended.
func (c *adminCall) followJob(kind store.JobKind, id string) error {
	j, err := c.job(kind, id)
	if err != nil {
		return err
	}
	ctx, cancel := c.patient()
	defer cancel()
	lines := &lineWriter{w: c.w}
	err = c.tenant.FollowJob(ctx, kind, j.ID, func(j *store.Job) error {
		if now := time.Now(); !j.Running() || now.Sub(lines.last) >= progressPause {
			lines.last = now
			lines.write(jobLine{Job: viewOf(j)})
		}
		return nil
	})
	if err != nil && c.Context().Err() == nil {
		lines.write(jobLine{Error: errReplaced.Error()})
	}
	return nil
}
