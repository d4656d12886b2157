package picture

import (
	"image/color"
	"strings"
)

// A painter draws one node; what is in the node is drawn after it.
type painter func(c *canvas, n *Node, b box)

// painters are the nodes that are not just text or an icon, by id. The ids
// are those of the captures; table data.
var painters map[string]painter

func init() { // not a literal: some painters look into the table themselves
	painters = map[string]painter{
		// chat
		"toolbar":                       appBar,
		"conversation_background":       wallpaper,
		"main_layout":                   bubble,
		"message_text":                  messageText,
		"date":                          smallPrint,
		"status":                        messageStatus,
		"status_indicator":              messageStatus,
		"conversation_row_date_divider": divider,
		"name_in_group_tv":              sender,
		"image":                         photo,
		"icon":                          glyphOf(sheet, .85),
		"action_button":                 glyphOf(forward, .5),
		"reactions_bubble_layout":       chip,
		"input_layout":                  inputField,
		"entry":                         composer,
		"send":                          action(plane),
		"voice_note_btn":                action(mic),
		"emoji_picker_btn":              glyphOf(smile, .5),
		"input_attach_button":           glyphOf(clip, .5),
		"camera_btn":                    glyphOf(camera, .5),
		"whatsapp_toolbar_home":         glyphOf(arrow, .55),
		"menuitem_overflow":             glyphOf(dots, .42),
		"menuitem_camera":               glyphOf(camera, .5),
		"menuitem_search":               glyphOf(lens, .45),
		"conversation_contact_photo":    avatar,
		"conversation_contact_name":     title,
		"conversation_contact_status":   subtitle,
		// chat list
		"contact_photo":                   avatar,
		"my_profile_photo":                avatar,
		"conversations_row_contact_name":  words(17, true),
		"conversations_row_date":          rowDate,
		"single_msg_tv":                   lesser(15),
		"msg_from_tv":                     lesser(15),
		"conversations_row_message_count": badge,
		"message_type_indicator":          glyphOf(landscapeIcon, .8),
		"fab":                             fab(bubbles),
		"extended_mini_fab":               fab(circle),
		"extended_mini_fab_icon":          nothingToDraw,
		"my_search_bar":                   pill,
		"search_input_layout":             pill,
		"search_icon":                     glyphOf(lens, .4),
		"search_text":                     lesser(16),
		"toolbar_logo":                    logo,
		"header":                          nothingToDraw,
		"bottom_nav_container":            bottomBar,
		"navigation_bar_item_active_indicator_view": pill,
		"navigation_bar_item_icon_view":             tab,
		"bottom_nav_indicator_badge":                dot,
		// Android's dialogs
		"alertTitle":              dialogText(20, true),
		"message":                 dialogText(17, false),
		"permission_message":      centred(20),
		"vivo_message_title":      centred(18),
		"statusBarBackground":     nothingToDraw,
		"navigationBarBackground": nothingToDraw,
		"animatable_clock_view":   clockFace,
		"clock_view":              clockFace,
		"vivo_digit_text":         centred(30),
		"digit_text":              centred(30),
		"lock_icon":               glyphOf(lock, .8),
		"lock_icon_view":          glyphOf(lock, .8),
	}
	addFilePainters()
}

func nothingToDraw(*canvas, *Node, box) {}

// appBar is the bar at the top of the app, the status bar above it included.
func appBar(c *canvas, _ *Node, b box) {
	if c.kind != chatKind && c.kind != appKind {
		return
	}
	if b.y0 <= c.top+1 {
		b.y0 = 0
	}
	c.rect(box{0, b.y0, c.screen().x1, b.y1}, c.theme.header)
}

// wallpaper is what lies behind the bubbles.
func wallpaper(c *canvas, _ *Node, b box) {
	c.rect(b, c.theme.wallpaper)
	step := 44 * c.dp
	doodles := []icon{bubbles, smile, circle, camera, handset, mic}
	for i, y := 0, b.y0+step/3; y < b.y1; y += step {
		for x := b.x0 + step/3*float64(i%2+1); x < b.x1 && c.pixels > 0; x += step {
			doodles[(i*7+i/5)%len(doodles)](c, box{x, y, x + step*.36, y + step*.36}, c.theme.doodle)
			i++
		}
	}
}

