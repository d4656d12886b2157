package twin

import (
	"context"
	"errors"
	"io"
	"net/http"
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

// Statuses of the answer to POST messages: accepted, and only checked.
const (
	statusCreated = "CREATED"
	statusValid   = "VALIDATED"
)

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

// first is the first group that is to be sent and has a message that can be;
// without any, the first that is to be sent.
func (b *batch) first() (found *group) {
	for _, g := range b.groups {
		switch {
		case g.validate:
		case g.firstGood() >= 0:
			return g
		case found == nil:
			found = g
		}
	}
	return found
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
	if g.validate || g.firstGood() < 0 {
		key = newGroupKey()
		if id, _ = scalar(g.given.GroupID); !plainID(id) {
			id = key.id()
		}
		return key, id, nil
	}
	return a.storeGroup(ctx, g, b, now)
}
