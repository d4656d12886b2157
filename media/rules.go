package media

import (
	"mime"
	"regexp"
	"slices"
	"strings"

	"github.com/wabridge/wabridge"
)

// The kinds of messages that carry a file, as the Cloud API names them; Voice
// is an audio message with voice:true.
const (
	Image    = "image"
	Video    = "video"
	Audio    = "audio"
	Voice    = "voice"
	Document = "document"
	Sticker  = "sticker"
)

// Limits of the contract's section 3.1, in bytes.
const (
	MaxImage           = 5 << 20
	MaxVideo           = 16 << 20
	MaxAudio           = 16 << 20
	MaxDocument        = 100 << 20
	MaxSticker         = 100 << 10
	MaxAnimatedSticker = 500 << 10
	StickerSide        = 512 // pixels, both ways
)

// A format is what a kind of message takes.
type format struct {
	types []string // nil: any
	limit int64
}

var formats = map[string]format{
	Image:    {[]string{"image/jpeg", "image/png"}, MaxImage},
	Video:    {[]string{"video/mp4", "video/3gpp"}, MaxVideo},
	Audio:    {[]string{"audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg"}, MaxAudio},
	Voice:    {[]string{"audio/ogg"}, MaxAudio},
	Document: {nil, MaxDocument},
	Sticker:  {[]string{"image/webp"}, MaxAnimatedSticker},
}

// Limit is the largest file that a kind of message takes, in bytes; 0 for a
// kind that has no file.
func Limit(kind string) int64 { return formats[kind].limit }

// KindOf is the kind of message that a type is made for; every type that is
// not of another kind can be a document.
func KindOf(mime string) string {
	base := baseType(mime)
	for _, kind := range []string{Image, Video, Audio, Sticker} {
		if slices.Contains(formats[kind].types, base) {
			return kind
		}
	}
	return Document
}

// Type decides what a file is: the type that was declared with it, if it says
// something and the bytes do not contradict; else what the bytes say.
// CodeMediaUpload where they contradict a type that wabridge knows; where they
// contradict another one they count.
func Type(declared string, i Info) (string, error) {
	base := baseType(declared)
	_, known := extensions[base]
	switch {
	case !typeShape.MatchString(base) || slices.Contains(generic, base):
		return i.MIME, nil
	case slices.Contains(alike(base), i.MIME) || fits(base, i.MIME), !known && !specific(i.MIME):
		return tidy(declared), nil
	case !known && (under(i.MIME, base) || under(base, i.MIME)):
		return tidy(declared), nil
	case !known:
		return i.MIME, nil
	}
	return "", wabridge.Fail(wabridge.CodeMediaUpload, nil, "the file is declared as %s, but its bytes are %s", base, i.MIME)
}

// typeShape is what a type looks like (RFC 6838, section 4.2).
var typeShape = regexp.MustCompile(`^[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}$`)

// baseType is a type without parameters, under its usual name.
func baseType(s string) string {
	base, _, _ := strings.Cut(s, ";")
	return normal(strings.ToLower(strings.TrimSpace(base)))
}

// tidy brings a declared type into one form, its parameters kept.
func tidy(declared string) string {
	_, args, err := mime.ParseMediaType(declared)
	if err != nil {
		return baseType(declared)
	}
	if out := mime.FormatMediaType(baseType(declared), args); out != "" {
		return out
	}
	return baseType(declared)
}

// alike lists what the bytes of a type may look like. The ISO container does
// not tell sound from film in its beginning, and sound in frames has no
// beginning that is certain.
func alike(base string) []string {
	switch base {
	case "video/mp4", "audio/mp4", "video/3gpp", "video/quicktime":
		return []string{"video/mp4", "audio/mp4", "video/3gpp", "video/3gpp2", "video/quicktime"}
	case "audio/amr":
		return []string{"audio/amr", "video/3gpp", "video/mp4"}
	case "audio/mpeg", "audio/aac":
		return []string{"audio/mpeg", "audio/aac", unknownType}
	}
	return []string{base}
}

