package inbox

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/displayname"
	"github.com/wabridge/wabridge/inbox/notification"
)

// savedNames lists the names in a notification whose owners no id tells, and
// that may be ones of the address book.
func savedNames(c notification.Conversation) (names []string) {
	add := func(name string) {
		if name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	switch {
	case c.IsGroup:
		for _, m := range c.Messages {
			if !m.Own && !m.Stranger && displayname.Number(m.Sender) == "" {
				add(m.Sender)
			}
		}
	case !c.Stranger && c.Number == "":
		add(c.Chat)
	}
	return names
}

// savedSenders lists the names of those who wrote in a group and who may be ones of
// the address book.
func savedSenders(seen []Sighting) (names []string) {
	for _, s := range seen {
		if !s.Own && s.Saved && s.Number == "" && !slices.Contains(names, s.Sender) {
			names = append(names, s.Sender)
		}
	}
	return names
}

// identify says whose chat a notification tells of: by its id, and, where that
// is a @lid or missing, by what its title proves, or by a look into its chat. It
// has the store join a @lid with the number. began is when the list was read.
func (r *Reader) identify(ctx context.Context, c notification.Conversation, began time.Time) wabridge.ChatRef {
	ref := c.Ref()
	if ref.Group {
		return ref
	}
	ref.Shared = c.Stranger || r.contacts.Shared(ref.Name)
	if ref.Number != "" {
		return ref
	}
	if ref.Number = r.numberOfTitle(ctx, ref.JID, ref.Name, c.Shown); ref.Number == "" {
		ref.Number = r.numberOfLook(ctx, c, began)
	}
	if ref.Number != "" && strings.HasSuffix(ref.JID, "@lid") {
		if err := r.cfg.Store.Learn(ctx, r.cfg.Phone.ID, ref.JID, ref.Number); err != nil && wabridge.CodeOf(err) != wabridge.CodeNotFound {
			r.log.Warn("a chat could not be joined with its number", "err", err)
		}
	}
	return ref
}

// numberOfTitle gives the number that the title of a chat proves, "" if it
// proves none:
//
//   - a name that its owner chose proves nothing;
//   - a saved name proves the number of the only line that has it;
//   - a title that reads like a number (shown), and that nobody is saved under,
//     is how the app shows a person who is not saved, if that number is not
//     saved under another name either. The app marks chosen names with "~"; that
//     it never shows one without the mark is not verified on a phone;
//   - a number whose chat has another @lid is not this chat's: ids decide.
func (r *Reader) numberOfTitle(ctx context.Context, jid, title, shown string) string {
	if displayname.IsChosen(title) {
		return ""
	}
	number := r.contacts.Number(title)
	if number == "" && shown != "" && r.contacts.Read() && len(r.contacts.Numbers(title)) == 0 && !r.contacts.Saved(shown) {
		number = shown
	}
	if number == "" || jid == "" {
		return number
	}
	known, err := r.cfg.Store.Chat(ctx, r.cfg.Phone.ID, wabridge.ChatRef{Number: number})
	if err == nil && strings.HasSuffix(known.JID, "@lid") && known.JID != jid {
		r.log.Warn("a title names a number that belongs to another chat; it is not joined with it")
		return ""
	}
	return number
}

// numberSenders fills in the numbers of a group's senders who are saved under a
// name that only one number has. Nothing else tells who they are: a group's
// lines and bubbles hold names alone.
func (r *Reader) numberSenders(chat wabridge.Chat, seen []Sighting) {
	if !chat.Group {
		return
	}
	for i, s := range seen {
		if !s.Own && s.Saved && s.Number == "" {
			seen[i].Number = r.contacts.Number(s.Sender)
		}
	}
}

// isOther reports whether a reference proves that a chat is with somebody else,
// whatever its title says: people can be saved as "Ann (You)".
func (r *Reader) isOther(ref wabridge.ChatRef) bool {
	own := r.cfg.Phone.Number
	return ref.Group || ref.Number != "" && own != "" && !wabridge.SameNumber(ref.Number, own)
}
