package phone

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/uiauto/whatsapp"
)

// A sharing is one try to send one file.
type sharing struct {
	*attempt

	file     *pushed
	want     whatsapp.Want
	why      whatsapp.Action // why the newest preview was backed out of
	attached bool            // by the chat's own button
	stood    int             // looks that showed the sound unsent in its chat
}

// sendFile carries a message with a file: the file is pushed, its chat opened
// and proven, then the file shared into it, and the preview proven before its
// send is tapped.
//
//	1 sync: the file      2 media provider: its URI
//	3 am start VIEW       4 dump: the right chat, its bubbles noted
//	5 am start SEND       6 dump: the preview of this file, for this chat, with this caption
//	  (intent committed)
//	7 input tap           8 dump: our bubble, its tick
//	9 BACK HOME          10 rm, once it was sent
func (s *Session) sendFile(ctx context.Context, m *wabridge.Message, intend func(context.Context, wabridge.Intent) error) (wabridge.State, error) {
	a := &attempt{s: s, m: m, goal: s.goal(m, false), intend: intend}
	f, err := s.push(ctx, m)
	if err != nil {
		return "", err
	}
	a.goal.Text = string(m.Text)
	if m.Context != "" { // a shared file takes no quote with it
		s.log.Info("the message goes without its quote", "why", "it is a file")
	}
	state, err := (&sharing{attempt: a, file: f, want: whatsapp.WantOf(m)}).run(ctx)
	if err != nil && s.dev != nil {
		s.dirty = true // a preview may be open
	}
	if err != nil && a.tapped && wabridge.CodeOf(err) != wabridge.CodeMediaUpload {
		err = wabridge.Fail(wabridge.CodeAmbiguous, err, "after the tap")
	}
	s.tidyAfter(ctx, f, state, err)
	return state, err
}

// tidyAfter removes the file where the app has no use for it any more.
func (s *Session) tidyAfter(ctx context.Context, f *pushed, state wabridge.State, err error) {
	over := err != nil && wabridge.CodeOf(err) != wabridge.CodeAmbiguous || state != "" && state != wabridge.Handed
	if over && s.dev != nil {
		s.tidy(ctx, time.Now(), f.folder)
	}
}

func (sh *sharing) run(ctx context.Context) (wabridge.State, error) {
	for range reopens {
		begin := time.Now()
		chat, err := sh.chat(ctx)
		if err != nil {
			return "", err
		}
		sh.s.step(StepOpen, begin)
		begin = time.Now()
		if err := sh.share(ctx); err != nil {
			return "", err
		}
		act, ok, err := sh.preview(ctx, chat)
		if err != nil {
			return "", err
		}
		if ok {
			sh.s.step(StepCheck, begin)
			return sh.tap(ctx, chat, act)
		}
		sh.s.log.Debug("preview backed out of", "why", sh.why.Why)
		sh.s.dirty = true
	}
	if chat, act, ok, err := sh.attach(ctx); err != nil || ok {
		if err != nil {
			return "", err
		}
		return sh.tap(ctx, chat, act)
	}
	return "", wabridge.Fail(sh.why.Code, nil, "phone %s: the file could not be shared into the chat in %d tries: %s", sh.s.cfg.Phone.ID, reopens, sh.why.Why)
}

// chat opens the message's chat and proves it; the bubbles that stand there are
// the note for later.
func (sh *sharing) chat(ctx context.Context) (whatsapp.Screen, error) {
	var screen whatsapp.Screen
	var err error
	for range reopens {
		if screen, err = sh.s.openToRead(ctx, sh.m); err == nil || wabridge.CodeOf(err) != wabridge.CodeWrongChat {
			break
		}
		sh.s.dirty = true
	}
	if err != nil {
		return screen, err
	}
	for !sh.drawn(ctx, screen) {
		if screen, err = sh.s.lookAgain(ctx, screen); err != nil {
			return screen, err
		}
	}
	if screen.Draft != nil && screen.Composer == nil {
		return screen, wabridge.Fail(wabridge.CodeScreen, nil, "phone %s: a voice message that was not sent stands in this chat; send or delete it on the phone", sh.s.cfg.Phone.ID)
	}
	if screen.Composer == nil && screen.ReadOnly != "" {
		return screen, sh.s.follow(ctx, screen, whatsapp.NextWithoutComposer(screen))
	}
	if err := sh.s.saw(ctx, refOf(sh.m, screen), screen); err != nil {
		return screen, err
	}
	return sh.minute(ctx, screen)
}

