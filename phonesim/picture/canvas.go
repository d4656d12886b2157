package picture

import (
	"image"
	"image/color"
	"image/draw"
	"math"

	"golang.org/x/image/vector"
)

// A box is a rectangle in pixels, possibly between pixels.
type box struct{ x0, y0, x1, y1 float64 }

// boxOf is the node's place, turned the right way round and kept within what
// the rasteriser can count.
func boxOf(n *Node) box {
	at := func(v int) float64 { return float64(max(min(v, maxSide*2), -maxSide*2)) }
	b := n.Bounds
	return box{at(min(b[0], b[2])), at(min(b[1], b[3])), at(max(b[0], b[2])), at(max(b[1], b[3]))}
}

func (b box) w() float64  { return b.x1 - b.x0 }
func (b box) h() float64  { return b.y1 - b.y0 }
func (b box) cx() float64 { return (b.x0 + b.x1) / 2 }
func (b box) cy() float64 { return (b.y0 + b.y1) / 2 }

// empty reports whether nothing can be seen of it.
func (b box) empty() bool { return b.w() < 1 || b.h() < 1 }

// inset moves all sides inwards, or outwards if d is negative.
func (b box) inset(d float64) box { return box{b.x0 + d, b.y0 + d, b.x1 - d, b.y1 - d} }

// square is the largest square in the middle of the box.
func (b box) square() box {
	r := min(b.w(), b.h()) / 2
	return box{b.cx() - r, b.cy() - r, b.cx() + r, b.cy() + r}
}

// pixels are the pixels that the box touches.
func (b box) pixels() image.Rectangle {
	return image.Rect(int(math.Floor(b.x0)), int(math.Floor(b.y0)), int(math.Ceil(b.x1)), int(math.Ceil(b.y1)))
}

// A point is a place between pixels.
type point struct{ x, y float64 }

// A canvas is the picture while it is drawn.
type canvas struct {
	img    *image.RGBA
	raster vector.Rasterizer
	mask   []uint8
	faces  map[faceKey]*face
	theme  theme
	scene
}

func newCanvas(size image.Point, s Style) *canvas {
	w, h := min(max(size.X, 1), maxSide), min(max(size.Y, 1), maxSide)
	c := &canvas{img: image.NewRGBA(image.Rect(0, 0, w, h)), faces: map[faceKey]*face{}, theme: light}
	if s.Dark {
		c.theme = dark
	}
	c.pixels, c.runes = 30*w*h+1e6, 100_000
	return c
}

// screen is the whole picture.
func (c *canvas) screen() box {
	r := c.img.Bounds()
	return box{0, 0, float64(r.Dx()), float64(r.Dy())}
}

// fill paints the area that draw outlines; within tells where it can be.
func (c *canvas) fill(within box, col color.RGBA, outline func(p *pen)) {
	c.fillWith(within, image.NewUniform(col), outline)
}

// fillWith is fill with an image, whose points are those of the screen.
func (c *canvas) fillWith(within box, src image.Image, outline func(p *pen)) {
	r := within.inset(-1).pixels().Intersect(c.img.Bounds())
	if r.Empty() || !c.spend(r) {
		return
	}
	c.raster.Reset(r.Dx(), r.Dy())
	outline(&pen{c: c, at: r.Min})
	if need := r.Dx() * r.Dy(); len(c.mask) < need {
		c.mask = make([]uint8, need)
	}
	mask := &image.Alpha{Pix: c.mask[:r.Dx()*r.Dy()], Stride: r.Dx(), Rect: image.Rect(0, 0, r.Dx(), r.Dy())}
	c.raster.DrawOp = draw.Src
	c.raster.Draw(mask, mask.Rect, image.Opaque, image.Point{})
	draw.DrawMask(c.img, r, src, r.Min, mask, image.Point{}, draw.Over)
}

// spend reports whether so many pixels may still be painted.
func (c *canvas) spend(r image.Rectangle) bool {
	c.pixels -= r.Dx()*r.Dy() + 400
	return c.pixels > 0
}

// A pen outlines an area on the screen.
type pen struct {
	c  *canvas
	at image.Point
}

func (p *pen) xy(x, y float64) (float32, float32) {
	return float32(x - float64(p.at.X)), float32(y - float64(p.at.Y))
}

func (p *pen) move(x, y float64) { p.c.raster.MoveTo(p.xy(x, y)) }
func (p *pen) line(x, y float64) { p.c.raster.LineTo(p.xy(x, y)) }
func (p *pen) end()              { p.c.raster.ClosePath() }

func (p *pen) curve(x1, y1, x2, y2, x, y float64) {
	a, b := p.xy(x1, y1)
	d, e := p.xy(x2, y2)
	f, g := p.xy(x, y)
	p.c.raster.CubeTo(a, b, d, e, f, g)
}

