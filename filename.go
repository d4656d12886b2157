package wabridge

import (
	"path"
	"strings"
	"unicode"
	"unicode/utf8"
)

// CleanFileName makes the name of a file fit to be shown and stored: the last
// part of a path, in valid UTF-8, without control characters and without those
// that cannot be seen or turn the direction of text ("gpj.exe" must not be shown
// as "exe.jpg"), each run of white space as one blank, without blanks and dots
// at the end. It is "" if nothing is left that can be seen. Every way in uses it.
func CleanFileName(name string) string {
	name = strings.ToValidUTF8(name, "")
	if i := strings.LastIndexAny(name, `/\`); i >= 0 {
		name = name[i+1:]
	}
	name = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r) && !joins(r):
			return -1
		case unicode.IsSpace(r):
			return ' '
		}
		return r
	}, name)
	name = strings.TrimRight(strings.Join(strings.Fields(name), " "), ". ")
	if strings.TrimFunc(name, func(r rune) bool { return r == '.' || !unicode.IsGraphic(r) || unicode.Is(unicode.Mn, r) }) == "" {
		return ""
	}
	return name
}

// MaxFileName bounds the name of a file that is sent, in bytes; Android's file
// systems take 255, of which the app needs some itself.
const MaxFileName = 120

// SentFileName is the name that a file gets on the phone; the recipient of a
// document sees it. It is clean (CleanFileName), has no character that a shell,
// a file system or a dialog of the app could take for something else, and at
// most MaxFileName bytes, with its ending kept. "" if nothing is left.
func SentFileName(name string) string {
	name = strings.TrimLeft(CleanFileName(strings.Map(func(r rune) rune {
		if strings.ContainsRune(`"*:<>?|`, r) || unicode.IsControl(r) || r >= 0xfdd0 && r <= 0xfdef || r == unicode.ReplacementChar {
			return '_'
		}
		return r
	}, name)), ". _-")
	if len(name) <= MaxFileName {
		return name
	}
	base, ext := SplitFileName(name)
	for len(base)+len(ext) > MaxFileName {
		_, size := utf8.DecodeLastRuneInString(base)
		base = base[:len(base)-size]
	}
	return strings.TrimRight(base+ext, ". ")
}

// SplitFileName splits off the ending, with its dot; what is longer than 12
// bytes is none.
func SplitFileName(name string) (base, ending string) {
	if ending = path.Ext(name); len(ending) > 12 {
		ending = ""
	}
	return strings.TrimSuffix(name, ending), ending
}

// joins reports whether an invisible character changes how its neighbors look:
// emojis and Persian words need them.
func joins(r rune) bool { return r == 0x200c || r == 0x200d || r >= 0xe0020 && r <= 0xe007f }