// minute waits until the phone's minute has turned, if the bubble of the file
// could otherwise not be told from those that stand there: pictures without a
// caption look all alike.
func (sh *sharing) minute(ctx context.Context, screen whatsapp.Screen) (whatsapp.Screen, error) {
	alike := func(b whatsapp.Bubble) bool { return b.Out && sh.want.Shows(b) }
	i := slices.IndexFunc(screen.Bubbles, alike)
	if i < 0 {
		return screen, nil
	}
	out, err := sh.s.runHere(ctx, "date +%H:%M:%S")
	if err != nil {
		return screen, err
	}
	clock, rest := minuteOf(string(out.Stdout))
	twin := screen.Bubbles[len(screen.Bubbles)-1]
	for _, b := range slices.Backward(screen.Bubbles) {
		if alike(b) {
			twin = b
			break
		}
	}
	twin.Status, twin.First, twin.Below, twin.Clipped = whatsapp.TickNone, false, false, false
	if !sameMinute(twin.Time, clock) || whatsapp.Tells(sh.want, screen.Bubbles, twin) {
		return screen, nil
	}
	sh.s.log.Info("waiting for the next minute: the file's bubble would look like one that is there", "seconds", rest.Seconds())
	if err := pause(ctx, rest); err != nil {
		return screen, err
	}
	return sh.s.lookAgain(ctx, screen)
}

// share hands the file to the app, for this chat.
func (sh *sharing) share(ctx context.Context) error {
	s := sh.s
	jid := sh.m.Chat
	if sh.m.Number != "" && !wabridge.IsGroup(jid) {
		jid = wabridge.UserJID(sh.m.Number)
	}
	if _, err := s.device(ctx); err != nil {
		return err
	}
	start := shareStart(s.cfg.Phone, jid, shareType(sh.m), sh.file, string(sh.m.Text))
	out, err := s.run(ctx, s.cfg.Timing.Command, guarded(s.fence, "echo "+openWord+"; "+start+" 2>&1"))
	if err != nil {
		return err
	}
	text := string(out.Stdout)
	if !strings.Contains(text, openWord) {
		return s.lost(text)
	}
	return startError(text, s.cfg.Phone)
}

// preview looks until the preview is proven; ok is false where it must be
// backed out of.
func (sh *sharing) preview(ctx context.Context, chat whatsapp.Screen) (act whatsapp.Action, ok bool, err error) {
	waited := 0
	if sh.goal.Owner, _, err = sh.s.ownerOf(ctx, chat.Chat.Title, sh.goal); err != nil {
		return act, false, err
	}
	for range sendSteps {
		screen, err := sh.s.look(ctx)
		if err != nil {
			return act, false, err
		}
		act = whatsapp.NextShare(screen, sh.shared(chat))
		sh.s.log.Debug("next", "do", act.Do, "why", act.Why)
		switch act.Do {
		case whatsapp.DoTapSend:
			return act, true, nil
		case whatsapp.DoBack, whatsapp.DoHome:
			sh.why = act
			return act, false, nil
		case whatsapp.DoLook:
			if waited++; waited >= sh.s.cfg.Timing.Looks {
				sh.why = whatsapp.Action{Code: wabridge.CodeMediaUpload, Why: "sharing the file opened no preview; the app may not be able to read it"}
				return act, false, nil
			}
		}
		if err := sh.s.follow(ctx, screen, act); err != nil {
			return act, false, err
		}
	}
	return act, false, wabridge.Fail(wabridge.CodeSlow, nil, "phone %s: the preview was not ready after %d looks", sh.s.cfg.Phone.ID, sendSteps)
}

// shared is what the preview is held to.
func (sh *sharing) shared(chat whatsapp.Screen) whatsapp.Share {
	return whatsapp.Share{Goal: sh.goal, Want: sh.want, Title: titleOf(chat), Drafted: chat.Draft != nil, Attached: sh.attached}
}

