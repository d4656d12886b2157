package console

import (
	"errors"
	"net/url"
	"strconv"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/audit"
	"github.com/wabridge/wabridge/queue"
)

// webhooksPage shows the receivers of webhooks, how far each has come, and lets
// an admin test, stop and rewind them.
func webhooksPage() page {
	return page{Name: "webhooks", Rest: true, Scope: queue.ScopeAdmin, Routes: func(c *Console, r *router) {
		r.show("", c.listWebhooks)
		r.act(queue.ScopeAdmin, "/{id}/test", c.testWebhook)
		r.act(queue.ScopeAdmin, "/{id}/seek", c.seekWebhook)
		r.act(queue.ScopeAdmin, "/{id}/disable", c.disableWebhook(true))
		r.act(queue.ScopeAdmin, "/{id}/enable", c.disableWebhook(false))
	}}
}

// webhookView is an endpoint as the page shows it.
type webhookView struct {
	queue.Endpoint
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
	case w.Failures > 0:
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
	case w.Backlog > 0:
		return "webhooks.state.behind"
	}
	return "webhooks.state.good"
}

// bareAddress leaves out what may be secret.
func bareAddress(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	out := u.Scheme + "://" + u.Host + u.Path
	if u.RawQuery != "" {
		out += "?…"
	}
	return out
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
	views := make([]webhookView, len(all))
	for i, e := range all {
		views[i] = webhookView{Endpoint: e, Where: bareAddress(e.URL), Signed: e.Secret != "", Backlog: max(0, last-e.Cursor), Last: last,
			LastOKAt: v.moment(e.LastOK), NextAt: v.moment(e.Next), FailingAt: v.moment(e.Failing), At: v.moment(e.Created)}
	}
	if v.htmx() {
		return c.part(v, "webhook-list", views)
	}
	return c.show(v, views)
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
