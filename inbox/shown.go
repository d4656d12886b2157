package inbox

import (
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
func Shown(chat wabridge.Chat, known, ours []wabridge.Message, v View) (ch queue.Changes, anchored bool) {
	list := entries(known, ours)
	pair := align(list, v)
	unread := v.Unread
	fresh := make([]bool, len(v.Seen))
	for i := len(v.Seen) - 1; i >= 0; i-- {
		if s := v.Seen[i]; !s.Own && unread > 0 {
			fresh[i] = true
			unread--
		}
	}
	last := time.Time{}
	for i, s := range v.Seen {
		if pair[i] >= 0 {
			anchored = true
			last = later(last, list[pair[i]].time)
			continue
		}
		recent := !s.Time.IsZero() && !s.Time.Before(v.At.Truncate(time.Minute).Add(-recently))
		if !anchored && !fresh[i] && !recent {
			continue
		}
		s.Time = within(s.Time, last)
		if s.Time.IsZero() {
			s.Time = v.At
		}
		last = later(last, s.Time)
		ch.New = append(ch.New, s.message(chat, fromScreen))
	}
	return ch, anchored || unread <= 0 && v.Unread > 0
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// within moves the start of a shown minute behind what stands above it in the
// same minute, so that the order stays.
func within(minute, last time.Time) time.Time {
	if d := last.Sub(minute); !minute.IsZero() && d >= 0 && d < time.Minute-time.Millisecond {
		return last.Add(time.Millisecond)
	}
	return minute
}

// skipped is what it costs to leave out one known message between matches, or
// below the last one, where the newest stand on the screen: less than a match
// is worth, because a known one may be shown in another form.
const skipped = 0.4

// align lays what is known over the view: for each bubble its entry, or -1.
func align(list []entry, v View) []int {
	n, m := len(list), len(v.Seen)
	zone := v.At.Location()
	fit := make([][]bool, n)
	for i := range n {
		fit[i] = make([]bool, m)
		for j := range m {
			fit[i][j] = list[i].shows(v.Seen[j], zone)
		}
	}
	cost := skipped
	if v.Scrolled {
		cost = 0
	}
	score := table(n, m, fit, cost)
	pair := trace(n, m, fit, score, cost)
	nearby(list, v.Seen, pair, fit)
	return pair
}

// table is the worth of the best match of list[i:] and seen[j:], once matching
// has begun.
func table(n, m int, fit [][]bool, cost float64) [][]float64 {
	score := make([][]float64, n+1)
	for i := range score {
		score[i] = make([]float64, m+1)
	}
	for i := n; i >= 0; i-- {
		for j := m; j >= 0; j-- {
			best := 0.0
			switch {
			case i == n:
			case j == m:
				best = score[i+1][j] - cost
			default:
				best = max(score[i+1][j]-cost, score[i][j+1])
				if fit[i][j] {
					best = max(best, 1+score[i+1][j+1])
				}
			}
			score[i][j] = best
		}
	}
	return score
}

// trace finds the best match: begun as late in the list as is as good.
func trace(n, m int, fit [][]bool, score [][]float64, cost float64) []int {
	pair := make([]int, m)
	for j := range pair {
		pair[j] = -1
	}
	best, bi, bj := 0.0, -1, -1
	for i := range n {
		for j := range m {
			if fit[i][j] && 1+score[i+1][j+1] >= best && (1+score[i+1][j+1] > best || i > bi) {
				best, bi, bj = 1+score[i+1][j+1], i, j
			}
		}
	}
	if bi < 0 || best <= 0 {
		return pair
	}
	pair[bj] = bi
	for i, j := bi+1, bj+1; i < n && j < m; {
		switch {
		case score[i][j] == score[i+1][j]-cost && cost > 0 || cost == 0 && score[i][j] == score[i+1][j]:
			i++
		case fit[i][j] && score[i][j] == 1+score[i+1][j+1]:
			pair[j] = i
			i, j = i+1, j+1
		default:
			j++
		}
	}
	return pair
}

// nearbyWindow is how far two messages may be apart whose order differs
// between the chat and what is known.
const nearbyWindow = 10 * time.Minute

// nearby pairs what fits but stands in another order: the app orders a chat by
// arrival, we by time.
func nearby(list []entry, seen []Sighting, pair []int, fit [][]bool) {
	used := make([]bool, len(list))
	for _, k := range pair {
		if k >= 0 {
			used[k] = true
		}
	}
	for j := range seen {
		if pair[j] >= 0 {
			continue
		}
		for i := len(list) - 1; i >= 0; i-- {
			if !used[i] && fit[i][j] && near(list, seen, pair, i, j) {
				pair[j], used[i] = i, true
				break
			}
		}
	}
}

func near(list []entry, seen []Sighting, pair []int, i, j int) bool {
	close := func(a, b time.Time) bool {
		d := a.Sub(b)
		return !a.IsZero() && !b.IsZero() && d < nearbyWindow && d > -nearbyWindow
	}
	if close(list[i].time, seen[j].Time) {
		return true
	}
	for k := range pair {
		if pair[k] >= 0 && (k == j-1 || k == j+1) && close(list[i].time, list[pair[k]].time) {
			return true
		}
	}
	return false
}
