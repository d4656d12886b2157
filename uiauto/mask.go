package uiauto

import (
	"bufio"
	"io"
	"strconv"
	"strings"
	"unicode"
)

// Mask writes the dump as XML without what people wrote or are called, so that
// it can be kept as evidence of a screen: ids, classes, bounds, flags and the
// lengths of texts stay, letters become "x" and digits "0". Wordings of the
// app stay readable, without the names and numbers inside them.
func (d *Dump) Mask(w io.Writer, words *Words) error {
	m := masker{w: bufio.NewWriter(w), words: words}
	m.put("<?xml version='1.0' encoding='UTF-8' standalone='yes' ?><hierarchy rotation=\"", strconv.Itoa(d.Rotation), `">`)
	for i, n := range d.Windows() {
		m.node(i, n)
	}
	m.put("</hierarchy>\n")
	return m.w.Flush()
}

type masker struct {
	w     *bufio.Writer
	words *Words
}

func (m *masker) node(index int, n *Node) {
	m.put("<node")
	m.attr("index", strconv.Itoa(index))
	m.attr("text", m.words.Masked(n.Text))
	m.attr("resource-id", n.ID)
	m.attr("class", n.Class)
	m.attr("package", n.Package)
	m.attr("content-desc", m.words.Masked(n.Desc))
	for _, f := range flagOrder {
		m.attr(f, strconv.FormatBool(n.Has(flagNames[f])))
	}
	m.attr("bounds", n.Bounds.String())
	if n.Hint != "" {
		m.attr("hint", m.words.Masked(n.Hint))
	}
	m.put(">")
	for i, c := range n.Children {
		m.node(i, c)
	}
	m.put("</node>")
}

// put writes; the writer keeps the first error until Flush.
func (m *masker) put(parts ...string) {
	for _, s := range parts {
		_, _ = m.w.WriteString(s)
	}
}

// flagOrder is the order of a dump.
var flagOrder = []string{"checkable", "checked", "clickable", "enabled", "focusable", "focused", "scrollable", "long-clickable", "password", "selected"}

func (m *masker) attr(name, value string) {
	m.put(" ", name, `="`, xmlEscapes.Replace(value), `"`)
}

var xmlEscapes = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "\n", "&#10;", "\r", "&#13;", "\t", "&#9;")

// Masked is a text without what is private: MaskText of the whole, but a known
// wording of the app keeps its own words.
func (ws *Words) Masked(s string) string {
	if s == "" {
		return ""
	}
	x := prepare(s)
	for _, key := range ws.keys {
		values, ok := ws.byKey[key].match(x)
		if !ok {
			continue
		}
		if len(values) > 0 {
			s = typographic(s)
		}
		for _, v := range values {
			s = strings.ReplaceAll(s, v, MaskText(v))
		}
		return maskDigits(s)
	}
	return MaskText(s)
}

func maskDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) {
			return '0'
		}
		return r
	}, s)
}

// MaskText writes "x" for every letter and symbol and "0" for every digit;
// white space, invisible marks and ASCII punctuation stay, so that its form can
// be seen.
func MaskText(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsDigit(r):
			return '0'
		case unicode.IsSpace(r), IsDirectionMark(r), r < 0x80 && unicode.IsPunct(r), r == '+', r == '…':
			return r
		}
		return 'x'
	}, s)
}