// bubble is the paper of a message: green and right if it is ours.
func bubble(c *canvas, n *Node, b box) {
	out := c.isOut(n, b)
	col, r, tail := c.theme.in, 8*c.dp, 5*c.dp
	if out {
		col = c.theme.out
	}
	corners := [4]float64{r, r, r, r}
	shadow := b
	shadow.y1 += c.dp
	c.round(shadow, r, shade(26))
	if out {
		corners[1] = 0
		c.polygon(col, point{b.x1 - 1, b.y0}, point{b.x1 + tail, b.y0}, point{b.x1 - 1, b.y0 + tail*1.4})
	} else {
		corners[0] = 0
		c.polygon(col, point{b.x0 + 1, b.y0}, point{b.x0 - tail, b.y0}, point{b.x0 + 1, b.y0 + tail*1.4})
	}
	c.fill(b, col, func(p *pen) { p.rounded(b, corners) })
}

// isOut tells on whose side a bubble is.
func (c *canvas) isOut(n *Node, b box) bool {
	switch n.Hint["direction"] {
	case "out":
		return true
	case "in":
		return false
	}
	if find(n, "status") != nil {
		return true
	}
	return b.x0+b.x1 > c.screen().w()*1.04
}

// words sets text in dp.
func words(dp float64, bold bool) painter {
	return func(c *canvas, n *Node, b box) {
		single := b.h() < dp*c.dp*2
		c.text(b, n.Text, look{size: dp * c.dp, bold: bold, col: c.ink(), single: single, top: !single})
	}
}

// messageText is what a bubble says. At the top of the list one sees the end
// of a long one, at the bottom its beginning, as on a phone.
func messageText(c *canvas, n *Node, b box) {
	l := look{size: 16 * c.dp, col: c.ink(), top: true}
	if list := c.around("list"); list != nil && n.Bounds[1] <= list.Bounds[1]+1 {
		l.bottom = true
	}
	pad := min(4*c.dp, b.w()*.03)
	c.text(box{b.x0 + pad, b.y0, b.x1 - pad, b.y1}, n.Text, l)
}

// dialogText is text that keeps away from the sides of its dialog, which a
// node's bounds, padding included, do not.
func dialogText(dp float64, bold bool) painter {
	return func(c *canvas, n *Node, b box) {
		if panel := c.around("parentPanel"); panel != nil {
			p := boxOf(panel).inset(24 * c.dp)
			b.x0, b.x1 = max(b.x0, p.x0), min(b.x1, p.x1)
		}
		words(dp, bold)(c, n, b)
	}
}

// lesser is grey text on one line.
func lesser(dp float64) painter {
	return func(c *canvas, n *Node, b box) {
		c.text(b, n.Text, look{size: dp * c.dp, col: c.theme.text2, single: true})
	}
}

// centred is text in the middle.
func centred(dp float64) painter {
	return func(c *canvas, n *Node, b box) {
		c.text(b, n.Text, look{size: dp * c.dp, col: c.ink(), align: center, single: b.h() < dp*c.dp*2})
	}
}

// title is the chat's name; the Go fonts are wider than the phone's, so it may
// use the room up to the buttons.
func title(c *canvas, n *Node, b box) {
	if place := c.around("conversation_contact"); place != nil {
		b.x1 = max(b.x1, boxOf(place).x1)
	}
	c.text(b, n.Text, look{size: 18 * c.dp, bold: true, col: c.theme.onHeader, single: true})
}

func subtitle(c *canvas, n *Node, b box) {
	c.text(b, n.Text, look{size: 13 * c.dp, col: c.theme.onHeader2, single: true})
}

// sender is the name above a message in a group.
func sender(c *canvas, n *Node, b box) {
	c.text(b, n.Text, look{size: 13 * c.dp, bold: true, col: tint(n.Text), single: true})
}

// smallPrint is the minute in a bubble.
func smallPrint(c *canvas, n *Node, b box) {
	col := c.theme.text2
	if bubble := c.around("main_layout"); bubble != nil && find(bubble, "image", "thumb") != nil && find(bubble, "caption", "message_info_holder") == nil {
		c.round(b.inset(-2*c.dp), 6*c.dp, shade(90))
		col = white
	}
	c.text(b, n.Text, look{size: 11.5 * c.dp, col: col, single: true, align: right})
}

