package sqlite

import (
	"time"

	"github.com/wabridge/wabridge"
)

const waitsInChat = `
SELECT EXISTS (SELECT 1 FROM session INDEXED BY session_chat WHERE chat = ?1 AND state = 'waiting')`

// joined finds out which session a new message to send belongs to and sets
// r.Session; start is the one that it starts, if it does.
func (t *tx) joined(r *record, given *wabridge.Session) (start *wabridge.Session, err error) {
	if given != nil {
		if r.Session = given.ID; r.Session == "" {
			r.Session = wabridge.NewUUID()
		}
		return given, nil
	}
	if r.Session != "" {
		s, err := t.session(r.Session)
		if err == nil && s.chat != r.chat {
			err = wabridge.Fail(wabridge.CodeParameter, nil, "session %s is with another chat", r.Session)
		}
		return nil, err
	}
	open, err := t.openWith(r.chat)
	if err != nil {
		return nil, err
	}
	plain := wabridge.Seconds(t.w.plain.Load())
	switch {
	case open != nil && r.Due.IsZero():
		r.Session = open.ID
	case open != nil || plain <= 0 || r.Group != "": // what waits for its time joins the one that is open then
	default:
		var waits bool
		if err := t.row(waitsInChat, []any{r.chat}, &waits); err != nil || waits {
			return nil, err
		}
		r.Session = wabridge.NewUUID()
		return &wabridge.Session{TTL: plain}, nil
	}
	return nil, nil
}

// follow makes a message's session follow the message's move.
func (t *tx) follow(before, after *record, at time.Time) error {
	switch {
	case before.HandedAt.IsZero() && !after.HandedAt.IsZero():
		return t.said(after)
	case after.Session != "" && after.HandedAt.IsZero() && !after.Ended.IsZero():
		return t.endWaiting(after, wabridge.EndedUnsent, after.Ended)
	case after.Session != "" && after.Undecided():
		return t.endWaiting(after, wabridge.EndedInDoubt, stored(at))
	}
	return nil
}

// endWaiting ends the session that waits for its first message, if r is that.
func (t *tx) endWaiting(r *record, outcome string, at time.Time) error {
	s, err := t.session(r.Session)
	if err != nil || s.State != wabridge.SessionWaiting || s.Message != r.ID {
		return err
	}
	return t.endSession(s, outcome, at)
}

const joinMessage = `
UPDATE message
SET session = ?2
WHERE seq = ?1`

// said notes in its session that a message has left the phone. The one that
// starts a session opens it.
func (t *tx) said(r *record) error {
	if r.Session == "" {
		open, err := t.openWith(r.chat)
		if err != nil || open == nil {
			return err
		}
		r.Session = open.ID
		if err := t.exec(joinMessage, r.Seq, r.Session); err != nil {
			return err
		}
	}
	s, err := t.session(r.Session)
	if err != nil {
		return err
	}
	at := r.HandedAt
	opens := s.State == wabridge.SessionWaiting && s.Message == r.ID
	if opens {
		old, err := t.openWith(s.chat)
		if err != nil {
			return err
		}
		if old != nil {
			if err := t.endSession(old, wabridge.EndedReplaced, at); err != nil {
				return err
			}
		}
		s.State, s.Started = wabridge.SessionOpen, at
		if s.Received, err = t.early(r); err != nil {
			return err
		}
	}
	if opens || r.Due.IsZero() {
		s.waited(r.Created, at)
	}
	s.Sent++
	s.stir(at)
	if err := t.putSession(s); err != nil || !opens {
		return err
	}
	return t.tellSession(s, wabridge.ChangeOpened, at)
}

const hearEarly = `
UPDATE message INDEXED BY message_heard
SET session = ?2
WHERE chat = ?1 AND direction = 'in' AND direction <> 'out' AND session = '' AND seq > ?3
  AND created >= ?4 - iif(source = 'screen', 60000, 0)` // those are dated to the minute

// early joins the messages that came after the tap that sent the first one, and
// before that was known: the program may have been killed between the two.
func (t *tx) early(r *record) (int, error) {
	if r.typed.IsZero() {
		return 0, nil
	}
	n, err := t.change(hearEarly, r.chat, r.Session, r.Seq, r.typed.UnixMilli())
	return int(n), err
}

// waited takes the time for which a message of ours waited in the queue off
// the time that the person has for an answer.
func (s *talk) waited(from, to time.Time) {
	if s.Last.After(from) {
		from = s.Last // until then others waited, too
	}
	if d := to.Sub(from); !s.Deadline.IsZero() && d > 0 {
		s.Deadline = s.Deadline.Add(d)
	}
}

// stir notes that something was said.
func (s *talk) stir(at time.Time) {
	if at.After(s.Last) {
		s.Last = at
	}
	if ends := s.Last.Add(time.Duration(s.TTL) * time.Second); s.State == wabridge.SessionOpen && ends.After(s.Ends) {
		s.Ends = ends
	}
}

// earlySlack is how much older than its session's start a message of theirs
// may seem to be: the phone's clock is another one, and bubbles are dated to
// the minute.
const earlySlack = 2 * time.Minute

// hears finds the session to which a received message belongs; nil for none.
// What is older than the session, and only seen now, is no part of it.
func (t *tx) hears(r *record) (*talk, error) {
	s, err := t.openWith(r.chat)
	if err != nil || s == nil || r.Created.Before(s.Started.Add(-earlySlack)) {
		return nil, err
	}
	r.Session = s.ID
	return s, nil
}

// heardIn counts a received message in its session.
func (t *tx) heardIn(s *talk, r *record) error {
	if r.Direction == wabridge.In {
		s.Received++
	} else {
		s.Sent++
	}
	s.stir(r.Created)
	return t.putSession(s)
}
