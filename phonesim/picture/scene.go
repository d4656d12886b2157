package picture

import (
	"slices"
	"strings"
)

// A scene is what is known of the whole screen before the first node is
// drawn, and where the drawing is.
type scene struct {
	dp     float64 // pixels of a density-independent pixel, estimated
	top    float64 // height of the status bar
	bottom float64 // where windows end: below it is the navigation bar
	ids    map[string]bool
	kind   kind
	keyTop float64 // where the keyboard begins, 0 if there is none
	stack  []*Node // the node that is drawn, last, and those around it
	drawn  int
	// What is left to be drawn: odd trees must not take for ever.
	pixels, runes int
}

// A kind is what fills the screen.
type kind int

const (
	otherKind kind = iota
	chatKind
	appKind // WhatsApp, but no chat
	launcherKind
	systemKind  // keyguard, shade
	popupKind   // dialogs and menus only
	previewKind // a file before it is sent
	callKind
)

// survey looks through the windows.
func (c *canvas) survey(windows []*Node) {
	c.ids = map[string]bool{}
	c.dp = min(c.screen().w(), c.screen().h()) / 400
	count, biggest, end := 0, 0.0, 0.0
	var look func(n *Node, depth int)
	look = func(n *Node, depth int) {
		if n == nil || depth > maxDepth || count >= maxNodes {
			return
		}
		count++
		c.ids[n.ID] = true
		b := boxOf(n)
		switch {
		case (n.ID == "toolbar" || n.ID == "action_mode_bar") && b.h() > 30:
			c.dp, c.top = b.h()/56, b.y0
		case n.ID == "statusBarBackground" && b.h() > 0:
			c.top = b.y1
		case n.ID == "footer" && b.y1 < c.screen().y1*.75 && c.ids["conversation_layout"]:
			c.keyTop = b.y1
		case n.ID == "navigationBarBackground" && b.h() > 0:
			c.bottom = b.y0
		}
		for _, child := range n.Children {
			look(child, depth+1)
		}
	}
	for _, w := range windows {
		look(w, 0)
		if w == nil {
			continue
		}
		b := boxOf(w)
		if area := b.w() * b.h(); area >= biggest {
			biggest = area
			c.kind = c.kindOf(w)
			end = b.y1
		}
	}
	if c.bottom == 0 || end < c.bottom {
		c.bottom = end
	}
	c.dp = max(min(c.dp, 8), .5)
	if c.top == 0 {
		c.top = 24 * c.dp
	}
}

// kindOf says what a window is.
func (c *canvas) kindOf(w *Node) kind {
	pkg := packageOf(w)
	switch {
	case c.isPopup(w):
		return popupKind
	case strings.Contains(pkg, "launcher"):
		return launcherKind
	case pkg == "com.android.systemui":
		return systemKind
	case c.ids["media_preview_layout"]:
		return previewKind
	case c.ids["call_screen_root"]:
		return callKind
	case c.ids["conversation_layout"] || c.ids["entry"]:
		return chatKind
	case strings.HasPrefix(pkg, "com.whatsapp"):
		return appKind
	}
	return otherKind
}

// packageOf is the package of the window's first node that has one.
func packageOf(w *Node) string {
	for n, depth := w, 0; n != nil && depth < maxDepth; depth++ {
		if n.Package != "" || len(n.Children) == 0 {
			return n.Package
		}
		n = n.Children[0]
	}
	return ""
}

// isPopup reports whether a window leaves part of the screen free at its
// sides; the system's bars do not count.
func (c *canvas) isPopup(w *Node) bool {
	b := boxOf(w)
	return !b.empty() && (b.x0 > 0 || b.x1 < c.screen().x1) && b.h() > 0
}

// within reports whether the node drawn now is, or is inside of, one with one
// of the ids.
func (c *canvas) within(ids ...string) bool {
	return slices.ContainsFunc(c.stack, func(n *Node) bool { return slices.Contains(ids, n.ID) })
}

// around is the nearest node with the id around the one drawn now.
func (c *canvas) around(id string) *Node {
	for _, n := range slices.Backward(c.stack) {
		if n.ID == id {
			return n
		}
	}
	return nil
}

// find is the first node with one of the ids in the tree, if it is among the
// first thousand.
func find(n *Node, ids ...string) *Node {
	budget := 1000
	var look func(n *Node, depth int) *Node
	look = func(n *Node, depth int) *Node {
		if n == nil || depth > maxDepth || budget == 0 {
			return nil
		}
		budget--
		if slices.Contains(ids, n.ID) {
			return n
		}
		for _, child := range n.Children {
			if found := look(child, depth+1); found != nil {
				return found
			}
		}
		return nil
	}
	return look(n, 0)
}
