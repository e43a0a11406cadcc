package bulk

import (
	"container/heap"
	"net/http"
	"slices"
	"strings"

	"github.com/caddy-scim/caddy-scim/scim"
)

// Tie is how firmly a reference binds the resource that has it to the one that it names.
type Tie uint8

const (
	// Deferrable references can be set once the resource is there.
	Deferrable Tie = iota
	// Fixed references must be there from the beginning.
	Fixed
	// Ignored references mean nothing to the service provider, as those in a readOnly attribute.
	Ignored
)

// Step is one thing to do.
type Step struct {
	// Op is the index of the operation.
	Op int
	// Complete is false for the operation itself, and true for the PATCH that sets what was put off; see
	// Request.Completion.
	Complete bool
}

// Plan puts the operations into an order in which each comes after the POSTs that it refers to and after those before it
// for the same resource, and is otherwise as near to the request's as can be: RFC 7644 §3.7 wants the result to be that
// of the request's order. tie tells of an attribute in a POST to an endpoint how firm it is.
//
// References in a circle are resolved by leaving one out of a POST and setting it later (RFC 7644 §3.7.1). The POSTs of
// a circle in which none can be left out get a 409 for their Err. Every operation has its step, also one with an Err.
func (r *Request) Plan(tie func(endpoint string, at Attribute) Tie) []Step {
	p := planner{req: r, nodes: make([]node, len(r.Operations))}
	for i := range r.Operations {
		op := &r.Operations[i]
		for j := range op.references {
			if op.Method == http.MethodPost {
				op.references[j].tie = tie(op.Endpoint, op.references[j].at)
			}
		}
	}
	p.refuseCircles()
	p.connect()
	return p.order()
}

type planner struct {
	req   *Request
	nodes []node
	ready indexHeap
	steps []Step
	from  int // no POST before it is left
	round int
}

// node is what the planner knows of one operation.
type node struct {
	needs    []need // the references, the firm ones first
	first    int    // those before it hold nothing up any more
	waits    int    // for how much the operation waits that has not happened
	made     []wait // who waits for the resource to be made
	settled  []int  // who waits for everything about the operation to be done
	put      bool   // its step is in the plan
	deferred bool   // it needs a second step
	pending  int    // how many references the second step waits for
	done     bool   // made, and nothing is pending
	round    int    // when breakCircle was here
}

// need is a reference that something has to be made for.
type need struct {
	reference
	open bool // it is not made yet
	cut  bool // the operation does not wait for it
}

// wait is a reference as its target sees it: which of an operation's needs.
type wait struct{ op, need int }

// refuseCircles finds the circles that cannot be broken: the strongly connected parts of the graph of firm references.
func (p *planner) refuseCircles() {
	s := circles{ops: p.req.Operations, index: make([]int, len(p.nodes)), low: make([]int, len(p.nodes)), on: make([]bool, len(p.nodes))}
	for i := range s.ops {
		if s.index[i] == 0 {
			s.visit(i)
		}
	}
	for _, circle := range s.found {
		names := make([]string, 0, len(circle))
		for _, i := range circle {
			if len(names) < maxNamed {
				names = append(names, scim.Quote(s.ops[i].BulkID))
			}
		}
		for _, i := range circle {
			s.ops[i].Err = &scim.Error{
				Status: http.StatusConflict,
				Detail: "The operations with these bulkIds refer to each other in a circle that cannot be resolved: " + strings.Join(names, ", "),
			}
		}
	}
}

// maxNamed is how many operations of a circle an error names.
const maxNamed = 5

// circles is Tarjan's algorithm.
type circles struct {
	ops        []Operation
	index, low []int
	on         []bool
	stack      []int
	next       int
	found      [][]int
}

func (s *circles) visit(i int) {
	s.next++
	s.index[i], s.low[i] = s.next, s.next
	s.stack = append(s.stack, i)
	s.on[i] = true
	self := false
	for _, ref := range s.firm(i) {
		switch to := ref.post; {
		case to == i:
			self = true
		case s.index[to] == 0:
			s.visit(to)
			s.low[i] = min(s.low[i], s.low[to])
		case s.on[to]:
			s.low[i] = min(s.low[i], s.index[to])
		}
	}
	if s.low[i] != s.index[i] {
		return
	}
	at := slices.Index(s.stack, i)
	part := slices.Clone(s.stack[at:])
	s.stack = s.stack[:at]
	for _, j := range part {
		s.on[j] = false
	}
	if len(part) > 1 || self {
		slices.Sort(part)
		s.found = append(s.found, part)
	}
}

// firm lists the references of a POST that must be there from the beginning.
func (s *circles) firm(i int) []reference {
	op := &s.ops[i]
	if op.Err != nil || op.Method != http.MethodPost {
		return nil
	}
	var out []reference
	for _, ref := range op.references {
		if ref.tie == Fixed {
			out = append(out, ref)
		}
	}
	return out
}

