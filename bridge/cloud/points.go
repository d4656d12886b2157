package cloud

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/wabridge/wabridge/analytics"
	"github.com/wabridge/wabridge/queue"
)

// A pointKey is what one data point is about. Members that were not asked to
// be told apart are empty.
type pointKey struct {
	bucket                                   int
	phone, country, kind, way, category, tpl string
}

func (k pointKey) compare(o pointKey) int {
	return cmp.Or(k.bucket-o.bucket, cmp.Compare(k.phone, o.phone), cmp.Compare(k.country, o.country), cmp.Compare(k.category, o.category),
		cmp.Compare(k.kind, o.kind), cmp.Compare(k.way, o.way), cmp.Compare(k.tpl, o.tpl))
}

// A sum is what a data point tells.
type sum struct {
	queue.Counts
	n, micros int64 // conversations, messages or calls; what they cost
}

// points adds up by key; empty ones never get in.
type points map[pointKey]*sum

func (p points) at(k pointKey) *sum {
	s := p[k]
	if s == nil {
		s = &sum{}
		p[k] = s
	}
	return s
}

// list writes the points in order: start and end, then what write adds.
func (p points) list(b analytics.Buckets, write func(node, pointKey, *sum)) []any {
	list := make([]any, 0, len(p))
	for _, k := range slices.SortedFunc(maps.Keys(p), pointKey.compare) {
		n := node{"start": b.Bounds[k.bucket].Unix(), "end": b.Bounds[k.bucket+1].Unix()}
		write(n, k, p[k])
		list = append(list, n)
	}
	return list
}

// asked keeps a value if its dimension was asked for.
func (q *query) asked(dimension, value string) string {
	if q.By(dimension) {
		return value
	}
	return ""
}

// put writes a member that is there.
func put(n node, name, value string) {
	if value != "" {
		n[name] = value
	}
}

// messageAnalytics is the field analytics: messages sent and delivered. What
// was received counts, as sent and delivered, only where product_types asks
// for it.
func (a *api) messageAnalytics(ctx context.Context, q *query) (node, error) {
	want := []queue.Counter{queue.Sent, queue.Delivered}
	var products []int
	for _, p := range q.Products {
		n, _ := strconv.Atoi(p) // of a closed list
		products = append(products, n)
	}
	if slices.Contains(products, analytics.Inbound) {
		want = append(want, queue.Received)
	}
	tallies, err := a.tallies(ctx, q, want, func(t *queue.TallyQuery) { t.Products = products })
	if err != nil {
		return nil, err
	}
	all := points{}
	for _, t := range tallies {
		if t.Sent+t.Delivered+t.Received != 0 {
			all.at(pointKey{bucket: q.Buckets.Index(t.Start)}).Add(t.Counts)
		}
	}
	numbers := []string{}
	for _, p := range q.phones {
		numbers = append(numbers, shownNumber(p))
	}
	slices.Sort(numbers)
	countries := q.Countries
	if len(countries) == 0 {
		if countries, err = a.Store.Countries(ctx, slices.Sorted(maps.Keys(q.phones))); err != nil {
			return nil, err
		}
	}
	return node{"phone_numbers": numbers, "country_codes": orEmpty(countries), "granularity": q.Granularity,
		"data_points": all.list(q.Buckets, func(n node, _ pointKey, s *sum) {
			n["sent"], n["delivered"] = s.Sent+s.Received, s.Delivered+s.Received
		})}, nil
}

