// Package view holds the tree of views that a window of the simulated phone
// shows, finds what a tap hits, and writes it as uiautomator dumps it. It knows
// neither WhatsApp nor Android's windows.
package view

import (
	"fmt"
	"image"
)

// A Rect is a rectangle of the display in pixels; Right and Bottom are outside.
type Rect struct{ Left, Top, Right, Bottom int }

// R makes a Rect.
func R(left, top, right, bottom int) Rect { return Rect{left, top, right, bottom} }

// W is the width.
func (r Rect) W() int { return r.Right - r.Left }

// H is the height.
func (r Rect) H() int { return r.Bottom - r.Top }

// Empty reports whether the rectangle holds no pixel.
func (r Rect) Empty() bool { return r.Right <= r.Left || r.Bottom <= r.Top }

// Center is the point in the middle.
func (r Rect) Center() (x, y int) { return (r.Left + r.Right) / 2, (r.Top + r.Bottom) / 2 }

// Contains reports whether the point lies inside.
func (r Rect) Contains(x, y int) bool {
	return x >= r.Left && x < r.Right && y >= r.Top && y < r.Bottom
}

// Intersect is the part that both rectangles share, or the zero Rect.
func (r Rect) Intersect(o Rect) Rect {
	r.Left, r.Top = max(r.Left, o.Left), max(r.Top, o.Top)
	r.Right, r.Bottom = min(r.Right, o.Right), min(r.Bottom, o.Bottom)
	if r.Empty() {
		return Rect{}
	}
	return r
}

// String writes it as a dump does.
func (r Rect) String() string {
	return fmt.Sprintf("[%d,%d][%d,%d]", r.Left, r.Top, r.Right, r.Bottom)
}

// A Flag is one of a node's yes/no properties.
type Flag uint16

// The flags. Enabled is the rule, so the flag says the opposite.
const (
	Clickable Flag = 1 << iota
	Focusable
	Focused
	Scrollable
	LongClickable
	Checkable
	Checked
	Selected
	Password
	Disabled
	Gone // takes an index among its siblings, but is neither dumped nor tapped
)

// A Node is one view.
type Node struct {
	Class    string // full name, "android.widget.TextView"
	ID       string // full resource id, "com.whatsapp:id/entry", or ""
	Package  string // of the window; set on the root, inherited by the rest
	Text     string
	Desc     string // content-desc
	Bounds   Rect
	Flags    Flag
	Order    int               // drawing-order; 0 is derived from the position
	Tap      func()            // what a tap does
	Hold     func()            // what a long press does
	Swipe    func()            // what a finger drawn to the right does
	Picture  image.Image       // what it shows, for a picture of the screen
	Hint     map[string]string // what a picture needs and no dump holds; see phonesim/picture
	Children []*Node
}

// Is reports whether all the flags are set.
func (n *Node) Is(f Flag) bool { return n.Flags&f == f }

// Add appends children, nil ones left out, and returns the node itself.
func (n *Node) Add(children ...*Node) *Node {
	for _, c := range children {
		if c != nil {
			n.Children = append(n.Children, c)
		}
	}
	return n
}

// Find returns the first visible node with this resource id in drawing order.
func (n *Node) Find(id string) *Node {
	if n == nil || n.Is(Gone) {
		return nil
	}
	if n.ID == id {
		return n
	}
	for _, c := range n.Children {
		if f := c.Find(id); f != nil {
			return f
		}
	}
	return nil
}

// Hit returns what a tap at a point acts on: the deepest, last drawn node that
// contains it and has a Tap, or nil.
func (n *Node) Hit(x, y int) *Node {
	return n.HitWith(x, y, func(n *Node) bool { return n.Tap != nil })
}

// HitWith is Hit for nodes of which can is true.
func (n *Node) HitWith(x, y int, can func(*Node) bool) *Node {
	if n == nil || n.Is(Gone) || !n.Bounds.Contains(x, y) {
		return nil
	}
	for i := len(n.Children) - 1; i >= 0; i-- {
		if h := n.Children[i].HitWith(x, y, can); h != nil {
			return h
		}
	}
	if can(n) && !n.Is(Disabled) {
		return n
	}
	return nil
}
