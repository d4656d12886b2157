package queuetest

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

func testSessions(t *testing.T, open Open) {
	each(t, open, map[string]func(*bench){
		"one that a message starts":        sessionLife,
		"what is said belongs to it":       sessionTalk,
		"answers before it is known":       sessionEarly,
		"a new one replaces the open one":  sessionReplaced,
		"a message that does not go":       sessionUnsent,
		"the person's time":                sessionDeadline,
		"due ones":                         sessionDue,
		"a change is all or nothing":       sessionMove,
		"an event is dealt with once":      sessionOnce,
		"a stranger is greeted":            sessionGreeted,
		"silence":                          sessionSilence,
		"two chats that are one":           sessionMerged,
		"plain ones":                       sessionPlain,
		"lists":                            sessionLists,
		"cursors":                          sessionCursors,
		"old words are no part of new one": sessionOldWords,
	})
}

// begin enqueues a message that starts a session and returns the session.
func (b *bench) begin(n int, body string, s wabridge.Session) wabridge.Session {
	b.Helper()
	accepted, err := b.Enqueue(b.ctx, queue.Draft{Message: text(number(n), body), Session: &s})
	if err != nil {
		b.Fatalf("enqueue: %v", err)
	}
	return b.session(accepted[0].Message.Session)
}

func (b *bench) session(id string) wabridge.Session {
	b.Helper()
	s, err := b.Session(b.ctx, id)
	if err != nil {
		b.Fatalf("session: %v", err)
	}
	return s
}

// sessionIs insists on a session's state and outcome.
func (b *bench) sessionIs(id string, state wabridge.SessionState, outcome string) wabridge.Session {
	b.Helper()
	s := b.session(id)
	if s.State != state || s.Outcome != outcome {
		b.Fatalf("session: got %s %q, want %s %q", s.State, s.Outcome, state, outcome)
	}
	return s
}

// told lists the changes of sessions that events tell of, "started opened …".
func (b *bench) told(id string) string {
	b.Helper()
	var words []string
	for _, e := range b.events(queue.EventFilter{Kinds: []wabridge.EventKind{wabridge.EventSession}}) {
		var d wabridge.SessionData
		if err := json.Unmarshal(e.Data, &d); err != nil {
			b.Fatal(err)
		}
		if d.ID != id {
			continue
		}
		word := d.Change
		if d.Key != "" {
			word += ":" + d.Key + "=" + d.Value
		}
		if d.Reason != "" {
			word += ":" + d.Reason
		}
		words = append(words, word)
	}
	return strings.Join(words, " ")
}

// says is a draft of a bot's words.
func says(body string) queue.Draft {
	return queue.Draft{Message: wabridge.Message{Type: "text", Text: wabridge.Text(body), Source: wabridge.SourceBot}}
}

// stay changes nothing.
func stay(s wabridge.Session) (wabridge.Session, []queue.Draft, error) { return s, nil, nil }

func sessionLife(b *bench) {
	given := wabridge.Session{
		ID: wabridge.NewUUID(), Name: "Visit", Bot: "visit", Talk: json.RawMessage(`{"step":"ask"}`), Variables: map[string]string{"name": "Anna"},
		Results: map[string]string{"asked": "yes"}, Chatbot: "c", Client: "42", TTL: 3600,
	}
	s := b.begin(1, "Will you come?", given)
	want := given
	want.Phone, want.Chat, want.Number, want.State = phone, wabridge.UserJID(number(1)), number(1), wabridge.SessionWaiting
	want.Message, want.Created = s.Message, s.Created
	if diff := cmp.Diff(want, s); diff != "" {
		b.Errorf("waiting (-want +got):\n%s", diff)
	}
	_, err := b.OpenSession(b.ctx, phone, s.Chat)
	b.code(err, wabridge.CodeNotFound)
	b.send(time.Minute, "Will you come?")
	at := b.now.Add(time.Minute)
	want.State, want.Sent, want.Started, want.Last, want.Ends = wabridge.SessionOpen, 1, at, at, at.Add(time.Hour)
	open, err := b.OpenSession(b.ctx, phone, s.Chat)
	b.code(err, 0)
	if diff := cmp.Diff(want, open); diff != "" {
		b.Errorf("open (-want +got):\n%s", diff)
	}
	_, err = b.Enqueue(b.ctx, queue.Draft{Message: text(number(2), "x"), Session: &given})
	b.code(err, wabridge.CodeConflict)
	_, err = b.Session(b.ctx, "nobody")
	b.code(err, wabridge.CodeNotFound)
	if got := b.told(s.ID); got != "started opened" {
		b.Errorf("events: %s", got)
	}
}

