package phonesim

import (
	"errors"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wabridge/wabridge/phonesim/android"
)

func TestUnknownFaultNamesItself(t *testing.T) {
	p := newPhone(t, Config{})
	err := p.Fault(Fault{Kind: "meteor"})
	if u, ok := errors.AsType[*UnknownFaultError](err); !ok || u.Kind != "meteor" || !strings.Contains(err.Error(), "meteor") {
		t.Errorf("got %v", err)
	}
	for _, f := range []Fault{{Kind: "popup", Value: "no"}, {Kind: "language", Value: "xx"}, {Kind: "slow_screen", Value: "soon"}, {Kind: "tap_lost", Count: -1}} {
		if err := p.Fault(f); err == nil {
			t.Errorf("%+v was taken", f)
		}
	}
}

func TestEveryFaultCanBeArmedAndCleared(t *testing.T) {
	p := newPhone(t, Config{})
	values := map[string]string{"language": "de"}
	for _, k := range FaultKinds() {
		if k.What == "" {
			t.Errorf("%s has no sentence", k.Kind)
		}
		arm(t, p, Fault{Kind: k.Kind, Value: values[k.Kind]})
	}
	p.Clear()
	if a := p.Armed(); len(a) != 0 {
		t.Errorf("still armed: %v", a)
	}
	arm(t, p, Fault{Kind: "language", Value: "en"})
	mustRun(t, p, open("15550001002", "hi"))
	if x := dump(t, p); !strings.Contains(x, `text="hi" resource-id="com.whatsapp:id/entry"`) {
		t.Errorf("after clear the phone does not open a chat:\n%s", x)
	}
}

// entryOf is the composer's text; "" and false: there is none.
func entryOf(t *testing.T, p *Phone) (string, bool) {
	t.Helper()
	e := parse(t, dump(t, p)).find("com.whatsapp:id/entry")
	if e == nil {
		return "", false
	}
	return e.attr("text"), true
}

func titleOf(t *testing.T, p *Phone) string {
	t.Helper()
	e := parse(t, dump(t, p)).find("com.whatsapp:id/conversation_contact_name")
	if e == nil {
		return ""
	}
	return e.attr("text")
}

