package phone

import (
	"context"
	"slices"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
	"github.com/wabridge/wabridge/uiauto/whatsapp"
)

// maxLink is the longest link that is trusted to arrive whole; longer texts go
// by SEND (facts on peers: prefill is safe to about 2 KB). The composer check
// decides, whichever way was taken.
const maxLink = 2000

// sendSteps bounds the looks of one attempt.
const sendSteps = 24

// reopens bounds how often one attempt may start over because the link led
// elsewhere or the text did not arrive.
const reopens = 3

// An attempt is one try to send one message.
type attempt struct {
	s       *Session
	m       *wabridge.Message
	goal    whatsapp.Goal
	intend  func(context.Context, wabridge.Intent) error
	tapped  bool // the intent is committed: from here on an error is a doubt
	direct  bool // the next chat on the screen is where this attempt's start led
	proof   chatProof
	why     string // why the newest chat was not the wanted one
	opened  int
	share   bool      // by SEND instead of the link
	started time.Time // when the link was opened, for StepCheck
	waited  int       // looks in a row that showed no chat yet
	blank   int       // looks that showed the right chat without a bubble
	guessed bool      // a look took the account for restricted by the place of a notice alone

	quoted *wabridge.Message // what is to be quoted; nil: nothing
	quotes int               // how often its bubble was drawn aside

	low   *wabridge.BubblePrint // the newest bubble before the chat was scrolled up; nil: it was not
	downs int                   // how often it was scrolled down
}

// Send types and sends m. It calls intend immediately before the tap. It
// returns the state that was seen (handed, sent, delivered, read), or an error:
// CodeAmbiguous once the message may have left, another code while it
// certainly has not.
func (s *Session) Send(ctx context.Context, m *wabridge.Message, intend func(context.Context, wabridge.Intent) error) (wabridge.State, error) {
	ctx, cancel := context.WithTimeout(ctx, s.sendTime(m))
	defer cancel()
	defer s.about(m)()
	s.catchUp(ctx)
	var state wabridge.State
	var err error
	switch {
	case m.Type == "reaction":
		state, err = s.react(ctx, m, intend)
	case m.Media != nil:
		state, err = s.sendFile(ctx, m, intend)
	default:
		state, err = s.sendText(ctx, m, intend)
	}
	s.ticks.reset(time.Now())
	return state, err
}

// sendText types a text and sends it.
func (s *Session) sendText(ctx context.Context, m *wabridge.Message, intend func(context.Context, wabridge.Intent) error) (wabridge.State, error) {
	a := &attempt{s: s, m: m, goal: s.goal(m, true), intend: intend, share: mustShare(m)}
	if err := a.aim(ctx); err != nil {
		return "", err
	}
	state, err := a.run(ctx)
	if err != nil && s.dev != nil && !a.tapped {
		s.dirty = true // the text may stand in the composer
	}
	if err != nil && a.tapped {
		err = wabridge.Fail(wabridge.CodeAmbiguous, err, "after the tap")
	}
	return state, err
}

// sendTime bounds a send; a file takes longer the larger it is.
func (s *Session) sendTime(m *wabridge.Message) time.Duration {
	if m.Media == nil {
		return s.cfg.Timing.Send
	}
	return s.cfg.Timing.Send + time.Minute + time.Duration(m.Media.Size/slowest)*time.Second
}

func mustShare(m *wabridge.Message) bool {
	return m.Number == "" || wabridge.IsGroup(m.Chat) || len(escape(string(m.Text))) > maxLink
}

// goal is what whatsapp.Next is asked for.
func (s *Session) goal(m *wabridge.Message, send bool) whatsapp.Goal {
	g := whatsapp.Goal{Number: m.Number, Send: send, CanUnlock: s.cfg.Unlock != ""}
	if wabridge.IsGroup(m.Chat) || m.Number == "" {
		g.Number, g.JID = "", m.Chat
	}
	if send {
		g.Text = string(m.Text)
	}
	if s.cfg.Names != nil && g.Number != "" {
		g.Names = s.cfg.Names.Names(g.Number)
	}
	if m.Group != "" && m.GroupName != "" {
		g.Names = append(g.Names, m.GroupName)
	}
	return g
}

