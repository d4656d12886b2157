package picture

import (
	"image/color"
	"math"
)

func cross(c *canvas, b box, col color.RGBA) {
	w := b.w() * .09
	c.stroke(w, col, b.in(.2, .2, .8, .8)...)
	c.stroke(w, col, b.in(.8, .2, .2, .8)...)
}

func plus(c *canvas, b box, col color.RGBA) {
	w := b.w() * .09
	c.stroke(w, col, b.in(.5, .15, .5, .85)...)
	c.stroke(w, col, b.in(.15, .5, .85, .5)...)
}

// down points down, onto a line: download.
func down(c *canvas, b box, col color.RGBA) {
	w := b.w() * .09
	c.stroke(w, col, b.in(.5, .12, .5, .66)...)
	c.stroke(w, col, b.in(.26, .44, .5, .68, .74, .44)...)
	c.stroke(w, col, b.in(.2, .88, .8, .88)...)
}

// replySign is an arrow that bends back.
func replySign(c *canvas, b box, col color.RGBA) {
	w := b.w() * .1
	c.stroke(w, col, b.in(.4, .18, .1, .46, .4, .74)...)
	c.stroke(w, col, b.in(.1, .46, .6, .46, .8, .58, .9, .86)...)
}

func star(c *canvas, b box, col color.RGBA) {
	var pts []point
	for i := range 10 {
		r := .48
		if i%2 == 1 {
			r = .2
		}
		sin, cos := math.Sincos(math.Pi * (float64(i)/5 - .5))
		pts = append(pts, b.in(.5+r*cos, .53+r*sin)...)
	}
	c.polygon(col, pts...)
}

func bin(c *canvas, b box, col color.RGBA) {
	c.round(b.part(.22, .32, .78, .95), b.w()*.08, col)
	c.round(b.part(.14, .16, .86, .25), b.w()*.04, col)
	c.round(b.part(.38, .06, .62, .16), b.w()*.04, col)
}

func cropSign(c *canvas, b box, col color.RGBA) {
	w := b.w() * .09
	c.stroke(w, col, b.in(.28, .06, .28, .74, .94, .74)...)
	c.stroke(w, col, b.in(.06, .26, .74, .26, .74, .94)...)
}

func letterT(c *canvas, b box, col color.RGBA) {
	w := b.w() * .12
	c.stroke(w, col, b.in(.18, .16, .82, .16)...)
	c.stroke(w, col, b.in(.5, .16, .5, .88)...)
}

func pencil(c *canvas, b box, col color.RGBA) {
	c.stroke(b.w()*.2, col, b.in(.78, .2, .3, .68)...)
	c.polygon(col, b.in(.1, .9, .18, .62, .38, .82)...)
}
