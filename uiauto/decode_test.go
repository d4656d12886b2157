package uiauto

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf16"
)

// encoded writes a text as UTF-16 with its mark.
func encoded(order binary.AppendByteOrder, s string) []byte {
	var b []byte
	for _, u := range append([]uint16{0xFEFF}, utf16.Encode([]rune(s))...) {
		b = order.AppendUint16(b, u)
	}
	return b
}

func TestDecode(t *testing.T) {
	const text = "<hierarchy rotation=\"0\"><node text=\"Olá 😊 ქ\" bounds=\"[0,0][9,9]\"/></hierarchy>\r\n"
	for name, b := range map[string][]byte{
		"no mark": []byte(text), "UTF-8 with a mark": []byte("\ufeff" + text),
		"UTF-16, little end first": encoded(binary.LittleEndian, text), "UTF-16, big end first": encoded(binary.BigEndian, text),
	} {
		t.Run(name, func(t *testing.T) {
			if got := string(DecodeBytes(b)); got != text {
				t.Errorf("got %q", got)
			}
			d, err := Parse(iotest.OneByteReader(bytes.NewReader(b)))
			if err != nil || d.Root.Children[0].Text != "Olá 😊 ქ" {
				t.Errorf("got %+v, %v", d, err)
			}
			for n := range b { // a file that is cut off anywhere gives an error, not a panic
				if d, err := Parse(bytes.NewReader(b[:n])); err == nil && n < len(b)-8 {
					t.Fatalf("the first %d bytes: %+v", n, d)
				}
			}
		})
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte("\xff\xfe<\x00h\x00"))
	f.Add([]byte("\xfe\xff\xd8"))
	f.Add([]byte("\ufeffabc"))
	f.Fuzz(func(t *testing.T, b []byte) {
		got := DecodeBytes(b)
		if !marked(b) && !bytes.Equal(got, b) {
			t.Errorf("bytes without a mark were changed")
		}
		if marked(b) && strings.ToValidUTF8(string(got), "") != string(got) && b[0] != 0xef {
			t.Errorf("UTF-16 became invalid UTF-8: %q", got)
		}
	})
}
