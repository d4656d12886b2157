package cloud

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

// Names of node types, and what they show unasked. An entry's id is the
// message's sequence number, an event's id its number in the event log.
const (
	historyKind    = "WhatsAppMessageHistory"
	statusKind     = "WhatsAppMessageDeliveryStatusOccurrence"
	defaultHistory = "id,message_id,events{id,delivery_status,timestamp,webhook_update_state,error_description}"
	defaultStatus  = "cursor,node{id,delivery_status,occurrence_timestamp,status_timestamp,error_description}"
)

// messageHistory is GET /{phone}/message_history: the messages that were given
// to a phone, newest first, with their statuses. It is the Cloud API's only
// way to ask for what a lost webhook said.
func (a *api) messageHistory(w http.ResponseWriter, r *http.Request) error {
	if _, err := a.authorize(r); err != nil {
		return err
	}
	id := r.PathValue("id")
	if _, err := a.Store.Phone(r.Context(), id); wabridge.CodeOf(err) == wabridge.CodeNotFound {
		return a.unknownPhone(r.Method, id)
	} else if err != nil {
		return err
	}
	p, err := readParams(w, r)
	if err != nil {
		return err
	}
	fields, err := p.wanted(defaultHistory)
	if err != nil {
		return err
	}
	messages, earlier, later, err := a.historyPage(r.Context(), id, p)
	if err != nil {
		return err
	}
	items, err := a.historyItems(r.Context(), messages, fields)
	if err != nil {
		return err
	}
	var first, last string
	if n := len(messages); n > 0 {
		first, last = seqKey(messages[0]), seqKey(messages[n-1])
	}
	writeJSON(w, http.StatusOK, a.listing(r, items, first, last, earlier, later))
	return nil
}

func seqKey(m wabridge.Message) string { return strconv.FormatInt(m.Seq, 10) }

// historyPage reads a page of messages, newest first, or the one message that
// is asked for.
func (a *api) historyPage(ctx context.Context, phone string, p params) (page []wabridge.Message, earlier, later bool, err error) {
	wanted, err := p.text("message_id")
	if err != nil {
		return nil, false, false, err
	}
	if wanted != "" {
		m, err := a.Store.Message(ctx, wanted)
		if wabridge.CodeOf(err) == wabridge.CodeNotFound || err == nil && (m.Phone != phone || m.Direction != wabridge.Out) {
			return nil, false, false, nil
		}
		return []wabridge.Message{m}, false, false, err
	}
	s, err := p.span()
	if err != nil {
		return nil, false, false, err
	}
	f := queue.MessageFilter{Phone: phone, Direction: wabridge.Out, Limit: s.limit + 1}
	if f.Before, err = seqOf(s.after, "after"); err != nil {
		return nil, false, false, err
	}
	if f.After, err = seqOf(s.before, "before"); err != nil {
		return nil, false, false, err
	}
	f.Oldest = s.before != ""
	page, err = a.Store.Messages(ctx, f)
	more := len(page) > s.limit
	page = page[:min(len(page), s.limit)]
	if f.Oldest { // the page before: read backwards
		slices.Reverse(page)
		return page, more, true, err
	}
	return page, s.after != "", more, err
}

// seqOf reads the key of a cursor, 0 for none.
func seqOf(key, name string) (int64, error) {
	if key == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(key, 10, 64)
	if err != nil || n < 0 {
		return 0, badCursor(name)
	}
	return n, nil
}

func (a *api) historyItems(ctx context.Context, messages []wabridge.Message, fields []field) ([]any, error) {
	wantsEvents := slices.ContainsFunc(fields, func(f field) bool { return f.name == "events" })
	if _, err := project(historyNode(wabridge.Message{}), historyKind, fields); err != nil {
		return nil, err // a wrong field is wrong on an empty page too
	}
	var hooks []queue.Endpoint
	if wantsEvents && len(messages) > 0 {
		var err error
		if hooks, err = a.Store.Endpoints(ctx); err != nil {
			return nil, err
		}
	}
	var items []any
	for _, m := range messages {
		n := historyNode(m)
		if wantsEvents {
			list, err := a.Store.Statuses(ctx, m.ID)
			if err != nil {
				return nil, err
			}
			if n["events"], err = eventsMember(list, hooks, fields); err != nil {
				return nil, err
			}
		}
		item, err := project(n, historyKind, fields)
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	return items, nil
}

func historyNode(m wabridge.Message) node {
	return node{"id": seqKey(m), "message_id": m.ID, "events": nil}
}

// eventsMember is the member events of a history entry; what was asked below
// it applies to each of its items.
func eventsMember(list []wabridge.Event, hooks []queue.Endpoint, fields []field) (any, error) {
	at := slices.IndexFunc(fields, func(f field) bool { return f.name == "events" })
	below := fields[at].sub
	if len(below) == 0 {
		below = []field{{name: "delivery_status"}, {name: "timestamp"}, {name: "webhook_update_state"}, {name: "error_description"}}
	}
	data := []any{}
	for _, o := range occurrences(list, hooks) {
		item, err := project(o.node("timestamp"), statusKind, below)
		if err != nil {
			return nil, err
		}
		data = append(data, item)
	}
	return map[string]any{"data": data}, nil
}

// An occurrence is a status event in the Cloud API's words.
type occurrence struct {
	event   wabridge.Event
	status  wabridge.StatusData
	webhook string // webhook_update_state, "" without a webhook
}

// occurrences keeps the events that have a word in the Cloud API.
func occurrences(list []wabridge.Event, hooks []queue.Endpoint) []occurrence {
	var out []occurrence
	for _, e := range list {
		o := occurrence{event: e, webhook: webhookState(e, hooks)}
		if json.Unmarshal(e.Data, &o.status) != nil || o.status.Status == "" {
			continue
		}
		out = append(out, o)
	}
	return out
}

// webhookState tells how far the webhooks of the phone have come: DELIVERED if
// all have dealt with the event.
func webhookState(e wabridge.Event, hooks []queue.Endpoint) string {
	state := ""
	for _, h := range hooks {
		if h.Disabled || len(h.Phones) > 0 && !slices.Contains(h.Phones, e.Phone) {
			continue
		}
		switch {
		case h.Cursor >= e.Number && state == "":
			state = "DELIVERED"
		case h.Cursor < e.Number && h.Failures > 0:
			return "RETRYING"
		case h.Cursor < e.Number:
			state = "PENDING"
		}
	}
	return state
}

// node shows an occurrence; its time goes by the name that the edge has for it.
func (o occurrence) node(timeName string) node {
	n := node{
		"id":                   strconv.FormatInt(o.event.Number, 10),
		"delivery_status":      strings.ToUpper(o.status.Status),
		timeName:               o.status.At.Unix(),
		"webhook_update_state": known(o.webhook),
		"error_description":    known(o.status.Reason),
		"webhook_uri":          nil, // it may hold a key
		"application":          nil,
	}
	if timeName == "occurrence_timestamp" {
		n["status_timestamp"] = o.event.At.Unix()
	}
	return n
}