// connect writes down who waits for whom.
func (p *planner) connect() {
	last := map[string]int{} // the last operation so far for a resource
	for i := range p.nodes {
		op, n := &p.req.Operations[i], &p.nodes[i]
		if op.Err != nil {
			continue // its step only says so
		}
		for _, firm := range []bool{true, false} {
			for _, ref := range op.references {
				if isFirm := ref.tie == Fixed || op.Method != http.MethodPost; ref.tie != Ignored && isFirm == firm {
					p.nodes[ref.post].made = append(p.nodes[ref.post].made, wait{i, len(n.needs)})
					n.needs = append(n.needs, need{reference: ref, open: true})
					n.waits++
				}
			}
		}
		if op.target != none {
			p.nodes[op.target].settled = append(p.nodes[op.target].settled, i)
			n.waits++
		}
		if op.Method == http.MethodPost {
			continue
		}
		resource := strings.ToLower(op.Endpoint) + "/" + op.ID
		if before, ok := last[resource]; ok {
			p.nodes[before].settled = append(p.nodes[before].settled, i)
			n.waits++
		}
		last[resource] = i
	}
}

func (p *planner) order() []Step {
	p.steps = make([]Step, 0, len(p.nodes))
	for i := range p.nodes {
		if p.nodes[i].waits == 0 {
			p.ready = append(p.ready, i) // ascending is a heap
		}
	}
	for put := 0; put < len(p.nodes); {
		if len(p.ready) == 0 {
			p.breakCircle()
			continue
		}
		i, _ := heap.Pop(&p.ready).(int)
		p.put(i)
		put++
	}
	return p.steps
}

// put appends an operation's step, and what it makes possible at once.
func (p *planner) put(i int) {
	p.steps = append(p.steps, Step{Op: i})
	n := &p.nodes[i]
	n.put = true
	if n.pending == 0 {
		n.deferred, p.req.Operations[i].deferred = false, nil // what was put off is there already
	}
	for _, w := range n.made {
		other := &p.nodes[w.op]
		need := &other.needs[w.need]
		if need.open = false; need.cut {
			other.pending--
			p.settle(w.op)
		} else {
			p.release(w.op)
		}
	}
	p.settle(i)
}

func (p *planner) release(i int) {
	n := &p.nodes[i]
	if n.waits--; n.waits == 0 {
		heap.Push(&p.ready, i)
	}
}

// settle notices that an operation is done with, and appends the step that completes it where one is needed.
func (p *planner) settle(i int) {
	n := &p.nodes[i]
	if !n.put || n.done || n.pending > 0 {
		return
	}
	n.done = true
	if n.deferred {
		p.steps = append(p.steps, Step{Op: i, Complete: true})
	}
	for _, j := range n.settled {
		p.release(j)
	}
}

// breakCircle puts off one attribute of one operation. It is called when every operation that is left waits. A POST waits
// for POSTs alone, so whoever goes from one to another that it waits for comes round in the end; and in every circle is a
// reference that can be put off, since the others were refused.
func (p *planner) breakCircle() {
	for p.nodes[p.from].put || p.req.Operations[p.from].Method != http.MethodPost {
		p.from++
	}
	p.round++
	at := p.from
	for p.nodes[at].round != p.round {
		p.nodes[at].round = p.round
		at = p.obstacle(at).post
	}
	begin, victim := at, none
	for ok := true; ok; ok = at != begin {
		o := p.obstacle(at)
		if o.tie == Deferrable && (victim == none || at < victim) {
			victim = at
		}
		at = o.post
	}
	n, op := &p.nodes[victim], &p.req.Operations[victim]
	off := p.obstacle(victim).at
	n.deferred = true
	op.deferred = append(op.deferred, off)
	for i := range n.needs {
		if need := &n.needs[i]; need.at == off && need.open {
			need.cut = true
			n.pending++
			p.release(victim)
		}
	}
}

// obstacle is the first of the references that a POST which is left waits for.
func (p *planner) obstacle(i int) *need {
	n := &p.nodes[i]
	for !n.needs[n.first].open || n.needs[n.first].cut {
		n.first++
	}
	return &n.needs[n.first]
}

// indexHeap gives the operation that comes first in the request.
type indexHeap []int

func (h indexHeap) Len() int           { return len(h) }
func (h indexHeap) Less(i, j int) bool { return h[i] < h[j] }
func (h indexHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }

// Push implements heap.Interface.
func (h *indexHeap) Push(x any) {
	if i, ok := x.(int); ok {
		*h = append(*h, i)
	}
}

// Pop implements heap.Interface.
func (h *indexHeap) Pop() any {
	old := *h
	last := old[len(old)-1]
	*h = old[:len(old)-1]
	return last
}

// Interface guard.
var _ heap.Interface = (*indexHeap)(nil)
