package inbox

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
	"github.com/wabridge/wabridge/uiauto/whatsapp"
)

var (
	noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	anna = wabridge.Chat{ID: anaID, Number: "491700000001", Name: "Ana"}
)

func at(sec int) time.Time { return noon.Add(time.Duration(sec) * time.Second) }

func posting(sec int, text string) Sighting {
	return Sighting{Sender: "Ana", Text: text, Time: at(sec)}
}

func knownExact(id string, sec int, text string) wabridge.Message {
	return wabridge.Message{ID: id, Direction: wabridge.In, Name: "Ana", Text: wabridge.Text(text), Created: at(sec), Source: fromNotification}
}

func knownShown(id string, sec int, text string) wabridge.Message {
	m := knownExact(id, sec, text)
	m.Source, m.Clock = fromScreen, at(sec).Format("15:04")
	return m
}

// changes writes down what is to be stored.
func changes(ch queue.Changes) []string {
	var out []string
	for _, m := range ch.New {
		out = append(out, fmt.Sprintf("new %s %s", m.Direction, m.Text))
	}
	for _, m := range ch.Update {
		out = append(out, fmt.Sprintf("update %s to %s", m.ID, m.Created.UTC().Format("15:04:05")))
	}
	return out
}

func TestPosted(t *testing.T) {
	own := func(sec int, text string) Sighting {
		return Sighting{Own: true, Sender: "You", Text: text, Time: at(sec)}
	}
	for _, tt := range []struct {
		name        string
		known, ours []wabridge.Message
		seen        []Sighting
		want        []string
	}{
		{"the first one", nil, nil, []Sighting{posting(5, "hi")}, []string{"new in hi"}},
		{"posted again", []wabridge.Message{knownExact("a", 5, "hi")}, nil, []Sighting{posting(5, "hi")}, nil},
		{"one more", []wabridge.Message{knownExact("a", 5, "hi")}, nil, []Sighting{posting(5, "hi"), posting(7, "there")}, []string{"new in there"}},
		{"two equal ones in a minute", []wabridge.Message{knownExact("a", 5, "ok")}, nil, []Sighting{posting(5, "ok"), posting(9, "ok")}, []string{"new in ok"}},
		{"two equal ones in a second", []wabridge.Message{knownExact("a", 5, "ok")}, nil, []Sighting{posting(5, "ok"), posting(5, "ok")}, []string{"new in ok"}},
		{"seen as a bubble first", []wabridge.Message{knownShown("a", 30, "ok")}, nil, []Sighting{posting(28, "ok")}, []string{"update a to 12:00:28"}},
		{"a bubble with formatting", []wabridge.Message{knownShown("a", 30, "bold")}, nil, []Sighting{posting(28, "*bold*")}, []string{"update a to 12:00:28"}},
		{"an equal one after the bubble was seen", []wabridge.Message{knownShown("a", 30, "ok")}, nil, []Sighting{posting(40, "ok")}, []string{"new in ok"}},
		{"an equal one of another minute", []wabridge.Message{knownShown("a", 30, "ok")}, nil, []Sighting{posting(-40, "ok")}, []string{"new in ok"}},
		{"our own line that we sent", nil, []wabridge.Message{{ID: "o", Direction: wabridge.Out, State: wabridge.Sent, Text: "yes", HandedAt: at(3)}}, []Sighting{own(5, "yes")}, nil},
		{"our own line that a person typed", nil, []wabridge.Message{{ID: "o", Direction: wabridge.Out, State: wabridge.Sent, Text: "no", HandedAt: at(3)}}, []Sighting{own(5, "yes")}, []string{"new echo yes"}},
		{"an echo posted again", []wabridge.Message{{ID: "e", Direction: wabridge.Echo, Text: "yes", Created: at(5), Source: fromNotification}}, nil, []Sighting{own(5, "yes")}, nil},
		{"a message was deleted", []wabridge.Message{knownExact("a", 5, "hi")}, nil, []Sighting{{Sender: "Ana", Text: "This message was deleted", Time: at(5), Media: "deleted"}}, nil},
		{"somebody writes the words for a deleted one", nil, nil, []Sighting{{Sender: "Ana", Text: "This message was deleted", Time: at(5), Media: "deleted"}}, []string{"new in This message was deleted"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ch, _ := Posted(anna, tt.known, tt.ours, Reading{Seen: tt.seen, Zone: time.UTC})
			got := changes(ch)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error("changes (-want +got):\n", diff)
			}
		})
	}
}

