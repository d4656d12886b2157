package queue

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/wabridge/wabridge"
)

// OptOut are the words by which people say that they want no campaigns, or
// want them again, whatever their case, by language code (the code is for
// people who read the configuration: every word counts in every chat).
type OptOut struct {
	Stop, Resume map[string][]string
}

// DefaultOptOut are the words that count unless the configuration says
// otherwise: those that SMS and WhatsApp senders name in these languages,
// and none that people use in a talk for something else ("cancel", "no").
var DefaultOptOut = OptOut{
	Stop: map[string][]string{
		"en":    {"stop", "stopall", "stop all", "unsubscribe", "opt out", "optout", "opt-out", "stop promotions"},
		"pt-BR": {"parar", "pare", "sair", "descadastrar", "não quero receber", "nao quero receber"},
		"es":    {"baja", "darme de baja", "dar de baja", "parar"},
		"ru":    {"стоп", "отписаться", "отписка", "отпишите", "отпишите меня"},
		"de":    {"stopp", "abmelden", "abbestellen"},
		"fr":    {"arret", "arrêt", "arrêter", "désabonner", "desabonner", "se désabonner", "désinscription"},
		"it":    {"ferma", "disiscriviti", "cancellami", "disiscrivimi"},
		"id":    {"berhenti", "berhenti langganan"},
		"hi":    {"रोकें", "बंद करें", "सदस्यता समाप्त"},
		"tr":    {"dur", "iptal et", "abonelikten çık", "üyelikten çık"},
		"ar":    {"توقف", "إيقاف", "ايقاف", "إلغاء الاشتراك", "الغاء الاشتراك"},
	},
	Resume: map[string][]string{
		"en":    {"start", "unstop", "subscribe", "resume promotions"},
		"pt-BR": {"voltar", "começar", "comecar", "quero receber"},
		"es":    {"alta", "darme de alta", "iniciar"},
		"ru":    {"старт", "подписаться"},
		"de":    {"anmelden", "abonnieren"},
		"fr":    {"reprendre", "s'abonner", "abonner"},
		"it":    {"riprendi", "iscrivimi"},
		"id":    {"mulai", "berlangganan"},
		"hi":    {"शुरू करें"},
		"tr":    {"başla", "abone ol"},
		"ar":    {"ابدأ", "اشتراك"},
	},
}

// A Wish is what one word stands for.
type Wish struct {
	Value string // wabridge.PreferenceStop or PreferenceResume
	Word  string // as configured
}

// Wishes finds the wish in a text. The zero value finds none.
type Wishes map[string]Wish

// maxWish bounds the texts that are looked at, in bytes.
const maxWish = 200

// Wishes makes the words ready for Heard. A word that stands for both counts
// as stop.
func (o OptOut) Wishes() Wishes {
	w := Wishes{}
	for _, side := range []struct {
		value string
		words map[string][]string
	}{{wabridge.PreferenceResume, o.Resume}, {wabridge.PreferenceStop, o.Stop}} {
		for _, list := range side.words {
			for _, word := range list {
				if key := wishKey(word); key != "" && len(word) <= maxWish {
					w[key] = Wish{side.value, word}
				}
			}
		}
	}
	return w
}

// Heard tells the wish that a text is. Only the whole text counts, without
// regard to case, blanks, and what stands around it of punctuation, symbols
// and pictures. It is a pure function.
func (w Wishes) Heard(text string) (Wish, bool) {
	if len(w) == 0 || len(text) == 0 || len(text) > maxWish {
		return Wish{}, false
	}
	wish, ok := w[wishKey(text)]
	return wish, ok
}

// wishKey is a text as it is compared.
func wishKey(text string) string {
	text = norm.NFKC.String(text)
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Cf, r), unicode.Is(unicode.Variation_Selector, r):
			return -1 // marks of direction, joiners, the colour of pictures
		case r == '’':
			return '\''
		}
		return r
	}, text)
	text = strings.TrimFunc(text, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsPunct(r) || unicode.IsSymbol(r) || unicode.IsControl(r)
	})
	// By way of capitals, so that the forms of one letter become one; the dot
	// of the Turkish capital is dropped.
	text = strings.ReplaceAll(strings.ToLower(strings.ToUpper(text)), "i\u0307", "i")
	return strings.Join(strings.Fields(text), " ")
}
