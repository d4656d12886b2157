package app

import (
	"strings"
	"unicode/utf8"

	"github.com/wabridge/wabridge/phonesim/android"
	"github.com/wabridge/wabridge/phonesim/view"
)

// Short names for the trees.
const (
	frame       = "android.widget.FrameLayout"
	linear      = "android.widget.LinearLayout"
	linearComp  = "androidx.appcompat.widget.LinearLayoutCompat"
	relative    = "android.widget.RelativeLayout"
	group       = "android.view.ViewGroup"
	plain       = "android.view.View"
	textView    = "android.widget.TextView"
	image       = "android.widget.ImageView"
	imageButton = "android.widget.ImageButton"
	button      = "android.widget.Button"
	scrollView  = "android.widget.ScrollView"
	listView    = "android.widget.ListView"
	recycler    = "androidx.recyclerview.widget.RecyclerView"
	pager       = "androidx.viewpager.widget.ViewPager"
	editText    = "android.widget.EditText"
)

const (
	click = view.Clickable | view.Focusable
	press = click | view.LongClickable
)

// The places of the 720x1640 phone of the shared captures.
const (
	width      = 720
	height     = 1640
	topBar     = 68   // below the status bar
	underBar   = 180  // below the toolbar
	navBar     = 1544 // above the navigation bar
	keyboardUp = 998  // above a shown keyboard
)

// id is a resource id of the app.
func (a *App) id(name string) string { return a.cfg.Package + ":id/" + name }

// n makes a node; name is the id within the app, "android:id/…" or "".
func (a *App) n(class, name string, r view.Rect, children ...*view.Node) *view.Node {
	id := name
	if name != "" && !strings.Contains(name, ":") {
		id = a.id(name)
	}
	return (&view.Node{Class: class, ID: id, Bounds: r}).Add(children...)
}

// t makes a node with text.
func (a *App) t(name, text string, r view.Rect) *view.Node {
	n := a.n(textView, name, r)
	n.Text = text
	return n
}

func gone(count int) []*view.Node {
	var out []*view.Node
	for range count {
		out = append(out, &view.Node{Class: plain, Flags: view.Gone})
	}
	return out
}

func with(n *view.Node, f view.Flag) *view.Node { n.Flags |= f; return n }

func desc(n *view.Node, d string) *view.Node { n.Desc = d; return n }

// hint notes what a picture needs and no dump holds (phonesim/picture).
func hint(n *view.Node, key, value string) *view.Node {
	n.Hint = map[string]string{key: value}
	return n
}

func tap(n *view.Node, f func()) *view.Node { n.Tap = f; return n }

// window wraps an activity's content as the app's windows do; below the content
// lies the navigation bar's background.
func (a *App) window(content *view.Node) *view.Node {
	all := view.R(0, 0, width, height)
	root := a.n(frame, "", all,
		a.n(linear, "", all,
			a.n(frame, "", all, a.n(frame, "action_bar_root", all, a.n(frame, "android:id/content", all, content)))),
		a.n(plain, "android:id/navigationBarBackground", view.R(0, navBar, width, height)))
	return a.finish(root)
}

// finish sets the package and, under the fault layout_change, the renamed ids.
func (a *App) finish(root *view.Node) *view.Node {
	root.Package = a.cfg.Package
	if a.sys.Has(android.FaultLayout) {
		a.rename(root)
	}
	return root
}

// renamed are the ids that the imagined new build calls otherwise.
var renamed = map[string]string{
	"entry": "message_input", "send": "send_message_btn", "conversation_contact_name": "chat_title",
	"message_text": "bubble_body", "voice_note_btn": "ptt_btn",
}

func (a *App) rename(n *view.Node) {
	if name, ok := strings.CutPrefix(n.ID, a.cfg.Package+":id/"); ok && renamed[name] != "" {
		n.ID = a.id(renamed[name])
	}
	for _, c := range n.Children {
		a.rename(c)
	}
}

// clip cuts a tree to a rectangle; what lies outside is not visible.
func clip(n *view.Node, r view.Rect) {
	n.Bounds = n.Bounds.Intersect(r)
	if n.Bounds.Empty() {
		n.Flags |= view.Gone
	}
	for _, c := range n.Children {
		clip(c, r)
	}
}

// The measures of text.
const (
	charWidth  = 17
	lineHeight = 45
)

// measure is the size of a text that is wrapped at a width in pixels.
func measure(text string, limit int) (w, h int) {
	perLine, lines := max(limit/charWidth, 1), 0
	for line := range strings.SplitSeq(text, "\n") {
		n := utf8.RuneCountInString(line)
		lines += max((n+perLine-1)/perLine, 1)
		w = max(w, min(n, perLine)*charWidth)
	}
	return w, lines*lineHeight + 5
}
