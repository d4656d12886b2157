package media

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image/color"
	"image/jpeg"
	"io"
	"strings"
	"time"

	"github.com/gabriel-vasile/mimetype"
)

// Info is what the bytes of a file say that it is.
type Info struct {
	// MIME is the type by the bytes alone: "image/jpeg", "audio/ogg",
	// "application/octet-stream" where they say nothing.
	MIME string
	// Width and Height of a picture in pixels; 0 where not known.
	Width, Height int
	Animated      bool // a moving webp
	// Depth is in bits per channel and Color "rgb", "rgba", "gray", "palette"
	// or "cmyk", of jpeg and png only.
	Depth int
	Color string
	// Codec is "opus" where an Ogg file holds that, Channels how many it has,
	// and Length how long it is, 0 where that cannot be told.
	Codec    string
	Channels int
	Length   time.Duration
}

// headSize is how much of a file's beginning is looked at; mimetype looks at
// 3072 bytes.
const headSize = 4096

// unknownType is the type of bytes that say nothing.
const unknownType = "application/octet-stream"

// Inspect looks at a file of a size. Its errors are those of reading; a file
// that is broken or odd is told by what is missing in Info.
func Inspect(r io.ReaderAt, size int64) (Info, error) {
	head := make([]byte, min(size, headSize))
	if n, err := r.ReadAt(head, 0); err != nil && !(errors.Is(err, io.EOF) && n == len(head)) {
		return Info{}, storage(err, "look at a file")
	}
	i := Sniff(head)
	if i.MIME == "image/jpeg" {
		i.jpeg(io.NewSectionReader(r, 0, size))
	}
	if i.Codec == "opus" {
		i.length(r, size, head)
	}
	return i, nil
}

// Sniff tells what a file is from its first bytes, 4096 or all. It is a pure
// function.
func Sniff(head []byte) Info {
	mime, _, _ := strings.Cut(mimetype.Detect(head).String(), ";")
	i := Info{MIME: normal(mime)}
	switch i.MIME {
	case "image/png":
		i.png(head)
	case "image/webp":
		i.webp(head)
	case "audio/ogg", "application/ogg", "video/ogg":
		i.ogg(head)
	case unknownType, "text/plain":
		i.late(head)
	}
	return i
}

// late knows a PDF behind other bytes (ISO 32000-1, annex H.3.4.1: readers
// accept its header within the first 1024) and sound without a header.
func (i *Info) late(b []byte) {
	if bytes.Contains(b[:min(len(b), 1024)], []byte("%PDF-")) {
		i.MIME = "application/pdf"
	} else if i.MIME == unknownType {
		i.frames(b)
	}
}

// frames knows sound that begins with a tag (ID3v2) or with its first frame:
// ADTS has layer 0, MPEG audio another one.
func (i *Info) frames(b []byte) {
	switch {
	case bytes.HasPrefix(b, []byte("ID3")):
		i.MIME = "audio/mpeg"
	case len(b) < 2 || b[0] != 0xff:
	case b[1]&0xf6 == 0xf0:
		i.MIME = "audio/aac"
	case b[1]&0xe6 == 0xe2:
		i.MIME = "audio/mpeg"
	}
}

// normal brings the many names of one type into the contract's form.
func normal(mime string) string {
	switch mime {
	case "audio/x-m4a", "audio/m4a", "audio/mp4a-latm":
		return "audio/mp4"
	case "audio/mp3", "audio/x-mp3":
		return "audio/mpeg"
	case "audio/opus":
		return "audio/ogg"
	case "audio/amr-nb", "audio/3gpp":
		return "audio/amr"
	case "audio/x-aac", "audio/aacp":
		return "audio/aac"
	case "video/x-m4v", "video/m4v":
		return "video/mp4"
	case "video/3gp":
		return "video/3gpp"
	case "image/jpg", "image/pjpeg":
		return "image/jpeg"
	case "image/x-png":
		return "image/png"
	}
	return mime
}

// png reads IHDR (PNG specification, 11.2.2).
func (i *Info) png(b []byte) {
	if len(b) < 26 || string(b[12:16]) != "IHDR" {
		return
	}
	i.Width, i.Height = int(binary.BigEndian.Uint32(b[16:])), int(binary.BigEndian.Uint32(b[20:]))
	i.Depth = int(b[24])
	i.Color = map[byte]string{0: "gray", 2: "rgb", 3: "palette", 4: "gray", 6: "rgba"}[b[25]]
}

// jpeg reads the frame header, which may stand behind long metadata.
func (i *Info) jpeg(r io.Reader) {
	c, err := jpeg.DecodeConfig(io.LimitReader(r, 4<<20))
	if err != nil {
		return
	}
	i.Width, i.Height, i.Depth = c.Width, c.Height, 8 // the decoder takes no other depth
	switch c.ColorModel {
	case color.GrayModel:
		i.Color = "gray"
	case color.CMYKModel:
		i.Color = "cmyk"
	default:
		i.Color = "rgb"
	}
}

// webp reads the first chunk (WebP container specification): VP8X tells of
// animation and the canvas, VP8 and VP8L are still pictures.
func (i *Info) webp(b []byte) {
	if len(b) < 30 {
		return
	}
	switch string(b[12:16]) {
	case "VP8X":
		i.Animated = b[20]&0x02 != 0
		i.Width, i.Height = 1+uint24(b[24:]), 1+uint24(b[27:])
	case "VP8 ":
		i.Width, i.Height = int(binary.LittleEndian.Uint16(b[26:])&0x3fff), int(binary.LittleEndian.Uint16(b[28:])&0x3fff)
	case "VP8L":
		bits := binary.LittleEndian.Uint32(b[21:])
		i.Width, i.Height = 1+int(bits&0x3fff), 1+int(bits>>14&0x3fff)
	}
}

func uint24(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }

// ogg looks for Opus in the first page (RFC 7845, section 5.1).
func (i *Info) ogg(b []byte) {
	at := bytes.Index(b[:min(len(b), 512)], []byte("OpusHead"))
	if at < 0 || len(b) < at+10 {
		return
	}
	i.MIME, i.Codec, i.Channels = "audio/ogg", "opus", int(b[at+9])
}

// maxPage is the longest page of an Ogg file (RFC 3533, section 6).
const maxPage = 65307

// length reads how many samples have passed at the end of the last page; Opus
// counts 48,000 a second, and those of the pre-skip are not played (RFC 7845,
// section 4.3).
func (i *Info) length(r io.ReaderAt, size int64, head []byte) {
	tail := make([]byte, min(size, maxPage))
	if n, err := r.ReadAt(tail, size-int64(len(tail))); err != nil && !(errors.Is(err, io.EOF) && n == len(tail)) {
		return
	}
	at, id := bytes.LastIndex(tail, []byte("OggS")), bytes.Index(head, []byte("OpusHead"))
	if at < 0 || len(tail) < at+14 || id < 0 || len(head) < id+12 {
		return
	}
	samples := int64(binary.LittleEndian.Uint64(tail[at+6:])) - int64(binary.LittleEndian.Uint16(head[id+10:])) //nolint:gosec // checked next
	if samples > 0 && samples < 48000*24*3600 {
		i.Length = time.Duration(samples) * time.Second / 48000
	}
}
