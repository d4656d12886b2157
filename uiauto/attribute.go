package uiauto

import (
	"bytes"
	"strconv"
	"strings"
)

// setters say what to do with an attribute's value; the rest is of no
// interest. A setter reports whether it understood the value.
var setters = map[string]func(*parser, *Node) bool{
	"text":         func(p *parser, n *Node) bool { n.Text = validString(p.buf); return true },
	"content-desc": func(p *parser, n *Node) bool { n.Desc = validString(p.buf); return true },
	"hint":         func(p *parser, n *Node) bool { n.Hint = validString(p.buf); return true },
	"resource-id":  func(p *parser, n *Node) bool { n.ID = p.intern(); return true },
	"class":        func(p *parser, n *Node) bool { n.Class = p.intern(); return true },
	"package":      func(p *parser, n *Node) bool { n.Package = p.intern(); return true },
	"bounds":       func(p *parser, n *Node) (ok bool) { n.Bounds, ok = parseRect(p.buf); return ok },
	"rotation":     func(p *parser, _ *Node) bool { p.d.Rotation, _ = strconv.Atoi(string(p.buf)); return true },
}

func init() {
	for name, f := range flagNames {
		setters[name] = func(p *parser, n *Node) bool {
			if string(p.buf) == "true" {
				n.Flags |= f
			}
			return true
		}
	}
}

// intern is the value as a string that is shared with equal ones.
func (p *parser) intern() string {
	if s, ok := p.seen[string(p.buf)]; ok {
		return s
	}
	s := validString(p.buf)
	p.seen[s] = s
	return s
}

func validString(v []byte) string {
	if len(v) == 0 {
		return ""
	}
	return strings.ToValidUTF8(string(v), "\uFFFD")
}

// parseRect reads "[left,top][right,bottom]"; numbers may be negative.
func parseRect(v []byte) (r Rect, ok bool) {
	for i, to := range [...]*int{&r.Left, &r.Top, &r.Right, &r.Bottom} {
		if i%2 == 0 {
			if v, ok = bytes.CutPrefix(v, []byte("[")); !ok {
				return Rect{}, false
			}
		}
		end := bytes.IndexByte(v, ",]"[i%2])
		if end < 0 || end > 9 {
			return Rect{}, false
		}
		n, err := strconv.Atoi(string(v[:end]))
		if err != nil {
			return Rect{}, false
		}
		*to, v = n, v[end+1:]
	}
	return r, len(v) == 0
}
