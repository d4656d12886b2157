package phone

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/adb"
)

// Picture takes a picture (PNG) of the whole screen, which takes about 2 s on a
// phone. It changes nothing on the screen.
func (s *Session) Picture(ctx context.Context) ([]byte, error) {
	if _, err := s.device(ctx); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Timing.Command)
	defer cancel()
	shot, err := s.dev.Screenshot(ctx)
	if err != nil {
		s.log.Debug("no picture of the screen", "err", err)
		return nil, wabridge.Fail(wabridge.CodeScreen, err, "phone %s gave no picture of its screen", s.cfg.Phone.ID)
	}
	size, err := png.DecodeConfig(bytes.NewReader(shot))
	if err != nil {
		return nil, wabridge.Fail(wabridge.CodeScreen, err, "phone %s gave a broken picture", s.cfg.Phone.ID)
	}
	s.shown = image.Pt(size.Width, size.Height)
	return shot, nil
}

// Touch does on the phone what a person wants. What is on the screen then is
// nobody's: the next message finds its way out of it, and chats in which the
// person may have read something are looked for in the chat list.
func (s *Session) Touch(ctx context.Context, t wabridge.Touch) error {
	if _, err := s.device(ctx); err != nil {
		return err
	}
	scale, err := s.scale(ctx)
	if err != nil {
		return err
	}
	s.dirty = true
	s.Gap(wabridge.ChatRef{})
	for _, act := range touchScripts(t, scale) {
		out, err := s.run(ctx, s.cfg.Timing.Command, guarded(s.fence, act))
		if err != nil {
			return err
		}
		if strings.Contains(string(out.Stdout), staleWord) {
			return s.lost(staleWord)
		}
		if out.ExitCode != 0 {
			return wabridge.Fail(wabridge.CodeScreen, nil, "phone %s did not take it", s.cfg.Phone.ID)
		}
	}
	return nil
}

// LastLook is when the driver last read the screen; the zero time if it has
// not yet. Safe from any goroutine.
func (s *Session) LastLook() time.Time {
	if ms := s.looks.Load(); ms != 0 {
		return time.UnixMilli(ms).UTC()
	}
	return time.Time{}
}

// scale tells how a point of the newest picture becomes one of the window: with
// `wm size` set, the picture may have another size than what `input` means. Not
// verified on a phone.
func (s *Session) scale(ctx context.Context) (func(wabridge.Point) wabridge.Point, error) {
	out, err := s.run(ctx, s.cfg.Timing.Command, "wm size")
	if err != nil {
		return nil, err
	}
	return scaled(s.shown, windowSize(string(out.Stdout))), nil
}

var sizeLine = regexp.MustCompile(`(?m)^(Physical|Override) size: (\d{1,5})x(\d{1,5})`)

// windowSize reads `wm size`; zero if it does not say. An override goes first.
func windowSize(text string) (size image.Point) {
	for _, m := range sizeLine.FindAllStringSubmatch(text, -1) {
		x, _ := strconv.Atoi(m[2]) // digits, by the pattern
		y, _ := strconv.Atoi(m[3])
		if m[1] == "Override" || size == (image.Point{}) {
			size = image.Pt(x, y)
		}
	}
	return size
}

// scaled turns points of a picture into those of a window, either of which may
// lie on its side.
func scaled(picture, window image.Point) func(wabridge.Point) wabridge.Point {
	if (picture.X > picture.Y) != (window.X > window.Y) {
		window.X, window.Y = window.Y, window.X
	}
	if picture.X <= 0 || picture.Y <= 0 || window.X <= 0 || window.Y <= 0 || picture == window {
		return func(p wabridge.Point) wabridge.Point { return p }
	}
	return func(p wabridge.Point) wabridge.Point {
		return wabridge.Point{X: p.X * window.X / picture.X, Y: p.Y * window.Y / picture.Y}
	}
}

// touchScripts are the commands of an act.
func touchScripts(t wabridge.Touch, scale func(wabridge.Point) wabridge.Point) []string {
	switch {
	case t.Tap != nil:
		p := scale(*t.Tap)
		return []string{fmt.Sprintf("input tap %d %d", p.X, p.Y)}
	case t.Swipe != nil:
		from, to, ms := scale(t.Swipe.From), scale(t.Swipe.To), t.Swipe.Millis
		if ms == 0 {
			ms = 300
		}
		return []string{fmt.Sprintf("input swipe %d %d %d %d %d", from.X, from.Y, to.X, to.Y, ms)}
	case t.Key != "":
		return []string{keyScript("KEYCODE_" + t.Key)}
	case t.Text != "":
		return typeScripts(string(t.Text))
	}
	return nil
}

// typeScripts type a line of printable ASCII. `input text` turns %s into a
// blank, so a text that holds it goes in two parts; and it types nothing where
// there are blanks only (facts on Android, section 4), so those go as keys.
func typeScripts(text string) []string {
	var all []string
	for rest := text; rest != ""; {
		part := rest
		if i := strings.Index(rest, "%s"); i >= 0 {
			part = rest[:i+1]
		}
		rest = rest[len(part):]
		if blank := strings.TrimLeft(part, " "); blank == "" {
			keys := make([]string, len(part))
			for i := range keys {
				keys[i] = "KEYCODE_SPACE"
			}
			all = append(all, keyScript(keys...))
			continue
		}
		all = append(all, "input text "+adb.Quote(strings.ReplaceAll(part, " ", "%s")))
	}
	return all
}