func sessionTalk(b *bench) {
	before := b.accept(text(number(1), "before"))[0]
	b.send(0, "before")
	s := b.begin(1, "one", wabridge.Session{})
	early := b.accept(text(number(1), "two"))[0]
	b.send(time.Minute, "one")
	if early.Session != "" || before.Session != "" {
		b.Errorf("a message joined a session that was not open: %q, %q", before.Session, early.Session)
	}
	in := b.store(person(1), wabridge.Message{Text: "hello", Created: b.now.Add(2 * time.Minute)})[0]
	echo := b.store(person(1), wabridge.Message{Text: "by hand", Direction: wabridge.Echo, Created: b.now.Add(3 * time.Minute)})[0]
	other := b.store(person(2), wabridge.Message{Text: "who are you", Created: b.now.Add(3 * time.Minute)})[0]
	out := b.accept(text(number(1), "three"))[0]
	if in.Session != s.ID || echo.Session != s.ID || out.Session != s.ID || other.Session != "" {
		b.Errorf("sessions: got %q, %q, %q, %q; want three times %q and none", in.Session, echo.Session, out.Session, other.Session, s.ID)
	}
	b.send(4*time.Minute, "two")
	b.send(5*time.Minute, "three")
	if m := b.state(early.ID, wabridge.Sent); m.Session != s.ID {
		b.Errorf("what was handed over while it is open: got %q", m.Session)
	}
	got := b.session(s.ID)
	last := b.now.Add(5 * time.Minute)
	if got.Sent != 4 || got.Received != 1 || !got.Last.Equal(last) || !got.Ends.Equal(last.Add(24*time.Hour)) {
		b.Errorf("got %+v", got)
	}
	list, err := b.Messages(b.ctx, queue.MessageFilter{Session: s.ID, Oldest: true, Limit: 10})
	b.code(err, 0)
	if len(list) != 5 {
		b.Errorf("its messages: got %d, want 5", len(list))
	}
	for _, e := range b.events(queue.EventFilter{Kinds: []wabridge.EventKind{wabridge.EventMessage, wabridge.EventEcho}}) {
		var m wabridge.Message
		if err := json.Unmarshal(e.Data, &m); err != nil || (m.Session == s.ID) != (m.ID != other.ID) {
			b.Errorf("event of %q: session %q, %v", string(m.Text), m.Session, err)
		}
	}
}

func sessionEarly(b *bench) {
	s := b.begin(1, "one", wabridge.Session{})
	m := b.take(0, "one")
	older := b.store(person(1), wabridge.Message{Text: "just before", Created: b.now.Add(time.Second)})[0]
	b.intend(m, 2*time.Second)
	early := b.store(person(1), wabridge.Message{Text: "yes", Created: b.now.Add(3 * time.Second)})[0]
	b.move(m, wabridge.Doubted(b.now.Add(time.Minute), wabridge.CodeAmbiguous, "killed"))
	b.move(m, wabridge.WasSent(b.now.Add(2*time.Minute)))
	if got := b.sessionIs(s.ID, wabridge.SessionOpen, ""); got.Received != 1 || got.Sent != 1 {
		b.Errorf("got %+v", got)
	}
	if m := b.state(early.ID, wabridge.Received); m.Session != s.ID {
		b.Errorf("the early answer has session %q", m.Session)
	}
	if m := b.state(older.ID, wabridge.Received); m.Session != "" {
		b.Errorf("an older message has session %q", m.Session)
	}
}

func sessionReplaced(b *bench) {
	first := b.begin(1, "one", wabridge.Session{})
	b.send(0, "one")
	second := b.begin(1, "two", wabridge.Session{})
	b.sessionIs(first.ID, wabridge.SessionOpen, "")
	b.send(time.Minute, "two")
	got := b.sessionIs(first.ID, wabridge.SessionEnded, wabridge.EndedReplaced)
	if !got.Ended.Equal(b.now.Add(time.Minute)) {
		b.Errorf("ended %v", got.Ended)
	}
	b.sessionIs(second.ID, wabridge.SessionOpen, "")
	if got := b.told(first.ID); got != "started opened ended" {
		b.Errorf("events: %s", got)
	}
}