// TestPostedAfterALook has one "ok" known and one in a notification, of nearly
// the same time: whether it is the same is told by what was read when.
func TestPostedAfterALook(t *testing.T) {
	shown, exact := knownShown("a", 30, "ok"), knownExact("a", 29, "ok")
	for _, tt := range []struct {
		name   string
		known  wabridge.Message
		last   int // the known one was last seen
		look   int // the chat was last on the screen
		began  int // the notifications were read
		posted int
		want   []string
	}{
		{"read before the chat was opened", shown, 30, 30, 28, 29, []string{"update a to 12:00:29"}},
		{"posted after the chat was left", shown, 30, 30, 32, 31, []string{"new in ok"}},
		{"posted after the chat was left, in the second of the look", shown, 30, 30, 32, 30, []string{"new in ok"}},
		{"posted after the chat was left, and was under way for two seconds", shown, 30, 30, 34, 28, []string{"new in ok"}},
		{"an old one that the app posts again", shown, 30, 30, 50, 5, []string{"update a to 12:00:05"}},
		{"seen in an earlier look", shown, 30, 50, 32, 31, []string{"new in ok"}},
		{"posted again before the chat was opened", exact, 30, 20, 32, 29, nil},
		{"posted again while the chat was opened", exact, 31, 31, 31, 29, nil},
		{"the same second, after the chat was opened and left", exact, 30, 31, 32, 29, []string{"new in ok"}},
		{"known to be posted since the chat was left", exact, 33, 31, 34, 29, nil},
		{"an old one, after the chat was opened and left", exact, 30, 50, 52, 29, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := Reading{Seen: []Sighting{posting(tt.posted, "ok")}, Zone: time.UTC, Began: at(tt.began), Looked: at(tt.look),
				Last: map[string]time.Time{"a": at(tt.last)}}
			ch, held := Posted(anna, []wabridge.Message{tt.known}, nil, r)
			if diff := cmp.Diff(tt.want, changes(ch)); diff != "" {
				t.Error("changes (-want +got):\n", diff)
			}
			if (len(held) == 1) != (len(ch.New) == 0) {
				t.Errorf("held = %q", held)
			}
		})
	}
}

func TestPostedInAGroup(t *testing.T) {
	team := wabridge.Chat{ID: "120363000000000001@g.us", Name: "Team", Group: true}
	known := knownExact("a", 5, "ok")
	known.Group, known.Name = team.ID, "+49 170 0000001"
	from := func(name string) Sighting { return Sighting{Sender: name, Text: "ok", Time: at(5)} }
	for _, tt := range []struct {
		name string
		seen []Sighting
		want []string
	}{
		{"the same person", []Sighting{from("+49 170 0000001")}, nil},
		{"the person was saved meanwhile", []Sighting{from("Ana")}, nil},
		{"another person in the same second", []Sighting{from("+49 170 0000001"), from("Ben")}, []string{"new in ok"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ch, _ := Posted(team, []wabridge.Message{known}, nil, Reading{Seen: tt.seen, Zone: time.UTC})
			if diff := cmp.Diff(tt.want, changes(ch)); diff != "" {
				t.Error("changes (-want +got):\n", diff)
			}
			for _, m := range ch.New {
				if m.Group != team.ID || m.GroupName != "Team" || m.Name != "Ben" {
					t.Errorf("message = %+v", m)
				}
			}
		})
	}
}

// bubbles makes a view: "<hh:mm text" comes in, ">hh:mm text" is ours.
func bubbles(now time.Time, lines ...string) View {
	var s whatsapp.Screen
	for _, l := range lines {
		s.Bubbles = append(s.Bubbles, whatsapp.Bubble{Out: l[0] == '>', Time: l[1:6], Text: l[7:]})
	}
	return View{Seen: shownSightings(s, now), At: now}
}

