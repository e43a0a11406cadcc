package adapter_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
)

// A configuration may be taken apart once Close returns, so Close waits for the deliveries that run on it.
func TestCloseWaitsForDeliveries(t *testing.T) {
	t.Parallel()
	g := new(gate)
	s := adaptertest.Start(t, adaptertest.Options{Wrap: g.wrap, Configure: func(c *adapter.TenantConfig) { c.DeliveryWait = time.Nanosecond }})
	g.close("POST", "/members")
	s.Want(http.StatusCreated, "POST", "/Users", user("ann"))
	<-g.arrived
	soon, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if err := s.Generation.Close(soon); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("closed while a delivery is under way: %v", err)
	}
	close(g.open)
	if err := s.Generation.Close(context.Background()); err != nil {
		t.Error(err)
	}
}

// Closing what a reload has replaced is no reason to try everything again.
func TestOnlyANewConfigurationEndsPauses(t *testing.T) {
	t.Parallel()
	s, drain := patient(t, adaptertest.Options{})
	s.App("POST", "/faults", `{"status":503,"count":100}`)
	s.Want(http.StatusCreated, "POST", "/Users", user("ann"))
	if n := len(writes(s)); n != 1 {
		t.Fatalf("%d requests", n)
	}
	old := s.Generation
	s.Use(patiently())
	for len(writes(s)) < 2 {
	}
	if err := old.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	s.Want(http.StatusCreated, "POST", "/Users", user("bob"))
	if n := len(writes(s)); n != 3 {
		t.Errorf("%d requests, want one for each user and one after the reload: %v", n, writes(s))
	}
	drain(adaptertest.Options{})
}
