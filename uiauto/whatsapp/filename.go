package whatsapp

import (
	"path"
	"strings"
	"unicode"

	"github.com/wabridge/wabridge"
)

// maxFileName bounds a name in bytes; Android's file systems take 255.
const maxFileName = 120

// FileName is the name that a message's file gets on the phone; the recipient
// of a document sees it. It is clean (wabridge.CleanFileName), and has no
// character that a shell, a file system or a dialog of the app could take for
// something else. The ending of all but documents, whose name nobody sees, is
// that of the type: Android goes by it.
func FileName(m *wabridge.Message) string {
	name := strings.TrimLeft(wabridge.CleanFileName(strings.Map(func(r rune) rune {
		if strings.ContainsRune(`"*:<>?|`, r) || unicode.IsControl(r) || r >= 0xfdd0 && r <= 0xfdef || r == unicode.ReplacementChar {
			return '_'
		}
		return r
	}, m.Media.Name)), ". _-")
	ext := path.Ext(name)
	if len(ext) > 12 {
		ext = ""
	}
	base := strings.TrimSuffix(name, ext)
	if known := extensions[mimeType(m)]; known != "" && (KindOf(m) != "document" || base == "" && ext == "") {
		ext = known
	}
	for len(base)+len(ext) > maxFileName {
		base = cutRune(base)
	}
	if base == "" {
		base = "file"
	}
	return base + ext
}

func cutRune(s string) string {
	r := []rune(s)
	return string(r[:len(r)-1])
}

// extensions are the endings of files that came without a name, for the types
// that the Cloud API takes.
var extensions = map[string]string{
	"image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp", "video/mp4": ".mp4", "video/3gpp": ".3gp",
	"audio/aac": ".aac", "audio/amr": ".amr", "audio/mpeg": ".mp3", "audio/mp4": ".m4a", "audio/ogg": ".ogg", "audio/opus": ".opus",
	"text/plain": ".txt", "text/vcard": ".vcf", "text/x-vcard": ".vcf", "application/pdf": ".pdf",
}
