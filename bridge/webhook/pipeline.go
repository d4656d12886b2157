package webhook

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/bridge/delivery"
	"github.com/wabridge/wabridge/queue"
)

// kinds are the events that can have a form in the Cloud API.
var kinds = queue.EventFilter{Kinds: []wabridge.EventKind{
	wabridge.EventMessage, wabridge.EventEcho, wabridge.EventStatus, wabridge.EventPhone, wabridge.EventCall, wabridge.EventAccount,
	wabridge.EventPreference,
}}

// A Delivery is one event on its way to one endpoint: what the stages share.
type Delivery struct {
	Endpoint queue.Endpoint
	Event    wabridge.Event
	Phone    wabridge.Phone

	Field  string      // set by render
	Body   []byte      // set by render: the exact bytes that are signed and sent
	Header http.Header // set by sign
}

// A Stage does one thing to a delivery, or says why the way ends here.
type Stage func(ctx context.Context, d *Delivery) error

// A Chain is a list of stages; the list is the documentation.
type Chain []Stage

// Run runs the stages in order until one returns an error, and returns it.
func (c Chain) Run(ctx context.Context, d *Delivery) error {
	for _, stage := range c {
		if err := stage(ctx, d); err != nil {
			return err
		}
	}
	return nil
}

// render makes the job of an event (delivery.Config.Render).
func (r *receiver) render(ctx context.Context, ev wabridge.Event) (delivery.Job, error) {
	d := &Delivery{Endpoint: r.endpoint(), Event: ev}
	if d.Endpoint.Disabled {
		return delivery.Job{}, delivery.ErrLater // switched off just now: its events are not passed over
	}
	err := Chain{r.d.phones.lookup, route(r.d.endpoints), render, r.d.marks.admit}.Run(ctx, d)
	return delivery.Job{Body: d}, err
}

// post signs and posts one event (delivery.Config.Post).
func (r *receiver) post(ctx context.Context, jobs []delivery.Job) delivery.Answer {
	d := *jobs[0].Body.(*Delivery) // the render of this package made it
	d.Endpoint = r.endpoint()
	d.Endpoint.Secret = cmp.Or(d.Endpoint.Secret, r.d.AppSecret)
	return d.post(ctx, r.d.client)
}

// phonesFresh is how long a reading of a phone is good enough.
const phonesFresh = time.Second

// phones remembers phones for a moment.
type phones struct {
	store Store

	mu   sync.Mutex
	read time.Time
	all  map[string]wabridge.Phone
}

// lookup finds the event's phone. One that was removed since is known by its
// id only.
func (p *phones) lookup(ctx context.Context, d *Delivery) error {
	phone, err := p.phone(ctx, d.Event.Phone)
	if wabridge.CodeOf(err) == wabridge.CodeNotFound {
		phone, err = wabridge.Phone{ID: d.Event.Phone}, nil
	}
	if err == nil && d.Event.Kind == wabridge.EventAccount && phone.WABA == "" { // the whole account's
		a, err := accountData(d.Event)
		if err != nil {
			return fmt.Errorf("%w: %w", delivery.ErrUnreadable, err)
		}
		phone.WABA = a.WABA
	}
	d.Phone = phone
	return err
}

// phone reads a phone, if it was not just read. One whose number is not known
// yet is always read again.
func (p *phones) phone(ctx context.Context, id string) (wabridge.Phone, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if since := time.Since(p.read); since < 0 || since >= phonesFresh || p.all == nil {
		p.all, p.read = map[string]wabridge.Phone{}, time.Now()
	}
	if known, ok := p.all[id]; ok && known.Number != "" {
		return known, nil
	}
	phone, err := p.store.Phone(ctx, id)
	if err == nil {
		p.all[id] = phone
	}
	return phone, err
}

// errSkip ends the way of an event that this endpoint does not get.
var errSkip = delivery.ErrSkip

// errUnreadable marks an event that can never be rendered.
var errUnreadable = delivery.ErrUnreadable
