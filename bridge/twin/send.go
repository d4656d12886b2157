package twin

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

const (
	maxKey    = 200 // bytes of an Idempotency-Key
	chunkSize = 500 // messages in one commit
	// acceptTime bounds the accepting of a call. It goes on when the caller has
	// gone: who does not hear the answer must not have half of it.
	acceptTime = 50 * time.Second
)

// An element is one of the answer's list, in the order of destinations.
type element struct {
	ID      *string `json:"id"`
	BulkID  *string `json:"bulkId"`
	GroupID *string `json:"groupId"`
	FlowID  *string `json:"flowId"`
	Status  *string `json:"status"`
	Channel *string `json:"channel"`
	Error   *fault  `json:"error"`
}

const channelChat = "CHAT"

// The status of an accepted message in the answer to POST messages.
const statusCreated = "CREATED"

// send is POST messages.
func (a *api) send(w http.ResponseWriter, r *http.Request, token queue.Token) error {
	key := r.Header.Get("Idempotency-Key")
	if len(key) > maxKey {
		return refuse("Idempotency-Key: it is longer than %d bytes; use a UUID", maxKey)
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
			return &refusal{status: http.StatusRequestEntityTooLarge, words: "the body is larger than 32 MB; send it in parts, with one bulkId"}
		}
		return refuse("the body did not arrive")
	}
	b, err := parse(body)
	if err != nil {
		return err
	}
	now := time.Now()
	if err := a.compose(r.Context(), b, now); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), acceptTime)
	defer cancel()
	answer, err := a.accept(ctx, b, token, key, now)
	if err == nil {
		write(w, http.StatusOK, answer)
	}
	return err
}

// compose makes the messages of all destinations.
func (a *api) compose(ctx context.Context, b *batch, now time.Time) error {
	phones, err := a.Store.Phones(ctx)
	if err != nil {
		return err
	}
	blocks := map[string]bool{} // by phone: whether it has blocked anybody
	for _, g := range b.groups {
		if id, ok := scalar(g.given.GroupID); !ok || id != "" && !plainID(id) {
			g.wrong.add(g.path+".groupId", "it is no id of at most %d letters, digits and signs", maxID)
		}
		if err := a.prepare(ctx, g, phones, now); err != nil {
			return err
		}
		if _, known := blocks[g.phone.ID]; !known {
			n, err := a.Store.CountObjects(ctx, queue.ObjectBlocked, g.phone.ID)
			if err != nil {
				return err
			}
			blocks[g.phone.ID] = n > 0
		}
		for i := range g.trips {
			if len(g.trips[i].wrong) > 0 {
				continue
			}
			if err := a.draft(ctx, g, i, blocks[g.phone.ID], now); err != nil {
				return err
			}
		}
	}
	return nil
}

// begin makes the campaign of a call, or finds that of an earlier one with the
// same bulkId or the same Idempotency-Key. A call that only checks has none.
func (a *api) begin(ctx context.Context, b *batch, token queue.Token, key string, now time.Time) error {
	first := b.first()
	if first == nil {
		b.bulkID = ""
		return nil
	}
	if key != "" {
		d := queue.Draft{Key: key + "#" + itoa(b.index(first)), Owner: token.ID, Print: first.print(first.firstGood())}
		known, ok, err := a.Store.Repeated(ctx, d)
		if err != nil {
			return err
		}
		if ok {
			b.bulkID = known.Message.Campaign
			return nil
		}
	}
	if b.bulkID != "" {
		known, err := a.Store.Campaign(ctx, b.bulkID)
		if err == nil && known.State == wabridge.CampaignCanceled {
			return canceledBulk
		}
		if wabridge.CodeOf(err) != wabridge.CodeNotFound {
			return err
		}
	}
	name := b.taskID
	if name == "" {
		name = first.name
	}
	made, err := a.Store.PutCampaign(ctx, queue.NewCampaign{
		ID: b.bulkID, Phone: first.phone.ID, Name: name, Owner: token.ID, Created: now,
		// Several messages in one call may be meant for one person.
		AllowDuplicates: len(b.groups) > 1,
	})
	if wabridge.CodeOf(err) == wabridge.CodeConflict {
		err = nil // another call with this bulkId was faster
	} else {
		b.bulkID = made.ID
	}
	return err
}

// first is the first group that has a message that can be sent; without any,
// the first of all.
func (b *batch) first() *group {
	for _, g := range b.groups {
		if g.firstGood() >= 0 {
			return g
		}
	}
	return b.groups[0]
}

// firstGood is the place of the group's first message that can be sent, -1 if
// there is none.
func (g *group) firstGood() int {
	if len(g.wrong) > 0 {
		return -1
	}
	for i := range g.trips {
		if len(g.trips[i].wrong) == 0 {
			return i
		}
	}
	return -1
}

// index is the place of a group's first good message in the whole call.
func (b *batch) index(of *group) int {
	n := 0
	for _, g := range b.groups {
		if g == of {
			return n + max(g.firstGood(), 0)
		}
		n += len(g.trips)
	}
	return n
}

// group keeps what a group's messages have in common, if it has any.
func (a *api) group(ctx context.Context, g *group, b *batch, now time.Time) (key groupKey, id string, err error) {
	if g.firstGood() < 0 {
		key = newGroupKey()
		if id, _ = scalar(g.given.GroupID); !plainID(id) {
			id = key.id()
		}
		return key, id, nil
	}
	return a.storeGroup(ctx, g, b, now)
}

