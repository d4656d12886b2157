package picture

import (
	"image/color"
	"strings"
)

// paint draws a node by its id, else by its class.
func (c *canvas) paint(n *Node, b box) {
	if c.kind == launcherKind && n.Text != "" && n.Clickable {
		launcherIcon(c, n, b)
		return
	}
	inApp := c.kind == chatKind || c.kind == appKind || c.dark()
	if p, ok := painters[n.ID]; ok && (inApp || !filePainter[n.ID] && n.ID != "icon" && n.ID != "date" && n.ID != "image" && n.ID != "status") {
		p(c, n, b)
		return
	}
	class := n.Class[strings.LastIndexByte(n.Class, '.')+1:]
	switch {
	case c.kind == systemKind && n.Clickable && isKey(n):
		c.disc(b, veil(46))
	case strings.HasSuffix(class, "Button") && n.Text != "":
		button(c, n, b)
	case class == "EditText":
		field(c, n, b)
	case strings.HasSuffix(class, "TextView") || n.Text != "" && len(n.Children) == 0:
		c.plain(n, b)
	case strings.HasPrefix(class, "Image") && (n.Desc != "" || n.Clickable):
		s := b.square()
		if s.w() > 8*c.dp && s.w() < 90*c.dp {
			iconFor(n)(c, s.inset(max(s.w()*.08, (s.w()-24*c.dp)/2)), c.iconInk())
		}
	case class == "ProgressBar":
		c.ring(b.square().inset(b.square().w()*.2), 4*c.dp, c.theme.accent)
	}
}

// isKey reports whether the node is a key of a PIN pad.
func isKey(n *Node) bool {
	t := find(n, "digit_text", "vivo_digit_text")
	return t != nil && t != n || strings.HasPrefix(n.ID, "key") && len(n.ID) <= 9
}

// iconFor guesses an icon from the description.
func iconFor(n *Node) icon {
	said := strings.ToLower(n.ID + " " + n.Desc)
	for _, w := range []struct {
		words string
		icon  icon
	}{
		{"video vídeo film", film}, {"call voz liga llam anruf звон phone", handset}, {"search busc pesq suche поиск", lens},
		{"camera câmera cámara kamera камера", camera}, {"back voltar volver zurück назад up", arrow},
		{"more mais más mehr ещё menu", dots}, {"mic voice", mic}, {"lock", lock}, {"photo foto", landscapeIcon},
	} {
		for word := range strings.FieldsSeq(w.words) {
			if strings.Contains(said, word) {
				return w.icon
			}
		}
	}
	return circle
}

// button is a text button; on permission dialogs it has a ground.
func button(c *canvas, n *Node, b box) {
	if strings.HasPrefix(n.ID, "permission_") {
		c.round(b, 18*c.dp, mix(c.theme.accent, c.theme.paper, .82))
	}
	c.text(b, n.Text, look{size: 14.5 * c.dp, bold: true, col: c.theme.accent, align: center, single: b.h() < 56*c.dp})
}

// field is a line one types into.
func field(c *canvas, n *Node, b box) {
	if !c.within("toolbar") {
		c.rect(box{b.x0, b.y1 - max(c.dp, 1), b.x1, b.y1}, c.theme.accent)
	}
	c.text(b, n.Text, look{size: 17 * c.dp, col: c.ink(), single: true})
}

// plain is any other text.
func (c *canvas) plain(n *Node, b box) {
	l := look{size: 16 * c.dp, col: c.ink(), single: b.h() < 34*c.dp}
	if c.within("reactions_tray_layout") {
		l.size, l.align = 24*c.dp, center
	}
	if strings.HasPrefix(n.ID, "navigation_bar_item") {
		l.size, l.align = 12.5*c.dp, center
		l.bold = strings.Contains(n.ID, "large")
	}
	c.text(b, n.Text, l)
}

// dark reports whether the screen is one of the app's dark ones.
func (c *canvas) dark() bool { return c.kind == previewKind || c.kind == callKind }

// ink is the colour of words where the drawing is.
func (c *canvas) ink() color.RGBA {
	switch {
	case c.kind == systemKind || c.kind == launcherKind || c.dark():
		return white
	case (c.kind == chatKind || c.kind == appKind) && c.within("toolbar", "action_mode_bar") && !c.within("search_input_layout"):
		return c.theme.onHeader
	}
	return c.theme.text
}

// iconInk is the colour of icons there.
func (c *canvas) iconInk() color.RGBA {
	if col := c.ink(); col != c.theme.text {
		return col
	}
	return c.theme.text2
}

// backdrop is what lies behind all windows.
func (c *canvas) backdrop() {
	s := c.screen()
	switch c.kind {
	case launcherKind:
		c.gradient(s, rgb(0x27496d), rgb(0x7aa6b8))
		c.disc(box{s.w() * .35, s.h() * .1, s.w() * 1.35, s.h()*.1 + s.w()}, veil(18))
	case systemKind:
		c.gradient(s, rgb(0x11131f), rgb(0x2c3a57))
	case popupKind:
		c.gradient(s, rgb(0x4a5358), rgb(0x3a4347))
	case previewKind:
		c.rect(s, rgb(0x0b141a))
	case callKind:
		c.gradient(s, rgb(0x0b3d36), rgb(0x0b141a))
	default:
		c.rect(s, c.theme.page)
	}
}

// card is the paper of a dialog or a menu. The window's frame may be wider
// than what is seen: the panel inside it is what has corners.
func (c *canvas) card(b box, w *Node) {
	if panel := find(w, "parentPanel", "grant_dialog", "custom"); panel != nil && !boxOf(panel).empty() {
		b = boxOf(panel)
	}
	c.round(box{b.x0 - 2*c.dp, b.y0, b.x1 + 2*c.dp, b.y1 + 5*c.dp}, 16*c.dp, shade(70))
	c.round(b, 14*c.dp, c.theme.paper)
}

