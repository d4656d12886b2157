package whatsapp

import (
	"strings"

	"github.com/wabridge/wabridge/uiauto"
)

// dialogKinds are the words of a dialog's text or title, and what it then is.
// Where a word holds a number (one place), its digits are kept.
var dialogKinds = []struct {
	word string
	kind Kind
}{
	{"not_on_whatsapp", NotOnWhatsApp},
	{"invalid_number", BadNumber},
	{"number_too_short", BadNumber},
	{"number_without_country", BadNumber},
	{"lookup_no_internet", LookupFailed},
	{"lookup_failed", LookupFailed},
	{"open_confirm", OpenConfirm},
	{"cannot_share", CannotShare},
	{"invalid_link", BadNumber},
	{"link_not_opened", LookupFailed},
	{"restricted", Restricted},
	{"banned", Banned},
	{"update_forced", UpdateForced},
	{"device_refused", DeviceRefused},
	{"logged_out", LoggedOut},
	{"searching", Searching},
}

// dialog recognises alert dialogs by their ids and reads them; their words
// decide which one it is.
func (l *look) dialog(s *Screen) bool {
	text, title := l.node("dialog_text"), l.node("dialog_title")
	if text == nil && title == nil {
		return false
	}
	s.Dialog = l.readDialog(text, title)
	for _, t := range []string{s.Dialog.Text, s.Dialog.Title} {
		for _, k := range dialogKinds {
			values, ok := l.p.Words.Match(k.word, t)
			if !ok {
				continue
			}
			s.Kind, s.Why, s.Words = k.kind, "a dialog with the word "+k.word, maskDigits(t)
			s.NoNet = k.word == "lookup_no_internet"
			if len(values) > 0 {
				s.Dialog.Digits = uiauto.Digits(values[0])
			}
			return true
		}
	}
	if l.confirm(s) || l.popup(s) || l.outdated(s) {
		return true
	}
	s.Kind, s.Why, s.Words = Unknown, "a dialog with words that no profile has", maskDigits(s.Dialog.Text)
	return true
}

// outdated recognises a dialog that says that the app is too old. One that can be
// put off ("Not now") is a popup and was found before.
func (l *look) outdated(s *Screen) bool {
	for _, t := range []string{s.Dialog.Text, s.Dialog.Title} {
		if word := l.p.Words.Which(t, "out_of_date", "update_title"); word != "" {
			s.Kind, s.Why, s.Words = UpdateForced, "a dialog with the word "+word+" that cannot be put off", maskDigits(t)
			return true
		}
	}
	return false
}

func (l *look) readDialog(text, title *uiauto.Node) *Dialog {
	d := &Dialog{}
	if text != nil {
		d.Text = strings.TrimSpace(uiauto.Clean(text.Text))
	}
	if title != nil {
		d.Title = strings.TrimSpace(uiauto.Clean(title.Text))
	}
	for _, id := range l.app.IDs("dialog_button") {
		for n := range l.d.Find(uiauto.Selector{ID: id, Within: l.window}) {
			d.Buttons = append(d.Buttons, button(n))
		}
	}
	return d
}
