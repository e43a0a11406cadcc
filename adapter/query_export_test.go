package adapter

// Limit makes a query do less than queries may, so that tests need not fill a store to see what happens then.
func (q *Query) Limit(comparisons int) { q.budget = comparisons }