func sessionUnsent(b *bench) {
	for n, end := range []func(m wabridge.Message) error{
		func(m wabridge.Message) error {
			_, err := b.Cancel(b.ctx, m.ID, b.now)
			return err
		},
		func(m wabridge.Message) error {
			_, err := b.Apply(b.ctx, m.ID, 0, wabridge.HasFailed(b.now, wabridge.CodeUndeliverable, "not on WhatsApp"))
			return err
		},
		func(wabridge.Message) error {
			m, _ := b.claim(48*time.Hour, free)
			if m != nil {
				b.Errorf("something was claimed: %q", string(m.Text))
			}
			return nil
		},
	} {
		m := text(number(n), "starts")
		m.Expires = b.now.Add(24 * time.Hour)
		s := wabridge.Session{ID: wabridge.NewUUID()}
		more := text(number(n), "more")
		more.Session, more.Source, more.Expires = s.ID, wabridge.SourceBot, m.Expires
		accepted, err := b.Enqueue(b.ctx, queue.Draft{Message: m, Session: &s}, queue.Draft{Message: more})
		b.code(err, 0)
		b.code(end(accepted[0].Message), 0)
		b.sessionIs(s.ID, wabridge.SessionEnded, wabridge.EndedUnsent)
		b.state(accepted[1].Message.ID, wabridge.Canceled)
		if got := b.told(s.ID); got != "started ended" {
			b.Errorf("events: %s", got)
		}
	}
	m := text(number(9), "of no session")
	m.Session = "nobody"
	_, err := b.Enqueue(b.ctx, queue.Draft{Message: m})
	b.code(err, wabridge.CodeNotFound)
}

func sessionDeadline(b *bench) {
	deadline := b.now.Add(10 * time.Minute)
	s := b.begin(1, "one", wabridge.Session{Deadline: deadline})
	more := text(number(1), "two")
	more.Session = s.ID
	accepted := b.accept(more)[0]
	b.send(time.Hour, "one")
	if got, want := b.session(s.ID).Deadline, deadline.Add(b.now.Add(time.Hour).Sub(s.Created)); !got.Equal(want) {
		b.Errorf("deadline: got %v, want %v", got, want)
	}
	due, next, err := b.DueSessions(b.ctx, b.now.Add(3*time.Hour), 10)
	if err != nil || len(due) != 0 {
		b.Errorf("while something is to be said: got %d, next %v, %v", len(due), next, err)
	}
	b.send(2*time.Hour, "two")
	if got, want := b.session(s.ID).Deadline, deadline.Add(b.now.Add(2*time.Hour).Sub(s.Created)); got.Sub(want).Abs() > accepted.Created.Sub(s.Created) {
		b.Errorf("deadline after both: got %v, want %v", got, want)
	}
}

func sessionDue(b *bench) {
	a := b.begin(1, "one", wabridge.Session{TTL: 600})
	b.send(0, "one")
	c := b.begin(2, "two", wabridge.Session{TTL: 3600, Deadline: b.now.Add(5 * time.Minute)})
	b.send(0, "two")
	b.begin(3, "three", wabridge.Session{TTL: 60}) // waits
	ids := func(offset time.Duration, limit int) (got string, next time.Time) {
		due, next, err := b.DueSessions(b.ctx, b.now.Add(offset), limit)
		b.code(err, 0)
		for _, s := range due {
			got += map[string]string{a.ID: "a", c.ID: "c"}[s.ID]
		}
		return got, next
	}
	if got, next := ids(time.Minute, 10); got != "" || !next.Equal(b.session(c.ID).Deadline) {
		b.Errorf("before: got %q, next %v", got, next)
	}
	if got, next := ids(6*time.Minute, 10); got != "c" || !next.Equal(b.now.Add(10*time.Minute)) {
		b.Errorf("deadline: got %q, next %v", got, next)
	}
	if got, next := ids(2*time.Hour, 10); got != "ca" || !next.IsZero() {
		b.Errorf("both: got %q, next %v", got, next)
	}
	if got, _ := ids(2*time.Hour, 1); got != "c" {
		b.Errorf("one: got %q", got)
	}
}

