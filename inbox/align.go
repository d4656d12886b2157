package inbox

import (
	"time"

	"github.com/wabridge/wabridge"
)

// What it costs to leave out a known message between matches, or below the last
// one where the newest stand on the screen. One that came in costs less than a
// match is worth, because it may be shown in another form. One of ours was seen
// as a bubble before it was said to be sent: it costs more than all that could be
// won, unless a person deleted it.
const (
	skipped     = 0.4
	skippedOurs = 10
)

// align lays what is known over the view: for each bubble its entry, or -1.
func align(list []entry, v View) []int {
	g := newGrid(list, v)
	g.fill()
	if !g.begin().found && g.tail {
		g.scrolledUp()
	}
	pair := g.trace()
	g.nearby(pair)
	return pair
}

// A grid is the table of the alignment. What came in and what went out are two
// lists, each in the order of the chat. How they lie between each other is only
// in part certain (entry.above): the table has a node for each way of having
// passed so many of the one and so many of the other that contradicts nothing.
type grid struct {
	list    []entry
	seen    []Sighting
	in, own []int       // of list: those that came in, and those that went out
	tail    bool        // what is below the last match costs
	fit     [][]float64 // of entry i and bubble j
	cost    []float64   // of leaving out entry i
	node    [][]node    // after so many of in, and so many of own
}

// A node of the grid. score[j] is that of the best match of what is left of both
// lists with the bubbles from j on, once matching has begun.
type node struct {
	in, own bool // what may stand next: one that came in, one that went out
	score   []float64
}

func newGrid(list []entry, v View) *grid {
	g := &grid{list: list, seen: v.Seen, tail: !v.Scrolled, fit: make([][]float64, len(list)), cost: make([]float64, len(list))}
	zone := v.At.Location()
	for i, e := range list {
		if e.own {
			g.own = append(g.own, i)
		} else {
			g.in = append(g.in, i)
		}
		switch g.cost[i] = skipped; {
		case e.shown():
			g.cost[i] = skippedOurs
		case e.own && e.Type == "reaction":
			g.cost[i] = 0 // it has no bubble
		}
		g.fit[i] = make([]float64, len(v.Seen))
		for j := range v.Seen {
			g.fit[i][j] = e.fits(v.Seen[j], zone)
		}
	}
	g.walk()
	return g
}

// shown reports whether an entry is a message of ours whose bubble was seen. A
// reaction has none.
func (e entry) shown() bool {
	switch e.State {
	case wabridge.Handed, wabridge.Sent, wabridge.Delivered, wabridge.Read:
		return ours(e) && e.Type != "reaction"
	}
	return false
}

// walk finds the nodes that can be reached and where they lead.
func (g *grid) walk() {
	g.node = make([][]node, len(g.in)+1)
	for i := range g.node {
		g.node[i] = make([]node, len(g.own)+1)
	}
	reached := func(i, k int) bool {
		return i == 0 && k == 0 || i > 0 && g.node[i-1][k].in || k > 0 && g.node[i][k-1].own
	}
	for i := range g.node {
		for k := range g.node[i] {
			n := &g.node[i][k]
			if !reached(i, k) {
				continue
			}
			n.score = make([]float64, len(g.seen)+1)
			n.in, n.own = i < len(g.in), k < len(g.own)
			if n.in && n.own {
				a, b := g.list[g.in[i]], g.list[g.own[k]]
				n.in, n.own = !b.above(a), !a.above(b)
			}
		}
	}
}

// next lists what may stand next after a node, and where that leads.
func (g *grid) next(i, k int) (steps [2]step, n int) {
	at := &g.node[i][k]
	if at.in {
		steps[n], n = step{g.in[i], i + 1, k}, n+1
	}
	if at.own {
		steps[n], n = step{g.own[k], i, k + 1}, n+1
	}
	return steps, n
}

// A step passes one entry and leads to the next node.
type step struct{ entry, i, k int }

func (g *grid) fill() {
	m := len(g.seen)
	for i := len(g.in); i >= 0; i-- {
		for k := len(g.own); k >= 0; k-- {
			score := g.node[i][k].score
			if score == nil {
				continue
			}
			steps, n := g.next(i, k)
			score[m] = 0
			for s, next := range steps[:n] {
				if rest := g.node[next.i][next.k].score[m] - g.cost[next.entry]; g.tail && (s == 0 || rest > score[m]) {
					score[m] = rest
				}
			}
			for j := m - 1; j >= 0; j-- {
				score[j] = score[j+1]
				for _, next := range steps[:n] {
					rest, fit := g.node[next.i][next.k].score, g.fit[next.entry][j]
					score[j] = max(score[j], rest[j]-g.cost[next.entry])
					if fit > 0 {
						score[j] = max(score[j], fit+rest[j+1])
					}
				}
			}
		}
	}
}

// scrolledUp takes the chat for one that is scrolled up without a sign of it:
// where little fits on the screen (a file fills half of it) what stands below
// would outweigh it. The same words in the same minute of another day are others.
func (g *grid) scrolledUp() {
	g.tail = false
	for i, e := range g.list {
		for j, s := range g.seen {
			if s.Time.IsZero() || e.time.Sub(s.Time).Abs() > 12*time.Hour {
				g.fit[i][j] = 0
			}
		}
	}
	g.fill()
}

