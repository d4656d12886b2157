package inbox

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/inbox/notification"
	"github.com/wabridge/wabridge/queue"
)

// What the phone showed stands beside each message that is new by it, under
// the message's own id; what was typed on the phone has none.
func TestTheNotificationIsKeptAsItIs(t *testing.T) {
	rec := notification.Record{
		Key: "0|com.whatsapp|1|tag=\n|10290", Package: "com.whatsapp", ID: 1, Tag: "tag=\n", Channel: "individual_chat_defaults_2", Shortcut: anaID,
		When: at(60), Number: 2, Title: "~\u200bAna (2 messages): x", Text: "second\nline", Template: "android.app.Notification$MessagingStyle", Count: 2,
		Elements: []notification.Element{{Sender: "~ Ana", Text: "first", Time: at(0)}, {Text: "second\nline", Time: at(60)}},
	}
	ch := queue.Changes{New: []wabridge.Message{{Direction: wabridge.In, Text: "first"}, {Direction: wabridge.Echo, Text: "second\nline"}, {Direction: wabridge.In, Text: "third"}}}
	keepRaw(&ch, "1", rec)
	if len(ch.Objects) != 2 || ch.New[0].ID == "" || ch.New[1].ID != "" || ch.New[2].ID == ch.New[0].ID {
		t.Fatalf("changes %+v", ch)
	}
	for i, o := range ch.Objects {
		if m := ch.New[2*i]; o.ID != m.ID || o.Owner != "1" || o.Kind != queue.ObjectNotification {
			t.Errorf("object %+v beside message %s", o, m.ID)
		}
	}
	var got shown
	if err := json.Unmarshal(ch.Objects[0].Data, &got); err != nil {
		t.Fatal(err)
	}
	if got.Key != rec.Key || got.Title != rec.Title || got.Text != rec.Text || got.When != at(60).UnixMilli() || got.Tag != rec.Tag || got.Shortcut != anaID || got.Number != 2 {
		t.Errorf("kept %+v", got)
	}
	if len(got.Messages) != 2 || got.Messages[0].Sender != "~ Ana" || got.Messages[1].Text != "second\nline" || got.Messages[1].Time != at(60).UnixMilli() {
		t.Errorf("messages %+v", got.Messages)
	}
	if empty := shownOf(notification.Record{}); empty.When != 0 || empty.Messages == nil {
		t.Errorf("of nothing %+v", empty)
	}
}

// kept remembers the objects that come with changes.
type kept struct {
	*memory
	objects []queue.Object
}

func (k *kept) Reconcile(ctx context.Context, phone string, ref wabridge.ChatRef, limit int,
	decide func(wabridge.Chat, []wabridge.Message) queue.Changes) ([]wabridge.Message, error) {
	return k.memory.Reconcile(ctx, phone, ref, limit, func(chat wabridge.Chat, known []wabridge.Message) queue.Changes {
		ch := decide(chat, known)
		k.objects = append(k.objects, ch.Objects...)
		return ch
	})
}

// Nothing is kept unless it is asked for.
func TestNoNotificationIsKeptWithoutAsking(t *testing.T) {
	for _, keep := range []bool{false, true} {
		m := &kept{memory: &memory{}}
		r := New(Config{Phone: wabridge.Phone{ID: "1"}, Store: m, KeepRaw: keep})
		r.zone = time.UTC
		c := notification.Conversation{Kind: notification.Chat, ChatID: anaID, Number: "491700000001", Chat: "Ana", Messages: []notification.Message{{Sender: "Ana", Text: "hi", Time: at(0)}}}
		if err := r.take(t.Context(), c, notification.Record{Title: "Ana"}, at(1), at(1)); err != nil {
			t.Fatal(err)
		}
		if len(m.objects) != map[bool]int{true: 1}[keep] {
			t.Errorf("asked for: %t, kept %d", keep, len(m.objects))
		}
	}
}
