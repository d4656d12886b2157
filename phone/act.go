package phone

import (
	"context"
	"strings"
	"unicode/utf8"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/adb"
	"github.com/wabridge/wabridge/uiauto"
	"github.com/wabridge/wabridge/uiauto/whatsapp"
)

// follow does what whatsapp.Next says for screens that stand in the way. Acts
// that belong to a send (tap_send, read, fill) are the caller's.
func (s *Session) follow(ctx context.Context, screen whatsapp.Screen, act whatsapp.Action) error {
	switch act.Do {
	case whatsapp.DoTap:
		return s.tap(ctx, act.At)
	case whatsapp.DoBack:
		return s.key(ctx, keyBack)
	case whatsapp.DoHome:
		return s.key(ctx, keyHome)
	case whatsapp.DoWake:
		return s.wake(ctx, screen)
	case whatsapp.DoLook:
		return pause(ctx, s.cfg.Timing.Again)
	case whatsapp.DoClear:
		return s.clear(ctx, screen)
	case whatsapp.DoFail, whatsapp.DoStop:
		return wabridge.Fail(act.Code, nil, "phone %s: %s%s", s.cfg.Phone.ID, act.Why, remedyFor(screen, act))
	case whatsapp.DoGiveUp:
		return s.giveUp(ctx, act)
	}
	return s.key(ctx, keyBack)
}

// remedies say what a person must do, by code, behind the words of the screen.
var remedies = map[wabridge.Code]string{
	wabridge.CodeNotRegistered: "; WhatsApp is logged out: log in on the phone, then resume",
	wabridge.CodeLocked:        "; open WhatsApp on the phone and do what it says, then resume",
	wabridge.CodeAttention:     "; update WhatsApp on the phone, then resume",
	wabridge.CodeNoNewChats:    "; messages to new chats wait until that is over, the others go on",
	wabridge.CodeClosedChat:    "; look at this chat on the phone; the message is tried again every half hour",
	wabridge.CodeLockedScreen:  "; unlock the phone and switch the screen lock off, or configure its PIN",
}

// remedyFor says what a person must do about a screen.
func remedyFor(screen whatsapp.Screen, act whatsapp.Action) string {
	if screen.Kind == whatsapp.DeviceRefused {
		return "; WhatsApp does not work on this device: use a phone with Google's own Android and the app from the Play Store"
	}
	return remedies[act.Code]
}

// giveUp backs out once of a screen that nobody knows and says so.
func (s *Session) giveUp(ctx context.Context, act whatsapp.Action) error {
	if err := s.key(ctx, keyBack, keyHome); err != nil {
		return err
	}
	return wabridge.Fail(wabridge.CodeScreen, nil, "phone %s: %s; look at the phone, then resume", s.cfg.Phone.ID, act.Why)
}

// tap taps the middle of r while the session's mark is on the phone.
func (s *Session) tap(ctx context.Context, r uiauto.Rect) error {
	if r.Empty() {
		return wabridge.Fail(wabridge.CodeScreen, nil, "phone %s: the node to tap has no size", s.cfg.Phone.ID)
	}
	if _, err := s.device(ctx); err != nil {
		return err
	}
	out, err := s.run(ctx, s.cfg.Timing.Command, tapScript(s.fence, r))
	if err != nil {
		return err
	}
	if strings.Contains(string(out.Stdout), staleWord) {
		return s.lost(staleWord)
	}
	return nil
}

func (s *Session) key(ctx context.Context, keys ...string) error {
	if _, err := s.device(ctx); err != nil {
		return err
	}
	_, err := s.run(ctx, s.cfg.Timing.Command, keyScript(keys...))
	return err
}

// wake turns the screen on, pulls the keyguard away and types the PIN if one
// is configured.
func (s *Session) wake(ctx context.Context, screen whatsapp.Screen) error {
	if !screen.Locked {
		_, err := s.runHere(ctx, "input keyevent "+keyWake+"; wm dismiss-keyguard")
		return err
	}
	if s.cfg.Unlock == "" {
		return wabridge.Fail(wabridge.CodeLockedScreen, nil,
			"phone %s is locked with a secret: unlock it and switch the screen lock off, or configure its PIN", s.cfg.Phone.ID)
	}
	_, err := s.runHere(ctx, "input text "+adb.Quote(s.cfg.Unlock)+"; input keyevent KEYCODE_ENTER")
	return err
}

func (s *Session) runHere(ctx context.Context, command string) (adb.Output, error) {
	if _, err := s.device(ctx); err != nil {
		return adb.Output{}, err
	}
	return s.run(ctx, s.cfg.Timing.Command, command)
}

// deletesAtOnce is how many KEYCODE_DEL one `input` command carries.
const deletesAtOnce = 200

// clear empties the composer: what stands there is not ours, or not to go.
func (s *Session) clear(ctx context.Context, screen whatsapp.Screen) error {
	if screen.Composer == nil {
		return s.key(ctx, keyBack)
	}
	n := utf8.RuneCountInString(screen.Composer.Text)
	s.log.Info("clearing the composer", "characters", n)
	if err := s.tap(ctx, screen.Composer.Bounds); err != nil {
		return err
	}
	for left := 2 * n; left > 0; left -= deletesAtOnce {
		keys := []string{keyEnd}
		for range min(left, deletesAtOnce) {
			keys = append(keys, keyDelete)
		}
		if err := s.key(ctx, keys...); err != nil {
			return err
		}
	}
	return nil
}
