package picture

import (
	"image/color"
	"math"
)

// An icon draws itself into a square box.
type icon func(c *canvas, b box, col color.RGBA)

// in places relative coordinates (0 to 1) into the box.
func (b box) in(xy ...float64) []point {
	pts := make([]point, len(xy)/2)
	for i := range pts {
		pts[i] = point{b.x0 + xy[2*i]*b.w(), b.y0 + xy[2*i+1]*b.h()}
	}
	return pts
}

// part is a box inside the box, in relative coordinates.
func (b box) part(x0, y0, x1, y1 float64) box {
	return box{b.x0 + x0*b.w(), b.y0 + y0*b.h(), b.x0 + x1*b.w(), b.y0 + y1*b.h()}
}

// arrow points to the left.
func arrow(c *canvas, b box, col color.RGBA) {
	w := math.Abs(b.w()) * 0.09
	c.stroke(w, col, b.in(.45, .2, .15, .5, .45, .8)...)
	c.stroke(w, col, b.in(.15, .5, .87, .5)...)
}

// forward points to the right.
func forward(c *canvas, b box, col color.RGBA) {
	arrow(c, box{b.x1, b.y0, b.x0, b.y1}, col)
}

// dots are the overflow menu.
func dots(c *canvas, b box, col color.RGBA) {
	for _, y := range []float64{.2, .5, .8} {
		c.disc(b.part(.41, y-.09, .59, y+.09), col)
	}
}

// plane is the paper plane of `send`.
func plane(c *canvas, b box, col color.RGBA) {
	c.polygon(col, b.in(.1, .12, .95, .5, .1, .88, .1, .59, .66, .5, .1, .41)...)
}

// mic is the microphone of `voice message`.
func mic(c *canvas, b box, col color.RGBA) {
	c.round(b.part(.37, .08, .63, .62), b.w()*.13, col)
	var arc []point
	for i := range 9 {
		sin, cos := math.Sincos(math.Pi * float64(i) / 8)
		arc = append(arc, b.in(.5+.27*cos, .5+.27*sin)...)
	}
	c.stroke(b.w()*.07, col, arc...)
	c.stroke(b.w()*.07, col, b.in(.5, .78, .5, .92)...)
}

// smile is the emoji button.
func smile(c *canvas, b box, col color.RGBA) {
	w := b.w() * .075
	c.ring(b.inset(b.w()*.06), w, col)
	c.disc(b.part(.3, .36, .42, .48), col)
	c.disc(b.part(.58, .36, .7, .48), col)
	c.stroke(w, col, b.in(.31, .6, .4, .7, .5, .73, .6, .7, .69, .6)...)
}

// clip is the paper clip of `attach`.
func clip(c *canvas, b box, col color.RGBA) {
	c.stroke(b.w()*.075, col, b.in(.72, .3, .36, .66, .36, .76, .45, .76, .84, .37, .85, .22, .75, .12, .6, .13, .2, .53, .15, .7, .24, .85, .42, .86, .78, .52)...)
}

// camera is a photo camera.
func camera(c *canvas, b box, col color.RGBA) {
	w := b.w() * .075
	c.stroke(w, col, b.in(.1, .28, .32, .28, .4, .16, .6, .16, .68, .28, .9, .28, .9, .8, .1, .8, .1, .28)...)
	c.ring(b.part(.33, .35, .67, .69), w, col)
}

// handset is a telephone.
func handset(c *canvas, b box, col color.RGBA) {
	c.stroke(b.w()*.17, col, b.in(.24, .2, .3, .46, .54, .7, .8, .76)...)
	c.stroke(b.w()*.2, col, b.in(.22, .18, .27, .3)...)
	c.stroke(b.w()*.2, col, b.in(.7, .73, .82, .78)...)
}

// film is a video camera.
func film(c *canvas, b box, col color.RGBA) {
	c.round(b.part(.06, .25, .66, .75), b.w()*.1, col)
	c.polygon(col, b.in(.7, .46, .94, .28, .94, .72, .7, .54)...)
}

// lens is `search`.
func lens(c *canvas, b box, col color.RGBA) {
	c.ring(b.part(.12, .12, .68, .68), b.w()*.09, col)
	c.stroke(b.w()*.09, col, b.in(.62, .62, .88, .88)...)
}

// bubbles is `chats`, `new chat`.
func bubbles(c *canvas, b box, col color.RGBA) {
	c.round(b.part(.1, .14, .9, .72), b.w()*.14, col)
	c.polygon(col, b.in(.2, .68, .48, .68, .2, .92)...)
}

// circle stands for icons nobody knows.
func circle(c *canvas, b box, col color.RGBA) { c.ring(b.inset(b.w()*.12), b.w()*.08, col) }

