package sqlite

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/analytics"
	"github.com/wabridge/wabridge/queue"
)

// A fact is one thing that happened, as the test saw it happen.
type fact struct {
	at     time.Time
	series queue.Series
	counts queue.Counts
}

// A world does random things to a store and keeps account of them in the
// simplest way there is.
type world struct {
	t       *testing.T
	db      *DB
	r       *rand.Rand
	now     time.Time
	facts   []fact
	clicks  map[string]int64
	out     []*wabridge.Message
	heard   map[string][]time.Time // by phone and number, in the order of arrival
	windows map[string]time.Time   // by phone, number and category
}

var (
	worldPhones     = []string{"100000000000001", "100000000000002"}
	worldNumbers    = []string{"15550000001", "15550000002", "4917012345678", "5511987654321", "447700900123"}
	worldCategories = []string{"", wabridge.Marketing, wabridge.Utility, wabridge.Authentication}
)

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

func (w *world) accept() {
	number := pick(w.r, worldNumbers)
	m := wabridge.Message{Phone: pick(w.r, worldPhones), Chat: wabridge.UserJID(number), Number: number, Type: "text", Text: "x"}
	if w.r.IntN(8) == 0 {
		m.Group, m.Chat, m.Number = "120363000000000001@g.us", "120363000000000001@g.us", ""
	}
	if m.Category = pick(w.r, worldCategories); m.Category != "" {
		m.Template = pick(w.r, []string{"71", "72"})
	}
	a, err := w.db.Enqueue(ctx, queue.Draft{Message: m})
	if err != nil {
		w.t.Fatal(err)
	}
	w.out = append(w.out, &a[0].Message)
}

var worldMoves = []func(time.Time) wabridge.Move{
	wabridge.Claimed, wabridge.HandedOver, wabridge.WasSent, wabridge.WasDelivered, wabridge.WasRead, wabridge.HasExpired, wabridge.WasCanceled,
	func(at time.Time) wabridge.Move { return wabridge.HasFailed(at, wabridge.CodeUndeliverable, "") },
	func(at time.Time) wabridge.Move { return wabridge.Released(at, at, wabridge.CodeSlow, "") },
	func(at time.Time) wabridge.Move { return wabridge.Doubted(at, wabridge.CodeAmbiguous, "") },
	func(at time.Time) wabridge.Move { return wabridge.ProvenAbsent(at, at) },
}

// move tries a random move of a random message; claims go by the store's own
// way, for only that one sets a lease.
func (w *world) move() {
	if len(w.out) == 0 {
		return
	}
	m := pick(w.r, w.out)
	move := pick(w.r, worldMoves)(w.now)
	if move.To() == wabridge.Sending {
		c, _, err := w.db.Claim(ctx, m.Phone, time.Now(), time.Minute, func(*wabridge.Message, queue.Usage, time.Time) time.Time { return time.Time{} })
		if err != nil {
			w.t.Fatal(err)
		}
		if c != nil {
			*w.find(c.ID) = *c
		}
		return
	}
	was := *m
	after, err := w.db.Apply(ctx, m.ID, 0, move)
	if legal := move.Legal(was.State); legal != (err == nil) {
		w.t.Fatalf("%s to %s: %v", was.State, move.To(), err)
	}
	if err == nil {
		*m = after
		w.moved(was, after)
	}
}

func (w *world) find(id string) *wabridge.Message {
	return w.out[slices.IndexFunc(w.out, func(m *wabridge.Message) bool { return m.ID == id })]
}

// rank is how far a state is on the way: what lies between two ranks happened.
var rank = map[wabridge.State]int{wabridge.Sent: 1, wabridge.Delivered: 2, wabridge.Read: 3}

func (w *world) moved(was, m wabridge.Message) {
	series := seriesAsSeen(m)
	note := func(c queue.Counts) { w.facts = append(w.facts, fact{w.now, series, c}) }
	for n := rank[was.State] + 1; n <= rank[m.State]; n++ {
		switch n {
		case 1:
			note(queue.Counts{Sent: 1})
		case 2:
			note(w.delivered(m))
		case 3:
			note(queue.Counts{Read: 1})
		}
	}
	if m.State == wabridge.Failed || m.State == wabridge.Expired {
		note(queue.Counts{Failed: 1})
	}
}

