package whatsapp

import (
	"path"
	"slices"
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

// looksLike lists for each kind what its bubble may be taken for: a chat does
// not tell all kinds apart, and the app shows a voice note's file or a sticker's
// as a plain one. What is not listed is another kind.
var looksLike = map[string][]string{
	"image":    {"image"},
	"video":    {"video", "image"},
	"audio":    {"audio", "voice", "document"},
	"voice":    {"voice", "audio", "document"},
	"document": {"document", "image", "video", "audio"}, // pictures sent as a file may be shown as pictures
	"sticker":  {"sticker", "image"},
	"contact":  {"contact", "document"},
}

// Shows reports whether a bubble shows it. White space, formatting and the cut
// of long texts are forgiven as in BubbleShows.
func (w Want) Shows(b Bubble) bool {
	if w.Kind == "" {
		return BubbleShows(w.Text, b)
	}
	if w.Kind == kindReaction {
		return false
	}
	if b.Media != "media" && !slices.Contains(looksLike[w.Kind], b.Media) {
		return false
	}
	if w.Kind == "document" && b.Media == "document" && !sameFile(w.File, b.File) {
		return false
	}
	caption := b.Caption()
	if strings.TrimSpace(w.Text) == "" {
		return caption == ""
	}
	return BubbleShows(w.Text, Bubble{Text: caption, More: b.More})
}

// sameFile compares the name of a file with the one shown: the app may leave
// the ending out. A name that is not shown says nothing.
func sameFile(name, shown string) bool {
	if name == "" || shown == "" {
		return true
	}
	name, shown = flat(name), flat(shown)
	return name == shown || strings.TrimSuffix(name, path.Ext(name)) == shown
}

func flat(s string) string {
	return strings.Join(strings.Fields(uiauto.Clean(DumpText(s))), " ")
}

// Quotes reports whether a quote (of the panel or of a bubble) is of it: its
// text, at least its beginning, or for a file without a caption the app's word
// for such a file.
func (w Want) Quotes(q Quote, words *uiauto.Words) bool {
	shown := flat(q.Text)
	if w.Kind != "" {
		shown = strings.TrimLeftFunc(shown, sign)
	}
	if shown == "" {
		return false
	}
	if w.Text != "" {
		if BubbleShows(w.Text, Bubble{Text: q.Text}) || BubbleShows(w.Text, Bubble{Text: shown}) {
			return true
		}
		want, have := skeleton(w.Text), skeleton(strings.TrimSuffix(shown, "…"))
		return len(have) >= minQuote && strings.HasPrefix(want, have)
	}
	if w.File != "" && sameFile(w.File, shown) {
		return true
	}
	for _, key := range kindWords[w.Kind] {
		for _, x := range words.Wordings(key) {
			if strings.HasPrefix(uiauto.Fold(shown), uiauto.Fold(x.Text)) {
				return true
			}
		}
	}
	return false
}

// sign is what stands before the words for a file: a pictogram and a blank.
func sign(r rune) bool { return r == ' ' || !unicode.IsLetter(r) && !unicode.IsDigit(r) && r >= 0x2000 }

// minQuote is how many bytes of a cut quote must be there.
const minQuote = 20

// kindWords are the app's words for files.
var kindWords = map[string][]string{
	"image": {"media_photo"}, "video": {"media_video"}, "audio": {"media_audio"}, "voice": {"media_voice"},
	"document": {"media_document"}, "sticker": {"media_sticker"}, "contact": {"media_contact"},
}

// Previews reports whether the preview of a row of the chat list is of it: the
// list shows one line, cuts it, and puts a sign or a word before what a file's
// caption says.
func (w Want) Previews(preview string, words *uiauto.Words) bool {
	got := strings.TrimSuffix(strings.TrimSuffix(flat(preview), "…"), "...")
	if got == "" || w.Kind == kindReaction {
		return got != "" && words.Is("reaction", preview)
	}
	if w.Kind == "" {
		return strings.HasPrefix(flat(w.Text), got) || BubbleShows(w.Text, Bubble{Out: true, Text: preview})
	}
	got = strings.TrimLeftFunc(got, sign)
	if w.Text != "" {
		return got != "" && (strings.HasPrefix(flat(w.Text), got) || BubbleShows(w.Text, Bubble{Text: got}))
	}
	return got == "" || w.Quotes(Quote{Text: got}, words)
}
