package inbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/adb"
	"github.com/wabridge/wabridge/inbox/notification"
	"github.com/wabridge/wabridge/uiauto/whatsapp"
)

// handset is a phone with notifications of chats with one person each.
type handset struct {
	mu       sync.Mutex
	posts    []post
	hash     int
	hidden   bool // the event log tells nothing
	dumps    int
	redacted int
	takes    time.Duration // each command
	hang     bool          // commands never end
	lines    chan string
	closed   int
	call     string // who has a missed call
}

type post struct {
	tag, jid, name string
	lines          []string // "sec text"
	hash           int
}

func newHandset() *handset {
	return &handset{takes: 200 * time.Millisecond}
}

// receives posts a message, as Android does: event, then record, then summary.
func (h *handset) receives(tag, jid, name, line string) {
	h.mu.Lock()
	h.hash++
	found := false
	for i := range h.posts {
		if h.posts[i].tag == tag {
			h.posts[i].lines, h.posts[i].hash, found = append(h.posts[i].lines, line), h.hash, true
		}
	}
	if !found {
		h.posts = append(h.posts, post{tag, jid, name, []string{line}, h.hash})
	}
	hidden := h.hidden
	h.mu.Unlock()
	if hidden {
		return
	}
	h.lines <- "1.0  1  1 I notification_enqueue: [10290,1,com.whatsapp,1," + tag + "\n"
	h.lines <- "1.0  1  1 I notification_enqueue: ,0,Notification(channel=c shortcut=" + jid + "),0]\n"
	h.lines <- "1.0  1  1 I notification_enqueue: [10290,1,com.whatsapp,1,NULL,0,Notification(channel=c),0]\n"
}

func (h *handset) dump(redacted bool) string {
	var b strings.Builder
	b.WriteString("Current Notification Manager state:\n  Notification List:\n")
	for _, p := range h.posts {
		key := "0|com.whatsapp|1|" + p.tag + "\n|10290"
		_, last, _ := strings.Cut(p.lines[len(p.lines)-1], " ")
		fmt.Fprintf(&b, "    NotificationRecord(0x%08x: pkg=com.whatsapp user=UserHandle{0} id=1 tag=%s\n importance=4 key=%s: Notification(channel=c shortcut=%s flags=0x8 vis=PRIVATE))\n", p.hash, p.tag, key, p.jid)
		fmt.Fprintf(&b, "      uid=10290 userId=0\n      notification=\n            when=1000\n            extras={\n")
		if redacted {
			fmt.Fprintf(&b, "                android.title=String [length=3]\n                android.text=String [length=3]\n                android.messages=Parcelable[] (%d)\n", len(p.lines))
		} else {
			fmt.Fprintf(&b, "                android.title=String (%s)\n                android.template=String (android.app.Notification$MessagingStyle)\n                android.text=String (%s)\n                android.selfDisplayName=String (You)\n                android.messages=Parcelable[] (%d)\n", p.name, last, len(p.lines))
			for i, l := range p.lines {
				sec, text, _ := strings.Cut(l, " ")
				fmt.Fprintf(&b, "                  [%d] Bundle[{extras=Bundle[{}], sender_person=android.app.Person@1, sender=%s, text=%s, time=%s000}]\n", i, p.name, text, sec)
			}
		}
		b.WriteString("                android.isGroupConversation=Boolean (false)\n            }\n      mAdjustments=[]\n")
	}
	if h.call != "" {
		fmt.Fprintf(&b, "    NotificationRecord(0x00000c11: pkg=com.whatsapp user=UserHandle{0} id=4 tag=null importance=4 key=0|com.whatsapp|4|null|10290: Notification(channel=individual_chat_defaults_2 shortcut=null flags=AUTO_CANCEL category=missed_call vis=PRIVATE))\n")
		fmt.Fprintf(&b, "      uid=10290 userId=0\n      notification=\n            fullscreenIntent=null\n            when=1774472586000\n            extras={\n")
		fmt.Fprintf(&b, "                android.title=String (%s)\n                video_call=Boolean (true)\n                android.text=String (Missed video call)\n            }\n      mAdjustments=[]\n", h.call)
	}
	return b.String() + "  \n  mArchive=Archive (0 notifications)\n"
}

