package cloud

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

var deliveryStatuses = []string{"SENT", "DELIVERED", "READ", "FAILED", "DELETED"}

// historyEvents is GET /{history-id}/events: the statuses of one message.
func (a *api) historyEvents(w http.ResponseWriter, r *http.Request) error {
	if _, err := a.authorize(r); err != nil {
		return err
	}
	p, err := readParams(w, r)
	if err != nil {
		return err
	}
	m, err := a.messageBySeq(r.Context(), r.PathValue("history"))
	if err != nil {
		return err
	}
	if m == nil {
		return noObject(r.Method, r.PathValue("history"))
	}
	list, err := a.Store.Statuses(r.Context(), m.ID)
	if err != nil {
		return err
	}
	found, err := p.filterStatus(occurrences(list, nil))
	if err != nil {
		return err
	}
	page, err := a.pageOfEvents(r, p, found)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, page)
	return nil
}

// messageBySeq finds the outgoing message behind a history id; nil if none.
func (a *api) messageBySeq(ctx context.Context, id string) (*wabridge.Message, error) {
	seq, err := seqOf(id, "id")
	if err != nil || seq == 0 || !isDigits(id) {
		return nil, nil //nolint:nilerr // not an id at all: the same answer as an unknown one
	}
	found, err := a.Store.Messages(ctx, queue.MessageFilter{Direction: wabridge.Out, After: seq - 1, Before: seq + 1, Oldest: true, Limit: 1})
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return &found[0], nil
}

// filterStatus applies the parameter status_filter.
func (p params) filterStatus(list []occurrence) ([]occurrence, error) {
	wanted, err := p.text("status_filter")
	if err != nil || wanted == "" {
		return list, err
	}
	if wanted = strings.ToUpper(wanted); !slices.Contains(deliveryStatuses, wanted) {
		return nil, refuse(wabridge.CodeParameter, "status_filter: use SENT, DELIVERED, READ, FAILED or DELETED")
	}
	return slices.DeleteFunc(list, func(o occurrence) bool { return !strings.EqualFold(o.status.Status, wanted) }), nil
}

// pageOfEvents cuts the page that is asked for; cursors are event ids.
func (a *api) pageOfEvents(r *http.Request, p params, list []occurrence) (listing, error) {
	s, err := p.span()
	if err != nil {
		return listing{}, err
	}
	fields, err := p.wanted(defaultStatus)
	if err != nil {
		return listing{}, err
	}
	key := func(i int) string { return list[i].node("occurrence_timestamp")["id"].(string) }
	low, high, err := s.cut(len(list), key)
	if err != nil {
		return listing{}, err
	}
	var items []any
	for i := low; i < high; i++ {
		n := node{"cursor": cursorOf(key(i)), "node": list[i].node("occurrence_timestamp")}
		item, err := project(n, statusKind, fields)
		if err != nil {
			return listing{}, err
		}
		items = append(items, item)
	}
	if len(items) == 0 {
		return a.listing(r, nil, "", "", false, false), nil
	}
	return a.listing(r, items, key(low), key(high-1), low > 0, high < len(list)), nil
}
