package phone

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/uiauto"
	"github.com/wabridge/wabridge/uiauto/whatsapp"
)

func TestTickClock(t *testing.T) {
	plan := []time.Duration{time.Second, 10 * time.Second}
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, tt := range []struct {
		name  string
		done  int
		after time.Duration
		due   bool
		next  time.Duration
	}{
		{"too early", 0, 500 * time.Millisecond, false, 500 * time.Millisecond},
		{"first look", 0, time.Second, true, 0},
		{"between the first and the second", 1, 4 * time.Second, false, 6 * time.Second},
		{"second look", 1, 10 * time.Second, true, 0},
		{"past the plan it goes on at the last pace", 2, 15 * time.Second, false, 5 * time.Second},
		{"and again", 3, 30 * time.Second, true, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := tickClock{since: start, done: tt.done}
			due, next := c.due(start.Add(tt.after), plan)
			if due != tt.due || next != tt.next {
				t.Errorf("due = %v, %v; want %v, %v", due, next, tt.due, tt.next)
			}
		})
	}
}

func bubbles(texts ...string) []whatsapp.Bubble {
	var out []whatsapp.Bubble
	for _, text := range texts {
		out = append(out, whatsapp.Bubble{Text: text, Time: "10:00"})
	}
	return out
}

func TestJoinWindows(t *testing.T) {
	for _, tt := range []struct {
		name    string
		windows [][]string // newest first
		want    []string
	}{
		{"one", [][]string{{"a", "b"}}, []string{"a", "b"}},
		{"overlapping", [][]string{{"c", "d", "e"}, {"a", "b", "c"}}, []string{"a", "b", "c", "d", "e"}},
		{"three", [][]string{{"e", "f"}, {"c", "d", "e"}, {"a", "b", "c"}}, []string{"a", "b", "c", "d", "e", "f"}},
		{"touching only", [][]string{{"c"}, {"a", "b"}}, []string{"a", "b", "c"}},
		{"the older one holds the newer one", [][]string{{"b", "c"}, {"a", "b", "c"}}, []string{"a", "b", "c"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var joined []whatsapp.Bubble
			for i, w := range tt.windows {
				var overlap bool
				if joined, overlap = whatsapp.Join(bubbles(w...), joined, 0); i > 0 && overlap != (tt.name != "touching only") {
					t.Errorf("overlap %t", overlap)
				}
			}
			var got []string
			for _, b := range joined {
				got = append(got, b.Text)
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("join = %v, want %v", got, tt.want)
			}
		})
	}
}

func TestPreviewOf(t *testing.T) {
	for _, tt := range []struct {
		name, text, preview string
		want                likeness
	}{
		{"the same", "hello", "hello", equal},
		{"cut with an ellipsis", "a long text that goes on", "a long text…", equal},
		{"line breaks become blanks", "one\ntwo", "one two", equal},
		{"another text", "hello", "help", differs},
		{"nothing shown is not a text", "hello", "", differs},
		{"a text is not nothing", "\n", "hello", differs},
		{"formatting marks are gone", "*bold* word", "bold word", equal},
		{"control characters are full stops", "a\x1bb", "a.b", equal},
		{"line feeds alone", "\n", "", cannotTell},
		{"marks of formatting alone", "***", "_", cannotTell},
		{"a zero width blank", "\u200b", "\u200b", equal},
		{"nothing came in yet", "", "hello", differs},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := previewOf(tt.text, tt.preview); got != tt.want {
				t.Errorf("previewOf(%q, %q) = %v, want %v", tt.text, tt.preview, got, tt.want)
			}
		})
	}
}

func TestLinkCarriesEveryCharacter(t *testing.T) {
	p := wabridge.Phone{Package: "com.whatsapp"}
	got := linkStart(p, "15550001111", "a b+c&d=e'f\"$(x)`y`\n\u00e9👍;|#%")
	want := `am start -a android.intent.action.VIEW -d 'https://wa.me/15550001111?text=` +
		`a%20b%2Bc%26d%3De%27f%22%24%28x%29%60y%60%0A%C3%A9%F0%9F%91%8D%3B%7C%23%25' -p com.whatsapp`
	if got != want {
		t.Errorf("link\n got %s\nwant %s", got, want)
	}
	if strings.Contains(linkStart(p, "1", ""), "text=") {
		t.Error("a link without a text must not touch the draft")
	}
}

