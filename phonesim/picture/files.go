package picture

import (
	"image"
	"image/color"
	"image/draw"

	xdraw "golang.org/x/image/draw"
)

// addFilePainters adds those of files in bubbles and previews, of quotes, reactions
// and calls.
func addFilePainters() {
	for id, p := range map[string]painter{
		"photo": previewPhoto, "thumb": thumbnail, "play_button": playSign, "info": clockChip, "progress_bar": spinner, "progress": spinner,
		"control_btn": controlButton, "cancel_download": glyphIn(cross, white), "cancel_image": glyphOf(cross, .45),
		"audio_seekbar": sound, "conversation_row_voice_note_profile_avatar": speaker, "conversation_row_audio_preview": musicNote,
		"description": lesser(12.5), "file_size": lesser(11.5), "bullet_file_size": lesser(11.5), "file_type": lesser(11.5), "document_info_text": centred(16),
		"sticker_image": sticker, "picture": someone, "contactpicker_row_photo": someone, "button_div": hairline, "place_name": words(15, true), "place_address": lesser(14),
		"msg_contact_btn": linkText, "action_contact_btn": linkText,
		"quoted_message_frame": quoteGround, "quoted_color": quoteBar, "quoted_title": quoteTitle, "quoted_text": lesser(14),
		"reactions_tray_layout": tray, "reactions_tray_plus": glyphOf(plus, .5),
		"caption_layout": captionGround, "caption": caption, "recipients": recipientChip, "add_btn": glyphOf(landscapeIcon, .4),
		"crop": glyphOf(cropSign, .4), "shape": glyphOf(smile, .45), "text": glyphOf(letterT, .4), "pen": glyphOf(pencil, .42), "send_btn": action(plane),
		"action_mode_bar": appBar, "action_mode_close_button": glyphOf(cross, .4), "action_bar_title": title,
		"menuitem_reply": glyphOf(replySign, .4), "menuitem_star": glyphOf(star, .42), "menuitem_delete": glyphOf(bin, .4), "menuitem_forward": glyphOf(forward, .42),
		"call_picture_grid": avatar, "name": callText(26, true), "call_status": callText(16, false),
		"accept_incoming_call_view": callButton(handset, rgb(0x1daa61)), "decline_incoming_call_view": callButton(handset, rgb(0xea0038)), "reply_incoming_call_view": callButton(bubbles, rgb(0x4a5a62)),
	} {
		painters[id] = p
		filePainter[id] = true
	}
	for i, k := range []struct {
		id   string
		icon icon
	}{{"document", sheet}, {"camera", camera}, {"gallery", landscapeIcon}, {"audio", mic}, {"location", circle}, {"contact", person}} {
		painters["pickfiletype_"+k.id] = callButton(k.icon, bright[i])
	}
}

// filePainter are ids that mean nothing outside the app: "name", "picture" …
var filePainter = map[string]bool{}

// contain paints an image as large as it fits, whole.
func (c *canvas) contain(b box, img image.Image) {
	from := img.Bounds()
	if from.Empty() || b.empty() {
		return
	}
	scale := min(b.w()/float64(from.Dx()), b.h()/float64(from.Dy()))
	w, h := float64(from.Dx())*scale/2, float64(from.Dy())*scale/2
	at := box{b.cx() - w, b.cy() - h, b.cx() + w, b.cy() + h}.pixels()
	if at.Empty() || at.Dx() > maxSide || at.Dy() > maxSide || !c.spend(at) {
		return
	}
	xdraw.ApproxBiLinear.Scale(c.img, at, img, from, draw.Over, nil)
}

func previewPhoto(c *canvas, n *Node, b box) {
	switch {
	case n.Picture != nil:
		c.contain(b, n.Picture)
	case n.Hint["file"] == "video":
		videoGround(c, b.part(0, .2, 1, .8))
	default:
		landscape(c, b.part(0, .2, 1, .8), white)
	}
}

