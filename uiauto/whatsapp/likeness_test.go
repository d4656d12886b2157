package whatsapp

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"

	"github.com/wabridge/wabridge"
)

func TestCompareText(t *testing.T) {
	long := strings.Repeat("word and word, ", 100)
	for _, c := range []struct {
		name, sent, shown string
		want              Likeness
	}{
		{"the same", "a b", "a b", Same},
		{"formatted", "*a* _b_", "a b", Same},
		{"a list", "* 1. a\n- b", "a\nb", Same},
		{"only marks, as they are", "***", "***", Same},
		{"only marks, shown otherwise", "***", "*", Unsure},
		{"only marks, shown as nothing", "_", "", Unsure},
		{"white space", " \u00a0\n", "", Unsure},
		{"letters are not shown as nothing", "a", "", Different},
		{"an emoji is not shown as nothing", "👍", " ", Different},
		{"composed and not", "e\u0301", "é", Same},
		{"an emoji's selector", "❤\ufe0f", "❤", Same},
		{"turned text", "\u202eab\u2069", "ab", Same},
		{"kinds of blanks", "a\u00a0\u202f\t b", "a b", Same},
		{"lines", "a\r\nb\rc", "a\nb\nc", Same},
		{"other letters", "code 1", "code 2", Different},
		{"other emojis", "👍", "❤", Different},
		{"punctuation alone differs", "hello!", "hello?", Unsure},
		{"a short beginning", "hello world", "hello", Different},
		{"cut by the app", long, long[:700] + "… Read more", Same},
		{"cut in a form that nobody knows", long, long[:700], Unsure},
		{"cut early", long, long[:120] + "… more", Unsure},
	} {
		if got := CompareText(c.sent, c.shown); got != c.want {
			t.Errorf("%s: got %d, want %d", c.name, got, c.want)
		}
	}
}

func TestWantCompare(t *testing.T) {
	text := func(s string) Want { return Want{Text: s} }
	doc := func(name, caption string) Want { return Want{Kind: "document", File: name, Text: caption} }
	shown := func(name, text string) Bubble { return Bubble{Media: "document", File: name, Text: text, Time: "1:00"} }
	for _, c := range []struct {
		name string
		want Want
		b    Bubble
		is   Likeness
	}{
		{"a caption that is the name", doc("a.pdf", "a.pdf"), shown("a.pdf", "a.pdf"), Same},
		{"a caption that is the name, shown without its ending", doc("a.pdf", "a.pdf"), shown("a", "a.pdf"), Same},
		{"a caption that is the name without its ending", doc("a.pdf", "a"), shown("a.pdf", "a"), Same},
		{"no caption", doc("a.pdf", ""), shown("a.pdf", "a.pdf"), Same},
		{"a caption of white space", doc("a.pdf", " \u00a0\n"), shown("a.pdf", "a.pdf"), Same},
		{"a caption that is not shown", doc("a.pdf", "see"), shown("a.pdf", "a.pdf"), Unsure},
		{"another caption", doc("a.pdf", "see"), shown("a.pdf", "look"), Different},
		{"another name", doc("a.pdf", ""), shown("b.pdf", "b.pdf"), Different},
		{"the name in another form", doc("e\u0301 .pdf", ""), shown("é .pdf", "é .pdf"), Same},
		{"dots at the end", doc("a...", ""), shown("a", "a"), Same},
		{"a text is no document of that name", text("a.pdf"), shown("a.pdf", "a.pdf"), Different},
		{"a document is no text", doc("a.pdf", "see"), Bubble{Text: "hello", Time: "1:00"}, Different},
		{"a caption of its own as a text", doc("a.pdf", "see"), Bubble{Text: "see", Time: "1:00"}, Unsure},
		{"a picture", Want{Kind: "image"}, Bubble{Media: "image", Time: "1:00"}, Same},
		{"a picture of which the bottom is out of sight", Want{Kind: "image"}, Bubble{Media: "image", Clipped: true}, Unsure},
		{"a picture that lost its caption", Want{Kind: "image", Text: "see"}, Bubble{Media: "image", Time: "1:00"}, Unsure},
		{"a file out of sight", Want{Kind: "image"}, Bubble{Media: "media", Time: "1:00", Clipped: true}, Unsure},
		{"another kind", Want{Kind: "image"}, Bubble{Media: "voice", Time: "1:00"}, Different},
		{"another kind, cut off", Want{Kind: "image"}, Bubble{Media: "voice", Clipped: true}, Unsure},
		{"a caption like a word of the app", Want{Kind: "image", Text: "Photo"}, Bubble{Media: "image", Text: "Photo", Time: "1:00"}, Same},
		{"nothing of a text is in sight", text("a"), Bubble{Clipped: true}, Unsure},
		{"a picture is no text", text("a"), Bubble{Media: "image", Time: "1:00"}, Different},
	} {
		if got := c.want.Compare(c.b); got != c.is {
			t.Errorf("%s: got %d, want %d", c.name, got, c.is)
		}
	}
}

