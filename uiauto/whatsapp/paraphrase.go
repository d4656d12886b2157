package whatsapp

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/wabridge/wabridge/uiauto"
)

// A Paraphrase is what the app writes in place of a message that is no text, in a
// notification, in a row of the chat list or in a bubble: "📷 Photo", "Waiting for
// this message…", `Reacted 👍 to "hello"`. Nothing in the structure of a
// notification sets it apart from a text, and a person may have typed the same;
// so it is a guess, and what was shown is kept with it.
type Paraphrase struct {
	Kind MessageKind
	// Rest is what stands behind the sign: a caption, the name of a file, a contact
	// or a place; "" where it is the app's own word for the kind.
	Rest  string
	Emoji string // of a reaction
	Quote string // of a reaction: the beginning of the message that it is for
}

// ReadParaphrase reads a shown text. A text that is none has the kind TextMessage.
func ReadParaphrase(text string, words *uiauto.Words) Paraphrase {
	for _, n := range kindNames {
		if !n.Whole || words.Which(text, n.Words...) == "" {
			continue
		}
		p := Paraphrase{Kind: n.Kind}
		if n.Kind == ReactionMessage {
			if p.Emoji, p.Quote = reactionIn(text); p.Emoji == "" {
				continue // "I reacted to it"
			}
		}
		return p
	}
	sign, rest, ok := strings.Cut(uiauto.Clean(text), " ")
	bare := strings.TrimSpace(rest)
	if !ok || bare == "" || rest != bare || !isSign(sign) {
		return Paraphrase{}
	}
	return behindSign(bareEmoji(sign), bare, words)
}

// behindSign tells the kind by the app's word behind a sign, else by the sign.
func behindSign(sign, rest string, words *uiauto.Words) Paraphrase {
	word := length.ReplaceAllString(rest, "")
	for _, n := range kindNames {
		if isWord(word, n.Words, words) || n.Kind == FileMessage && slices.Contains(n.Signs, sign) && rest == n.Word {
			return Paraphrase{Kind: n.Kind}
		}
	}
	for _, n := range kindNames {
		if slices.ContainsFunc(n.Signs, func(s string) bool { return bareEmoji(s) == sign }) && n.Kind != FileMessage {
			return Paraphrase{Kind: n.Kind, Rest: rest}
		}
	}
	return Paraphrase{}
}

// length is how long a voice message or a film is, as it is shown behind the
// word: "Voice message (0:05)".
var length = regexp.MustCompile(` \(\d{1,3}:\d\d\)$`)

// isWord reports whether a text is one of the app's words to the letter: a
// caption that differs in its final punctuation is somebody's caption.
func isWord(text string, keys []string, words *uiauto.Words) bool {
	for _, key := range keys {
		if words.Is(key, text) && slices.ContainsFunc(words.Wordings(key), func(w uiauto.Wording) bool {
			return strings.EqualFold(strings.TrimSpace(uiauto.Clean(w.Text)), strings.TrimSpace(uiauto.Clean(text)))
		}) {
			return true
		}
	}
	return false
}

// isSign reports whether a word is a picture: it begins with none of the letters,
// digits and marks that texts are written with.
func isSign(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return (r >= 0x2000 || strings.ContainsRune(s, keycap)) && isEmoji(s)
}

// quoteMarks are pairs of quotation marks.
var quoteMarks = [][2]string{{`"`, `"`}, {"“", "”"}, {"„", "“"}, {"„", "”"}, {"«", "»"}, {"”", "”"}, {"'", "'"}, {"‘", "’"}, {"「", "」"}}

// ReadReaction reads a line that may tell of a reaction in a language whose words
// are not known: words and one emoji, and behind them a quotation, which ends the
// line or stands before one or two last words. Whether it is one is for the caller
// to say, who knows what was written in the chat.
func ReadReaction(text string) (emoji, quote string, ok bool) {
	emoji, quote, before, behind := splitReaction(text)
	words := strings.Fields(before)
	ok = quote != "" && emoji != "" && slices.Contains(words, emoji) && len(words) > 1 && len(strings.Fields(behind)) <= 2
	return emoji, quote, ok
}

func reactionIn(text string) (emoji, quote string) {
	emoji, quote, _, _ = splitReaction(text)
	return emoji, quote
}

// splitReaction finds the only emoji outside of the longest quotation of a line,
// that quotation, and what stands before and behind it.
func splitReaction(text string) (emoji, quote, before, behind string) {
	text = strings.TrimSpace(uiauto.Clean(text))
	before = text
	for _, m := range quoteMarks {
		i := strings.Index(text, m[0])
		if i < 0 {
			continue
		}
		inner := text[i+len(m[0]):]
		if j := strings.LastIndex(inner, m[1]); j >= 0 && j > len(quote) {
			quote, before, behind = inner[:j], text[:i], inner[j+len(m[1]):]
		}
	}
	for word := range strings.FieldsSeq(before + " " + behind) {
		if isEmoji(word) {
			if emoji != "" {
				return "", quote, before, behind
			}
			emoji = word
		}
	}
	return emoji, quote, before, behind
}

// keycap is what makes a digit a picture ("1️⃣").
const keycap = '\u20e3'

// isEmoji reports whether a word is an emoji: no letters, digits or punctuation of
// any script that is written, but for the digits of keycaps.
func isEmoji(s string) bool {
	written := func(r rune) bool {
		return unicode.IsLetter(r) || unicode.IsPunct(r) || unicode.IsDigit(r) && !strings.ContainsRune(s, keycap)
	}
	return s != "" && !strings.ContainsFunc(s, written) && strings.ContainsFunc(s, func(r rune) bool { return r >= 0x2190 && r != 0xFE0F || r == keycap })
}
