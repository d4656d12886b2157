package crm

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/bridge"
	"github.com/wabridge/wabridge/content"
	"github.com/wabridge/wabridge/phonenumber"
	"github.com/wabridge/wabridge/queue"
)

// Kinds of the objects that a poller keeps; their owner is its name.
const (
	objectItem    = "crm_item"    // id: the message's; what it was made of
	objectRefused = "crm_refused" // id: hash of the CRM's; a result that waits to be told
	objectPlace   = "crm_place"   // id: a lane's; how far it has told the log
	objectAside   = "crm_aside"   // id: lane and event; what the CRM could not take
)

// A stored item is what is remembered of one that was accepted.
type storedItem struct {
	ID    string `json:"id"` // the CRM's
	Print string `json:"print"`
}

// A candidate is an item on its way into the queue.
type candidate struct {
	item
	reading
	bad   *mistake
	known bool              // its message is there already
	file  *content.MediaRef // of a message or of its template
}

// outcome counts what became of the items of an answer.
type outcome struct {
	accepted, rejected, repeated int
	fresh                        bool // something was not handed out by the answer before
}

// accept takes the items of one answer in, in their order. What cannot be sent
// is noted, to be told. An error is the database's: some items may be in, the
// CRM hands out the others again.
func (p *Poller) accept(ctx context.Context, items []item) (outcome, error) {
	p.accepting.Lock()
	defer p.accepting.Unlock()
	var out outcome
	phones, err := p.store.Phones(ctx)
	if err != nil {
		return out, err
	}
	if err := p.ready(phones); err != nil {
		return out, err
	}
	list, err := p.sort(ctx, items, phones)
	if err != nil {
		return out, err
	}
	if err := p.files(ctx, list); err != nil {
		return out, err
	}
	var drafts []queue.Draft
	refusals := map[string]bool{}
	defer func() { p.refused = refusals }()
	for _, c := range list {
		switch {
		case c.bad != nil:
			err = p.refuse(ctx, c.id, *c.bad)
			out.rejected++
			out.fresh = out.fresh || !p.refused[c.id]
			refusals[c.id] = true
		case c.known:
			p.repeat(c.id)
			out.repeated++
		default:
			bridge.LogRenamed(ctx, p.log, &c.message)
			drafts = append(drafts, queue.Draft{Message: c.message, Key: c.id, Owner: "crm/" + p.cfg.Name, Print: c.print})
		}
		if err != nil {
			return out, err
		}
	}
	if len(drafts) == 0 {
		return out, nil
	}
	if err := p.note(ctx, list); err != nil { // first: whoever reads the log must find it
		return out, err
	}
	if _, err := p.store.Enqueue(ctx, drafts...); err != nil {
		return out, err
	}
	out.accepted, out.fresh = len(drafts), true
	return out, nil
}

// sort reads the items, and finds out which are new.
func (p *Poller) sort(ctx context.Context, items []item, phones []wabridge.Phone) ([]*candidate, error) {
	now := time.Now()
	prints := map[string]string{}
	var list []*candidate
	for _, it := range items {
		if it.id == "" {
			p.nameless()
			continue
		}
		c := &candidate{item: it}
		c.reading, c.bad = it.read(p.wire.field, now)
		c.message.ID = messageID(p.cfg.Name, it.id)
		before, twice := prints[it.id]
		stored, err := p.stored(ctx, c.message.ID)
		switch {
		case err != nil:
			return nil, err
		case stored != nil:
			c.known, before = true, stored.Print
		case twice:
			if before == c.print || c.print == "" {
				continue // the same again
			}
		}
		if c.known || twice {
			c.bad = nil
			if c.print != "" && c.print != before {
				c.bad = wrong(wabridge.CodeParameter, "%s: this id was used for another message, which was accepted; use a new one for each message", p.wire.field("id"))
			}
		} else if c.bad == nil {
			prints[it.id] = c.print
			if c.bad, err = p.complete(ctx, c, phones, now); err != nil {
				return nil, err
			}
		}
		list = append(list, c)
	}
	return list, nil
}