// person is the silhouette of somebody without a picture.
func person(c *canvas, b box, col color.RGBA) {
	c.disc(b.part(.32, .18, .68, .54), col)
	body := b.part(.18, .6, .82, .95)
	c.fill(body, col, func(p *pen) { p.rounded(body, [4]float64{b.w() * .3, b.w() * .3, b.w() * .08, b.w() * .08}) })
}

// people is a group.
func people(c *canvas, b box, col color.RGBA) {
	person(c, b.part(.02, .16, .62, .86), col)
	person(c, b.part(.42, .16, 1, .86), col)
}

// sheet is a document.
func sheet(c *canvas, b box, col color.RGBA) {
	c.polygon(col, b.in(.2, .06, .6, .06, .82, .28, .82, .94, .2, .94)...)
	for _, y := range []float64{.45, .6, .75} {
		c.stroke(b.w()*.06, white, b.in(.34, y, .68, y)...)
	}
}

// lock is a closed padlock.
func lock(c *canvas, b box, col color.RGBA) {
	c.stroke(b.w()*.09, col, b.in(.3, .5, .3, .3, .4, .16, .6, .16, .7, .3, .7, .5)...)
	c.round(b.part(.2, .44, .8, .92), b.w()*.08, col)
}

// landscape is a photo.
func landscape(c *canvas, b box, _ color.RGBA) {
	c.gradient(b, rgb(0x9fc6e8), rgb(0xdcebf5))
	c.disc(b.part(.68, .12, .84, .32), rgb(0xfff3c4))
	c.polygon(rgb(0x7fa58a), b.in(0, 1, 0, .8, .3, .42, .62, .85, .62, 1)...)
	c.polygon(rgb(0x5f8a72), b.in(.35, 1, .72, .52, 1, .8, 1, 1)...)
}

// A tick is what a bubble says about its message.
type tick string

// The ticks.
const (
	tickClock     tick = "clock"
	tickSent      tick = "sent"
	tickDelivered tick = "delivered"
	tickRead      tick = "read"
	tickFailed    tick = "failed"
)

// ticks draws clock, one tick, two ticks, two blue ticks, or a red mark.
func (c *canvas) ticks(b box, t tick) {
	col := c.theme.tick
	if t == tickRead {
		col = c.theme.tickRead
	}
	s := b.square()
	w := max(s.w()*.1, 1.2)
	switch t {
	case tickClock:
		c.ring(s.inset(s.w()*.12), w, col)
		c.stroke(w, col, s.in(.5, .28, .5, .52, .66, .6)...)
	case tickSent:
		c.stroke(w, col, s.in(.16, .54, .38, .77, .84, .25)...)
	case tickDelivered, tickRead:
		c.stroke(w, col, s.in(-.17, .54, .05, .77, .51, .25)...)
		c.stroke(w, col, s.in(.33, .66, .44, .77, .9, .25)...)
	case tickFailed:
		c.disc(s.inset(s.w()*.05), rgb(0xea0038))
		c.stroke(w, white, s.in(.5, .25, .5, .55)...)
		c.disc(s.part(.43, .68, .57, .82), white)
	}
}

// emoji draws a pictogram: a face, a heart, or a coloured tile.
func (c *canvas) emoji(b box, r rune) {
	s := b.square().inset(b.square().w() * .04)
	switch {
	case r >= 0x1f600 && r <= 0x1f64f || r >= 0x1f910 && r <= 0x1f92f || r >= 0x1f970 && r <= 0x1f97a || r == 0x263a:
		c.disc(s, rgb(0xffcc4d))
		ink := rgb(0x664500)
		c.disc(s.part(.28, .3, .4, .46), ink)
		c.disc(s.part(.6, .3, .72, .46), ink)
		c.stroke(s.w()*.08, ink, s.in(.28, .62, .4, .74, .5, .77, .6, .74, .72, .62)...)
	case r == 0x2764 || r >= 0x1f493 && r <= 0x1f49f || r == 0x2665 || r == 0x1f9e1:
		red := rgb(0xdd2e44)
		c.disc(s.part(.05, .12, .55, .62), red)
		c.disc(s.part(.45, .12, .95, .62), red)
		c.polygon(red, s.in(.09, .48, .5, .4, .91, .48, .5, .94)...)
	case r == 0x2705 || r == 0x2714:
		c.round(s, s.w()*.15, rgb(0x77b255))
		c.stroke(s.w()*.1, white, s.in(.24, .52, .43, .7, .76, .3)...)
	case r == 0x1f44d || r == 0x1f44b || r == 0x1f64f || r >= 0x1f446 && r <= 0x1f450:
		skin := rgb(0xffcc4d)
		c.round(s.part(.38, .38, .92, .9), s.w()*.14, skin)
		c.stroke(s.w()*.2, skin, s.in(.46, .5, .56, .16)...)
		c.round(s.part(.06, .44, .3, .9), s.w()*.06, rgb(0x5c913b))
	default:
		c.round(s, s.w()*.28, tint(string(r)))
		c.disc(s.part(.36, .36, .64, .64), veil(170))
	}
}