func (a *attempt) run(ctx context.Context) (wabridge.State, error) {
	if err := a.open(ctx); err != nil {
		return "", err
	}
	for range sendSteps {
		screen, err := a.s.look(ctx)
		if err != nil {
			return "", err
		}
		a.goal.Direct = a.direct
		var moved bool
		if a.goal, moved, err = a.s.prove(ctx, screen, a.goal, &a.proof); err != nil {
			return "", err
		}
		if moved {
			continue
		}
		act := whatsapp.Next(screen, a.goal)
		a.s.log.Debug("next", "do", act.Do, "why", act.Why)
		if act.Do == whatsapp.DoTapSend || act.Do == whatsapp.DoQuote {
			switch ok, err := a.lowered(ctx, screen); {
			case err != nil:
				return "", err
			case !ok:
				continue
			}
		}
		if act.Do == whatsapp.DoTapSend && a.drawn(ctx, screen) {
			return a.tap(ctx, screen, act)
		}
		if err := a.step(ctx, screen, act); err != nil {
			return "", err
		}
	}
	return "", wabridge.Fail(wabridge.CodeSlow, nil, "phone %s: the chat was not ready after %d looks", a.s.cfg.Phone.ID, sendSteps)
}

// drawn reports whether a chat without a bubble is truly empty: one that we
// have written to, or heard from, must look so twice. A note of a chat that was
// not drawn yet would make an old bubble with the same text look like ours.
func (a *attempt) drawn(ctx context.Context, screen whatsapp.Screen) bool {
	if len(screen.Bubbles) > 0 || a.s.cfg.Store == nil {
		return true
	}
	if a.blank++; a.blank > 1 {
		return true
	}
	known, err := a.s.cfg.Store.Messages(ctx, queue.MessageFilter{Phone: a.m.Phone, Chat: a.m.Chat, Limit: 1000})
	if err != nil {
		return false
	}
	return !slices.ContainsFunc(known, func(m wabridge.Message) bool { return m.ID != a.m.ID && m.State != wabridge.Queued })
}

// open starts the chat, over again if it must be.
func (a *attempt) open(ctx context.Context) error {
	if a.opened++; a.opened > reopens {
		if a.why == "" {
			a.why = "another screen was in the way"
		}
		return wabridge.Fail(wabridge.CodeWrongChat, nil, "phone %s: %d links did not lead to the chat: %s", a.s.cfg.Phone.ID, reopens, a.why)
	}
	a.proof = chatProof{}
	start := linkStart(a.s.cfg.Phone, a.m.Number, string(a.m.Text))
	if a.share {
		jid := a.m.Chat
		if a.m.Number != "" {
			jid = wabridge.UserJID(a.m.Number)
		}
		start = jidStart(a.s.cfg.Phone, jid, string(a.m.Text))
	}
	begin := time.Now()
	err := a.s.openConfirmed(ctx, a.m, start)
	if err == nil {
		a.s.step(StepOpen, begin)
	}
	a.direct, a.waited, a.started = err == nil, 0, time.Now()
	return err
}

// step does one act that is not the tap.
func (a *attempt) step(ctx context.Context, screen whatsapp.Screen, act whatsapp.Action) error {
	switch act.Do {
	case whatsapp.DoLook:
		// A link that did nothing leaves the launcher or the chat list there.
		if a.waited++; a.waited < a.s.cfg.Timing.Looks {
			break
		}
		if screen.Kind == whatsapp.Chat && a.opened > 1 {
			a.s.keepLast(ctx, screen)
			return wabridge.Fail(wabridge.CodeScreen, nil,
				"phone %s: the chat is open but %s; look at this chat on the phone", a.s.cfg.Phone.ID, act.Why)
		}
		return a.again(ctx)
	case whatsapp.DoFail:
		if screen.Guessed && !a.guessed { // its messages may not be drawn yet
			a.guessed = true
			return pause(ctx, a.s.cfg.Timing.Again)
		}
		a.s.settleScreen(ctx, screen)
	case whatsapp.DoFill:
		// The right chat without our text: give it by the other way.
		a.share = !a.share || a.m.Number == ""
		return a.again(ctx)
	case whatsapp.DoQuote:
		return a.quote(ctx, screen)
	case whatsapp.DoClear:
		if err := a.s.clear(ctx, screen); err != nil {
			return err
		}
		return a.again(ctx)
	case whatsapp.DoBack, whatsapp.DoHome:
		if screen.Kind == whatsapp.Chat {
			a.why = act.Why
			return a.again(ctx) // the wrong one: read on the way out
		}
		if err := a.s.follow(ctx, screen, act); err != nil {
			return err
		}
		return a.again(ctx)
	case whatsapp.DoWake:
		if err := a.s.follow(ctx, screen, act); err != nil {
			return err
		}
		return a.again(ctx)
	}
	return a.s.follow(ctx, screen, act)
}

// again starts over from outside the app.
func (a *attempt) again(ctx context.Context) error {
	a.s.dirty = true
	return a.open(ctx)
}