// stored finds what is remembered of a message that was accepted; nil if there
// is none.
func (p *Poller) stored(ctx context.Context, id string) (*storedItem, error) {
	_, err := p.store.Message(ctx, id)
	if wabridge.CodeOf(err) == wabridge.CodeNotFound {
		var gone bool
		if gone, err = p.store.Gone(ctx, id); err == nil && !gone {
			return nil, nil
		}
	}
	if err != nil {
		return nil, err
	}
	s, err := p.itemOf(ctx, id)
	if err == nil && s == nil {
		s = &storedItem{} // long ago
	}
	return s, err
}

// itemOf finds the CRM's id of a message; nil if it is none of this poller's.
func (p *Poller) itemOf(ctx context.Context, message string) (*storedItem, error) {
	o, err := p.store.Object(ctx, objectItem, p.cfg.Name, message)
	if wabridge.CodeOf(err) == wabridge.CodeNotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var s storedItem
	return &s, json.Unmarshal(o.Data, &s)
}

// complete adds to a new message what is known here: the phone, the template,
// whether it may be sent.
func (p *Poller) complete(ctx context.Context, c *candidate, phones []wabridge.Phone, now time.Time) (*mistake, error) {
	m := &c.message
	phone, bad := p.phone(m.Phone, phones)
	if bad != nil && bad.Code == wabridge.CodeValue && p.search.On() {
		return nil, bridge.ErrSearching // the CRM keeps it
	}
	if bad != nil {
		return bad, nil
	}
	m.Phone = phone.ID
	if m.Group == "" {
		if bad, err := p.person(ctx, m, phone); bad != nil || err != nil {
			return bad, err
		}
	}
	blocked, err := queue.Blocked(ctx, p.store, phone.ID, m.Number, now)
	if err != nil {
		return nil, err
	}
	if blocked {
		return wrong(wabridge.CodeUndeliverable, "%s: this number is blocked for this phone by this gateway", p.wire.field("to")), nil
	}
	if c.body.Template != nil {
		return p.render(ctx, c, phone.WABA, now)
	}
	return nil, nil
}

// person reads the number of a message's recipient.
func (p *Poller) person(ctx context.Context, m *wabridge.Message, phone wabridge.Phone) (*mistake, error) {
	digits, err := bridge.ReadRecipient(ctx, p.store, phone, m.Input)
	if bad, ok := errors.AsType[*phonenumber.Error](err); ok {
		return wrong(wabridge.CodeValue, "%s: %s", p.wire.field("to"), bad.Remedy), nil
	}
	if err == nil && wabridge.SameNumber(digits, phone.Number) {
		return wrong(wabridge.CodeSelf, "%s: it is the sending phone's own number", p.wire.field("to")), nil
	}
	m.Number, m.Chat = digits, wabridge.UserJID(digits)
	return nil, err
}

// ready says whether there is the phone that the configuration speaks of: at
// the first start of all phones become known after a while, and nothing is
// asked for that would have to be rejected for that alone.
func (p *Poller) ready(phones []wabridge.Phone) error {
	switch {
	case len(phones) == 0:
		return errors.New("the gateway has no phone yet")
	case p.cfg.Phone != "" && !slices.ContainsFunc(phones, func(f wabridge.Phone) bool { return f.ID == p.cfg.Phone }):
		return errors.New("the gateway does not have the configured phone (yet)")
	}
	return nil
}