func (h *handset) Run(ctx context.Context, command string) (adb.Output, error) {
	h.mu.Lock()
	hang, takes := h.hang, h.takes
	h.mu.Unlock()
	if hang {
		<-ctx.Done()
		return adb.Output{}, ctx.Err()
	}
	if !sleep(ctx, takes) {
		return adb.Output{}, ctx.Err()
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	var out string
	switch command {
	case dumpCommand:
		h.dumps++
		out = h.dump(false)
	case redactedCommand:
		h.redacted++
		out = h.dump(true)
	case clockCommand:
		out = "Europe/Berlin\n+0100\n"
	case phonesQuery:
		out = "Row: 0 data4=+491700000007, data1=x, display_name=Lid\n"
	case rawQuery:
		out = "No result found.\n"
	default:
		return adb.Output{}, fmt.Errorf("unknown command %q", command)
	}
	return adb.Output{Stdout: []byte(out)}, nil
}

// Stream gives the event log: lines until it is closed.
func (h *handset) Stream(_ context.Context, command string) (io.ReadCloser, error) {
	if command != logcatCommand {
		return nil, errors.New("unknown stream")
	}
	r, w := io.Pipe()
	done := make(chan struct{})
	go func() {
		for {
			select {
			case l := <-h.lines:
				if l == "" {
					_ = w.CloseWithError(io.ErrUnexpectedEOF)
					return
				}
				if _, err := io.WriteString(w, l); err != nil {
					return
				}
			case <-done:
				return
			}
		}
	}()
	return &logStream{PipeReader: r, h: h, done: done}, nil
}

type logStream struct {
	*io.PipeReader
	h    *handset
	done chan struct{}
	once sync.Once
}

func (s *logStream) Close() error {
	s.once.Do(func() {
		close(s.done)
		s.h.mu.Lock()
		s.h.closed++
		s.h.mu.Unlock()
	})
	return s.PipeReader.Close()
}

// reading runs a Reader on the handset inside a synctest bubble.
func reading(t *testing.T, h *handset, test func(r *Reader, m *memory, gaps *[]Gap)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		m := &memory{stored: make(chan wabridge.Message, 100)}
		h.lines = make(chan string, 100) // of this bubble
		var mu sync.Mutex
		var gaps []Gap
		r := New(Config{
			Phone: wabridge.Phone{ID: "1", Package: "com.whatsapp"}, Store: m,
			Device: func(context.Context) (Device, error) { return h, nil },
			OnGap: func(g Gap) {
				mu.Lock()
				defer mu.Unlock()
				gaps = append(gaps, g)
			},
		})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- r.Run(ctx) }()
		test(r, m, &gaps)
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("Run = %v", err)
		}
		h.mu.Lock()
		defer h.mu.Unlock()
		if h.closed == 0 {
			t.Error("logcat was left running")
		}
	})
}

func TestAMessageComesInAfterItsPosting(t *testing.T) {
	h := newHandset()
	reading(t, h, func(r *Reader, m *memory, _ *[]Gap) {
		<-r.Ready()
		start := time.Now()
		h.receives("t1", anaID, "Ana", "1774472586 hello")
		got := <-m.stored
		if d := time.Since(start); d > h.takes+100*time.Millisecond {
			t.Errorf("stored after %v, want the command's %v and at most 100ms", d, h.takes)
		}
		if got.Text != "hello" || got.Chat != anaID || got.Number != "491700000001" || got.Name != "Ana" || got.Created.Unix() != 1774472586 {
			t.Errorf("got %+v", got)
		}
		if h.redacted != 0 {
			t.Errorf("the redacted dump was read %d times though the event log told of the posting", h.redacted)
		}
		if r.Zone().String() != "Europe/Berlin" {
			t.Errorf("zone = %v", r.Zone())
		}
	})
}

func TestWhatWasPostedBeforeTheStart(t *testing.T) {
	h := newHandset()
	h.hidden = true
	h.receives("t1", anaID, "Ana", "10 one")
	h.receives("t1", anaID, "Ana", "11 two")
	reading(t, h, func(r *Reader, m *memory, gaps *[]Gap) {
		<-r.Ready()
		if a, b := <-m.stored, <-m.stored; a.Text != "one" || b.Text != "two" {
			t.Errorf("got %q, %q", a.Text, b.Text)
		}
		synctest.Wait()
		if len(*gaps) != 1 || (*gaps)[0].Ref != (wabridge.ChatRef{}) {
			t.Errorf("gaps = %+v, want one of the chat list", *gaps)
		}
		h.mu.Lock()
		defer h.mu.Unlock()
		if h.redacted != 1 {
			t.Errorf("the redacted dump was read %d times, want once", h.redacted)
		}
	})
}

func TestAPostingWithoutAnEventIsFoundByTheFullCheck(t *testing.T) {
	h := newHandset()
	h.hidden = true
	reading(t, h, func(r *Reader, m *memory, _ *[]Gap) {
		<-r.Ready()
		start := time.Now()
		h.receives("t1", anaID, "Ana", "10 hello")
		if got := <-m.stored; got.Text != "hello" || time.Since(start) > 21*time.Second {
			t.Errorf("got %q after %v", got.Text, time.Since(start))
		}
	})
}

