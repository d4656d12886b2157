package inbox

import (
	"encoding/json"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/inbox/notification"
	"github.com/wabridge/wabridge/queue"
)

// A shown is a notification as the phone showed it: nothing is interpreted, cut
// or translated but for what cannot be written as JSON (times, the sender of
// our own lines). docs/crm.md lists the members: they are added, never renamed.
type shown struct {
	Key          string      `json:"key"` // Android's, as `dumpsys notification` prints it
	Package      string      `json:"package"`
	User         int         `json:"user"`
	ID           int         `json:"id"`
	Tag          string      `json:"tag"`
	Channel      string      `json:"channel"`
	Shortcut     string      `json:"shortcut"`
	Category     string      `json:"category"`
	When         int64       `json:"when"` // milliseconds, by the app
	Number       int         `json:"number"`
	Title        string      `json:"title"`
	Conversation string      `json:"conversation_title"`
	Text         string      `json:"text"`
	Template     string      `json:"template"`
	Group        bool        `json:"group"`
	Messages     []shownLine `json:"messages"`
}

// A shownLine is one of android.messages, oldest first.
type shownLine struct {
	Sender string `json:"sender"` // "" for our own
	Text   string `json:"text"`
	Time   int64  `json:"time"` // milliseconds
}

func shownOf(rec notification.Record) shown {
	s := shown{
		Key: rec.Key, Package: rec.Package, User: rec.User, ID: rec.ID, Tag: rec.Tag, Channel: rec.Channel, Shortcut: rec.Shortcut,
		Category: rec.Category, When: millis(rec.When), Number: rec.Number, Title: rec.Title, Conversation: rec.TitleConv, Text: rec.Text,
		Template: rec.Template, Group: rec.Group, Messages: []shownLine{},
	}
	for _, e := range rec.Elements {
		s.Messages = append(s.Messages, shownLine{e.Sender, e.Text, millis(e.Time)})
	}
	return s
}

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// keepRaw has the notification stored beside each message that is new by it.
func keepRaw(ch *queue.Changes, phone string, rec notification.Record) {
	data, err := json.Marshal(shownOf(rec))
	if err != nil { // a bug: its members always encode
		return
	}
	for i := range ch.New {
		m := &ch.New[i]
		if m.Direction != wabridge.In {
			continue
		}
		m.ID = wabridge.NewID()
		ch.Objects = append(ch.Objects, queue.Object{Kind: queue.ObjectNotification, Owner: phone, ID: m.ID, Data: data})
	}
}
