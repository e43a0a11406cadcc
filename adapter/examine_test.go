package adapter_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/plugins"
	"github.com/caddy-scim/caddy-scim/plugins/golden"
)

// endless is a policy whose golden case ends when its fuel does.
func endless(t *testing.T) []byte {
	t.Helper()
	module, err := golden.Bundle(adaptertest.Module(map[string]string{"decide": adaptertest.Loop}),
		[]byte(`[{"name":"slow","hook":"decide","input":{"operation":"create","resource_type":"User","after":{}},"error":"fuel"}]`))
	if err != nil {
		t.Fatal(err)
	}
	return module
}

// An upload that takes long is in nobody's way: a step of a release's life, a reload and the end do not wait for it.
func TestNobodyWaitsForAnUpload(t *testing.T) {
	t.Parallel()
	host := plugins.New(plugins.Options{Fuel: 1 << 50, Deadline: time.Hour})
	t.Cleanup(func() { _ = host.Close(context.Background()) })
	opts := adaptertest.Options{Policies: host, Configure: func(c *adapter.TenantConfig) {
		c.Policies.Limits.Fuel, c.Policies.Limits.Deadline = 1<<50, time.Hour
	}}
	s := released(t, opts)
	a, b := push(t, s, allowing), push(t, s, denying)
	promote(t, s, a, 100)
	promote(t, s, b, 100)
	tenant, module := s.Tenant(), endless(t)
	pushing := func(ctx context.Context) <-chan error {
		ended := make(chan error, 1)
		go func() {
			_, _, err := tenant.PushPolicy(ctx, adapter.Upload{Module: module})
			ended <- err
		}()
		return ended
	}
	ctx, cancel := context.WithCancel(t.Context())
	first := pushing(ctx)
	for !tenant.Examining() {
		runtime.Gosched()
	}
	if _, err := tenant.RollbackPolicy(t.Context(), "ops"); err != nil {
		t.Fatal(err)
	}
	s.Use(opts)
	if !tenant.Examining() {
		t.Error("the upload has ended meanwhile")
	}
	// Another one waits for its turn, for as long as whoever hands it in does.
	waiting, leave := context.WithCancel(t.Context())
	second := pushing(waiting)
	leave()
	if err := <-second; !errors.Is(err, context.Canceled) {
		t.Errorf("the one that waited has ended with %v", err)
	}
	cancel()
	if err := <-first; !errors.Is(err, context.Canceled) {
		t.Errorf("the one that was examined has ended with %v", err)
	}
	last := pushing(t.Context())
	for !tenant.Examining() {
		runtime.Gosched()
	}
	s.Stop()
	if err := <-last; err == nil {
		t.Error("an upload has outlived the engine")
	}
}

// Golden cases may take so much fuel together.
func TestFuelOfGoldenCases(t *testing.T) {
	t.Parallel()
	cases, err := golden.ReadCases([]byte(`[
		{"name":"one","hook":"decide","input":{"operation":"create","resource_type":"User","after":{}},"want":{"verdict":"allow"}},
		{"name":"two","hook":"decide","input":{"operation":"create","resource_type":"User","after":{}},"want":{"verdict":"allow"}},
		{"name":"three","hook":"decide","input":{"operation":"create","resource_type":"User","after":{}},"want":{"verdict":"deny","status":403,"detail":"no"}}
	]`))
	if err != nil {
		t.Fatal(err)
	}
	run := func(context.Context, string, []byte) ([]byte, plugins.Usage, error) {
		return []byte(`{"verdict":"allow"}`), plugins.Usage{Fuel: 50}, nil
	}
	_, err = adapter.RunList(t.Context(), cases, run, 99)
	if err == nil || !strings.Contains(err.Error(), `"two", number 2 of 3`) || !strings.Contains(err.Error(), "99") {
		t.Errorf("too much fuel gives %v", err)
	}
	report, err := adapter.RunList(t.Context(), cases, run, 150)
	if err != nil || report.Passed != 2 || report.Failed != 1 || len(report.Results) != 3 || !strings.HasPrefix(report.Err().Error(), `1 of 3 golden cases failed; "three"`) {
		t.Errorf("the report is %+v, %v", report, err)
	}
}