// A start is where matching begins: which entry, and at which bubble.
type start struct {
	found  bool
	step   step
	bubble int
}

// begin finds where the best match begins: as late in the list as is as good.
func (g *grid) begin() (s start) {
	best, late := 0.0, -1
	for passed := range len(g.list) {
		for i := max(0, passed-len(g.own)); i <= min(passed, len(g.in)); i++ {
			if g.node[i][passed-i].score == nil {
				continue
			}
			steps, n := g.next(i, passed-i)
			for _, next := range steps[:n] {
				for j := range g.seen {
					fit := g.fit[next.entry][j]
					worth := fit + g.node[next.i][next.k].score[j+1]
					if fit > 0 && worth > 0 && (worth > best || worth == best && (passed > late || ours(g.list[next.entry]))) {
						best, late, s = worth, passed, start{true, next, j}
					}
				}
			}
		}
	}
	return s
}

// trace follows the best match. Of equal bubbles a received message takes the
// first, because a new one stands below, and one of ours the last, because it
// was sent just now.
func (g *grid) trace() []int {
	pair := make([]int, len(g.seen))
	for j := range pair {
		pair[j] = -1
	}
	s := g.begin()
	if !s.found {
		return pair
	}
	pair[s.bubble] = s.step.entry
	i, k := s.step.i, s.step.k
	for j := s.bubble + 1; j < len(g.seen); {
		next, match, ok := g.follow(i, k, j)
		switch {
		case !ok:
			j++
			continue
		case match:
			pair[j] = next.entry
			j++
		}
		i, k = next.i, next.k
	}
	return pair
}

// follow says what the best match does with bubble j: passes an entry, with a
// match or without; false leaves the bubble without an entry.
func (g *grid) follow(i, k, j int) (next step, match, ok bool) {
	score := g.node[i][k].score
	steps, n := g.next(i, k)
	for _, s := range steps[:n] {
		if score[j] == g.node[s.i][s.k].score[j]-g.cost[s.entry] {
			return s, false, true
		}
	}
	for _, s := range steps[:n] {
		fit := g.fit[s.entry][j]
		if fit > 0 && score[j] == fit+g.node[s.i][s.k].score[j+1] && !(ours(g.list[s.entry]) && score[j] == score[j+1]) {
			return s, true, true
		}
	}
	return step{}, false, false
}

// The app orders a chat by arrival, we by time: by how much a message may be
// out of order. Ours have the time of another clock, but no exact minute to be
// compared by.
const (
	nearbyWindow = 10 * time.Minute
	oursWindow   = 30 * time.Second
)

// nearby pairs what fits but stands in another order.
func (g *grid) nearby(pair []int) {
	used := make([]bool, len(g.list))
	for _, k := range pair {
		if k >= 0 {
			used[k] = true
		}
	}
	for j := range g.seen {
		if pair[j] >= 0 {
			continue
		}
		for i := len(g.list) - 1; i >= 0; i-- {
			if !used[i] && g.fit[i][j] > gone && g.agrees(pair, i, j) && g.near(pair, i, j) {
				pair[j], used[i] = i, true
				break
			}
		}
	}
}

// agrees reports whether entry i can stand at j by what is certain of the order.
func (g *grid) agrees(pair []int, i, j int) bool {
	for at, k := range pair {
		switch {
		case k < 0:
		case at < j && g.list[i].above(g.list[k]), at > j && g.list[k].above(g.list[i]):
			return false
		}
	}
	return true
}

// near reports whether entry i can stand at j: not much older than what
// stands above, nor much younger than what stands below.
func (g *grid) near(pair []int, i, j int) bool {
	window, at, s := nearbyWindow, g.list[i].time, g.seen[j]
	switch e := g.list[i]; {
	case e.pending():
		return true // it may have left at any time, and is more likely than an echo of the same text
	case ours(e):
		minute, ok := clockMinute(s.Clock)
		if !ok || g.list[i].minutesFrom(minute, s.Time.Location()) > 1 {
			return false
		}
		window = oursWindow
	case g.older(pair, i, j):
		return false
	}
	from, to := s.Time, s.Time.Add(time.Minute)
	for k := j - 1; k >= 0; k-- {
		if pair[k] >= 0 {
			from = g.list[pair[k]].time
			break
		}
	}
	for k := j + 1; k < len(pair); k++ {
		if pair[k] >= 0 {
			to = g.list[pair[k]].time
			break
		}
	}
	return !at.IsZero() && at.After(from.Add(-window)) && at.Before(to.Add(window))
}

// older reports whether entry i stands above the screen, so that bubble j is
// another message although its text is the same: the text is on the screen more
// than once, and the first bubble that is known stands above j and is younger
// than the entry, both by exact times.
func (g *grid) older(pair []int, i, j int) bool {
	same := 0
	for _, s := range g.seen {
		if !s.Own && s.Text == g.seen[j].Text {
			same++
		}
	}
	for first, k := range pair {
		if k >= 0 {
			return same > 1 && j > first && g.list[i].Source == fromNotification && g.list[k].Source == fromNotification && g.list[i].time.Before(g.list[k].time)
		}
	}
	return false
}
