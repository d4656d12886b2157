package whatsapp

import (
	"strings"
	"unicode"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/uiauto"
)

// A Want is what the bubble of a message shows.
type Want struct {
	Text string // of a text message; of a file its caption
	Kind string // "" for text; else image, video, audio, voice, document, sticker, contact
	File string // the name of a document
}

// WantOf is what the bubble of a message shows. The kind of a file that goes
// with a template or a question is that of its MIME type.
func WantOf(m *wabridge.Message) Want {
	w := Want{Text: string(m.Text)}
	switch {
	case m.Type == "reaction":
		w.Kind = kindReaction
		return w
	case m.Media == nil:
		return w
	}
	w.Kind, w.File = KindOf(m), FileName(m)
	return w
}

// kindReaction is no bubble: a reaction stands below that of another message.
const kindReaction = "reaction"

// KindOf is how the phone shows the file of a message, "" for a text message.
func KindOf(m *wabridge.Message) string {
	if m.Media == nil {
		return ""
	}
	major, minor, _ := strings.Cut(mimeType(m), "/")
	switch {
	case m.Type == "document":
		return "document"
	case m.Type == "sticker":
		return "sticker"
	case m.Type == "contacts", minor == "vcard", minor == "x-vcard":
		return "contact"
	case major == "audio" && m.Media.Voice:
		return "voice"
	case major == "image", major == "video", major == "audio":
		return major
	}
	return "document"
}

// mimeType is the type of a message's file without parameters.
func mimeType(m *wabridge.Message) string {
	mime, _, _ := strings.Cut(strings.ToLower(m.Media.MIME), ";")
	return strings.TrimSpace(mime)
}

// Shows reports whether a bubble shows it, as far as the app shows anything.
func (w Want) Shows(b Bubble) bool { return w.Compare(b) == Same }

// Compare says whether a bubble is of it. Different needs proof: a whole bubble
// of another kind, another file name, or clearly other letters.
func (w Want) Compare(b Bubble) Likeness {
	switch w.Kind {
	case kindReaction:
		return Different // it is no bubble
	case "":
		return w.compareText(b)
	}
	return w.compareFile(b)
}

// compareText compares a text message with a bubble. What stands in a bubble
// counts, whatever else is in it: a link's preview looks like a picture.
func (w Want) compareText(b Bubble) Likeness {
	switch {
	case b.Media == "document" && b.Caption() == "":
		return orUnsure(Different, b.Clipped)
	case b.Text == "" && (b.Clipped || b.Media == "" || b.Media == "media"):
		return Unsure
	case b.Text == "":
		return Different
	}
	return CompareText(w.Text, b.Text)
}

// compareFile compares a file and its caption with a bubble.
func (w Want) compareFile(b Bubble) Likeness {
	switch {
	case b.Media == "" && (b.Text == "" || b.Clipped):
		return Unsure
	case b.Media == "":
		return atMost(CompareText(w.Text, b.Text), Unsure)
	case b.Media != "media" && !NamesOf(w.Kind).mayShowAs(b.Media):
		return orUnsure(Different, b.Clipped)
	}
	if w.Kind == "document" && b.Media == "document" {
		if name := compareName(w.File, b.File); name != Same && b.File != "" {
			return orUnsure(name, b.Clipped)
		}
	}
	return w.compareCaption(b)
}

// compareCaption compares the captions of two files of one kind.
func (w Want) compareCaption(b Bubble) Likeness {
	sent, shown := w.caption(w.Text), w.caption(b.Caption())
	switch {
	case shown != "":
		return CompareText(sent, shown)
	case sent != "": // it may have lost its caption, or stand at an edge
		return Unsure
	}
	// The bottom of a bubble, where a caption would be, shows its time.
	return orUnsure(Same, b.Media == "media" || b.Clipped && b.Time == "")
}

// caption is a caption in the form in which those of a file are compared: one of
// nothing but white space is none, and neither is a document's own name, for the
// bubble shows that anyway.
func (w Want) caption(text string) string {
	if plainForm(text) == "" || w.Kind == "document" && compareName(w.File, text) == Same {
		return ""
	}
	return text
}

// orUnsure is l, or Unsure if the bubble is not wholly seen.
func orUnsure(l Likeness, part bool) Likeness {
	if part {
		return Unsure
	}
	return l
}

// atMost is l, with most in the place of Same.
func atMost(l, most Likeness) Likeness {
	if l == Same {
		return most
	}
	return l
}

// Quotes reports whether a quote (of the panel or of a bubble) is of it: its
// text, at least its beginning, or for a file without a caption the app's word
// for such a file.
func (w Want) Quotes(q Quote, words *uiauto.Words) bool {
	shown := plainForm(q.Text)
	switch {
	case shown == "":
		return false
	case showsInLine(w.Text, shown, minQuote):
		return true
	case w.Kind == "":
		return false
	}
	shown = strings.TrimLeftFunc(shown, sign)
	if plainForm(w.Text) != "" {
		return showsInLine(w.Text, shown, minQuote)
	}
	if w.File != "" && compareName(w.File, shown) == Same {
		return true
	}
	for _, key := range NamesOf(w.Kind).Words {
		for _, x := range words.Wordings(key) {
			if strings.HasPrefix(uiauto.Fold(shown), uiauto.Fold(x.Text)) {
				return true
			}
		}
	}
	return false
}

// showsInLine reports whether a line, that of a quote or of a row of the chat
// list, is of a text: the whole of it, or its beginning. At least minQuote bytes
// must be there of that, or shown where the line ends in an ellipsis. Line ends
// are blanks there.
func showsInLine(sent, line string, shown int) bool {
	if CompareText(sent, line) == Same {
		return true
	}
	head := strings.TrimRight(strings.TrimSuffix(strings.TrimSuffix(line, "…"), "..."), " ")
	cut := head != strings.TrimRight(line, " ")
	for _, form := range []func(string) string{plainForm, skeleton, letters} {
		whole, got := form(oneLine(sent)), form(head)
		if got == "" || !strings.HasPrefix(whole, got) {
			continue
		}
		if whole == got || cut && len(got) >= shown || len(got) >= minQuote {
			return true
		}
	}
	return false
}

func oneLine(s string) string { return strings.ReplaceAll(DumpText(s), "\n", " ") }

// sign is what stands before the words for a file: a pictogram and a blank.
func sign(r rune) bool { return r == ' ' || !unicode.IsLetter(r) && !unicode.IsDigit(r) && r >= 0x2000 }

// minQuote is how many bytes of a quote's beginning must be there; minShown, of a
// row's that ends in an ellipsis.
const (
	minQuote = 20
	minShown = 3
)

// Previews reports whether the preview of a row of the chat list is of it: the
// list shows one line, cuts it, and puts a sign or a word before what a file's
// caption says.
func (w Want) Previews(preview string, words *uiauto.Words) bool {
	got := plainForm(preview)
	if w.Kind == kindReaction {
		return got != "" && words.Is("reaction", preview)
	}
	if w.Kind == "" || got == "" {
		return got != "" && showsInLine(w.Text, got, minShown)
	}
	if got = strings.TrimLeftFunc(got, sign); plainForm(w.Text) != "" {
		return got != "" && showsInLine(w.Text, got, minShown)
	}
	return got == "" || w.Quotes(Quote{Text: got}, words)
}
