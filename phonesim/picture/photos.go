package picture

import (
	"image"
	"image/draw"

	xdraw "golang.org/x/image/draw"
)

// picture paints an image into a box so that it fills it, cut where its shape
// is another, with round corners.
func (c *canvas) picture(b box, img image.Image, radius float64) {
	at := b.pixels()
	from := img.Bounds()
	if at.Empty() || from.Empty() || !at.Overlaps(c.img.Bounds()) || at.Dx() > maxSide || at.Dy() > maxSide {
		return
	}
	scale := max(b.w()/float64(from.Dx()), b.h()/float64(from.Dy()))
	w, h := int(b.w()/scale), int(b.h()/scale)
	x, y := from.Min.X+(from.Dx()-w)/2, from.Min.Y+(from.Dy()-h)/2
	cut := image.Rect(x, y, x+max(w, 1), y+max(h, 1)).Intersect(from)
	if cut.Empty() || !c.spend(at) {
		return
	}
	scaled := image.NewRGBA(at)
	xdraw.ApproxBiLinear.Scale(scaled, at, img, cut, draw.Src, nil)
	c.fillWith(b, scaled, func(p *pen) { p.rounded(b, [4]float64{radius, radius, radius, radius}) })
}
