package cloud

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/analytics"
	"github.com/wabridge/wabridge/queue"
)

// addAnalytics answers the fields of a business account that are analytics,
// with their dotted calls, and puts them beside its other members (contract,
// section 6).
func (a *api) addAnalytics(ctx context.Context, waba string, n node, fields []field) error {
	n["currency"] = known(a.Currency)
	for _, f := range fields {
		kind := analytics.Kind(f.name)
		if !slices.Contains(analytics.Kinds, kind) {
			continue
		}
		args := make([]analytics.Arg, len(f.calls))
		for i, c := range f.calls {
			args[i] = analytics.Arg{Name: c.name, Value: c.arg}
		}
		report, err := a.report(ctx, waba, kind, args, true)
		if err != nil {
			return err
		}
		n[f.name] = report.field()
	}
	return nil
}

// analyticsEdge is GET /{waba}/{kind}: the same with the parameters in the query.
func (a *api) analyticsEdge(kind analytics.Kind) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if _, err := a.authorize(r); err != nil {
			return err
		}
		p, err := readParams(w, r)
		if err != nil {
			return err
		}
		report, err := a.report(r.Context(), r.PathValue("id"), kind, p.args(), false)
		if err != nil {
			return err
		}
		writeJSON(w, http.StatusOK, report.edge())
		return nil
	}
}

// args are the parameters as they were written.
func (p params) args() []analytics.Arg {
	var args []analytics.Arg
	for name, raw := range p {
		value := string(raw)
		if s, err := unquote(name, raw); err == nil {
			value = s
		}
		args = append(args, analytics.Arg{Name: name, Value: value})
	}
	return args
}

// A report is the answer to one kind of analytics.
type report struct {
	kind  analytics.Kind
	value node
}

// field is the report as a member of the account. Those that the contract
// knows as edges only look the same in either place.
func (r report) field() node {
	switch r.kind {
	case analytics.Messages, analytics.Calls:
		return r.value
	case analytics.Conversations, analytics.Pricing:
		return node{"data": []any{r.value}}
	}
	return r.edge()
}

// edge is the report as a list. It is never longer than one page.
func (r report) edge() node {
	const only = "0" // the key of the one entry
	return node{"data": []any{r.value}, "paging": paging{Cursors: cursors{cursorOf(only), cursorOf(only)}}}
}

// A query is a parsed request and what it is about.
type query struct {
	analytics.Request
	waba   string
	phones map[string]wabridge.Phone // by id: those that pass the filter
	card   analytics.Card
}

// report reads the parameters and counts.
func (a *api) report(ctx context.Context, waba string, kind analytics.Kind, args []analytics.Arg, strict bool) (report, error) {
	phones, err := a.Store.Phones(ctx)
	if err != nil {
		return report{}, err
	}
	if phones = ofWABA(phones, waba); len(phones) == 0 {
		return report{}, noObject(http.MethodGet, waba)
	}
	request, err := analytics.Parse(kind, args, strict, a.TimeZone, time.Now())
	if err != nil {
		return report{}, badAnalytics(kind, err)
	}
	if kind == analytics.Templates || kind == analytics.TemplateGroups {
		if err := a.needInsights(ctx, waba, kind); err != nil {
			return report{}, err
		}
	}
	q := query{Request: request, waba: waba, phones: passing(phones, request.Phones), card: a.Rates}
	value, err := a.answerTo(ctx, &q)
	return report{kind, value}, err
}

// badAnalytics names the parameter, and the kind in the details.
func badAnalytics(kind analytics.Kind, err error) error {
	e, ok := errors.AsType[*analytics.Error](err)
	if !ok {
		return err
	}
	if e.Missing {
		return required(e.Param, string(kind)+" needs it: "+e.Want)
	}
	name := brief(e.Param)
	return say(wabridge.CodeParameter, "(#100) Param "+name+" must be "+e.Want+".", "%s: of %s; docs/api.md lists what it may be", name, kind)
}

// passing keeps the phones that a filter of numbers names. One whose number is
// not known may be named by its id.
func passing(phones []wabridge.Phone, filter []string) map[string]wabridge.Phone {
	out := map[string]wabridge.Phone{}
	for _, p := range phones {
		named := func(n string) bool { return n == p.ID || wabridge.SameNumber(n, p.Number) }
		if len(filter) == 0 || slices.ContainsFunc(filter, named) {
			out[p.ID] = p
		}
	}
	return out
}

// needInsights insists that the account has opted in, as the Cloud API does
// before it answers for templates (contract, section 5; the error's code and
// words are not known).
func (a *api) needInsights(ctx context.Context, waba string, kind analytics.Kind) error {
	own, err := a.wabaSettings(ctx, waba)
	if err != nil || own.Insights {
		return err
	}
	return say(wabridge.CodeParameter, "(#100) Template insights are not enabled for this WhatsApp Business Account",
		"%s: switch is_enabled_for_insights on first: POST /%s?is_enabled_for_insights=true", kind, brief(waba))
}

// answerTo counts what a query asks for.
func (a *api) answerTo(ctx context.Context, q *query) (node, error) {
	switch q.Kind {
	case analytics.Messages:
		return a.messageAnalytics(ctx, q)
	case analytics.Conversations:
		return a.conversationAnalytics(ctx, q)
	case analytics.Pricing:
		return a.pricingAnalytics(ctx, q)
	case analytics.Templates:
		return a.templateAnalytics(ctx, q)
	case analytics.Calls:
		return a.callAnalytics(ctx, q)
	case analytics.Groups: // counts are not kept by group
		return node{"granularity": q.Granularity, "data_points": []any{}}, nil
	}
	// There are no groups of templates here.
	return node{"granularity": q.Granularity, "product_type": "cloud_api", "data_points": []any{}}, nil
}

// tallyQuery is what all kinds ask of the store. ok is false if nothing can
// be found: an empty filter would stand for all.
func (q *query) tallyQuery() (t queue.TallyQuery, ok bool) {
	t = queue.TallyQuery{
		Bounds: q.Buckets.Bounds, Countries: q.Countries, ByPhone: q.By("PHONE"), ByCountry: q.By("COUNTRY"),
	}
	for id := range q.phones {
		t.Phones = append(t.Phones, id)
	}
	slices.Sort(t.Phones)
	if q.costs() {
		t.Bounds = q.Buckets.Days()
	}
	for _, c := range q.Categories {
		t.Categories = append(t.Categories, strings.ToLower(c))
	}
	return t, len(q.phones) > 0 && q.Buckets.Len() > 0
}

// tallies asks the store.
func (a *api) tallies(ctx context.Context, q *query, want []queue.Counter, more func(*queue.TallyQuery)) ([]queue.Tally, error) {
	t, ok := q.tallyQuery()
	if !ok {
		return nil, nil
	}
	t.Want = want
	more(&t)
	return a.Store.Tallies(ctx, t)
}

// shownNumber is how answers show a phone: its digits, or its id while they are
// unknown.
func shownNumber(p wabridge.Phone) string {
	if p.Number == "" {
		return p.ID
	}
	return p.Number
}
