package app

import (
	"strings"
	"unicode/utf8"

	"github.com/wabridge/wabridge/phonesim/android"
	"github.com/wabridge/wabridge/phonesim/view"
)

// A chatScreen is the activity .Conversation. Its tree is that of the shared
// captures whatsapp_chat_empty_entry_pt-br_720x1640 (empty composer) and
// whatsapp_chat_text_typed_send_visible_en (composer with text).
type chatScreen struct {
	a        *App
	chat     *Chat
	keyboard bool
	selected *Message // held: the reactions and the bar with Reply are shown
}

func (s *chatScreen) name() string  { return ".Conversation" }
func (s *chatScreen) Title() string { return s.a.cfg.Package + "/com.whatsapp.Conversation" }

func (s *chatScreen) back() bool {
	switch {
	case s.selected != nil:
		s.selected = nil
	case s.keyboard:
		s.keyboard = false
	case s.chat.quoting != nil:
		s.chat.quoting = nil
	default:
		return false
	}
	return true
}

// Type adds to the composer.
func (s *chatScreen) Type(text string) {
	if s.writable() {
		s.chat.Draft += text
	}
}

// Delete removes the last character, or all.
func (s *chatScreen) Delete(all bool) {
	if _, size := utf8.DecodeLastRuneInString(s.chat.Draft); !all {
		s.chat.Draft = s.chat.Draft[:len(s.chat.Draft)-size]
		return
	}
	s.chat.Draft = ""
}

// Enter is a line feed; the app's option "Enter is send" is off.
func (s *chatScreen) Enter() { s.Type("\n") }

// Scroll moves the bubbles.
func (s *chatScreen) Scroll(dy int) {
	_, total := s.rows()
	s.chat.scroll = max(0, min(s.chat.scroll+dy, total-s.listArea().H()))
}

func (s *chatScreen) bottom() int {
	if s.keyboard {
		return keyboardUp
	}
	return navBar
}

// writable reports whether there is a composer: not where the account may start
// no new chats, and not under the disappearing-messages card.
func (s *chatScreen) writable() bool { return !s.restricted() && !s.chat.Card }

func (s *chatScreen) restricted() bool {
	return len(s.chat.Messages) == 0 && s.a.sys.Has(android.FaultRestricted)
}

func (s *chatScreen) footerHeight() int {
	if !s.writable() {
		return 160
	}
	_, h := measure(s.chat.Draft, 311+96)
	return 112 + min(h-50, 5*lineHeight) + s.quotingHeight()
}

func (s *chatScreen) listArea() view.Rect {
	return view.R(0, underBar, width, s.bottom()-s.footerHeight())
}

// Draw makes the tree.
func (s *chatScreen) Draw() *view.Node {
	a, bottom := s.a, s.bottom()
	under := view.R(0, underBar, width, bottom)
	list := s.list()
	layout := a.n(relative, "conversation_layout", under, gone(1)...)
	layout.Add(
		a.n(frame, "push_to_video_stub", under),
		a.n(plain, "drag_n_drop_overlay", under),
		a.n(frame, "android:id/content", s.listArea(), list))
	layout.Add(gone(3)...)
	layout.Add(s.footer(), s.reactionTray())
	all := view.R(0, 0, width, height)
	return a.window(a.n(frame, "root", all,
		a.n(linear, "conversation_root_layout", view.R(0, topBar, width, bottom),
			s.topBar(),
			a.n(group, "coordinator", under, a.n(image, "conversation_background", under), layout))))
}

func (s *chatScreen) header() *view.Node {
	a, w := s.a, s.a.words()
	bar := view.R(0, topBar, width, underBar)
	title := s.chat.title()
	nameWidth := min(utf8.RuneCountInString(title)*charWidth+8, 248)
	face := a.n(button, "conversation_contact_photo", view.R(101, 86, 183, 166))
	face.Picture = a.picture(s.chat)
	photo := with(a.n(frame, "contact_photo_view", view.R(96, 76, 192, 172), face,
		a.n(plain, "transition_start", view.R(104, 84, 184, 164))), click)
	back := tap(with(desc(a.n(button, "whatsapp_toolbar_home", view.R(0, 76, 96, 172)), w.back), click), func() {
		s.keyboard = false
		if !a.Back() {
			a.sys.Home()
		}
	})
	name := desc(a.t("conversation_contact_name", title, view.R(200, 99, 200+nameWidth, 145)), title)
	actions := a.n(linearComp, "", view.R(448, topBar, width, underBar))
	for i, d := range []string{w.videoCall, w.voiceCall} {
		actions.Add(with(desc(a.n(imageButton, "", view.R(448+96*i, 76, 544+96*i, 172)), d), press))
	}
	actions.Add(tap(with(desc(a.n(image, "menuitem_overflow", view.R(640, 76, width, 172)), w.more), press), func() { a.menu() }))
	return a.n(frame, "search_fragment_and_toolbar_holder", bar, a.n(group, "toolbar", bar,
		a.n(relative, "custom_view", view.R(0, topBar, 448, underBar),
			a.n(linear, "back", view.R(0, 76, 192, 172), back, photo),
			tap(with(a.n(linear, "conversation_contact", view.R(192, topBar, 448, underBar),
				a.n(frame, "", view.R(200, 99, 448, 145), name)), click), s.about)),
		actions))
}

