package notification

import (
	_ "embed"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/wabridge/wabridge/uiauto"
)

// Words are the app's own texts in notifications, of all known languages side
// by side. They only ever narrow what a record is; no message is found by a
// word. They are compared by uiauto.Fold.
type Words struct {
	Own        []string            `json:"own"`   // how the app names our own replies
	Kinds      map[string][]string `json:"media"` // by kind: image, video, voice, audio, document, sticker, gif, location, live_location, contacts
	Service    []string            `json:"service"`
	MissedCall []string            `json:"missed_call"` // %s is a name, %d a number
	Deleted    []string            `json:"deleted"`     // stands in place of a message deleted for everybody
	Counter    []string            `json:"counter"`     // "messages" in "Group (2 messages)"
}

// words.json holds WhatsApp's own resources of 2017 to 2024 in 11 languages
// (en, pt-BR, es, de, ru, fr, it, id, hi, tr, ar).
//
//go:embed words.json
var wordsJSON []byte

var builtin = func() Words {
	var w Words
	if err := json.Unmarshal(wordsJSON, &w); err != nil {
		panic("notification: words.json: " + err.Error())
	}
	return w
}()

// DefaultWords are the built-in words.
func DefaultWords() Words { return builtin }

// oneOf reports whether s is one of the words as a whole; %s and %d in a word
// stand for anything.
func oneOf(s string, words []string) bool {
	s = uiauto.Fold(s)
	return slices.ContainsFunc(words, func(w string) bool {
		w = uiauto.Fold(w)
		before, after, ok := strings.Cut(strings.ReplaceAll(w, "%d", "%s"), "%s")
		if !ok {
			return s == w
		}
		return len(s) > len(before)+len(after) && strings.HasPrefix(s, before) && strings.HasSuffix(s, after)
	})
}

// signs are the pictures that stand before the media words. Of these only 📷
// was captured; the others are known from programs that read notifications.
var signs = map[string]string{
	"📷": "image", "📸": "image", "🎥": "video", "📹": "video", "🎤": "voice", "🎙": "voice", "🎵": "audio", "🎧": "audio",
	"📄": "document", "📍": "location", "📌": "location", "👤": "contacts", "💟": "sticker", "👾": "gif", "🎞": "gif",
}

// MediaKind guesses what a text stands for: by the picture before it, else by
// the whole word after a picture. "" is plain text. Somebody may have typed the
// same, so it is a guess.
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
	for _, kind := range slices.Sorted(maps.Keys(w.Kinds)) {
		if oneOf(word, w.Kinds[kind]) {
			return kind
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
	if open < 0 || !ok {
		return name
	}
	digits := uiauto.Digits(inner)
	if digits == "" {
		return name
	}
	word := strings.Trim(strings.Map(dropDigit, uiauto.ASCIIDigits(inner[2:])), " ")
	if !slices.ContainsFunc(w.Counter, func(c string) bool { return uiauto.Same(c, word) }) {
		return name
	}
	return name[:open]
}

func dropDigit(r rune) rune {
	if r >= '0' && r <= '9' {
		return -1
	}
	return r
}