// A chunk is some messages of a call that are committed as one.
type chunk struct {
	trips   []*trip
	drafts  []queue.Draft
	answers []*element
}

// A sending is a call that is being accepted.
type sending struct {
	*api
	*batch
	token queue.Token
	key   string
	now   time.Time

	answer    []element
	chunk     chunk
	refused   int
	commits   uint16 // begun; numbers the chunks
	committed bool   // some of it
}

// accept commits what passed, chunk by chunk, and answers in the order of the
// call. Before the first commit an error is the call's; after it, it is that of
// the elements which could not be accepted.
func (a *api) accept(ctx context.Context, b *batch, token queue.Token, key string, now time.Time) ([]element, error) {
	s := &sending{api: a, batch: b, token: token, key: key, now: now, answer: make([]element, b.destinations)}
	if err := a.begin(ctx, b, token, key, now); err != nil {
		return nil, err
	}
	err := s.all(ctx)
	if b.bulkID == "" {
		return s.answer, err
	}
	_, ended := a.Store.LoadedCampaign(ctx, b.bulkID, s.refused, now)
	if ended != nil { // the bulk only looks as if it were being loaded
		a.Log.Error("the end of a call's loading is not noted", "err", ended)
	}
	return s.answer, err
}

// all goes through the groups.
func (s *sending) all(ctx context.Context) error {
	n := 0
	for _, g := range s.groups {
		key, id, err := s.group(ctx, g, s.batch, s.now)
		if err != nil {
			if err := s.flush(ctx); err != nil {
				return err
			}
			if err := s.lost(s.of(n, len(g.trips)), err); err != nil {
				return err
			}
		}
		for i := range g.trips {
			if err == nil && s.add(g, i, n+i, key, &id) && len(s.chunk.drafts) == chunkSize {
				if err := s.flush(ctx); err != nil {
					return err
				}
			}
		}
		n += len(g.trips)
	}
	return s.flush(ctx)
}

// of are the answers of a group.
func (s *sending) of(from, count int) []*element {
	out := make([]*element, count)
	for i := range out {
		out[i] = &s.answer[from+i]
	}
	return out
}

// add answers an element that is refused, and notes the others
// for the next commit.
func (s *sending) add(g *group, i, n int, key groupKey, groupID *string) bool {
	t, e := &g.trips[i], &s.answer[n]
	if s.bulkID != "" {
		e.BulkID, e.GroupID = &s.bulkID, groupID // shared: see taken
	}
	if wrong := append(append(problems{}, g.wrong...), t.wrong...); len(wrong) > 0 {
		e.Error = &fault{wrong.String()}
		s.refused++
		return false
	}
	t.Message.Campaign = s.bulkID
	t.Message.ID = newWamid(key, s.commits)
	if s.key != "" {
		t.Key, t.Owner, t.Print = s.key+"#"+itoa(n), s.token.ID, g.print(i)
	}
	s.chunk.trips, s.chunk.drafts, s.chunk.answers = append(s.chunk.trips, t), append(s.chunk.drafts, t.Draft), append(s.chunk.answers, e)
	return true
}

// lost tells elements that they were not accepted, if others were; else the
// error is the call's.
func (s *sending) lost(answers []*element, err error) error {
	if !s.committed {
		return err
	}
	s.Log.Error("some messages of a call not accepted", "count", len(answers), "err", err)
	for _, e := range answers {
		e.Error = &fault{refusalOf(err).words}
	}
	s.refused += len(answers)
	return nil
}

// flush commits what was added and writes its answers.
func (s *sending) flush(ctx context.Context) error {
	c := s.chunk
	s.chunk = chunk{}
	if len(c.drafts) == 0 {
		return nil
	}
	s.commits++
	err := s.storeExternal(ctx, c, s.now)
	var accepted []queue.Accepted
	if err == nil {
		accepted, err = s.Store.Enqueue(ctx, c.drafts...)
	}
	if wabridge.CodeOf(err) == wabridge.CodeConflict {
		if known, e := s.Store.Campaign(ctx, s.bulkID); e == nil && known.State == wabridge.CampaignCanceled {
			err = canceledBulk
		}
	}
	if err != nil {
		return s.lost(c.answers, err)
	}
	s.committed = true
	for i, got := range accepted {
		s.taken(ctx, c.answers[i], got)
	}
	return nil
}

var canceledBulk = refuse("bulkId: this bulk was canceled; use another")

// taken answers an element that is in the queue.
func (s *sending) taken(ctx context.Context, e *element, got queue.Accepted) {
	m := got.Message
	id := uuidOf(m.ID)
	if got.Duplicate {
		e.Error = &fault{"phone: this bulk has a message for this number already, " + id + "; it is not sent twice"}
		return
	}
	e.ID, e.FlowID, e.Status, e.Channel = &id, ptr(flow(id)), ptr(statusCreated), ptr(channelChat)
	if m.Code == wabridge.CodeOptedOut { // failed at once: its recipient wants no campaigns
		e.Status, e.Error = ptr(statusWord(m.State)), &fault{m.Reason}
	}
	if !got.Repeated {
		return
	}
	e.BulkID = ptr(m.Campaign)
	if g, ok, err := groupOf(ctx, s.Store, m); err == nil && ok {
		*e.GroupID = g.GroupID // also that of the elements which were refused then, too
	}
}

func ptr(s string) *string { return &s }

func itoa(n int) string { return strconv.Itoa(n) }
