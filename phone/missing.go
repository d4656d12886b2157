package phone

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
	"github.com/wabridge/wabridge/uiauto"
	"github.com/wabridge/wabridge/uiauto/whatsapp"
)

// missing decides whether a row's chat must be opened: it may hold something
// that nobody has recorded. Opening once too often costs a read mark; once too
// little costs a message.
func (w *walk) missing(ctx context.Context, row whatsapp.Row) (bool, error) {
	switch last, ok := w.s.read[row.Name]; {
	case w.s.leftOpen(row.Name) && !row.Out:
		return true, nil // it came while the chat was open, or right after
	case w.told(row.Name):
		return true, nil
	case ok && last.Preview == row.Preview && row.Unread == 0:
		return !row.Out && laterMinute(last, row), nil // else it was opened for this very message
	}
	ref, err := w.s.refOfRow(ctx, row)
	if err != nil {
		return false, err
	}
	chat, err := w.s.cfg.Store.Chat(ctx, w.s.cfg.Phone.ID, ref)
	if wabridge.CodeOf(err) == wabridge.CodeNotFound {
		recorded, err := w.namesake(ctx, row)
		return !recorded && w.stranger(row), err
	}
	if err != nil {
		return false, err
	}
	lacks, err := w.lacks(ctx, row, chat)
	return lacks && (row.Out || w.late(row)), err
}

// laterMinute reports whether a row's newest message, which has the text of an
// earlier one, is of another minute, or in a group of another person: it came in
// after the look and before the chat was left. A row whose minute has become a
// date says nothing.
func laterMinute(was, is whatsapp.Row) bool {
	return isClock(is.Time) && was.Time != is.Time || was.Sender != is.Sender
}

// isClock reports whether the list shows a time of the day, not a date: two
// numbers.
func isClock(shown string) bool {
	return len(strings.FieldsFunc(shown, func(r rune) bool { return !unicode.IsDigit(r) })) == 2
}

// lacks reports whether the row tells of something that is not recorded in
// this chat.
func (w *walk) lacks(ctx context.Context, row whatsapp.Row, chat wabridge.Chat) (bool, error) {
	known, err := w.s.cfg.Store.Messages(ctx, queue.MessageFilter{Phone: w.s.cfg.Phone.ID, Chat: chat.ID, Limit: max(20, min(row.Unread+20, 500))})
	if err != nil {
		return false, err
	}
	if row.Out {
		return !w.s.typed(row, known), nil
	}
	return unrecorded(row, known, w.first), nil
}

// whose finds out which of several chats with one name is open: the one alone
// of which most is on the screen. Where that cannot be told, the name is all
// that is known.
func (w *walk) whose(ctx context.Context, ref wabridge.ChatRef, screen whatsapp.Screen) (wabridge.ChatRef, error) {
	if ref.Number != "" || ref.Group {
		return ref, nil
	}
	chats, err := w.s.cfg.Store.Chats(ctx, w.s.cfg.Phone.ID, namesakes)
	if err != nil {
		return ref, err
	}
	best, tie, found := 0, false, ref
	for _, chat := range chats {
		if chat.Name != ref.Name || chat.Group || chat.JID == "" {
			continue
		}
		known, err := w.s.cfg.Store.Messages(ctx, queue.MessageFilter{Phone: w.s.cfg.Phone.ID, Chat: chat.ID, Limit: 20})
		if err != nil {
			return ref, err
		}
		switch n := shown(known, screen.Bubbles); {
		case n > best:
			best, tie, found = n, false, wabridge.ChatRef{JID: chat.JID, Number: chat.Number, Name: ref.Name}
		case n == best:
			tie = true
		}
	}
	if tie {
		return ref, nil
	}
	return found, nil
}

// shown counts the bubbles that are known messages.
func shown(known []wabridge.Message, bubbles []whatsapp.Bubble) (n int) {
	for _, b := range bubbles {
		if slices.ContainsFunc(known, func(m wabridge.Message) bool {
			return (m.Direction != wabridge.In) == b.Out && (whatsapp.WantOf(&m).Shows(b) || whatsapp.BubbleShows(string(m.Text), b))
		}) {
			n++
		}
	}
	return n
}

// namesakes bounds how many chats are searched for a name that several have.
const namesakes = 200

// namesake reports whether the row is that of one of several chats with the
// same name, and what it tells is recorded in one of them. Which one it is
// cannot be seen; opened, the chat could be told from none of the others, and
// what stands in it would be recorded a second time.
func (w *walk) namesake(ctx context.Context, row whatsapp.Row) (bool, error) {
	chats, err := w.s.cfg.Store.Chats(ctx, w.s.cfg.Phone.ID, namesakes)
	if err != nil {
		return false, err
	}
	for _, chat := range chats {
		if chat.Name != row.Name {
			continue
		}
		if lacks, err := w.lacks(ctx, row, chat); err != nil || !lacks {
			return err == nil, err
		}
	}
	return false, nil
}

// late gives the reader time: a row with a badge has a notification, which may
// just be on its way into the database. Opening the chat would take it away.
func (w *walk) late(row whatsapp.Row) bool {
	key := fmt.Sprint(row.Unread, " ", row.Preview)
	if row.Unread == 0 || len(w.gaps) > 0 || w.s.rows[row.Name] == key {
		return true
	}
	w.s.rows[row.Name] = key
	w.s.soon, w.s.leftAt = true, time.Now()
	return false
}

