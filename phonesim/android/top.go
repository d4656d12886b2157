package android

import (
	"fmt"
	"strings"

	"github.com/wabridge/wabridge/phonesim/view"
)

// Secure reports whether the phone has a PIN.
func (s *System) Secure() bool { return s.lock.pin != "" }

// ActivityTop is dumpsys activity top: the view tree of the activity in front,
// without waiting for idle. The lines are those of Android's View.toString; the
// format was seen in listings of other apps, not of WhatsApp.
func (s *System) ActivityTop() string {
	var b strings.Builder
	if s.front == nil {
		fmt.Fprintf(&b, "TASK %s id=1 userId=0\n  ACTIVITY %s %s pid=2544\n", launcher, launcherComponent, Token("launcher"))
		return b.String()
	}
	fmt.Fprintf(&b, "TASK %s id=42 userId=0\n  ACTIVITY %s %s pid=%d\n", s.front.Package(), s.Resumed(), Token(s.Resumed()), s.front.PID())
	b.WriteString("    View Hierarchy:\n      DecorView@" + Token("decor") + "[Conversation]\n")
	writeView(&b, s.front.Window().Draw(), "        ", view.Rect{})
	return b.String()
}

func writeView(b *strings.Builder, n *view.Node, indent string, parent view.Rect) {
	v, e := 'V', 'E'
	if n.Is(view.Gone) {
		v = 'G'
	}
	if n.Is(view.Disabled) {
		e = '.'
	}
	flag := func(f view.Flag, c rune) rune {
		if n.Is(f) {
			return c
		}
		return '.'
	}
	id := ""
	if _, name, ok := strings.Cut(n.ID, ":id/"); ok {
		id = fmt.Sprintf(" #7f0b%04x app:id/%s", len(name)*257, name)
	}
	fmt.Fprintf(b, "%s%s{%s %c%c%c..%c%c.. ........ %d,%d-%d,%d%s}\n", indent, n.Class, Token(n.ID+n.Bounds.String()),
		v, flag(view.Focusable, 'F'), e, flag(view.Clickable, 'C'), flag(view.LongClickable, 'L'),
		n.Bounds.Left-parent.Left, n.Bounds.Top-parent.Top, n.Bounds.Right-parent.Left, n.Bounds.Bottom-parent.Top, id)
	for _, c := range n.Children {
		writeView(b, c, indent+"  ", n.Bounds)
	}
}
