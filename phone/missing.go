package phone

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
	"github.com/wabridge/wabridge/uiauto"
	"github.com/wabridge/wabridge/uiauto/whatsapp"
)

// missing decides whether a row whose preview came in must be opened.
func (w *walk) missing(ctx context.Context, row whatsapp.Row) (bool, error) {
	if row.Unread > 0 && w.told(row.Name) {
		return true, nil
	}
	if last, ok := w.s.read[row.Name]; ok && last == row.Preview && row.Unread == 0 {
		return false, nil // opened before for the very same preview
	}
	chat, err := w.s.cfg.Store.Chat(ctx, w.s.cfg.Phone.ID, wabridge.ChatRef{Name: row.Name, Number: whatsapp.ShownNumber(row.Name)})
	if wabridge.CodeOf(err) == wabridge.CodeNotFound {
		// Somebody we know nothing of: its notification is the reader's to find,
		// and what lies further back is not ours.
		return false, nil
	}
	if err != nil {
		return false, err
	}
	known, err := w.s.cfg.Store.Messages(ctx, queue.MessageFilter{Phone: w.s.cfg.Phone.ID, Chat: chat.ID, Limit: max(20, min(row.Unread+20, 500))})
	if err != nil {
		return false, err
	}
	return unrecorded(row, known), nil
}

// told reports whether the reader asked for this very chat.
func (w *walk) told(name string) bool {
	number := whatsapp.ShownNumber(name)
	return slices.ContainsFunc(w.gaps, func(g wabridge.ChatRef) bool {
		return g.Name != "" && g.Name == name || wabridge.SameNumber(g.Number, number)
	})
}

// unrecorded decides by what is known of the chat, newest first: the preview
// is not the newest message that came in, or the badge counts more than came
// in since we last had the chat open. Opening once too often costs a read
// mark; once too little costs a message.
func unrecorded(row whatsapp.Row, known []wabridge.Message) bool {
	var opened time.Time
	newest := ""
	for _, m := range known {
		if m.Direction == wabridge.Out && m.HandedAt.After(opened) {
			opened = m.HandedAt
		}
		if m.Direction == wabridge.In && newest == "" {
			newest = string(m.Text)
		}
	}
	if !previewOf(newest, row.Preview) {
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

// previewOf reports whether a row's preview is the beginning of text: the list
// shows one line and cuts it.
func previewOf(text, preview string) bool {
	flat := func(t string) string { return strings.Join(strings.Fields(uiauto.Clean(t)), " ") }
	want, got := flat(text), strings.TrimSuffix(strings.TrimSuffix(flat(preview), "…"), "...")
	return got != "" && (strings.HasPrefix(want, got) || whatsapp.BubbleShows(text, whatsapp.Bubble{Out: true, Text: preview}))
}
