package main

import (
	"context"
	"math/rand/v2"
	"net/http"
	"os"
	"time"
)

// faults are how the application fails. What it is told to do it does, does not, or has done before it fails.
var faults = []struct{ name, body string }{
	{"500", `{"status":500,"count":3}`},
	{"503 for long", `{"status":503,"count":20}`},
	{"502 when done", `{"status":502,"count":3,"after":true}`},
	{"429", `{"status":429,"count":5,"retry_after":"1"}`},
	{"408", `{"status":408,"count":2}`},
	{"401", `{"status":401,"count":4}`},
	{"redirects", `{"status":302,"count":2}`},
	{"dropped", `{"status":0,"count":3}`},
	{"dropped when done", `{"status":0,"count":5,"after":true}`},
	{"all dropped when done", `{"status":0,"count":30,"after":true}`},
	{"slow", `{"delay_ms":150,"count":20}`},
	{"slow when done", `{"delay_ms":400,"count":5,"after":true}`},
	{"stalls", `{"delay_ms":60000,"count":3}`},
	{"stalls when done", `{"delay_ms":60000,"count":3,"after":true}`},
}

// breakApplication lets the application fail, questions go unanswered, and the application die, until the context ends.
func (h *harness) breakApplication(ctx context.Context) {
	rnd := h.random(2)
	blindness := h.random(3)
	for ctx.Err() == nil {
		h.pause(ctx, time.Duration(50+rnd.IntN(500))*time.Millisecond)
		switch n := rnd.IntN(20); {
		case n == 0:
			h.count("killed")
			if err := h.app.end(os.Kill); err != nil {
				h.fail("%v", err)
			}
			h.mu.Lock()
			h.sum.appKills++
			h.mu.Unlock()
			h.pause(ctx, time.Duration(rnd.IntN(800))*time.Millisecond)
			if err := h.app.start(context.WithoutCancel(ctx)); err != nil {
				h.fail("%v", err)
			}
		case n < 5:
			h.fault(ctx, http.MethodDelete, "")
			h.blind(nil)
		case n < 7:
			h.count("questions")
			h.blind(blindness)
		default:
			f := faults[rnd.IntN(len(faults))]
			h.count(f.name)
			h.fault(ctx, http.MethodPost, f.body)
		}
	}
}

func (h *harness) count(fault string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.sum.faults[fault]++
}

// fault tells the application how to fail, if it is there.
func (h *harness) fault(ctx context.Context, method, body string) {
	r, err := ask(ctx, h.http, method, h.legacy+"/faults", body)
	if err == nil && !r.ok() {
		h.fail("%s /faults %s: %s", method, body, r)
	}
}

// blind makes half of the questions fail; nil makes all work again.
func (h *harness) blind(rnd *rand.Rand) {
	h.gate.mu.Lock()
	defer h.gate.mu.Unlock()
	h.gate.blind = func() (int, bool) {
		if rnd == nil {
			return 0, false
		}
		return []int{0, 500, 429}[rnd.IntN(3)], rnd.IntN(2) == 0
	}
}
