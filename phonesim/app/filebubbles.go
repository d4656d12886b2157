package app

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/wabridge/wabridge/phonesim/view"
)

// fileRoom is the room that a file takes in its bubble.
func (s *chatScreen) fileRoom(m *Message) (w, h int) {
	switch m.Kind {
	case "image", "video":
		return pictureSize(m.file)
	case "sticker":
		return 240, 240
	case "document":
		return 377, 96
	case "voice", "audio":
		return 520, 116
	case "location", "live_location":
		return 480, 300
	}
	return 460, 210 // contacts
}

// pictureSize keeps a picture's shape within what a bubble takes.
func pictureSize(f *file) (w, h int) {
	const widest, tallest = 500, 620
	if f == nil || f.thumb == nil || f.thumb.Bounds().Empty() {
		return widest, 320
	}
	b := f.thumb.Bounds()
	return widest, max(200, min(tallest, widest*b.Dy()/b.Dx()))
}

// forwardButton stands beside a bubble with a file (captured).
func (s *chatScreen) forwardButton(box view.Rect) *view.Node {
	x, y := box.Left-60, (box.Top+box.Bottom)/2
	r := view.R(x, y-24, x+48, y+24)
	return with(s.a.n(linear, "", r, with(desc(s.a.n(image, "action_button", r), s.a.files().forwardImage), press)), view.Focusable)
}

// tickWord is the status's description: files are seen, not read.
func (s *chatScreen) tickWord(m *Message) string {
	if media(m) && m.State == Read {
		return s.a.files().seen
	}
	return s.a.words().tick(m.State)
}

// fileNodes are the part of a bubble that shows a file. Pictures and documents are
// as captured; the other kinds have the ids of 2.20.123's layouts conversation_row_*.
func (s *chatScreen) fileNodes(m *Message, r view.Rect) []*view.Node {
	switch m.Kind {
	case "document":
		return []*view.Node{s.documentNode(m, r)}
	case "voice", "audio":
		return []*view.Node{s.audioNode(m, r)}
	case "location", "live_location":
		return []*view.Node{s.locationNode(m, r)}
	case "poll", "view_once": // from memory: ids that no profile knows
		return []*view.Node{s.a.n(linear, m.Kind+"_container", r, s.a.t(m.Kind+"_name", s.a.mediaText(m), r))}
	case "contact":
		return s.contactNodes(m, r)
	case "sticker":
		return []*view.Node{s.stickerNode(m, r)}
	}
	return []*view.Node{s.pictureNode(m, r)}
}

func (s *chatScreen) pictureNode(m *Message, r view.Rect) *view.Node {
	a, fw := s.a, s.a.files()
	in := view.R(r.Left+9, r.Top+9, r.Right-9, r.Bottom-9)
	picture := with(desc(a.n(button, "image", in), fw.enlarge), press)
	box := with(a.n(frame, "media_container", r), click)
	if m.Kind == "video" {
		picture = with(a.n(image, "thumb", in), view.LongClickable)
		play := view.R(in.Left+in.W()/2-40, in.Top+in.H()/2-40, in.Left+in.W()/2+40, in.Top+in.H()/2+40)
		box.Add(picture)
		if m.seconds() > 0 {
			box.Add(a.t("info", clock(m.seconds()), view.R(in.Left+8, in.Bottom-48, in.Left+130, in.Bottom-8)))
		}
		if m.phase() == ready {
			box.Add(a.n(frame, "play_frame", play, desc(hint(a.n(image, "play_button", play), "icon", "play"), fw.playVideo)))
		}
	} else {
		box.Add(picture)
	}
	if m.file != nil && m.phase() != remote {
		picture.Picture = m.file.thumb
	}
	hint(picture, "file", m.Kind)
	box.Add(s.control(m, in))
	return a.n(frame, "media_container_wrapper", r, box)
}