// settleScreen closes a dialog that answered the attempt: left on the screen
// it would make the next one fail (facts on Android, section 8).
func (s *Session) settleScreen(ctx context.Context, screen whatsapp.Screen) {
	if screen.Dialog == nil && screen.ReadOnly == "" {
		return
	}
	if err := s.key(ctx, keyBack, keyBack, keyHome); err != nil {
		s.log.Debug("close dialog", "err", err)
	}
}

// tap commits the intent, taps, and looks what came of it. It taps again while
// the composer proves that nothing left, each time with an intent of its own:
// the queue bounds them (wabridge.MaxTaps).
func (a *attempt) tap(ctx context.Context, before whatsapp.Screen, act whatsapp.Action) (wabridge.State, error) {
	// What stands above our message is not looked for again if the process ends now.
	if err := a.s.saw(ctx, a.ref(before), before); err != nil {
		a.s.log.Warn("what the chat showed was not recorded", "err", err)
	}
	a.s.step(StepCheck, a.started)
	note := wabridge.Intent{At: time.Now(), Bubbles: whatsapp.Prints(before.Bubbles)}
	if err := a.intend(ctx, note); err != nil {
		return "", err
	}
	a.tapped = true
	a.s.tapped[titleOf(before)]++
	for at, n := act.At, 1; ; n++ {
		if n > 1 {
			if err := a.intend(ctx, note); wabridge.CodeOf(err) == wabridge.CodeTapped {
				return "", a.withdraw(ctx, n-1)
			} else if err != nil {
				return "", err
			}
		}
		begin := time.Now()
		if err := a.s.tap(ctx, at); err != nil {
			return "", err
		}
		a.s.step(StepTap, begin)
		begin = time.Now()
		v, err := a.judge(ctx, before, note)
		if err != nil {
			return "", err
		}
		if v.outcome == seen {
			a.s.step(StepConfirm, begin)
			a.end(ctx, v.screen)
			return v.state, nil
		}
		if v.outcome != still {
			return "", wabridge.Fail(wabridge.CodeAmbiguous, nil, "phone %s: neither the bubble nor the text in the composer was seen", a.s.cfg.Phone.ID)
		}
		at = v.screen.Send.Bounds
	}
}

// withdraw ends an attempt whose taps did nothing: the text is taken out of the
// composer, so that it cannot go by a later touch. The error is a doubt all the
// same: the next look into the chat decides.
func (a *attempt) withdraw(ctx context.Context, taps int) error {
	screen, err := a.s.look(ctx)
	if err != nil {
		return err
	}
	if screen.Kind != whatsapp.Chat || screen.Send == nil {
		return wabridge.Fail(wabridge.CodeAmbiguous, nil, "phone %s: the chat changed after %d taps", a.s.cfg.Phone.ID, taps)
	}
	if err := a.s.clear(ctx, screen); err != nil {
		return err
	}
	after, err := a.s.look(ctx)
	if err != nil {
		return err
	}
	o, _ := weigh(whatsapp.Prints(screen.Bubbles), after, whatsapp.WantOf(a.m))
	if o != absent || after.Composer == nil || !after.Composer.Empty {
		return wabridge.Fail(wabridge.CodeAmbiguous, nil, "phone %s: the composer could not be cleared after %d taps", a.s.cfg.Phone.ID, taps)
	}
	return wabridge.Fail(wabridge.CodeScreen, nil, "phone %s: send was tapped %d times and did not react; the text was taken out", a.s.cfg.Phone.ID, taps)
}

// ref is the chat of the message, by the title that a screen shows.
func (a *attempt) ref(screen whatsapp.Screen) wabridge.ChatRef {
	ref := wabridge.ChatRef{JID: a.m.Chat, Number: a.m.Number, Group: wabridge.IsGroup(a.m.Chat)}
	if screen.Chat != nil {
		ref.Name = screen.Chat.Title
	}
	return ref
}

// end reads what came in meanwhile and leaves the chat.
func (a *attempt) end(ctx context.Context, screen whatsapp.Screen) {
	a.s.leaves(screen)
	if _, err := a.s.readBack(ctx, a.ref(screen), screen, 0, 0); err != nil {
		a.s.log.Warn("what the chat showed was not recorded", "err", err)
	}
	if screen.Composer != nil && !screen.Composer.Empty {
		if err := a.s.clear(ctx, screen); err != nil { // w4b has been seen to keep the text after sending
			a.s.log.Debug("clear", "err", err)
			return
		}
	}
	a.s.park(ctx)
}
