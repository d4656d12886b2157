package uiauto

import (
	"slices"
)

// Languages lists the languages that words may have.
var Languages = []string{"en", "pt", "es", "de", "ru", "fr", "it", "id", "hi", "tr", "ar"}

// A Wording is one text that the app has for a word in one language.
type Wording struct {
	Lang   string
	Source string
	Text   string // as in the data file: with places (%s) and "[…]"

	template *Template
}

// Words are what the app says, by word and language.
type Words struct {
	byKey map[string]*word
	keys  []string // in the order they came
}

// word gives the word of a key, a new one if need be.
func (ws *Words) word(key string) *word {
	w := ws.byKey[key]
	if w == nil {
		w = &word{exact: map[string]bool{}}
		ws.byKey[key] = w
		ws.keys = append(ws.keys, key)
	}
	return w
}

type word struct {
	wordings []Wording
	exact    map[string]bool // folded wordings without places
	patterns []*Template
}

func (w *word) add(x Wording) {
	w.wordings = append(w.wordings, x)
	if x.template.Places() == 0 && !x.template.open {
		w.exact[Fold(x.Text)] = true
		return
	}
	w.patterns = append(w.patterns, x.template)
}

// match tries the wordings on a text.
func (w *word) match(x shown) (values []string, ok bool) {
	if w == nil || len(x.folded) == 0 {
		return nil, false
	}
	if w.exact[string(x.folded)] {
		return nil, true
	}
	for _, t := range w.patterns {
		if values, ok := t.match(x); ok {
			return values, true
		}
	}
	return nil, false
}

// Match reports whether a shown text is, as a whole, any wording of the word,
// and gives the values inserted (see Template.Match).
func (ws *Words) Match(key, text string) (values []string, ok bool) {
	return ws.byKey[key].match(prepare(text))
}

// Is reports whether a shown text is, as a whole, any wording of the word.
func (ws *Words) Is(key, text string) bool {
	_, ok := ws.Match(key, text)
	return ok
}

// Which is the first of the keys whose word the shown text is, or "".
func (ws *Words) Which(text string, keys ...string) string {
	x := prepare(text)
	for _, k := range keys {
		if _, ok := ws.byKey[k].match(x); ok {
			return k
		}
	}
	return ""
}

// Known reports whether a shown text is a wording of any word.
func (ws *Words) Known(text string) bool { return ws.Which(text, ws.keys...) != "" }

// Wordings lists all wordings of a word, in the order of the data.
func (ws *Words) Wordings(key string) []Wording {
	if w := ws.byKey[key]; w != nil {
		return slices.Clone(w.wordings)
	}
	return nil
}

// Text is the newest wording of a word in a language, or "".
func (ws *Words) Text(key, lang string) string {
	text := ""
	for _, w := range ws.Wordings(key) {
		if w.Lang == lang {
			text = w.Text
		}
	}
	return text
}

// Has reports whether there is such a word.
func (ws *Words) Has(key string) bool { return ws.byKey[key] != nil }
