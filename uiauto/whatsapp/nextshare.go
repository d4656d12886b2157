package whatsapp

import (
	"slices"
	"strings"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/displayname"
)

// A Share is a file that was shared, or attached, and whose preview is looked
// for.
type Share struct {
	Goal         // the chat; Text is the caption
	Want  Want   // what is to go
	Title string // the header of the chat, proven in this very attempt
	// Drafted: a voice message stood unsent in the chat before the file was
	// shared, so that one that stands there now proves nothing.
	Drafted bool
	// Attached: the preview was opened from within the proven chat, by its own
	// button, so that it needs no recipient to prove it.
	Attached bool
}

// NextShare decides about one look on the way from a shared file to the tap.
// It taps send only in a preview of this one file, for this one chat, with
// exactly this caption, or of a sound that stands unsent in the proven chat; the
// send button of the chat itself is never tapped.
func NextShare(s Screen, g Share) Action {
	switch s.Kind {
	case MediaPreview:
		return nextInPreview(s, g)
	case Chat:
		return nextInDraft(s, g)
	case ChatList, HomeTab:
		return again("the preview is not open yet")
	case Picker:
		if g.Attached {
			return again("the picker is still there")
		}
		return back(wabridge.CodeWrongChat, "sharing led to a picker instead of a preview")
	case SendPreview, Search, ReactionTray, AttachSheet:
		return back(wabridge.CodeWrongChat, "sharing led to "+string(s.Kind)+" instead of a preview")
	case CannotShare:
		return back(wabridge.CodeMediaUpload, "the app says that it cannot share this file")
	case NotOnWhatsApp, BadNumber, LookupFailed, OpenConfirm:
		return back(wabridge.CodeScreen, "a dialog over the shared file: "+string(s.Kind))
	}
	return Next(s, Goal{CanUnlock: g.CanUnlock})
}

// nextInDraft looks at the chat itself: a shared sound may stand there at once, as
// a voice message that is not sent yet.
func nextInDraft(s Screen, g Share) Action {
	if OwnDraft(s, g) {
		return Action{Do: DoTapSend, At: s.Draft.Bounds, Why: "the sound stands as a draft in the chat that was just proven"}
	}
	return again("the preview is not open yet")
}

// OwnDraft reports whether the voice message that stands unsent in a chat is the
// sound that was shared: in the proven chat, where none stood before.
func OwnDraft(s Screen, g Share) bool {
	return s.Kind == Chat && s.Draft != nil && s.Chat != nil && g.Title != "" && s.Chat.Title == g.Title &&
		!g.Drafted && (g.Want.Kind == "audio" || g.Want.Kind == "voice")
}

// nextInPreview proves the preview.
func nextInPreview(s Screen, g Share) Action {
	p := s.Preview
	proof, ok := provenPreview(p, g)
	switch {
	case len(p.Recipients) == 0 && !ok:
		return back(wabridge.CodeWrongChat, "the preview does not say who gets the file")
	case !ok:
		return back(wabridge.CodeWrongChat, proof)
	case p.Files > 1:
		return back(wabridge.CodeScreen, "the preview holds more than one file")
	case p.File != "" && g.Want.Kind == "document" && compareName(g.Want.File, p.File) == Different:
		return back(wabridge.CodeScreen, "the preview is of another file")
	case s.Send == nil || s.Send.Bounds.Empty():
		return again("the preview has no send button yet")
	case s.Sends > 1:
		return again("the preview has more than one send button")
	case strings.TrimSpace(g.Text) != "" && p.Field == nil:
		return Action{Do: DoFail, Code: wabridge.CodeUnsupported, Why: "the app takes no caption with such a file"}
	case strings.TrimSpace(g.Text) == "" && p.Caption != "":
		return back(wabridge.CodeMediaUpload, "the preview holds a caption that is not ours")
	case strings.TrimSpace(g.Text) != "" && !SameText(g.Text, p.Caption):
		return back(wabridge.CodeMediaUpload, "the preview does not hold the whole caption")
	}
	return Action{Do: DoTapSend, At: s.Send.Bounds, Why: proof + "; the preview holds the caption"}
}

// provenPreview says whether the preview is for the wanted chat alone: by the
// number or the name it shows, as a chat's header would; by the very title of
// the chat that was proven just before; or by the way taken.
func provenPreview(p *Preview, g Share) (proof string, ok bool) {
	switch {
	case len(p.Recipients) > 1:
		return "the preview names several recipients", false
	case len(p.Recipients) == 0:
		return "the preview was opened from within the proven chat", g.Attached
	}
	name := p.Recipients[0]
	if shared := g.Owner == TitleShared || g.Owner == TitleTold; shared {
		return "several chats of this phone have the preview's title", g.Attached
	}
	if g.Title != "" && displayname.Same(bare(g.Title), bare(name)) {
		return "the preview names the chat that was just proven", true
	}
	header := Header{Title: name, Number: displayname.Number(name)}
	plain := g.Goal
	plain.Direct, plain.Owner = false, TitleUnknown
	if proof, ok := Proven(header, plain); ok {
		return "in the preview " + proof, true
	}
	return "the preview is for somebody else", false
}

// bare is a name without what the app puts behind that of the chat with oneself.
func bare(title string) string {
	if i := strings.LastIndex(title, " ("); i > 0 && strings.HasSuffix(title, ")") {
		return title[:i]
	}
	return title
}

// TrayEmojis are the reactions that the app offers at once over a message that
// is held down. Only these can be given. (From memory of the app; what a phone
// really offers is read from its screen.)
var TrayEmojis = []string{"👍", "❤️", "😂", "😮", "😢", "🙏"}

// SameEmoji compares emojis without the selectors of their presentation: ❤ and
// ❤️ are one.
func SameEmoji(a, b string) bool { return a != "" && bareEmoji(a) == bareEmoji(b) }

func bareEmoji(s string) string {
	return strings.NewReplacer("\ufe0f", "", "\ufe0e", "", " ", "").Replace(s)
}

// HasEmoji reports whether an emoji is among the reactions below a bubble.
func HasEmoji(shown, emoji string) bool {
	return emoji != "" && strings.Contains(bareEmoji(shown), bareEmoji(emoji))
}

// InTray finds an emoji in the tray.
func InTray(tray []Emoji, emoji string) (Emoji, bool) {
	i := slices.IndexFunc(tray, func(e Emoji) bool { return SameEmoji(e.Text, emoji) })
	if i < 0 {
		return Emoji{}, false
	}
	return tray[i], true
}
