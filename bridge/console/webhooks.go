package console

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"strconv"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/audit"
	"github.com/wabridge/wabridge/bridge"
	"github.com/wabridge/wabridge/bridge/delivery"
	"github.com/wabridge/wabridge/queue"
)

// webhooksPage shows the receivers of webhooks, how far each has come, and lets
// an admin test, stop and rewind them.
func webhooksPage() page {
	return page{Name: "webhooks", Rest: true, Scope: queue.ScopeAdmin, Routes: func(c *Console, r *router) {
		r.show("", c.listWebhooks)
		r.act(queue.ScopeAdmin, "/{id}/test", c.testWebhook)
		r.act(queue.ScopeAdmin, "/{id}/seek", c.seekWebhook)
		r.act(queue.ScopeAdmin, "/{id}/replay", c.replayDeadLetters)
		r.act(queue.ScopeAdmin, "/{id}/disable", c.disableWebhook(true))
		r.act(queue.ScopeAdmin, "/{id}/enable", c.disableWebhook(false))
	}}
}

// webhookView is a destination of events as the page shows it.
type webhookView struct {
	queue.Endpoint
	// Kind is devino, twin or crm; "" for a webhook, which can be tested, moved
	// and switched off.
	Kind                            string
	Retrying                        int
	Where                           string // the address without its query, which may hold a key
	Signed                          bool
	Backlog                         int64
	Last                            int64
	LastOKAt, NextAt, FailingAt, At moment
}

// Class is the colour of its state.
func (w webhookView) Class() string {
	switch {
	case w.Disabled:
		return ""
	case w.Failures > 0 || w.Retrying > 0 || w.DeadLetters > 0:
		return "bad"
	case w.Backlog > 0:
		return "busy"
	}
	return "good"
}

// StateKey is the text of its state.
func (w webhookView) StateKey() string {
	switch {
	case w.Disabled:
		return "webhooks.state.disabled"
	case w.Failures > 0:
		return "webhooks.state.failing"
	case w.Retrying > 0 || w.DeadLetters > 0:
		return "webhooks.state.refusing"
	case w.Backlog > 0:
		return "webhooks.state.behind"
	}
	return "webhooks.state.good"
}

func (c *Console) listWebhooks(v *visit) error {
	all, err := c.Store.Endpoints(v.Context())
	if err != nil {
		return err
	}
	last, err := c.Store.LastEvent(v.Context())
	if err != nil {
		return err
	}
	statuses, err := c.destinations(v)
	if err != nil {
		return err
	}
	var views []webhookView
	for _, e := range all {
		w := webhookView{Endpoint: e, Where: bridge.BareAddress(e.URL), Signed: e.Secret != "" || c.Operate.AppSigned, Backlog: max(0, last-e.Cursor)}
		if s, ok := statuses[e.ID]; ok {
			w.take(s)
			delete(statuses, e.ID)
		}
		views = append(views, w)
	}
	for _, id := range slices.Sorted(maps.Keys(statuses)) {
		s := statuses[id]
		w := webhookView{Endpoint: queue.Endpoint{ID: id}, Kind: s.Kind, Where: cmp.Or(bridge.BareAddress(s.Receiver), id)}
		w.take(s)
		views = append(views, w)
	}
	for i := range views {
		w := &views[i]
		w.Last, w.LastOKAt, w.NextAt, w.FailingAt, w.At = last, v.moment(w.LastOK), v.moment(w.Next), v.moment(w.Failing), v.moment(w.Created)
	}
	if v.htmx() {
		return c.part(v, "webhook-list", views)
	}
	return c.show(v, views)
}

// take takes over how far a destination is.
func (w *webhookView) take(s delivery.Status) {
	w.Cursor, w.Failures, w.Failing, w.Next = s.Cursor, s.Failures, s.Failing, s.Next
	w.LastError, w.LastOK, w.Dropped, w.DeadLetters = s.LastError, s.LastOK, s.Dropped, s.DeadLetters
	w.Backlog, w.Retrying = s.Pending, s.Retrying
}

