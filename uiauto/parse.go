package uiauto

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Parse reads what a dump command printed: the XML with whatever stands before
// and after it (adb's own lines, "UI hierchary dumped to: …", carriage returns);
// a byte order mark decides the encoding (see Decode). It reads r to its end, at
// most MaxBytes.
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
	p := &parser{in: bufio.NewReaderSize(Decode(limited), 16<<10), limit: limited}
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
	const name = "hierarchy"
	for {
		b, err := p.in.ReadSlice('<')
		_, _ = p.noise.Write(b)
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case errors.Is(err, io.EOF):
			return p.noise.missing(false)
		case err != nil:
			return err
		}
		next, err := p.in.Peek(len(name))
		if string(next) == name {
			_, err := p.in.Discard(len(name))
			return err
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if err != nil && strings.HasPrefix(name, string(next)) {
			return p.noise.missing(true)
		}
	}
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
		end, err := p.run(&endsName)
		switch {
		case err != nil:
			return nil, err
		case end == '<' || end == '"' || end == '\'' || len(p.buf) > 256:
			return nil, p.malformed("a name holds markup or is longer than 256 bytes")
		case len(p.buf) == 0:
			return nil, p.malformed("a name is missing")
		case end != 0:
			return p.buf, nil
		}
	}
}

// run takes the bytes before the next one of a set into buf, as far as they are
// in the reader's buffer, and gives that next one, which it leaves; 0 if it is
// not in the buffer yet.
func (p *parser) run(set *[256]bool) (end byte, err error) {
	if _, err := p.byte(); err != nil { // fills an empty buffer
		return 0, err
	}
	if err := p.in.UnreadByte(); err != nil {
		return 0, err
	}
	b, _ := p.in.Peek(p.in.Buffered()) // never more than there is, so no error
	n := 0
	for n < len(b) && !set[b[n]] {
		n++
	}
	p.buf = append(p.buf, b[:n]...)
	if n < len(b) {
		end = b[n]
	}
	_, err = p.in.Discard(n)
	return end, err
}

// The bytes at which a name ends, and those in a value that may mean something.
var (
	endsName = [256]bool{' ': true, '\t': true, '\r': true, '\n': true, '=': true, '>': true, '/': true, '<': true, '"': true, '\'': true}
	endsRun  = [256]bool{'"': true, '\'': true, '<': true, '&': true, '\r': true, '\n': true, '\t': true}
)

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
		if _, err := p.run(&endsRun); err != nil {
			return err
		}
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