func TestShown(t *testing.T) {
	sent := func(sec int, text string) wabridge.Message {
		return wabridge.Message{ID: "o", Direction: wabridge.Out, State: wabridge.Sent, Text: wabridge.Text(text), HandedAt: at(sec)}
	}
	yesterday := knownExact("y", -24*3600, "ok")
	for _, tt := range []struct {
		name        string
		known, ours []wabridge.Message
		view        View
		want        []string
		anchored    bool
	}{
		{"an unknown chat's past", nil, nil, bubbles(at(600), "<11:00 old", "<11:30 older"), nil, false},
		{"came in just now", nil, nil, bubbles(at(600), "<11:00 old", "<12:10 now"), []string{"new in now"}, false},
		{"known from a notification", []wabridge.Message{knownExact("a", 5, "hi")}, nil, bubbles(at(600), "<12:00 hi"), nil, true},
		{"below a known one", []wabridge.Message{knownExact("a", 5, "hi")}, nil, bubbles(at(6000), "<12:00 hi", "<12:20 and"), []string{"new in and"}, true},
		{"above a known one is the past", []wabridge.Message{knownExact("a", 5, "hi")}, nil, bubbles(at(6000), "<11:20 past", "<12:00 hi"), nil, true},
		{"two equal ones of a minute", []wabridge.Message{knownExact("a", 5, "ok")}, nil, bubbles(at(50), "<12:00 ok", "<12:00 ok"), []string{"new in ok"}, true},
		{"below one of ours", nil, []wabridge.Message{sent(5, "hello")}, bubbles(at(6000), ">12:00 hello", "<12:20 answer"), []string{"new in answer"}, true},
		{"typed by a person", nil, []wabridge.Message{sent(5, "hello")}, bubbles(at(6000), ">12:00 hello", ">12:20 me too"), []string{"new echo me too"}, true},
		{"ours shown with formatting removed", nil, []wabridge.Message{sent(5, "*hello*")}, bubbles(at(60), ">12:00 hello"), nil, true},
		{"the same words at the same minute of another day", []wabridge.Message{yesterday, knownExact("x", -9000, "x"), knownExact("z", -8000, "z"), knownExact("v", -7000, "v")}, nil,
			bubbles(at(30), "<12:00 ok"), []string{"new in ok"}, false},
		{"yesterday's last message is known", []wabridge.Message{yesterday}, nil, bubbles(at(3000), "<12:00 ok"), nil, true},
		{"over midnight", []wabridge.Message{knownExact("a", -60, "hi")}, nil, bubbles(at(12*3600+60), "<11:59 hi", "<23:59 late", "<00:01 early"), []string{"new in late", "new in early"}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ch, _, anchored := Shown(anna, tt.known, tt.ours, tt.view)
			if diff := cmp.Diff(tt.want, changes(ch)); diff != "" {
				t.Error("changes (-want +got):\n", diff)
			}
			if anchored != tt.anchored {
				t.Errorf("anchored = %v, want %v", anchored, tt.anchored)
			}
			for _, m := range ch.New {
				if m.Created.After(tt.view.At) || m.Created.IsZero() || m.Source != fromScreen || m.Clock == "" {
					t.Errorf("message = %+v", m)
				}
			}
		})
	}
}

// TestShownAfterALook has texts that are all alike: only the order that an
// earlier look showed tells which of them are new.
func TestShownAfterALook(t *testing.T) {
	// Known: what stood above the earlier look (u), in it (a, o, b), and what a
	// notification told since (n, of a second in which ours o had not left yet).
	in := func(id string, seq int64, sec int, source string) wabridge.Message {
		m := knownExact(id, sec, "ok")
		m.Seq, m.Source, m.Clock = seq, source, at(sec).Format("15:04")
		return m
	}
	u, a, b := in("u", 1, 1, fromNotification), in("a", 2, 2, fromNotification), in("b", 4, 5, fromScreen)
	n := in("n", 5, 3, fromNotification)
	out := wabridge.Message{ID: "o", Seq: 3, Direction: wabridge.Out, State: wabridge.Sent, Text: "mine", HandedAt: at(3).Add(500 * time.Millisecond)}
	next := wabridge.Message{ID: "p", Seq: 6, Direction: wabridge.Out, State: wabridge.Sending, Text: "next", Intent: &wabridge.Intent{At: at(9)}}
	before := Window{IDs: []string{"a", "o", "b"}, Seq: 4, At: at(6)}
	for _, tt := range []struct {
		name  string
		lines []string
		ids   []string // "" is new
	}{
		{"nothing came", []string{"<12:00 ok", ">12:00 mine", "<12:00 ok", "<12:00 ok", ">12:00 next"}, []string{"a", "o", "b", "n", "p"}},
		{"one came since", []string{"<12:00 ok", ">12:00 mine", "<12:00 ok", "<12:00 ok", "<12:00 ok", ">12:00 next"}, []string{"a", "o", "b", "n", "", "p"}},
		{"one came after ours", []string{"<12:00 ok", ">12:00 mine", "<12:00 ok", "<12:00 ok", ">12:00 next", "<12:00 ok"}, []string{"a", "o", "b", "n", "p", ""}},
		{"the first has scrolled away", []string{">12:00 mine", "<12:00 ok", "<12:00 ok", "<12:00 ok", ">12:00 next"}, []string{"o", "b", "n", "", "p"}},
		{"further up", []string{"<12:00 ok", "<12:00 ok", ">12:00 mine", "<12:00 ok", "<12:00 ok", "<12:00 ok"}, []string{"u", "a", "o", "b", "n", ""}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v := bubbles(at(15), tt.lines...)
			v.Before = before
			ch, ids, _ := Shown(anna, []wabridge.Message{u, a, b, n}, []wabridge.Message{out, next}, v)
			if diff := cmp.Diff(tt.ids, ids); diff != "" {
				t.Error("ids (-want +got):\n", diff)
			}
			fresh := 0
			for _, id := range tt.ids {
				if id == "" {
					fresh++
				}
			}
			if len(ch.New) != fresh {
				t.Errorf("%d new, want %d", len(ch.New), fresh)
			}
		})
	}
}

