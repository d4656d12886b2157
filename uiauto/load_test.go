package uiauto

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func profiles(t testing.TB) *Profiles {
	t.Helper()
	p, err := LoadProfiles("")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Each language has the words without which a screen or a tick is not known.
func TestBuiltinWords(t *testing.T) {
	w := profiles(t).Words
	for _, key := range []string{"tick_pending", "tick_sent", "tick_delivered", "tick_read", "tick_seen", "not_on_whatsapp", "invalid_number",
		"lookup_failed", "lookup_no_internet", "searching", "ok", "invite", "eula_agree", "logged_out", "banned", "update_forced", "update_title", "out_of_date", "unread", "you", "deleted", "waiting", "unsupported"} {
		for _, lang := range Languages {
			if w.Text(key, lang) == "" {
				t.Errorf("%s has no wording in %s", key, lang)
			}
		}
	}
}

// A shown tick means one state whichever language the phone has.
func TestTicksDoNotCollide(t *testing.T) {
	w := profiles(t).Words
	states := [][]string{{"tick_pending"}, {"tick_sent"}, {"tick_delivered"}, {"tick_read", "tick_seen", "tick_played"}}
	for i, keys := range states {
		for _, key := range keys {
			for _, x := range w.Wordings(key) {
				for j, other := range states {
					if k := w.Which(x.Text, other...); j != i && k != "" {
						t.Errorf("%q (%s, %s) is also %s", x.Text, key, x.Lang, k)
					}
				}
			}
		}
	}
}

// What the app says about a number is one thing only.
func TestDialogWordsDoNotCollide(t *testing.T) {
	w := profiles(t).Words
	keys := []string{"not_on_whatsapp", "invalid_number", "number_too_short", "number_without_country", "lookup_no_internet", "lookup_failed", "open_confirm", "searching"}
	for _, key := range keys {
		for _, x := range w.Wordings(key) {
			shown := strings.NewReplacer("%s", "+55 92 9999-0101", "%1$s", "+55 92 9999-0101", " […]", " and more", "[…]", " and more").Replace(x.Text)
			for _, other := range keys {
				if values, ok := w.Match(other, shown); ok != (other == key) {
					t.Errorf("%s in %s: %s says %v", key, x.Lang, other, ok)
				} else if ok && strings.Contains(x.Text, "%") && (len(values) != 1 || Digits(values[0]) != "559299990101") {
					t.Errorf("%s in %s: got %q", key, x.Lang, values)
				}
			}
		}
	}
}

func TestWords(t *testing.T) {
	w := profiles(t).Words
	if !w.Is("ok", "TAMAM") || w.Is("ok", "Looking") || w.Is("nothing", "OK") || w.Is("ok", "") {
		t.Error("whole texts are not compared as they should")
	}
	if v, ok := w.Match("unread", "Mensagens não lidas: 249"); !ok || len(v) != 1 || v[0] != "249" {
		t.Errorf("got %q, %v", v, ok)
	}
	if !w.Known("Searching…") || w.Known("hello") {
		t.Error("known words are not told from others")
	}
	if got := w.Text("composer_placeholder", "en"); got != "Message" {
		t.Errorf("the newest wording: got %q", got)
	}
}

func TestProfile(t *testing.T) {
	p := profiles(t)
	a := p.For("com.whatsapp.w4b")
	if a == nil || a != p.For("com.whatsapp") || p.For("org.other") != nil {
		t.Fatal("the packages are not those of the profile")
	}
	if got, want := a.DeepLink("15550001001", "a+b c&d\n#é"), "https://wa.me/15550001001?text=a%2Bb%20c%26d%0A%23%C3%A9"; got != want {
		t.Errorf("link: got %s, want %s", got, want)
	}
	if got, want := a.DeepLink("15550001001", ""), "https://wa.me/15550001001"; got != want {
		t.Errorf("link: got %s, want %s", got, want)
	}
	for class, want := range map[string]string{
		"com.whatsapp/.home.ui.HomeActivity": "home", "com.whatsapp/com.whatsapp.Conversation": "conversation", "a/.registration.app.EULA": "eula", "x.Other": "",
	} {
		if got := a.Activity(class); got != want {
			t.Errorf("%s: got %q, want %q", class, got, want)
		}
	}
}

func TestVersions(t *testing.T) {
	p := &Profiles{Apps: []*Profile{{Name: "old", Last: "2.24"}, {Name: "new", First: "2.25.1"}}}
	for version, want := range map[string]int{"": 2, "2.24.6.77": 1, "2.25.0": 0, "2.25.1": 1, "2.26.36": 1, "10.1": 1} {
		if got := len(p.ForVersion(version).Apps); got != want {
			t.Errorf("%q: got %d profiles, want %d", version, got, want)
		}
	}
}

func TestLoadFromFolder(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "mine.yaml", "kind: words\nsources: {SEEN: my phone}\nwords:\n  searching:\n    - {source: SEEN, tr: 'Numara aranıyor…'}\n  my_nag:\n    - {source: SEEN, en: Rate us}\n")
	write(t, dir, "readme.txt", "not read")
	app, err := builtin.ReadFile("profiles/whatsapp.yaml")
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, "whatsapp.yaml", strings.Replace(string(app), "popups:\n", "popups:\n  - {name: rate, source: REP, words: my_nag, act: press, press: not_now}\n", 1))
	p, err := LoadProfiles(dir)
	if err != nil {
		t.Fatal(err)
	}
	if !p.Words.Is("searching", "numara aranıyor...") || !p.Words.Is("searching", "Searching…") {
		t.Error("the folder's words do not stand beside the built-in ones")
	}
	if len(p.Apps) != 1 || p.Apps[0].Popups[0].Name != "rate" {
		t.Errorf("the folder's profile does not replace the built-in one: %d", len(p.Apps))
	}
}

