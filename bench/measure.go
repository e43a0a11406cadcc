package main

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"time"
)

// plan says how thoroughly to measure.
type plan struct {
	rounds int           // of each operation on each site
	time   time.Duration // that the requests of one round take together, roughly
}

// result is what became of one operation on one site.
type result struct {
	rounds []time.Duration // the median of each round
	median time.Duration   // of the rounds' medians
	p99    time.Duration   // of all requests
	allocs uint64          // of one request, the median of some
	bytes  uint64          // allocated, likewise
	cost   cost            // the least of those of some requests: the others have what goes on beside them
}

// probes is how many requests are made to find out what one allocates and what it does to the store; of those that take
// long, two.
const probes = 9

// measure makes an operation's requests on each of some sites, in rounds that take turns, so that whatever else the
// machine does meanwhile hits all of them alike.
func measure(ctx context.Context, sites []*site, index int, p plan) ([]result, error) {
	ops := make([]operation, len(sites))
	results := make([]result, len(sites))
	all := make([][]time.Duration, len(sites))
	made := make([]int, len(sites))
	for i, s := range sites {
		ops[i] = s.operations()[index]
		if err := s.tell(ops[i].told); err != nil {
			return nil, err
		}
		if err := results[i].probe(s, ops[i], &made[i]); err != nil {
			return nil, fmt.Errorf("%s, %d users: %w", ops[i].name, s.data.users, err)
		}
	}
	for range p.rounds {
		for i, s := range sites {
			took, err := round(ctx, ops[i], &made[i], p.time)
			if err != nil {
				return nil, fmt.Errorf("%s, %d users: %w", ops[i].name, s.data.users, err)
			}
			all[i] = append(all[i], took...)
			results[i].rounds = append(results[i].rounds, quantile(took, 0.5))
		}
	}
	for i := range results {
		results[i].median = quantile(results[i].rounds, 0.5)
		results[i].p99 = quantile(all[i], 0.99)
	}
	return results, nil
}

// round makes requests for some time, one at least, and returns how long each of them took.
func round(ctx context.Context, op operation, made *int, most time.Duration) ([]time.Duration, error) {
	runtime.GC() // the rubbish of the last round is not this one's
	var took []time.Duration
	for total := time.Duration(0); len(took) == 0 || len(took) < op.times || op.times == 0 && total < most; {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		begun := time.Now()
		w := op.do(*made)
		spent := time.Since(begun)
		if err := op.check(*made, w); err != nil {
			return nil, err
		}
		*made++
		total += spent
		took = append(took, spent)
	}
	return took, nil
}

// probe finds out what does not depend on time. Its requests warm the caches up, too.
func (r *result) probe(s *site, op operation, made *int) error {
	var allocs, size []uint64
	tries := probes
	if op.grows != "" {
		tries = 2
	}
	for i := range tries {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start := s.store.cost()
		w := op.do(*made)
		spent := s.store.cost().minus(start)
		runtime.ReadMemStats(&after)
		if err := op.check(*made, w); err != nil {
			return err
		}
		*made++
		allocs = append(allocs, after.Mallocs-before.Mallocs)
		size = append(size, after.TotalAlloc-before.TotalAlloc)
		if i == 0 {
			r.cost = spent
		}
		r.cost = cost{min(r.cost.Read, spent.Read), min(r.cost.Written, spent.Written)}
	}
	r.allocs, r.bytes = quantile(allocs, 0.5), quantile(size, 0.5)
	return nil
}

// quantile returns the value below which a part of the values lies.
func quantile[T time.Duration | uint64](values []T, part float64) T {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[min(int(part*float64(len(sorted))), len(sorted)-1)]
}
