package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

var _ queue.Sessions = (*DB)(nil)

// SetPlainSessions implements queue.Sessions.
func (db *DB) SetPlainSessions(ttl wabridge.Seconds) {
	if db.w != nil {
		db.w.plain.Store(int64(ttl))
	}
}

// Session implements queue.Sessions.
func (db *DB) Session(ctx context.Context, id string) (wabridge.Session, error) {
	var s talk
	if err := s.scan(db.read.QueryRowContext(ctx, sessionByID, id)); err != nil {
		return wabridge.Session{}, readError("read session "+id, err)
	}
	return s.Session, nil
}

const sessionOfChat = selectSession + `WHERE s.state = 'open' AND s.chat = (SELECT key FROM chat WHERE phone = ?1 AND id = ?2)`

// OpenSession implements queue.Sessions.
func (db *DB) OpenSession(ctx context.Context, phone, chat string) (wabridge.Session, error) {
	var s talk
	if err := s.scan(db.read.QueryRowContext(ctx, sessionOfChat, phone, chat)); err != nil {
		return wabridge.Session{}, readError("read the chat's open session", err)
	}
	return s.Session, nil
}

// Sessions implements queue.Sessions.
func (db *DB) Sessions(ctx context.Context, f queue.SessionFilter) ([]wabridge.Session, error) {
	where, args := sessionsWhere(f)
	order := "DESC"
	if f.Oldest {
		order = "ASC"
	}
	by := "s.created " + order + ", s.id " + order
	if f.ByName {
		by = "s.name " + order + ", " + by
	}
	args = append(args, f.Limit, f.Offset)
	// The page is found first, where it can be in an index alone.
	page := "SELECT s.rowid AS page\nFROM " + sessionTable(f) + where + "ORDER BY " + by +
		"\nLIMIT " + placeholder(len(args)-1) + " OFFSET " + placeholder(len(args))
	all, err := talks(db.read.QueryContext(ctx, selectSession+"JOIN (\n"+page+"\n) ON page = s.rowid\nORDER BY "+by, args...))
	if err != nil {
		return nil, readError("list sessions", err)
	}
	return all, nil
}

// CountSessions implements queue.Sessions.
func (db *DB) CountSessions(ctx context.Context, f queue.SessionFilter) (n int, err error) {
	where, args := sessionsWhere(f)
	text := "SELECT count(*) FROM " + sessionTable(f) + where
	if err := db.read.QueryRowContext(ctx, text, args...).Scan(&n); err != nil {
		return 0, readError("count sessions", err)
	}
	return n, nil
}

// sessionsWhere writes the conditions of a filter that are asked for.
func sessionsWhere(f queue.SessionFilter) (string, []any) {
	var b strings.Builder
	var args []any
	clause := "WHERE "
	and := func(condition string, arg ...any) { // # stands for the argument
		args = append(args, arg...)
		b.WriteString(clause + strings.ReplaceAll(condition, "#", placeholder(len(args))) + "\n")
		clause = "  AND "
	}
	for _, c := range []struct{ condition, value string }{
		{"s.id IN (SELECT value FROM json_each(#))", jsonList(f.IDs)},
		{"s.chat IN (" + keysOfChat("#") + ")", f.Chat},
		{"s.phone = #", f.Phone},
		{"s.chatbot = #", f.Chatbot},
		{"s.bot = #", f.Bot},
		{"s.state IN (SELECT value FROM json_each(#))", jsonList(f.States)},
	} {
		if c.value != "" {
			and(c.condition, c.value)
		}
	}
	if onlyLive(f) { // what the index session_live wants to hear
		and("s.state <> 'ended'")
	}
	if !f.Since.IsZero() {
		and("s.created >= #", f.Since.UnixMilli())
	}
	if !f.Until.IsZero() {
		and("s.created < #", f.Until.UnixMilli())
	}
	if f.HasResults {
		and("s.results IS NOT NULL")
	}
	if f.HasReceived {
		and("s.received > 0")
	}
	return b.String(), args
}

// onlyLive reports whether a filter asks for talks that have not ended. They
// are few among all.
func onlyLive(f queue.SessionFilter) bool {
	return len(f.States) > 0 && !slices.Contains(f.States, wabridge.SessionEnded)
}

// sessionTable names the table of sessions and, where the planner does not see
// it, the index.
func sessionTable(f queue.SessionFilter) string {
	if onlyLive(f) && len(f.IDs) == 0 && f.Chat == "" {
		return "session s INDEXED BY session_live\n"
	}
	return "session s\n"
}

func placeholder(n int) string { return "?" + strconv.Itoa(n) }

// talks reads all rows and closes them.
func talks(rows *sql.Rows, err error) ([]wabridge.Session, error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []wabridge.Session
	for rows.Next() {
		var s talk
		if err := s.scan(rows); err != nil {
			return nil, err
		}
		all = append(all, s.Session)
	}
	return all, errors.Join(rows.Err(), rows.Close())
}

