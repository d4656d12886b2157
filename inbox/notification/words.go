package notification

import (
	"strings"
	"sync"

	"github.com/wabridge/wabridge/uiauto"
)

// Words are the app's own texts in all known languages, those of the app
// profiles. They only ever narrow what a record is; no message is found by a
// word.
type Words struct{ *uiauto.Words }

// DefaultWords are those of the built-in profiles.
func DefaultWords() Words { return Words{builtin()} }

var builtin = sync.OnceValue(func() *uiauto.Words {
	p, err := uiauto.LoadProfiles("")
	if err != nil {
		panic("notification: built-in profiles: " + err.Error())
	}
	return p.Words
})

// service and missedCall are the words of records that are no messages.
var (
	service    = []string{"notice_maybe_new", "notice_checking", "notice_web_active", "notice_backup", "notice_voice_from"}
	missedCall = []string{
		"missed_voice_call", "missed_video_call", "missed_group_call", "missed_call_other",
		"count_missed_voice", "count_missed_video",
	}
)

func (w Words) oneOf(s string, keys []string) bool { return w.Which(s, keys...) != "" }

// signs are the pictures that stand before the media words. Of these only 📷
// was captured; the others are known from programs that read notifications.
var signs = map[string]string{
	"📷": "image", "📸": "image", "🎥": "video", "📹": "video", "🎤": "voice", "🎙": "voice", "🎵": "audio", "🎧": "audio",
	"📄": "document", "📍": "location", "📌": "location", "👤": "contacts", "💟": "sticker", "👾": "gif", "🎞": "gif",
}

// mediaWords are the words behind a picture that is not in signs.
var mediaWords = []struct{ key, kind string }{
	{"media_photo", "image"}, {"media_video", "video"}, {"media_voice", "voice"}, {"media_audio", "audio"},
	{"media_document", "document"}, {"media_sticker", "sticker"}, {"media_gif", "gif"},
	{"media_live_location", "live_location"}, {"media_location", "location"}, {"media_contact", "contacts"},
	{"media_poll", "poll"}, {"media_view_once", "view_once"},
}

// MediaKind guesses what a text stands for: by the picture before it, else by
// the whole word behind a picture. "" is plain text. Somebody may have typed
// the same, so it is a guess.
func (w Words) MediaKind(text string) string {
	sign, word, ok := strings.Cut(uiauto.Clean(text), " ")
	if !ok {
		return ""
	}
	sign = strings.TrimSuffix(sign, "\ufe0f")
	if kind, ok := signs[sign]; ok {
		return kind
	}
	if isLetter(sign) {
		return ""
	}
	for _, m := range mediaWords {
		if w.Is(m.key, word) {
			return m.kind
		}
	}
	return ""
}

// isLetter reports whether s begins like a word or a number.
func isLetter(s string) bool {
	for _, r := range s {
		return r < 0x2000
	}
	return true
}

// cutCounter removes " (2 messages)" from the end of a group's name. A group
// that is really called so loses it as well.
func (w Words) cutCounter(name string) string {
	open := strings.LastIndex(name, " (")
	inner, ok := strings.CutSuffix(name[max(open, 0):], ")")
	if open < 0 || !ok || !w.Is("count_messages", inner[2:]) {
		return name
	}
	return name[:open]
}
