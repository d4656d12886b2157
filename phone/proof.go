package phone

import (
	"context"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/uiauto/whatsapp"
)

// outcome is what a look after the tap proves.
type outcome int

const (
	unclear outcome = iota // neither: nothing may repeat it blindly
	still                  // the composer holds the text, the bubble is not there: nothing left
	absent                 // neither the text nor the bubble is there
	seen                   // our bubble is there, newer than the note
)

type verdict struct {
	outcome outcome
	state   wabridge.State
	screen  whatsapp.Screen
}

// weigh says what one look into the right chat proves about a message. It is
// the only place that calls a message sent.
func weigh(note []wabridge.BubblePrint, s whatsapp.Screen, want whatsapp.Want) (outcome, wabridge.State) {
	b, v := whatsapp.Find(want, note, s.Bubbles)
	switch {
	case v == whatsapp.Appeared:
		return seen, stateOf(b.Status)
	case v != whatsapp.Absent:
		return unclear, "" // the text may stand in the composer and have gone all the same
	case want.Kind == "" && s.Send != nil && s.Composer != nil && whatsapp.SameText(want.Text, s.Composer.Text):
		return still, ""
	}
	return absent, ""
}

// stateOf maps a tick; one whose word no profile knows is a bubble and no more.
func stateOf(t whatsapp.Tick) wabridge.State {
	switch t {
	case whatsapp.TickSent:
		return wabridge.Sent
	case whatsapp.TickDelivered:
		return wabridge.Delivered
	case whatsapp.TickRead:
		return wabridge.Read
	}
	return wabridge.Handed
}

// judge looks after the tap until the bubble is seen, the text was seen still
// standing twice, or the looks are used up.
func (a *attempt) judge(ctx context.Context, before whatsapp.Screen, note wabridge.Intent) (verdict, error) {
	stood := 0
	var last whatsapp.Screen
	for range a.s.cfg.Timing.Looks {
		screen, err := a.s.look(ctx)
		if err != nil {
			return verdict{}, err
		}
		if screen.Kind != whatsapp.Chat || !sameHeader(before, screen) {
			if err := a.aside(ctx, screen); err != nil {
				return verdict{}, err
			}
			continue
		}
		last = screen
		o, state := weigh(note.Bubbles, screen, whatsapp.WantOf(a.m))
		if o == still {
			stood++
		}
		if o == seen || stood >= 2 {
			return verdict{o, state, screen}, nil
		}
		if screen.Down != nil { // the newest messages are out of sight
			if err := a.s.tap(ctx, screen.Down.Bounds); err != nil {
				return verdict{}, err
			}
			continue
		}
		if err := pause(ctx, a.s.cfg.Timing.Again); err != nil {
			return verdict{}, err
		}
	}
	return verdict{outcome: unclear, screen: last}, nil
}

// aside deals with what came over the chat after the tap; it never taps send.
func (a *attempt) aside(ctx context.Context, screen whatsapp.Screen) error {
	goal := a.goal
	goal.Send, goal.Text = false, ""
	act := whatsapp.Next(screen, goal)
	if act.Do == whatsapp.DoLook || act.Do == whatsapp.DoTap || act.Do == whatsapp.DoWake {
		return a.s.follow(ctx, screen, act)
	}
	return wabridge.Fail(wabridge.CodeAmbiguous, nil, "phone %s: %s came over the chat after the tap", a.s.cfg.Phone.ID, screen.Kind)
}

func sameHeader(a, b whatsapp.Screen) bool {
	return a.Chat != nil && b.Chat != nil && a.Chat.Title == b.Chat.Title
}