// control is the button or the spinner over a file that is not there yet, or nil.
func (s *chatScreen) control(m *Message, r view.Rect) *view.Node {
	a := s.a
	x, y := r.Center()
	at := view.R(x-80, y-32, x+80, y+32)
	frameNode := a.n(frame, "control_frame", at)
	switch m.phase() {
	case moving, preparing:
		return frameNode.Add(a.n("android.widget.ProgressBar", "progress_bar", view.R(x-36, y-36, x+36, y+36)),
			with(desc(a.n(image, "cancel_download", view.R(x-20, y-20, x+20, y+20)), a.words().cancel), click))
	case broken:
		return frameNode.Add(tap(with(textButton(a, "control_btn", a.files().retry, at), click), func() { a.retry(s.chat, m) }))
	case remote:
		b := with(textButton(a, "control_btn", fileSize(len(m.file.data), a.sys.Locale), at), click)
		return frameNode.Add(tap(desc(b, a.files().download), func() { a.download(s.chat, m) }))
	}
	return nil
}

func (m *Message) phase() phase {
	if m.file == nil {
		return ready
	}
	return m.file.phase
}

func (m *Message) seconds() int {
	if m.file == nil {
		return 0
	}
	return m.file.seconds
}

func (s *chatScreen) documentNode(m *Message, r view.Rect) *view.Node {
	a := s.a
	name, size := "document.pdf", 0
	if m.file != nil {
		name, size = m.file.name, len(m.file.data)
	}
	in := view.R(r.Left+7, r.Top+7, r.Right-7, r.Bottom-12)
	meta := view.R(in.Left+55, in.Top+42, in.Right-12, in.Top+65)
	sizeText := fileSize(size, a.sys.Locale)
	at := func(x, n int) view.Rect { return view.R(meta.Left+x, meta.Top, meta.Left+x+n, meta.Bottom) }
	info := a.n(linear, "document_info_container", in,
		a.n(image, "icon", view.R(in.Left+12, in.Top+22, in.Left+43, in.Top+59)),
		a.n(linear, "", view.R(in.Left+43, in.Top, in.Right-12, in.Bottom),
			a.t("title", name, view.R(in.Left+55, in.Top+12, in.Right-24, in.Top+42)),
			a.n(linear, "metadata_container", meta, a.t("file_size", sizeText, at(0, 80)), a.t("bullet_file_size", "•", at(84, 18)), a.t("file_type", fileType(name), at(104, 70)))))
	if c := s.control(m, view.R(in.Right-90, in.Top, in.Right, in.Bottom)); c != nil {
		c.ID = a.id("control_btn_holder")
		info.Add(c)
	}
	return with(a.n(linear, "content", r, a.n(frame, "document_frame", in, a.n(linear, "", in, info))), press)
}

func (s *chatScreen) audioNode(m *Message, r view.Rect) *view.Node {
	a := s.a
	holder := view.R(r.Left+8, r.Top+12, r.Left+80, r.Top+84)
	player := a.n(relative, "conversation_row_audio_player_view", view.R(r.Left, r.Top, r.Right-90, r.Bottom))
	if m.phase() == ready {
		player.Add(a.n(frame, "control_button_container", holder, with(desc(hint(a.n(imageButton, "control_btn", holder), "icon", "play"), a.files().playVoice), click)))
	} else if c := s.control(m, holder); c != nil {
		c.ID = a.id("control_button_container")
		player.Add(c)
	}
	bar := view.R(r.Left+90, r.Top+20, r.Right-100, r.Top+64)
	player.Add(a.n(frame, "controls", bar, with(a.n("android.widget.SeekBar", "audio_seekbar", bar), view.Focusable)))
	row := a.n(linear, "", r, player)
	if m.Kind == "voice" {
		row.Add(hint(a.n(frame, "conversation_row_voice_note_profile_avatar", view.R(r.Right-86, r.Top+10, r.Right-8, r.Top+88)), "icon", "mic"))
	} else {
		row.Add(hint(a.n(frame, "conversation_row_audio_preview", view.R(r.Right-86, r.Top+10, r.Right-8, r.Top+88)), "icon", "note"))
	}
	return row.Add(a.t("description", clock(m.seconds()), view.R(r.Left+92, r.Top+66, r.Left+180, r.Top+100)))
}