// messageStatus is the tick.
func messageStatus(c *canvas, n *Node, b box) { c.ticks(b, tickOf(n)) }

// tickOf is the node's tick: by its hint, else by the words of its
// description. Without either (the chat list says nothing) it is two grey
// ticks, the most common one.
func tickOf(n *Node) tick {
	if t := tick(n.Hint["tick"]); t != "" {
		return t
	}
	said := strings.ToLower(n.Desc)
	for _, w := range tickWords {
		for _, word := range w.words {
			if strings.Contains(said, word) {
				return w.tick
			}
		}
	}
	return tickDelivered
}

// tickWords are parts of what TalkBack reads for a status, as in the captures
// (Seen, Lida, Mensagem vista, Entregue) and in the app's translations.
var tickWords = []struct {
	tick  tick
	words []string
}{
	{tickFailed, []string{"failed", "falhou", "error", "fehlgeschlagen", "ошибка"}},
	{tickClock, []string{"pending", "pendente", "pendiente", "ausstehend", "ожидает", "sending"}},
	{tickDelivered, []string{"delivered", "entregue", "entregad", "zugestellt", "доставлен"}},
	{tickRead, []string{"seen", "read", "lida", "vista", "leíd", "visto", "gelesen", "прочитан", "просмотрен"}},
	{tickSent, []string{"sent", "enviad", "gesendet", "отправлен"}},
}

// divider is the date, or a notice, between bubbles.
func divider(c *canvas, n *Node, b box) {
	c.round(b, 8*c.dp, mix(c.theme.in, c.theme.wallpaper, .15))
	c.text(b.inset(3*c.dp), n.Text, look{size: 12.5 * c.dp, col: c.theme.text2, align: center})
}

// photo is a picture in a bubble.
func photo(c *canvas, n *Node, b box) {
	if c.within("contact_display_layout") {
		someone(c, n, b)
		return
	}
	if n.Picture != nil {
		c.picture(b, n.Picture, 6*c.dp)
		return
	}
	landscape(c, b.inset(2*c.dp), white)
}

// chip is the reaction below a bubble.
func chip(c *canvas, _ *Node, b box) {
	c.round(b, b.h()/2, c.theme.line)
	c.round(b.inset(c.dp), b.h()/2, c.theme.paper)
}

// inputField is the ground of the composer.
func inputField(c *canvas, _ *Node, b box) {
	if c.kind == chatKind {
		c.round(b, 26*c.dp, c.theme.in)
	}
}

// composer is the field one types into. Its placeholder is text of the node,
// too; that there is no `send` tells it from typed words.
func composer(c *canvas, n *Node, b box) {
	col := c.theme.text
	if n.Hint["placeholder"] != "" || c.ids["voice_note_btn"] && !c.ids["send"] {
		col = c.theme.text2
	}
	c.text(b, n.Text, look{size: 17 * c.dp, col: col})
}

// action is the round green button with an icon.
func action(i icon) painter {
	return func(c *canvas, _ *Node, b box) {
		c.disc(b, c.theme.accent)
		s := b.square()
		i(c, s.inset(s.w()*.27), c.theme.onAccent)
	}
}

// fab is the floating button.
func fab(i icon) painter {
	return func(c *canvas, _ *Node, b box) {
		s := b.square()
		c.round(box{s.x0, s.y0 + c.dp, s.x1, s.y1 + 2*c.dp}, s.w()*.28, shade(40))
		c.round(s, s.w()*.28, c.theme.accent)
		i(c, s.inset(s.w()*.29), c.theme.onAccent)
	}
}

// glyphOf is an icon of the given part of the node's size.
func glyphOf(i icon, part float64) painter {
	return func(c *canvas, _ *Node, b box) {
		s := b.square()
		i(c, s.inset(s.w()*(1-part)/2), c.iconInk())
	}
}

// landscapeIcon is a small sign for a picture.
func landscapeIcon(c *canvas, b box, col color.RGBA) {
	c.round(b, b.w()*.15, col)
	c.polygon(c.theme.page, b.in(.12, .84, .4, .45, .62, .7, .72, .6, .9, .84)...)
}