func TestStartErrors(t *testing.T) {
	p := wabridge.Phone{ID: "1", Package: "com.whatsapp"}
	for _, tt := range []struct {
		name, out string
		want      wabridge.Code
	}{
		{"started", "Starting: Intent { act=android.intent.action.VIEW dat=https://wa.me/... pkg=com.whatsapp }", wabridge.CodeNone},
		{"delivered to the top", "Warning: Activity not started, intent has been delivered to currently running top-most instance.", wabridge.CodeNone},
		{"not installed", "Error: Activity not started, unable to resolve Intent { act=android.intent.action.VIEW }", wabridge.CodeAttention},
		{"no such class", "Error type 3\nError: Activity class {com.whatsapp/com.whatsapp.Main} does not exist.", wabridge.CodeAttention},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := wabridge.CodeOf(startError(tt.out, p)); got != tt.want {
				t.Errorf("code %d, want %d", got, tt.want)
			}
		})
	}
}

func TestDoctorJudges(t *testing.T) {
	profiles, err := uiauto.LoadProfiles("")
	if err != nil {
		t.Fatal(err)
	}
	p := wabridge.Phone{Package: "com.whatsapp"}
	profiles.For(p.Package).First = "2.20"
	for _, tt := range []struct {
		name  string
		check Check
		want  Grade
	}{
		{"app missing", judgeApp("Unable to find package: com.whatsapp", p, profiles), Bad},
		{"app of a version nobody has profiles for", judgeApp("    versionName=1.0.1\n", p, profiles), Warn},
		{"charging", judgeBattery("  AC powered: false\n  USB powered: true\n  level: 12\n  temperature: 290\n", p, profiles), OK},
		{"low and not charging", judgeBattery("  USB powered: false\n  level: 12\n", p, profiles), Bad},
		{"not charging", judgeBattery("  USB powered: false\n  level: 80\n", p, profiles), Warn},
		{"stays on", judgeScreen("  mWakefulness=Asleep\n7\n60000\n", p, profiles), OK},
		{"will go off", judgeScreen("  mWakefulness=Awake\n0\n60000\n", p, profiles), Warn},
		{"locked", judgeLock("    mDreamingLockscreen=true\n", p, profiles), Bad},
		{"open", judgeLock("    mDreamingLockscreen=false\n", p, profiles), OK},
		{"notifications off", judgeNotifications("  Notification List:\n    AppSettings: com.whatsapp (10290) importance=NONE\n", p, profiles).Check, Bad},
		{"notifications on", judgeNotifications("  Notification List:\n    AppSettings: com.whatsapp (10290)\n", p, profiles).Check, OK},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.check.Grade != tt.want {
				t.Errorf("%+v, want %s", tt.check, tt.want)
			}
			if tt.check.Grade == Bad && tt.check.Remedy == "" {
				t.Errorf("%+v has no remedy", tt.check)
			}
		})
	}
}

func TestLaterMinute(t *testing.T) {
	row := func(clock, sender string) whatsapp.Row {
		return whatsapp.Row{Name: "Ana", Preview: "ok", Time: clock, Sender: sender}
	}
	for _, tt := range []struct {
		name    string
		was, is whatsapp.Row
		want    bool
	}{
		{"the same row", row("12:05", ""), row("12:05", ""), false},
		{"a minute later", row("12:05", ""), row("12:06", ""), true},
		{"an hour later, by a clock of twelve hours", row("12:05 PM", ""), row("1:05 PM", ""), true},
		{"yesterday's is a date now", row("12:05", ""), row("Yesterday", ""), false},
		{"a date has become a date", row("Yesterday", ""), row("7/14/26", ""), false},
		{"a date with dots", row("12:05", ""), row("14.07.26", ""), false},
		{"today after yesterday", row("Yesterday", ""), row("0:01", ""), true},
		{"no time at all", row("12:05", ""), row("", ""), false},
		{"another person of a group", row("12:05", "Ben"), row("12:05", "Cem"), true},
	} {
		if got := laterMinute(tt.was, tt.is); got != tt.want {
			t.Errorf("%s: %t, want %t", tt.name, got, tt.want)
		}
	}
}

func TestLeftChats(t *testing.T) {
	s := New(Config{})
	s.leaves(whatsapp.Screen{Chat: &whatsapp.Header{Title: "Ana"}})
	s.left["Ben"] = time.Now().Add(time.Hour)
	if !s.leftOpen("Ana") || s.leftOpen("Ben") || s.leftOpen("Cem") || !s.anyLeft() {
		t.Errorf("left = %v: Ana's chat alone is to be read now", s.left)
	}
	delete(s.left, "Ana")
	if s.anyLeft() {
		t.Error("a chat whose minute is not over is to be read now")
	}
}