func orEmpty(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// conversationAnalytics is the field conversation_analytics. A conversation is
// FREE_TIER if it answers the user, else REGULAR.
func (a *api) conversationAnalytics(ctx context.Context, q *query) (node, error) {
	tallies, err := a.tallies(ctx, q, []queue.Counter{queue.ByUser, queue.ByBusiness}, func(t *queue.TallyQuery) {
		t.ByCategory = q.By("CONVERSATION_CATEGORY") || q.costs()
		t.ByCountry = t.ByCountry || q.costs()
	})
	if err != nil {
		return nil, err
	}
	all := points{}
	add := func(t *queue.Tally, kind, way, pricing string, n int64) {
		if n == 0 || !analytics.Passes(q.Types, kind) || !analytics.Passes(q.Directions, way) {
			return
		}
		s := all.at(pointKey{bucket: q.Buckets.Index(t.Start), phone: q.asked("PHONE", t.Phone), country: q.asked("COUNTRY", t.Country),
			kind: q.asked("CONVERSATION_TYPE", kind), way: q.asked("CONVERSATION_DIRECTION", way),
			category: q.asked("CONVERSATION_CATEGORY", strings.ToUpper(t.Category))})
		s.n += n
		s.micros += q.card.Micros(analytics.PerConversation, t.Country, t.Category, pricing, t.Start, n)
	}
	for i := range tallies {
		t := &tallies[i]
		add(t, "FREE_TIER", "USER_INITIATED", analytics.FreeCustomerService, t.ByUser)
		add(t, "REGULAR", "BUSINESS_INITIATED", analytics.Regular, t.ByBusiness)
	}
	return node{"data_points": all.list(q.Buckets, func(n node, k pointKey, s *sum) {
		q.measure(n, "CONVERSATION", "conversation", s)
		q.place(n, k)
		put(n, "conversation_type", k.kind)
		put(n, "conversation_direction", k.way)
		put(n, "conversation_category", k.category)
	})}, nil
}

// costs reports whether prices are to be looked up, which needs everything
// told apart that a rate is for.
func (q *query) costs() bool { return len(q.card) > 0 && q.Metric("COST") }

// measure writes how many there are and what they cost, as asked for.
func (q *query) measure(n node, metric, name string, s *sum) {
	if q.Metric(metric) {
		n[name] = s.n
	}
	if q.Metric("COST") {
		n["cost"] = analytics.Money(s.micros)
	}
}

// place writes whose and where.
func (q *query) place(n node, k pointKey) {
	if k.phone != "" {
		n["phone_number"] = shownNumber(q.phones[k.phone])
	}
	put(n, "country", k.country)
}

// pricingAnalytics is the field pricing_analytics: delivered messages, each of
// which is charged or free.
func (a *api) pricingAnalytics(ctx context.Context, q *query) (node, error) {
	tallies, err := a.tallies(ctx, q, []queue.Counter{queue.Delivered, queue.Free}, func(t *queue.TallyQuery) {
		t.ByCategory = q.By("PRICING_CATEGORY") || q.costs()
		t.ByCountry = t.ByCountry || q.costs()
	})
	if err != nil {
		return nil, err
	}
	all := points{}
	add := func(t *queue.Tally, kind string, n int64) {
		if n == 0 || !analytics.Passes(q.Types, kind) {
			return
		}
		s := all.at(pointKey{bucket: q.Buckets.Index(t.Start), phone: q.asked("PHONE", t.Phone), country: q.asked("COUNTRY", t.Country),
			kind: q.asked("PRICING_TYPE", kind), category: q.asked("PRICING_CATEGORY", strings.ToUpper(t.Category))})
		s.n += n
		s.micros += q.card.Micros(analytics.PerMessage, t.Country, t.Category, kind, t.Start, n)
	}
	for i := range tallies {
		t := &tallies[i]
		add(t, analytics.FreeCustomerService, t.Free)
		add(t, analytics.Regular, t.Delivered-t.Free)
	}
	return node{"data_points": all.list(q.Buckets, func(n node, k pointKey, s *sum) {
		q.place(n, k)
		put(n, "tier", q.asked("TIER", "0:MAX"))
		put(n, "pricing_type", k.kind)
		put(n, "pricing_category", k.category)
		q.measure(n, "VOLUME", "volume", s)
	})}, nil
}

// callAnalytics is the field call_analytics: calls to the phone. How long they
// took is not known, so average_duration is left out.
func (a *api) callAnalytics(ctx context.Context, q *query) (node, error) {
	ways := q.Directions
	if len(ways) == 0 {
		ways = []string{"BUSINESS_INITIATED", "USER_INITIATED"}
	}
	out := node{"granularity": q.Granularity, "directions": ways, "data_points": []any{}}
	t, ok := q.tallyQuery()
	if !ok || !slices.Contains(ways, "USER_INITIATED") {
		return out, nil
	}
	calls, err := a.Store.CallTallies(ctx, queue.CallQuery{From: q.Buckets.From(), To: q.Buckets.To(), Phones: t.Phones})
	if err != nil {
		return nil, err
	}
	all := points{}
	for _, c := range calls {
		if analytics.Passes(q.Countries, c.Country) {
			all.at(pointKey{bucket: q.Buckets.Index(c.Start), phone: q.asked("PHONE", c.Phone), country: q.asked("COUNTRY", c.Country)}).n += c.Count
		}
	}
	out["data_points"] = all.list(q.Buckets, func(n node, k pointKey, s *sum) {
		q.measure(n, "COUNT", "count", s)
		q.place(n, k)
		put(n, "direction", q.asked("DIRECTION", "USER_INITIATED"))
	})
	return out, nil
}
