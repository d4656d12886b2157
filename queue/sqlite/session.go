package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/wabridge/wabridge"
)

// A talk is a session as stored.
type talk struct {
	wabridge.Session
	chat int64 // chat.key
}

// sessionColumns are read in this order by scan.
const sessionColumns = `s.id, s.chat, (SELECT c.id FROM chat c WHERE c.key = s.chat), (SELECT c.number FROM chat c WHERE c.key = s.chat), s.phone, s.name, s.state, s.operator,
  s.bot, s.talk, s.variables, s.results, s.outcome, s.chatbot, s.client,
  s.message, s.sent, s.received, s.ttl, s.created, s.started, s.last, s.ends, s.deadline, s.ended`

// selectSession is the beginning of every query for sessions.
const selectSession = `SELECT ` + sessionColumns + `
FROM session s JOIN chat c ON c.key = s.chat
`

// scan reads one row of sessionColumns.
func (s *talk) scan(from interface{ Scan(...any) error }) error {
	var state, variables, results sql.NullString
	var created int64
	var started, last, ends, deadline, ended sql.NullInt64
	err := from.Scan(&s.ID, &s.chat, &s.Chat, &s.Number, &s.Phone, &s.Name, &s.State, &s.Operator,
		&s.Bot, &state, &variables, &results, &s.Outcome, &s.Chatbot, &s.Client,
		&s.Message, &s.Sent, &s.Received, &s.TTL, &created, &started, &last, &ends, &deadline, &ended)
	if err != nil {
		return err
	}
	if state.Valid {
		s.Talk = json.RawMessage(state.String)
	}
	s.Created = time.UnixMilli(created).UTC()
	s.Started, s.Last, s.Ends = instant(started), instant(last), instant(ends)
	s.Deadline, s.Ended = instant(deadline), instant(ended)
	return errors.Join(s.unpack("variables", variables, &s.Variables), s.unpack("results", results, &s.Results))
}

func (s *talk) unpack(column string, from sql.NullString, into *map[string]string) error {
	if !from.Valid {
		return nil
	}
	if err := json.Unmarshal([]byte(from.String), into); err != nil {
		return fmt.Errorf("%s of session %s: %w", column, s.ID, err)
	}
	return nil
}

const insertSession = `
INSERT INTO session (id, state, operator, bot, talk, variables, results, outcome, sent, received, ttl, started, last, ends, deadline, ended, name,
  chat, phone, chatbot, client, message, created)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23)`

const updateSession = `
UPDATE session
SET state = ?2, operator = ?3, bot = ?4, talk = ?5, variables = ?6, results = ?7, outcome = ?8, sent = ?9, received = ?10, ttl = ?11,
  started = ?12, last = ?13, ends = ?14, deadline = ?15, ended = ?16, name = ?17
WHERE id = ?1`

// values are the arguments that both statements begin with.
func (s *talk) values() ([]any, error) {
	variables, err := pack(s.Variables, len(s.Variables) == 0)
	if err != nil {
		return nil, err
	}
	results, err := pack(s.Results, len(s.Results) == 0)
	return []any{
		s.ID, string(s.State), s.Operator, s.Bot, jsonText(s.Talk), variables, results, s.Outcome, s.Sent, s.Received, int64(s.TTL),
		millis(s.Started), millis(s.Last), millis(s.Ends), millis(s.Deadline), millis(s.Ended), s.Name,
	}, err
}

func (t *tx) addSession(s *talk) error {
	args, err := s.values()
	if err != nil {
		return err
	}
	args = append(args, s.chat, s.Phone, s.Chatbot, s.Client, s.Message, s.Created.UnixMilli())
	return taken(t.exec(insertSession, args...), "session id "+s.ID)
}

func (t *tx) putSession(s *talk) error {
	args, err := s.values()
	if err != nil {
		return err
	}
	err = t.exec(updateSession, args...)
	return taken(err, "the chat of session "+s.ID+" by another open session; it")
}

