package session

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/bot"
	"github.com/wabridge/wabridge/queue"
)

func newEmpty() *bot.Library { return bot.NewLibrary() }

func TestGreeter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, func(c *Config) { c.Greeter = Greeter{Bot: "chatty", CoolDown: 12 * time.Hour} })
		w.want(w.answer(1, "hi"), "Hello. / I am a bot. / Well?")
		w.want(w.answer(1, "good"), "Bye.")
		list, err := w.db.Sessions(w.ctx, queue.SessionFilter{Limit: 10})
		if err != nil || len(list) != 1 {
			t.Fatalf("sessions: got %d, %v", len(list), err)
		}
		if s := w.is(list[0].ID, wabridge.SessionEnded, "done", nil); s.Received != 2 || s.Sent != 4 || s.Bot != "chatty" {
			t.Errorf("got %+v", s)
		}
		w.want(w.answer(1, "thank you"), "") // nobody is pestered
		time.Sleep(13 * time.Hour)
		w.want(w.answer(1, "hi again"), "Hello. / I am a bot. / Well?")
		time.Sleep(time.Second)
		w.hear(2, wabridge.Message{Text: "old", Created: time.Now().Add(-2 * time.Hour)})
		w.want(strings.Join(w.send(), " / "), "")
		w.hear(3, wabridge.Message{Type: "reaction", Text: "👍"})
		w.want(strings.Join(w.send(), " / "), "")
	})
}

func TestGreeterSparesThoseWhoTalkToUs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, func(c *Config) { c.Greeter = Greeter{Bot: "chatty", CoolDown: time.Hour} })
		m := to(1)
		m.Type, m.Text = "text", "Your order is ready."
		if _, err := w.db.Enqueue(w.ctx, draftOf(m)); err != nil {
			t.Fatal(err)
		}
		w.send()
		w.want(w.answer(1, "thanks"), "")
		w.hear(2, wabridge.Message{Direction: wabridge.Echo, Text: "by hand"})
		w.want(w.answer(2, "fine"), "")
	})
}

func TestGreeterOfFirstContacts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, func(c *Config) { c.Greeter = Greeter{Bot: "mute", FirstContact: true} })
		w.want(w.answer(1, "hi"), "Somebody will write to you.")
		list, err := w.db.Sessions(w.ctx, queue.SessionFilter{Limit: 10})
		if err != nil || len(list) != 1 || !list[0].Operator || list[0].Results["asked"] != "yes" {
			t.Fatalf("sessions: got %+v, %v", list, err)
		}
		time.Sleep(10 * time.Hour)
		w.want(w.answer(1, "hi again"), "")
	})
}