// footer is the composer, or what stands in its place.
func (s *chatScreen) footer() *view.Node {
	a, bottom := s.a, s.bottom()
	r := view.R(0, bottom-s.footerHeight(), width, bottom)
	switch {
	case s.restricted():
		text := with(a.t("read_only_chat_info", a.words().restricted, view.R(24, r.Top+20, width-24, r.Bottom-20)), click)
		return a.n(frame, "footer", r, a.n(linear, "read_only_chat_info_container", r, a.n(linear, "read_only_chat_info_content", r, text)))
	case s.chat.Card:
		return s.card(r)
	case s.chat.sound != nil:
		return s.soundDraft(r)
	}
	return a.n(frame, "footer", r, a.n(linear, "emoji_popup_anchor", r, a.n(relative, "edit_layout", r, s.entryLayout(r), s.buttons(r))))
}

// soundDraft is a voice message that is not sent yet, in place of the composer; of
// it, its two ids were reported, once. The rest is from memory.
func (s *chatScreen) soundDraft(r view.Rect) *view.Node {
	a, w := s.a, s.a.words()
	send := tap(with(desc(a.n(imageButton, "draft_send_v2", view.R(616, r.Bottom-104, 712, r.Bottom-8)), w.send), click), func() { s.a.sendDraft(s.chat) })
	return a.n(frame, "footer", r, a.n(relative, "voice_note_draft_layout_v2", r,
		with(a.n("android.widget.SeekBar", "draft_seekbar", view.R(120, r.Top+20, 600, r.Top+60)), view.Focusable), send))
}

// card is what covers the composer while disappearing messages are announced;
// reported, not captured: only its words and buttons are known.
func (s *chatScreen) card(r view.Rect) *view.Node {
	a, w := s.a, s.a.words()
	y := r.Bottom - 70
	return a.n(frame, "", r, a.n(linear, "", r,
		a.t("", w.disappearing, view.R(24, r.Top+10, width-24, y-10)),
		tap(with(textButton(a, "", w.learnMore, view.R(300, y, 520, r.Bottom-6)), click), func() { a.sys.Home() }),
		tap(with(textButton(a, "", w.ok, view.R(540, y, 700, r.Bottom-6)), click), func() { s.chat.Card = false })))
}

func textButton(a *App, id, text string, r view.Rect) *view.Node {
	n := a.n(button, id, r)
	n.Text = text
	return n
}

func (s *chatScreen) blank() bool { return strings.TrimSpace(s.chat.Draft) == "" }

func (s *chatScreen) entryLayout(r view.Rect) *view.Node {
	a, w := s.a, s.a.words()
	in := view.R(8, r.Top+7, 607, r.Bottom-8)
	quote := s.quotingHeight()
	field := view.R(in.Left, in.Top+quote, in.Right, in.Bottom)
	right := 415
	if !s.blank() {
		right = 511
	}
	entry := with(a.n(editText, "entry", view.R(104, r.Top+22+quote, right, r.Bottom-25)), press|view.Focused)
	entry.Text = s.chat.Draft
	if entry.Text == "" {
		entry.Text = w.placeholder
		hint(entry, "placeholder", "yes")
	}
	tap(entry, func() { s.keyboard = true })
	content := a.n(linear, "input_layout_content", field,
		with(desc(a.n(imageButton, "emoji_picker_btn", view.R(8, r.Bottom-105, 104, r.Bottom-9)), w.emoji), click),
		entry,
		tap(with(desc(a.n(imageButton, "input_attach_button", view.R(right, r.Bottom-105, right+96, r.Bottom-9)), w.attach), press),
			func() { a.over = append(a.over, &attachSheet{a: a, chat: s.chat}) }))
	if s.blank() {
		content.Add(with(desc(a.n(imageButton, "camera_btn", view.R(511, r.Bottom-105, 607, r.Bottom-9)), w.camera), click))
	}
	input := a.n(linear, "input_layout", in, s.quotePanel(view.R(in.Left+8, in.Top+8, in.Right-8, in.Top+quote)))
	if quote == 0 {
		input.Add(gone(1)...)
	}
	input.Add(content)
	return a.n(frame, "text_entry_layout", view.R(0, r.Top, 607, r.Bottom), a.n(frame, "voice_note_stub", in), input)
}

func (s *chatScreen) buttons(r view.Rect) *view.Node {
	a, w := s.a, s.a.words()
	at := view.R(615, r.Bottom-105, 711, r.Bottom-9)
	var b *view.Node
	if s.blank() {
		b = with(desc(a.n(imageButton, "voice_note_btn", at), w.voiceNote), view.Focusable)
	} else {
		b = tap(with(desc(a.n(imageButton, "send", at), w.send), press), s.send)
	}
	return a.n(frame, "buttons", view.R(615, r.Bottom-105, 718, r.Bottom-2),
		a.n(relative, "conversation_entry_action_button", at, a.n(frame, "send_container", at, b)))
}

// send is the send button.
func (s *chatScreen) send() {
	a := s.a
	if a.sys.Take(android.FaultSendStuck) {
		return
	}
	text, quote := s.chat.Draft, s.chat.quoting
	s.chat.Draft, s.chat.quoting = "", nil
	a.sendQuoting(s.chat, text, quote)
	a.sys.ChangesFor(a.sys.Latency.Bubble)
	if a.sys.Take(android.FaultKillAfterTap) {
		a.sys.Kill(a)
	}
}