func (w *world) delivered(m wabridge.Message) queue.Counts {
	c := queue.Counts{Delivered: 1}
	who := m.Phone + m.Chat
	answers := slices.ContainsFunc(w.heard[who], func(t time.Time) bool { return w.now.Sub(t) < 24*time.Hour })
	if answers && (m.Category == "" || m.Category == wabridge.Utility) {
		c.Free = 1
	}
	window, there := w.windows[who+m.Category]
	if m.Group != "" || there && w.now.Sub(window) < 24*time.Hour {
		return c
	}
	w.windows[who+m.Category] = w.now
	if answers && m.Category == "" {
		c.ByUser = 1
	} else {
		c.ByBusiness = 1
	}
	return c
}

func seriesAsSeen(m wabridge.Message) queue.Series {
	s := queue.Series{Phone: m.Phone, Product: 2, Category: m.Category, Template: m.Template}
	if s.Category == "" {
		s.Category = "service"
	}
	if m.Template != "" {
		s.Product = 0
	}
	if m.Direction == wabridge.In {
		s.Product = 100
	}
	for prefix, country := range map[string]string{"1555": "US", "49": "DE", "55": "BR", "44": "GB"} {
		if m.Group == "" && len(m.Number) > 0 && m.Number[:len(prefix)] == prefix {
			s.Country = country
		}
	}
	return s
}

func (w *world) receive() {
	phone, number := pick(w.r, worldPhones), pick(w.r, worldNumbers)
	in := wabridge.Message{Type: "text", Text: "hello", Created: w.now, Source: "notification"}
	asked := pick(w.r, append(w.out, nil))
	if asked != nil && asked.Template != "" && asked.Group == "" {
		phone, number = asked.Phone, asked.Number
		in.Context, in.Choices = asked.ID, []wabridge.Choice{{Reply: "button", Title: pick(w.r, []string{"Yes", "No"})}}
	}
	if w.r.IntN(5) == 0 {
		in.Direction = wabridge.Echo
		in.Choices, in.Context = nil, ""
	}
	stored, err := w.db.Reconcile(ctx, phone, wabridge.ChatRef{Number: number}, 5, func(wabridge.Chat, []wabridge.Message) queue.Changes {
		return queue.Changes{New: []wabridge.Message{in}}
	})
	if err != nil {
		w.t.Fatal(err)
	}
	if in.Direction == wabridge.Echo {
		return
	}
	if len(in.Choices) > 0 {
		w.clicks[asked.Template+in.Choices[0].Title]++
	}
	who := phone + stored[0].Chat
	w.heard[who] = append(w.heard[who], w.now)
	w.facts = append(w.facts, fact{w.now, seriesAsSeen(stored[0]), queue.Counts{Received: 1}})
}

// sums brings facts into the form of tallies, asked for in one way.
func (w *world) sums(q queue.TallyQuery) map[queue.Tally]bool {
	all := map[queue.Tally]queue.Counts{}
	for _, f := range w.facts {
		s, c := f.series, f.counts
		switch {
		case f.at.Before(q.Bounds[0]), !f.at.Before(q.Bounds[len(q.Bounds)-1]),
			!analytics.Passes(q.Phones, s.Phone), !analytics.Passes(q.Countries, s.Country), !analytics.Passes(q.Categories, s.Category),
			len(q.Products) > 0 && !slices.Contains(q.Products, s.Product),
			len(q.Templates) > 0 && !slices.Contains(q.Templates, s.Template):
			continue
		}
		var t queue.Tally
		for _, bound := range q.Bounds {
			if !bound.After(f.at) {
				t.Start = bound
			}
		}
		if q.ByPhone {
			t.Phone = s.Phone
		}
		if q.ByCountry {
			t.Country = s.Country
		}
		if q.ByProduct {
			t.Product = s.Product
		}
		if q.ByCategory {
			t.Category = s.Category
		}
		if q.ByTemplate {
			t.Template = s.Template
		}
		sum := all[t]
		for _, counter := range everyCounter {
			if len(q.Want) == 0 || slices.Contains(q.Want, counter) {
				*sum.At(counter) += *c.At(counter)
			}
		}
		all[t] = sum
	}
	out := map[queue.Tally]bool{}
	for t, c := range all {
		if t.Counts = c; c != (queue.Counts{}) {
			out[t] = true
		}
	}
	return out
}

