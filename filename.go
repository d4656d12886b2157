package wabridge

import (
	"strings"
	"unicode"
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

// joins reports whether an invisible character changes how its neighbors look:
// emojis and Persian words need them.
func joins(r rune) bool { return r == 0x200c || r == 0x200d || r >= 0xe0020 && r <= 0xe007f }
