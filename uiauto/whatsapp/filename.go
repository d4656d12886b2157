package whatsapp

import (
	"github.com/wabridge/wabridge"
)

// FileName is the name that a message's file gets on the phone: that of
// wabridge.SentFileName. The ending of all but documents, whose name nobody
// sees, is that of the type: Android goes by it.
func FileName(m *wabridge.Message) string {
	base, ext := wabridge.SplitFileName(wabridge.SentFileName(m.Media.Name))
	if known := extensions[mimeType(m)]; known != "" && (KindOf(m) != "document" || base == "" && ext == "") {
		ext = known
	}
	for len(base)+len(ext) > wabridge.MaxFileName {
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
