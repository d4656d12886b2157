package picture

import (
	"math"
	"strings"
	"unicode"
	"unicode/utf8"
)

// avatar is somebody's round picture: a silhouette on a colour of its own.
func avatar(c *canvas, n *Node, b box) {
	if n.Picture != nil {
		s := b.square()
		c.picture(s, n.Picture, s.w()/2)
		return
	}
	name := n.Desc
	if who := n.Hint["avatar"]; who != "" {
		name = who
	} else if row := c.around("contact_row_container"); row != nil {
		if who := find(row, "conversations_row_contact_name"); who != nil {
			name = who.Text
		}
	} else if bar := c.around("toolbar"); bar != nil {
		if who := find(bar, "conversation_contact_name"); who != nil {
			name = who.Text
		}
	}
	col := tint(name)
	if b.h() < b.w()*.8 { // a row that the edge of the list cuts off
		c.fill(b, col, func(p *pen) { p.rounded(b, [4]float64{b.h(), b.h(), 0, 0}) })
		return
	}
	c.disc(b, col)
	s := b.square()
	pale := mix(col, white, .82)
	if n.Hint["group"] != "" {
		people(c, s.inset(s.w()*.16), pale)
		return
	}
	if first := initial(name); first != "" {
		c.text(s.inset(s.w()*.12), first, look{size: s.w() * .5, bold: true, col: white, align: center, single: true})
		return
	}
	person(c, s.inset(s.w()*.14), pale)
}

// initial is the first letter of a name, or "" if it starts otherwise.
func initial(name string) string {
	name = strings.TrimLeftFunc(name, func(r rune) bool { return r == '~' || unicode.IsSpace(r) || invisible(r) })
	if r, _ := utf8.DecodeRuneInString(name); unicode.IsLetter(r) {
		return string(unicode.ToUpper(r))
	}
	return ""
}

// rowDate is green if the row has something unread.
func rowDate(c *canvas, n *Node, b box) {
	col := c.theme.text2
	if row := c.around("contact_row_container"); row != nil && find(row, "conversations_row_message_count") != nil {
		col = c.theme.accent
	}
	c.text(b, n.Text, look{size: 12.5 * c.dp, col: col, single: true, align: right})
}

// badge counts what is unread; the number stands in the description.
func badge(c *canvas, n *Node, b box) {
	count := n.Text
	if count == "" {
		count = strings.Map(func(r rune) rune {
			if unicode.IsDigit(r) {
				return r
			}
			return -1
		}, n.Desc)
	}
	c.round(b, b.h()/2, c.theme.accent)
	c.text(b.inset(b.h()*.12), count, look{size: b.h() * .62, bold: true, col: c.theme.onAccent, align: center, single: true})
}

// pill is a grey field with round ends.
func pill(c *canvas, n *Node, b box) {
	col := c.theme.pill
	if n.ID == "navigation_bar_item_active_indicator_view" {
		col = mix(c.theme.accent, c.theme.page, .78)
	} else if !c.within("toolbar") {
		b = box{b.x0 + 14*c.dp, b.y0, b.x1 - 14*c.dp, b.y1}
	}
	c.round(b, math.Min(b.h()/2, 28*c.dp), col)
}

// logo is the name of the app in its bar.
func logo(c *canvas, _ *Node, b box) {
	name := "WhatsApp"
	if len(c.stack) > 0 && strings.HasSuffix(packageOf(c.stack[0]), ".w4b") {
		name = "WhatsApp Business"
	}
	c.text(b.inset(-4*c.dp), name, look{size: b.h() * 1.05, bold: true, col: c.theme.onHeader, single: true})
}

func bottomBar(c *canvas, _ *Node, b box) {
	c.rect(b, c.theme.page)
	c.rect(box{b.x0, b.y0, b.x1, b.y0 + max(c.dp/2, 1)}, c.theme.line)
}

// tab is an icon of the bottom bar; which one, its place tells.
func tab(c *canvas, _ *Node, b box) {
	icons := []icon{bubbles, circle, people, handset}
	i := int(b.cx() / c.screen().w() * float64(len(icons)))
	s := b.square()
	icons[max(min(i, len(icons)-1), 0)](c, s.inset(s.w()*.16), c.theme.text)
}

func dot(c *canvas, _ *Node, b box) { c.disc(b, c.theme.accent) }
