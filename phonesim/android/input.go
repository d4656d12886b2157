package android

import (
	"time"

	"github.com/wabridge/wabridge/phonesim/view"
)

// Tap touches a point of the display.
func (s *System) Tap(x, y int) {
	if s.Take(FaultTapLost) || !s.awake || !s.Display.Contains(x, y) {
		return
	}
	w := s.Active()
	root := w.Draw()
	if n := root.Hit(x, y); n != nil {
		n.Tap()
		s.Changed()
		return
	}
	if c, ok := w.(Canceler); ok && !root.Bounds.Contains(x, y) {
		c.Cancel()
		s.Changed()
	}
}

// Swipe draws a finger from one point to another; a short way is a tap.
func (s *System) Swipe(x1, y1, x2, y2 int) {
	if !s.awake {
		return
	}
	if abs(x2-x1) < touchSlop && abs(y2-y1) < touchSlop {
		s.Tap(x1, y1)
		return
	}
	if s.Take(FaultTapLost) {
		return
	}
	dy := y2 - y1
	switch {
	case !s.lock.on && !s.shade && x2-x1 > s.Display.W()/8 && x2-x1 > abs(dy)*2:
		s.swipeRight(x1, y1)
	case s.lock.on:
		if dy < -s.Display.H()/8 {
			s.DismissKeyguard()
		}
	case s.shade:
		if dy < -s.Display.H()/8 {
			s.SetShade(false)
		}
	case y1 < statusBarHeight && dy > s.Display.H()/8:
		s.SetShade(true)
	default:
		if w, ok := s.Active().(Scroller); ok {
			w.Scroll(dy)
			s.Changed()
		}
	}
}

func (s *System) swipeRight(x, y int) {
	can := func(n *view.Node) bool { return n.Swipe != nil }
	if n := s.Active().Draw().HitWith(x, y, can); n != nil {
		n.Swipe()
		s.Changed()
	}
}

// LongPress is how long a finger stays down for a long press
// (ViewConfiguration.DEFAULT_LONG_PRESS_TIMEOUT, 500 ms up to Android 11).
func (s *System) LongPress() time.Duration {
	if s.Android <= 11 {
		return 500 * time.Millisecond
	}
	return 400 * time.Millisecond
}

// Hold is a finger that stays down at a point; on what knows no long press it
// is a tap.
func (s *System) Hold(x, y int) {
	if !s.awake || s.Take(FaultTapLost) {
		return
	}
	root := s.Active().Draw()
	if n := root.HitWith(x, y, func(n *view.Node) bool { return n.Hold != nil }); n != nil {
		n.Hold()
	} else if n := root.HitWith(x, y, func(n *view.Node) bool { return n.Tap != nil && !n.Is(view.LongClickable) }); n != nil {
		n.Tap()
	}
	s.Changed()
}

// A finger is one that motion events put down.
type finger struct {
	x, y int
	at   time.Time
}

// FingerDown is input motionevent DOWN.
func (s *System) FingerDown(x, y int) { s.finger = &finger{x, y, time.Now()} }

// FingerUp ends what FingerDown began: a swipe, a long press or a tap.
func (s *System) FingerUp(x, y int) {
	f := s.finger
	s.finger = nil
	switch {
	case f == nil:
		s.Tap(x, y)
	case abs(x-f.x) >= touchSlop || abs(y-f.y) >= touchSlop:
		s.Swipe(f.x, f.y, x, y)
	case time.Since(f.at) >= s.LongPress():
		s.Hold(x, y)
	default:
		s.Tap(x, y)
	}
}

// touchSlop is how far a finger may move for a tap, in pixels.
const touchSlop = 16

const statusBarHeight = 68

func abs(x int) int { return max(x, -x) }

// SetShade pulls the notification shade down or up.
func (s *System) SetShade(down bool) {
	s.shade = down
	s.Changed()
}

// Type enters text as a keyboard would.
func (s *System) Type(text string) {
	if !s.awake {
		return
	}
	if w, ok := s.Active().(Typer); ok {
		w.Type(text)
		s.Changed()
	}
}

// The key codes that mean something here (android.view.KeyEvent).
const (
	KeyHome     = 3
	KeyBack     = 4
	KeyCall     = 5
	KeyPower    = 26
	KeyEnter    = 66
	KeyDel      = 67
	KeyMenu     = 82
	KeyMoveHome = 122
	KeyMoveEnd  = 123
	KeySleep    = 223
	KeyWakeup   = 224
	KeyCtrl     = 113
	KeyA        = 29
)

// Key presses a key.
func (s *System) Key(code int) {
	if s.Take(FaultKeyLost) {
		return
	}
	switch code {
	case KeyWakeup:
		if !s.awake {
			s.SetAwake(true)
		}
		return
	case KeySleep:
		s.SetAwake(false)
		return
	case KeyPower:
		s.SetAwake(!s.awake)
		return
	}
	if !s.awake {
		return
	}
	s.Changed()
	defer func() { s.selected = false }()
	switch code {
	case KeyHome:
		s.homeKey()
	case KeyBack:
		s.backKey()
	case KeyMenu:
		s.DismissKeyguard()
	case KeyDel:
		s.typer(func(w Typer) { w.Delete(s.selected) })
	case KeyEnter:
		s.typer(func(w Typer) { w.Enter() })
	default:
		if r, ok := printable(code); ok {
			s.typer(func(w Typer) { w.Type(string(r)) })
		}
	}
}

// printable is the character of a digit, letter or space key.
func printable(code int) (rune, bool) {
	switch {
	case code >= 7 && code <= 16:
		return rune('0' + code - 7), true
	case code >= 29 && code <= 54:
		return rune('a' + code - 29), true
	case code == 62:
		return ' ', true
	}
	return 0, false
}

func (s *System) typer(f func(Typer)) {
	if w, ok := s.Active().(Typer); ok {
		f(w)
	}
}

func (s *System) homeKey() {
	if s.call != nil {
		s.ShowCall(nil) // it rings on in its notification
	}
	if s.lock.on {
		return
	}
	s.Home()
}

func (s *System) backKey() {
	switch {
	case s.call != nil:
		s.ShowCall(nil)
	case s.lock.on:
		if s.lock.bouncer {
			s.lock.bouncer, s.lock.typed = false, ""
		}
	case s.shade:
		s.SetShade(false)
	case len(s.dialogs) > 0:
		if d := s.dialogs[len(s.dialogs)-1]; d.back != nil {
			d.back()
		}
	case s.front != nil:
		if !s.front.Back() {
			s.switchTo(nil)
		}
	}
}

// SelectAll is CTRL+A: the next DEL deletes the whole field.
func (s *System) SelectAll() { s.selected = true }
