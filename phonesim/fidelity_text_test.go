package phonesim

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A record's lines as "indentation + name", in order; a value's own line feeds
// must not be in it.
func fieldNames(record []string) (out []string) {
	name := regexp.MustCompile(`^( *)([A-Za-z.]+(?:\.[A-Za-z_.]+)?|\[\d+\]|[{}]|\|\d+| importance)`)
	for _, l := range record {
		m := name.FindString(strings.TrimRight(l, "\r"))
		if m == "" {
			m = strings.TrimRight(l, "\r")
		}
		out = append(out, m)
	}
	return out
}

// records cuts a dump into the records of a package.
func records(dump, pkg string) (out [][]string) {
	var cur []string
	for l := range strings.SplitSeq(dump, "\n") {
		if strings.HasPrefix(l, "    NotificationRecord(0x") || strings.HasPrefix(l, "  ") && !strings.HasPrefix(l, "   ") {
			if len(cur) > 0 {
				out = append(out, cur)
			}
			cur = nil
			if strings.Contains(l, "pkg="+pkg+" ") {
				cur = []string{l}
			}
			continue
		}
		if cur != nil {
			cur = append(cur, l)
		}
	}
	return out
}

func TestNotificationRecordsAreLikeTheCapture(t *testing.T) {
	shared := records(capture(t, "notification/dumpsys_redacted_whatsapp_business_group_samsung_android13_pt-br.txt"), "com.whatsapp.w4b")
	p := newPhone(t, Config{App: "com.whatsapp.w4b", Locale: "pt", Android: 13})
	for _, text := range []string{"um", "dois", "tres"} {
		incoming(t, p, IncomingMessage{From: "5514998350001", Name: "Fulano", Text: text, Group: "Teste"})
	}
	mine := records(mustRun(t, p, "dumpsys notification"), "com.whatsapp.w4b")
	if len(mine) != 2 || len(shared) < 2 {
		t.Fatalf("%d records here, %d in the capture", len(mine), len(shared))
	}
	for i, what := range []string{"summary", "child"} {
		got, want := fieldNames(mine[i]), fieldNames(shared[i])
		for j, g := range got {
			if !slices.Contains(want, g) {
				t.Errorf("%s: line %d %q is not in the capture (%q)", what, j, g, mine[i][j])
			}
		}
		if at := 0; true {
			for _, g := range got {
				k := slices.Index(want[at:], g)
				if k < 0 {
					if slices.Contains(want, g) {
						t.Errorf("%s: %q stands in another place than in the capture", what, g)
					}
					continue
				}
				at += k + 1
			}
		}
		shape := regexp.MustCompile(`0x[0-9a-f]+|[0-9A-Za-z+/]{43}=|\d{10,}|number=\d+`)
		samsung := regexp.MustCompile(` sem(Flags|Priority|MissedCount)=\w+`)
		norm := func(lines []string) string {
			return shape.ReplaceAllString(samsung.ReplaceAllString(strings.Join(lines, "\n"), ""), "…")
		}
		head := map[string]int{"summary": 1, "child": 3}[what]
		if got, want := norm(mine[i][:head]), norm(shared[i][:head]); got != want {
			t.Errorf("%s: header\n got %q\nwant %q", what, got, want)
		}
	}
}

func TestMessageBundlesAreLikeTheCapture(t *testing.T) {
	shape := regexp.MustCompile(`Person@[0-9a-f]+|item/[0-9a-f-]+|time=\d+`)
	var want []string
	for l := range strings.Lines(capture(t, "notification/message_bundle_lines_whatsapp_noredact_en.txt")) {
		if !strings.Contains(l, "⤷") {
			want = append(want, shape.ReplaceAllString(strings.TrimSpace(l), "…"))
		}
	}
	p := newPhone(t, Config{Android: 15})
	incoming(t, p, IncomingMessage{From: "15550001002", Name: "Alpha", Text: "first message"})
	incoming(t, p, IncomingMessage{From: "15550001002", Kind: "image"})
	incoming(t, p, IncomingMessage{From: "15550001002", Text: "second, with a comma"})
	settle(t, p) // the photo's URI comes with its download
	out := mustRun(t, p, "dumpsys notification --noredact")
	for i, w := range want {
		line := regexp.MustCompile(`(?m)^                  \[` + string(rune('0'+i)) + `\] (Bundle.*)$`).FindStringSubmatch(out)
		if line == nil || shape.ReplaceAllString(line[1], "…") != w {
			t.Errorf("message %d: got %q, want %q", i, line, w)
		}
	}
	for _, w := range []string{"flags=ONLY_ALERT_ONCE\n", "flags=GROUP_SUMMARY\n", "android.isGroupConversation=Boolean (false)", "15550001002@s.whatsapp.net found valid? true"} {
		if !strings.Contains(out, w) {
			t.Errorf("no %q in %s", w, out)
		}
	}
}

