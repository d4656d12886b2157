package phonesim

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

func TestIncomingPostsAndOpeningCancels(t *testing.T) {
	p := newPhone(t, Config{})
	list := func() string { return mustRun(t, p, "cmd notification list") }
	incoming(t, p, IncomingMessage{From: "15550001002", Text: "one"})
	incoming(t, p, IncomingMessage{From: "15550001003", Text: "two"})
	if got := strings.Count(list(), "0|com.whatsapp|1|"); got != 3 {
		t.Fatalf("%d notifications, want two chats and a summary:\n%s", got, list())
	}
	mustRun(t, p, open("15550001002", ""))
	if got := strings.Count(list(), "0|com.whatsapp|1|"); got != 2 {
		t.Errorf("after opening one chat: %s", list())
	}
	incoming(t, p, IncomingMessage{From: "15550001002", Text: "in the open chat"})
	if r := p.Received()[2]; r.Notified || !r.OnScreen {
		t.Errorf("%+v", r)
	}
	mustRun(t, p, open("15550001003", ""))
	if got := list(); strings.Contains(got, "com.whatsapp") {
		t.Errorf("all read, still there: %s", got)
	}
	mustRun(t, p, "input keyevent HOME")
	incoming(t, p, IncomingMessage{From: "15550001003", Text: "chat left for home"})
	if r := p.Received()[3]; !r.Notified {
		t.Errorf("%+v", r)
	}
}

func TestTheNewestChatIsOnTop(t *testing.T) {
	p := newPhone(t, Config{})
	for _, n := range []string{"15550001002", "15550001004", "15550001003", "15550001002"} {
		incoming(t, p, IncomingMessage{From: n, Text: "hi"})
	}
	mustRun(t, p, "am start -n com.whatsapp/.Main")
	var got []string
	parse(t, dump(t, p)).walk("", func(_ string, e *element) {
		if e.attr("resource-id") == "com.whatsapp:id/conversations_row_contact_name" {
			got = append(got, e.attr("text"))
		}
	})
	if want := "[+1 555-000-1002 +1 555-000-1003 +1 555-000-1004]"; fmt.Sprint(got) != want {
		t.Errorf("got %v, want %s", got, want)
	}
}

func TestALockedScreenPostsForTheChatBehindIt(t *testing.T) {
	p := newPhone(t, Config{})
	mustRun(t, p, open("15550001002", ""))
	mustRun(t, p, "input keyevent POWER")
	incoming(t, p, IncomingMessage{From: "15550001002", Text: "asleep"})
	if r := p.Received()[0]; !r.Notified {
		t.Errorf("%+v", r)
	}
	mustRun(t, p, "input keyevent WAKEUP")
	if got := mustRun(t, p, "cmd notification list"); strings.Contains(got, "com.whatsapp") {
		t.Errorf("seen again, still there: %s", got)
	}
}

func TestOlderMessagesDropOffTheNotification(t *testing.T) {
	p := newPhone(t, Config{})
	for i := range 9 {
		incoming(t, p, IncomingMessage{From: "15550001002", Text: fmt.Sprint("text ", i)})
	}
	out := mustRun(t, p, "dumpsys notification --noredact")
	if !strings.Contains(out, "android.messages=Parcelable[] (7)") || strings.Contains(out, "text=text 1,") || !strings.Contains(out, "text=text 8,") {
		t.Errorf("%s", out)
	}
	mustRun(t, p, "am start -n com.whatsapp/.Main")
	if x := dump(t, p); !strings.Contains(x, `content-desc="9 unread messages"`) {
		t.Errorf("no badge of 9: %s", x)
	}
}