// rounded outlines a box with the given radii: top left, top right, bottom
// right, bottom left.
func (p *pen) rounded(b box, r [4]float64) {
	const k = 0.4477 // 1 - 0.5523: a quarter of a circle as one Bézier curve
	for i := range r {
		r[i] = max(min(r[i], b.w()/2, b.h()/2), 0)
	}
	p.move(b.x0+r[0], b.y0)
	p.line(b.x1-r[1], b.y0)
	p.curve(b.x1-r[1]*k, b.y0, b.x1, b.y0+r[1]*k, b.x1, b.y0+r[1])
	p.line(b.x1, b.y1-r[2])
	p.curve(b.x1, b.y1-r[2]*k, b.x1-r[2]*k, b.y1, b.x1-r[2], b.y1)
	p.line(b.x0+r[3], b.y1)
	p.curve(b.x0+r[3]*k, b.y1, b.x0, b.y1-r[3]*k, b.x0, b.y1-r[3])
	p.line(b.x0, b.y0+r[0])
	p.curve(b.x0, b.y0+r[0]*k, b.x0+r[0]*k, b.y0, b.x0+r[0], b.y0)
	p.end()
}

// rect paints a box with sharp corners.
func (c *canvas) rect(b box, col color.RGBA) {
	r := b.pixels().Intersect(c.img.Bounds())
	if !c.spend(r) {
		return
	}
	draw.Draw(c.img, r, image.NewUniform(col), image.Point{}, draw.Over)
}

// round paints a box with round corners.
func (c *canvas) round(b box, radius float64, col color.RGBA) {
	if b.w() <= 0 || b.h() <= 0 {
		return
	}
	c.fill(b, col, func(p *pen) { p.rounded(b, [4]float64{radius, radius, radius, radius}) })
}

// disc paints the circle in the middle of the box.
func (c *canvas) disc(b box, col color.RGBA) {
	s := b.square()
	c.round(s, s.w()/2, col)
}

// ring paints a circle's line.
func (c *canvas) ring(b box, width float64, col color.RGBA) {
	s := b.square()
	const steps = 28
	pts := make([]point, steps+1)
	for i := range pts {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / steps)
		pts[i] = point{s.cx() + cos*(s.w()-width)/2, s.cy() + sin*(s.w()-width)/2}
	}
	c.stroke(width, col, pts...)
}

// polygon paints the area between the points.
func (c *canvas) polygon(col color.RGBA, pts ...point) {
	if len(pts) < 3 {
		return
	}
	c.fill(around(pts), col, func(p *pen) {
		p.move(pts[0].x, pts[0].y)
		for _, q := range pts[1:] {
			p.line(q.x, q.y)
		}
		p.end()
	})
}

// stroke paints lines from point to point with round ends.
func (c *canvas) stroke(width float64, col color.RGBA, pts ...point) {
	for i, b := range pts {
		r := width / 2
		c.disc(box{b.x - r, b.y - r, b.x + r, b.y + r}, col)
		if i == 0 {
			continue
		}
		a := pts[i-1]
		d := math.Hypot(b.x-a.x, b.y-a.y)
		if d == 0 {
			continue
		}
		nx, ny := (b.y-a.y)/d*r, (a.x-b.x)/d*r
		c.polygon(col, point{a.x + nx, a.y + ny}, point{b.x + nx, b.y + ny}, point{b.x - nx, b.y - ny}, point{a.x - nx, a.y - ny})
	}
}

// around is the box around the points.
func around(pts []point) box {
	b := box{pts[0].x, pts[0].y, pts[0].x, pts[0].y}
	for _, p := range pts[1:] {
		b = box{min(b.x0, p.x), min(b.y0, p.y), max(b.x1, p.x), max(b.y1, p.y)}
	}
	return b
}

// gradient paints the box from one colour at the top to another below.
func (c *canvas) gradient(b box, top, bottom color.RGBA) {
	r := b.pixels().Intersect(c.img.Bounds())
	if !c.spend(r) {
		return
	}
	for y := r.Min.Y; y < r.Max.Y; y++ {
		f := float64(y-r.Min.Y) / float64(max(r.Dy()-1, 1))
		row := image.Rect(r.Min.X, y, r.Max.X, y+1)
		draw.Draw(c.img, row, image.NewUniform(mix(top, bottom, f)), image.Point{}, draw.Src)
	}
}

// mix is a colour between two, f from 0 to 1.
func mix(a, b color.RGBA, f float64) color.RGBA {
	m := func(x, y uint8) uint8 { return uint8(float64(x) + (float64(y)-float64(x))*f) }
	return color.RGBA{m(a.R, b.R), m(a.G, b.G), m(a.B, b.B), m(a.A, b.A)}
}