const (
	sessionByID     = `SELECT ` + sessionColumns + ` FROM session s WHERE s.id = ?1`
	sessionOpenWith = `SELECT ` + sessionColumns + ` FROM session s WHERE s.chat = ?1 AND s.state = 'open'`
)

// session reads one inside the transaction; CodeNotFound.
func (t *tx) session(id string) (*talk, error) {
	s, err := t.oneSession(sessionByID, id)
	return s, found(err, "session", id)
}

// openWith is the session that is open with a chat; nil if there is none.
func (t *tx) openWith(chat int64) (*talk, error) {
	s, err := t.oneSession(sessionOpenWith, chat)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return s, err
}

func (t *tx) oneSession(text string, arg any) (*talk, error) {
	stmt, err := t.stmt(text)
	if err != nil {
		return nil, err
	}
	var s talk
	if err := s.scan(stmt.QueryRowContext(context.Background(), arg)); err != nil {
		return nil, err
	}
	return &s, nil
}

// tellSession writes the event of a change.
func (t *tx) tellSession(s *talk, change string, at time.Time) error {
	return t.event(wabridge.EventSession, s.Phone, "", at, wabridge.SessionData{Session: s.Session, Change: change})
}

// startWith stores the session that a new message starts. Its event stands
// behind the message's.
func (t *tx) startWith(r *record, given wabridge.Session) error {
	s := talk{chat: r.chat, Session: wabridge.Session{
		ID: r.Session, Phone: r.Phone, Chat: r.Chat, Number: r.Number, State: wabridge.SessionWaiting, Message: r.ID, Created: r.Created,
		Name: given.Name, Bot: given.Bot, Talk: given.Talk, Variables: given.Variables, Results: given.Results,
		Chatbot: given.Chatbot, Client: given.Client, TTL: given.TTL, Deadline: stored(given.Deadline),
	}}
	if s.TTL <= 0 {
		s.TTL = wabridge.DefaultTTL
	}
	if err := t.addSession(&s); err != nil {
		return err
	}
	return t.tellSession(&s, wabridge.ChangeStarted, s.Created)
}

// endSession ends a session; what the bot has not said yet stays unsaid. Of
// one that waits, nothing leaves.
func (t *tx) endSession(s *talk, outcome string, at time.Time) error {
	waited := s.State == wabridge.SessionWaiting
	s.State, s.Outcome, s.Ended, s.Deadline = wabridge.SessionEnded, outcome, stored(at), time.Time{}
	if err := errors.Join(t.putSession(s), t.tellSession(s, wabridge.ChangeEnded, at)); err != nil {
		return err
	}
	return t.silence(s.ID, waited, at)
}

const unsaid = selectMessage + `WHERE m.session = ?1 AND m.session <> '' AND m.direction = 'out' AND m.state = 'queued' AND (?2 OR m.source = 'bot') ORDER BY m.seq`

// silence cancels what the bot of a session has not said yet, or all that is
// queued of it.
func (t *tx) silence(session string, all bool, at time.Time) error {
	queued, err := collect(t.rows(unsaid, session, all))
	if err != nil {
		return err
	}
	for i := range queued {
		r, err := t.get(queued[i].ID) // an earlier one may have made it the head
		if err != nil {
			return err
		}
		if err := t.apply(&r, cancelMove(&r, at)); err != nil {
			return err
		}
	}
	return nil
}

const moveSessions = `
UPDATE session
SET chat = ?1
WHERE chat = ?2`

// mergeSessions hands the sessions of a chat that goes to the one that stays.
// If both have an open one, the younger stays open.
func (t *tx) mergeSessions(keep, gone int64) error {
	a, err := t.openWith(keep)
	if err != nil {
		return err
	}
	b, err := t.openWith(gone)
	if err != nil {
		return err
	}
	if a != nil && b != nil {
		if b.Started.Before(a.Started) {
			a, b = b, a
		}
		if err := t.endSession(a, wabridge.EndedReplaced, b.Started); err != nil {
			return err
		}
	}
	return t.exec(moveSessions, keep, gone)
}
