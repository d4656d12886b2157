package inbox

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/displayname"
	"github.com/wabridge/wabridge/inbox/notification"
)

func rings(name string, sec int) notification.Call {
	return notification.Call{Kind: notification.Ringing, Key: "ring", Name: name, At: at(sec)}
}

func missed(name string, sec int) notification.Call {
	return notification.Call{Kind: notification.MissedCall, Key: "missed", Name: name, At: at(sec)}
}

// TestCalls reads notifications at given seconds and looks at what is stored.
func TestCalls(t *testing.T) {
	type reading struct {
		sec    int
		posted []notification.Call
	}
	for name, tt := range map[string]struct {
		readings []reading
		want     []string // id, state
	}{
		"missed": {[]reading{{0, nil}, {5, []notification.Call{missed("Ana", 4)}}, {25, []notification.Call{missed("Ana", 4)}}},
			[]string{"call 1 missed"}},
		"missed twice": {[]reading{{5, []notification.Call{missed("Ana", 4)}}, {9, []notification.Call{missed("Ana", 8)}}},
			[]string{"call 1 missed", "call 2 missed"}},
		"posted again after it was taken away": {[]reading{{5, []notification.Call{missed("Ana", 4)}}, {7, nil}, {9, []notification.Call{missed("Ana", 4)}}},
			[]string{"call 1 missed"}},
		"rings, then is missed": {[]reading{{1, []notification.Call{rings("Ana", 0)}}, {3, []notification.Call{rings("Ana", 0)}}, {30, []notification.Call{missed("Ana", 29)}}, {40, []notification.Call{missed("Ana", 29)}}},
			[]string{"call 1 ringing", "call 1 missed"}},
		"rings on with another time": {[]reading{{1, []notification.Call{rings("Ana", 0)}}, {3, []notification.Call{rings("Ana", 2)}}},
			[]string{"call 1 ringing"}},
		"is answered": {[]reading{{1, []notification.Call{rings("Ana", 0)}}, {3, nil}, {5, nil}, {9, nil}, {30, nil}},
			[]string{"call 1 ringing", "call 1 ended"}},
		"is told to be missed late": {[]reading{{1, []notification.Call{rings("Ana", 0)}}, {3, nil}, {9, nil}, {12, []notification.Call{missed("Ana", 3)}}},
			[]string{"call 1 ringing", "call 1 ended", "call 1 missed"}},
		"two people": {[]reading{{1, []notification.Call{rings("Ana", 0)}}, {5, []notification.Call{missed("Ben", 4), rings("Ana", 0)}}, {9, []notification.Call{missed("Ana", 8)}}},
			[]string{"call 1 ringing", "call 2 missed", "call 1 missed"}},
		"rings a second time": {[]reading{{1, []notification.Call{rings("Ana", 0)}}, {30, []notification.Call{missed("Ana", 29)}}, {40, []notification.Call{rings("Ana", 39), missed("Ana", 29)}}, {60, []notification.Call{missed("Ana", 59)}}},
			[]string{"call 1 ringing", "call 1 missed", "call 2 ringing", "call 2 missed"}},
	} {
		for _, restarts := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, restarts %t", name, restarts), func(t *testing.T) {
				m := &memory{}
				r := New(Config{Phone: wabridge.Phone{ID: "1"}, Store: m})
				for _, reading := range tt.readings {
					if restarts {
						r = New(Config{Phone: wabridge.Phone{ID: "1"}, Store: m})
					}
					if err := r.calls.take(t.Context(), reading.posted, at(reading.sec), r.caller); err != nil {
						t.Fatal(err)
					}
				}
				var got []string
				for _, c := range m.calls {
					got = append(got, c.ID+" "+string(c.State))
					if c.Phone != "1" || c.Name == "" || c.At.IsZero() {
						t.Errorf("call = %+v", c)
					}
				}
				if restarts && (name == "is answered" || name == "is told to be missed late") {
					return // each process waits anew until it says so
				}
				if diff := cmp.Diff(tt.want, got); diff != "" {
					t.Error("calls (-want +got):\n", diff)
				}
			})
		}
	}
}

// TestAMissedCallComesIn has a phone post one, over the event log.
func TestAMissedCallComesIn(t *testing.T) {
	h := newHandset()
	reading(t, h, func(r *Reader, m *memory, _ *[]Gap) {
		<-r.Ready()
		time.Sleep(5 * time.Second)
		h.mu.Lock()
		h.call = "+49 170 0000008"
		h.mu.Unlock()
		h.lines <- "1.0  1  1 I notification_enqueue: [10290,1,com.whatsapp,4,NULL,0,Notification(channel=c category=missed_call),0]\n"
		time.Sleep(time.Second)
		m.mu.Lock()
		defer m.mu.Unlock()
		if len(m.calls) != 1 {
			t.Fatalf("calls = %+v, want one", m.calls)
		}
		want := wabridge.Call{ID: "call 1", Phone: "1", Chat: "491700000008@s.whatsapp.net", Number: "491700000008", Name: h.call,
			State: wabridge.CallMissed, Video: true, At: time.UnixMilli(1774472586000).UTC()}
		if diff := cmp.Diff(want, m.calls[0]); diff != "" {
			t.Error("call (-want +got):\n", diff)
		}
		if h.redacted != 0 {
			t.Errorf("the redacted dump was read %d times though the event log told of the posting", h.redacted)
		}
	})
}

func TestACallOfSomebodyKnown(t *testing.T) {
	m := &memory{chats: []wabridge.Chat{{ID: anaID, JID: anaID, Number: "491700000001", Name: "Ana"}}}
	r := New(Config{Phone: wabridge.Phone{ID: "1"}, Store: m})
	r.contacts.set("Row: 0 data4=+491700000002, data1=x, display_name=Ben\n", "", time.Now())
	for name, want := range map[string]wabridge.Call{
		"Ana":             {Chat: anaID, Number: "491700000001", Name: "Ana"},
		"Ben":             {Chat: "491700000002@s.whatsapp.net", Number: "491700000002", Name: "Ben"},
		"Somebody":        {Name: "Somebody"},
		"+49 170 0000003": {Chat: "491700000003@s.whatsapp.net", Number: "491700000003", Name: "+49 170 0000003"},
	} {
		p := notification.Call{Name: name, Shown: displayname.Number(name)}
		if diff := cmp.Diff(want, r.caller(context.Background(), p)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