func TestRepliesInGroupsAreNotifiedAsInTheCapture(t *testing.T) {
	shape := regexp.MustCompile(`Person@[0-9a-f]+|time=\d+`)
	want := ""
	for l := range strings.Lines(capture(t, "notification/message_bundle_lines_whatsapp_noredact_en.txt")) {
		if strings.Contains(l, "⤷") {
			want = shape.ReplaceAllString(strings.TrimSpace(l), "…")
		}
	}
	p := newPhone(t, Config{})
	incoming(t, p, IncomingMessage{From: "15550001002", Name: "Alpha", Text: "hi", Group: "Team"})
	mustRun(t, p, "am start -a android.intent.action.SEND -t text/plain --es jid "+p.Received()[0].Chat+" --es android.intent.extra.TEXT ours -p com.whatsapp")
	tapOn(t, p, "com.whatsapp:id/send")
	mustRun(t, p, "input keyevent HOME")
	incoming(t, p, IncomingMessage{From: "15550001003", Name: "Beta", Text: "third one", Group: "Team", Quote: "ours"})
	out := shape.ReplaceAllString(mustRun(t, p, "dumpsys notification --noredact"), "…")
	if want == "" || !strings.Contains(out, "[0] "+want+"\n") {
		t.Errorf("no %q in %s", want, out)
	}
}

func TestShellSaysWhatTheCapturesSay(t *testing.T) {
	const typed = "input text 'Тест'"
	for name, c := range map[string]struct {
		capture string
		android int
		arrange func(t *testing.T, p *Phone)
		command string
		// pick cuts the part of the capture that the command printed.
		pick func(string) string
	}{
		"am start, nobody takes it": {capture: "am_start_unable_to_resolve_view.txt", android: 10,
			command: "am start -a android.intent.action.VIEW -d exp://127.0.0.1:19004/--/details/3 -p com.deeplinking"},
		"am start, no launcher activity": {capture: "am_start_unable_to_resolve_launcher.txt",
			command: "am start -a android.intent.action.MAIN -c android.intent.category.LAUNCHER -p org.mozilla.fenix.performancetest"},
		"am start, no such class": {capture: "am_start_class_does_not_exist.txt",
			command: "am start -a android.intent.action.MAIN -c android.intent.category.LAUNCHER -n '<applicationId>/null'"},
		"am start, delivered to the top": {capture: "am_start_delivered_to_top_miui.txt",
			command: "am start -a android.intent.action.MAIN -c android.intent.category.HOME"},
		"input text, Android 10": {capture: "input_text_nonascii_npe_android9_10.txt", android: 10, command: typed},
		"input text, Android 13": {capture: "input_text_nonascii_npe_android14.txt", command: typed},
		"dump, null root": {capture: "uiautomator_dump_null_root_android9.txt", command: "uiautomator dump",
			arrange: func(t *testing.T, p *Phone) { arm(t, p, Fault{Kind: "dump_null_root"}) }},
		"dump, idle error, then compressed": {capture: "uiautomator_dump_idle_error_then_compressed_ok.txt",
			command: "uiautomator dump /sdcard/dump.xml; uiautomator dump --compressed /sdcard/dump.xml",
			arrange: func(t *testing.T, p *Phone) { arm(t, p, Fault{Kind: "dump_idle_error"}) },
			pick:    withoutPrompts},
		"broadcast, unquoted blank": {capture: "am_broadcast_adbkeyboard_outputs.txt", command: "am broadcast -a ADB_INPUT_TEXT --es msg hello? Hello?; am broadcast -a ADB_INPUT_TEXT --es msg hello?",
			pick: withoutPrompts},
		"lock lines, locked": {capture: "dumpsys_window_lockscreen_lines_locked_unlocked_android8_emulator.txt", command: "dumpsys window | grep Lockscreen; dumpsys window | grep -i lockscreentimeout > /dev/null",
			arrange: func(t *testing.T, p *Phone) { arm(t, p, Fault{Kind: "screen_lock"}) },
			pick:    func(s string) string { return part(s, "Locked device:", "Unlocked device:") }},
		"lock lines, unlocked": {capture: "dumpsys_window_lockscreen_lines_locked_unlocked_android8_emulator.txt", command: "dumpsys window | grep Lockscreen",
			pick: func(s string) string { return part(s, "Unlocked device:", "\x00") }},
	} {
		t.Run(name, func(t *testing.T) {
			want := capture(t, "shell/"+c.capture)
			if c.pick != nil {
				want = c.pick(want)
			}
			p := newPhone(t, Config{Android: c.android})
			if c.arrange != nil {
				c.arrange(t, p)
			}
			got, _ := run(t, p, c.command)
			if g, w := lineSet(got), lineSet(want); !slices.Equal(g, w) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(g, "\n"), strings.Join(w, "\n"))
			}
		})
	}
}

