package phone

import (
	"time"

	"github.com/wabridge/wabridge"
)

// The steps of a send that an Observer hears of, each after it went well. A
// send has each of open, check, tap and confirm at least once, and a look in
// between as often as it needs one.
const (
	StepOpen    = "open"    // the link, or the chat, was opened: the shell commands until the app was started
	StepLook    = "look"    // the screen was read once: the dump and its parsing
	StepCheck   = "check"   // from the opened link to the proof that the right chat holds the right text
	StepTap     = "tap"     // the tap on send
	StepConfirm = "confirm" // from the tap to the bubble
)

// An Observer hears how a phone is driven. Its methods are called from the
// goroutine that drives it and must not wait.
type Observer interface {
	// Step hears how long a step of a send took.
	Step(phone, step string, took time.Duration)
	// Looked hears that the screen was read, for a send or not.
	Looked(phone string, at time.Time)
	// Held hears of something that was not done because there was no evidence for
	// it: what is "open" (visits of a chat) or "record" (bubbles).
	Held(phone, what string, n int)
}

// about has all that is logged and observed belong to a message until the
// returned function is called.
func (s *Session) about(m *wabridge.Message) (over func()) {
	log := s.log
	s.log, s.sending = log.With("message_id", m.ID), true
	return func() { s.log, s.sending = log, false }
}

// step tells of a step that began then and went well, if a message is being
// sent.
func (s *Session) step(step string, begin time.Time) {
	took := time.Since(begin)
	if !s.sending {
		return
	}
	if s.cfg.Observer != nil {
		s.cfg.Observer.Step(s.cfg.Phone.ID, step, took)
	}
	if step != StepLook { // a look logs what it saw
		s.log.Debug("step done", "step", step, "took", took)
	}
}
