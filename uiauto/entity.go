package uiauto

import (
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// maxEntity bounds the name of an entity: "#x10FFFF" is the longest real one.
const maxEntity = 12

// entity resolves what follows a "&" in a value. An entity that XML does not
// know stays as it stands.
func (p *parser) entity() error {
	start := len(p.buf)
	p.buf = append(p.buf, '&')
	for {
		b, err := p.byte()
		if err != nil {
			return err
		}
		if b == '"' || b == '\'' || b == '&' || b == '<' || len(p.buf)-start > maxEntity {
			return p.in.UnreadByte() // a bare "&"
		}
		if b == ';' {
			break
		}
		p.buf = append(p.buf, b)
	}
	name := string(p.buf[start+1:])
	r, ok := entityRune(name)
	if !ok {
		p.buf = append(p.buf, ';')
		return nil
	}
	p.buf = appendRune(p.buf[:start], r)
	return nil
}

func entityRune(name string) (rune, bool) {
	switch name {
	case "amp":
		return '&', true
	case "lt":
		return '<', true
	case "gt":
		return '>', true
	case "quot":
		return '"', true
	case "apos":
		return '\'', true
	}
	if len(name) < 2 || name[0] != '#' {
		return 0, false
	}
	digits, base := name[1:], 10
	if digits[0] == 'x' || digits[0] == 'X' {
		digits, base = digits[1:], 16
	}
	n, err := strconv.ParseUint(digits, base, 32)
	if err != nil {
		return 0, false
	}
	if n > utf8.MaxRune {
		return utf8.RuneError, true
	}
	return rune(n), true
}

// appendRune adds a character. Old serializers write an emoji as two
// references, one for each half of its surrogate pair: a first half is kept in
// the buffer as the three bytes that CESU-8 has for it, and joined when the
// second half follows. Halves that stay alone are invalid UTF-8 and become
// U+FFFD with the rest.
func appendRune(b []byte, r rune) []byte {
	if !utf16.IsSurrogate(r) {
		return utf8.AppendRune(b, r)
	}
	if high, ok := lastHalf(b); ok {
		if joined := utf16.DecodeRune(high, r); joined != utf8.RuneError {
			return utf8.AppendRune(b[:len(b)-3], joined)
		}
	}
	return append(b, 0xE0|byte(r>>12), 0x80|byte(r>>6)&0xBF, 0x80|byte(r)&0xBF)
}

// lastHalf is the half of a surrogate pair that the buffer ends in.
func lastHalf(b []byte) (rune, bool) {
	if len(b) < 3 {
		return 0, false
	}
	t := b[len(b)-3:]
	if t[0] != 0xED || t[1] < 0xA0 || t[2]&0xC0 != 0x80 {
		return 0, false
	}
	return rune(t[0]&0x0F)<<12 | rune(t[1]&0x3F)<<6 | rune(t[2]&0x3F), true
}
