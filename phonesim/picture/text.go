package picture

import (
	"image"
	"image/color"
	"image/draw"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

const (
	maxRunes = 6000 // of one node's text; a message has 4096
	maxLines = 400
	smallest = 6.0 // font size in pixels
)

// fonts are the Go fonts: Latin, Greek and Cyrillic. They are part of the
// program, so this never fails outside of a broken build.
var fonts = sync.OnceValue(func() (f [2]*sfnt.Font) {
	for i, ttf := range [][]byte{goregular.TTF, gobold.TTF} {
		parsed, err := opentype.Parse(ttf)
		if err != nil {
			panic("picture: the built-in font: " + err.Error())
		}
		f[i] = parsed
	}
	return f
})

// A faceKey is a font at a size in half pixels.
type faceKey struct {
	half int
	bold bool
}

// A face is a font at a size.
type face struct {
	font.Face
	glyphs *sfnt.Font
	buf    sfnt.Buffer
	size   float64
	ascent float64
	line   float64 // from one line to the next
}

// face finds or makes the font at a size in pixels.
func (c *canvas) face(size float64, bold bool) *face {
	key := faceKey{int(max(size, smallest)*2 + 0.5), bold}
	if f, ok := c.faces[key]; ok {
		return f
	}
	f := &face{glyphs: fonts()[0], size: float64(key.half) / 2}
	if bold {
		f.glyphs = fonts()[1]
	}
	made, err := opentype.NewFace(f.glyphs, &opentype.FaceOptions{Size: f.size, DPI: 72, Hinting: font.HintingNone})
	if err != nil {
		panic("picture: a face of the built-in font: " + err.Error())
	}
	f.Face = made
	f.ascent = f.size * 0.94
	f.line = f.size * 1.2
	c.faces[key] = f
	return f
}

// What a cell shows.
const (
	glyph  = iota // of the font
	emoji         // a picture of our own
	square        // a box, for a script that the font does not have
	nothing
)

// A cell is one character, or a pictogram of several, as it is drawn.
type cell struct {
	r    rune
	kind int
	adv  float64
}

// cells is the text as a row of cells. Line feeds are kept.
func (f *face) cells(s string) []cell {
	var row []cell
	joined := false // behind a zero width joiner: part of the pictogram before
	for _, r := range s {
		if len(row) == maxRunes {
			break
		}
		switch {
		case r == '\u200d':
			joined = true
			continue
		case r == '\n':
			row = append(row, cell{r: r, kind: nothing})
		case invisible(r) || isEmoji(r) && joined:
		case isEmoji(r):
			row = append(row, cell{r, emoji, f.size * 1.25})
		default:
			row = append(row, f.letter(r))
		}
		joined = false
	}
	return row
}

// letter is the cell of a character of a script.
func (f *face) letter(r rune) cell {
	switch {
	case unicode.IsSpace(r):
		r = ' '
	case r == '\u2010' || r == '\u2011':
		r = '-'
	case r == '\u2236': // keyguards write it between hours and minutes
		r = ':'
	}
	if i, err := f.glyphs.GlyphIndex(&f.buf, r); err == nil && i != 0 {
		adv, _ := f.GlyphAdvance(r)
		return cell{r, glyph, float64(adv) / 64}
	}
	if unicode.Is(unicode.Mn, r) {
		return cell{r: r, kind: nothing}
	}
	if unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul) {
		return cell{r, square, f.size}
	}
	return cell{r, square, f.size * 0.6}
}

// invisible are characters that take no room: marks of direction, variation
// selectors, skin tones.
func invisible(r rune) bool {
	return unicode.Is(unicode.Cf, r) || unicode.IsControl(r) || r >= 0xfe00 && r <= 0xfe0f || r >= 0x1f3fb && r <= 0x1f3ff
}

// isEmoji reports whether phones show the character as a coloured pictogram.
func isEmoji(r rune) bool {
	return r >= 0x1f000 || r >= 0x2600 && r <= 0x27bf || r >= 0x2b00 && r <= 0x2bff && r != 0x2b1a || r >= 0x231a && r <= 0x23ff
}

// wrap breaks a row of cells into lines no wider than w, at spaces where it
// can. broken tells that a word had to be cut.
func wrap(row []cell, w float64) (lines [][]cell, broken bool) {
	for len(row) > 0 && len(lines) < maxLines {
		n, width, space := 0, 0.0, -1
		for n < len(row) && row[n].r != '\n' && (width+row[n].adv <= w || n == 0) {
			if row[n].r == ' ' {
				space = n
			}
			width += row[n].adv
			n++
		}
		switch {
		case n == len(row):
			return append(lines, row), broken
		case row[n].r == '\n' || row[n].r == ' ':
			lines = append(lines, row[:n])
			row = row[n+1:]
		case space > 0:
			lines = append(lines, row[:space])
			row = row[space+1:]
		default:
			broken = true
			lines = append(lines, row[:n])
			row = row[n:]
		}
	}
	return lines, broken
}