// thumbnail is a video's picture, or a map.
func thumbnail(c *canvas, n *Node, b box) {
	switch {
	case n.Picture != nil:
		c.picture(b, n.Picture, 6*c.dp)
	case n.Hint["file"] == "location":
		mapSign(c, b)
	default:
		videoGround(c, b)
	}
}

func videoGround(c *canvas, b box) {
	c.gradient(b, rgb(0x36454f), rgb(0x1c262c))
	s := b.square()
	film(c, s.part(.04, .04, .2, .2), veil(150))
}

// mapSign is a piece of a map with a pin.
func mapSign(c *canvas, b box) {
	c.rect(b, rgb(0xe8eadf))
	w := max(b.h()*.04, 2)
	c.polygon(rgb(0xb9d9ec), b.in(.7, 0, 1, 0, 1, .5, .84, .34)...)
	c.stroke(w*2, white, b.in(.02, .3, .4, .38, .98, .8)...)
	c.stroke(w, white, b.in(.3, .02, .36, .98)...)
	c.stroke(w, white, b.in(.02, .8, .6, .62, .7, .02)...)
	s := b.square()
	pin := s.part(.38, .2, .62, .44)
	c.polygon(rgb(0xea4335), s.in(.39, .36, .61, .36, .5, .6)...)
	c.disc(pin, rgb(0xea4335))
	c.disc(pin.inset(pin.w()*.3), white)
}

func playSign(c *canvas, _ *Node, b box) {
	s := b.square()
	c.disc(s, shade(140))
	c.polygon(white, s.in(.38, .28, .74, .5, .38, .72)...)
}

// clockChip is how long a video is, on its picture.
func clockChip(c *canvas, n *Node, b box) {
	c.round(b, 6*c.dp, shade(120))
	c.text(b, n.Text, look{size: 12 * c.dp, col: white, align: center, single: true})
}

func spinner(c *canvas, n *Node, b box) {
	s := b.square()
	if n.ID == "progress_bar" {
		c.disc(s, shade(140))
	}
	c.ring(s.inset(s.w()*.12), s.w()*.08, veil(70))
	var arc []point
	for _, xy := range [][2]float64{{.5, .13}, {.66, .17}, {.8, .29}, {.87, .46}} {
		arc = append(arc, s.in(xy[0], xy[1])...)
	}
	c.stroke(s.w()*.08, white, arc...)
}

// controlButton plays a voice message, or fetches or sends a file again.
func controlButton(c *canvas, n *Node, b box) {
	if n.Text == "" {
		s := b.square()
		c.polygon(c.theme.text2, s.in(.3, .2, .8, .5, .3, .8)...)
		return
	}
	c.round(b, b.h()/2, shade(150))
	c.text(box{b.x0 + b.h()*.8, b.y0, b.x1 - 4*c.dp, b.y1}, n.Text, look{size: 13 * c.dp, bold: true, col: white, single: true})
	arrow := box{b.x0 + b.h()*.15, b.y0 + b.h()*.15, b.x0 + b.h()*.85, b.y1 - b.h()*.15}
	if n.Desc == "" { // it says Retry: up
		arrow.y0, arrow.y1 = arrow.y1, arrow.y0
	}
	down(c, arrow, white)
}

// sound is the line of a player: bars for a voice message.
func sound(c *canvas, n *Node, b box) {
	voice := false
	if bubble := c.around("main_layout"); bubble != nil {
		voice = find(bubble, "conversation_row_voice_note_profile_avatar") != nil
	}
	w := max(c.dp*1.6, 2)
	if !voice {
		c.stroke(w*1.2, c.theme.line, point{b.x0, b.cy()}, point{b.x1, b.cy()})
	} else {
		for i, x := 0, b.x0; x < b.x1; i, x = i+1, x+3*w {
			h := b.h() * (.12 + .34*float64((i*i*7+i*3)%11)/11)
			c.stroke(w, c.theme.tick, point{x, b.cy() - h}, point{x, b.cy() + h})
		}
	}
	c.disc(box{b.x0 - 6*c.dp, b.cy() - 6*c.dp, b.x0 + 6*c.dp, b.cy() + 6*c.dp}, c.theme.tickRead)
}

