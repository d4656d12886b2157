package whatsapp

import (
	"slices"
	"strings"

	"github.com/wabridge/wabridge/uiauto"
)

// fullScreens are words that fill a screen of their own, and what it then is.
var fullScreens = []struct {
	word string
	kind Kind
}{
	{"restricted", Restricted},
	{"banned", Banned},
	{"update_forced", UpdateForced},
	{"update_title", UpdateForced},
	{"out_of_date", UpdateForced},
	{"device_refused", DeviceRefused},
	{"eula_agree", LoggedOut},
	{"eula_welcome", LoggedOut},
	{"logged_out", LoggedOut},
	{"searching", Searching},
	{"picker_title", Picker},
}

// words recognises screens that have no id of their own by the app's words.
func (l *look) words(s *Screen) bool {
	keys := make([]string, len(fullScreens))
	for i, f := range fullScreens {
		keys[i] = f.word
	}
	for n := range l.appTexts(l.window) {
		if i := slices.Index(keys, l.p.Words.Which(said(n), keys...)); i >= 0 {
			s.Kind, s.Why, s.Words = fullScreens[i].kind, "the word "+keys[i], maskDigits(uiauto.Clean(said(n)))
			return true
		}
	}
	return false
}

// popup recognises what covers the screen by the profile's table.
func (l *look) popup(s *Screen) bool {
	for _, p := range l.app.Popups {
		if !l.fits(p) {
			continue
		}
		press := l.pressable(p.Press)
		if p.Act == uiauto.ActPress && press == nil {
			continue // words alone, without the button, are not it
		}
		s.Kind, s.Popup, s.Why = Popup, p.Name, "popup "+p.Name+" of the profile"
		s.Press, s.Wait = press, p.Act == uiauto.ActWait
		return true
	}
	return false
}

func (l *look) fits(p uiauto.Popup) bool {
	for _, id := range p.NoIDs {
		if l.d.First(uiauto.Selector{ID: id, Within: l.window}) != nil {
			return false
		}
	}
	for _, id := range p.IDs {
		if l.d.First(uiauto.Selector{ID: id, Within: l.window}) == nil {
			return false
		}
	}
	if len(p.Words) == 0 {
		return true
	}
	for n := range l.appTexts(l.window) {
		if l.p.Words.Which(said(n), p.Words...) != "" {
			return true
		}
	}
	return false
}

// pressable is the button whose whole text is a wording of one of the words,
// the first of them that is there. A text inside of something clickable counts;
// what is tapped is the text.
func (l *look) pressable(words []string) *Button {
	for _, key := range words {
		for n := range l.appTexts(l.window) {
			if !n.Bounds.Empty() && clickable(n) && l.p.Words.Is(key, said(n)) {
				b := button(n)
				return &b
			}
		}
	}
	return nil
}

func clickable(n *uiauto.Node) bool {
	for ; n != nil; n = n.Parent {
		if n.Has(uiauto.Clickable) {
			return true
		}
	}
	return false
}

// said is what a node says: its text, or its description where it has no text.
func said(n *uiauto.Node) string {
	if n.Text != "" {
		return n.Text
	}
	return n.Desc
}

// appTexts walks the nodes below a node whose text is the app's own and not a
// person's: lists of messages and of chats, names and fields are left out.
func (l *look) appTexts(from *uiauto.Node) func(yield func(*uiauto.Node) bool) {
	return func(yield func(*uiauto.Node) bool) { l.walkTexts(from, yield) }
}

func (l *look) walkTexts(n *uiauto.Node, yield func(*uiauto.Node) bool) bool {
	if l.private(n) {
		return true
	}
	if said(n) != "" && !yield(n) {
		return false
	}
	for _, c := range n.Children {
		if !l.walkTexts(c, yield) {
			return false
		}
	}
	return true
}

// privateRoles hold what people wrote or are called.
var privateRoles = []string{"message_row", "message_text", "media_caption", "message_sender", "quoted", "row", "chat_title", "entry", "recipients", "contact_title"}

func (l *look) private(n *uiauto.Node) bool {
	if n == l.messages && n != nil {
		return true // also notices stand among the messages
	}
	for _, r := range privateRoles {
		if l.app.Is(n, r) {
			return true
		}
	}
	return isEdit(n)
}

// maskDigits makes the app's words fit for people and logs: a number inside
// stays out of them.
func maskDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return '#'
		}
		return r
	}, uiauto.ASCIIDigits(s))
}