func (s *chatScreen) stickerNode(m *Message, r view.Rect) *view.Node {
	a := s.a
	in := view.R(r.Left+12, r.Top+12, r.Left+228, r.Top+228)
	sticker := with(desc(hint(a.n(image, "sticker_image", in), "file", "sticker"), a.files().stickerWord), press)
	if m.file != nil {
		sticker.Picture = m.file.thumb
	}
	return a.n(frame, "media_container", r, sticker, s.control(m, in))
}

func (s *chatScreen) locationNode(m *Message, r view.Rect) *view.Node {
	a := s.a
	maps := view.R(r.Left+8, r.Top+8, r.Right-8, r.Top+210)
	info := view.R(r.Left+8, maps.Bottom, r.Right-8, r.Bottom)
	text := a.n(linear, "message_info_holder", info)
	if m.file != nil && m.file.place != "" {
		text.Add(a.t("place_name", m.file.place, view.R(info.Left+8, info.Top+4, info.Right, info.Top+44)))
	}
	if m.file != nil && m.file.address != "" {
		text.Add(a.t("place_address", m.file.address, view.R(info.Left+8, info.Top+44, info.Right, info.Top+84)))
	}
	return a.n(linear, "content", r, a.n(frame, "map_frame", maps, hint(a.n(image, "thumb", maps), "file", "location"),
		with(desc(a.n(button, "thumb_button", maps), a.files().location), press)), text)
}

func (s *chatScreen) contactNodes(m *Message, r view.Rect) []*view.Node {
	a, fw := s.a, s.a.files()
	name := "Contact"
	if m.file != nil && len(m.file.people) > 0 {
		name = m.file.people[0]
		if n := len(m.file.people); n > 1 {
			name = fmt.Sprintf("%s and %d other contacts", name, n-1)
		}
	}
	card := view.R(r.Left, r.Top, r.Right, r.Top+120)
	div := view.R(r.Left, card.Bottom, r.Right, card.Bottom+2)
	half := r.Left + r.W()/2
	node := a.n(linear, "contact_card", r,
		a.n(linear, "", card, a.n(image, "picture", view.R(r.Left+16, r.Top+16, r.Left+104, r.Top+104)),
			a.n(linear, "", view.R(r.Left+120, r.Top+16, r.Right, r.Top+104), a.t("vcard_text", name, view.R(r.Left+120, r.Top+36, r.Right-12, r.Top+84)))),
		a.n(plain, "button_div", div),
		a.n(linear, "", view.R(r.Left, div.Bottom, r.Right, r.Bottom),
			with(a.t("msg_contact_btn", fw.message, view.R(r.Left+20, div.Bottom+16, half-10, r.Bottom-14)), click),
			with(a.t("action_contact_btn", fw.addContact, view.R(half+10, div.Bottom+16, r.Right-20, r.Bottom-14)), click)))
	return []*view.Node{node}
}

// listText is what a message is called in the chat list, in a notification and in a quote.
func (a *App) mediaText(m *Message) string {
	if said := a.inPlace(m); said != "" {
		return said
	}
	word := a.words().media[m.Kind]
	emoji, _, spaced := strings.Cut(word, " ")
	f := m.file
	switch {
	case m.Kind == "reaction":
		return m.Text
	case word == "":
		return m.Text
	case m.Text != "" && spaced && m.Kind != "voice": // a caption stands behind the emoji alone
		return emoji + " " + m.Text
	case f == nil:
		return word
	case m.Kind == "document":
		return emoji + " " + f.name
	case m.Kind == "contact" && len(f.people) > 0:
		return emoji + " " + f.people[0]
	case m.Kind == "location" && f.place != "":
		return emoji + " " + f.place
	case (m.Kind == "voice" || m.Kind == "audio") && f.seconds > 0:
		return fmt.Sprintf("%s (%s)", word, clock(f.seconds))
	}
	return cmp.Or(word, m.Text)
}