// Check holds a file of a type to what a kind of message takes: type, size
// and, for pictures, stickers and voice, what is inside. CodeMediaUpload with
// what is wrong; CodeParameter for a kind that has no file.
func Check(kind, mime string, size int64, i Info) error {
	f, ok := formats[kind]
	if !ok {
		return wabridge.Fail(wabridge.CodeParameter, nil, "%s messages have no file", kind)
	}
	if base := baseType(mime); f.types != nil && !slices.Contains(f.types, base) {
		return wrong("%s takes %s, not %s", kind, strings.Join(f.types, ", "), base)
	}
	if size > f.limit {
		return wrong("the file has %s, and %s takes at most %s", Bytes(size), kind, Bytes(f.limit))
	}
	switch kind {
	case Image:
		return checkImage(i)
	case Sticker:
		return checkSticker(size, i)
	case Audio, Voice:
		return checkAudio(kind, mime, i)
	}
	return nil
}

func wrong(format string, args ...any) error {
	return wabridge.Fail(wabridge.CodeMediaUpload, nil, format, args...)
}

// checkImage: 8 bits per channel, RGB or RGBA. Grey jpegs are taken too: every
// reader shows them.
func checkImage(i Info) error {
	switch {
	case i.Width == 0 || i.Height == 0:
		return wrong("the picture is broken: its size cannot be read")
	case i.Depth != 8:
		return wrong("the picture has %d bits per channel; save it with 8", i.Depth)
	case i.Color == "rgb", i.Color == "rgba", i.Color == "gray" && i.MIME == "image/jpeg":
		return nil
	}
	return wrong("the picture's colours are %s; save it as RGB or RGBA", i.Color)
}

func checkSticker(size int64, i Info) error {
	switch {
	case i.Width != StickerSide || i.Height != StickerSide:
		return wrong("the sticker has %dx%d pixels; it must have 512x512", i.Width, i.Height)
	case !i.Animated && size > MaxSticker:
		return wrong("the sticker has %s; one that does not move may have at most %s", Bytes(size), Bytes(MaxSticker))
	}
	return nil
}

// checkAudio: Ogg is taken with Opus and one channel only, a voice note as
// nothing else.
func checkAudio(kind, mime string, i Info) error {
	if baseType(mime) != "audio/ogg" {
		return nil
	}
	if i.Codec != "opus" {
		return wrong("%s in Ogg must be Opus", kind)
	}
	if i.Channels != 1 {
		return wrong("%s in Ogg must have one channel (mono); this one has %d", kind, i.Channels)
	}
	return nil
}

// extensions are those of the types that phones and people exchange; the
// system's own table differs from machine to machine.
var extensions = map[string]string{
	"image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp", "image/gif": ".gif",
	"video/mp4": ".mp4", "video/3gpp": ".3gp",
	"audio/aac": ".aac", "audio/amr": ".amr", "audio/mpeg": ".mp3", "audio/mp4": ".m4a", "audio/ogg": ".opus",
	"video/quicktime": ".mov", "video/x-msvideo": ".avi", "audio/wav": ".wav",
	"application/gzip": ".gz", "application/x-rar-compressed": ".rar", "application/x-7z-compressed": ".7z", "text/html": ".html",
	"application/pdf": ".pdf", "text/plain": ".txt", "text/csv": ".csv", "text/vcard": ".vcf", "application/zip": ".zip",
	"application/msword": ".doc", "application/vnd.ms-excel": ".xls", "application/vnd.ms-powerpoint": ".ppt",
	"application/vnd.openxmlformats-officedocument.wordprocessingml.document":   ".docx",
	"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet":         ".xlsx",
	"application/vnd.openxmlformats-officedocument.presentationml.presentation": ".pptx",
}

// Extension is the usual ending of a type's file names (".jpg"), ".bin" for a
// type that is not known.
func Extension(mime string) string {
	if e, ok := extensions[baseType(mime)]; ok {
		return e
	}
	return ".bin"
}

// TypeOfName is the type that the ending of a file name says, "" for none. The
// app names voice notes and sound that it received .opus, .m4a, .aac, .amr.
func TypeOfName(name string) string {
	dot := strings.LastIndexByte(name, '.')
	if dot < 0 {
		return ""
	}
	end := strings.ToLower(name[dot:])
	switch end {
	case ".jpeg":
		end = ".jpg"
	case ".htm":
		end = ".html"
	case ".tgz":
		end = ".gz"
	case ".ogg", ".oga":
		end = ".opus"
	}
	for mime, e := range extensions {
		if e == end {
			return mime
		}
	}
	return ""
}
