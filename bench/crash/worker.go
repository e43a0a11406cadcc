package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"
)

// What one worker has.
const (
	usersEach  = 12
	groupsEach = 2
)

// worker is a client with users and groups of its own. It does one thing after the other.
type worker struct {
	client
	*harness
	rnd    *rand.Rand
	ctx    context.Context // ends the run
	no     int
	users  []*user
	groups []*group
}

func (h *harness) newWorker(ctx context.Context, no int) *worker {
	w := &worker{
		harness: h, ctx: ctx, no: no, rnd: h.random(100 + uint64(no)),
		client: client{base: h.scim, dialect: []string{"generic", "okta", "entra"}[no%3], http: newHTTP()},
	}
	for i := range usersEach {
		w.users = append(w.users, &user{no: fmt.Sprintf("w%d-u%d", no, i), in: map[*group]bool{}})
	}
	for i := range groupsEach {
		w.groups = append(w.groups, &group{no: fmt.Sprintf("w%d-g%d", no, i)})
	}
	return w
}

func (w *worker) pick(of ...string) string { return of[w.rnd.IntN(len(of))] }

// work changes things until the context ends.
func (w *worker) work(ctx context.Context) {
	for ctx.Err() == nil {
		u := w.users[w.rnd.IntN(len(w.users))]
		g := w.groups[w.rnd.IntN(len(w.groups))]
		if w.rnd.IntN(2) == 0 {
			g = w.shared[w.rnd.IntN(len(w.shared))]
		}
		switch n := w.rnd.IntN(20); {
		case n < 10:
			w.changeUser(u)
		case n < 15:
			w.changeMembers(g)
		case n < 17:
			if w.owns(g) {
				w.changeGroup(g)
			}
		case n < 19:
			w.checkUser(u)
		default:
			w.checkGroup(g)
		}
	}
}

// checkAll compares all that SCIM shows with what was acknowledged.
func (w *worker) checkAll() {
	for _, u := range w.users {
		w.checkUser(u)
	}
	for _, g := range w.groups {
		w.checkGroup(g)
	}
	for _, g := range w.shared {
		w.checkGroup(g)
	}
}

// write sends a change; known is false where nobody can say what came of it.
func (w *worker) write(name, method, path, body string) (r reply, known bool) {
	r, err := w.do(w.ctx, method, path, body)
	// 503 and 500 come from a process that is going down in order.
	known = err == nil && r.status != 500 && r.status != 503
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case !known:
		w.sum.unknown++
	case r.ok():
		w.sum.writes[name]++
	}
	return r, known
}

// read asks until somebody answers; false where the run has ended.
func (w *worker) read(path string) (reply, bool) {
	deadline := time.Now().Add(connectionTimeout)
	for w.ctx.Err() == nil {
		r, err := w.do(w.ctx, "GET", path, "")
		if err == nil && r.status != 500 && r.status != 503 {
			w.mu.Lock()
			w.sum.reads++
			w.mu.Unlock()
			return r, true
		}
		if time.Now().After(deadline) {
			w.fail("nobody has answered GET %s for %s: %v %v", path, connectionTimeout, r, err)
			break
		}
		w.pause(w.ctx, 20*time.Millisecond)
	}
	return reply{}, false
}

// refused says that a change was refused that nothing is wrong with.
func (w *worker) refused(name, method, path, body string, r reply) {
	w.fail("%s: %s %s as %s %s: %s", name, method, path, w.dialect, body, r)
}