func sessionMove(b *bench) {
	s := b.begin(1, "one", wabridge.Session{Results: map[string]string{"a": "1"}})
	b.send(0, "one")
	at := b.now.Add(time.Minute)
	got, err := b.MoveSession(b.ctx, s.ID, func(s wabridge.Session) (wabridge.Session, []queue.Draft, error) {
		s.Talk, s.Deadline, s.Operator = json.RawMessage(`{"step":"x"}`), at.Add(time.Hour), true
		s.Results["a"], s.Results["b"] = "2", "3"
		s.Phone, s.Sent, s.Created = "elsewhere", 77, time.Time{} // not to be changed
		return s, []queue.Draft{says("a word"), says("another")}, nil
	}, queue.SessionStep{At: at, Reason: "no_match"})
	b.code(err, 0)
	if diff := cmp.Diff(b.session(s.ID), got); diff != "" {
		b.Errorf("returned (-read +got):\n%s", diff)
	}
	if got.Phone != phone || got.Sent != 1 || !got.Created.Equal(s.Created) || string(got.Talk) != `{"step":"x"}` ||
		!got.Deadline.Equal(at.Add(time.Hour)) || !got.Ends.Equal(at.Add(24*time.Hour)) {
		b.Errorf("got %+v", got)
	}
	b.send(2*time.Minute, "a word")
	b.send(3*time.Minute, "another")
	boom := errors.New("boom")
	_, err = b.MoveSession(b.ctx, s.ID, func(s wabridge.Session) (wabridge.Session, []queue.Draft, error) {
		s.Results["c"] = "4"
		return s, nil, boom
	}, queue.SessionStep{Reader: "r", Event: 5})
	if !errors.Is(err, boom) {
		b.Errorf("change's error: got %v", err)
	}
	_, err = b.SessionCursor(b.ctx, "r")
	b.code(err, wabridge.CodeNotFound)
	bad := queue.Draft{Message: wabridge.Message{ID: b.session(s.ID).Message, Type: "text", Text: "an id that is taken"}}
	_, err = b.MoveSession(b.ctx, s.ID, func(s wabridge.Session) (wabridge.Session, []queue.Draft, error) {
		s.Results["c"] = "4"
		return s, []queue.Draft{says("never"), bad}, nil
	}, queue.SessionStep{Reader: "r", Event: 5})
	b.code(err, wabridge.CodeConflict)
	b.nothing(4*time.Minute, free)
	_, err = b.MoveSession(b.ctx, s.ID, func(s wabridge.Session) (wabridge.Session, []queue.Draft, error) {
		s.State, s.Outcome, s.Operator = wabridge.SessionEnded, "done", false
		return s, nil, nil
	}, queue.SessionStep{At: at})
	b.code(err, 0)
	if s := b.sessionIs(s.ID, wabridge.SessionEnded, "done"); !s.Ended.Equal(at) || !s.Deadline.IsZero() {
		b.Errorf("ended: got %+v", s)
	}
	if got, want := b.told(s.ID), "started opened result:a=2 result:b=3 handed_over:no_match taken_back ended"; got != want {
		b.Errorf("events: got %s, want %s", got, want)
	}
	_, err = b.MoveSession(b.ctx, "nobody", stay, queue.SessionStep{})
	b.code(err, wabridge.CodeNotFound)
}

func sessionOnce(b *bench) {
	s := b.begin(1, "one", wabridge.Session{})
	b.send(0, "one")
	calls := 0
	for _, event := range []int64{7, 7, 6, 8} {
		got, err := b.MoveSession(b.ctx, s.ID, func(s wabridge.Session) (wabridge.Session, []queue.Draft, error) {
			calls++
			s.Name += "x"
			return s, []queue.Draft{says("word")}, nil
		}, queue.SessionStep{Reader: "r", Event: event})
		b.code(err, 0)
		if got.ID != s.ID || got.Name == "" {
			b.Errorf("event %d: got %+v", event, got)
		}
	}
	if got := b.session(s.ID).Name; got != "xx" || calls != 2 {
		b.Errorf("got %q after %d calls, want xx after 2", got, calls)
	}
	if depth, _, err := b.Depth(b.ctx, phone); err != nil || depth[wabridge.Queued] != 2 {
		b.Errorf("words: got %v, %v", depth, err)
	}
}

