package twin

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

// storePage is how many rows the database gives at once.
const storePage = 1000

// sorts of messages.
var messageSorts = []string{"createdAt", "created_at"}

// messages is GET messages and statistics/messaging/messages.
func (a *api) messages(w http.ResponseWriter, r *http.Request, _ queue.Token) error {
	q, err := parseQuery(r.URL.RawQuery, messageSorts...)
	if err != nil {
		return err
	}
	return a.list(w, r, q)
}

// bulk is GET messages/bulk/{id}: the results of a bulk as a file, where TWIN
// has those of a file that was imported.
func (a *api) bulk(w http.ResponseWriter, r *http.Request, _ queue.Token, id string) error {
	if _, err := a.Store.Campaign(r.Context(), id); err != nil {
		if wabridge.CodeOf(err) == wabridge.CodeNotFound {
			return &refusal{status: http.StatusNotFound, words: "there is no such bulk"}
		}
		return err
	}
	q, err := parseQuery("limit=10000&format=CSV&fields=id,phone,externalId,status,statusCode,statusDescription,providerMessageId,createdAt,sentAt,deliveredAt,readAt")
	if err != nil {
		return err
	}
	q.values["bulkId"], q.filename, q.limit = []string{id}, "bulk", maxDestinations*10
	return a.list(w, r, q)
}

// list answers with the messages of a query.
func (a *api) list(w http.ResponseWriter, r *http.Request, q *query) error {
	l, none, err := a.listing(r.Context(), q)
	if err != nil {
		return err
	}
	count := 0
	var found []wabridge.Message
	if !none && !q.withoutCount && q.format == formatJSON {
		if count, err = a.Store.CountMessages(r.Context(), l); err != nil {
			return err
		}
	}
	if !none && !q.withoutItems {
		if found, err = a.page(r.Context(), l, q.limit); err != nil {
			return err
		}
	}
	rows, err := a.records(r.Context(), found, q.fields)
	if err != nil {
		return err
	}
	return q.answer(w, count, rows, messageFields)
}

// page reads up to limit messages from the listing's offset.
func (a *api) page(ctx context.Context, l queue.Listing, limit int) (out []wabridge.Message, err error) {
	for limit > 0 {
		l.Limit = min(limit, storePage)
		list, err := a.Store.ListMessages(ctx, l)
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
		if len(list) < l.Limit {
			return out, nil
		}
		l.Offset += len(list)
		limit -= len(list)
	}
	return out, nil
}

// listing makes the listing of a query. none: nothing can be found.
func (a *api) listing(ctx context.Context, q *query) (l queue.Listing, none bool, err error) {
	if l.States, err = q.states(); err != nil {
		return l, false, err
	}
	for _, c := range q.values["channel"] {
		none = none || !strings.EqualFold(c, channelChat) && !strings.EqualFold(c, "WHATSAPP")
	}
	narrowed, err := a.narrow(ctx, q, &l)
	if err != nil {
		return l, false, err
	}
	if len(l.Prefixes) == 0 { // who has an id may ask for any message
		l.BulksOf = objectGroup
	}
	l.Since, l.Until, l.Newest, l.Offset, l.CampaignName = q.from, q.to, q.newest, q.offset, q.one("taskId")
	return l, none || narrowed, nil
}