// randomQuery asks for anything.
func (w *world) randomQuery(begin time.Time) queue.TallyQuery {
	some := func(list []string) []string {
		if w.r.IntN(3) > 0 {
			return nil
		}
		return []string{pick(w.r, list), pick(w.r, list)}
	}
	from := begin.Add(-24 * time.Hour).Truncate(24 * time.Hour).Add(time.Duration(w.r.IntN(30)) * 30 * time.Minute)
	step := pick(w.r, []time.Duration{30 * time.Minute, 4 * time.Hour, 24 * time.Hour, 72 * time.Hour})
	if w.r.IntN(2) == 0 {
		from = from.Truncate(24 * time.Hour)
	}
	q := queue.TallyQuery{
		Bounds: []time.Time{from}, Phones: some(worldPhones),
		ByPhone: w.r.IntN(2) == 0, ByProduct: w.r.IntN(2) == 0,
	}
	for at := from; len(q.Bounds) < 500 && at.Before(w.now); {
		at = at.Add(step)
		q.Bounds = append(q.Bounds, at)
	}
	if w.r.IntN(2) == 0 {
		q.Countries, q.Categories = some([]string{"US", "DE", "BR", ""}), some([]string{"service", "marketing"})
		q.ByCountry, q.ByCategory = w.r.IntN(2) == 0, w.r.IntN(2) == 0
	}
	if w.r.IntN(2) == 0 {
		q.Want = []queue.Counter{pick(w.r, everyCounter), queue.Received}
		slices.Sort(q.Want)
		q.Want = slices.Compact(q.Want)
	}
	if w.r.IntN(4) == 0 {
		q.ByPhone, q.ByProduct, q.ByCountry, q.ByCategory = false, false, false, false
	}
	if w.r.IntN(3) == 0 {
		q.Products = []int{pick(w.r, []int{0, 2, 100})}
	}
	if w.r.IntN(4) == 0 {
		q.Templates, q.ByTemplate = []string{pick(w.r, []string{"71", "72"})}, true
	}
	return q
}

func (w *world) compare(what string, q queue.TallyQuery) {
	w.t.Helper()
	list, err := w.db.Tallies(ctx, q)
	if err != nil {
		w.t.Fatal(err)
	}
	got := map[queue.Tally]bool{}
	for i, t := range list {
		if t.Counts != (queue.Counts{}) {
			got[t] = true
		} else {
			w.t.Errorf("%s: a tally of nothing", what)
		}
		if i > 0 && t.Start.Before(list[i-1].Start) {
			w.t.Errorf("%s: %v comes after %v", what, t.Start, list[i-1].Start)
		}
	}
	if diff := cmp.Diff(w.sums(q), got); diff != "" {
		w.t.Fatalf("%s: %+v (-want +got):\n%s", what, q, diff)
	}
}

// TestCountsAreWhatHappened does random things for simulated days and compares
// what is counted with an account of its own: as it was counted move by move,
// after a restart, and counted again from the messages as a migration does.
func TestCountsAreWhatHappened(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			path := tempPath(t)
			begin := time.Now().UTC().Add(-6 * 24 * time.Hour).Truncate(time.Minute)
			w := &world{t: t, db: openAt(t, path, Options{}), r: rand.New(rand.NewPCG(seed, 1)), now: begin,
				clicks: map[string]int64{}, heard: map[string][]time.Time{}, windows: map[string]time.Time{}}
			for range 700 {
				w.now = w.now.Add(time.Duration(w.r.IntN(20)) * time.Minute)
				switch w.r.IntN(10) {
				case 0, 1:
					w.accept()
				case 2:
					w.receive()
				default:
					w.move()
				}
			}
			if len(w.facts) < 60 {
				t.Fatalf("only %d things happened", len(w.facts))
			}
			for range 60 {
				w.compare("counted move by move", w.randomQuery(begin))
			}
			w.compareClicks(begin)
			if err := w.db.Close(); err != nil {
				t.Fatal(err)
			}
			w.db = openAt(t, path, Options{})
			w.compare("after a restart", w.randomQuery(begin))
			if err := w.db.update(ctx, "count again", func(t *tx) error {
				for _, table := range []string{"tally", "series", "conversation"} {
					if err := t.exec("DELETE FROM " + table); err != nil {
						return err
					}
				}
				return recount(t)
			}); err != nil {
				t.Fatal(err)
			}
			for range 20 {
				w.compare("counted again from the messages", w.randomQuery(begin))
			}
		})
	}
}

func (w *world) compareClicks(begin time.Time) {
	w.t.Helper()
	clicks, err := w.db.Clicks(ctx, queue.TallyQuery{Bounds: []time.Time{begin.Add(-time.Hour), w.now.Add(time.Hour)}, Templates: []string{"71", "72"}, Phones: worldPhones})
	if err != nil {
		w.t.Fatal(err)
	}
	got := map[string]int64{}
	for _, c := range clicks {
		got[c.Template+c.Title] += c.Count
	}
	if diff := cmp.Diff(w.clicks, got); diff != "" {
		w.t.Errorf("clicks (-want +got):\n%s", diff)
	}
}
