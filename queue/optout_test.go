package queue

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestHeard(t *testing.T) {
	w := DefaultOptOut.Wishes()
	for text, want := range map[string]string{
		"STOP": "stop", "stop": "stop", " Stop. ": "stop", "«стоп»!": "stop", "СТОП": "stop", "Parar": "stop", "SAIR": "stop", "baja": "stop",
		"STOP 🛑": "stop", "*stop*": "stop", "\u200estop": "stop", "ｓｔｏｐ": "stop", "opt-out": "stop", "Opt  Out": "stop", "İPTAL ET": "stop",
		"Abonelikten çık": "stop", "إلغاء الاشتراك": "stop", "बंद करें": "stop", "S’ABONNER": "resume", "Désabonner": "stop",
		"START": "resume", "старт": "resume", "stop\nstop": "", "please stop": "", "stop it": "", "don't stop": "", "": "", "!!!": "", "no": "", "cancel": "",
		"unstoppable": "", "bus stop": "", "stop" + strings.Repeat("!", 300): "",
	} {
		wish, ok := w.Heard(text)
		if ok != (want != "") || wish.Value != want {
			t.Errorf("%q: got %q, want %q", text, wish.Value, want)
		}
	}
}

// TestDefaultOptOut: eleven languages have words for both, and each is heard as
// what it stands for.
func TestDefaultOptOut(t *testing.T) {
	w := DefaultOptOut.Wishes()
	for value, words := range map[string]map[string][]string{"stop": DefaultOptOut.Stop, "resume": DefaultOptOut.Resume} {
		if len(words) != 11 {
			t.Errorf("%s: %d languages", value, len(words))
		}
		for language, list := range words {
			for _, word := range list {
				if got, ok := w.Heard(strings.ToUpper(word) + "."); !ok || got.Value != value {
					t.Errorf("%s: %q is heard as %q", language, word, got.Value)
				}
			}
		}
	}
	if _, ok := (Wishes{}).Heard("stop"); ok {
		t.Error("no words, and one is heard")
	}
	both := OptOut{Stop: map[string][]string{"x": {"weg"}}, Resume: map[string][]string{"y": {"WEG"}}}.Wishes()
	if got, _ := both.Heard("weg"); got.Value != "stop" {
		t.Errorf("a word for both counts as %q", got.Value)
	}
}

// FuzzHeard: what stands around a word does not matter, letters do.
func FuzzHeard(f *testing.F) {
	for _, s := range []string{"stop", " STOP ", "\u202bstop\u202c", "стоп", "a\u0301", "\xff", "🛑"} {
		f.Add(s)
	}
	w := DefaultOptOut.Wishes()
	f.Fuzz(func(t *testing.T, text string) {
		got, ok := w.Heard(text)
		if !utf8.ValidString(text) || len(text) > maxWish-8 {
			return
		}
		again, same := w.Heard("« " + text + "! ")
		if ok != same || got != again {
			t.Errorf("%q: %v %v, in quotes %v %v", text, got, ok, again, same)
		}
		if _, longer := w.Heard("zzz " + text); longer {
			t.Errorf("%q behind a word is heard", text)
		}
	})
}