func TestAPostingThatComesAfterItsEvent(t *testing.T) {
	h := newHandset()
	h.takes = 10 * time.Millisecond
	reading(t, h, func(r *Reader, m *memory, _ *[]Gap) {
		<-r.Ready()
		start := time.Now()
		h.lines <- "1.0  1  1 I notification_enqueue: [10290,1,com.whatsapp,1,t1\n"
		time.Sleep(170 * time.Millisecond)
		h.hidden = true
		h.receives("t1", anaID, "Ana", "10 hello")
		if got := <-m.stored; got.Text != "hello" || time.Since(start) > time.Second {
			t.Errorf("got %q after %v", got.Text, time.Since(start))
		}
	})
}

func TestTwoPostingsThatAreHeldBack(t *testing.T) {
	h := newHandset()
	h.takes, h.hidden = 100*time.Millisecond, true
	reading(t, h, func(r *Reader, m *memory, _ *[]Gap) {
		<-r.Ready()
		time.Sleep(5 * time.Second) // beyond the second check
		start := time.Now()
		for i, tag := range []string{"t1", "t2"} {
			time.AfterFunc(time.Duration(i)*150*time.Millisecond, func() {
				h.lines <- "1.0  1  1 I notification_enqueue: [10290,1,com.whatsapp,1," + tag + "\n"
			})
			time.AfterFunc(time.Duration(i)*150*time.Millisecond+200*time.Millisecond, func() {
				h.receives(tag, fmt.Sprintf("49170000000%d@s.whatsapp.net", i), tag, "10 hello")
			})
		}
		for range 2 {
			got := <-m.stored
			if d := time.Since(start); d > 800*time.Millisecond {
				t.Errorf("%s is stored after %v", got.Name, d)
			}
		}
	})
}

func TestABurstIsFewDumps(t *testing.T) {
	h := newHandset()
	reading(t, h, func(r *Reader, m *memory, _ *[]Gap) {
		<-r.Ready()
		before := h.dumps
		for i := range 10 {
			h.receives(fmt.Sprint("t", i), fmt.Sprintf("49170000000%d@s.whatsapp.net", i), fmt.Sprint("P", i), "10 hello")
		}
		for range 10 {
			<-m.stored
		}
		if n := h.dumps - before; n > 2 {
			t.Errorf("%d dumps for a burst", n)
		}
	})
}

func TestALostLinkIsReadAgain(t *testing.T) {
	h := newHandset()
	reading(t, h, func(r *Reader, m *memory, gaps *[]Gap) {
		<-r.Ready()
		h.hidden = true
		h.receives("t1", anaID, "Ana", "10 hello")
		h.lines <- "" // the link is cut
		start := time.Now()
		if got := <-m.stored; got.Text != "hello" || time.Since(start) > 2*time.Second {
			t.Errorf("got %q after %v", got.Text, time.Since(start))
		}
		synctest.Wait()
		if len(*gaps) != 2 {
			t.Errorf("gaps = %+v, want one for each start", *gaps)
		}
	})
}

func TestAFrozenPhone(t *testing.T) {
	h := newHandset()
	reading(t, h, func(r *Reader, m *memory, _ *[]Gap) {
		<-r.Ready()
		h.mu.Lock()
		h.hang = true
		h.mu.Unlock()
		h.receives("t1", anaID, "Ana", "10 hello")
		time.Sleep(2 * time.Minute)
		h.mu.Lock()
		h.hang = false
		h.mu.Unlock()
		start := time.Now()
		if got := <-m.stored; got.Text != "hello" || time.Since(start) > 40*time.Second {
			t.Errorf("got %q after %v", got.Text, time.Since(start))
		}
	})
}

func TestAFailingStoreIsTriedAgain(t *testing.T) {
	h := newHandset()
	reading(t, h, func(r *Reader, m *memory, _ *[]Gap) {
		<-r.Ready()
		m.mu.Lock()
		m.fail = wabridge.Fail(wabridge.CodeStorage, nil, "disk full")
		m.mu.Unlock()
		start := time.Now()
		h.receives("t1", anaID, "Ana", "10 hello")
		if got := <-m.stored; got.Text != "hello" || time.Since(start) > 5*time.Second {
			t.Errorf("got %q after %v", got.Text, time.Since(start))
		}
	})
}

