package view

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Format says which attribute set a dump has.
type Format struct {
	Rotation int
	// DrawingOrder adds drawing-order and hint after bounds, as phones with
	// Android 16 (inferred) do; see shared captures *_1272x2800.
	DrawingOrder bool
	// Display clips all bounds.
	Display Rect
}

// Dump writes the tree as AOSP's AccessibilityNodeInfoDumper does: one line, no
// line feed at the end, invisible nodes left out although they take an index.
func Dump(w io.Writer, root *Node, f Format) error {
	var b strings.Builder
	b.WriteString("<?xml version='1.0' encoding='UTF-8' standalone='yes' ?>")
	fmt.Fprintf(&b, `<hierarchy rotation="%d">`, f.Rotation)
	if root != nil {
		dumpNode(&b, root, 0, root.Package, f)
	}
	b.WriteString("</hierarchy>")
	_, err := io.WriteString(w, b.String())
	return err
}

func dumpNode(b *strings.Builder, n *Node, index int, pkg string, f Format) {
	if n.Is(Gone) {
		return
	}
	if n.Package != "" {
		pkg = n.Package
	}
	b.WriteString("<node")
	if naf(n) {
		attr(b, "NAF", "true")
	}
	attr(b, "index", strconv.Itoa(index))
	attr(b, "text", n.Text)
	attr(b, "resource-id", n.ID)
	attr(b, "class", n.Class)
	attr(b, "package", pkg)
	attr(b, "content-desc", n.Desc)
	for _, p := range [...]struct {
		name string
		on   bool
	}{
		{"checkable", n.Is(Checkable)}, {"checked", n.Is(Checked)}, {"clickable", n.Is(Clickable)},
		{"enabled", !n.Is(Disabled)}, {"focusable", n.Is(Focusable)}, {"focused", n.Is(Focused)},
		{"scrollable", n.Is(Scrollable)}, {"long-clickable", n.Is(LongClickable)},
		{"password", n.Is(Password)}, {"selected", n.Is(Selected)},
	} {
		attr(b, p.name, strconv.FormatBool(p.on))
	}
	attr(b, "bounds", n.Bounds.Intersect(f.Display).String())
	if f.DrawingOrder {
		attr(b, "drawing-order", strconv.Itoa(n.order(index)))
		attr(b, "hint", "")
	}
	visible := 0
	for i, c := range n.Children {
		if c.Is(Gone) {
			continue
		}
		if visible == 0 {
			b.WriteString(">")
		}
		visible++
		dumpNode(b, c, i, pkg, f)
	}
	if visible == 0 {
		b.WriteString(" />")
		return
	}
	b.WriteString("</node>")
}

func (n *Node) order(index int) int {
	if n.Order != 0 {
		return n.Order
	}
	return index + 1
}

// naf is AccessibilityNodeInfoDumper.nafCheck: clickable and enabled, and no
// text or description in the node itself nor in any node below it.
func naf(n *Node) bool {
	return n.Is(Clickable) && !n.Is(Disabled) && !labelled(n)
}

func labelled(n *Node) bool {
	if n.Text != "" || n.Desc != "" {
		return true
	}
	for _, c := range n.Children {
		if !c.Is(Gone) && labelled(c) {
			return true
		}
	}
	return false
}

func attr(b *strings.Builder, name, value string) {
	b.WriteByte(' ')
	b.WriteString(name)
	b.WriteString(`="`)
	escape(b, value)
	b.WriteByte('"')
}

// escape writes a value as the phone's XML serializer (FastXmlSerializer over
// UTF-16) does after stripInvalidXMLChars: control characters and the
// non-characters FDD0-FDDF become ".", line feeds and characters outside the
// BMP become decimal references.
func escape(b *strings.Builder, s string) {
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case stripped(r):
			b.WriteByte('.')
		case r == '&':
			b.WriteString("&amp;")
		case r == '<':
			b.WriteString("&lt;")
		case r == '>':
			b.WriteString("&gt;")
		case r == '"':
			b.WriteString("&quot;")
		case r < ' ' || r > 0xFFFF:
			fmt.Fprintf(b, "&#%d;", r)
		default:
			b.WriteRune(r)
		}
		i += size
	}
}

// stripped are the characters that AccessibilityNodeInfoDumper.stripInvalidXMLChars
// replaces by "."; facts: AOSP @4fecab5.
func stripped(r rune) bool {
	switch {
	case r >= 0x1 && r <= 0x8, r >= 0xB && r <= 0xC, r >= 0xE && r <= 0x1F,
		r >= 0x7F && r <= 0x84, r >= 0x86 && r <= 0x9F, r >= 0xFDD0 && r <= 0xFDDF, r == 0:
		return true
	}
	return false
}
