package whatsapp

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/wabridge/wabridge/uiauto"
)

// TestMessageKinds: one table has all names of a kind, and none of two kinds is
// the same but where it says so.
func TestMessageKinds(t *testing.T) {
	words := profiles(t).Words
	for _, n := range kindNames {
		for _, key := range n.Words {
			if !words.Has(key) {
				t.Errorf("%q names the word %s, which is not there", n.Kind, key)
			}
		}
		for _, k := range n.LooksLike {
			if NamesOf(k).Kind != k {
				t.Errorf("%q looks like %q, which is no kind", n.Kind, k)
			}
		}
		if n.Kind == TextMessage || n.Word == "" {
			continue
		}
		for _, caption := range []string{"", "Ann"} {
			p := ReadParaphrase(Placeholder(n.Kind, caption), words)
			if caption == "" && p.Kind != n.Kind || caption != "" && len(n.Signs) > 0 && n.Kind != FileMessage && (p.Kind != n.Kind || p.Rest != caption) {
				t.Errorf("our own note of %q, %q, is read as %+v", n.Kind, Placeholder(n.Kind, caption), p)
			}
		}
		for _, key := range n.Words {
			for _, w := range words.Wordings(key) {
				if strings.Contains(w.Text, "%") {
					continue
				}
				if p := ReadParaphrase("💬 "+w.Text, words); !sameWords(p.Kind, n.Kind, w.Text, words) || p.Rest != "" {
					t.Errorf("%s, %q: %+v", key, w.Text, p)
				}
			}
		}
	}
}

// sameWords reports whether a wording stands for both kinds: in some languages a
// video and a film are one word.
func sameWords(a, b MessageKind, text string, words *uiauto.Words) bool {
	return a == b || slices.ContainsFunc(NamesOf(a).Words, func(key string) bool { return words.Is(key, text) })
}

// TestBubbleKindsAreOfTheTable: what a bubble is read as is a kind of the table.
func TestBubbleKindsAreOfTheTable(t *testing.T) {
	for _, m := range mediaRoles {
		if NamesOf(m.kind).Kind != m.kind {
			t.Errorf("%s is read as %q, which the table does not have", m.role, m.kind)
		}
	}
	for _, c := range []struct {
		kind, bubble MessageKind
		want         bool
	}{
		{ImageMessage, ImageMessage, true}, {ImageMessage, VideoMessage, false}, {VideoMessage, ImageMessage, true}, {VoiceMessage, AudioMessage, true},
		{AudioMessage, DocumentMessage, true}, {DocumentMessage, ImageMessage, true}, {ImageMessage, DocumentMessage, false},
		{StickerMessage, ImageMessage, true}, {ContactMessage, DocumentMessage, true}, {ContactMessage, ImageMessage, false},
	} {
		if got := NamesOf(c.kind).mayShowAs(c.bubble); got != c.want {
			t.Errorf("%q may be shown as %q: %t", c.kind, c.bubble, got)
		}
	}
}

func TestReadReaction(t *testing.T) {
	words := profiles(t).Words
	for text, want := range map[string][2]string{
		`Reacted 👍 to "hello"`: {"👍", "hello"}, `Reagiu com ❤️ a "Olá, "tudo" bem?"`: {"❤️", `Olá, "tudo" bem?`},
		"Hat mit 😂 auf „hallo“ reagiert": {"😂", "hallo"}, "« bonjour » : réaction 🙏🏽": {"🙏🏽", " bonjour "},
		`Реакция 👍 на "👍"`: {"👍", "👍"}, `👍 to "📷 Photo"`: {"👍", "📷 Photo"},
		`she said "hello"`: {"", "hello"}, `👍 👍 "two"`: {"", "two"}, "👍": {"👍", ""}, "": {"", ""}, `写 "x"`: {"", "x"},
	} {
		if emoji, quote, _ := ReadReaction(text); emoji != want[0] || quote != want[1] {
			t.Errorf("%q: got %q, %q, want %q", text, emoji, quote, want)
		}
	}
	for text, want := range map[string]bool{
		`Reagiu com ❤️ a "Olá"`: true, "Hat mit 😂 auf „hallo“ reagiert": true, `Реакция 👍 на "привет"`: true,
		`"Yes" 👍`: false, `👍 "Yes"`: false, `I like "Yes" 👍`: false, `my 👍 for "Yes" and all that you did`: false, `no emoji "Yes"`: false, "two 👍 words": false,
	} {
		if _, _, ok := ReadReaction(text); ok != want {
			t.Errorf("%q may be a reaction: %t, want %t", text, ok, want)
		}
	}
	if p := ReadParaphrase(`Reacted 👍 to "hello."`, words); p.Emoji != "👍" || p.Quote != "hello." {
		t.Errorf("the quotation loses what it ends in: %+v", p)
	}
}

// TestTypedTextsStayTexts draws texts of people that are no description of the
// app's: words, numbers and pictures in any order.
func TestTypedTextsStayTexts(t *testing.T) {
	words := profiles(t).Words
	parts := []string{"hello", "5", "😀", "👍", "☎", "+1 555", "ok.", "Photo", "waiting", "deleted", "»", "\n", "🏠", "12:30", "—"}
	r := rand.New(rand.NewPCG(1, 2))
	for range 20000 {
		var list []string
		for range 1 + r.IntN(6) {
			list = append(list, parts[r.IntN(len(parts))])
		}
		text := strings.Join(list, " ")
		p := ReadParaphrase(text, words)
		if p.Kind != TextMessage && !(len(list) == 2 && list[1] == "Photo") {
			t.Fatalf("%q is read as %+v", text, p)
		}
	}
}

func FuzzReadParaphrase(f *testing.F) {
	f.Add(`Reacted 👍 to "hello"`)
	f.Add("📷 Photo")
	f.Add("1️⃣ View once photo")
	f.Add("„“")
	words := profiles(f).Words
	f.Fuzz(func(t *testing.T, text string) {
		p := ReadParaphrase(text, words)
		if p.Kind == TextMessage && (p.Rest != "" || p.Emoji != "") {
			t.Errorf("%q is a text with parts: %+v", text, p)
		}
		if NamesOf(p.Kind).Kind != p.Kind {
			t.Errorf("%q has a kind that no row has: %q", text, p.Kind)
		}
	})
}