func speaker(c *canvas, _ *Node, b box) {
	s := b.square()
	c.disc(s, bright[0])
	person(c, s.inset(s.w()*.14), mix(bright[0], white, .82))
	mic(c, s.part(-.02, .56, .42, 1), c.theme.tickRead)
}

func musicNote(c *canvas, _ *Node, b box) {
	s := b.square()
	c.round(s, s.w()*.16, rgb(0xf59e42))
	w := s.w() * .07
	c.disc(s.part(.24, .6, .46, .82), white)
	c.stroke(w, white, s.in(.43, .7, .43, .24, .74, .18, .74, .6)...)
	c.disc(s.part(.55, .52, .77, .74), white)
}

func sticker(c *canvas, n *Node, b box) {
	if n.Picture != nil {
		c.contain(b, n.Picture)
		return
	}
	s := b.square()
	c.disc(s.inset(s.w()*.04), rgb(0xffd54f))
	smile(c, s, rgb(0x5d4037))
}

// someone is a person's picture in a card or a list.
func someone(c *canvas, n *Node, b box) {
	if n.Picture != nil {
		avatar(c, n, b)
		return
	}
	s := b.square()
	col := bright[len(n.Desc)%len(bright)]
	c.disc(s, col)
	person(c, s.inset(s.w()*.14), mix(col, white, .82))
}

func hairline(c *canvas, _ *Node, b box) { c.rect(b, c.theme.line) }

func linkText(c *canvas, n *Node, b box) {
	c.text(b, n.Text, look{size: 14.5 * c.dp, bold: true, col: c.theme.accent, align: center, single: true})
}

func quoteGround(c *canvas, _ *Node, b box) { c.round(b, 6*c.dp, shade(16)) }

func quoteBar(c *canvas, _ *Node, b box) { c.round(b, 2*c.dp, c.theme.accent) }

func quoteTitle(c *canvas, n *Node, b box) {
	c.text(b, n.Text, look{size: 13.5 * c.dp, bold: true, col: c.theme.accent, single: true})
}

func tray(c *canvas, _ *Node, b box) {
	c.round(box{b.x0 - 2*c.dp, b.y0, b.x1 + 2*c.dp, b.y1 + 4*c.dp}, b.h()/2, shade(50))
	c.round(b, b.h()/2, c.theme.paper)
}

func captionGround(c *canvas, _ *Node, b box) { c.round(b, min(b.h()/2, 26*c.dp), rgb(0x26333a)) }

// caption is the field of a preview, or the words below a picture in a bubble.
func caption(c *canvas, n *Node, b box) {
	if c.kind != previewKind {
		messageText(c, n, b)
		return
	}
	col := white
	if n.Hint["placeholder"] != "" {
		col = rgb(0x8696a0)
	}
	c.text(b, n.Text, look{size: 16 * c.dp, col: col})
}

func recipientChip(c *canvas, n *Node, b box) {
	col, ground := c.theme.text, c.theme.pill
	if c.kind == previewKind {
		col, ground = white, rgb(0x26333a)
	}
	c.round(b.inset(-5*c.dp), 15*c.dp, ground)
	c.text(b, n.Text, look{size: 14.5 * c.dp, col: col, single: true})
}

func callText(dp float64, bold bool) painter {
	return func(c *canvas, n *Node, b box) {
		if c.kind != callKind {
			words(16, false)(c, n, b)
			return
		}
		c.text(b, n.Text, look{size: dp * c.dp, bold: bold, col: white, align: center, single: true})
	}
}

func callButton(i icon, col color.RGBA) painter {
	return func(c *canvas, _ *Node, b box) {
		c.disc(b, col)
		s := b.square()
		i(c, s.inset(s.w()*.28), white)
	}
}

// glyphIn is an icon of one colour on a node of its size.
func glyphIn(i icon, col color.RGBA) painter {
	return func(c *canvas, _ *Node, b box) { i(c, b.square(), col) }
}
