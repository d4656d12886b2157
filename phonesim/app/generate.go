package app

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	pixels "image"
	"image/color"
	"image/jpeg"
	"strings"
)

// generated makes up a small file of a kind; n makes each a little different.
// The files have the right beginning for who looks at their type; only pictures, PDFs and vCards have content.
func generated(kind string, in IncomingFile, n int) IncomingFile {
	switch kind {
	case "image":
		in.File = somePicture(n)
	case "video":
		in.File = box("ftyp", append([]byte("isom\x00\x00\x02\x00isomiso2mp41"), box("free", fmt.Appendf(nil, "video %d", n))...))
		in.Seconds = cmp.Or(in.Seconds, 12)
	case "audio":
		in.File = append([]byte("ID3\x04\x00\x00\x00\x00\x00\x00\xff\xfb\x90\x64"), fmt.Appendf(nil, "audio %d", n)...)
		in.Seconds = cmp.Or(in.Seconds, 125)
	case "voice":
		in.File = someVoice(n)
		in.Seconds = cmp.Or(in.Seconds, 5)
	case "document":
		in.File = somePDF(n)
		in.Filename = cmp.Or(in.Filename, "document.pdf")
	case "sticker":
		in.File = append([]byte("RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00\x2f\x00\x00\x00\x10\x07\x10\x11\x11\x88\x88\xfe\x07\x00"), byte(n), 0)
	case "contact":
		if len(in.Contacts) == 0 {
			in.Contacts = []string{"Carol Example,+15550001234"}
		}
		in.File = vcards(in.Contacts)
	case "location":
		if in.Latitude == 0 && in.Longitude == 0 {
			in.Latitude, in.Longitude = 52.5163, 13.3777
		}
	}
	return in
}

func somePicture(n int) []byte {
	const w, h = 320, 240
	img := pixels.NewRGBA(pixels.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			img.Set(x, y, color.RGBA{uint8(x*255/w + n*40), uint8(y * 255 / h), uint8(160 - n*60), 255})
		}
	}
	var b bytes.Buffer
	_ = jpeg.Encode(&b, img, nil) // to memory
	return b.Bytes()
}

// box is a box of an MP4 file.
func box(kind string, content []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(8+len(content)))
	return append(append(b, kind...), content...)
}

// someVoice is an Ogg stream with Opus headers and no sound.
func someVoice(n int) []byte {
	head := []byte("OpusHead\x01\x01\x38\x01\x80\xbb\x00\x00\x00\x00\x00")
	tags := []byte("OpusTags\x08\x00\x00\x00wabridge\x00\x00\x00\x00")
	return append(oggPage(2, uint32(n), 0, head), oggPage(0, uint32(n), 1, tags)...)
}

func oggPage(kind byte, serial, number uint32, packet []byte) []byte {
	b := append([]byte("OggS\x00"), kind)
	b = append(b, make([]byte, 8)...) // granule position
	b = binary.LittleEndian.AppendUint32(b, serial)
	b = binary.LittleEndian.AppendUint32(b, number)
	b = append(b, 0, 0, 0, 0, 1, byte(len(packet)))
	b = append(b, packet...)
	binary.LittleEndian.PutUint32(b[22:], oggSum(b))
	return b
}

// oggSum is Ogg's checksum: CRC-32 with polynomial 04c11db7, not reflected.
func oggSum(b []byte) (sum uint32) {
	for _, c := range b {
		sum ^= uint32(c) << 24
		for range 8 {
			if sum&0x80000000 != 0 {
				sum = sum<<1 ^ 0x04c11db7
			} else {
				sum <<= 1
			}
		}
	}
	return sum
}

func somePDF(n int) []byte {
	var b bytes.Buffer
	var at []int
	b.WriteString("%PDF-1.4\n")
	text := fmt.Sprintf("BT /F 24 Tf 72 700 Td (Document %d) Tj ET", n)
	for i, o := range []string{"<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>",
		fmt.Sprintf("<</Length %d>>stream\n%s\nendstream", len(text), text)} {
		at = append(at, b.Len())
		fmt.Fprintf(&b, "%d 0 obj%sendobj\n", i+1, o)
	}
	start := b.Len()
	b.WriteString("xref\n0 5\n0000000000 65535 f \n")
	for _, offset := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", offset)
	}
	fmt.Fprintf(&b, "trailer<</Size 5/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", start)
	return b.Bytes()
}

func vcards(people []string) []byte {
	var b bytes.Buffer
	for _, p := range people {
		name, number, _ := strings.Cut(p, ",")
		fmt.Fprintf(&b, "BEGIN:VCARD\r\nVERSION:3.0\r\nN:;%s;;;\r\nFN:%s\r\nTEL;type=CELL;waid=%s:%s\r\nEND:VCARD\r\n", name, name, digitsOf(number), number)
	}
	return b.Bytes()
}
