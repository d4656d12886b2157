package uiauto

import (
	"bytes"
	"io"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// Decode gives the text of a file or of a phone's output as UTF-8: a byte order
// mark says which of UTF-8 and UTF-16 (either byte order) it is in, and is
// dropped. What begins with none stays as it is. PowerShell's ">" writes UTF-16
// with a mark, and so are three of four dumps that people have saved on Windows.
func Decode(r io.Reader) io.Reader {
	return transform.NewReader(r, unicode.BOMOverride(encoding.Nop.NewDecoder()))
}

// DecodeBytes is Decode for what is read already. Half a character at the end
// becomes U+FFFD.
func DecodeBytes(b []byte) []byte {
	if !marked(b) {
		return b
	}
	out, err := io.ReadAll(Decode(bytes.NewReader(b)))
	if err != nil {
		return b // the decoder replaces what is wrong, and the bytes are here
	}
	return out
}

// marked reports whether b begins with a byte order mark.
func marked(b []byte) bool {
	for _, mark := range []string{"\xef\xbb\xbf", "\xff\xfe", "\xfe\xff"} {
		if bytes.HasPrefix(b, []byte(mark)) {
			return true
		}
	}
	return false
}
