package legacyapp

// maxAnswers bounds the remembered answers; the oldest are forgotten first.
const maxAnswers = 10_000

// answerCache remembers first answers by idempotency key. The zero value is ready.
type answerCache struct {
	byKey map[string]answer
	order []string // a ring once it is full
	next  int
}

func (c *answerCache) get(key string) (answer, bool) {
	ans, ok := c.byKey[key]
	return ans, ok
}

func (c *answerCache) put(key string, ans answer) {
	if c.byKey == nil {
		c.byKey = make(map[string]answer)
	}
	if len(c.order) < maxAnswers {
		c.order = append(c.order, key)
	} else {
		delete(c.byKey, c.order[c.next])
		c.order[c.next] = key
		c.next = (c.next + 1) % maxAnswers
	}
	c.byKey[key] = ans
}
