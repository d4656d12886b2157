package inbox

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/inbox/notification"
	"github.com/wabridge/wabridge/queue"
	"github.com/wabridge/wabridge/uiauto/whatsapp"
)

// LookAt says more about a look at an open chat.
type LookAt struct {
	At       time.Time // when the screen was read; now if zero
	Scrolled bool      // the newest messages may stand below the screen
	Unread   int       // unread badge of the chat before it was opened, if known
}

// Looked is what came of a look.
type Looked struct {
	New []wabridge.Message // stored as new, with their ids
	// Anchored: something on the screen was known before, so nothing is
	// missing between what is known and the screen. If not, and the chat is
	// not new, messages may stand further up.
	Anchored bool
	// Unread is how many incoming messages must be seen, counted from the newest,
	// where a notification has dropped some and the screen holds fewer.
	Unread int
	// Again: until then one more message with the text of the newest bubble
	// would leave no trace in the chat list; the chat is to be looked at again
	// afterwards. Zero: what comes in after this look is seen in the list.
	Again time.Time
}

// Look takes in what stands in an open chat: incoming bubbles that no
// notification told of, and outgoing ones that we did not send (echoes). What
// we sent is taken from the store, so a message must be claimed there before
// its bubble can be on the screen.
func (r *Reader) Look(ctx context.Context, ref wabridge.ChatRef, s whatsapp.Screen, o LookAt) (Looked, error) {
	if s.Kind != whatsapp.Chat || s.Chat == nil || s.Chat.Self && !r.isOther(ref) || len(s.Bubbles) == 0 {
		return Looked{}, nil
	}
	if o.At.IsZero() {
		o.At = time.Now()
	}
	v := View{At: r.phoneTime(o.At), Scrolled: o.Scrolled}
	v.Seen = shownSightings(s, v.At)
	if err := r.joinOpened(ctx, ref, s.Chat.Title, v); err != nil {
		return Looked{}, err
	}
	if ref.Group {
		r.contacts.Confirm(ctx, savedSenders(v.Seen)...)
	}
	ours, err := r.ours(ctx, ref)
	if err != nil {
		return Looked{}, err
	}
	var out Looked
	var now Window
	var what judged
	chatID, held := "", 0
	out.New, err = r.cfg.Store.Reconcile(ctx, r.cfg.Phone.ID, ref, knownLimit,
		func(chat wabridge.Chat, known []wabridge.Message) (ch queue.Changes) {
			chatID = chat.ID
			v.Unread = max(o.Unread, r.unseen(chat.ID))
			v.Before = r.trail.newest(chat.ID)
			now = Window{Seq: newestSeq(known, ours), At: v.At, doubt: mixedUp(ours, v)}
			r.stoodByPhone(known)
			ch, now.IDs, out.Anchored = Shown(chat, known, ours, v)
			r.stoodByUs(ch.New)
			now.whole = reaches(now.IDs, known, ours)
			if what = r.evidence.judge(chat.ID, v, len(ch.New)); !what.stored {
				held, ch.New = len(ch.New), nil
			}
			return ch
		})
	if err != nil {
		return Looked{}, fmt.Errorf("store what the chat shows: %w", err)
	}
	r.evidence.note(chatID, what, v.At)
	if held > 0 {
		r.log.Warn("what a chat shows was not recorded again: its screen shows nothing that it did not show before", "chat_bubbles", len(v.Seen), "held", held)
		r.cfg.OnHeld(held)
	}
	r.trail.saw(idsOf(out.New), v.At)
	r.trail.look(chatID, now.with(out.New), v)
	if again := v.again(); !again.IsZero() {
		out.Again = o.At.Add(again.Sub(v.At))
	}
	r.log.Debug("look into a chat", "bubbles", len(v.Seen), "unread", v.Unread, "new", len(out.New), "anchored", out.Anchored)
	for _, m := range out.New {
		r.log.Info("message received", "message_id", m.ID, "direction", m.Direction, "source", m.Source, "text", m.Text)
	}
	incoming := 0
	for _, m := range v.Seen {
		if !m.Own {
			incoming++
		}
	}
	switch pending := r.unseen(chatID); {
	case pending > incoming && o.Unread == 0 && !s.Bubbles[0].First:
		out.Unread, out.Anchored = pending, false
		r.missed(chatID, pending+len(out.New))
	case out.Anchored:
		r.sawAll(chatID)
	}
	return out, nil
}

func idsOf(list []wabridge.Message) []string {
	var out []string
	for _, m := range list {
		out = append(out, m.ID)
	}
	return out
}