// launcherIcon is an app on the home screen.
func launcherIcon(c *canvas, n *Node, b box) {
	side := min(b.w()*.56, b.h()*.62, 56*c.dp)
	label := 18 * c.dp
	if b.h() < side+label+6*c.dp {
		label = 0
		side = min(b.w(), b.h()) * .72
	}
	y := max(b.cy()-(side+label)/2, b.y0)
	s := box{b.cx() - side/2, y, b.cx() + side/2, y + side}
	if strings.HasPrefix(n.Text, "WhatsApp") {
		c.round(s, side*.26, rgb(0x25d366))
		bubbles(c, s.inset(side*.14), white)
		handset(c, s.part(.36, .27, .64, .55), rgb(0x25d366))
	} else {
		c.round(s, side*.26, tint(n.Text))
		c.text(s.inset(side*.1), initial(n.Text), look{size: side * .5, bold: true, col: white, align: center, single: true})
	}
	if label > 0 {
		c.text(box{b.x0 + 2*c.dp, s.y1 + 4*c.dp, b.x1 - 2*c.dp, s.y1 + 4*c.dp + label}, n.Text,
			look{size: 12.5 * c.dp, col: white, align: center, single: true})
	}
}

// clockFace is the large clock of the keyguard.
func clockFace(c *canvas, n *Node, b box) {
	c.text(b, n.Text, look{size: b.h() * .7, col: white, single: true})
}

// keyboard fills the place below a chat that ends early: its window is in no
// dump.
func (c *canvas) keyboard() {
	s := c.screen()
	if c.keyTop == 0 || c.kind != chatKind {
		return
	}
	area := box{0, c.keyTop, s.x1, s.y1}
	c.rect(area, mix(c.theme.pill, c.theme.tick, .25))
	rows := []string{"qwertyuiop", "asdfghjkl", "zxcvbnm", " "}
	h := min(area.h()/5.2, 56*c.dp)
	for i, keys := range rows {
		unit := s.w() / 10.4
		wide := unit
		if keys == " " {
			wide = unit * 5
		}
		x := s.cx() - wide*float64(len(keys))/2
		for _, k := range keys {
			key := box{x, area.y0 + h*(float64(i)+.6), x + wide, area.y0 + h*(float64(i)+1.5)}.inset(2 * c.dp)
			c.round(key, 5*c.dp, c.theme.paper)
			c.text(key, string(k), look{size: h * .42, col: c.theme.text, align: center, single: true})
			x += wide
		}
	}
}

// statusBar is the line with clock, signal and battery.
func (c *canvas) statusBar(clock string) {
	if c.kind == systemKind && (c.ids["status_bar"] || c.ids["keyguard_header"]) {
		return // the tree holds it
	}
	s := c.screen()
	h := min(c.top, 40*c.dp)
	col := c.barInk()
	c.text(box{14 * c.dp, c.top - h, s.w() / 2, c.top}, clock, look{size: 13.5 * c.dp, bold: true, col: col, single: true})
	icon := min(h*.55, 15*c.dp)
	y := c.top - h/2 - icon/2
	x := s.x1 - 14*c.dp - icon
	battery := box{x + icon*.2, y, x + icon*.8, y + icon}
	c.round(battery, icon*.12, col)
	x -= icon * 1.3
	c.polygon(col, point{x + icon, y}, point{x + icon, y + icon}, point{x, y + icon})
	x -= icon * 1.5
	c.polygon(col, point{x, y + icon*.3}, point{x + icon*.3, y + icon*.08}, point{x + icon*.7, y + icon*.08}, point{x + icon, y + icon*.3}, point{x + icon/2, y + icon})
}

// barInk is the colour of the status bar: white on the app bar and on pictures.
func (c *canvas) barInk() color.RGBA {
	appBarThere := (c.kind == chatKind || c.kind == appKind) && (c.ids["toolbar"] || c.ids["action_mode_bar"])
	if c.kind == otherKind || c.kind == appKind && !appBarThere {
		return c.theme.text
	}
	return white
}

// navigationBar is at the bottom: three buttons where the windows leave room,
// else the handle of gesture navigation.
func (c *canvas) navigationBar() {
	s := c.screen()
	if c.ids["nav_buttons"] {
		return // the tree holds it
	}
	if c.kind == popupKind || c.keyTop > 0 {
		c.bottom = s.y1
	}
	room := s.y1 - c.bottom
	col := c.theme.text2
	onPicture := c.dark() || c.kind == systemKind || c.kind == launcherKind || c.kind == popupKind
	if onPicture {
		col = white
	}
	if room < 14*c.dp {
		c.round(box{s.cx() - 54*c.dp, s.y1 - 8*c.dp, s.cx() + 54*c.dp, s.y1 - 4.5*c.dp}, 2*c.dp, col)
		return
	}
	bar := box{0, c.bottom, s.x1, s.y1}
	if !onPicture {
		c.rect(bar, c.theme.page)
	}
	icon := min(bar.h()*.4, 18*c.dp)
	at := func(f float64) box {
		x := s.w() * f
		return box{x - icon/2, bar.cy() - icon/2, x + icon/2, bar.cy() + icon/2}
	}
	c.stroke(icon*.12, col, at(.25).in(.75, .05, .2, .5, .75, .95, .75, .05)...)
	c.ring(at(.5), icon*.12, col)
	c.stroke(icon*.12, col, at(.75).in(.1, .1, .9, .1, .9, .9, .1, .9, .1, .1)...)
}