func withoutPrompts(s string) string {
	var out []string
	for l := range strings.Lines(s) {
		if !strings.HasPrefix(l, "$ ") {
			out = append(out, l)
		}
	}
	return strings.Join(out, "")
}

func part(s, from, to string) string {
	_, s, _ = strings.Cut(s, from)
	s, _, _ = strings.Cut(s, to)
	_, s, _ = strings.Cut(strings.TrimLeft(s, "\n"), "\n") // the command itself
	return s
}

// lineSet are the lines without blanks at their ends, sorted: standard output
// and standard error have no order.
func lineSet(s string) []string {
	var out []string
	for l := range strings.Lines(s) {
		if l = strings.TrimSpace(l); l != "" {
			out = append(out, l)
		}
	}
	slices.Sort(out)
	return out
}

func TestEventLinesAreLikeTheCapture(t *testing.T) {
	shared := capture(t, "logcat/all_threadtime_android11plus_enqueue_new_and_update_channel_shortcut.txt")
	p := newPhone(t, Config{})
	incoming(t, p, IncomingMessage{From: "15550001002", Text: "one"})
	incoming(t, p, IncomingMessage{From: "15550001002", Text: "two"})
	mustRun(t, p, open("15550001002", ""))
	mine := mustRun(t, p, "logcat -b events -d")
	shape := func(re, s string) string {
		m := regexp.MustCompile(re).FindString(s)
		m = regexp.MustCompile(`com\.[a-z.]+`).ReplaceAllString(m, "PKG")
		m = regexp.MustCompile(`shortcut=\S+`).ReplaceAllString(m, "SHORTCUT")
		m = regexp.MustCompile(`channel=\S+`).ReplaceAllString(m, "CHANNEL")
		return regexp.MustCompile(`0x[0-9a-f]+|\d+`).ReplaceAllString(m, "N")
	}
	for _, re := range []string{
		`(?m)^\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} +\d+ +\d+ I notification_enqueue: \[\d+,\d+,[a-z.]+,\d+,NULL,0,Notification\(channel=\S+ shortcut=\S+ contentView=null vibrate=null sound=null`,
		`(?m)I notification_canceled: \[0\|[a-z.]+\|\d+\|null\|\d+,8,\d+,\d+,0,-1,-1,NULL\]$`,
	} {
		if got, want := shape(re, mine), shape(re, shared); got != want || got == "" {
			t.Errorf("got %q, want %q, in\n%s", got, want, mine)
		}
	}
	if !regexp.MustCompile(`(?m)notification_enqueue: \[10290,4242,com\.whatsapp,1,[0-9A-Za-z+/]{43}=\n.* notification_enqueue: ,0,Notification\(.*\),1\]$`).MatchString(mine) {
		t.Errorf("a child's event does not span two lines, each with the prefix, status 1 for the update:\n%s", mine)
	}
}
