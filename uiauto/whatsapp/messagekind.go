package whatsapp

import "slices"

// A MessageKind is what a message is: a text, a picture, a contact card. It is the
// one word for it in bubbles, notifications, chat lists and comparisons; the
// table below has the other vocabularies.
type MessageKind = string

// The kinds of messages.
const (
	TextMessage         MessageKind = ""
	ImageMessage        MessageKind = "image"
	VideoMessage        MessageKind = "video"
	GIFMessage          MessageKind = "gif"
	VoiceMessage        MessageKind = "voice"
	AudioMessage        MessageKind = "audio"
	DocumentMessage     MessageKind = "document"
	StickerMessage      MessageKind = "sticker"
	ContactMessage      MessageKind = "contact"
	LocationMessage     MessageKind = "location"
	LiveLocationMessage MessageKind = "live_location"
	PollMessage         MessageKind = "poll"
	ViewOnceMessage     MessageKind = "view_once"
	ReactionMessage     MessageKind = kindReaction
	CallMessage         MessageKind = "call"        // a line that tells of a missed call
	DeletedMessage      MessageKind = "deleted"     // its author or an admin took it back
	WaitingMessage      MessageKind = "waiting"     // its text has not come yet
	UnsupportedMessage  MessageKind = "unsupported" // the app itself cannot show it
	FileMessage         MessageKind = "media"       // a file of which the screen tells no more
)

// A KindNames is a row of the table: one kind of message in all vocabularies.
type KindNames struct {
	Kind MessageKind
	// Type is the Cloud API's name. A type for which a phone shows no object
	// (a poll, a contact card without its numbers) goes out as `unsupported` with
	// this name.
	Type string
	// MIME is the most likely type of its file in the phone's storage, "" for
	// kinds that have none there.
	MIME  string
	Voice bool // of an audio file: a voice note
	// Signs are the pictures that tell the kind alone, whatever stands behind them
	// in notifications and in the chat list. Of these only 📷 was captured; 📊 is
	// from memory, the others are known from programs that read notifications.
	Signs []string
	Word  string   // what stands behind the sign in our own notes, in English
	Words []string // keys of words.yaml that stand for it, behind a sign
	// Whole: the words count without a sign before them, too.
	Whole bool
	// LooksLike are further kinds that its bubble may be taken for: a chat does not
	// tell all kinds apart.
	LooksLike []MessageKind
}

// kindNames is the table of kinds of messages. Where words of several rows fit,
// the first row counts.
var kindNames = []KindNames{
	{Kind: TextMessage, Type: "text"},
	{Kind: ViewOnceMessage, Type: "view_once", Word: "View once photo", Words: []string{"media_view_once"}, Whole: true, LooksLike: []MessageKind{ImageMessage, VideoMessage, VoiceMessage}},
	{Kind: CallMessage, Type: "call", Word: "Missed voice call", Words: []string{"missed_voice_call", "missed_video_call", "missed_group_call"}, Whole: true},
	{Kind: WaitingMessage, Type: "unsupported", Words: []string{"waiting"}, Whole: true},
	{Kind: DeletedMessage, Type: "deleted", Words: []string{"deleted", "deleted_own"}, Whole: true},
	{Kind: UnsupportedMessage, Type: "unsupported", Words: []string{"unsupported"}, Whole: true},
	{Kind: ReactionMessage, Type: "reaction", Words: []string{"reaction"}, Whole: true},
	{Kind: ImageMessage, Type: "image", MIME: "image/jpeg", Signs: []string{"📷", "📸"}, Word: "Photo", Words: []string{"media_photo"}},
	{Kind: VideoMessage, Type: "video", MIME: "video/mp4", Signs: []string{"🎥", "📹"}, Word: "Video", Words: []string{"media_video"}, LooksLike: []MessageKind{ImageMessage}},
	{Kind: GIFMessage, Type: "video", MIME: "video/mp4", Signs: []string{"👾", "🎞"}, Word: "GIF", Words: []string{"media_gif"}, LooksLike: []MessageKind{VideoMessage, ImageMessage}},
	{Kind: VoiceMessage, Type: "audio", MIME: "audio/ogg; codecs=opus", Voice: true, Signs: []string{"🎤", "🎙"}, Word: "Voice message", Words: []string{"media_voice"}, LooksLike: []MessageKind{AudioMessage, DocumentMessage}},
	{Kind: AudioMessage, Type: "audio", MIME: "audio/mpeg", Signs: []string{"🎵", "🎧"}, Word: "Audio", Words: []string{"media_audio"}, LooksLike: []MessageKind{VoiceMessage, DocumentMessage}},
	{Kind: DocumentMessage, Type: "document", MIME: "application/octet-stream", Signs: []string{"📄"}, Word: "Document", Words: []string{"media_document"}, LooksLike: []MessageKind{ImageMessage, VideoMessage, AudioMessage}},
	{Kind: StickerMessage, Type: "sticker", MIME: "image/webp", Signs: []string{"💟"}, Word: "Sticker", Words: []string{"media_sticker"}, LooksLike: []MessageKind{ImageMessage}},
	{Kind: LiveLocationMessage, Type: "live_location", Word: "Live location", Words: []string{"media_live_location"}, LooksLike: []MessageKind{LocationMessage}},
	{Kind: LocationMessage, Type: "location", Signs: []string{"📍", "📌"}, Word: "Location", Words: []string{"media_location"}},
	{Kind: ContactMessage, Type: "contacts", Signs: []string{"👤"}, Word: "Contact", Words: []string{"media_contact"}, LooksLike: []MessageKind{DocumentMessage}},
	{Kind: PollMessage, Type: "poll", Signs: []string{"📊"}, Word: "Poll", Words: []string{"media_poll"}},
	{Kind: FileMessage, Type: "unsupported", Signs: []string{"📎"}, Word: "Media"},
}

// NamesOf is the row of a kind; an unknown kind has that of FileMessage.
func NamesOf(kind MessageKind) KindNames {
	if i := slices.IndexFunc(kindNames, func(n KindNames) bool { return n.Kind == kind }); i >= 0 {
		return kindNames[i]
	}
	return kindNames[len(kindNames)-1]
}

// mayShowAs reports whether a message of the kind may be shown as a bubble of
// another: the app shows a voice note's file or a sticker's as a plain one, and
// pictures that were sent as a file as pictures.
func (n KindNames) mayShowAs(kind MessageKind) bool {
	return kind == n.Kind || slices.Contains(n.LooksLike, kind)
}

// Alike reports whether two kinds may be one and the same message, seen in two
// places that do not tell all kinds apart.
func Alike(a, b MessageKind) bool {
	return a == b || a == FileMessage && b != TextMessage || b == FileMessage && a != TextMessage ||
		NamesOf(a).mayShowAs(b) || NamesOf(b).mayShowAs(a)
}

// Placeholder is the note of a message that is no text where only its bubble was
// seen, in the form that notifications have: a sign and what its author wrote, or
// a word.
func Placeholder(kind MessageKind, caption string) string {
	n := NamesOf(kind)
	sign := "📎"
	if len(n.Signs) > 0 {
		sign = n.Signs[0]
	}
	if caption == "" {
		caption = n.Word
	}
	return sign + " " + caption
}
