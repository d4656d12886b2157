package picture

import (
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"
)

// A Node is one view of the screen.
type Node struct {
	Class     string // "android.widget.TextView" …
	ID        string // the part of the resource id after ":id/"
	Package   string
	Text      string
	Desc      string
	Bounds    [4]int // left, top, right, bottom in pixels of the screen
	Clickable bool
	Children  []*Node
	// Hint tells what no dump holds: "direction" = in|out of a bubble,
	// "tick" = clock|sent|delivered|read of a status.
	Hint map[string]string
}

// A Style is what the status bar shows and how all is coloured.
type Style struct {
	Clock string // of the status bar, "14:07"; empty for none
	Dark  bool
}

// Draw draws the tree on a screen of the given size (at most 4096 pixels a
// side; a bigger one is cut). Odd trees (bounds outside, empty, turned round,
// nil nodes) give odd pictures, never a panic.
func Draw(root *Node, size image.Point, s Style) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, min(max(size.X, 1), 4096), min(max(size.Y, 1), 4096)))
	draw.Draw(img, img.Bounds(), image.NewUniform(color.White), image.Point{}, draw.Src)
	return img
}

// Encode writes the picture as a PNG.
func Encode(w io.Writer, img image.Image) error {
	enc := png.Encoder{CompressionLevel: png.BestSpeed}
	return enc.Encode(w, img)
}
