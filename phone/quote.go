package phone

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/uiauto"
	"github.com/wabridge/wabridge/uiauto/whatsapp"
)

// quoteTries is how often a bubble is drawn aside before the message goes
// without its quote.
const quoteTries = 2

// target is the message that m quotes or reacts to, nil if it is not known or
// of another chat.
func (s *Session) target(ctx context.Context, m *wabridge.Message) (*wabridge.Message, error) {
	if m.Context == "" || s.cfg.Store == nil {
		return nil, nil //nolint:nilnil // no target is no error
	}
	t, err := s.cfg.Store.Message(ctx, m.Context)
	switch {
	case wabridge.CodeOf(err) == wabridge.CodeNotFound:
		return nil, nil //nolint:nilnil // as above
	case err != nil:
		return nil, err
	case t.Phone != m.Phone || t.Chat != m.Chat && !wabridge.SameNumber(t.Number, m.Number):
		return nil, nil //nolint:nilnil // as above
	}
	return &t, nil
}

// aim makes the goal of a message that quotes another.
func (a *attempt) aim(ctx context.Context) error {
	t, err := a.s.target(ctx, a.m)
	if err != nil || t == nil {
		return err
	}
	w := whatsapp.WantOf(t)
	a.quoted, a.goal.Quote, a.goal.Words = t, &w, a.s.cfg.Profiles.Words
	return nil
}

// quote draws the quoted bubble aside, so that the panel above the composer
// shows it; the next looks decide. A bubble that is not on the screen, nor one
// screen above, is not quoted: the message goes without, as the Cloud API does
// when the original is gone.
func (a *attempt) quote(ctx context.Context, screen whatsapp.Screen) error {
	if a.quotes++; a.quotes > quoteTries {
		return a.unquoted("the panel did not show it")
	}
	b, at, ok, err := a.s.find(ctx, screen, a.quoted)
	if err != nil {
		return err
	}
	if ok {
		x1, x2, y := aside(b.Bounds, at.Size)
		if _, err = a.s.runHere(ctx, guarded(a.s.fence, swipeScript(x1, y, x2, y))); err != nil {
			return err
		}
	} else if err := a.unquoted("its bubble is not within one screen"); err != nil {
		return err
	}
	if slices.Equal(whatsapp.Prints(screen.Bubbles), whatsapp.Prints(at.Bubbles)) {
		return nil
	}
	low := whatsapp.Print(screen.Bubbles[len(screen.Bubbles)-1])
	a.low = &low
	return a.s.scrollDown(ctx, screen)
}

// downs is how often the way back to the end of the chat is swiped.
const downs = 3

// lowered brings an attempt that has scrolled up back to the end of the chat: the
// newest bubbles are what the note must hold. ok: it is there.
func (a *attempt) lowered(ctx context.Context, screen whatsapp.Screen) (ok bool, err error) {
	if a.low == nil || slices.ContainsFunc(screen.Bubbles, func(b whatsapp.Bubble) bool {
		p := whatsapp.Print(b)
		p.Tick, p.First = a.low.Tick, a.low.First // they may change
		return p == *a.low && !b.Clipped
	}) {
		a.low = nil
		return true, nil
	}
	if a.downs++; a.downs > downs {
		a.low = nil
		return false, a.again(ctx)
	}
	return false, a.s.scrollDown(ctx, screen)
}

// scrollDown swipes further than scrollUp does; a list stops at its end.
func (s *Session) scrollDown(ctx context.Context, screen whatsapp.Screen) error {
	x, bottom, top := (screen.Size.Left+screen.Size.Right)/2, screen.Size.Bottom*75/100, screen.Size.Bottom*20/100
	_, err := s.runHere(ctx, swipeScript(x, bottom, x, top))
	return err
}

func (a *attempt) unquoted(why string) error {
	a.s.log.Info("the message goes without its quote", "why", why)
	a.goal.Quote, a.quoted = nil, nil
	return nil
}

// aside is how a finger draws a bubble to the right: within its row, from the
// bubble, away from the edge that belongs to the way back.
func aside(b, screen uiauto.Rect) (x1, x2, y int) {
	width := screen.Right - screen.Left
	x1 = min(b.Left+(b.Right-b.Left)/8, screen.Left+width*55/100)
	x1 = max(x1, screen.Left+width*12/100)
	_, y = b.Center()
	return x1, min(x1+width*45/100, screen.Right-8), y
}

// find looks for a message's bubble on the screen and, in vain, one screen
// further up. It returns the screen that it is on.
func (s *Session) find(ctx context.Context, screen whatsapp.Screen, m *wabridge.Message) (whatsapp.Bubble, whatsapp.Screen, bool, error) {
	if b, ok := locate(m, screen.Bubbles); ok {
		return b, screen, true, nil
	}
	if first(screen) {
		return whatsapp.Bubble{}, screen, false, nil
	}
	up, err := s.scrollUp(ctx, screen)
	if err != nil || up.Kind != whatsapp.Chat || !sameHeader(screen, up) {
		return whatsapp.Bubble{}, screen, false, err
	}
	b, ok := locate(m, up.Bubbles)
	return b, up, ok, nil
}

// locate finds a message among bubbles: by its side and what it shows, and where
// several show the same by its minute. Of equal texts of one minute the newest
// will do; equal files are not told apart.
func locate(m *wabridge.Message, bubbles []whatsapp.Bubble) (whatsapp.Bubble, bool) {
	want := whatsapp.WantOf(m)
	var found []whatsapp.Bubble
	for _, b := range bubbles {
		if b.Out == (m.Direction != wabridge.In) && want.Shows(b) && !b.Bounds.Empty() {
			found = append(found, b)
		}
	}
	if len(found) > 1 {
		if same := slices.DeleteFunc(slices.Clone(found), func(b whatsapp.Bubble) bool { return !inMinute(b.Time, m) }); len(same) > 0 {
			found = same
		}
	}
	if len(found) == 0 || len(found) > 1 && want.Kind != "" {
		return whatsapp.Bubble{}, false
	}
	return found[len(found)-1], true
}

// inMinute reports whether the minute beside a bubble is that of a message. The
// phone's zone is not known; few differ by other than whole hours.
func inMinute(shown string, m *wabridge.Message) bool {
	at := m.Created
	if m.Direction == wabridge.Out {
		at = left(*m)
	}
	for _, d := range []time.Duration{0, time.Minute, -time.Minute} {
		if sameMinute(shown, fmt.Sprintf("%s:%s", hourIn(shown), at.UTC().Add(d).Format("04"))) {
			return true
		}
	}
	return false
}

// hourIn is the hour of a shown time.
func hourIn(shown string) string {
	if n := clockNumbers(shown); len(n) > 0 {
		return fmt.Sprint(n[0])
	}
	return ""
}
