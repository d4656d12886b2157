package queuetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

func testAnalytics(t *testing.T, open Open) {
	each(t, open, map[string]func(*bench){
		"each thing that happens counts once": countOnce,
		"what failed to happen counts not":    countNothing,
		"told apart, filtered and cut":        countApart,
		"conversations":                       countConversations,
		"quick replies chosen":                countClicks,
		"calls":                               countCalls,
	})
}

// hour is the hour before now and the one that follows: its middle is a bound.
func (b *bench) hour() []time.Time {
	middle := b.now.Truncate(30 * time.Minute)
	return []time.Time{middle.Add(-24 * time.Hour), middle, middle.Add(24 * time.Hour)}
}

// tallies asks for all there is.
func (b *bench) tallies(q queue.TallyQuery) []queue.Tally {
	b.Helper()
	if q.Bounds == nil {
		q.Bounds = []time.Time{b.hour()[0], b.hour()[2]}
	}
	all, err := b.Tallies(b.ctx, q)
	if err != nil {
		b.Fatalf("tallies: %v", err)
	}
	return all
}

// counted insists on the sum of all counts.
func (b *bench) counted(what string, want queue.Counts) {
	b.Helper()
	var got queue.Counts
	for _, t := range b.tallies(queue.TallyQuery{ByPhone: true, ByCountry: true, ByProduct: true, ByCategory: true}) {
		got.Add(t.Counts)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		b.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func countOnce(b *bench) {
	b.accept(text(number(1), "x"))
	b.counted("accepted", queue.Counts{})
	m := b.take(0, "x")
	b.move(m, wabridge.HandedOver(b.now))
	b.counted("handed over", queue.Counts{})
	b.move(m, wabridge.WasDelivered(b.now))
	b.counted("sent was skipped", queue.Counts{Sent: 1, Delivered: 1, ByBusiness: 1})
	b.code(second(b.Apply(b.ctx, m.ID, m.Fence, wabridge.WasDelivered(b.now))), wabridge.CodeStale)
	b.counted("once more", queue.Counts{Sent: 1, Delivered: 1, ByBusiness: 1})
	b.move(m, wabridge.WasRead(b.now))
	b.counted("read", queue.Counts{Sent: 1, Delivered: 1, Read: 1, ByBusiness: 1})
}

func second(_ wabridge.Message, err error) error { return err }

func countNothing(b *bench) {
	b.accept(text(number(1), "fails"), text(number(2), "canceled"), text(number(3), "returns"))
	m := b.take(0, "fails")
	b.move(m, failed(b.now))
	b.counted("failed", queue.Counts{Failed: 1})
	c := b.take(0, "canceled")
	b.move(c, wabridge.Interrupted(b.now))
	if _, err := b.Cancel(b.ctx, c.ID, b.now); err != nil {
		b.Fatal(err)
	}
	r := b.take(0, "returns")
	b.intend(r, 0)
	b.move(r, wabridge.Doubted(b.now, wabridge.CodeAmbiguous, ""))
	b.move(r, wabridge.ProvenAbsent(b.now, b.now))
	b.counted("the others", queue.Counts{Failed: 1})
	_, err := b.Reconcile(b.ctx, phone, wabridge.ChatRef{Number: number(4)}, 0, func(wabridge.Chat, []wabridge.Message) queue.Changes {
		return queue.Changes{New: []wabridge.Message{{Direction: wabridge.Echo, Text: "by hand", Created: b.now}}}
	})
	if err != nil {
		b.Fatal(err)
	}
	b.counted("typed by hand", queue.Counts{Failed: 1})
}

func countApart(b *bench) {
	bounds := b.hour()
	before, after := bounds[1].Add(-time.Minute), bounds[1]
	offer := text("4917012345678", "offer")
	offer.Category, offer.Template = wabridge.Marketing, "71"
	b.accept(offer)
	b.move(b.take(0, "offer"), wabridge.WasSent(before))
	b.accept(text(number(1), "plain"))
	b.move(b.take(0, "plain"), wabridge.WasSent(after))
	for _, c := range []struct {
		name string
		q    queue.TallyQuery
		want []queue.Tally
	}{
		{"by all there is", queue.TallyQuery{Bounds: bounds, ByPhone: true, ByCountry: true, ByProduct: true, ByCategory: true}, []queue.Tally{
			{Start: bounds[0], Series: queue.Series{Phone: phone, Country: "DE", Category: "marketing"}, Counts: queue.Counts{Sent: 1}},
			{Start: bounds[1], Series: queue.Series{Phone: phone, Country: "US", Product: 2, Category: "service"}, Counts: queue.Counts{Sent: 1}},
		}},
		{"by nothing", queue.TallyQuery{Bounds: []time.Time{bounds[0], bounds[2]}}, []queue.Tally{{Start: bounds[0], Counts: queue.Counts{Sent: 2}}}},
		{"by template", queue.TallyQuery{Bounds: bounds, ByTemplate: true}, []queue.Tally{
			{Start: bounds[0], Series: queue.Series{Template: "71"}, Counts: queue.Counts{Sent: 1}}}},
		{"a country", queue.TallyQuery{Bounds: bounds, Countries: []string{"US"}}, []queue.Tally{{Start: bounds[1], Counts: queue.Counts{Sent: 1}}}},
		{"a product", queue.TallyQuery{Bounds: bounds, Products: []int{0, 100}}, []queue.Tally{{Start: bounds[0], Counts: queue.Counts{Sent: 1}}}},
		{"a counter", queue.TallyQuery{Bounds: bounds, Want: []queue.Counter{queue.Delivered}}, nil},
		{"another phone", queue.TallyQuery{Bounds: bounds, Phones: []string{"1"}}, nil},
		{"no time", queue.TallyQuery{Bounds: bounds[:1]}, nil},
	} {
		if diff := cmp.Diff(c.want, b.tallies(c.q)); diff != "" {
			b.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
	countries, err := b.Countries(b.ctx, []string{phone})
	if diff := cmp.Diff([]string{"DE", "US"}, countries); err != nil || diff != "" {
		b.Errorf("countries: %v (-want +got):\n%s", err, diff)
	}
}

func countConversations(b *bench) {
	deliver := func(body string, at time.Duration) {
		b.Helper()
		b.accept(text(number(1), body))
		b.move(b.take(0, body), wabridge.WasDelivered(b.now.Add(at)))
	}
	deliver("first", -20*time.Hour)
	deliver("in the same", -19*time.Hour)
	b.hears(phone, wabridge.ChatRef{Number: number(1)}, -2*time.Hour)
	deliver("an answer in the same", -time.Hour)
	b.counted("one conversation", queue.Counts{Sent: 3, Delivered: 3, Received: 1, Free: 1, ByBusiness: 1})
	deliver("an answer in a new one", 5*time.Hour)
	b.counted("a second one", queue.Counts{Sent: 4, Delivered: 4, Received: 1, Free: 2, ByBusiness: 1, ByUser: 1})
}

func countClicks(b *bench) {
	m := text(number(1), "buy?")
	m.Category, m.Template, m.Choices = wabridge.Marketing, "71", []wabridge.Choice{{Reply: "button", Number: 1, ID: "y", Title: "Yes"}}
	asked := b.accept(m)[0]
	b.move(b.take(0, "buy?"), wabridge.WasSent(b.now))
	for _, in := range []wabridge.Message{
		{Text: "1", Context: asked.ID, Choices: m.Choices},
		{Text: "hello"},
	} {
		_, err := b.Reconcile(b.ctx, phone, wabridge.ChatRef{Number: number(1)}, 0, func(wabridge.Chat, []wabridge.Message) queue.Changes {
			in.Created = b.now
			return queue.Changes{New: []wabridge.Message{in}}
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	q := queue.TallyQuery{Bounds: b.hour(), Templates: []string{"71", "72"}, Phones: []string{phone}}
	clicks, err := b.Clicks(b.ctx, q)
	want := []queue.Click{{Start: b.now.Truncate(30 * time.Minute), Template: "71", Title: "Yes", Count: 1}}
	if diff := cmp.Diff(want, clicks); err != nil || diff != "" {
		b.Errorf("clicks: %v (-want +got):\n%s", err, diff)
	}
}

func countCalls(b *bench) {
	_, err := b.CallTallies(b.ctx, queue.CallQuery{From: b.hour()[0], To: b.hour()[2], Phones: []string{phone}})
	if err != nil {
		b.Fatal(err)
	}
	calls, ok := b.Store.(queue.Calls)
	if !ok {
		return
	}
	for _, print := range []string{"a", "b"} {
		c := wabridge.Call{ID: "wacid." + print, Phone: phone, Number: number(1), State: wabridge.CallMissed, At: b.now}
		if _, _, err := calls.RecordCall(b.ctx, c, print); err != nil {
			b.Fatal(err)
		}
	}
	got, err := b.CallTallies(b.ctx, queue.CallQuery{From: b.hour()[0], To: b.hour()[2], Phones: []string{phone}})
	want := []queue.CallTally{{Start: b.now.Truncate(30 * time.Minute), Phone: phone, Country: "US", Count: 2}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		b.Errorf("calls: %v (-want +got):\n%s", err, diff)
	}
}
