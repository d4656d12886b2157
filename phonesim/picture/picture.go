package picture

import (
	"fmt"
	"image"
	"image/png"
	"io"
)

const (
	maxSide  = 4096  // pixels of a picture's side
	maxNodes = 20000 // drawn of one tree
	maxDepth = 200
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
	// Hint tells what no dump holds: "direction" = in|out of a bubble
	// (main_layout), "tick" = clock|sent|delivered|read|failed of a status,
	// "placeholder" = anything if the words in `entry` are not typed ones,
	// "group" = anything if an avatar is a group's.
	// Without a hint the position, the description and the other buttons decide.
	Hint map[string]string
	// Picture is what an avatar or a photo shows; nil draws a sign for it.
	Picture image.Image
}

// A Style is what the status bar shows and how all is coloured.
type Style struct {
	Clock string // of the status bar, "14:07"; empty for none
	Dark  bool
}

// Draw draws the tree on a screen of the given size (at most 4096 pixels a
// side; a bigger one is cut). A root without class and bounds stands for
// several windows, drawn in order; a window that leaves part of the screen
// free is a dialog or menu, and stands on a dimmed ground, for a dump does not
// tell what is behind it. Of a tree at most 20,000 nodes and 200 levels are
// drawn. Odd trees (bounds outside, empty, turned round, nil nodes) give odd
// pictures, never a panic.
func Draw(root *Node, size image.Point, s Style) *image.RGBA {
	c := newCanvas(size, s)
	windows := []*Node{root}
	if root != nil && root.Class == "" && root.Bounds == [4]int{} {
		windows = root.Children
	}
	c.survey(windows)
	c.backdrop()
	for _, w := range windows {
		if w != nil && c.isPopup(w) {
			c.card(boxOf(w), w)
		}
		c.walk(w, 0)
	}
	c.keyboard()
	c.statusBar(s.Clock)
	c.navigationBar()
	return c.img
}

// walk draws a node and what is in it.
func (c *canvas) walk(n *Node, depth int) {
	if n == nil || depth > maxDepth || c.drawn >= maxNodes || c.pixels <= 0 {
		return
	}
	c.drawn++
	c.stack = append(c.stack, n)
	if b := boxOf(n); !b.empty() {
		c.paint(n, b)
	}
	for _, child := range n.Children {
		c.walk(child, depth+1)
	}
	c.stack = c.stack[:len(c.stack)-1]
}

// Encode writes the picture as a PNG.
func Encode(w io.Writer, img image.Image) error {
	enc := png.Encoder{CompressionLevel: png.BestSpeed}
	if err := enc.Encode(w, img); err != nil {
		return fmt.Errorf("encode the picture: %w", err)
	}
	return nil
}
