package limit

import "time"

// retryPolls is when to come back after TooIdle. It is longer than that of TooMany: the polls that are there get all events.
const retryPolls = 5 * time.Second

// Idle says that a request which was let in is a poll of a stream that waits from now on. It gives its place among the
// requests under way to others until it calls resume, which it must, once. Where too many polls of the stream wait it is
// refused, and is under way as before.
func (t *Tenant) Idle(stream string) (resume func(), r Refusal, ok bool) {
	if t == nil {
		return func() {}, Refusal{}, true
	}
	if !t.used.wait(stream, t.settings.Polls) {
		t.keeper.refused(t.name, TooIdle)
		return nil, Refusal{Reason: TooIdle, RetryAfter: retryPolls}, false
	}
	t.used.running.Add(-1)
	return func() {
		// Nobody who has waited is refused then, so for a moment a few more may be under way than are let in.
		t.used.running.Add(1)
		t.used.woken(stream)
	}, Refusal{}, true
}

// wait counts a poll that waits, where most, unless it is 0, is not reached.
func (u *used) wait(stream string, most int) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if most > 0 && u.polls[stream] >= most {
		return false
	}
	if u.polls == nil {
		u.polls = map[string]int{}
	}
	u.polls[stream]++
	return true
}

// woken undoes wait. A stream is remembered while a poll of it waits.
func (u *used) woken(stream string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.polls[stream]--; u.polls[stream] == 0 {
		delete(u.polls, stream)
	}
}
