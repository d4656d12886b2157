package uiauto

import (
	"errors"
	"iter"
	"strings"
)

// What can be wrong with the output of a dump command. Which of them it is
// decides what to do: ErrNullRoot, ErrNotIdle and ErrNoDump are worth another
// try, and none of them says anything about what is on the screen.
var (
	// ErrNullRoot: "ERROR: null root node returned by UiTestAutomationBridge."
	ErrNullRoot = errors.New("uiautomator found no root node")
	// ErrNotIdle: "ERROR: could not get idle state."
	ErrNotIdle = errors.New("the screen did not come to rest")
	// ErrNoDump: output without a hierarchy, for one because the dumper crashed
	// (then it prints nothing at all).
	ErrNoDump = errors.New("no hierarchy in the output")
	// ErrTruncated: the output ends inside the hierarchy.
	ErrTruncated = errors.New("the dump is cut off")
	// ErrMalformed: the hierarchy is not well-formed.
	ErrMalformed = errors.New("the dump is malformed")
	// ErrTooLarge: one of the Max bounds is passed.
	ErrTooLarge = errors.New("the dump is too large")
)

// Bounds of what Parse accepts. The largest capture has 235 nodes, 29 levels
// and 105 KB; a message of 4096 characters written as entities takes about 50 KB.
const (
	MaxBytes = 4 << 20
	MaxNodes = 20000
	MaxDepth = 200
)

// A Dump is one reading of the screen.
type Dump struct {
	Root     *Node // stands for the hierarchy; its children are the windows' root nodes
	Rotation int   // 0 to 3, in quarter turns
	Nodes    int   // how many nodes there are, Root not counted

	byID map[string][]*Node // by the part of the id behind "id/"
}

// A Node is one view of the screen, as the accessibility tree has it.
type Node struct {
	Text     string
	ID       string // full: "com.whatsapp:id/entry"
	Class    string // full: "android.widget.EditText"
	Package  string
	Desc     string // content-desc
	Hint     string // absent in many builds; empty in WhatsApp's composer even where it exists
	Bounds   Rect   // clipped to the display
	Flags    Flags
	Parent   *Node
	Children []*Node
}

// Flags are the attributes of a node that are true.
type Flags uint16

// The flags that a dump names.
const (
	Checkable Flags = 1 << iota
	Checked
	Clickable
	Enabled
	Focusable
	Focused
	Scrollable
	LongClickable
	Password
	Selected
)

var flagNames = map[string]Flags{
	"checkable": Checkable, "checked": Checked, "clickable": Clickable, "enabled": Enabled, "focusable": Focusable,
	"focused": Focused, "scrollable": Scrollable, "long-clickable": LongClickable, "password": Password, "selected": Selected,
}

// Has reports whether all the flags are set.
func (n *Node) Has(f Flags) bool { return n.Flags&f == f }

// Suffix is the id without package: "entry" of "com.whatsapp:id/entry".
func (n *Node) Suffix() string { return suffix(n.ID) }

func suffix(id string) string {
	if i := strings.LastIndex(id, "id/"); i >= 0 {
		return id[i+len("id/"):]
	}
	return id
}

// All walks the node and everything in it, parents first, in the order of the
// dump.
func (n *Node) All() iter.Seq[*Node] {
	return func(yield func(*Node) bool) { n.walk(yield) }
}

func (n *Node) walk(yield func(*Node) bool) bool {
	if !yield(n) {
		return false
	}
	for _, c := range n.Children {
		if !c.walk(yield) {
			return false
		}
	}
	return true
}

// Within reports whether the node is a or inside of a.
func (n *Node) Within(a *Node) bool {
	for ; n != nil; n = n.Parent {
		if n == a {
			return true
		}
	}
	return false
}

// Window is the root node of the window that holds the node.
func (n *Node) Window() *Node {
	for n.Parent != nil && n.Parent.Parent != nil {
		n = n.Parent
	}
	return n
}

// All walks every node of the dump.
func (d *Dump) All() iter.Seq[*Node] {
	return func(yield func(*Node) bool) {
		for _, w := range d.Root.Children {
			if !w.walk(yield) {
				return
			}
		}
	}
}

// Windows are the root nodes: one in a dump of `uiautomator dump`, which shows
// the active window only, and several in uiautomator2's format.
func (d *Dump) Windows() []*Node { return d.Root.Children }
