package phone

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/displayname"
	"github.com/wabridge/wabridge/queue"
	"github.com/wabridge/wabridge/uiauto"
	"github.com/wabridge/wabridge/uiauto/whatsapp"
)

// missing decides whether a row's chat must be opened: it may hold something
// that nobody has recorded. Opening once too often costs a read mark; once too
// little costs a message.
func (w *walk) missing(ctx context.Context, row whatsapp.Row) (bool, error) {
	owners, err := w.s.ownersOfRow(ctx, row, false, false)
	if err != nil {
		return false, err
	}
	switch last, ok := w.s.read[row.Name]; {
	case w.s.unsure[rowKey(row)]:
		return false, nil
	case w.s.leftOpen(row.Name) && !row.Out:
		return true, nil // it came while the chat was open, or right after
	case w.told(ctx, row.Name):
		return true, nil
	case ok && last.Preview == row.Preview && row.Unread == 0:
		return !row.Out && laterMinute(last, row), nil // else it was opened for this very message
	}
	chat, err := w.s.cfg.Store.Chat(ctx, w.s.cfg.Phone.ID, w.s.refOfRow(row, owners))
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

// identify finds out whose chat a row has led to: by its title where one alone
// has it, else by the page about the chat or by what stands there. known is
// false where nothing tells: then nothing is recorded, and the row is not opened
// again as it is. The screen is looked at again if the page was opened.
func (w *walk) identify(ctx context.Context, row whatsapp.Row, screen whatsapp.Screen) (ref wabridge.ChatRef, _ whatsapp.Screen, known bool, err error) {
	owners, err := w.s.ownersOfRow(ctx, row, screen.Chat != nil && screen.Chat.Group, true)
	if err != nil {
		return ref, screen, false, err
	}
	group := isGroupRow(row) || screen.Chat != nil && screen.Chat.Group
	ref = wabridge.ChatRef{Name: row.Name, Group: group}
	switch {
	case len(owners) == 1 && (group || !w.s.isShared(row.Name)):
		return owners[0].ref(row.Name), screen, true, nil
	case len(owners) == 0:
		return ref, screen, true, nil
	}
	number, err := w.s.askPage(ctx, screen)
	if err != nil {
		return ref, screen, false, err
	}
	if screen, err = w.s.readUntil(ctx, whatsapp.Goal{Names: []string{row.Name}}); err != nil {
		return ref, screen, false, err
	}
	for i, o := range owners {
		switch told, err := w.s.isTold(ctx, owners, i, number, screen.Bubbles); {
		case err != nil:
			return ref, screen, false, err
		case told:
			return o.ref(row.Name), screen, true, nil
		}
	}
	w.s.log.Warn("nothing tells which of several people of one name a chat is with; it is left as it is")
	w.s.unsure[rowKey(row)] = true
	return ref, screen, false, nil
}

// isTold reports whether an open chat is that of the i-th owner of its title: by
// the number on its page or, where that tells none, by what stands there.
func (s *Session) isTold(ctx context.Context, owners []owner, i int, number string, bubbles []whatsapp.Bubble) (bool, error) {
	if number != "" {
		return wabridge.SameNumber(owners[i].number, number), nil
	}
	g := whatsapp.Goal{Number: owners[i].number}
	if g.Number == "" {
		g.JID = owners[i].chat.JID
	}
	return s.standsThere(ctx, g, owners, bubbles)
}

// isShared reports whether the address book has several people of a name.
func (s *Session) isShared(name string) bool {
	return s.cfg.Names != nil && !displayname.IsChosen(name) && s.cfg.Names.Shared(name)
}

// isGroupRow reports whether a row shows who wrote, as only groups' rows do.
func isGroupRow(row whatsapp.Row) bool { return row.Sender != "" }

// rowKey tells one state of a row from another.
func rowKey(row whatsapp.Row) string {
	return fmt.Sprint(row.Name, "\n", row.Time, "\n", row.Unread, " ", row.Preview)
}

// namesake reports whether the row is that of one of several chats with the
// same name, and what it tells is recorded in one of them: which one it is
// cannot be seen.
func (w *walk) namesake(ctx context.Context, row whatsapp.Row) (bool, error) {
	chats, err := w.s.cfg.Store.ChatsNamed(ctx, w.s.cfg.Phone.ID, row.Name, maxNamesakes)
	if err != nil {
		return false, err
	}
	for _, chat := range chats {
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
func (w *walk) told(ctx context.Context, title string) bool {
	if len(w.gaps) == 0 {
		return false
	}
	owners, err := w.s.titleOwners(ctx, title)
	return err == nil && slices.ContainsFunc(w.gaps, func(g wabridge.ChatRef) bool { return isOf(g, title, owners) })
}

// isOf reports whether a gap may be in a chat with a title: every chat of that
// name is looked into.
func isOf(g wabridge.ChatRef, title string, owners []owner) bool {
	return g.Name != "" && displayname.Same(g.Name, title) || g.Number != "" && slices.ContainsFunc(owners, func(o owner) bool {
		return wabridge.SameNumber(g.Number, o.number)
	})
}

// ownersOfRow lists all whose chat a row of the chat list may be. A group's row
// or chat is no person's.
func (s *Session) ownersOfRow(ctx context.Context, row whatsapp.Row, group, sure bool) ([]owner, error) {
	owners, err := s.knownOwners(ctx, row.Name, sure)
	if isGroupRow(row) || group {
		owners = slices.DeleteFunc(owners, func(o owner) bool { return !o.chat.Group })
	}
	return owners, err
}

// refOfRow says whose chat a row is: the only one's that has its title. A title
// that several have finds nothing.
func (s *Session) refOfRow(row whatsapp.Row, owners []owner) wabridge.ChatRef {
	if len(owners) == 1 && (isGroupRow(row) || !s.isShared(row.Name)) {
		return owners[0].ref(row.Name)
	}
	return wabridge.ChatRef{Name: row.Name, Group: isGroupRow(row), Shared: len(owners) > 0}
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