// Nothing is due as long as something of ours is still to be said.
const nothingToSay = `
  AND NOT EXISTS (SELECT 1 FROM message m INDEXED BY message_session
    WHERE m.session = s.id AND m.session <> '' AND m.open = 1 AND m.held = 0)`

const (
	endedBy  = selectSession + `WHERE s.state = 'open' AND s.ends <= ?1` + nothingToSay + ` ORDER BY s.ends LIMIT ?2`
	silentBy = selectSession + `WHERE s.state = 'open' AND s.deadline IS NOT NULL AND s.deadline <= ?1` + nothingToSay + ` ORDER BY s.deadline LIMIT ?2`
	nextEnd  = `
SELECT min(t) FROM (
  SELECT min(ends) AS t FROM session WHERE state = 'open' AND ends > ?1
  UNION ALL
  SELECT min(deadline) FROM session WHERE state = 'open' AND deadline IS NOT NULL AND deadline > ?1)`
)

// DueSessions implements queue.Sessions.
func (db *DB) DueSessions(ctx context.Context, now time.Time, limit int) (due []wabridge.Session, next time.Time, err error) {
	seen := map[string]bool{}
	for _, text := range []string{silentBy, endedBy} {
		some, err := talks(db.read.QueryContext(ctx, text, now.UnixMilli(), limit))
		if err != nil {
			return nil, next, readError("list due sessions", err)
		}
		for _, s := range some {
			if !seen[s.ID] {
				seen[s.ID] = true
				due = append(due, s)
			}
		}
	}
	slices.SortStableFunc(due, func(a, b wabridge.Session) int { return dueAt(a).Compare(dueAt(b)) })
	due = due[:min(len(due), limit)]
	var at sql.NullInt64
	if err := db.read.QueryRowContext(ctx, nextEnd, now.UnixMilli()).Scan(&at); err != nil {
		return nil, next, readError("find the next due session", err)
	}
	return due, instant(at), nil
}

// dueAt is the earlier of Deadline and Ends.
func dueAt(s wabridge.Session) time.Time {
	if s.Deadline.IsZero() || s.Ends.Before(s.Deadline) {
		return s.Ends
	}
	return s.Deadline
}

// MoveSession implements queue.Sessions.
func (db *DB) MoveSession(ctx context.Context, id string,
	change func(wabridge.Session) (wabridge.Session, []queue.Draft, error), step queue.SessionStep) (wabridge.Session, error) {
	var out wabridge.Session
	err := db.update(ctx, "move session "+id, func(t *tx) error {
		s, err := t.session(id)
		if err != nil {
			return err
		}
		out = s.Session
		if again, err := t.dealtWith(step); err != nil || again {
			return err
		}
		given := s.Session
		given.Variables, given.Results = maps.Clone(s.Variables), maps.Clone(s.Results)
		after, drafts, err := change(given)
		if err != nil {
			return err
		}
		if err := t.moveSession(s, after, drafts, step); err != nil {
			return err
		}
		out = s.Session
		return nil
	})
	return out, err
}

// moveSession makes s what it becomes, tells of it and accepts the drafts.
func (t *tx) moveSession(s *talk, after wabridge.Session, drafts []queue.Draft, step queue.SessionStep) error {
	before := s.Session
	s.Name, s.State, s.Operator, s.Bot, s.Talk = after.Name, after.State, after.Operator, after.Bot, after.Talk
	s.Variables, s.Results, s.Outcome, s.TTL = after.Variables, after.Results, after.Outcome, after.TTL
	s.Ends, s.Deadline = stored(after.Ends), stored(after.Deadline)
	at := stored(cmp.Or(step.At, time.Now()))
	if s.State == wabridge.SessionEnded {
		s.Deadline = time.Time{}
		if s.Ended.IsZero() {
			s.Ended = at
		}
	} else {
		s.Ended = time.Time{}
	}
	if ends := at.Add(time.Duration(s.TTL) * time.Second); s.State == wabridge.SessionOpen && len(drafts) > 0 && ends.After(s.Ends) {
		s.Ends = ends
	}
	if err := errors.Join(t.putSession(s), t.tellMoves(&before, s, step, at)); err != nil {
		return err
	}
	if waited := before.State == wabridge.SessionWaiting; step.Silence && (!waited || s.State == wabridge.SessionEnded) {
		if err := t.silence(s.ID, waited, at); err != nil {
			return err
		}
	}
	return t.acceptIn(s, drafts)
}

