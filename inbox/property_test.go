package inbox

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/inbox/notification"
	"github.com/wabridge/wabridge/queue"
	"github.com/wabridge/wabridge/queue/sqlite"
	"github.com/wabridge/wabridge/uiauto/whatsapp"
)

const anaID = "491700000001@s.whatsapp.net"

// said is one message of the truth.
type said struct {
	who  string // "in", "human", "ours"
	name string
	text string
	at   time.Time
}

// world is one chat on a phone: what was said, what its notification holds,
// whether it is open.
type world struct {
	t      *testing.T
	rnd    *rand.Rand
	r      *Reader
	put    func(said)
	group  bool
	unique bool // no text is said twice; only then a chat may be left scrolled up
	now    time.Time
	truth  []said
	posted []said // in the notification, oldest first, at most cap
	cap    int
	unread int
	open   bool
	fresh  int // said while the chat is open, since the last look
	trace  []string
	late   func() // a reading of the notification that is not stored yet
	words  []string
	// fresher is how many messages there were when the process began, until it has
	// looked into the chat.
	fresher int
}

var vocabulary = []string{"ok", "hi", "yes", "no", "*bold*", "two\nlines", "📷 Photo"}

func (w *world) note(format string, args ...any) {
	w.trace = append(w.trace, w.now.Format("15:04:05 ")+fmt.Sprintf(format, args...))
}

func (w *world) say(who string) {
	s := said{who: who, text: w.words[w.rnd.IntN(len(w.words))], at: w.now.Truncate(time.Second), name: "Ana"}
	if w.unique {
		s.text = fmt.Sprint("text ", len(w.truth))
	}
	if w.group && who == "in" {
		s.name = []string{"Ana", "Ben", "Cem"}[w.rnd.IntN(3)]
	}
	w.truth = append(w.truth, s)
	w.note("%s %s says %q (open %v)", who, s.name, s.text, w.open)
	switch {
	case who == "ours":
		w.put(s)
		w.fresh++
	case w.open:
		w.fresh++
	case !w.open && (who == "in" || len(w.posted) > 0):
		w.posted = append(w.posted, s)
		if who == "in" {
			w.unread++
		}
		w.posted = w.posted[max(0, len(w.posted)-w.cap):]
	}
}

func (w *world) ref() wabridge.ChatRef {
	if w.group {
		return wabridge.ChatRef{JID: "120363000000000001@g.us", Name: "Team", Group: true}
	}
	return wabridge.ChatRef{JID: anaID, Number: "491700000001", Name: "Ana"}
}

// check is the loop reading the notification, if there is one, and storing it.
func (w *world) check() {
	w.read()()
}

// read is the loop reading the notification; what it returns stores it.
func (w *world) read() (store func()) {
	if w.late != nil { // one after the other
		w.late()
		w.late = nil
	}
	if len(w.posted) == 0 {
		return func() {}
	}
	w.note("check of %d", len(w.posted))
	began := w.now
	ref := w.ref()
	c := notification.Conversation{Kind: notification.Chat, ChatID: ref.JID, Number: ref.Number, Chat: ref.Name, IsGroup: w.group, Unread: w.unread}
	for _, s := range w.posted {
		m := notification.Message{Sender: s.name, Text: s.text, Time: s.at.UTC(), Own: s.who != "in", Media: words().MediaKind(s.text)}
		if !w.group {
			m.Number = ref.Number
		}
		if m.Own {
			m.Sender = "You"
		}
		c.Messages = append(c.Messages, m)
	}
	return func() {
		w.note("stored of %d", len(c.Messages))
		if err := w.r.take(context.Background(), c, notification.Record{}, began, began); err != nil {
			w.t.Fatal(err)
		}
	}
}

// look is the driver reading the open chat: its last bubbles.
func (w *world) look(size int) {
	w.fresh = 0
	w.lookUp(size, 0)
}