func (r *Reader) unseen(chat string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.unread[chat]
}

func (r *Reader) sawAll(chat string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.unread, chat)
}

// meet reports whether this process hears of the chat for the first time: an
// earlier one may have died before it read what a full notification had dropped.
func (r *Reader) meet(chat string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.met[chat] {
		return false
	}
	r.met[chat] = true
	return true
}

func (r *Reader) missed(chat string, unread int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.unread[chat] = unread
}

// ours are the newest messages to a chat that we sent, oldest first.
func (r *Reader) ours(ctx context.Context, ref wabridge.ChatRef) ([]wabridge.Message, error) {
	chat, err := r.cfg.Store.Chat(ctx, r.cfg.Phone.ID, ref)
	if wabridge.CodeOf(err) == wabridge.CodeNotFound {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("find the chat: %w", err)
	}
	list, err := r.cfg.Store.Messages(ctx, queue.MessageFilter{
		Phone: r.cfg.Phone.ID, Chat: chat.ID, Direction: wabridge.Out, Limit: oursLimit,
	})
	if err != nil {
		return nil, fmt.Errorf("list what we sent: %w", err)
	}
	slices.Reverse(list)
	for i := range list {
		r.byPhone(&list[i])
	}
	return list, nil
}

// take stores what a notification holds that is not known yet. The list was
// read between began and ended.
func (r *Reader) take(ctx context.Context, c notification.Conversation, rec notification.Record, began, ended time.Time) error {
	names := savedNames(c)
	r.contacts.Refresh(ctx, false, names...)
	r.contacts.Confirm(ctx, names...)
	seen := postedSightings(c, r.phoneTime(ended))
	ref := r.identify(ctx, c, began)
	if len(seen) == 0 {
		why := "the phone shows no text in a notification"
		if c.Redacted {
			why = "the phone redacts the texts of notifications"
			r.redacted.Do(func() {
				r.log.Warn("the phone redacts the texts of notifications although --noredact is given; messages are read from their chats")
			})
		}
		r.cfg.OnGap(Gap{ref, c.Unread, why})
		return nil
	}
	var ours []wabridge.Message
	if slices.ContainsFunc(seen, func(s Sighting) bool { return s.Own || s.LikeUs || s.Emoji != "" }) {
		var err error
		if ours, err = r.ours(ctx, ref); err != nil {
			return err
		}
	}
	reading := Reading{Seen: seen, Zone: r.Zone(), Began: r.phoneTime(began), Ended: r.phoneTime(ended)}
	var held []string
	earlier, chatID := false, "" // some are missing before the oldest one
	var before []wabridge.Message
	stored, err := r.cfg.Store.Reconcile(ctx, r.cfg.Phone.ID, ref, knownLimit,
		func(chat wabridge.Chat, known []wabridge.Message) queue.Changes {
			r.numberSenders(chat, seen)
			reading.Looked, reading.Last = r.trail.of(chat.ID)
			r.stoodByPhone(known)
			var ch queue.Changes
			ch, held = Posted(chat, known, ours, reading)
			r.stoodByUs(ch.New)
			if r.cfg.KeepRaw {
				keepRaw(&ch, r.cfg.Phone.ID, rec)
			}
			chatID, before = chat.ID, known
			earlier = len(ch.New) > 0 && len(seen) > 0 && c.Unread > len(seen) &&
				string(ch.New[0].Text) == seen[0].Text && ch.New[0].Created.Equal(seen[0].Time)
			return ch
		})
	if err != nil {
		return fmt.Errorf("store what a notification holds: %w", err)
	}
	for _, m := range stored {
		r.log.Info("message received", "message_id", m.ID, "direction", m.Direction, "source", m.Source, "text", m.Text)
	}
	r.log.Debug("a chat's notification", "messages", len(seen), "unread", c.Unread, "new", len(stored), "known", len(held))
	r.trail.saw(append(held, idsOf(stored)...), r.phoneTime(ended))
	r.tellArrived(seen, before, stored)
	first := r.meet(chatID)
	if n := r.unseen(chatID); n > 0 {
		r.missed(chatID, n+len(stored)) // what is to be seen stands that much further up
	}
	switch {
	case earlier || first && c.Unread > len(seen):
		r.missed(chatID, max(c.Unread, r.unseen(chatID)))
		r.cfg.OnGap(Gap{ref, c.Unread, "the app counts more unread messages than its notification holds"})
	case c.Doubtful:
		r.cfg.OnGap(Gap{ref, c.Unread, "a notification holds messages that cannot be told apart"})
	}
	return nil
}