func width(row []cell) (w float64) {
	for _, c := range row {
		w += c.adv
	}
	return w
}

// Where a text stands in its box.
type align int

const (
	left align = iota
	center
	right
)

// A look is how a text is set.
type look struct {
	size   float64 // in pixels, where there is room for it
	bold   bool
	col    color.RGBA
	align  align
	top    bool // else in the middle of the box's height
	bottom bool // at its end; of what does not fit, the end is shown
	single bool // one line, cut with an ellipsis
}

// text sets the words into the box: as large as the look says if they fit,
// else smaller, and if they still do not fit, cut.
func (c *canvas) text(b box, words string, l look) {
	if b.empty() || strings.TrimSpace(words) == "" {
		return
	}
	if l.single {
		words = strings.ReplaceAll(words, "\n", " ")
	}
	if c.runes -= 8 + len(words); c.runes < 0 {
		return
	}
	seen := b
	if l.single && b.h() < l.size*.7 { // a row that the edge of a list cuts off
		b.y1 = b.y0 + l.size*1.3
	}
	f, lines := c.fit(b, words, l)
	if rightToLeft(words) && l.align == left {
		l.align = right
	}
	y := b.y0
	switch {
	case l.bottom:
		y = b.y1 - f.line*float64(len(lines))
	case !l.top:
		y = b.cy() - f.line*float64(len(lines))/2
	}
	clip := c.img.SubImage(seen.inset(-f.size / 8).pixels()).(*image.RGBA)
	for i, row := range lines {
		x := b.x0
		switch l.align {
		case center:
			x = b.cx() - width(row)/2
		case right:
			x = b.x1 - width(row)
		}
		c.row(clip, f, row, x, y+float64(i)*f.line+f.ascent, l.col)
	}
}

// fit finds the size at which the words fit into the box.
func (c *canvas) fit(b box, words string, l look) (*face, [][]cell) {
	size := min(l.size, b.h()/1.18)
	least := size * 0.86
	if l.align == center { // of a button or a badge one wants to see all
		least = size * 0.65
	}
	if !l.single {
		size, least = min(l.size, b.h()/1.1), l.size*0.75
	}
	if l.bottom {
		least = size * 0.95
	}
	for {
		f := c.face(size, l.bold)
		row := f.cells(words)
		if l.single {
			if width(row) <= b.w()+0.5 || size*0.96 < least || f.size <= smallest {
				return f, [][]cell{f.cut(row, b.w())}
			}
		} else {
			lines, broken := wrap(row, b.w()+0.5)
			fits := float64(len(lines))*f.line <= b.h()+f.line*0.1
			if fits && !broken || size*0.96 < least || f.size <= smallest {
				most := min(len(lines), max(1, int(b.h()/f.line+0.2)))
				if l.bottom {
					return f, lines[len(lines)-most:]
				}
				return f, lines[:most]
			}
		}
		size *= 0.96
	}
}

// cut ends a row that is too wide with an ellipsis.
func (f *face) cut(row []cell, w float64) []cell {
	if width(row) <= w+0.5 || len(row) <= 2 {
		return row
	}
	dots := f.letter('…')
	room, n := w-dots.adv, 0
	for n < len(row) && row[n].adv <= room {
		room -= row[n].adv
		n++
	}
	return append(row[:n:n], dots)
}

// rightToLeft reports whether the first letter is of a script that is written
// to the left.
func rightToLeft(s string) bool {
	for _, r := range s {
		if unicode.IsLetter(r) {
			return unicode.In(r, unicode.Hebrew, unicode.Arabic, unicode.Syriac, unicode.Thaana)
		}
	}
	return false
}

// row paints cells from x on, on the base line y.
func (c *canvas) row(clip *image.RGBA, f *face, row []cell, x, y float64, col color.RGBA) {
	ink := image.NewUniform(col)
	for _, k := range row {
		switch k.kind {
		case glyph:
			dot := fixed.Point26_6{X: fixed.Int26_6(x * 64), Y: fixed.Int26_6(y * 64)}
			if r, mask, at, _, ok := f.Glyph(dot, k.r); ok {
				draw.DrawMask(clip, r, ink, image.Point{}, mask, at, draw.Over)
			}
		case emoji:
			c.emoji(box{x, y - f.size*0.95, x + k.adv, y + f.size*0.25}, k.r)
		case square:
			b := box{x + k.adv*0.1, y - f.size*0.72, x + k.adv*0.9, y}
			s := max(f.size*0.07, 1)
			c.stroke(s, col, point{b.x0, b.y0}, point{b.x1, b.y0}, point{b.x1, b.y1}, point{b.x0, b.y1}, point{b.x0, b.y0})
		}
		x += k.adv
	}
}