func TestOwnProfileForNewVersions(t *testing.T) {
	dir := t.TempDir()
	app, err := builtin.ReadFile("profiles/whatsapp.yaml")
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, "new.yaml", strings.NewReplacer("name: whatsapp", "name: newer", "first: ''", "first: '2.27'").Replace(string(app)))
	p, err := LoadProfiles(dir)
	if err != nil {
		t.Fatal(err)
	}
	for version, want := range map[string]string{"2.27.1": "newer", "2.26.36": "whatsapp", "": "newer"} {
		if got := p.ForVersion(version).For("com.whatsapp").Name; got != want {
			t.Errorf("%q: got %s, want %s", version, got, want)
		}
	}
}

func TestLoadNamesAllMistakes(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "whatsapp.yaml", `kind: app
packages: []
link: 'https://wa.me/'
sources: {CAP: x}
ids:
  - source: WRONG
    entry: entry
  - source: CAP
    send: []
popups:
  - {name: a, source: CAP, act: jump}
  - {name: b, source: CAP, words: [no_such], act: press, press: [invite]}
  - {name: c, source: CAP, words: [ok], act: back, press: [ok]}
`)
	write(t, dir, "words2.yaml", "kind: words\nsources: {CAP: x}\nwords:\n  ok:\n    - {source: CAP, xx: 'a', en: '%s'}\n")
	write(t, dir, "typo.yaml", "kind: words\nwrods: {}\n")
	write(t, dir, "kind.yaml", "kind: other\n")
	write(t, dir, "broken.yaml", "kind: [\n")
	_, err := LoadProfiles(dir)
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{
		"whatsapp.yaml: name: missing", "whatsapp.yaml: packages: missing", "whatsapp.yaml: link:", "ids[0].source", "ids[1].send: empty", "ids.chat_title: missing",
		"popups[0]: a: neither", "popups[0].act", `popups[1]: no word "no_such"`, `"invite", which is never pressed`, "popups[2].press",
		"words2.yaml: words.ok[0].xx", "words2.yaml: words.ok[0].en: no fixed text", "typo.yaml", "field wrods not found", "kind.yaml: kind", "broken.yaml",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in:\n%v", want, err)
		}
	}
	if _, err := LoadProfiles(filepath.Join(dir, "none")); err == nil {
		t.Error("a folder that is not there: no error")
	}
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func BenchmarkLoadProfiles(b *testing.B) {
	for b.Loop() {
		profiles(b)
	}
}
