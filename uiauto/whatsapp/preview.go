package whatsapp

import (
	"strings"

	"github.com/wabridge/wabridge/uiauto"
)

// preview recognises what else has a `send` of its own: the preview of a
// shared file, the shared-preview sheet, the composer of a text status.
func (l *look) preview(s *Screen) bool {
	composer, contacts, field := l.node("media_preview"), l.node("contacts_preview"), l.node("caption_entry")
	if s.Send == nil && composer == nil && contacts == nil && (field == nil || !isEdit(field)) {
		return false
	}
	switch {
	case contacts != nil:
		s.Kind, s.Why, s.Preview = MediaPreview, "id "+contacts.Suffix(), l.contactsPreview(s)
	case composer != nil:
		s.Kind, s.Why, s.Preview = MediaPreview, "id "+composer.Suffix(), l.mediaPreview(composer, field)
		if l.node("preview_loading") != nil || !l.enabled("send") {
			s.Send = nil // it takes no tap yet
		}
	default:
		s.Kind, s.Why = SendPreview, "id send or a caption's field, without a chat's header"
	}
	return true
}

// mediaPreview reads the media composer. Its field shows a placeholder where it
// is empty.
func (l *look) mediaPreview(root, field *uiauto.Node) *Preview {
	p := &Preview{Kind: "media", Recipients: l.recipients()}
	if field != nil && isEdit(field) && !field.Bounds.Empty() {
		p.Field = &Target{Bounds: field.Bounds}
		if !l.p.Words.Is("caption_placeholder", field.Text) {
			p.Caption = field.Text
		}
	}
	if n := l.app.Inside(root, "document_title"); n != nil {
		p.File = strings.TrimSpace(uiauto.Clean(n.Text))
	}
	if n := l.node("preview_files"); n != nil && len(n.Children) > 1 {
		p.Files = len(n.Children)
	}
	return p
}

func (l *look) enabled(role string) bool {
	n := l.node(role)
	return n != nil && n.Has(uiauto.Enabled)
}

// contactsPreview reads the list of shared contacts; its send has an id of its
// own, and the chat's name stands below the title.
func (l *look) contactsPreview(s *Screen) *Preview {
	if n := l.node("contacts_send"); n != nil && !n.Bounds.Empty() {
		s.Send = &Target{Bounds: n.Bounds}
		s.Sends = 1
	}
	p := &Preview{Kind: "contacts", Recipients: l.recipients()}
	if bar := l.node("toolbar"); bar != nil && len(p.Recipients) == 0 {
		if texts := textsIn(bar); len(texts) == 2 {
			p.Recipients = texts[1:]
		}
	}
	return p
}

// recipients are the names in the strip below the caption: one chip for each.
func (l *look) recipients() []string {
	for _, id := range l.app.IDs("recipients") {
		for n := range l.d.Find(uiauto.Selector{ID: id, Within: l.window}) {
			if names := textsIn(n); len(names) > 0 {
				return names
			}
		}
	}
	return nil
}

// textsIn are the texts in a node, in their order.
func textsIn(n *uiauto.Node) []string {
	var texts []string
	for x := range n.All() {
		if t := strings.TrimSpace(uiauto.Clean(x.Text)); t != "" {
			texts = append(texts, t)
		}
	}
	return texts
}

// confirm recognises the app's question before a file goes ("Send "x" to y?").
func (l *look) confirm(s *Screen) bool {
	for _, t := range []string{s.Dialog.Text, s.Dialog.Title} {
		v, ok := l.p.Words.Match("send_confirm", t)
		if !ok || len(v) != 2 {
			continue
		}
		s.Kind, s.Why, s.Words = MediaPreview, "a dialog with the word send_confirm", ""
		s.Preview = &Preview{Kind: "confirm", File: strings.TrimSpace(v[0]), Recipients: []string{strings.TrimSpace(uiauto.Clean(v[1]))}}
		for _, b := range s.Dialog.Buttons {
			if b.ID == "button1" { // Android's positive button
				s.Send, s.Sends = &Target{Bounds: b.Bounds}, 1
			}
		}
		return true
	}
	return false
}

// tray recognises the emojis over a bubble that is held down. The tray may be a
// window of its own or lie over the chat.
func (l *look) tray(s *Screen) bool {
	root := l.node("reaction_tray")
	if root == nil || root.Bounds.Empty() {
		return false
	}
	s.Kind, s.Why = ReactionTray, "id "+root.Suffix()
	for n := range root.All() {
		if n == root || n.Bounds.Empty() || said(n) == "" {
			continue
		}
		e := Emoji{Bounds: n.Bounds}
		if v, ok := l.p.Words.Match("reaction_given", n.Desc); ok && len(v) > 0 {
			e.Text, e.Mine = v[0], true
		} else if v, ok := l.p.Words.Match("reaction_offered", n.Desc); ok && len(v) > 0 {
			e.Text = v[0]
		} else {
			e.Text = said(n)
		}
		e.Mine = e.Mine || n.Has(uiauto.Selected)
		if e.Text = strings.TrimSpace(e.Text); !hasLetters(e.Text) {
			s.Tray = append(s.Tray, e)
		}
	}
	return true
}

// hasLetters keeps words ("More reactions") out of the emojis.
func hasLetters(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool {
		return r < 0x2000 && r != 0xa9 && r != 0xae && !(r >= '0' && r <= '9') && r != '#' && r != '*'
	})
}

// attachSheet recognises what the attach button opened.
func (l *look) attachSheet(s *Screen) bool {
	n := l.node("attach_document")
	if n == nil || n.Bounds.Empty() {
		return false
	}
	s.Kind, s.Why, s.Attach = AttachSheet, "id "+n.Suffix(), &Target{Bounds: n.Bounds}
	return true
}

// picker recognises the pickers of documents and of contacts.
func (l *look) picker(s *Screen) bool {
	n := l.node("picker")
	if n == nil {
		n = l.node("contact_picker")
	}
	if n == nil {
		return false
	}
	s.Kind, s.Why = Picker, "id "+n.Suffix()
	for row := range l.window.All() {
		if !l.app.Is(row, "picker_row") || row.Bounds.Empty() {
			continue
		}
		if name := l.app.Inside(row, "picker_name"); name != nil {
			s.Files = append(s.Files, File{Name: strings.TrimSpace(name.Text), Bounds: row.Bounds})
		}
	}
	return true
}