// stranger decides about a chat that we know nothing of. What stood there when
// we came is not ours; its notification is the reader's to find. What shows up
// later without having been recorded is to be read.
func (w *walk) stranger(row whatsapp.Row) bool {
	key := fmt.Sprint(row.Unread, " ", row.Preview)
	was, known := w.s.rows[row.Name]
	w.s.rows[row.Name] = key
	switch {
	case w.first || known && was == key && !w.s.late[row.Name]:
		return false
	case !w.s.late[row.Name]: // the reader may be about to record it
		w.s.late[row.Name] = true
		w.s.soon, w.s.leftAt = true, time.Now()
		return false
	}
	delete(w.s.late, row.Name)
	return true
}

// told reports whether the reader asked for this very chat.
func (w *walk) told(name string) bool {
	number := w.s.numberOf(name)
	return slices.ContainsFunc(w.gaps, func(g wabridge.ChatRef) bool { return isOf(g, name, number) })
}

func isOf(g wabridge.ChatRef, name, number string) bool {
	return g.Name != "" && g.Name == name || number != "" && wabridge.SameNumber(g.Number, number)
}

// numberOf is the number behind a title, "" if it is not known.
func (s *Session) numberOf(title string) string {
	if n := whatsapp.ShownNumber(title); n != "" || s.cfg.Names == nil {
		return n
	}
	return s.cfg.Names.Number(title)
}

// refOfRow says whose chat a row is, as well as can be known: a group's name
// looks like a person's.
func (s *Session) refOfRow(ctx context.Context, row whatsapp.Row) (wabridge.ChatRef, error) {
	ref := wabridge.ChatRef{Name: row.Name, Number: s.numberOf(row.Name), Group: row.Sender != ""}
	if ref.Group {
		ref.Number = ""
	}
	if ref.Number != "" || ref.Group || s.cfg.Store == nil {
		return ref, nil
	}
	group := ref
	group.Group = true
	for _, r := range []wabridge.ChatRef{ref, group} {
		_, err := s.cfg.Store.Chat(ctx, s.cfg.Phone.ID, r)
		if wabridge.CodeOf(err) != wabridge.CodeNotFound {
			return r, err
		}
	}
	return ref, nil
}

// typed reports whether the newest message that left this account is known:
// sent by us, or typed by a person and recorded.
func (s *Session) typed(row whatsapp.Row, known []wabridge.Message) bool {
	for _, m := range known {
		switch {
		case m.Direction == wabridge.Echo, m.Direction == wabridge.Out && m.State != wabridge.Queued:
			if s.previews(m, row) {
				return true
			}
		}
	}
	return false
}

// recent is how long after the newest message a chat is opened again by a new
// process if that came in: an earlier process may have ended in the chat, or
// right after it.
const recent = 10 * time.Minute

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// unrecorded decides by what is known of the chat, newest first: the preview
// is not the newest message that came in, or that one is older than our newest
// one and so another, or the badge counts more than came in since we last had
// the chat open.
func unrecorded(row whatsapp.Row, known []wabridge.Message, first bool) bool {
	var opened, heard time.Time
	newest := ""
	for _, m := range known {
		if m.Direction == wabridge.Out && left(m).After(opened) {
			opened = left(m)
		}
		if m.Direction == wabridge.In && newest == "" {
			newest, heard = string(m.Text), m.Created
		}
	}
	if previewOf(newest, row.Preview) == differs || heard.Before(opened.Truncate(time.Minute)) || first && time.Since(later(opened, heard)) < recent {
		return true
	}
	since := 0
	for _, m := range known {
		if m.Direction == wabridge.In && m.Created.After(opened) {
			since++
		}
	}
	return row.Unread > since
}

// left is when a message of ours left, or may have.
func left(m wabridge.Message) time.Time {
	if m.HandedAt.IsZero() && m.Intent != nil {
		return m.Intent.At
	}
	return m.HandedAt
}

// previews reports whether a row's preview is that of a message.
func (s *Session) previews(m wabridge.Message, row whatsapp.Row) bool {
	return m.Type != "reaction" && previewOf(string(m.Text), row.Preview) == equal ||
		whatsapp.WantOf(&m).Previews(row.Preview, s.cfg.Profiles.Words)
}

// A likeness is what a comparison of two forms of a text tells.
type likeness int

const (
	differs    likeness = iota
	cannotTell          // one of them leaves nothing to compare
	equal
)

// previewOf compares a row's preview with the text of a message: the list shows
// one line and cuts it. It cannot be told where nothing is left of either: of a
// text of line feeds, say, the list shows nothing.
func previewOf(text, preview string) likeness {
	flat := func(t string) string { return strings.Join(strings.Fields(uiauto.Clean(whatsapp.DumpText(t))), " ") }
	want, got := flat(text), strings.TrimSuffix(strings.TrimSuffix(flat(preview), "…"), "...")
	switch {
	case text == "" && preview != "":
		return differs // nothing came in yet
	case text == preview, got != "" && strings.HasPrefix(want, got), whatsapp.BubbleShows(text, whatsapp.Bubble{Out: true, Text: preview}):
		return equal
	case whatsapp.Blank(text) != whatsapp.Blank(preview):
		return differs
	case got == "" || whatsapp.Blank(text):
		return cannotTell
	}
	return differs
}
