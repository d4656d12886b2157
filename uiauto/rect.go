package uiauto

import "fmt"

// A Rect is a node's bounds in pixels, "[left,top][right,bottom]".
type Rect struct{ Left, Top, Right, Bottom int }

// Center is the point to tap.
func (r Rect) Center() (x, y int) { return (r.Left + r.Right) / 2, (r.Top + r.Bottom) / 2 }

// Empty reports whether there is nothing to tap.
func (r Rect) Empty() bool { return r.Right <= r.Left || r.Bottom <= r.Top }

// Area is how many pixels it has, 0 if it is empty.
func (r Rect) Area() int {
	if r.Empty() {
		return 0
	}
	return (r.Right - r.Left) * (r.Bottom - r.Top)
}

// Contains reports whether a point lies in it; its right and lower edges do not.
func (r Rect) Contains(x, y int) bool {
	return r.Left <= x && x < r.Right && r.Top <= y && y < r.Bottom
}

// String writes it as a dump does.
func (r Rect) String() string {
	return fmt.Sprintf("[%d,%d][%d,%d]", r.Left, r.Top, r.Right, r.Bottom)
}

// MarshalText writes it as a dump does.
func (r Rect) MarshalText() ([]byte, error) { return []byte(r.String()), nil }