// narrow puts ids in. none: they name nothing that could be there.
func (a *api) narrow(ctx context.Context, q *query, l *queue.Listing) (none bool, err error) {
	ids, err := q.ids("id")
	if err != nil {
		return false, err
	}
	flows, err := q.ids("flowId")
	if err != nil {
		return false, err
	}
	turned := make([]string, len(flows))
	for i, f := range flows {
		turned[i] = flow(strings.ToLower(f))
	}
	asked := len(ids)+len(flows) > 0
	if len(ids) > 0 && len(flows) > 0 { // both must hold
		ids = slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return !slices.Contains(turned, strings.ToLower(id)) })
	} else {
		ids = append(slices.Clone(ids), turned...)
	}
	for _, id := range ids {
		l.Prefixes = append(l.Prefixes, prefixes(id)...)
	}
	if none = asked && len(l.Prefixes) == 0; none {
		return true, nil
	}
	if l.Campaigns, err = q.ids("bulkId"); err != nil {
		return false, err
	}
	groups, err := q.ids("groupId")
	if err != nil || len(groups) == 0 {
		return false, err
	}
	var bulks []string
	for _, id := range groups {
		keys, of, err := a.groupsOf(ctx, id)
		if err != nil {
			return false, err
		}
		for i, k := range keys {
			if len(l.Campaigns) == 0 || slices.Contains(l.Campaigns, of[i]) {
				l.Suffixes, bulks = append(l.Suffixes, k.suffix()), append(bulks, of[i])
			}
		}
	}
	l.Campaigns = bulks
	return len(bulks) == 0, nil
}

// cancels is how many messages are canceled at one time; their commits are
// shared.
const cancels = 32

// cancel is DELETE messages: what has not gone is canceled, and the answer says
// how many that were. (TWIN's answer is not known.)
func (a *api) cancel(w http.ResponseWriter, r *http.Request, _ queue.Token) error {
	q, err := parseQuery(r.URL.RawQuery, messageSorts...)
	if err != nil {
		return err
	}
	var asked []string
	for _, name := range []string{"id", "bulkId", "groupId", "flowId"} {
		if len(q.values[name]) > 0 {
			asked = append(asked, name)
		}
	}
	if len(asked) == 0 {
		return refuse("id: give id, bulkId, groupId or flowId; all messages at once are not canceled")
	}
	ctx, stop := context.WithTimeout(context.WithoutCancel(r.Context()), acceptTime)
	defer stop()
	var count int
	if len(asked) == 1 && asked[0] == "bulkId" {
		count, err = a.cancelBulks(ctx, q)
	} else {
		count, err = a.cancelEach(ctx, q)
	}
	if err == nil {
		write(w, http.StatusOK, map[string]int{"count": count})
	}
	return err
}

// cancelBulks cancels whole bulks, to which nothing can be added then.
func (a *api) cancelBulks(ctx context.Context, q *query) (count int, err error) {
	ids, err := q.ids("bulkId")
	if err != nil {
		return 0, err
	}
	for _, id := range ids {
		before, err := a.Store.Campaign(ctx, id)
		if wabridge.CodeOf(err) == wabridge.CodeNotFound {
			continue
		}
		if err != nil {
			return 0, err
		}
		after, err := a.Store.CancelCampaign(ctx, id, time.Now())
		if err != nil {
			return 0, err
		}
		count += after.Counts[wabridge.Canceled] - before.Counts[wabridge.Canceled]
	}
	return count, nil
}

// cancelEach cancels messages one by one.
func (a *api) cancelEach(ctx context.Context, q *query) (count int, err error) {
	var l queue.Listing
	none, err := a.narrow(ctx, q, &l)
	if err != nil || none {
		return 0, err
	}
	l.States = []wabridge.State{wabridge.Queued}
	list, err := a.page(ctx, l, maxDestinations*10)
	if err != nil {
		return 0, err
	}
	var mu sync.Mutex
	var wg sync.WaitGroup
	var errs error
	turn := make(chan struct{}, cancels)
	for _, m := range list {
		turn <- struct{}{} // freed by those before, whose commits ctx bounds
		wg.Go(func() {
			defer func() { <-turn }()
			_, err := a.Store.Cancel(ctx, m.ID, time.Now())
			mu.Lock()
			defer mu.Unlock()
			switch wabridge.CodeOf(err) {
			case wabridge.CodeNone:
				count++
			case wabridge.CodeTooLate, wabridge.CodeNotFound: // it has gone
			default:
				errs = errors.Join(errs, err)
			}
		})
	}
	wg.Wait()
	return count, errs
}