func TestAbsentNeedsProof(t *testing.T) {
	out := func(text string) Bubble { return Bubble{Out: true, Text: text, Time: "1:00"} }
	in := func(text string) Bubble { return Bubble{Text: text, Time: "1:00"} }
	first := func(b Bubble) Bubble { b.First = true; return b }
	below := func(b Bubble) Bubble { b.Below = true; return b }
	pic := Bubble{Out: true, Media: "image", Time: "1:00"}
	cut := func(b Bubble) Bubble { b.Clipped, b.CutTop = true, true; return b }
	for _, c := range []struct {
		name      string
		want      Want
		note, now []Bubble
		known     []Want
		is        Verdict
	}{
		{name: "one bubble, perhaps another one", want: Want{Text: "x"}, note: []Bubble{in("a")}, now: []Bubble{in("a")}, is: Unclear},
		{name: "one bubble, where the chat begins", want: Want{Text: "x"}, note: []Bubble{first(in("a"))}, now: []Bubble{first(in("a"))}, is: Absent},
		{name: "nothing newer", want: Want{Text: "x"}, note: []Bubble{in("a"), in("b")}, now: []Bubble{in("a"), in("b")}, is: Absent},
		{name: "another text", want: Want{Text: "x"}, note: []Bubble{in("a"), in("b")}, now: []Bubble{in("a"), in("b"), out("y")}, is: Absent},
		{name: "a text that differs in nothing the app keeps", want: Want{Text: "x!"}, note: []Bubble{in("a"), in("b")}, now: []Bubble{in("a"), in("b"), out("x?")}, is: Unclear},
		{name: "a newer bubble of its kind that lost its caption", want: Want{Kind: "image", Text: "x"}, note: []Bubble{in("a"), in("b")}, now: []Bubble{in("a"), in("b"), pic}, is: Unclear},
		{name: "newer ones are out of sight", want: Want{Text: "x"}, note: []Bubble{in("a")}, now: []Bubble{in("a"), below(in("b"))}, is: Unclear},
		{name: "a picture below one that is cut off", want: Want{Kind: "image"}, note: []Bubble{first(in("a")), in("b"), pic}, now: []Bubble{cut(pic), pic}, is: Appeared},
		{name: "a picture, one cut off and messages below", want: Want{Kind: "image"}, note: []Bubble{in("a"), in("b"), pic}, now: []Bubble{cut(pic), pic, in("c"), in("d")}, is: Appeared},
		{name: "a picture that may be the noted one", want: Want{Kind: "image"}, note: []Bubble{in("a"), in("b"), pic}, now: []Bubble{pic, in("c")}, is: Unclear},
		{name: "a picture below one of another minute that is cut off", want: Want{Kind: "image"}, note: []Bubble{in("a"), pic}, now: []Bubble{{Out: true, Media: "image", Time: "0:59", Clipped: true}, pic}, is: Unclear},
		{name: "a picture below one of theirs that is cut off", want: Want{Kind: "image"}, note: []Bubble{pic, in("b")}, now: []Bubble{{Media: "image", Time: "1:00", Clipped: true}, pic, in("c")}, is: Unclear},
		{name: "an empty chat whose beginning is out of sight", want: Want{Text: "x"}, now: []Bubble{in("a"), in("b")}, is: Unclear},
		{name: "an empty chat from its beginning", want: Want{Text: "x"}, now: []Bubble{first(in("a")), in("b")}, is: Absent},
		{name: "one equal text may be another one", want: Want{Text: "x"}, note: []Bubble{in("a"), in("b"), in("ok")}, now: []Bubble{in("ok"), in("c"), in("d")}, is: Unclear},
		{name: "two different ones are no coincidence", want: Want{Text: "x"}, note: []Bubble{in("a"), in("b"), in("ok")}, now: []Bubble{in("b"), in("ok"), in("d")}, is: Absent},
		{name: "one that is known is not it", want: Want{Text: "x"}, note: []Bubble{in("a"), in("b")}, now: []Bubble{in("a"), in("b"), out("x")}, known: []Want{{Text: "x"}}, is: Absent},
		{name: "two of which one is known", want: Want{Text: "x"}, note: []Bubble{in("a"), in("b")}, now: []Bubble{in("a"), in("b"), out("x"), out("x")}, known: []Want{{Text: "x"}}, is: Appeared},
	} {
		if _, got := Find(c.want, Prints(c.note), c.now, c.known...); got != c.is {
			t.Errorf("%s: got %s, want %s", c.name, got, c.is)
		}
	}
}

// shownByApp draws what an app may show of a text.
func shownByApp(rng *rand.Rand, s string) string {
	forms := []func(string) string{
		strings.TrimSpace, norm.NFC.String, norm.NFD.String, DumpText,
		func(s string) string { return strings.NewReplacer("\ufe0f", "", "\u200d", "", "\u200b", "").Replace(s) },
		func(s string) string { return strings.NewReplacer("\u202e", "", "\u200f", "", "\u2066", "").Replace(s) },
		func(s string) string { return pairMarks.Replace(s) },
		func(s string) string { return strings.Join(strings.Fields(s), " ") },
		func(s string) string { return lineMark.ReplaceAllString(s, "") },
		func(s string) string { return "\u200e" + s },
	}
	for range rng.IntN(4) {
		s = forms[rng.IntN(len(forms))](s)
	}
	if r := []rune(s); len(r) > 768 && rng.IntN(2) == 0 { // the app cuts once, what it shows
		return string(r[:768]) + "… Read more"
	}
	return s
}