// TestAPerfectForgeryIsNotBelieved posts a text that ends its own record and
// holds another person's, with nothing wrong in it.
func TestAPerfectForgeryIsNotBelieved(t *testing.T) {
	h := newHandset()
	fake := &handset{posts: []post{{"t9", "491700000009@s.whatsapp.net", "Bank", []string{"10 pay"}, 99}}}
	record := fake.dump(false)
	record = record[strings.Index(record, "    NotificationRecord"):strings.Index(record, "  \n  mArchive")]
	third := strings.ReplaceAll(strings.ReplaceAll(record, "com.whatsapp", "other.app"), "00000063", "00000064")
	end := "                android.isGroupConversation=Boolean (false)\n            }\n      mAdjustments=[]\n"
	text := "x, time=10000}]\n                  [1] Bundle[{sender=Ana, text=ok, time=11000}]\n" + end + record +
		third[:strings.Index(third, "android.title=String (")+len("android.title=String (")]
	reading(t, h, func(r *Reader, m *memory, _ *[]Gap) {
		<-r.Ready()
		h.receives("t1", anaID, "Ana", "10 "+text)
		h.receives("t1", anaID, "Ana", "11 ok")
		got := []wabridge.Message{<-m.stored, <-m.stored}
		time.Sleep(time.Minute)
		for len(m.stored) > 0 {
			got = append(got, <-m.stored)
		}
		for _, x := range got {
			if x.Chat != anaID {
				t.Errorf("a message was invented: %s in %s", x.Text, x.Chat)
			}
		}
		if len(got) != 2 || string(got[0].Text) != text || got[1].Text != "ok" {
			t.Errorf("got %d messages", len(got))
		}
	})
}

func TestAChatNamedByALid(t *testing.T) {
	h := newHandset()
	reading(t, h, func(r *Reader, m *memory, _ *[]Gap) {
		<-r.Ready()
		h.receives("t1", "156538723369061@lid", "Lid", "10 hello")
		if got := <-m.stored; got.Number != "491700000007" {
			t.Errorf("number = %q", got.Number)
		}
		if m.learned["156538723369061@lid"] != "491700000007" {
			t.Errorf("learned = %v", m.learned)
		}
	})
}

func TestAClosedDoorIsKnockedAtAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tries := 0
		r := New(Config{
			Phone:  wabridge.Phone{ID: "1"},
			Device: func(context.Context) (Device, error) { tries++; return nil, errors.New("offline") },
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := r.Run(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Run = %v", err)
		}
		if tries < 5 || tries > 20 {
			t.Errorf("%d tries in a minute", tries)
		}
	})
}

func TestLookTakesNothingFromOtherScreens(t *testing.T) {
	m := &memory{}
	r := New(Config{Phone: wabridge.Phone{ID: "1"}, Store: m})
	for name, s := range map[string]whatsapp.Screen{
		"the chat list":         {Kind: whatsapp.ChatList, Bubbles: []whatsapp.Bubble{{Text: "x", Time: "12:00"}}},
		"no header":             {Kind: whatsapp.Chat, Bubbles: []whatsapp.Bubble{{Text: "x", Time: "12:00"}}},
		"the chat with oneself": {Kind: whatsapp.Chat, Chat: &whatsapp.Header{Self: true}, Bubbles: []whatsapp.Bubble{{Text: "x", Time: "12:00"}}},
		"a clipped bubble":      {Kind: whatsapp.Chat, Chat: &whatsapp.Header{}, Bubbles: []whatsapp.Bubble{{Text: "x"}}},
	} {
		if got, err := r.Look(t.Context(), wabridge.ChatRef{JID: anaID}, s, LookAt{}); err != nil || len(got.New) != 0 {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func TestMoreUnreadThanTheNotificationHolds(t *testing.T) {
	m := &memory{}
	var gaps []Gap
	r := New(Config{Phone: wabridge.Phone{ID: "1"}, Store: m, OnGap: func(g Gap) { gaps = append(gaps, g) }})
	r.zone = time.UTC
	c := notification.Conversation{Kind: notification.Chat, ChatID: anaID, Number: "491700000001", Chat: "Ana", Unread: 3,
		Messages: []notification.Message{{Sender: "Ana", Text: "three", Time: at(180)}}}
	if err := r.take(t.Context(), c, notification.Record{}, time.Time{}, time.Time{}); err != nil {
		t.Fatal(err)
	}
	if len(gaps) != 1 || gaps[0].Unread != 3 || gaps[0].Ref.JID != anaID {
		t.Fatalf("gaps = %+v", gaps)
	}
	s := whatsapp.Screen{Kind: whatsapp.Chat, Chat: &whatsapp.Header{Title: "Ana"}}
	for _, l := range []string{"11:00 old", "12:01 one", "12:02 two", "12:03 three"} {
		s.Bubbles = append(s.Bubbles, whatsapp.Bubble{Time: l[:5], Text: l[6:]})
	}
	got, err := r.Look(t.Context(), c.Ref(), s, LookAt{At: at(36000)})
	if err != nil || len(got.New) != 2 || got.New[0].Text != "one" || got.New[1].Text != "two" || !got.Anchored {
		t.Errorf("looked = %+v, %v", got, err)
	}
	if again, err := r.Look(t.Context(), c.Ref(), s, LookAt{At: at(36000)}); err != nil || len(again.New) != 0 {
		t.Errorf("looked again = %+v, %v", again, err)
	}
}