// phone finds the one that sends.
func (p *Poller) phone(asked string, phones []wabridge.Phone) (wabridge.Phone, *mistake) {
	id := asked
	if id == "" {
		id = p.cfg.Phone
	}
	if id == "" && len(phones) == 1 {
		return phones[0], nil
	}
	i := slices.IndexFunc(phones, func(f wabridge.Phone) bool { return f.ID == id })
	switch {
	case i >= 0:
		return phones[i], nil
	case id == "":
		return wabridge.Phone{}, wrong(wabridge.CodeMissing, "%s: there are several phones; name one here, or in the poller's configuration", p.wire.field("phone_number_id"))
	}
	return wabridge.Phone{}, wrong(wabridge.CodeValue, "%s: there is no such phone", p.wire.field("phone_number_id"))
}

// render fills in a stored template.
func (p *Poller) render(ctx context.Context, c *candidate, waba string, now time.Time) (*mistake, error) {
	t := c.body.Template
	o, err := p.store.ObjectByName(ctx, queue.ObjectTemplate, waba, queue.TemplateName(t.Name, t.Language))
	if wabridge.CodeOf(err) == wabridge.CodeNotFound {
		return mistakeOf(content.NoTemplate(t.Name, t.Language)), nil
	}
	if err != nil {
		return nil, err
	}
	definition, err := content.ReadTemplate(o.Data)
	if err != nil {
		return nil, err
	}
	carried, err := definition.Render(t)
	if err != nil {
		return mistakeOf(err), nil
	}
	m := &c.message
	m.Text, m.Choices = wabridge.Text(carried.Text), carried.Choices
	m.Template, m.Category = definition.ID, strings.ToLower(definition.Category)
	if ttl := time.Duration(definition.TTL) * time.Second; ttl > 0 && now.Add(ttl).Before(m.Expires) {
		m.Expires = now.Add(ttl)
	}
	c.file = carried.Media
	return nil, nil
}

// note remembers of what the new messages were made. One that an earlier try
// left behind is written again.
func (p *Poller) note(ctx context.Context, list []*candidate) error {
	errs := make([]error, len(list))
	var wg sync.WaitGroup
	for i, c := range list {
		if c.known || c.bad != nil {
			continue
		}
		wg.Go(func() { errs[i] = p.put(ctx, objectItem, c.message.ID, storedItem{c.id, c.print}) }) // they share commits
	}
	wg.Wait()
	return errors.Join(errs...)
}

// refuse notes that an item is rejected, to be told to the CRM.
func (p *Poller) refuse(ctx context.Context, id string, bad mistake) error {
	if p.cfg.ResultsURL == "" {
		return nil
	}
	r := rejection(id, bad, time.Now())
	if err := p.put(ctx, objectRefused, hashOf(id), r); err != nil {
		return err
	}
	p.lanes.results.wake()
	return nil
}

// put stores an object, in the place of an earlier one.
func (p *Poller) put(ctx context.Context, kind, id string, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	o := queue.Object{Kind: kind, Owner: p.cfg.Name, ID: id, Data: data}
	_, err = p.store.PutObject(ctx, o, time.Now())
	if wabridge.CodeOf(err) != wabridge.CodeConflict {
		return err
	}
	before, err := p.store.Object(ctx, kind, p.cfg.Name, id)
	if err != nil {
		return err
	}
	o.Version = before.Version
	_, err = p.store.PutObject(ctx, o, time.Now())
	return err
}

func hashOf(id string) string {
	sum := sha256.Sum256([]byte(id))
	return hex.EncodeToString(sum[:16])
}

// mistakeOf is what the CRM is told of an error of package content.
func mistakeOf(err error) *mistake {
	if e, ok := errors.AsType[*content.Error](err); ok {
		return &mistake{e.Code, e.Details()}
	}
	return &mistake{wabridge.CodeParameter, detail(err)}
}

// detail is what an error says to the CRM.
func detail(err error) string {
	if e, ok := errors.AsType[*content.Error](err); ok {
		return e.Details()
	}
	if e, ok := errors.AsType[*wabridge.Error](err); ok && e.Detail != "" {
		return e.Detail
	}
	return "it cannot be used"
}