// shownName draws what an app may show of a file's name: it is not formatted.
func shownName(rng *rand.Rand, s string) string {
	forms := []func(string) string{strings.TrimSpace, norm.NFC.String, norm.NFD.String, DumpText, plainForm, withoutEnding,
		func(s string) string { return "\u200e" + s }}
	for range rng.IntN(3) {
		s = forms[rng.IntN(len(forms))](s)
	}
	return s
}

var pieces = []string{"a", "é", "e\u0301", "ß", "1", "1. ", "- ", "> ", "*", "_", "~", "```", " ", "\u00a0", "\n", "\r\n", "…", "...", "\u202e", "\u200f",
	"\u200b", "\ufe0f", "❤\ufe0f", "👩\u200d👧", "Photo", ".pdf", "!", "\x07", strings.Repeat("word ", 220)}

func drawText(rng *rand.Rand) string {
	var b strings.Builder
	for range rng.IntN(7) {
		b.WriteString(pieces[rng.IntN(len(pieces))])
	}
	return b.String()
}

// What the app makes of a text is never taken for certainly another one, so that
// it is never sent again for that.
func TestShownTextsAreNeverCertainlyOthers(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 2))
	for range 4000 {
		sent, name := drawText(rng), drawText(rng)
		shown := shownByApp(rng, sent)
		if CompareText(sent, shown) == Different {
			t.Fatalf("%+q shown as %+q is taken for another text", sent, shown)
		}
		m := &wabridge.Message{Type: "document", Text: wabridge.Text(sent), Media: &wabridge.Media{Name: name, MIME: "application/pdf"}}
		b := Bubble{Out: true, Media: "document", File: shownName(rng, FileName(m)), Text: shown, Time: "1:00"}
		if strings.TrimSpace(shown) == "" {
			b.Text = b.File
		}
		if WantOf(m).Compare(b) == Different {
			t.Fatalf("a document %+q with the caption %+q, shown as %+q with %+q, is taken for another one", FileName(m), sent, b.File, b.Text)
		}
	}
}

func FuzzCompareText(f *testing.F) {
	for _, s := range pieces {
		f.Add(s, "a"+s)
	}
	f.Fuzz(func(t *testing.T, sent, shown string) {
		if CompareText(sent, sent) == Different {
			t.Errorf("%+q is not itself", sent)
		}
		if len(sent) < 200 && len(shown) < 200 && CompareText(sent, shown) == Same && CompareText(shown, sent) != Same {
			t.Errorf("%+q and %+q are the same one way only", sent, shown)
		}
		_ = compareName(sent, shown)
		_ = Want{Text: sent}.Quotes(Quote{Text: shown}, nil)
	})
}

// FuzzFind draws windows of a chat. Our bubble below the note is never absent, and
// never found where it is not.
func FuzzFind(f *testing.F) {
	f.Add(uint64(1), uint64(2))
	f.Add(uint64(3), uint64(99))
	f.Fuzz(func(t *testing.T, a, b uint64) {
		rng := rand.New(rand.NewPCG(a, b))
		draw := func() Bubble {
			x := Bubble{Out: rng.IntN(2) == 0, Text: fmt.Sprint("t", rng.IntN(3)), Time: fmt.Sprint("1:0", rng.IntN(2))}
			switch rng.IntN(5) {
			case 0:
				x.Media, x.Text = "image", ""
			case 1:
				x.Media, x.File = "document", "a.pdf"
			}
			return x
		}
		var chat []Bubble
		for range rng.IntN(12) {
			chat = append(chat, draw())
		}
		shownFrom := rng.IntN(len(chat) + 1)
		note := Prints(chat[shownFrom:])
		ours := draw()
		ours.Out = true
		want := Want{Text: ours.Text, Kind: ours.Media, File: ours.File}
		if shownFrom == len(chat) && len(chat) > 0 {
			return // an empty note is that of an empty chat
		}
		for _, left := range []bool{true, false} {
			after := append([]Bubble{}, chat...)
			if left {
				after = append(after, ours)
			}
			for range rng.IntN(4) {
				x := draw()
				x.Out = false
				after = append(after, x)
			}
			now := append([]Bubble{}, after[rng.IntN(shownFrom+1):]...)
			switch {
			case len(now) == len(after) && len(now) > 0:
				now[0].First = true
			case len(now) > 0 && now[0].Media == "image" && rng.IntN(2) == 0:
				now[0].Clipped, now[0].CutTop = true, true
			}
			if _, v := Find(want, note, now); left && v == Absent || !left && v == Appeared {
				t.Errorf("left %t, and %s: %s", left, v, Outline(note, now))
			}
		}
	})
}
