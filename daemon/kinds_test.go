package daemon

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/phonesim"
	"github.com/wabridge/wabridge/queue"
)

// inKinds lists what was recorded of people, as "type text", oldest first.
func (r *rig) inKinds() []string {
	r.t.Helper()
	list, err := r.d.db.Messages(context.Background(), queue.MessageFilter{Phone: benchPhone, Limit: 1000})
	if err != nil {
		r.t.Fatal(err)
	}
	var out []string
	for _, m := range slices.Backward(list) {
		if m.Direction != wabridge.Out {
			out = append(out, fmt.Sprintf("%s %s %s", m.Direction, m.Type, m.Text))
		}
	}
	return out
}

// TestEveryKindOfMessageIsOneRecord: what people send is recorded once and of one
// type, whatever its kind: seen in a notification, then in the open chat when we
// answer, then again by a new process.
func TestEveryKindOfMessageIsOneRecord(t *testing.T) {
	r := newRig(t, phonesim.Config{}, func(c *Config) { c.Media.Wait = time.Second })
	r.waitState(wabridge.PhoneReady)
	kinds := []struct {
		in   phonesim.IncomingMessage
		want string
	}{
		{phonesim.IncomingMessage{Kind: "text", Text: "hello"}, "in text hello"},
		{phonesim.IncomingMessage{Kind: "contact", IncomingFile: phonesim.IncomingFile{Contacts: []string{"Ann,+15550001002"}}}, "in contacts 👤 Ann"},
		{phonesim.IncomingMessage{Kind: "location", IncomingFile: phonesim.IncomingFile{Place: "Alexanderplatz", Latitude: 52.5, Longitude: 13.4}}, "in location 📍 Alexanderplatz"},
		{phonesim.IncomingMessage{Kind: "live_location"}, "in live_location 📍 Live location"},
		{phonesim.IncomingMessage{Kind: "poll"}, "in poll 📊 Poll"},
		{phonesim.IncomingMessage{Kind: "view_once"}, "in view_once 1️⃣ View once photo"},
		{phonesim.IncomingMessage{Kind: "sticker"}, "in sticker 💟 Sticker"},
		{phonesim.IncomingMessage{Kind: "image", Text: "look"}, "in image 📷 look"},
		{phonesim.IncomingMessage{Kind: "voice", IncomingFile: phonesim.IncomingFile{Seconds: 5}}, "in audio 🎤 Voice message (0:05)"},
		{phonesim.IncomingMessage{Kind: "document", IncomingFile: phonesim.IncomingFile{Filename: "a.pdf"}}, "in document 📄 a.pdf"},
	}
	var want []string
	for i, k := range kinds {
		k.in.From = fmt.Sprintf("1555222%04d", i)
		want = append(want, k.want)
		r.incomingFile(k.in)
		r.until("the record of "+k.want, func() bool { return len(r.inKinds()) > i })
	}
	for i := range kinds {
		r.send("an answer", fmt.Sprintf("1555222%04d", i))
	}
	r.drain()
	r.settle()
	r.stop()
	r.start()
	r.waitState(wabridge.PhoneReady)
	for i := range kinds {
		r.send("another answer", fmt.Sprintf("1555222%04d", i))
	}
	r.drain()
	r.settle()
	// On a busy machine the chat may be looked into before its notification is read;
	// the screen shows less of some kinds.
	screen := map[string]string{
		"in location 📍 Alexanderplatz": "in location 📍 Location", "in live_location 📍 Live location": "in location 📍 Location",
		"in poll 📊 Poll": "in unsupported 📎 Media", "in view_once 1️⃣ View once photo": "in unsupported 📎 Media",
	}
	got := r.inKinds()
	for i, k := range got {
		if i < len(want) && screen[want[i]] == k {
			got[i] = want[i]
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("recorded %q, want %q", got, want)
	}
}

// settle waits until the chat list was read twice more without a new record.
func (r *rig) settle() {
	r.t.Helper()
	before := -1
	for range 20 {
		now := len(r.inKinds())
		if now == before {
			return
		}
		before = now
		time.Sleep(1500 * time.Millisecond)
	}
}

// TestReactionsAreReactions: a reaction to a message of ours names it; one that
// could be to several, or to none that is known, is no text either.
func TestReactionsAreReactions(t *testing.T) {
	for _, locale := range []string{"en", "de"} { // the words of the latter are not known
		t.Run(locale, func(t *testing.T) {
			r := newRig(t, phonesim.Config{Locale: locale})
			r.waitState(wabridge.PhoneReady)
			r.send("the only one", ann)
			r.drain()
			sent := r.accepted[ann][0]
			for range 20 { // one that comes while the chat is open makes no notification
				r.incomingFile(phonesim.IncomingMessage{From: ann, Kind: "reaction", Text: "👍", Quote: "the only one to " + ann})
				time.Sleep(100 * time.Millisecond)
				if all := r.sim.Received(); all[len(all)-1].Notified {
					break
				}
			}
			var got wabridge.Message
			r.until("the reaction", func() bool {
				for _, m := range r.allReceived() {
					got = m
				}
				return got.ID != ""
			})
			if got.Type != "reaction" || got.Context != sent || got.Text != "👍" {
				t.Errorf("got type %s, text %q, to %s; want 👍 to %s", got.Type, got.Text, got.Context, sent)
			}
			r.settle()
			if n := len(r.inKinds()); n != 1 {
				t.Errorf("recorded %q", r.inKinds())
			}
		})
	}
}

// allReceived are the recorded messages that came in, newest first.
func (r *rig) allReceived() []wabridge.Message {
	r.t.Helper()
	list, err := r.d.db.Messages(context.Background(), queue.MessageFilter{Phone: benchPhone, Direction: wabridge.In, Limit: 1000})
	if err != nil {
		r.t.Fatal(err)
	}
	return list
}

// TestAMessageThatIsWaitedFor: "Waiting for this message" is nobody's text; the
// text is told once when it has come, also if the chat was opened meanwhile: then
// it is found when the chat is looked at again, which takes a minute.
func TestAMessageThatIsWaitedFor(t *testing.T) {
	for _, locale := range []string{"en", "pt", "ru"} {
		t.Run(locale, func(t *testing.T) {
			r := newRig(t, phonesim.Config{Locale: locale})
			r.waitState(wabridge.PhoneReady)
			r.incoming("before", ann)
			r.until("the first message", func() bool { return len(r.inKinds()) == 1 })
			r.fault(standing("waiting_for_message"))
			r.incoming("the text", ann, eve)
			r.settle()
			if locale == "en" {
				r.send("an answer", ann) // opens the chat
				r.drain()
				r.settle()
			}
			if got := r.inKinds(); len(got) != 1 {
				t.Errorf("recorded %q while the text had not come", got)
			}
			r.sim.ClearFaults()
			r.until("the texts", func() bool { return len(r.inKinds()) >= 3 })
			r.settle()
			if got := r.inKinds(); len(got) != 3 || got[1] != "in text the text" || got[2] != "in text the text" {
				t.Errorf("recorded %q", got)
			}
		})
	}
}

// TestADeletedMessageIsNoText: the words for a deleted message are recorded
// neither in a notification nor in the chat, of theirs or of ours.
func TestADeletedMessageIsNoText(t *testing.T) {
	r := newRig(t, phonesim.Config{Locale: "de"})
	r.waitState(wabridge.PhoneReady)
	r.incoming("taken back", ann)
	r.incoming("kept", eve)
	r.until("both", func() bool { return len(r.inKinds()) == 2 })
	r.incomingFile(phonesim.IncomingMessage{From: ann, Kind: "deleted", Quote: "taken back"})
	r.settle()
	r.send("an answer", ann, eve)
	r.drain()
	r.incomingFile(phonesim.IncomingMessage{From: eve, Kind: "deleted", Quote: "kept"})
	r.incomingFile(phonesim.IncomingMessage{From: ann, Kind: "deleted", Quote: "an answer to " + ann})
	r.send("one more", ann, eve)
	r.drain()
	r.settle()
	got := r.inKinds()
	slices.Sort(got)
	if want := []string{"in text kept", "in text taken back"}; !slices.Equal(got, want) {
		t.Errorf("recorded %q, want %q", got, want)
	}
}