// lookUp is a look at a chat that was left scrolled up, by some messages.
func (w *world) lookUp(size, below int) {
	w.note("look at %d, %d above the end", size, below)
	s := whatsapp.Screen{Kind: whatsapp.Chat, Chat: &whatsapp.Header{Title: w.ref().Name}}
	last := ""
	end := max(0, len(w.truth)-below)
	for _, m := range w.truth[max(0, end-size):end] {
		b := whatsapp.Bubble{Out: m.who != "in", Text: strings.ReplaceAll(m.text, "*", ""), Time: m.at.In(w.r.Zone()).Format("15:04")}
		if m.text == "📷 Photo" {
			b.Text, b.Media = "", "image"
		}
		if w.group && !b.Out && m.name != last {
			b.Sender = m.name
		}
		last = m.name
		if b.Out {
			last = ""
		}
		s.Bubbles = append(s.Bubbles, b)
	}
	if _, err := w.r.Look(context.Background(), w.ref(), s, LookAt{At: w.now}); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) step() {
	w.now = w.now.Add(time.Duration(w.rnd.IntN(40)) * time.Second / 2)
	switch n := w.rnd.IntN(20); {
	case n < 9:
		w.say("in")
	case n < 13:
		w.check()
	case n < 15 && !w.open:
		// The loop is at most FullCheck late; a longer silence ends in a check.
		if w.rnd.IntN(2) == 0 {
			w.check()
		} else if w.rnd.IntN(2) == 0 {
			w.late = w.read()
			w.now = w.now.Add(100 * time.Millisecond)
		}
		w.open, w.posted, w.unread = true, nil, 0
		w.note("opened")
		w.look(12)
	case w.open && n < 16:
		w.say("ours")
		w.look(9 + w.rnd.IntN(10))
	case w.open && n < 17:
		w.say("human")
	case w.open && n < 18, w.open && n < 19 && !w.unique:
		w.look(8 + w.rnd.IntN(10))
	case w.open && n < 19:
		below := 1 + w.rnd.IntN(8)
		if i := len(w.truth) - below - 1; i >= 0 && w.now.Sub(w.truth[i].at) < 12*time.Hour { // else the same words of another day
			w.lookUp(1+w.rnd.IntN(11), below)
		}
	case w.open:
		w.look(12)
		w.open = false
		w.now = w.now.Add(time.Duration(1+w.rnd.IntN(2000)) * time.Millisecond) // going to the launcher
		w.note("closed")
	default:
		w.now = w.now.Add(time.Duration(w.rnd.IntN(30)) * time.Hour / 2)
	}
	if w.fresh > 4 { // the driver looks before anything scrolls away
		w.look(12)
	}
	if !w.open && len(w.posted) > 0 && w.now.Sub(w.posted[len(w.posted)-1].at) > 20*time.Second || w.unread > w.cap-2 {
		w.check()
	}
}

