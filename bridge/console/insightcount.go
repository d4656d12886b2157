package console

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/wabridge/wabridge/analytics"
	"github.com/wabridge/wabridge/queue"
)

// A slot is what was counted in one day, week or month.
type slot struct {
	Start, End time.Time
	queue.Counts
	Cost float64
	Took queue.TimesTally
}

// A row is what was counted of one phone or one template.
type row struct {
	Name, Extra string
	queue.Counts
	Answers int64 // of a template: quick replies chosen
}

// Heard is how many answers there were: what came in on a phone, or the quick
// replies of a template.
func (r row) Heard() int64 { return r.Received + r.Answers }

// insights are all that the page tells.
type insights struct {
	Slots     []slot
	Total     slot
	ByPhone   []row
	Templates []row
	Costs     bool // there are rates
}

// tallyBounds are the bounds of slots, as the counts need them: half hours of
// UTC, in some zones a quarter of an hour beside.
func tallyBounds(bounds []time.Time) []time.Time {
	all := make([]time.Time, len(bounds))
	for i, b := range bounds {
		all[i] = b.UTC().Truncate(analytics.HalfHour)
	}
	return all
}

// countInsights asks the store. Phones are those that get a row.
func (c *Console) countInsights(v *visit, q insightQuery, phones []phoneCard) (insights, error) {
	ctx, only := v.Context(), []string(nil)
	if q.Phone != "" {
		only = []string{q.Phone}
	}
	out := insights{Costs: len(c.Operate.Rates) > 0, Slots: make([]slot, len(q.bounds)-1)}
	for i := range out.Slots {
		out.Slots[i].Start, out.Slots[i].End = q.bounds[i], q.bounds[i+1]
	}
	bounds := tallyBounds(q.bounds)
	if err := c.countSlots(ctx, bounds, only, &out); err != nil {
		return out, err
	}
	if out.Costs {
		if err := c.countCosts(ctx, q.bounds, only, &out); err != nil {
			return out, err
		}
	}
	times, err := c.Store.Times(ctx, queue.TimesQuery{Bounds: q.bounds, Phones: only})
	if err != nil {
		return out, err
	}
	for _, t := range times {
		if t.Start.IsZero() {
			out.Total.Took = t
		} else if i, ok := slices.BinarySearchFunc(q.bounds, t.Start, time.Time.Compare); ok {
			out.Slots[i].Took = t
		}
	}
	if len(phones) == 0 {
		return out, nil
	}
	if out.ByPhone, err = c.countPhones(ctx, bounds, phones, only); err != nil {
		return out, err
	}
	out.Templates, err = c.countTemplates(ctx, bounds, only)
	return out, err
}

// slotOf finds the slot that a time is in.
func slotOf(bounds []time.Time, at time.Time) int {
	i, exact := slices.BinarySearchFunc(bounds, at, time.Time.Compare)
	if !exact {
		i--
	}
	return min(max(i, 0), len(bounds)-2)
}

func (c *Console) countSlots(ctx context.Context, bounds []time.Time, only []string, out *insights) error {
	tallies, err := c.Store.Tallies(ctx, queue.TallyQuery{Bounds: bounds, Phones: only,
		Want: []queue.Counter{queue.Sent, queue.Delivered, queue.Read, queue.Failed, queue.Received}})
	for _, t := range tallies {
		out.Slots[slotOf(bounds, t.Start)].Add(t.Counts)
		out.Total.Add(t.Counts)
	}
	return err
}

// countCosts prices what was delivered, as the rates have it: per conversation
// if some rate is for conversations alone, else per message. Rates change by
// the day, so days are counted.
func (c *Console) countCosts(ctx context.Context, slots []time.Time, only []string, out *insights) error {
	var days []time.Time
	for d := slots[0]; d.Before(slots[len(slots)-1]); d = d.AddDate(0, 0, 1) {
		days = append(days, d)
	}
	bounds := tallyBounds(append(days, slots[len(slots)-1]))
	per := analytics.PerMessage
	if slices.ContainsFunc(c.Operate.Rates, func(r analytics.Rate) bool { return r.Per == analytics.PerConversation }) {
		per = analytics.PerConversation
	}
	tallies, err := c.Store.Tallies(ctx, queue.TallyQuery{Bounds: bounds, Phones: only, ByCountry: true, ByCategory: true,
		Want: []queue.Counter{queue.Delivered, queue.Free, queue.ByUser, queue.ByBusiness}})
	slotBounds := tallyBounds(slots)
	sums := make([]int64, len(out.Slots))
	var total int64
	for _, t := range tallies {
		regular, free := t.Delivered-t.Free, t.Free
		if per == analytics.PerConversation {
			regular, free = t.ByBusiness, t.ByUser
		}
		micros := c.Operate.Rates.Micros(per, t.Country, t.Category, analytics.Regular, t.Start, regular) +
			c.Operate.Rates.Micros(per, t.Country, t.Category, analytics.FreeCustomerService, t.Start, free)
		sums[slotOf(slotBounds, t.Start)] += micros
		total += micros
	}
	for i, n := range sums {
		out.Slots[i].Cost = analytics.Money(n)
	}
	out.Total.Cost = analytics.Money(total)
	return err
}

func (c *Console) countPhones(ctx context.Context, bounds []time.Time, phones []phoneCard, only []string) ([]row, error) {
	tallies, err := c.Store.Tallies(ctx, queue.TallyQuery{Bounds: ends(bounds), Phones: only, ByPhone: true,
		Want: []queue.Counter{queue.Sent, queue.Delivered, queue.Read, queue.Failed, queue.Received}})
	var rows []row
	for _, p := range phones {
		if len(only) > 0 && only[0] != p.ID {
			continue
		}
		r := row{Name: p.Title()}
		if p.Number != "" && r.Name != "+"+p.Number {
			r.Extra = "+" + p.Number
		}
		for _, t := range tallies {
			if t.Phone == p.ID {
				r.Add(t.Counts)
			}
		}
		rows = append(rows, r)
	}
	return rows, err
}

func ends(bounds []time.Time) []time.Time { return []time.Time{bounds[0], bounds[len(bounds)-1]} }

// mostTemplates bounds the rows of templates.
const mostTemplates = 50

func (c *Console) countTemplates(ctx context.Context, bounds []time.Time, only []string) ([]row, error) {
	templates, err := c.templates(ctx)
	if err != nil || len(templates) == 0 {
		return nil, err
	}
	q := queue.TallyQuery{Bounds: ends(bounds), Phones: only, ByTemplate: true,
		Want: []queue.Counter{queue.Sent, queue.Delivered, queue.Read, queue.Failed}}
	rows := map[string]*row{}
	for _, t := range templates {
		q.Templates = append(q.Templates, t.ID)
		rows[t.ID] = &row{Name: t.Name, Extra: t.Language}
	}
	tallies, err := c.Store.Tallies(ctx, q)
	if err != nil {
		return nil, err
	}
	for _, t := range tallies {
		if r := rows[t.Template]; r != nil {
			r.Add(t.Counts)
		}
	}
	clicks, err := c.Store.Clicks(ctx, q)
	if err != nil {
		return nil, err
	}
	for _, k := range clicks {
		if r := rows[k.Template]; r != nil {
			r.Answers += k.Count
		}
	}
	var all []row
	for _, r := range rows {
		if r.Counts != (queue.Counts{}) {
			all = append(all, *r)
		}
	}
	slices.SortFunc(all, func(a, b row) int {
		return cmp.Or(cmp.Compare(b.Sent, a.Sent), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Extra, b.Extra))
	})
	return all[:min(len(all), mostTemplates)], nil
}
