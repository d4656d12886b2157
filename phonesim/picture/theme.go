package picture

import (
	"hash/fnv"
	"image/color"
)

// A theme holds the colours of the app. They are chosen by eye to look like
// WhatsApp's.
type theme struct {
	header, onHeader, onHeader2 color.RGBA // app bar, its title, its second line
	page, paper, text, text2    color.RGBA // background, cards, words, lesser words
	line                        color.RGBA
	wallpaper, doodle           color.RGBA // behind the bubbles
	in, out                     color.RGBA // bubbles
	accent, onAccent            color.RGBA // buttons, badges
	pill                        color.RGBA // search bar, active tab
	tick, tickRead              color.RGBA
}

func rgb(v uint32) color.RGBA { return color.RGBA{uint8(v >> 16), uint8(v >> 8), uint8(v), 255} }

// shade is black of the given strength.
func shade(alpha uint8) color.RGBA { return color.RGBA{A: alpha} }

// veil is white of the given strength.
func veil(alpha uint8) color.RGBA { return color.RGBA{alpha, alpha, alpha, alpha} }

var (
	light = theme{
		header: rgb(0x008069), onHeader: rgb(0xffffff), onHeader2: rgb(0xcfe9e4),
		page: rgb(0xffffff), paper: rgb(0xffffff), text: rgb(0x111b21), text2: rgb(0x667781), line: rgb(0xe9edef),
		wallpaper: rgb(0xefeae2), doodle: rgb(0xe4ded4), in: rgb(0xffffff), out: rgb(0xd9fdd3),
		accent: rgb(0x1daa61), onAccent: rgb(0xffffff), pill: rgb(0xf0f2f5), tick: rgb(0x8696a0), tickRead: rgb(0x34b7f1),
	}
	dark = theme{
		header: rgb(0x1f2c34), onHeader: rgb(0xe9edef), onHeader2: rgb(0x8696a0),
		page: rgb(0x111b21), paper: rgb(0x233138), text: rgb(0xe9edef), text2: rgb(0x8696a0), line: rgb(0x2a3942),
		wallpaper: rgb(0x0b141a), doodle: rgb(0x131e25), in: rgb(0x202c33), out: rgb(0x005c4b),
		accent: rgb(0x21c063), onAccent: rgb(0x0b141a), pill: rgb(0x2a3942), tick: rgb(0x8696a0), tickRead: rgb(0x53bdeb),
	}
)

var white = rgb(0xffffff)

// bright are the colours of avatars, launcher icons and names in groups.
var bright = []color.RGBA{
	rgb(0x6a7fdb), rgb(0xe0675c), rgb(0x3ba7a0), rgb(0xc9832b), rgb(0x9a5fb5), rgb(0x4f8f3a), rgb(0xd0578f), rgb(0x5b7083),
}

// tint is a bright colour that belongs to the words.
func tint(words string) color.RGBA {
	h := fnv.New32a()
	h.Write([]byte(words)) // a hash never fails
	return bright[h.Sum32()%uint32(len(bright))]
}
