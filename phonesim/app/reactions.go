package app

import (
	"fmt"

	"github.com/wabridge/wabridge/phonesim/view"
)

// defaultReactions are the six that the tray offers.
var defaultReactions = []string{"👍", "❤️", "😂", "😮", "😢", "🙏"}

// reactions are the emojis below a bubble.
func (m *Message) reactions() string {
	if m.mine == m.theirs {
		return m.mine
	}
	return m.mine + m.theirs
}

// reactionNode is as captured: a button with the emoji below the bubble.
func (s *chatScreen) reactionNode(m *Message, r view.Rect) *view.Node {
	a := s.a
	return a.n(linear, "", r, with(desc(a.n(button, "reactions_bubble_layout", r,
		a.t("", m.reactions(), view.R(r.Left+6, r.Top+3, r.Right-6, r.Bottom-3))), fmt.Sprintf(a.files().reactionF, m.reactions())), click))
}

// reactionTray lies over the bubbles while a message is selected, or is nil. It is
// from memory: six emojis and a plus; its ids are invented.
func (s *chatScreen) reactionTray() *view.Node {
	a, m := s.a, s.selected
	if m == nil {
		return nil
	}
	y := s.listArea().Top + 60
	for _, row := range s.list().Children { // above its bubble, where there is room
		if row.Is(view.Selected) {
			y = max(underBar+10, row.Bounds.Top-110)
		}
	}
	r := view.R(60, y, 660, y+96)
	tray := a.n(linear, "reactions_tray_layout", r)
	for i, e := range defaultReactions {
		at := view.R(70+82*i, y+8, 150+82*i, y+88)
		n := tap(with(desc(a.t("", e, at), e), click), func() { s.react(e) })
		if m.mine == e {
			n.Flags |= view.Selected
		}
		tray.Add(n)
	}
	return tray.Add(tap(with(desc(a.n(image, "reactions_tray_plus", view.R(566, y+8, 646, y+88)), "More reactions"), click), s.unselect))
}

// react puts an emoji under the selected message; the one that is there
// already is taken away.
func (s *chatScreen) react(emoji string) {
	a, m := s.a, s.selected
	s.selected = nil
	if m.mine == emoji {
		emoji = ""
	}
	m.mine = emoji
	line := &Message{Out: true, Text: emoji, Kind: "reaction", At: now(), quote: m}
	a.enter(s.chat, line, false)
	a.changed(s.chat)
	a.transmit(s.chat, line)
}