// destinations are how far all receivers of events are, by id.
func (c *Console) destinations(v *visit) (map[string]delivery.Status, error) {
	byID := map[string]delivery.Status{}
	if c.Operate.Destinations == nil {
		return byID, nil
	}
	all, err := c.Operate.Destinations.Statuses(v.Context())
	for _, s := range all {
		byID[s.ID] = s
	}
	return byID, err
}

// replayDeadLetters delivers again what was set aside for a destination.
func (c *Console) replayDeadLetters(v *visit) error {
	id := v.PathValue("id")
	if c.Operate.Destinations == nil {
		return &problem{key: "webhooks.error.not_running", status: 503}
	}
	_, err := c.Operate.Destinations.Replay(v.Context(), id, nil)
	c.note(v, audit.WebhookReplay, id, "all dead letters", err)
	if wabridge.CodeOf(err) == wabridge.CodeNotFound {
		return &problem{key: "webhooks.error.not_running", status: 503, cause: err}
	}
	if err != nil {
		return err
	}
	return back(v, Path+"/webhooks", "replayed")
}

// endpoint finds the one that a path names.
func (c *Console) endpoint(v *visit) (queue.Endpoint, error) {
	all, err := c.Store.Endpoints(v.Context())
	if err != nil {
		return queue.Endpoint{}, err
	}
	for _, e := range all {
		if e.ID == v.PathValue("id") {
			return e, nil
		}
	}
	return queue.Endpoint{}, wabridge.Fail(wabridge.CodeNotFound, nil, "no such webhook")
}

// testWebhook posts a sample and shows what came of it.
func (c *Console) testWebhook(v *visit) error {
	e, err := c.endpoint(v)
	if err != nil {
		return err
	}
	if c.Operate.TestWebhook == nil {
		return &problem{key: "webhooks.error.not_running", status: 503}
	}
	result := c.Operate.TestWebhook(v.Context(), e)
	var failed error
	if result.Error != "" {
		failed = errors.New("not delivered")
	}
	c.note(v, audit.WebhookPut, e.ID, "test", failed)
	return c.part(v, "webhook-test", result)
}

// seekWebhook makes an endpoint go on after another event: an earlier one to
// deliver again, the newest one to skip what waits.
func (c *Console) seekWebhook(v *visit) error {
	e, err := c.endpoint(v)
	if err != nil {
		return err
	}
	last, err := c.Store.LastEvent(v.Context())
	if err != nil {
		return err
	}
	first, err := c.Store.FirstEvent(v.Context())
	if err != nil {
		return err
	}
	after, done := last, "skipped"
	if v.PostFormValue("skip") == "" {
		from, err := strconv.ParseInt(v.PostFormValue("from"), 10, 64)
		if err != nil || from < 1 || from > last {
			return refuse("webhooks.error.from", strconv.FormatInt(max(1, first), 10), strconv.FormatInt(last, 10))
		}
		after, done = from-1, "rewound"
	}
	if c.Operate.Webhooks == nil {
		return &problem{key: "webhooks.error.not_running", status: 503}
	}
	err = c.Operate.Webhooks.Seek(v.Context(), e.ID, after)
	c.note(v, audit.WebhookPut, e.ID, "cursor "+strconv.FormatInt(after, 10), err)
	if wabridge.CodeOf(err) == wabridge.CodeNotFound {
		return &problem{key: "webhooks.error.not_running", status: 503, cause: err}
	}
	if err != nil {
		return err
	}
	return back(v, Path+"/webhooks", done)
}

// disableWebhook stops an endpoint, or lets it go on; what happens meanwhile
// waits for it.
func (c *Console) disableWebhook(off bool) handler {
	return func(v *visit) error {
		e, err := c.endpoint(v)
		if err != nil {
			return err
		}
		e.Disabled = off
		_, err = c.Store.PutEndpoint(v.Context(), e)
		detail, done := "enabled", "enabled"
		if off {
			detail, done = "disabled", "disabled"
		}
		c.note(v, audit.WebhookPut, e.ID, detail, err)
		if err != nil {
			return err
		}
		if c.Operate.Webhooks != nil {
			c.Operate.Webhooks.Reload()
		}
		return back(v, Path+"/webhooks", done)
	}
}

// Again is the event from which a repetition is proposed: the last ten.
func (w webhookView) Again() int64 { return max(1, w.Cursor-9) }