func TestGetTakesAKeyWithItsLineFeed(t *testing.T) {
	p := newPhone(t, Config{})
	incoming(t, p, IncomingMessage{From: "15550001002", Text: "one"})
	out := mustRun(t, p, "cmd notification list")
	key := regexp.MustCompile(`0\|com\.whatsapp\|1\|[^|]*=\n\|10290`).FindString(out)
	if key == "" {
		t.Fatalf("no child in %q", out)
	}
	if got := mustRun(t, p, "cmd notification get '"+key+"'"); !strings.HasPrefix(got, "NotificationRecord(0x") || !strings.Contains(got, "\n        android.title=String (+1 555-000-1002)\n") {
		t.Errorf("%s", got)
	}
	if got, code := run(t, p, "cmd notification get nope"); code != 1 || got != "error: no active notification matching key: nope\n" {
		t.Errorf("%q, %d", got, code)
	}
}

func TestIdentities(t *testing.T) {
	p := newPhone(t, Config{Identity: "lid"})
	incoming(t, p, IncomingMessage{From: "15550001002", Text: "one"})
	out := mustRun(t, p, "dumpsys notification --noredact")
	m := regexp.MustCompile(`(\d{15}@lid) found valid\? true`).FindStringSubmatch(out)
	if m == nil || strings.Contains(out, "15550001002@") {
		t.Fatalf("no lid in %s", out)
	}
	mustRun(t, p, "am start -n com.whatsapp/.Conversation -a android.intent.action.SENDTO --es jid "+m[1])
	if got := titleOf(t, p); got != "+1 555-000-1002" {
		t.Errorf("the jid extra opened %q", got)
	}
}

func TestGroups(t *testing.T) {
	p := newPhone(t, Config{Contacts: []Contact{{Name: "Ann", Number: "15550001002"}}})
	incoming(t, p, IncomingMessage{From: "15550001002", Text: "hello all", Group: "Team"})
	incoming(t, p, IncomingMessage{From: "15550001003", Text: "hi Ann", Group: "Team"})
	out := mustRun(t, p, "dumpsys notification --noredact")
	for _, want := range []string{"android.conversationTitle=String (Team (2 messages))", "android.title=String (Team (2 messages): +1 555-000-1003)",
		"sender=Ann, text=hello all", "@g.us found valid? true", "android.isGroupConversation=Boolean (true)"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in %s", want, out)
		}
	}
	jid := p.Received()[0].Chat
	mustRun(t, p, "am start -n com.whatsapp/.Conversation -a android.intent.action.SENDTO --es jid "+jid)
	if x := dump(t, p); titleOf(t, p) != "Team" || !strings.Contains(x, `text="Ann" resource-id="com.whatsapp:id/name_in_group_tv"`) {
		t.Errorf("%s", x)
	}
	mustRun(t, p, "am start -a android.intent.action.SEND -t text/plain --es jid "+jid+" --es android.intent.extra.TEXT 'to all' -p com.whatsapp")
	tapOn(t, p, "com.whatsapp:id/send")
	if s := p.Sent(); len(s) != 1 || s[0].To != jid || s[0].Text != "to all" {
		t.Errorf("%+v", s)
	}
}

func TestDrafts(t *testing.T) {
	p := newPhone(t, Config{})
	entry := func() string { text, _ := entryOf(t, p); return text }
	mustRun(t, p, open("15550001002", "draft one"))
	mustRun(t, p, "am start -a android.intent.action.VIEW -d https://wa.me/15550001003 -p com.whatsapp")
	if got := entry(); got != "Message" {
		t.Errorf("another chat holds %q", got)
	}
	mustRun(t, p, "am start -a android.intent.action.VIEW -d 'whatsapp://send?phone=15550001002'")
	if got := entry(); got != "draft one" {
		t.Errorf("the draft was not kept: %q", got)
	}
	mustRun(t, p, open("15550001002", "two"))
	if got := entry(); got != "two" {
		t.Errorf("a new text did not replace the draft: %q", got)
	}
	mustRun(t, p, "input keyevent DEL DEL DEL; input text 'a%sb'")
	if got := entry(); got != "a b" {
		t.Errorf("keys made %q", got)
	}
	mustRun(t, p, "input keycombination CTRL_LEFT A; input keyevent DEL")
	if got := entry(); got != "Message" {
		t.Errorf("select all and delete left %q", got)
	}
	mustRun(t, p, "input text '$x \"y\" `z` 1;2&3|4'")
	if got := entry(); got != "$x \"y\" `z` 1;2&3|4" {
		t.Errorf("ASCII became %q", got)
	}
}