// tap commits the intent, taps the preview's send, once, and looks for the
// bubble. A preview that does not react is never tapped a second time: unlike a
// composer it does not prove that nothing left. A sound that then stands unsent
// in the chat, as a voice message, wants a tap of its own (tapDraft).
func (sh *sharing) tap(ctx context.Context, chat whatsapp.Screen, act whatsapp.Action) (wabridge.State, error) {
	note := wabridge.Intent{At: time.Now(), Bubbles: whatsapp.Prints(chat.Bubbles)}
	if err := sh.intend(ctx, note); err != nil {
		return "", err
	}
	sh.tapped = true
	sh.s.tapped[titleOf(chat)]++
	begin := time.Now()
	if err := sh.s.tap(ctx, act.At); err != nil {
		return "", err
	}
	sh.s.step(StepTap, begin)
	begin = time.Now()
	for range sh.s.cfg.Timing.Looks {
		screen, err := sh.s.look(ctx)
		if err != nil {
			return "", err
		}
		b, there := sh.bubble(chat, note, screen)
		switch {
		case !there && whatsapp.OwnDraft(screen, sh.shared(chat)):
			if err := sh.tapDraft(ctx, screen, note); err != nil {
				return "", err
			}
		case there && b.Transfer != whatsapp.TransferStopped:
			sh.s.step(StepConfirm, begin)
			sh.end(ctx, screen)
			return stateOf(b.Status), nil
		case there:
			if err := sh.s.uploadAgain(ctx, sh.m.ID, b); err != nil {
				if wabridge.CodeOf(err) == wabridge.CodeMediaUpload {
					sh.end(ctx, screen)
				}
				return "", err
			}
		}
		if err := sh.between(ctx, chat, screen); err != nil {
			return "", err
		}
	}
	return "", wabridge.Fail(wabridge.CodeAmbiguous, nil, "phone %s: the bubble of the file was not seen", sh.s.cfg.Phone.ID)
}

// tapDraft sends the sound that two looks saw standing unsent in its chat. Each tap
// has an intent of its own; the queue bounds them.
func (sh *sharing) tapDraft(ctx context.Context, screen whatsapp.Screen, note wabridge.Intent) error {
	if sh.stood++; sh.stood < 2 {
		return nil
	}
	sh.stood = 0
	if err := sh.intend(ctx, note); err != nil {
		return err
	}
	return sh.s.tap(ctx, screen.Draft.Bounds)
}

// uploads is how often an upload that failed is tried again.
const uploads = 2

// uploadAgain taps the button of an upload that failed: the message is the same
// one, it cannot go twice. After some vain tries that is the message's end.
func (s *Session) uploadAgain(ctx context.Context, id string, b whatsapp.Bubble) error {
	if s.uploads[id] >= uploads {
		delete(s.uploads, id)
		return wabridge.Fail(wabridge.CodeMediaUpload, nil,
			"phone %s: the app could not upload the file, %d times; it stands in the chat unsent", s.cfg.Phone.ID, uploads+1)
	}
	s.uploads[id]++
	return s.tap(ctx, b.Retry)
}

// bubble finds the file's bubble in the right chat.
func (sh *sharing) bubble(chat whatsapp.Screen, note wabridge.Intent, screen whatsapp.Screen) (whatsapp.Bubble, bool) {
	if screen.Kind != whatsapp.Chat || !sameHeader(chat, screen) {
		return whatsapp.Bubble{}, false
	}
	b, v := whatsapp.Find(sh.want, note.Bubbles, screen.Bubbles)
	sh.s.log.Debug("find the file's bubble", "verdict", v, "bubbles", whatsapp.Outline(note.Bubbles, screen.Bubbles))
	return b, v == whatsapp.Appeared
}

// between deals with what is on the screen between two looks after the tap.
func (sh *sharing) between(ctx context.Context, chat, screen whatsapp.Screen) error {
	switch {
	case screen.Kind == whatsapp.MediaPreview, screen.Kind == whatsapp.Chat && sameHeader(chat, screen) && screen.Down == nil:
		return pause(ctx, sh.s.cfg.Timing.Again)
	case screen.Kind == whatsapp.Chat && sameHeader(chat, screen):
		return sh.s.tap(ctx, screen.Down.Bounds)
	}
	return sh.aside(ctx, screen)
}
