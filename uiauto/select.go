package uiauto

import (
	"iter"
	"strings"
)

// A Selector says which nodes are meant; all of its members that are not empty
// must hold.
type Selector struct {
	ID      string // full ("android:id/list"), or only what stands behind "id/" ("entry"); a final "*" stands for any ending
	Class   string // full, or only its last part ("EditText")
	Package string
	Text    string // whole text, compared by Same
	Desc    string // whole content-desc, compared by Same
	Within  *Node  // the node or one inside of it
	Flags   Flags
}

// Match reports whether the selector means the node.
func (s Selector) Match(n *Node) bool {
	return matchPart(s.ID, n.ID, '/') && matchPart(s.Class, n.Class, '.') &&
		(s.Package == "" || s.Package == n.Package) &&
		n.Has(s.Flags) &&
		(s.Within == nil || n.Within(s.Within)) &&
		(s.Text == "" || Same(s.Text, n.Text)) &&
		(s.Desc == "" || Same(s.Desc, n.Desc))
}

// matchPart compares whole names, or the last part where the wanted name has
// no separator.
func matchPart(want, have string, sep byte) bool {
	if want == "" || want == have {
		return true
	}
	if strings.IndexByte(want, sep) >= 0 {
		return false
	}
	last := have[strings.LastIndexByte(have, sep)+1:]
	if prefix, ok := strings.CutSuffix(want, "*"); ok {
		return strings.HasPrefix(last, prefix)
	}
	return last == want
}

// Find lists the nodes that the selector means, in the order of the dump.
func (d *Dump) Find(s Selector) iter.Seq[*Node] {
	if s.ID != "" && !strings.HasSuffix(s.ID, "*") {
		return filter(d.IDs(suffix(s.ID)), s)
	}
	return func(yield func(*Node) bool) {
		for n := range d.All() {
			if s.Match(n) && !yield(n) {
				return
			}
		}
	}
}

func filter(nodes []*Node, s Selector) iter.Seq[*Node] {
	return func(yield func(*Node) bool) {
		for _, n := range nodes {
			if s.Match(n) && !yield(n) {
				return
			}
		}
	}
}

// First is the first node that the selector means, or nil.
func (d *Dump) First(s Selector) *Node {
	for n := range d.Find(s) {
		return n
	}
	return nil
}

// IDs lists the nodes whose id ends in "id/<suffix>", in whatever package.
func (d *Dump) IDs(suffix string) []*Node { return d.byID[suffix] }

// ID is the first node whose id ends in "id/<suffix>", or nil.
func (d *Dump) ID(suffix string) *Node {
	if l := d.byID[suffix]; len(l) > 0 {
		return l[0]
	}
	return nil
}

// Descendant is the first node with that id suffix, the node itself or inside of
// it, or nil.
func (n *Node) Descendant(suffix string) *Node {
	for x := range n.All() {
		if x.ID != "" && x.Suffix() == suffix {
			return x
		}
	}
	return nil
}