func TestEveryTextArrivesAsItWas(t *testing.T) {
	p := newPhone(t, Config{})
	texts := []string{"'", `"`, "$(reboot)", "`id`", "a\\nb", "a\nb\n\nc", "%s %20 +", "שלום עולם", "مرحبا", "👨‍👩‍👧‍👦 é ü", "a;b&c|d>e<f", "#hash?x=1&y=2", "tab\there",
		strings.Repeat("4096 characters 😀", 240)}
	for i, text := range texts {
		mustRun(t, p, open("15550001002", text))
		tapOn(t, p, "com.whatsapp:id/send")
		if s := p.Sent(); len(s) != i+1 || s[i].Text != text {
			t.Errorf("%q became %q", text, s[len(s)-1].Text)
		}
	}
}

func TestHumanAndEcho(t *testing.T) {
	p := newPhone(t, Config{})
	if err := p.Human("15550001111", "typed by hand"); err != nil {
		t.Fatal(err)
	}
	settle(t, p)
	if s := p.Sent(); len(s) != 1 || !s[0].Human {
		t.Errorf("%+v", s)
	}
	if r := p.Received(); len(r) != 1 || r[0].Text != "echo: typed by hand" || !r[0].Notified {
		t.Errorf("%+v", r)
	}
	if err := p.HumanOnScreen("15550001002", "here"); err != nil {
		t.Fatal(err)
	}
	if got := titleOf(t, p); got != "+1 555-000-1002" {
		t.Errorf("the screen shows %q", got)
	}
}

func TestContactsProvider(t *testing.T) {
	p := newPhone(t, Config{Contacts: []Contact{{Name: "Ann", Number: "15550001002"}, {Name: "Nobody", Number: "15550001000"}}})
	out := mustRun(t, p, "content query --uri content://com.android.contacts/data/phones --projection display_name:data1")
	if out != "Row: 0 display_name=Ann, data1=+15550001002\nRow: 1 display_name=Nobody, data1=+15550001000\n" {
		t.Errorf("%q", out)
	}
	out = mustRun(t, p, "content query --uri content://com.android.contacts/raw_contacts")
	if strings.Count(out, "account_type=com.whatsapp,") != 1 || !strings.Contains(out, "sync1=15550001002@s.whatsapp.net") {
		t.Errorf("%q", out)
	}
	out = mustRun(t, p, "content query --uri content://com.android.contacts/data/phones")
	if rows := regexp.MustCompile(`(?m)^Row: \d+ `).FindAllString(out, -1); len(rows) != 2 || strings.Count(out, "\n") <= 2 {
		t.Errorf("a record does not span lines: %q", out)
	}
	if out := mustRun(t, p, "content query --uri content://com.android.contacts/phone_lookup/%2B19990000000"); out != "No result found.\n" {
		t.Errorf("%q", out)
	}
}

func TestScrollingShowsOlderBubbles(t *testing.T) {
	p := newPhone(t, Config{})
	for i := range 40 {
		incoming(t, p, IncomingMessage{From: "15550001002", Text: fmt.Sprintf("message %02d", i)})
	}
	mustRun(t, p, open("15550001002", ""))
	if x := dump(t, p); !strings.Contains(x, "message 39") || strings.Contains(x, "message 05") {
		t.Errorf("the end is not shown: %s", x)
	}
	for range 6 {
		mustRun(t, p, "input swipe 360 500 360 1300 300")
	}
	if x := dump(t, p); !strings.Contains(x, "message 00") || strings.Contains(x, "message 39") {
		t.Errorf("the beginning is not shown: %s", x)
	}
}
