package uiauto

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Parse reads what a dump command printed: the XML with whatever stands before
// and after it (adb's own lines, a BOM, "UI hierchary dumped to: …", carriage
// returns). It reads r to its end, at most MaxBytes.
//
// An error line of uiautomator counts although a hierarchy follows, unless a
// success line follows the error: when a dump fails, the file of an earlier one
// stays behind and `cat` prints the old screen.
//
// Accepted are the formats of uiautomator (attributes in any order, unknown
// ones ignored) and of the uiautomator2 server (indented, several windows,
// nodes named <node> or by their class). Invalid bytes and characters become
// U+FFFD. Errors are ErrNullRoot, ErrNotIdle, ErrNoDump, ErrTruncated,
// ErrMalformed, ErrTooLarge and those of r; they hold no text of the screen.
func Parse(r io.Reader) (*Dump, error) {
	limited := &io.LimitedReader{R: r, N: MaxBytes + 1}
	p := &parser{in: bufio.NewReaderSize(limited, 16<<10), limit: limited}
	d, err := p.parse()
	if err == nil {
		return d, nil
	}
	if limited.N <= 0 {
		err = fmt.Errorf("%w: more than %d bytes", ErrTooLarge, MaxBytes)
	}
	return nil, fmt.Errorf("parse dump: %w", err)
}

// A parser is a scanner for the little XML that dumps consist of. encoding/xml
// is not used because it refuses or loses what phones print: halves of
// surrogate pairs as entities, references to control characters.
type parser struct {
	in    *bufio.Reader
	limit *io.LimitedReader
	noise tail   // what stands outside the hierarchy
	buf   []byte // of the value being read
	d     *Dump
	cur   *Node // the open node
	seen  map[string]string
	depth int
}

func (p *parser) parse() (*Dump, error) {
	if err := p.prolog(); err != nil {
		return nil, err
	}
	p.d = &Dump{Root: &Node{}, byID: make(map[string][]*Node, 128)}
	p.seen = make(map[string]string, 64)
	p.cur = p.d.Root
	closed, err := p.tag(true)
	for err == nil && !closed {
		closed, err = p.next()
	}
	if err != nil {
		return nil, err
	}
	if _, err := io.Copy(&p.noise, p.in); err != nil {
		return nil, err
	}
	if p.limit.N <= 0 {
		return nil, ErrTooLarge
	}
	return p.d, p.noise.verdict()
}

// prolog skips to the start tag of the hierarchy and past its name.
func (p *parser) prolog() error {
	const start = "<hierarchy"
	matched := 0
	for matched < len(start) {
		b, err := p.in.ReadByte()
		if errors.Is(err, io.EOF) {
			return p.noise.missing(matched)
		}
		if err != nil {
			return err
		}
		p.noise.add(b)
		switch {
		case b == start[matched]:
			matched++
		case b == '<':
			matched = 1
		default:
			matched = 0
		}
	}
	return nil
}

// next reads one piece of content: a tag, or text that is skipped. It reports
// whether the hierarchy has ended.
func (p *parser) next() (closed bool, err error) {
	for {
		b, err := p.byte()
		if err != nil {
			return false, err
		}
		if b == '<' {
			break
		}
	}
	b, err := p.byte()
	if err != nil {
		return false, err
	}
	switch b {
	case '/':
		return p.endTag()
	case '!', '?':
		return false, p.skipMarkup()
	}
	if err := p.in.UnreadByte(); err != nil {
		return false, err
	}
	return p.tag(false)
}

// skipMarkup skips a comment or a processing instruction.
func (p *parser) skipMarkup() error {
	for {
		b, err := p.byte()
		if err != nil || b == '>' {
			return err
		}
	}
}

// endTag leaves the open node. Names are not compared: a dump is written by a
// serializer, and the nesting alone tells.
func (p *parser) endTag() (closed bool, err error) {
	if err := p.skipMarkup(); err != nil {
		return false, err
	}
	return p.leave(), nil
}

func (p *parser) leave() (closed bool) {
	p.cur = p.cur.Parent
	p.depth--
	return p.cur == nil
}

// tag reads a start tag; of the hierarchy's own the name is already read. It
// reports whether the hierarchy has ended (<hierarchy/>).
func (p *parser) tag(root bool) (closed bool, err error) {
	n := p.d.Root
	if !root {
		if n, err = p.open(); err != nil {
			return false, err
		}
	}
	for {
		b, err := p.skipSpace()
		if err != nil {
			return false, err
		}
		switch b {
		case '>':
			p.enter(n)
			return false, nil
		case '/':
			if b, err = p.byte(); err != nil {
				return false, err
			}
			if b != '>' {
				return false, p.malformed("a tag is not closed")
			}
			p.enter(n)
			return p.leave(), nil
		}
		if err := p.attribute(n); err != nil {
			return false, err
		}
	}
}