// lines are what must be stored and what is, as multisets.
func lines(truth []said, list []wabridge.Message) (want, got []string) {
	for _, s := range truth {
		if s.who != "ours" {
			want = append(want, s.who+" "+strings.ReplaceAll(s.text, "*", ""))
		}
	}
	for _, m := range list {
		switch m.Direction {
		case wabridge.In:
			got = append(got, "in "+strings.ReplaceAll(string(m.Text), "*", ""))
		case wabridge.Echo:
			text := string(m.Text)
			got = append(got, "human "+strings.ReplaceAll(text, "*", ""))
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	return want, got
}

func newWorld(t *testing.T, seed uint64, store Store, put func(said)) *world {
	w := &world{t: t, rnd: rand.New(rand.NewPCG(seed, 1)), put: put, cap: 7, words: vocabulary, now: time.Date(2026, 11, 22, 7, 30, 0, 0, time.UTC)}
	w.group, w.unique = w.rnd.IntN(3) == 0, seed%3 == 2
	w.r = New(Config{Phone: wabridge.Phone{ID: "1"}, Store: store})
	w.r.zone = []*time.Location{time.UTC, time.FixedZone("", -4*3600), time.FixedZone("", 5*3600+1800)}[w.rnd.IntN(3)]
	return w
}

func (w *world) run(steps int) {
	for range steps {
		w.step()
	}
	w.check()
	w.open, w.posted, w.unread = true, nil, 0
	w.look(15)
}

func TestEachMessageExactlyOnce(t *testing.T) {
	for seed := range uint64(180) {
		m := &memory{}
		var w *world
		w = newWorld(t, seed, m, func(s said) {
			m.sent(w.ref(), wabridge.Message{Text: wabridge.Text(s.text), State: wabridge.Sent, HandedAt: w.now, Created: w.now})
		})
		w.run(60)
		want, got := lines(w.truth, m.list)
		if !slices.Equal(want, got) {
			t.Fatalf("seed %d:\nwant %q\n got %q\n%s", seed, want, got, strings.Join(w.trace, "\n"))
		}
	}
}

func TestEachMessageExactlyOnceInSQLite(t *testing.T) {
	for seed := range uint64(4) {
		db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "queue.db"), sqlite.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if err := db.PutPhone(t.Context(), wabridge.Phone{ID: "1", Package: "com.whatsapp"}); err != nil {
			t.Fatal(err)
		}
		var w *world
		w = newWorld(t, seed, db, func(s said) { laneSends(t, db, w.ref(), s.text, w.now) })
		w.run(60)
		want, got := lines(w.truth, stored(t, db, w.ref()))
		if !slices.Equal(want, got) {
			t.Fatalf("seed %d:\nwant %q\n got %q\n%s", seed, want, got, strings.Join(w.trace, "\n"))
		}
	}
}

// laneSends does with a message of ours what a lane does.
func laneSends(t *testing.T, db *sqlite.DB, ref wabridge.ChatRef, text string, now time.Time) {
	t.Helper()
	m := wabridge.Message{Phone: "1", Chat: ref.JID, Number: ref.Number, Type: "text", Text: wabridge.Text(text)}
	if ref.Group {
		m.Group = ref.JID
	}
	acc, err := db.Enqueue(t.Context(), queue.Draft{Message: m})
	if err != nil {
		t.Fatal(err)
	}
	now = now.Add(time.Hour * 24 * 365 * 10) // claims look at what is due now; the world has its own clock
	claimed, _, err := db.Claim(t.Context(), "1", now, time.Minute, func(*wabridge.Message, queue.Usage, time.Time) time.Time { return time.Time{} })
	if err != nil || claimed == nil || claimed.ID != acc[0].Message.ID {
		t.Fatalf("claim: %v, %v", claimed, err)
	}
	for _, move := range []wabridge.Move{wabridge.HandedOver(now.Add(-time.Hour * 24 * 365 * 10))} {
		if _, err := db.Apply(t.Context(), claimed.ID, claimed.Fence, move); err != nil {
			t.Fatal(err)
		}
	}
}

// stored are all received and echo messages of the chat.
func stored(t *testing.T, db *sqlite.DB, ref wabridge.ChatRef) []wabridge.Message {
	t.Helper()
	chat, err := db.Chat(t.Context(), "1", ref)
	if err != nil {
		t.Fatal(err)
	}
	list, err := db.Messages(t.Context(), queue.MessageFilter{Phone: "1", Chat: chat.ID, Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// TestALookFurtherUp has a chat that was left scrolled up: what stands below that
// look is known all the same.
func TestALookFurtherUp(t *testing.T) {
	m := &memory{}
	r := New(Config{Phone: wabridge.Phone{ID: "1"}, Store: m})
	r.zone = time.UTC
	ref := wabridge.ChatRef{JID: anaID, Number: "491700000001", Name: "Ana"}
	s := whatsapp.Screen{Kind: whatsapp.Chat, Chat: &whatsapp.Header{Title: "Ana"}}
	for i := range 12 {
		s.Bubbles = append(s.Bubbles, whatsapp.Bubble{Text: fmt.Sprint("text ", i), Time: "12:00"})
	}
	look := func(from, to, want int) {
		t.Helper()
		part := s
		part.Bubbles = s.Bubbles[from:to]
		got, err := r.Look(t.Context(), ref, part, LookAt{At: at(30)})
		if err != nil || len(got.New) != want {
			t.Errorf("look at %d to %d: %d new, %v; want %d", from, to, len(got.New), err, want)
		}
	}
	look(0, 12, 12)
	look(0, 6, 0)
	look(3, 12, 0)
	look(0, 12, 0)
}

// TestALookFurtherUpThatFoundTheOlder has the notification tell of the newest
// messages, and the open chat of those above, which are so recorded last; then
// the chat is found scrolled up to these.
func TestALookFurtherUpThatFoundTheOlder(t *testing.T) {
	for name, at0 := range map[string]int{"in one second": 0, "one after the other": 1} {
		t.Run(name, func(t *testing.T) {
			m := &memory{}
			r := New(Config{Phone: wabridge.Phone{ID: "1"}, Store: m})
			r.zone = time.UTC
			ref := wabridge.ChatRef{JID: anaID, Number: "491700000001", Name: "Ana"}
			s := whatsapp.Screen{Kind: whatsapp.Chat, Chat: &whatsapp.Header{Title: "Ana"}}
			c := notification.Conversation{Kind: notification.Chat, ChatID: anaID, Number: ref.Number, Chat: "Ana", Unread: 12}
			for i := range 12 {
				text := fmt.Sprint("text ", i)
				s.Bubbles = append(s.Bubbles, whatsapp.Bubble{Text: text, Time: "12:00"})
				if i >= 5 {
					c.Messages = append(c.Messages, notification.Message{Sender: "Ana", Number: ref.Number, Text: text, Time: at(1 + i*at0)})
				}
			}
			if err := r.take(t.Context(), c, notification.Record{}, at(20), at(20)); err != nil {
				t.Fatal(err)
			}
			for i, look := range []struct{ from, to, unread, want int }{{0, 12, 12, 5}, {0, 7, 0, 0}, {1, 12, 0, 0}, {0, 12, 0, 0}} {
				part := s
				part.Bubbles = s.Bubbles[look.from:look.to]
				got, err := r.Look(t.Context(), ref, part, LookAt{At: at(30 + i), Unread: look.unread})
				if err != nil || len(got.New) != look.want {
					t.Errorf("look %d at %d to %d: %d new, %v; want %d", i, look.from, look.to, len(got.New), err, look.want)
				}
			}
		})
	}
}