// TestAgain is about what could come in unseen while a chat is left.
func TestAgain(t *testing.T) {
	for _, tt := range []struct {
		name string
		view View
		want time.Time
	}{
		{"the newest is of this minute", bubbles(at(30), "<11:59 hi", "<12:00 ok"), at(63)},
		{"its minute is nearly over", bubbles(at(59), "<12:00 ok"), at(63)},
		{"its minute is over, as far as clocks agree", bubbles(at(61), "<12:00 ok"), at(63)},
		{"its minute is long over", bubbles(at(90), "<12:00 ok"), time.Time{}},
		{"the newest is ours", bubbles(at(30), "<12:00 ok", ">12:00 yes"), time.Time{}},
		{"an empty chat", bubbles(at(30)), time.Time{}},
	} {
		if got := tt.view.again(); !got.Equal(tt.want) {
			t.Errorf("%s: again = %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestShownWithUnreadCount(t *testing.T) {
	v := bubbles(at(6000), "<10:00 read", "<11:00 one", ">11:01 mine", "<11:02 two")
	v.Unread = 2
	ch, _, anchored := Shown(anna, nil, nil, v)
	if diff := cmp.Diff([]string{"new in one", "new in two"}, changes(ch)); diff != "" {
		t.Error("changes (-want +got):\n", diff)
	}
	if !anchored {
		t.Error("all unread ones are on the screen, nothing is missing above")
	}
}

func TestBodyOfAMessage(t *testing.T) {
	m := posting(5, "a \"b\"\n🙂").message(anna, fromNotification)
	if string(m.Body) != `{"body":"a \"b\"\n🙂"}` || m.Type != "text" || m.Number != "491700000001" || m.Name != "Ana" || m.Direction != wabridge.In {
		t.Errorf("message = %+v", m)
	}
}

func TestClockMinute(t *testing.T) {
	for s, want := range map[string]int{
		"22:37": 22*60 + 37, "10:52 PM": 22*60 + 52, "12:00 am": 0, "12:05 p. m.": 12*60 + 5, "1:02\u202fa.m.": 62, "9.05": 9*60 + 5,
		"١٠:٥٢ م": 22*60 + 52, "\u200e7:01": 7*60 + 1, "00:00": 0,
		"": -1, "Yesterday": -1, "24:00": -1, "12:60": -1, "13:00 pm": -1, "7/14/26": -1, "12": -1, "1:2:3": -1,
	} {
		got, ok := clockMinute(s)
		if !ok {
			got = -1
		}
		if got != want {
			t.Errorf("clockMinute(%q) = %d, want %d", s, got, want)
		}
	}
}

func FuzzClockMinute(f *testing.F) {
	f.Add("10:52 p. m.")
	f.Fuzz(func(t *testing.T, s string) {
		if m, ok := clockMinute(s); ok && (m < 0 || m >= 24*60) {
			t.Errorf("clockMinute(%q) = %d", s, m)
		}
	})
}

func TestParseClock(t *testing.T) {
	for in, want := range map[string]string{
		"America/Manaus\n-0400\n1774472586\n": "America/Manaus", "\n+0530\n": "+0530", "Nowhere/At all\n-0300\n": "-0300", "": "none", "Local\n": "none",
	} {
		zone, _ := parseClock(in)
		got := "none"
		if zone != nil {
			got = zone.String()
		}
		if got != want {
			t.Errorf("parseClock(%q) = %s, want %s", in, got, want)
		}
	}
	if _, now := parseClock("UTC\n+0000\n1774472586\n"); now.Unix() != 1774472586 {
		t.Errorf("now = %v", now)
	}
}