func sessionGreeted(b *bench) {
	in := b.store(person(1), wabridge.Message{Text: "hello"})[0]
	given := wabridge.Session{Phone: phone, Chat: in.Chat, Bot: "greeter", Message: in.ID, TTL: 60, Deadline: b.now.Add(time.Minute)}
	step := queue.SessionStep{Reader: "r", Event: 3, At: b.now}
	s, err := b.StartSession(b.ctx, given, []queue.Draft{says("Welcome")}, step)
	b.code(err, 0)
	if s.State != wabridge.SessionOpen || s.Received != 1 || !s.Started.Equal(b.now) || !s.Ends.Equal(b.now.Add(time.Minute)) || s.Number != number(1) {
		b.Errorf("got %+v", s)
	}
	if diff := cmp.Diff(b.session(s.ID), s); diff != "" {
		b.Errorf("read (-read +got):\n%s", diff)
	}
	if m := b.state(in.ID, wabridge.Received); m.Session != s.ID {
		b.Errorf("the message that began it has session %q", m.Session)
	}
	if m := b.take(0, "Welcome"); m.Session != s.ID || m.Number != number(1) || m.Source != wabridge.SourceBot {
		b.Errorf("its word: got %+v", m)
	}
	_, err = b.StartSession(b.ctx, given, []queue.Draft{says("Welcome")}, step) // dealt with
	b.code(err, 0)
	step.Event++
	_, err = b.StartSession(b.ctx, given, nil, step)
	b.code(err, wabridge.CodeConflict)
	given.Chat = wabridge.UserJID(number(8))
	_, err = b.StartSession(b.ctx, given, nil, step)
	b.code(err, wabridge.CodeNotFound)
	if list, err := b.Sessions(b.ctx, queue.SessionFilter{Limit: 10}); err != nil || len(list) != 1 {
		b.Errorf("sessions: got %d, %v", len(list), err)
	}
}

func sessionSilence(b *bench) {
	s := b.begin(1, "one", wabridge.Session{})
	b.send(0, "one")
	_, err := b.MoveSession(b.ctx, s.ID, func(s wabridge.Session) (wabridge.Session, []queue.Draft, error) {
		return s, []queue.Draft{says("unsaid"), says("unsaid, too")}, nil
	}, queue.SessionStep{})
	b.code(err, 0)
	b.accept(text(number(1), "of the CRM"))
	_, err = b.MoveSession(b.ctx, s.ID, func(s wabridge.Session) (wabridge.Session, []queue.Draft, error) {
		s.Operator = true
		return s, []queue.Draft{says("A colleague will write.")}, nil
	}, queue.SessionStep{Silence: true})
	b.code(err, 0)
	b.send(time.Minute, "of the CRM")
	b.send(time.Minute, "A colleague will write.")
	b.nothing(time.Minute, free)

	waits := b.begin(2, "starts", wabridge.Session{})
	_, err = b.MoveSession(b.ctx, waits.ID, func(s wabridge.Session) (wabridge.Session, []queue.Draft, error) {
		s.State, s.Outcome = wabridge.SessionEnded, "changed my mind"
		return s, nil, nil
	}, queue.SessionStep{Silence: true})
	b.code(err, 0)
	b.sessionIs(waits.ID, wabridge.SessionEnded, "changed my mind")
	b.nothing(time.Minute, free)
}

func sessionMerged(b *bench) {
	lid := wabridge.ChatRef{JID: "777@lid"}
	in := b.store(lid, wabridge.Message{Text: "hello"})[0]
	stranger, err := b.StartSession(b.ctx, wabridge.Session{Phone: phone, Chat: in.Chat}, nil, queue.SessionStep{At: b.now})
	b.code(err, 0)
	known := b.begin(1, "one", wabridge.Session{})
	b.send(time.Minute, "one")
	b.code(b.Learn(b.ctx, phone, "777@lid", number(1)), 0)
	b.sessionIs(stranger.ID, wabridge.SessionEnded, wabridge.EndedReplaced)
	b.sessionIs(known.ID, wabridge.SessionOpen, "")
	if got := b.session(stranger.ID); got.Chat != wabridge.UserJID(number(1)) {
		b.Errorf("chat: got %s", got.Chat)
	}
}

