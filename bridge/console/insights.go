package console

import (
	"encoding/csv"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

// insightsPage shows what was sent, what became of it, what it cost and how
// long it took.
func insightsPage() page {
	return page{Name: "insights", Rest: true, Routes: func(c *Console, r *router) {
		r.show("", c.showInsights)
		r.show("/export.csv", c.exportInsights)
	}}
}

// Periods and steps that can be chosen.
var (
	periods = []string{"7d", "30d", "90d", "12mo"}
	steps   = []string{"day", "week", "month"}
)

// An insightQuery is what the page was asked for.
type insightQuery struct {
	Period, Step, Phone string
	bounds              []time.Time // of the slots, in the visitor's time zone
}

// readInsightQuery takes what is wrong for the default.
func readInsightQuery(v *visit) insightQuery {
	q := insightQuery{Period: v.FormValue("period"), Step: v.FormValue("step"), Phone: v.FormValue("phone")}
	if !slices.Contains(periods, q.Period) {
		q.Period = "30d"
	}
	if !slices.Contains(steps, q.Step) {
		q.Step = map[string]string{"7d": "day", "30d": "day", "90d": "week", "12mo": "month"}[q.Period]
	}
	q.bounds = slots(q.Period, q.Step, time.Now().In(v.zone))
	return q
}

// slots are the bounds of the days, weeks (from Monday) or months of a period
// that ends with today.
func slots(period, step string, now time.Time) (all []time.Time) {
	end := time.Date(now.Year(), now.Month(), now.Day()+1, 0, 0, 0, 0, now.Location())
	from := map[string]time.Time{"7d": end.AddDate(0, 0, -7), "30d": end.AddDate(0, 0, -30), "90d": end.AddDate(0, 0, -90),
		"12mo": time.Date(now.Year(), now.Month()-11, 1, 0, 0, 0, 0, now.Location())}[period]
	next := func(t time.Time) time.Time { return t.AddDate(0, 0, 1) }
	switch step {
	case "week":
		from = from.AddDate(0, 0, -(int(from.Weekday())+6)%7)
		next = func(t time.Time) time.Time { return t.AddDate(0, 0, 7) }
	case "month":
		from = time.Date(from.Year(), from.Month(), 1, 0, 0, 0, 0, now.Location())
		next = func(t time.Time) time.Time { return t.AddDate(0, 1, 0) }
	}
	for t := from; t.Before(end); t = next(t) {
		all = append(all, t)
	}
	return append(all, end)
}

// Query is the query for a link to the same with another step, or to the file.
func (q insightQuery) Query() string {
	return url.Values{"period": {q.Period}, "step": {q.Step}, "phone": {q.Phone}}.Encode()
}

// insightView is what the page shows.
type insightView struct {
	insightQuery
	insights
	Phones         []phoneCard
	Periods, Steps []string
	StepSeconds    int
	Currency       string
}

func (c *Console) showInsights(v *visit) error {
	q := readInsightQuery(v)
	phones, err := c.Store.Phones(v.Context())
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(phones, func(p wabridge.Phone) bool { return p.ID == q.Phone }) {
		q.Phone = ""
	}
	view := insightView{insightQuery: q, Periods: periods, Steps: steps, Currency: c.Operate.Currency,
		StepSeconds: map[string]int{"day": 86_400, "week": 7 * 86_400, "month": 30 * 86_400}[q.Step]}
	for _, p := range phones {
		view.Phones = append(view.Phones, phoneCard{Phone: p})
	}
	if view.insights, err = c.countInsights(v, q, view.Phones); err != nil {
		return err
	}
	return c.show(v, view)
}

// exportInsights is the same as a file for a spreadsheet: a line per slot,
// times in RFC 3339, durations in seconds.
func (c *Console) exportInsights(v *visit) error {
	q := readInsightQuery(v)
	all, err := c.countInsights(v, q, nil)
	if err != nil {
		return err
	}
	h := v.w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", fmt.Sprintf(`attachment; filename="wabridge-%s-%s.csv"`, q.Period, q.Step))
	w := csv.NewWriter(v.w)
	_ = w.Write([]string{"start", "end", "sent", "delivered", "read", "failed", "received", "cost", "currency",
		"to_sent_p50_s", "to_sent_p95_s", "to_delivered_p50_s", "to_delivered_p95_s"}) // the browser may be gone, which Flush minds
	for _, s := range all.Slots {
		_ = w.Write([]string{s.Start.Format(time.RFC3339), s.End.Format(time.RFC3339), number(s.Sent), number(s.Delivered), number(s.Read), number(s.Failed),
			number(s.Received), strconv.FormatFloat(s.Cost, 'f', -1, 64), c.Operate.Currency,
			span(s.Took.Sent, 50), span(s.Took.Sent, 95), span(s.Took.Delivered, 50), span(s.Took.Delivered, 95)})
	}
	w.Flush()
	return nil
}

func number(n int64) string { return strconv.FormatInt(n, 10) }

// span writes a percentile in seconds, "" where nothing was measured.
func span(s queue.Spread, percent int) string {
	if s.Count == 0 {
		return ""
	}
	d := s.P50
	if percent == 95 {
		d = s.P95
	}
	return strconv.FormatFloat(d.Seconds(), 'f', -1, 64)
}

// seconds writes a duration as people do.
func (v *visit) seconds(d time.Duration) string {
	switch {
	case d < 10*time.Second:
		return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + " s"
	case d < 2*time.Minute:
		return strconv.Itoa(int(d.Seconds()+.5)) + " s"
	case d < 2*time.Hour:
		return strconv.Itoa(int(d.Minutes()+.5)) + " min"
	}
	return strconv.Itoa(int(d.Hours()+.5)) + " h"
}

// Spread writes a percentile for people.
func (v *visit) Spread(s queue.Spread, percent int) string {
	switch {
	case s.Count == 0:
		return "–"
	case percent == 95:
		return v.seconds(s.P95)
	}
	return v.seconds(s.P50)
}

// Seconds is a percentile for a chart, "" where nothing was measured.
func (v *visit) Seconds(s queue.Spread, percent int) string { return span(s, percent) }

// Slot names a slot of a step.
func (v *visit) Slot(start time.Time, step string) string {
	if step == "month" {
		return v.Lang.T(fmt.Sprintf("time.month_%d", start.Month())) + " " + strconv.Itoa(start.Year())
	}
	return v.Lang.date(start, start.Year() != time.Now().In(v.zone).Year())
}

// Count writes a number with the language's separators.
func (v *visit) Count(n int64) string { return v.Lang.show(n) }

// Money writes an amount with two digits.
func (v *visit) Money(amount float64) string { return v.Lang.count.Sprintf("%.2f", amount) }

// Share is what part is of all, in percent; "–" of nothing.
func (v *visit) Share(part, all int64) string {
	if all == 0 {
		return "–"
	}
	return strconv.FormatInt((part*100+all/2)/all, 10) + " %"
}