// tellMoves writes the events of what differs.
func (t *tx) tellMoves(before *wabridge.Session, s *talk, step queue.SessionStep, at time.Time) error {
	tell := func(d wabridge.SessionData) error {
		d.Session = s.Session
		return t.event(wabridge.EventSession, s.Phone, "", at, d)
	}
	for _, key := range slices.Sorted(maps.Keys(s.Results)) {
		if was, ok := before.Results[key]; ok && was == s.Results[key] {
			continue
		}
		if err := tell(wabridge.SessionData{Change: wabridge.ChangeResult, Key: key, Value: s.Results[key]}); err != nil {
			return err
		}
	}
	var data []wabridge.SessionData
	switch {
	case s.Operator && !before.Operator:
		data = append(data, wabridge.SessionData{Change: wabridge.ChangeHandedOver, Reason: step.Reason})
	case !s.Operator && before.Operator:
		data = append(data, wabridge.SessionData{Change: wabridge.ChangeTakenBack})
	}
	if s.State == wabridge.SessionEnded && before.State != wabridge.SessionEnded {
		data = append(data, wabridge.SessionData{Change: wabridge.ChangeEnded})
	}
	for _, d := range data {
		if err := tell(d); err != nil {
			return err
		}
	}
	return nil
}

// acceptIn accepts messages of a session, to its chat.
func (t *tx) acceptIn(s *talk, drafts []queue.Draft) error {
	now := time.Now()
	for _, d := range drafts {
		d.Message.Session, d.Message.Phone, d.Message.Chat, d.Message.Number = s.ID, s.Phone, s.Chat, s.Number
		if wabridge.IsGroup(s.Chat) {
			d.Message.Group, d.Message.Number = s.Chat, ""
		}
		if _, err := t.accept(d, now); err != nil {
			return err
		}
	}
	return nil
}

const hearInto = `
UPDATE message
SET session = ?3
WHERE id = ?1 AND chat = ?2 AND direction = 'in' AND session = ''`

// StartSession implements queue.Sessions.
func (db *DB) StartSession(ctx context.Context, given wabridge.Session, drafts []queue.Draft, step queue.SessionStep) (wabridge.Session, error) {
	var out wabridge.Session
	err := db.update(ctx, "start session", func(t *tx) error {
		c, err := asker(t.row).ask(chatByID, given.Phone, given.Chat)
		if err != nil {
			return err
		}
		if c == nil {
			return wabridge.Fail(wabridge.CodeNotFound, nil, "there is no such chat")
		}
		s := &talk{Session: given, chat: c.key}
		s.ID = cmp.Or(s.ID, wabridge.NewUUID())
		if again, err := t.dealtWith(step); err != nil || again {
			out = s.Session
			return err
		}
		open, err := t.openWith(c.key)
		if err == nil && open != nil {
			err = wabridge.Fail(wabridge.CodeConflict, nil, "a session is open with this chat")
		}
		if err != nil {
			return err
		}
		if err := t.start(s, c, drafts, step); err != nil {
			return err
		}
		out = s.Session
		return nil
	})
	return out, err
}

// start stores a session that is open at once.
func (t *tx) start(s *talk, c *chat, drafts []queue.Draft, step queue.SessionStep) error {
	at := stored(cmp.Or(step.At, time.Now()))
	s.Number, s.State, s.Sent, s.Received, s.Created, s.Started = c.Number, wabridge.SessionOpen, 0, 0, at, at
	s.TTL = max(s.TTL, 0)
	if s.TTL == 0 {
		s.TTL = wabridge.DefaultTTL
	}
	if s.Message != "" {
		n, err := t.change(hearInto, s.Message, s.chat, s.ID)
		if err != nil {
			return err
		}
		s.Received = int(n)
	}
	s.Deadline, s.Ended = stored(s.Deadline), time.Time{}
	s.stir(at)
	err := errors.Join(t.addSession(s), t.tellSession(s, wabridge.ChangeStarted, at), t.tellSession(s, wabridge.ChangeOpened, at))
	if err != nil {
		return err
	}
	return t.acceptIn(s, drafts)
}

const (
	readerAt   = `SELECT event FROM reader WHERE name = ?1`
	moveReader = `
INSERT INTO reader (name, event) VALUES (?1, ?2)
ON CONFLICT (name) DO UPDATE SET event = max(event, excluded.event)`
)

// dealtWith moves the reader of a step on; again tells that it has been there.
func (t *tx) dealtWith(step queue.SessionStep) (again bool, err error) {
	if step.Event == 0 {
		return false, nil
	}
	var at int64
	err = t.row(readerAt, []any{step.Reader}, &at)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return false, err
	}
	if err == nil && at >= step.Event {
		return true, nil
	}
	return false, t.exec(moveReader, step.Reader, step.Event)
}

// SessionCursor implements queue.Sessions.
func (db *DB) SessionCursor(ctx context.Context, reader string) (event int64, err error) {
	if err := db.read.QueryRowContext(ctx, readerAt, reader).Scan(&event); err != nil {
		return 0, readError("read a reader's cursor", err)
	}
	return event, nil
}

// SaveSessionCursor implements queue.Sessions.
func (db *DB) SaveSessionCursor(ctx context.Context, reader string, event int64) error {
	return db.update(ctx, "save a reader's cursor", func(t *tx) error { return t.exec(moveReader, reader, event) })
}