func sessionPlain(b *bench) {
	b.SetPlainSessions(60)
	first := b.accept(text(number(1), "one"))[0]
	second := b.accept(text(number(1), "two"))[0]
	if first.Session == "" || second.Session != "" {
		b.Errorf("sessions: got %q, %q; want one and none", first.Session, second.Session)
	}
	b.send(0, "one")
	b.send(0, "two")
	if s := b.sessionIs(first.Session, wabridge.SessionOpen, ""); s.Sent != 2 || s.TTL != 60 || s.Bot != "" {
		b.Errorf("got %+v", s)
	}
	if m := b.state(second.ID, wabridge.Sent); m.Session != first.Session {
		b.Errorf("the second joined %q", m.Session)
	}
	b.SetPlainSessions(0)
	if m := b.accept(text(number(2), "three"))[0]; m.Session != "" {
		b.Errorf("after it was turned off: got %q", m.Session)
	}
}

func sessionLists(b *bench) {
	a := b.begin(1, "one", wabridge.Session{Bot: "nps", Chatbot: "c1"})
	b.send(0, "one")
	c := b.begin(2, "two", wabridge.Session{Bot: "visit", Results: map[string]string{"x": "y"}})
	d := b.begin(3, "three", wabridge.Session{Bot: "nps"})
	b.store(person(1), wabridge.Message{Text: "hello", Created: b.now.Add(time.Minute)})
	names := map[string]string{a.ID: "a", c.ID: "c", d.ID: "d"}
	for what, f := range map[string]queue.SessionFilter{
		"ca":  {IDs: []string{a.ID, c.ID, "nobody"}},
		"da":  {Bot: "nps"},
		"a":   {States: []wabridge.SessionState{wabridge.SessionOpen, wabridge.SessionEnded}},
		"c":   {HasResults: true},
		"acd": {Oldest: true, Phone: phone, Since: a.Created},
		"":    {Until: a.Created},
		"d":   {Chat: wabridge.UserJID(number(3))},
	} {
		f.Limit = 10
		list, err := b.Sessions(b.ctx, f)
		b.code(err, 0)
		got := ""
		for _, s := range list {
			got += names[s.ID]
		}
		// Those of one millisecond stand in the order of their ids.
		if len(got) != len(what) || strings.Trim(got, what) != "" {
			b.Errorf("filter %+v: got %q, want %q", f, got, what)
		}
		if n, err := b.CountSessions(b.ctx, f); err != nil || n != len(what) {
			b.Errorf("count of %+v: got %d, %v; want %d", f, n, err, len(what))
		}
	}
	for f, want := range map[*queue.SessionFilter]string{
		{HasReceived: true, Limit: 10}:       a.ID,
		{Chatbot: "c1", Limit: 10}:           a.ID,
		{Bot: "visit", Offset: 0, Limit: 10}: c.ID,
	} {
		if list, err := b.Sessions(b.ctx, *f); err != nil || len(list) != 1 || list[0].ID != want {
			b.Errorf("filter %+v: got %d, %v", *f, len(list), err)
		}
	}
	if list, err := b.Sessions(b.ctx, queue.SessionFilter{Offset: 1, Limit: 1}); err != nil || len(list) != 1 {
		b.Errorf("a page: got %d, %v", len(list), err)
	}
}

func sessionCursors(b *bench) {
	_, err := b.SessionCursor(b.ctx, "r")
	b.code(err, wabridge.CodeNotFound)
	for _, n := range []int64{0, 5, 3} {
		b.code(b.SaveSessionCursor(b.ctx, "r", n), 0)
	}
	if n, err := b.SessionCursor(b.ctx, "r"); n != 5 || err != nil {
		b.Errorf("got %d, %v; want 5", n, err)
	}
}

func sessionOldWords(b *bench) {
	s := b.begin(1, "one", wabridge.Session{})
	b.send(time.Hour, "one")
	old := b.store(person(1), wabridge.Message{Text: "written before, seen now", Created: b.now})[0]
	b.begin(1, "two", wabridge.Session{})
	young := b.store(person(1), wabridge.Message{Text: "an answer by a slow clock", Created: b.now.Add(59 * time.Minute)})[0]
	if old.Session != "" || young.Session != s.ID {
		b.Errorf("sessions: got %q, %q; want none and %q", old.Session, young.Session, s.ID)
	}
}
