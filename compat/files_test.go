package compat

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/jpeg"
	"testing"

	"golang.org/x/image/webp"
)

// photo is a small JPEG.
func photo() []byte {
	m := image.NewRGBA(image.Rect(0, 0, 64, 64))
	for x := range 64 {
		for y := range 64 {
			m.Set(x, y, color.RGBA{uint8(4 * x), uint8(4 * y), 128, 255})
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		panic(err) // a buffer takes everything
	}
	return b.Bytes()
}

// sticker is a lossless WebP of 512x512 pixels of one colour: five prefix codes
// of one symbol each, so that no pixel takes a bit.
func sticker() []byte {
	var bits uint64
	n := 0
	put := func(v uint64, width int) { bits |= v << n; n += width }
	put(511, 14)
	put(511, 14)
	put(0, 1+3) // no alpha, version 0
	put(0, 3)   // no transform, no colour cache, no meta codes
	for range 5 {
		put(0b0001, 4) // a simple code, of one symbol, in one bit: 0
	}
	data := append([]byte{0x2f}, binary.LittleEndian.AppendUint64(nil, bits)...)
	b := append([]byte("RIFF"), 0, 0, 0, 0)
	b = append(b, "WEBPVP8L"...)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(data)))
	b = append(append(b, data...), 0) // padded to an even length
	binary.LittleEndian.PutUint32(b[4:], uint32(len(b)-8))
	return b
}

// voice is the first page of an Ogg file with mono Opus.
func voice() []byte {
	head := append([]byte("OpusHead\x01\x01\x00\x00"), 0x80, 0xbb, 0, 0, 0, 0, 0)
	b := append([]byte("OggS\x00\x02"), make([]byte, 8+4+4+4)...)
	b = append(b, 1, byte(len(head)))
	return append(b, head...)
}

func TestStickerIsWebP(t *testing.T) {
	m, err := webp.Decode(bytes.NewReader(sticker()))
	if err != nil {
		t.Fatal(err)
	}
	if got := m.Bounds().Size(); got != image.Pt(512, 512) {
		t.Errorf("size %v, want 512x512", got)
	}
}
