package twin

import (
	"context"
	"strconv"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

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

// add answers an element that is refused or only checked, and notes the others
// for the next commit.
func (s *sending) add(g *group, i, n int, key groupKey, groupID *string) bool {
	t, e := &g.trips[i], &s.answer[n]
	if s.bulkID != "" && !g.validate {
		e.BulkID, e.GroupID = &s.bulkID, groupID // shared: see taken
	}
	switch wrong := append(append(problems{}, g.wrong...), t.wrong...); {
	case len(wrong) > 0:
		e.Error = &fault{wrong.String()}
		if !g.validate {
			s.refused++
		}
		return false
	case g.validate:
		e.Status, e.Channel = ptr(statusValid), ptr(channelChat)
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
