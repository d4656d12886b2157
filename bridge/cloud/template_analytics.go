package cloud

import (
	"context"
	"slices"

	"github.com/wabridge/wabridge/analytics"
	"github.com/wabridge/wabridge/queue"
)

// templateAnalytics is the edge template_analytics: a point for each template
// and day, also where nothing was sent (contract, section 6).
func (a *api) templateAnalytics(ctx context.Context, q *query) (node, error) {
	tallies, err := a.tallies(ctx, q, []queue.Counter{queue.Sent, queue.Delivered, queue.Read, queue.Free}, func(t *queue.TallyQuery) {
		t.Templates, t.ByTemplate = q.IDs, true
		t.ByCategory, t.ByCountry = q.costs(), q.costs()
	})
	if err != nil {
		return nil, err
	}
	clicks, err := a.clicks(ctx, q)
	if err != nil {
		return nil, err
	}
	all := points{}
	for i := range q.Buckets.Len() {
		for _, id := range q.IDs {
			all.at(pointKey{bucket: i, tpl: id})
		}
	}
	for _, t := range tallies {
		s := all.at(pointKey{bucket: q.Buckets.Index(t.Start), tpl: t.Template})
		s.Add(t.Counts)
		s.micros += q.card.Micros(analytics.PerMessage, t.Country, t.Category, analytics.Regular, t.Start, t.Delivered-t.Free)
		s.micros += q.card.Micros(analytics.PerMessage, t.Country, t.Category, analytics.FreeCustomerService, t.Start, t.Free)
	}
	return node{"granularity": q.Granularity, "product_type": "cloud_api",
		"data_points": all.list(q.Buckets, func(n node, k pointKey, s *sum) {
			n["template_id"] = k.tpl
			q.writeTemplate(n, s, clicks[k])
		})}, nil
}

// writeTemplate writes the metrics that are asked for.
func (q *query) writeTemplate(n node, s *sum, clicked []any) {
	for _, m := range []struct {
		metric, name string
		n            int64
	}{{"SENT", "sent", s.Sent}, {"DELIVERED", "delivered", s.Delivered}, {"READ", "read", s.Read}} {
		if q.Metric(m.metric) {
			n[m.name] = m.n
		}
	}
	if q.Metric("CLICKED") && len(clicked) > 0 {
		n["clicked"] = clicked
	}
	if q.Metric("COST") {
		cost := []any{node{"type": "amount_spent", "value": analytics.Money(s.micros)}}
		if s.Delivered > 0 {
			cost = append(cost, node{"type": "cost_per_delivered", "value": analytics.Money(s.micros / s.Delivered)})
		}
		n["cost"] = cost
	}
}

// clicks lists the quick replies chosen, by day and template.
func (a *api) clicks(ctx context.Context, q *query) (map[pointKey][]any, error) {
	t, ok := q.tallyQuery()
	if !ok || !q.Metric("CLICKED") {
		return nil, nil
	}
	t.Templates = q.IDs
	list, err := a.Store.Clicks(ctx, t)
	if err != nil {
		return nil, err
	}
	type button struct {
		pointKey
		title string
	}
	sums, order := map[button]int64{}, []button{}
	for _, c := range list {
		b := button{pointKey{bucket: q.Buckets.Index(c.Start), tpl: c.Template}, c.Title}
		if !slices.Contains(order, b) {
			order = append(order, b)
		}
		sums[b] += c.Count
	}
	out := map[pointKey][]any{}
	for _, b := range order {
		out[b.pointKey] = append(out[b.pointKey], node{"type": "quick_reply_button", "button_content": b.title, "count": sums[b]})
	}
	return out, nil
}
