package whatsapp

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/wabridge/wabridge"
)

// cutCases are cuts of real screens that were misread, and what they show. Names
// and numbers are made up.
var cutCases = []struct {
	file string
	kind Kind
	goal Goal
	do   Do
	code wabridge.Code
}{
	{"restricted_account_in_chat_pt.xml", Restricted, Goal{Number: "15550001111", Text: "x", Send: true}, DoFail, wabridge.CodeNoNewChats},
	{"update_forced_2026_pt.xml", UpdateForced, Goal{Number: "15550001111", Text: "x", Send: true}, DoStop, wabridge.CodeAttention},
	{"registration_age_pt.xml", LoggedOut, Goal{Number: "15550001111", Text: "x", Send: true}, DoStop, wabridge.CodeNotRegistered},
	{"business_dialog_not_on_whatsapp_pt.xml", NotOnWhatsApp, Goal{Number: "15550001111", Text: "x", Send: true, Direct: true}, DoFail, wabridge.CodeUndeliverable},
	{"business_dialog_not_on_whatsapp_pt.xml", NotOnWhatsApp, Goal{Number: "15550001111", Text: "x", Send: true}, DoBack, wabridge.CodeScreen},
	{"business_dialog_not_on_whatsapp_pt.xml", NotOnWhatsApp, Goal{}, DoBack, wabridge.CodeScreen},
	{"not_on_whatsapp_with_full_stop_de_synthetic.xml", NotOnWhatsApp, Goal{Number: "15550001111", Text: "x", Send: true}, DoFail, wabridge.CodeUndeliverable},
	{"business_contact_picker_pt.xml", Picker, Goal{Number: "15550001111", Text: "x", Send: true}, DoBack, wabridge.CodeScreen},
	{"u2_windows_keyboard_last_pt.xml", Chat, Goal{Number: "15550001111", Text: "x", Send: true}, DoFill, 0},
	{"home_calls_tab_en.xml", HomeTab, Goal{}, DoTap, wabridge.CodeSlow},
	{"chat_list_archived_header_en.xml", ChatList, Goal{}, DoLook, wabridge.CodeSlow},
	{"chat_utf16_bom.xml", Restricted, Goal{Number: "15550001111", Text: "x", Send: true}, DoFail, wabridge.CodeNoNewChats},
}

