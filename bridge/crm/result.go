package crm

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/bridge"
	"github.com/wabridge/wabridge/queue"
)

// The words of a result.
const (
	wordAccepted  = "accepted"
	wordRejected  = "rejected"
	wordSent      = "sent"
	wordDelivered = "delivered"
	wordRead      = "read"
	wordFailed    = "failed"
)

var words = []string{wordAccepted, wordRejected, wordSent, wordDelivered, wordRead, wordFailed}

// A result is what the CRM is told of an item.
type result struct {
	ID        string  `json:"id"` // the CRM's
	MessageID string  `json:"message_id"`
	Status    string  `json:"status"`
	Timestamp int64   `json:"timestamp"` // seconds
	Callback  string  `json:"callback_data,omitempty"`
	Error     *reason `json:"error,omitempty"`
}

type reason struct {
	Code    int    `json:"code"`
	Title   string `json:"title"`
	Details string `json:"details"`
}

func reasonOf(code wabridge.Code, details string) *reason {
	if code = code.Cloud(); code == wabridge.CodeNone {
		code = wabridge.CodeInternal
	}
	title := bridge.Title(code)
	if title == "" {
		title = bridge.Title(wabridge.CodeInternal)
	}
	if details == "" {
		details = title
	}
	return &reason{int(code), title, details}
}

// rejection is the result of an item that was not accepted.
func rejection(id string, bad mistake, at time.Time) result {
	return result{ID: id, Status: wordRejected, Timestamp: at.Unix(), Error: reasonOf(bad.Code, bad.Details)}
}

// word is the result of a state; "" for one that is not told. previous is ""
// where the message was accepted.
func word(state, previous wabridge.State) string {
	switch state {
	case wabridge.Queued:
		if previous == "" {
			return wordAccepted
		}
	case wabridge.Sent, wabridge.Delivered, wabridge.Read, wabridge.Failed:
		return string(state)
	case wabridge.Expired, wabridge.Canceled:
		return wordFailed
	}
	return ""
}

// report is the result of a move.
func report(id string, s wabridge.StatusData, at time.Time) result {
	if !s.At.IsZero() {
		at = s.At
	}
	r := result{ID: id, MessageID: s.ID, Status: word(s.State, s.Previous), Timestamp: at.Unix(), Callback: s.Callback}
	if r.Status == wordFailed {
		r.Error = reasonOf(s.Code, s.Reason)
		if s.State == wabridge.Canceled {
			r.Error = reasonOf(wabridge.CodeInternal, "the message was canceled through the gateway before it was sent")
		}
	}
	return r
}

// resultOf renders an event; ok is false if it is not for this CRM.
func (p *Poller) resultOf(ctx context.Context, ev wabridge.Event) (j job, ok bool, err error) {
	var s wabridge.StatusData
	if err := json.Unmarshal(ev.Data, &s); err != nil {
		return j, false, fmt.Errorf("%w: status data: %w", errUnreadable, err)
	}
	if w := word(s.State, s.Previous); w == "" || !p.wire.tells(w) {
		return j, false, nil
	}
	it, err := p.itemOf(ctx, s.ID)
	if err != nil || it == nil {
		return j, false, err
	}
	r := report(it.ID, s, ev.At)
	return job{number: ev.Number, at: ev.At, result: &r}, true, nil
}

// again are the results of an item that the CRM hands out although it was told
// of it: it has lost the answer. They are the first and the last that it was
// told; the log tells the rest.
func (p *Poller) again(ctx context.Context, id string) ([]result, error) {
	cursor := p.lanes.results.current().Cursor
	events, err := p.store.Statuses(ctx, messageID(p.cfg.Name, id))
	if err != nil {
		return nil, err
	}
	if len(events) == 0 {
		return p.fromRow(ctx, id)
	}
	var list []result
	for _, ev := range events {
		var s wabridge.StatusData
		if err := json.Unmarshal(ev.Data, &s); err != nil || ev.Number > cursor {
			continue
		}
		if w := word(s.State, s.Previous); w == "" || !p.wire.tells(w) {
			continue
		}
		list = append(list, report(id, s, ev.At))
	}
	if len(list) > 2 {
		list = []result{list[0], list[len(list)-1]}
	}
	return list, nil
}

// fromRow are the results of an item whose events are no longer kept.
func (p *Poller) fromRow(ctx context.Context, id string) ([]result, error) {
	m, err := p.store.Message(ctx, messageID(p.cfg.Name, id))
	if wabridge.CodeOf(err) == wabridge.CodeNotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	s := wabridge.StatusData{ID: m.ID, State: wabridge.Queued, At: m.Created, Callback: m.Callback}
	list := []result{report(id, s, m.Created)}
	s.State, s.Previous, s.Code, s.Reason = m.State, wabridge.Sending, m.Code, m.Reason
	if s.At = cmp.Or(m.ReadAt, m.Delivered, m.SentAt, m.Ended); word(s.State, s.Previous) != "" && p.wire.tells(word(s.State, s.Previous)) {
		list = append(list, report(id, s, m.Created))
	}
	return list, nil
}

// maxRepeats bounds how many items are told again at one time: the CRM hands
// the others out again, too.
const maxRepeats = 1000

// repeat has an item told again.
func (p *Poller) repeat(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cfg.ResultsURL != "" && len(p.repeats) < maxRepeats {
		p.repeats[id] = true
	}
	p.lanes.results.wake()
}

// extras are results that stand in no log: rejections, and what is told again.
// done is called when the CRM has them.
func (p *Poller) extras(ctx context.Context, limit int) (list []result, done func(context.Context) error, err error) {
	refused, err := p.store.Objects(ctx, objectRefused, p.cfg.Name, "", limit)
	if err != nil {
		return nil, nil, err
	}
	var again []string
	p.mu.Lock()
	for id := range p.repeats {
		if len(refused)+2*len(again) >= limit {
			break
		}
		again = append(again, id)
	}
	p.mu.Unlock()
	for _, id := range again {
		more, err := p.again(ctx, id)
		if err != nil {
			return nil, nil, err
		}
		list = append(list, more...)
	}
	for _, o := range refused {
		var r result
		if err := json.Unmarshal(o.Data, &r); err != nil {
			return nil, nil, fmt.Errorf("read a rejection: %w", err)
		}
		if p.wire.tells(wordRejected) {
			list = append(list, r)
		}
	}
	return list, func(ctx context.Context) error { return p.told(ctx, again, refused) }, nil
}

// told forgets what the CRM has been told.
func (p *Poller) told(ctx context.Context, again []string, refused []queue.Object) error {
	p.mu.Lock()
	for _, id := range again {
		delete(p.repeats, id)
	}
	p.mu.Unlock()
	for _, o := range refused {
		err := p.store.DeleteObject(ctx, objectRefused, p.cfg.Name, o.ID)
		if err != nil && wabridge.CodeOf(err) != wabridge.CodeNotFound {
			return err
		}
	}
	return nil
}
