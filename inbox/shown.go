package inbox

import (
	"cmp"
	"slices"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

// A View is one look at an open chat.
type View struct {
	Seen []Sighting
	At   time.Time // when the screen was read, in the phone's zone
	// Scrolled: the newest messages may stand below the screen.
	Scrolled bool
	// Unread is how many of the newest incoming messages the app counted as
	// unread before the chat was opened; 0 if that is not known.
	Unread int
	// Before is the look before this one; zero if there was none, or it is
	// forgotten.
	Before Window
}

// A Window is what a look showed of a chat: the order of what was known then.
// What was recorded later came in below it.
type Window struct {
	IDs []string // of the bubbles that are known messages, from the top
	Seq int64    // of the newest message recorded then
	At  time.Time

	whole bool // it goes down to the newest that was known then
}

// recently is how old a message on the screen may be to be new although
// nothing on the screen is known.
const recently = 3 * time.Minute

// Shown decides which bubbles of a view are new messages; anchored tells
// whether anything on the screen was known, so that nothing can be missing
// between the screen and what is known (if not, look further up).
//
// The chat is a window on one order, and so is what is known; they are laid
// over each other where most fits. What stands below something known and is
// not known itself is new; so is what the app counted as unread, and what came
// in the last minutes. All else is the past before our time.
//
// ids are those of the bubbles' messages; the empty ones in it are new, in the
// order of ch.New.
func Shown(chat wabridge.Chat, known, ours []wabridge.Message, v View) (ch queue.Changes, ids []string, anchored bool) {
	list, within, since := v.Before.order(entries(known, ours))
	pair := align(list, within, since, v)
	unread := v.Unread
	fresh := make([]bool, len(v.Seen))
	for i := len(v.Seen) - 1; i >= 0; i-- {
		if s := v.Seen[i]; !s.Own && unread > 0 {
			fresh[i] = true
			unread--
		}
	}
	latest := latestTimes(list, pair, v)
	for i, s := range v.Seen {
		if pair[i] >= 0 {
			anchored = true
			ids = append(ids, list[pair[i]].ID)
			continue
		}
		recent := !s.Time.IsZero() && !s.Time.Before(v.At.Truncate(time.Minute).Add(-recently))
		if !anchored && !fresh[i] && !recent {
			continue
		}
		s.Time = latest[i]
		ch.New, ids = append(ch.New, s.message(chat, fromScreen)), append(ids, "")
	}
	return ch, ids, anchored || unread <= 0 && v.Unread > 0
}

// order puts what is known into the chat's order: what stood above the window,
// what stood in it, and what came since; it returns where the second and the
// third begin. Times alone say less: a notification's are whole seconds.
func (w Window) order(list []entry) (ordered []entry, from, since int) {
	if len(w.IDs) == 0 {
		return list, 0, 0
	}
	var above, within, below []entry
	for _, e := range list {
		switch {
		case slices.Contains(w.IDs, e.ID):
			within = append(within, e)
		case e.since(w):
			below = append(below, e)
		default:
			above = append(above, e)
		}
	}
	slices.SortStableFunc(within, func(a, b entry) int {
		return cmp.Compare(slices.Index(w.IDs, a.ID), slices.Index(w.IDs, b.ID))
	})
	return slices.Concat(above, within, below), len(above), len(above) + len(within)
}

// since reports whether a message that did not stand in the window came after it.
func (e entry) since(w Window) bool {
	if ours(e) {
		return e.pending() || !e.time.Before(w.At)
	}
	return e.Seq > w.Seq
}

// again is the end of the newest bubble's minute while a further message could
// look like it: the chat list shows the newest message's text and minute. Zero
// if that minute is over, or the newest is ours.
func (v View) again() time.Time {
	if len(v.Seen) == 0 || v.Scrolled {
		return time.Time{}
	}
	newest := v.Seen[len(v.Seen)-1]
	end := newest.Time.Add(time.Minute + overSlack)
	if newest.Own || newest.Time.IsZero() || !v.At.Before(end) {
		return time.Time{}
	}
	return end
}

// latestTimes tells for each bubble when it was written at the latest: before
// it was seen, before the end of its minute, before what stands below. It is
// the message's time as long as no notification tells it, and what stands in a
// notification with a later one is another message.
func latestTimes(list []entry, pair []int, v View) []time.Time {
	out := make([]time.Time, len(v.Seen))
	limit := v.At
	for i := len(v.Seen) - 1; i >= 0; i-- {
		minute := v.Seen[i].Time
		if pair[i] >= 0 {
			if t := list[pair[i]].time; t.Before(limit) && !minute.IsZero() && !t.Before(minute.Add(-orderSlack)) {
				limit = t
			}
			continue
		}
		out[i] = limit
		if end := minute.Add(time.Minute - time.Millisecond); !minute.IsZero() && end.Before(limit) {
			out[i], limit = end, end
		}
		if out[i].Before(minute) { // out of order
			out[i] = minute
		}
	}
	return out
}

// skipped is what it costs to leave out one known message between matches, or
// below the last one, where the newest stand on the screen: less than a match
// is worth, because a known one may be shown in another form.
const skipped = 0.4

// align lays what is known over the view: for each bubble its entry, or -1. From
// the entry within to the one since, the order of the list is certain.
func align(list []entry, within, since int, v View) []int {
	g := &grid{list: list, seen: v.Seen, cost: skipped, within: within, since: since}
	if v.Scrolled {
		g.cost = 0
	}
	zone := v.At.Location()
	g.fit = make([][]float64, len(list))
	for i := range list {
		g.fit[i] = make([]float64, len(v.Seen))
		for j := range v.Seen {
			g.fit[i][j] = list[i].fits(v.Seen[j], zone)
		}
	}
	g.fill()
	if i, _ := g.begin(); i < 0 && g.cost > 0 {
		g.scrolledUp()
	}
	pair := g.trace()
	g.nearby(pair)
	return pair
}

// scrolledUp takes the chat for one that is scrolled up without a sign of it:
// where little fits on the screen (a file fills half of it) what stands below
// would outweigh it. The same words in the same minute of another day are others.
func (g *grid) scrolledUp() {
	g.cost = 0
	for i, e := range g.list {
		for j, s := range g.seen {
			if s.Time.IsZero() || e.time.Sub(s.Time).Abs() > 12*time.Hour {
				g.fit[i][j] = 0
			}
		}
	}
	g.fill()
}

// A grid is the table of the alignment.
type grid struct {
	list          []entry
	seen          []Sighting
	cost          float64
	within, since int
	fit           [][]float64 // of entry i and bubble j
	score         [][]float64 // of the best match of list[i:] and seen[j:], once matching has begun
}

func (g *grid) fill() {
	n, m := len(g.list), len(g.seen)
	g.score = make([][]float64, n+1)
	for i := range g.score {
		g.score[i] = make([]float64, m+1)
	}
	for i := n - 1; i >= 0; i-- {
		g.score[i][m] = g.score[i+1][m] - g.cost
		for j := m - 1; j >= 0; j-- {
			best := max(g.score[i+1][j]-g.cost, g.score[i][j+1])
			if g.fit[i][j] > 0 {
				best = max(best, g.fit[i][j]+g.score[i+1][j+1])
			}
			g.score[i][j] = best
		}
	}
}

// begin finds where the best match begins: as late in the list as is as good.
func (g *grid) begin() (bi, bj int) {
	best := 0.0
	bi = -1
	for i := range g.list {
		for j := range g.seen {
			worth := g.fit[i][j] + g.score[i+1][j+1]
			if g.fit[i][j] > 0 && worth > 0 && (worth > best || worth == best && (i > bi || ours(g.list[i]))) {
				best, bi, bj = worth, i, j
			}
		}
	}
	return bi, bj
}

// trace follows the best match. Of equal bubbles a received message takes the
// first, because a new one stands below, and one of ours the last, because it
// was sent just now.
func (g *grid) trace() []int {
	pair := make([]int, len(g.seen))
	for j := range pair {
		pair[j] = -1
	}
	i, j := g.begin()
	if i < 0 {
		return pair
	}
	pair[j] = i
	for i, j = i+1, j+1; i < len(g.list) && j < len(g.seen); {
		here := g.score[i][j]
		match := g.fit[i][j] > 0 && here == g.fit[i][j]+g.score[i+1][j+1]
		switch {
		case here == g.score[i+1][j]-g.cost:
			i++
		case match && !(ours(g.list[i]) && here == g.score[i][j+1]):
			pair[j] = i
			i, j = i+1, j+1
		default:
			j++
		}
	}
	return pair
}

func ours(e entry) bool { return e.Direction == wabridge.Out }

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
			if !used[i] && g.fit[i][j] > 0 && g.side(pair, i, j) && g.near(pair, i, j) {
				pair[j], used[i] = i, true
				break
			}
		}
	}
}

// side reports whether entry i can stand at j by what an earlier look showed:
// what was above its window is so still, and what was in it has its place.
func (g *grid) side(pair []int, i, j int) bool {
	switch {
	case i >= g.since, ours(g.list[i]):
		return true
	case i >= g.within:
		return false
	}
	return !slices.ContainsFunc(pair[:j], func(k int) bool { return k >= g.within })
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
	case g.above(pair, i, j):
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

// above reports whether entry i stands above the screen, so that bubble j is
// another message although its text is the same: the text is on the screen more
// than once, and the first bubble that is known stands above j and is younger
// than the entry, both by exact times.
func (g *grid) above(pair []int, i, j int) bool {
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