func TestFaultsOfLinksAndTaps(t *testing.T) {
	const to = "15550001002"
	long := strings.Repeat("a long text ", 200)
	for name, c := range map[string]struct {
		fault Fault
		check func(t *testing.T, p *Phone)
	}{
		"another chat opens, with the text": {Fault{Kind: "wrong_chat"}, func(t *testing.T, p *Phone) {
			mustRun(t, p, open(to, "hi"))
			if text, _ := entryOf(t, p); text != "hi" || titleOf(t, p) == "+1 555-000-1002" {
				t.Errorf("chat %q holds %q", titleOf(t, p), text)
			}
			mustRun(t, p, open(to, "again"))
			if titleOf(t, p) != "+1 555-000-1002" {
				t.Errorf("the second link opened %q", titleOf(t, p))
			}
		}},
		"the link does nothing": {Fault{Kind: "no_navigation"}, func(t *testing.T, p *Phone) {
			out := mustRun(t, p, open(to, "hi")+" 2>/dev/null")
			if !strings.HasPrefix(out, "Starting: Intent") || titleOf(t, p) != "" {
				t.Errorf("said %q, shows %q", out, titleOf(t, p))
			}
		}},
		"somebody's draft instead": {Fault{Kind: "foreign_draft", Value: "buy milk"}, func(t *testing.T, p *Phone) {
			mustRun(t, p, open(to, "hi"))
			if text, _ := entryOf(t, p); text != "buy milk" {
				t.Errorf("composer holds %q", text)
			}
		}},
		"somebody's draft before it": {Fault{Kind: "foreign_append", Value: "buy milk "}, func(t *testing.T, p *Phone) {
			mustRun(t, p, open(to, "hi"))
			if text, _ := entryOf(t, p); text != "buy milk hi" {
				t.Errorf("composer holds %q", text)
			}
		}},
		"a long link is cut, a share is not": {Fault{Kind: "long_link_cut", Count: 2}, func(t *testing.T, p *Phone) {
			mustRun(t, p, open(to, long))
			if text, _ := entryOf(t, p); len(text) >= len(long) {
				t.Errorf("the composer holds all %d bytes", len(text))
			}
			mustRun(t, p, "am start -a android.intent.action.SEND -t text/plain --es jid "+to+"@s.whatsapp.net --es android.intent.extra.TEXT '"+long+"' -p com.whatsapp")
			if text, _ := entryOf(t, p); text != long {
				t.Errorf("the share brought %d of %d bytes", len(text), len(long))
			}
		}},
		"a tap is lost": {Fault{Kind: "tap_lost"}, func(t *testing.T, p *Phone) {
			mustRun(t, p, open(to, "hi"))
			tapOn(t, p, "com.whatsapp:id/send")
			if len(p.Sent()) != 0 {
				t.Error("it was sent")
			}
			tapOn(t, p, "com.whatsapp:id/send")
			if len(p.Sent()) != 1 {
				t.Error("the second tap did not send")
			}
		}},
		"send does nothing": {Fault{Kind: "send_stuck"}, func(t *testing.T, p *Phone) {
			mustRun(t, p, open(to, "hi"))
			tapOn(t, p, "com.whatsapp:id/send")
			if text, _ := entryOf(t, p); text != "hi" || len(p.Sent()) != 0 {
				t.Errorf("composer %q, ledger %v", text, p.Sent())
			}
		}},
		"the app dies after the tap": {Fault{Kind: "kill_after_tap"}, func(t *testing.T, p *Phone) {
			mustRun(t, p, open(to, "hi"))
			tapOn(t, p, "com.whatsapp:id/send")
			if x := dump(t, p); !strings.Contains(x, "com.android.launcher3") || len(p.Sent()) != 1 {
				t.Errorf("ledger %v, screen %s", p.Sent(), x)
			}
			settle(t, p)
			mustRun(t, p, open(to, ""))
			if x := dump(t, p); !strings.Contains(x, `text="hi" resource-id="com.whatsapp:id/message_text"`) {
				t.Errorf("the bubble is gone: %s", x)
			}
		}},
		"a card hides the composer until OK": {Fault{Kind: "popup"}, func(t *testing.T, p *Phone) {
			mustRun(t, p, open(to, "hi"))
			if _, ok := entryOf(t, p); ok {
				t.Error("the composer is there")
			}
			x := dump(t, p)
			e := parse(t, x)
			var ok *element
			e.walk("", func(_ string, e *element) {
				if e.attr("text") == "OK" {
					ok = e
				}
			})
			if ok == nil {
				t.Fatalf("no OK in %s", x)
			}
			mustRun(t, p, "input tap "+strings.Join(center(t, ok), " "))
			if text, _ := entryOf(t, p); text != "hi" {
				t.Errorf("composer %q after OK", text)
			}
		}},
		"restricted: no composer in a new chat": {Fault{Kind: "restricted"}, func(t *testing.T, p *Phone) {
			mustRun(t, p, open(to, "hi"))
			if x := dump(t, p); !strings.Contains(x, `com.whatsapp:id/read_only_chat_info"`) || strings.Contains(x, ":id/entry") {
				t.Errorf("%s", x)
			}
		}},
		"a dump is stale": {Fault{Kind: "dump_stale"}, func(t *testing.T, p *Phone) {
			p.ClearFaults()
			mustRun(t, p, "uiautomator dump /sdcard/w.xml")
			arm(t, p, Fault{Kind: "dump_stale"})
			mustRun(t, p, open(to, "hi"))
			out := mustRun(t, p, "uiautomator dump /sdcard/w.xml; cat /sdcard/w.xml")
			if !strings.HasPrefix(out, "UI hierchary dumped to: /sdcard/w.xml\n") || strings.Contains(out, "conversation") {
				t.Errorf("%s", out)
			}
		}},
		"a dump crashes without a word": {Fault{Kind: "dump_crash_empty"}, func(t *testing.T, p *Phone) {
			if out, code := run(t, p, "uiautomator dump /sdcard/w.xml"); out != "" {
				t.Errorf("said %q, %d", out, code)
			}
			if out, code := run(t, p, "cat /sdcard/w.xml"); code != 1 || out != "cat: /sdcard/w.xml: No such file or directory\n" {
				t.Errorf("cat: %q, %d", out, code)
			}
		}},
		"the storage is full": {Fault{Kind: "storage_full"}, func(t *testing.T, p *Phone) {
			if out := mustRun(t, p, "uiautomator dump /sdcard/w.xml"); !strings.Contains(out, "dumped to") {
				t.Errorf("said %q", out)
			}
			if out, code := run(t, p, "echo x > /sdcard/y"); code != 1 || !strings.Contains(out, "No space left on device") {
				t.Errorf("said %q, %d", out, code)
			}
		}},
		"a PIN is asked": {Fault{Kind: "pin_lock", Value: "2468"}, func(t *testing.T, p *Phone) {
			mustRun(t, p, "input keyevent WAKEUP; input swipe 360 1400 360 400; input text 1111; input keyevent ENTER")
			if out := mustRun(t, p, "dumpsys window | grep mDreamingLockscreen"); !strings.Contains(out, "mDreamingLockscreen=true") {
				t.Error("a wrong PIN opened it")
			}
			mustRun(t, p, "input text 2468; input keyevent ENTER")
			if out := mustRun(t, p, "dumpsys window | grep mDreamingLockscreen"); !strings.Contains(out, "mDreamingLockscreen=false") {
				t.Error("the PIN did not open it")
			}
		}},
		"the screen sleeps and swipes open": {Fault{Kind: "screen_lock"}, func(t *testing.T, p *Phone) {
			if out := mustRun(t, p, "dumpsys power | grep mWakefulness="); out != "  mWakefulness=Asleep\n" {
				t.Errorf("power says %q", out)
			}
			mustRun(t, p, "input keyevent WAKEUP; input swipe 360 1400 360 400")
			if out := mustRun(t, p, "dumpsys window | grep mCurrentFocus"); !strings.Contains(out, "launcher") {
				t.Errorf("focus %q", out)
			}
		}},
		"logged out until cleared": {Fault{Kind: "logged_out"}, func(t *testing.T, p *Phone) {
			mustRun(t, p, open(to, "hi"))
			if x := dump(t, p); !strings.Contains(x, "Agree and continue") {
				t.Errorf("%s", x)
			}
			p.ClearFaults()
			mustRun(t, p, open(to, "hi"))
			if text, _ := entryOf(t, p); text != "hi" {
				t.Errorf("composer %q", text)
			}
		}},
		"the language changes": {Fault{Kind: "language", Value: "de"}, func(t *testing.T, p *Phone) {
			mustRun(t, p, open(to, ""))
			if text, _ := entryOf(t, p); text != "Nachricht" {
				t.Errorf("placeholder %q", text)
			}
			if out := mustRun(t, p, "getprop persist.sys.locale"); out != "de-DE\n" {
				t.Errorf("locale %q", out)
			}
		}},
		"ids are renamed": {Fault{Kind: "layout_change"}, func(t *testing.T, p *Phone) {
			mustRun(t, p, open(to, "hi"))
			if x := dump(t, p); strings.Contains(x, ":id/entry") || !strings.Contains(x, ":id/message_input") {
				t.Errorf("%s", x)
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPhone(t, Config{})
			arm(t, p, c.fault)
			c.check(t, p)
		})
	}
}

func TestNetworkOffKeepsTheClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := New(Config{Latency: Realistic})
		defer func() { _ = p.Close() }()
		arm(t, p, Fault{Kind: "network_off", For: android.Duration(time.Minute)})
		for _, text := range []string{"one", "two"} {
			mustRun(t, p, "am start -a android.intent.action.SEND --es jid 15550001002@s.whatsapp.net --es android.intent.extra.TEXT "+text+" -p com.whatsapp; sleep 3")
		}
		if x := p.Sent(); len(x) != 0 {
			t.Fatalf("sent without a tap: %v", x)
		}
		incoming(t, p, IncomingMessage{From: "15550001003", Text: "late"})
		time.Sleep(10 * time.Second)
		if r := p.Received(); !r[0].Delivered.IsZero() {
			t.Error("a message came without network")
		}
		time.Sleep(time.Minute)
		if r := p.Received(); r[0].Delivered.IsZero() || !r[0].Notified {
			t.Errorf("the message did not come afterwards: %+v", r[0])
		}
	})
}