func cut(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "testdata", "captures", "uiautomator", "cuts", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestRecogniseCuts(t *testing.T) {
	p := profiles(t)
	for _, c := range cutCases {
		t.Run(c.file, func(t *testing.T) {
			s := Recognise(parse(t, cut(t, c.file)), p)
			if s.Kind != c.kind {
				t.Fatalf("got %s (%s), want %s", s.Kind, s.Why, c.kind)
			}
			if a := Next(s, c.goal); a.Do != c.do || a.Code != c.code {
				t.Errorf("got %+v, want %s with code %d", a, c.do, c.code)
			}
		})
	}
	s := Recognise(parse(t, cut(t, "chat_list_archived_header_en.xml")), p)
	if s.Archive == nil || s.Archive.Count != "6" || s.Archive.Bounds.Empty() {
		t.Errorf("archive %+v", s.Archive)
	}
	if s := Recognise(parse(t, cut(t, "home_calls_tab_en.xml")), p); s.Tab == nil || s.Tab.Bounds.String() != "[0,2064][270,2274]" {
		t.Errorf("tab %+v", s.Tab)
	}
}

// shownText is a text or a description in a dump.
var shownText = regexp.MustCompile(` (text|content-desc)=("[^"]*"|'[^']*')`)

// inOtherWords replaces every text of a dump that holds letters by nonsense of a
// script that no profile has words of; numbers stay.
func inOtherWords(b []byte) []byte {
	return shownText.ReplaceAllFunc(b, func(attr []byte) []byte {
		name, value, _ := strings.Cut(strings.TrimSpace(string(attr)), "=")
		value = strings.Map(func(r rune) rune {
			switch {
			case strings.ContainsRune("0123456789+-() .,:&#;\"'", r):
				return r
			}
			return 'ქ'
		}, value)
		return []byte(" " + name + "=" + value)
	})
}

// waits are the kinds and acts of a screen that concludes nothing: it is looked
// at again, backed out of, or left to a person.
func waits(s Screen, a Action) bool {
	switch a.Do {
	case DoLook, DoBack, DoGiveUp, DoStop:
		return true
	case DoFail:
		return a.Code == wabridge.CodeNoNewChats || a.Code == wabridge.CodeClosedChat
	}
	return s.Kind == Unknown
}

// TestScreensInAnotherLanguage: with all its words replaced, a screen is still
// known by its ids, or it waits for a person. It never proves that a number is
// not on WhatsApp and never has anything tapped that it had not before.
func TestScreensInAnotherLanguage(t *testing.T) {
	p := profiles(t)
	goals := []Goal{{}, {Number: "15550001111", Text: "x", Send: true}, {Number: "15550001111", Text: "x", Send: true, Direct: true}}
	check := func(t *testing.T, b []byte, byIDs bool) {
		was, is := Recognise(parse(t, b), p), Recognise(parse(t, inOtherWords(b)), p)
		if byIDs && is.Kind != was.Kind {
			t.Errorf("got %s (%s), want %s as in its own words", is.Kind, is.Why, was.Kind)
		}
		for _, g := range goals {
			before, after := Next(was, g), Next(is, g)
			if before.Do != after.Do && !waits(is, after) || after.Do == DoFail && after.Code == wabridge.CodeUndeliverable && before.Code != wabridge.CodeUndeliverable {
				t.Errorf("goal %+v: got %+v on %s, in its own words %+v on %s", g, after, is.Kind, before, was.Kind)
			}
		}
	}
	for _, c := range cutCases {
		if c.file != "chat_utf16_bom.xml" { // not UTF-8: its texts cannot be replaced here
			t.Run(c.file, func(t *testing.T) {
				check(t, cut(t, c.file), c.file != "not_on_whatsapp_with_full_stop_de_synthetic.xml")
			})
		}
	}
	for _, c := range captureCases {
		t.Run(c.file, func(t *testing.T) { check(t, captured(t, c.file), !strings.Contains(c.file, "dialog_number_not_on")) })
	}
}

// TestWindowsInAnyOrder: in dumps of several windows the app's counts wherever it
// stands, a dialog of the app over its activity, and nothing is sent below a
// window of somebody else.
func TestWindowsInAnyOrder(t *testing.T) {
	chat := chatOf{title: "+1 555 000-1001", entry: "hello", send: true}.draw()
	keyboard := el("package=org.keys", "at=[0,1545][720,1640]", el("package=org.keys", "text=q", "at=[0,1545][72,1600]"))
	bar := el("package=com.android.systemui", "at=[0,0][720,60]", el("package=com.android.systemui", "id=com.android.systemui:id/status_bar", "at=[0,0][720,60]"))
	dialog := dialogOf("The phone number +1 555 000-1001 isn't on WhatsApp.", "Invite to WhatsApp", "Cancel")
	over := el("package=org.chat.heads", "at=[500,1400][720,1600]", el("package=org.chat.heads", "text=Hi", "at=[500,1400][720,1600]"))
	focused := el("package=org.other", "at=[0,0][720,1640]", el("package=org.other", "focused=true", "class=android.widget.EditText", "at=[0,0][720,90]"))
	send := Goal{Number: "15550001001", Text: "hello", Send: true}
	cases := []struct {
		name    string
		windows []string
		kind    Kind
		do      Do
	}{
		{"a keyboard and the bars", []string{chat, keyboard, bar}, Chat, DoTapSend},
		{"a dialog of the app", []string{chat, dialog, bar}, NotOnWhatsApp, DoFail},
		{"a dialog and the keyboard", []string{chat, dialog, keyboard}, NotOnWhatsApp, DoFail},
		{"somebody else's window over the send button", []string{chat, over, bar}, Chat, DoLook},
		{"another app with the focus", []string{chat, focused}, OtherApp, DoBack},
		{"the keyboard alone", []string{keyboard}, OtherApp, DoBack},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			for _, order := range permutations(c.windows) {
				s := see(t, strings.Join(order, ""))
				if a := Next(s, send); s.Kind != c.kind || a.Do != c.do {
					t.Errorf("got %s (%s), %+v; want %s, %s", s.Kind, s.Why, a, c.kind, c.do)
				}
			}
		})
	}
}

func permutations(list []string) [][]string {
	if len(list) < 2 {
		return [][]string{list}
	}
	var all [][]string
	for i := range list {
		rest := append(append([]string{}, list[:i]...), list[i+1:]...)
		for _, p := range permutations(rest) {
			all = append(all, append([]string{list[i]}, p...))
		}
	}
	return all
}

// TestWordsAreComparedLeniently draws members of the kind "the same words, written
// otherwise" from every wording of every word that a dialog is known by.
func TestWordsAreComparedLeniently(t *testing.T) {
	p := profiles(t)
	ways := map[string]func(string) string{
		"a full stop more":  func(s string) string { return strings.TrimRight(s, ".") + "." },
		"no full stop":      func(s string) string { return strings.TrimRight(s, ".।!?… ") },
		"a mark before it":  func(s string) string { return "\u200f\u061c" + s },
		"no-break spaces":   func(s string) string { return strings.ReplaceAll(s, " ", "\u00a0") },
		"narrow spaces":     func(s string) string { return strings.ReplaceAll(s, " ", "\u202f") },
		"curly apostrophes": func(s string) string { return strings.ReplaceAll(s, "'", "’") },
		"curly quotes":      func(s string) string { return strings.ReplaceAll(s, `"`, "”") },
		"capitals":          strings.ToUpper,
		"a blank behind it": func(s string) string { return s + " \n" },
		"three dots":        func(s string) string { return strings.ReplaceAll(s, "…", "...") },
		"zero-width blanks": func(s string) string { return "\u200b" + s + "\ufeff" },
	}
	fill := strings.NewReplacer("%s", "+1 555 000-1111", "%1$s", "WhatsApp", "%2$s", "Ann", "%d", "3")
	for _, k := range dialogKinds {
		for _, w := range p.Words.Wordings(k.word) {
			text := strings.TrimSuffix(w.Text, " […]")
			if text != w.Text && strings.HasSuffix(text, "[…]") {
				continue
			}
			for way, f := range ways {
				if shown := f(fill.Replace(strings.TrimSuffix(text, "[…]"))); !p.Words.Is(k.word, shown) {
					t.Errorf("%s, %s, %s: %q is not known", k.word, w.Lang, way, shown)
				}
			}
		}
	}
}
