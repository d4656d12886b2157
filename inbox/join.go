package inbox

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/inbox/notification"
	"github.com/wabridge/wabridge/queue"
)

// A dumper gives the phone's list of notifications.
type dumper func(ctx context.Context) ([]byte, error)

// dumpWith sets how the notifications are read; nil: they cannot be, now.
func (r *Reader) dumpWith(d dumper) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.dump = d
}

// The limits of joining.
const (
	sameTitles = 50 // chats of one title that are looked at
	enoughSeen = 3  // messages that must stand in the open chat, where it has as many
)

// joinOpened joins a chat that notifications name by a @lid alone with the
// number whose chat is open now: the link, or the page about the chat, proved
// the number. The chat of the @lid is the open one if it alone has the title, its
// newest messages stand on the screen, and its notification is gone: opening a
// chat takes that away, and nothing else that a stranger can do. Without it what
// the notifications told would be found on the screen a second time.
func (r *Reader) joinOpened(ctx context.Context, ref wabridge.ChatRef, title string, v View) error {
	if ref.Group || ref.Number == "" || title == "" {
		return nil
	}
	known, err := r.cfg.Store.Chat(ctx, r.cfg.Phone.ID, wabridge.ChatRef{Number: ref.Number})
	if err == nil && strings.HasSuffix(known.JID, "@lid") {
		return nil // it is joined already
	}
	chats, err := r.cfg.Store.ChatsNamed(ctx, r.cfg.Phone.ID, title, sameTitles)
	if err != nil {
		return fmt.Errorf("list the chats of a title: %w", err)
	}
	var found []wabridge.Chat
	var told []notification.Message
	for _, c := range chats {
		if c.Group || c.Number != "" || !strings.HasSuffix(c.JID, "@lid") {
			continue
		}
		messages, there, err := r.standsIn(ctx, c, v)
		if err != nil {
			return err
		}
		if there {
			found, told = append(found, c), messages
		}
	}
	if len(found) != 1 || !r.isGone(ctx, found[0].JID, told) {
		return nil
	}
	r.log.Info("a chat is joined with its number: it was opened by it")
	return r.cfg.Store.Learn(ctx, r.cfg.Phone.ID, found[0].JID, ref.Number)
}

// standsIn reports whether the newest messages that a chat received stand in a
// view, and gives them as a notification has them.
func (r *Reader) standsIn(ctx context.Context, c wabridge.Chat, v View) (told []notification.Message, there bool, err error) {
	list, err := r.cfg.Store.Messages(ctx, queue.MessageFilter{
		Phone: r.cfg.Phone.ID, Chat: c.ID, Direction: wabridge.In, Limit: enoughSeen,
	})
	if err != nil {
		return nil, false, fmt.Errorf("list what a chat received: %w", err)
	}
	shown := slices.DeleteFunc(slices.Clone(v.Seen), func(s Sighting) bool { return s.Own })
	list = list[:min(len(list), len(shown))]
	for _, e := range entries(list, nil) {
		if !slices.ContainsFunc(shown, func(s Sighting) bool { return e.fits(s, v.At.Location()) > 0 }) {
			return nil, false, nil
		}
		told = append(told, notification.Message{Text: string(e.Text), Time: e.Created})
	}
	return told, len(told) > 0, nil
}

// numberOfLook gives the number of the chat that was on the screen while the
// list with a @lid's notification was read: it alone has the title, all that the
// notification holds was seen there, and the notification is gone since.
func (r *Reader) numberOfLook(ctx context.Context, c notification.Conversation, began time.Time) string {
	if !strings.HasSuffix(c.ChatID, "@lid") {
		return ""
	}
	if known, err := r.cfg.Store.Chat(ctx, r.cfg.Phone.ID, wabridge.ChatRef{JID: c.ChatID}); err == nil {
		return known.Number
	}
	chats, err := r.cfg.Store.ChatsNamed(ctx, r.cfg.Phone.ID, c.Chat, sameTitles)
	if err != nil {
		return ""
	}
	chats = slices.DeleteFunc(chats, func(k wabridge.Chat) bool {
		return k.Group || k.Number == "" || strings.HasSuffix(k.JID, "@lid") || !r.holds(ctx, k, c, began)
	})
	if len(chats) != 1 || !r.isGone(ctx, c.ChatID, c.Messages) {
		return ""
	}
	return chats[0].Number
}

// holds reports whether all that a notification holds was seen in a chat that
// was on the screen not before the list of notifications was read.
func (r *Reader) holds(ctx context.Context, k wabridge.Chat, c notification.Conversation, began time.Time) bool {
	reading := Reading{Seen: postedSightings(c, r.phoneTime(time.Now())), Zone: r.Zone(), Began: r.phoneTime(began)}
	reading.Looked, reading.Last = r.trail.of(k.ID)
	if reading.Looked.Before(reading.Began) {
		return false
	}
	known, err := r.cfg.Store.Messages(ctx, queue.MessageFilter{Phone: r.cfg.Phone.ID, Chat: k.ID, Direction: wabridge.In, Limit: knownLimit})
	if err != nil {
		return false
	}
	slices.Reverse(known)
	ch, held := Posted(k, known, nil, reading)
	return len(ch.New) == 0 && len(held) > 0
}

// isGone reports whether the phone shows none of these messages of a chat in a
// notification any more; a later one may have come. Where the notifications
// cannot be read the answer is no.
func (r *Reader) isGone(ctx context.Context, jid string, told []notification.Message) bool {
	r.mu.Lock()
	dump := r.dump
	r.mu.Unlock()
	if dump == nil {
		return false
	}
	data, err := dump(ctx)
	if err != nil {
		return false
	}
	records, err := notification.ParseDump(data)
	return err == nil && !slices.ContainsFunc(records, func(rec notification.Record) bool {
		return rec.Shortcut == jid && (len(rec.Elements) == 0 || slices.ContainsFunc(rec.Elements, func(e notification.Element) bool {
			return slices.ContainsFunc(told, func(m notification.Message) bool { return m.Time.Equal(e.Time) && m.Text == e.Text })
		}))
	})
}
