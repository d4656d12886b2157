package media

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/color/palette"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"

	"github.com/wabridge/wabridge"
)

// pngOf draws a half transparent picture.
func pngOf(t testing.TB, w, h int) []byte {
	t.Helper()
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	m.Set(0, 0, color.NRGBA{1, 2, 3, 128})
	return encodePNG(t, m)
}

func encodePNG(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func jpegOf(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// withExif puts metadata of a size before the frame header.
func withExif(j []byte, size int) []byte {
	out := bytes.Clone(j[:2])
	for size > 0 {
		n := min(size, 60000)
		out = append(out, 0xff, 0xe1)
		out = binary.BigEndian.AppendUint16(out, uint16(n+2))
		out = append(out, make([]byte, n)...)
		size -= n
	}
	return append(out, j[2:]...)
}

func webpOf(kind string, rest ...byte) []byte {
	b := append([]byte("RIFF\x00\x00\x00\x00WEBP"+kind+"\x0a\x00\x00\x00"), rest...)
	return append(b, make([]byte, 64)...)
}

// oggOf is the first page of an Opus stream (RFC 3533, section 6; RFC 7845).
func oggOf(packet string) []byte {
	page := append([]byte("OggS\x00\x02"), make([]byte, 8+4+4+4)...)
	page = append(page, 1, byte(len(packet)))
	page = append(page, packet...)
	binary.LittleEndian.PutUint32(page[22:], crc32.ChecksumIEEE(page)) // any number: nobody checks it here
	return page
}

func opus(channels byte) []byte {
	return oggOf("OpusHead\x01" + string(rune(channels)) + "\x38\x01\x80\xbb\x00\x00\x00\x00\x00")
}

func ftyp(brand string) []byte {
	return append([]byte("\x00\x00\x00\x18ftyp"+brand+"\x00\x00\x02\x00"+brand+"mp41"), make([]byte, 32)...)
}

// samples are small files of each type.
func samples(t testing.TB) map[string][]byte {
	rgb := image.NewRGBA(image.Rect(0, 0, 4, 4))
	return map[string][]byte{
		"png":      pngOf(t, 512, 512),
		"png16":    encodePNG(t, image.NewNRGBA64(image.Rect(0, 0, 2, 2))),
		"palette":  encodePNG(t, image.NewPaletted(image.Rect(0, 0, 2, 2), palette.Plan9)),
		"greypng":  encodePNG(t, image.NewGray(image.Rect(0, 0, 2, 2))),
		"jpeg":     jpegOf(t, rgb),
		"greyjpeg": jpegOf(t, image.NewGray(image.Rect(0, 0, 4, 4))),
		"exif":     withExif(jpegOf(t, rgb), 300000),
		"vp8x":     webpOf("VP8X", 0x10, 0, 0, 0, 0xff, 0x01, 0, 0xff, 0x01, 0),
		"moving":   webpOf("VP8X", 0x12, 0, 0, 0, 0xff, 0x01, 0, 0xff, 0x01, 0),
		"vp8":      webpOf("VP8 ", 0, 0, 0, 0x9d, 0x01, 0x2a, 0x00, 0x02, 0x00, 0x02),
		"vp8l":     webpOf("VP8L", 0x2f, 0xff, 0xc1, 0x7f, 0x00),
		"mp4":      ftyp("isom"),
		"m4a":      ftyp("M4A "),
		"3gp":      ftyp("3gp4"),
		"opus":     opus(1),
		"stereo":   opus(2),
		"vorbis":   oggOf("\x01vorbis\x00\x00\x00\x00\x01\x44\xac\x00\x00"),
		"amr":      []byte("#!AMR\n\x3c\x00"),
		"aac":      append([]byte{0xff, 0xf1, 0x50, 0x80, 0x02, 0x1f, 0xfc}, make([]byte, 16)...),
		"mp3":      append([]byte("ID3\x03\x00\x00\x00\x00\x00\x00"), make([]byte, 16)...),
		"pdf":      []byte("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"),
		"text":     []byte("plain words\n"),
		"noise":    {0, 1, 2, 3, 0xfe, 0xdc, 0xba, 0x98, 0, 0},
	}
}

func inspect(t testing.TB, b []byte) Info {
	t.Helper()
	i, err := Inspect(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func TestInspect(t *testing.T) {
	files := samples(t)
	for name, want := range map[string]Info{
		"png":      {MIME: "image/png", Width: 512, Height: 512, Depth: 8, Color: "rgba"},
		"png16":    {MIME: "image/png", Width: 2, Height: 2, Depth: 16, Color: "rgba"},
		"palette":  {MIME: "image/png", Width: 2, Height: 2, Depth: 8, Color: "palette"},
		"greypng":  {MIME: "image/png", Width: 2, Height: 2, Depth: 8, Color: "gray"},
		"jpeg":     {MIME: "image/jpeg", Width: 4, Height: 4, Depth: 8, Color: "rgb"},
		"greyjpeg": {MIME: "image/jpeg", Width: 4, Height: 4, Depth: 8, Color: "gray"},
		"exif":     {MIME: "image/jpeg", Width: 4, Height: 4, Depth: 8, Color: "rgb"},
		"vp8x":     {MIME: "image/webp", Width: 512, Height: 512},
		"moving":   {MIME: "image/webp", Width: 512, Height: 512, Animated: true},
		"vp8":      {MIME: "image/webp", Width: 512, Height: 512},
		"vp8l":     {MIME: "image/webp", Width: 512, Height: 512},
		"mp4":      {MIME: "video/mp4"},
		"m4a":      {MIME: "audio/mp4"},
		"3gp":      {MIME: "video/3gpp"},
		"opus":     {MIME: "audio/ogg", Codec: "opus", Channels: 1},
		"stereo":   {MIME: "audio/ogg", Codec: "opus", Channels: 2},
		"vorbis":   {MIME: "audio/ogg"},
		"amr":      {MIME: "audio/amr"},
		"aac":      {MIME: "audio/aac"},
		"mp3":      {MIME: "audio/mpeg"},
		"pdf":      {MIME: "application/pdf"},
		"text":     {MIME: "text/plain"},
		"noise":    {MIME: "application/octet-stream"},
	} {
		if got := inspect(t, files[name]); got != want {
			t.Errorf("%s: got %+v, want %+v", name, got, want)
		}
	}
}

func TestEveryPrefixIsInspected(t *testing.T) {
	for name, b := range samples(t) {
		for n := range min(len(b), 300) {
			if i := inspect(t, b[:n]); i.MIME == "" {
				t.Errorf("%s: no type for the first %d bytes", name, n)
			}
		}
	}
}

func FuzzInspect(f *testing.F) {
	for _, b := range samples(f) {
		f.Add(b[:min(len(b), 600)])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		i := inspect(t, b)
		if i.MIME == "" || i.Width < 0 || i.Height < 0 {
			t.Errorf("%x: got %+v", b, i)
		}
		for kind := range formats {
			if mime, err := Type("", i); err != nil || mime != i.MIME {
				t.Errorf("undeclared: got %q (%v), want %q", mime, err, i.MIME)
			}
			if err := Check(kind, i.MIME, int64(len(b)), i); err != nil && wabridge.CodeOf(err) != wabridge.CodeMediaUpload {
				t.Errorf("%s: %v", kind, err)
			}
		}
	})
}

func TestType(t *testing.T) {
	files := samples(t)
	for _, c := range []struct{ declared, file, want string }{
		{"", "png", "image/png"},
		{"image", "png", "image/png"},
		{"application/octet-stream", "mp4", "video/mp4"},
		{"image/jpg", "jpeg", "image/jpeg"},
		{"IMAGE/PNG ; x=1", "png", "image/png; x=1"},
		{"image/jpeg", "png", ""},
		{"image/png", "noise", ""},
		{"image/webp", "text", ""},
		{"video/mp4", "m4a", "video/mp4"},
		{"audio/mp4", "mp4", "audio/mp4"},
		{"video/mp4", "pdf", ""},
		{"audio/ogg; codecs=opus", "opus", "audio/ogg; codecs=opus"},
		{"audio/opus", "opus", "audio/ogg"},
		{"audio/ogg", "mp3", ""},
		{"audio/mpeg", "noise", "audio/mpeg"},
		{"audio/mpeg", "pdf", ""},
		{"application/pdf", "text", ""},
		{"application/pdf", "pdf", "application/pdf"},
		{"application/x-download", "pdf", "application/pdf"},
		{"application/x-own", "pdf", "application/pdf"},
		{"text/csv", "text", "text/csv"},
		{"application/x-own", "noise", "application/x-own"},
		{"a/b;;;\x00", "noise", "a/b"},
		{"text/plain\r\nX-Own: 1", "png", "image/png"},
		{"a/b/c", "png", "image/png"},
	} {
		got, err := Type(c.declared, inspect(t, files[c.file]))
		if got != c.want || (err != nil) != (c.want == "") || err != nil && wabridge.CodeOf(err) != wabridge.CodeMediaUpload {
			t.Errorf("%q for %s: got %q (%v), want %q", c.declared, c.file, got, err, c.want)
		}
	}
}

// TestCheck stands on both sides of every limit.
func TestCheck(t *testing.T) {
	files := samples(t)
	for _, c := range []struct {
		kind, mime, file string
		size             int64
		says             string // "" if it is taken
	}{
		{Image, "image/png", "png", MaxImage, ""},
		{Image, "image/png", "png", MaxImage + 1, "at most 5 MB"},
		{Image, "image/jpeg", "jpeg", 1, ""},
		{Image, "image/jpeg", "greyjpeg", 1, ""},
		{Image, "image/png", "png16", 1, "16 bits"},
		{Image, "image/png", "palette", 1, "palette"},
		{Image, "image/png", "greypng", 1, "gray"},
		{Image, "image/jpeg", "noise", 1, "broken"},
		{Image, "image/webp", "vp8", 1, "image/jpeg, image/png, not image/webp"},
		{Video, "video/mp4", "mp4", MaxVideo, ""},
		{Video, "video/mp4", "mp4", MaxVideo + 1, "at most 16 MB"},
		{Video, "video/3gpp", "3gp", 1, ""},
		{Video, "video/quicktime", "mp4", 1, "not video/quicktime"},
		{Audio, "audio/mpeg", "mp3", MaxAudio, ""},
		{Audio, "audio/mpeg", "mp3", MaxAudio + 1, "at most 16 MB"},
		{Audio, "audio/aac", "aac", 1, ""},
		{Audio, "audio/amr", "amr", 1, ""},
		{Audio, "audio/mp4", "m4a", 1, ""},
		{Audio, "audio/ogg; codecs=opus", "opus", 1, ""},
		{Audio, "audio/ogg", "stereo", 1, "mono"},
		{Audio, "audio/ogg", "vorbis", 1, "must be Opus"},
		{Voice, "audio/ogg", "opus", 1, ""},
		{Voice, "audio/mpeg", "mp3", 1, "not audio/mpeg"},
		{Document, "application/x-own", "noise", MaxDocument, ""},
		{Document, "image/png", "png16", MaxDocument + 1, "at most 100 MB"},
		{Sticker, "image/webp", "vp8", MaxSticker, ""},
		{Sticker, "image/webp", "vp8l", MaxSticker + 1, "100 KB"},
		{Sticker, "image/webp", "moving", MaxAnimatedSticker, ""},
		{Sticker, "image/webp", "moving", MaxAnimatedSticker + 1, "500 KB"},
		{Sticker, "image/png", "png", 1, "not image/png"},
	} {
		err := Check(c.kind, c.mime, c.size, inspect(t, files[c.file]))
		switch {
		case c.says == "" && err != nil:
			t.Errorf("%s %s of %d bytes: %v", c.kind, c.file, c.size, err)
		case c.says != "" && (wabridge.CodeOf(err) != wabridge.CodeMediaUpload || !strings.Contains(err.Error(), c.says)):
			t.Errorf("%s %s of %d bytes: got %v, want %q", c.kind, c.file, c.size, err, c.says)
		}
	}
	small := Info{MIME: "image/webp", Width: 511, Height: 512}
	if err := Check(Sticker, "image/webp", 1, small); err == nil || !strings.Contains(err.Error(), "511x512") {
		t.Errorf("small sticker: got %v", err)
	}
	if err := Check("text", "text/plain", 1, Info{}); wabridge.CodeOf(err) != wabridge.CodeParameter {
		t.Errorf("text: got %v", err)
	}
}

func TestNames(t *testing.T) {
	for name, want := range map[string]string{
		"IMG-20260101-WA0001.jpg": "image/jpeg", "a.JPEG": "image/jpeg", "PTT-20260101-WA0000.opus": "audio/ogg",
		"x.m4a": "audio/mp4", "AUD-1.mp3": "audio/mpeg", "v.mp4": "video/mp4", "s.webp": "image/webp", "r.tar.gz": "application/gzip", "p.htm": "text/html", "x.xyz": "", "": "", "pdf": "", "b.pdf": "application/pdf",
	} {
		if got := TypeOfName(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	for mime, want := range map[string]string{"image/jpeg": ".jpg", "audio/ogg; codecs=opus": ".opus", "x/y": ".bin", "": ".bin"} {
		if got := Extension(mime); got != want {
			t.Errorf("%s: got %q, want %q", mime, got, want)
		}
	}
	for mime, want := range map[string]string{"image/jpeg": Image, "image/gif": Document, "audio/ogg; codecs=opus": Audio, "image/webp": Sticker, "video/mp4": Video, "": Document} {
		if got := KindOf(mime); got != want {
			t.Errorf("%s: got %q, want %q", mime, got, want)
		}
	}
	for n, want := range map[int64]string{1: "1 bytes", 2048: "2 KB", 5 << 20: "5 MB", 5<<20 + 1: "5120 KB", 1 << 30: "1 GB", 3<<30 + 1: "3072 MB"} {
		if got := Bytes(n); got != want {
			t.Errorf("%d: got %q, want %q", n, got, want)
		}
	}
}
