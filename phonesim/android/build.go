package android

import "github.com/wabridge/wabridge/phonesim/view"

// Short names for the trees below.
const (
	frame    = "android.widget.FrameLayout"
	linear   = "android.widget.LinearLayout"
	relative = "android.widget.RelativeLayout"
	group    = "android.view.ViewGroup"
	plain    = "android.view.View"
	textView = "android.widget.TextView"
	image    = "android.widget.ImageView"
	button   = "android.widget.Button"
	scroll   = "android.widget.ScrollView"
)

func node(class, id string, r view.Rect, children ...*view.Node) *view.Node {
	return (&view.Node{Class: class, ID: id, Bounds: r}).Add(children...)
}

func label(class, id, text string, r view.Rect) *view.Node {
	return &view.Node{Class: class, ID: id, Text: text, Bounds: r}
}

func described(n *view.Node, desc string) *view.Node { n.Desc = desc; return n }

func flagged(n *view.Node, f view.Flag) *view.Node { n.Flags |= f; return n }

func tappable(n *view.Node, f func()) *view.Node {
	n.Flags |= view.Clickable | view.Focusable
	n.Tap = f
	return n
}

func gone() *view.Node { return &view.Node{Class: plain, Flags: view.Gone} }