func TestPendingMessagesGoOutInOrder(t *testing.T) {
	p := newPhone(t, Config{Contacts: []Contact{{Name: "Anna", Number: "15550001002"}}})
	chatWith(t, p, "15550001002", "zero")
	arm(t, p, Fault{Kind: "network_off"})
	for _, text := range []string{"one", "two", "three"} {
		mustRun(t, p, open("15550001002", text))
		tapOn(t, p, "com.whatsapp:id/send")
	}
	settle(t, p)
	if x := dump(t, p); strings.Count(x, `content-desc="Pending"`) != 3 {
		t.Errorf("no three clocks: %s", x)
	}
	p.ClearFaults()
	settle(t, p)
	for i, s := range p.Sent() {
		if s.State != "read" || s.Order != i+1 || s.Wire.IsZero() {
			t.Errorf("%d: %+v", i, s)
		}
	}
}

func TestRealisticTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := New(Config{Latency: Realistic})
		defer func() { _ = p.Close() }()
		took := func(command string) time.Duration {
			start := time.Now()
			mustRun(t, p, command)
			return time.Since(start)
		}
		for _, c := range []struct {
			command string
			want    time.Duration
		}{
			{"am start -a android.intent.action.VIEW -d 'https://wa.me/15550001002?text=" + url.PathEscape("hi there") + "' -p com.whatsapp", 100 * time.Millisecond},
			{"uiautomator dump", 3500 * time.Millisecond}, // settled 2.0 s, idle 1.0 s, dump 0.5 s
			{"input tap 660 1490", 80 * time.Millisecond},
			{"uiautomator dump", 1800 * time.Millisecond}, // settled 0.3 s, idle 1.0 s, dump 0.5 s
			{"input keyevent KEYCODE_HOME", 140 * time.Millisecond},
			{"dumpsys notification --noredact", 200 * time.Millisecond},
			{"dumpsys window", 50 * time.Millisecond},
		} {
			if got := took(c.command); got != c.want {
				t.Errorf("%s took %v, want %v", c.command, got, c.want)
			}
		}
		if s := p.Sent(); len(s) != 1 || s[0].Text != "hi there" {
			t.Errorf("ledger %v", s)
		}
		time.Sleep(10 * time.Second)
		if s := p.Sent(); s[0].State != "read" {
			t.Errorf("state %s", s[0].State)
		}
	})
}