// open reads a node's name and makes the node.
func (p *parser) open() (*Node, error) {
	name, err := p.name()
	if err != nil {
		return nil, err
	}
	if p.d.Nodes++; p.d.Nodes > MaxNodes {
		return nil, fmt.Errorf("%w: more than %d nodes", ErrTooLarge, MaxNodes)
	}
	if p.depth++; p.depth > MaxDepth {
		return nil, fmt.Errorf("%w: deeper than %d levels", ErrTooLarge, MaxDepth)
	}
	n := &Node{Parent: p.cur}
	if string(name) != "node" {
		n.Class = string(name) // Appium names nodes by their class
	}
	p.cur.Children = append(p.cur.Children, n)
	return n, nil
}

func (p *parser) enter(n *Node) {
	p.cur = n
	if n.ID != "" {
		s := n.Suffix()
		p.d.byID[s] = append(p.d.byID[s], n)
	}
}

// name reads a tag's or an attribute's name; the byte behind it is not taken.
func (p *parser) name() ([]byte, error) {
	p.buf = p.buf[:0]
	for {
		b, err := p.byte()
		if err != nil {
			return nil, err
		}
		switch b {
		case ' ', '\t', '\r', '\n', '=', '>', '/':
			if len(p.buf) == 0 {
				return nil, p.malformed("a name is missing")
			}
			return p.buf, p.in.UnreadByte()
		case '<', '"', '\'':
			return nil, p.malformed("a name holds markup")
		}
		if p.buf = append(p.buf, b); len(p.buf) > 256 {
			return nil, p.malformed("a name is longer than 256 bytes")
		}
	}
}

// attribute reads name="value"; the name's first byte is already taken.
func (p *parser) attribute(n *Node) error {
	if err := p.in.UnreadByte(); err != nil {
		return err
	}
	raw, err := p.name()
	if err != nil {
		return err
	}
	set := setters[string(raw)]
	b, err := p.skipSpace()
	if err != nil {
		return err
	}
	if b != '=' {
		return p.malformed("an attribute without a value")
	}
	quote, err := p.skipSpace()
	if err != nil {
		return err
	}
	if quote != '"' && quote != '\'' {
		return p.malformed("a value without quotes")
	}
	if err := p.value(quote); err != nil {
		return err
	}
	if set != nil && !set(p, n) {
		return p.malformed("bounds that are no rectangle")
	}
	return nil
}

// value reads up to the closing quote into buf, entities resolved.
func (p *parser) value(quote byte) error {
	p.buf = p.buf[:0]
	for {
		p.plainRun()
		b, err := p.byte()
		if err != nil {
			return err
		}
		switch b {
		case quote:
			return nil
		case '<':
			return p.malformed("markup inside a value")
		case '&':
			if err := p.entity(); err != nil {
				return err
			}
		case '\r', '\n', '\t': // as XML has it: true line feeds come as &#10;
			p.buf = append(p.buf, ' ')
		default:
			p.buf = append(p.buf, b)
		}
	}
}

// plainRun takes the buffered bytes of a value up to the next one that may
// mean something.
func (p *parser) plainRun() {
	b, _ := p.in.Peek(p.in.Buffered()) // never more than there is, so no error
	n := 0
	for n < len(b) && !special[b[n]] {
		n++
	}
	p.buf = append(p.buf, b[:n]...)
	_, _ = p.in.Discard(n)
}

// special are the bytes at which a run of plain ones ends.
var special = [256]bool{'"': true, '\'': true, '<': true, '&': true, '\r': true, '\n': true, '\t': true}

// skipSpace gives the first byte that is not white space.
func (p *parser) skipSpace() (byte, error) {
	for {
		b, err := p.byte()
		if err != nil || (b != ' ' && b != '\n' && b != '\r' && b != '\t') {
			return b, err
		}
	}
}

// byte reads one byte inside the hierarchy, where the end is a cut.
func (p *parser) byte() (byte, error) {
	b, err := p.in.ReadByte()
	if err == nil {
		return b, nil
	}
	if errors.Is(err, io.EOF) {
		return 0, fmt.Errorf("%w after %d nodes", ErrTruncated, p.nodes())
	}
	return 0, err
}

func (p *parser) nodes() int {
	if p.d == nil {
		return 0
	}
	return p.d.Nodes
}

func (p *parser) malformed(what string) error {
	return fmt.Errorf("%w: %s, in node %d", ErrMalformed, what, p.nodes())
}

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
