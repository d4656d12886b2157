package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

const day = 24 * time.Hour

// said is text n of person p, stored as having come in then.
func said(t *testing.T, db *DB, p int, at time.Time, words string) wabridge.Message {
	t.Helper()
	got, err := db.Reconcile(ctx, phone, wabridge.ChatRef{Number: textTo(p, "").Message.Number}, 5, func(wabridge.Chat, []wabridge.Message) queue.Changes {
		return queue.Changes{New: []wabridge.Message{{Text: wabridge.Text(words), Created: at, Source: "notification"}}}
	})
	if err != nil || len(got) != 1 {
		t.Fatalf("say: %v, %v", got, err)
	}
	return got[0]
}

func write(t *testing.T, db *DB, text string, args ...any) {
	t.Helper()
	if err := db.update(ctx, "arrange", func(x *tx) error { return x.exec(text, args...) }); err != nil {
		t.Fatal(err)
	}
}

// accepted is a draft that was accepted then.
func accepted(t *testing.T, db *DB, d queue.Draft, at time.Time) wabridge.Message {
	t.Helper()
	got, err := db.Enqueue(ctx, d)
	if err != nil {
		t.Fatal(err)
	}
	m := got[0].Message
	write(t, db, "UPDATE message SET created = ?2 WHERE id = ?1", m.ID, at.UnixMilli())
	write(t, db, "UPDATE event SET at = ?2 WHERE message = ?1 AND message <> ''", m.ID, at.UnixMilli())
	return m
}

// canceled is one that never left, then.
func canceled(t *testing.T, db *DB, d queue.Draft, at time.Time) wabridge.Message {
	t.Helper()
	m := accepted(t, db, d, at)
	if _, err := db.Cancel(ctx, m.ID, at); err != nil {
		t.Fatal(err)
	}
	write(t, db, "UPDATE event SET at = ?2 WHERE message = ?1 AND message <> ''", m.ID, at.UnixMilli())
	return m
}

func keep(t *testing.T, db *DB, now time.Time) Cleaned {
	t.Helper()
	got, err := db.Clean(ctx, now, Retention{Keep: 90 * day})
	if err != nil {
		t.Fatal(err)
	}
	if r, err := db.Check(ctx); err != nil || !r.OK() {
		t.Fatalf("check: %+v, %v", r, err)
	}
	return got
}

func has(t *testing.T, db *DB, id string) bool {
	t.Helper()
	_, err := db.Message(ctx, id)
	if err != nil && wabridge.CodeOf(err) != wabridge.CodeNotFound {
		t.Fatal(err)
	}
	return err == nil
}

func TestKeep(t *testing.T) {
	now := time.Now()
	old, young := now.Add(-91*day), now.Add(-80*day)
	for name, c := range map[string]struct {
		arrange func(*testing.T, *DB) string // a message's id
		goes    bool
	}{
		"canceled long ago":  {func(t *testing.T, db *DB) string { return canceled(t, db, textTo(1, "x"), old).ID }, true},
		"canceled of late":   {func(t *testing.T, db *DB) string { return canceled(t, db, textTo(1, "x"), young).ID }, false},
		"open":               {func(t *testing.T, db *DB) string { return accepted(t, db, textTo(1, "x"), old).ID }, false},
		"newest of its chat": {func(t *testing.T, db *DB) string { return said(t, db, 1, old, "x").ID }, false},
		"received, and more came": {func(t *testing.T, db *DB) string {
			id := said(t, db, 1, old, "x").ID
			said(t, db, 1, young, "y")
			write(t, db, "DELETE FROM event")
			return id
		}, true},
		"the log tells of it": {func(t *testing.T, db *DB) string {
			id := said(t, db, 1, old, "x").ID
			said(t, db, 1, now, "y")
			return id
		}, false},
		"quoted by an open one": {func(t *testing.T, db *DB) string {
			m := canceled(t, db, textTo(1, "x"), old)
			d := textTo(1, "y")
			d.Message.Context = m.ID
			accepted(t, db, d, now)
			return m.ID
		}, false},
		"quoted by one that ended": {func(t *testing.T, db *DB) string {
			m := canceled(t, db, textTo(1, "x"), old)
			d := textTo(1, "y")
			d.Message.Context = m.ID
			canceled(t, db, d, young)
			return m.ID
		}, true},
		"below one that stays": {func(t *testing.T, db *DB) string {
			first := said(t, db, 1, old, "x")
			id := said(t, db, 1, old, "y").ID
			said(t, db, 1, young, "z")
			write(t, db, "DELETE FROM event")
			d := textTo(1, "quote")
			d.Message.Context = first.ID
			accepted(t, db, d, now)
			return id
		}, false},
		"of a campaign that goes on": {func(t *testing.T, db *DB) string {
			c := campaignOf(t, db, old)
			id := canceled(t, db, inCampaign(1, c), old).ID
			canceled(t, db, inCampaign(2, c), young)
			return id
		}, false},
		"of a campaign that is over": {func(t *testing.T, db *DB) string {
			c := campaignOf(t, db, old)
			return canceled(t, db, inCampaign(1, c), old).ID
		}, true},
		"a key's answer, as a duplicate": {func(t *testing.T, db *DB) string {
			c := campaignOf(t, db, old)
			id := canceled(t, db, inCampaign(1, c), old).ID
			d := inCampaign(1, c)
			d.Key, d.Print = "k", "p"
			if a, err := db.Enqueue(ctx, d); err != nil || !a[0].Duplicate {
				t.Fatalf("%+v, %v", a, err)
			}
			return id
		}, false},
		"of a session that is open": {func(t *testing.T, db *DB) string {
			id := said(t, db, 1, old, "x").ID
			if _, err := db.StartSession(ctx, wabridge.Session{Phone: phone, Chat: chatIDOf(t, db, id), Message: id}, nil, queue.SessionStep{At: old}); err != nil {
				t.Fatal(err)
			}
			said(t, db, 1, now, "y")
			write(t, db, "DELETE FROM event")
			return id
		}, false},
		"of a session that ended": {func(t *testing.T, db *DB) string {
			id := said(t, db, 1, old, "x").ID
			s, err := db.StartSession(ctx, wabridge.Session{Phone: phone, Chat: chatIDOf(t, db, id), Message: id}, nil, queue.SessionStep{At: old})
			if err != nil {
				t.Fatal(err)
			}
			endTalk(t, db, s.ID, old)
			said(t, db, 1, now, "y")
			write(t, db, "DELETE FROM event")
			return id
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			db := openAt(t, tempPath(t), Options{})
			id := c.arrange(t, db)
			keep(t, db, now)
			if has(t, db, id) == c.goes {
				t.Errorf("it goes: %v, want %v", !c.goes, c.goes)
			}
			if again := keep(t, db, now); again != (Cleaned{}) {
				t.Errorf("a second time: %+v", again)
			}
		})
	}
}

func chatIDOf(t *testing.T, db *DB, id string) string {
	t.Helper()
	m, err := db.Message(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	return m.Chat
}

func endTalk(t *testing.T, db *DB, id string, at time.Time) {
	t.Helper()
	_, err := db.MoveSession(ctx, id, func(s wabridge.Session) (wabridge.Session, []queue.Draft, error) {
		s.State, s.Outcome, s.Ended = wabridge.SessionEnded, wabridge.EndedReplaced, at
		return s, nil, nil
	}, queue.SessionStep{At: at})
	if err != nil {
		t.Fatal(err)
	}
}

func campaignOf(t *testing.T, db *DB, at time.Time) string {
	t.Helper()
	c, err := db.PutCampaign(ctx, queue.NewCampaign{Phone: phone, Created: at})
	if err != nil {
		t.Fatal(err)
	}
	return c.ID
}

func inCampaign(p int, id string) queue.Draft {
	d := textTo(p, "x")
	d.Message.Campaign = id
	return d
}

// TestKeepTakesWhatIsLeft: campaigns, sessions, calls, raw notifications and
// counts of unread messages go with what they belong to; what is left of a
// session or a campaign stands alone.
func TestKeepTakesWhatIsLeft(t *testing.T) {
	db := openAt(t, tempPath(t), Options{})
	now := time.Now()
	old := now.Add(-100 * day)
	first := said(t, db, 1, old, "x")
	s, err := db.StartSession(ctx, wabridge.Session{Phone: phone, Chat: first.Chat, Message: first.ID}, nil, queue.SessionStep{At: old})
	if err != nil {
		t.Fatal(err)
	}
	last := said(t, db, 1, old.Add(time.Second), "y")
	endTalk(t, db, s.ID, old)
	c := campaignOf(t, db, old)
	canceled(t, db, inCampaign(2, c), old)
	if _, _, err := db.RecordCall(ctx, wabridge.Call{Phone: phone, State: wabridge.CallMissed, At: old}, "p"); err != nil {
		t.Fatal(err)
	}
	if _, err := db.PutObject(ctx, queue.Object{Kind: queue.ObjectNotification, Owner: phone, ID: first.ID, Data: []byte("{}")}, old); err != nil {
		t.Fatal(err)
	}
	write(t, db, "DELETE FROM event")
	if got, want := keep(t, db, now), (Cleaned{Messages: 2, Campaigns: 1, Sessions: 1, Calls: 1}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if _, err := db.Object(ctx, queue.ObjectNotification, phone, first.ID); wabridge.CodeOf(err) != wabridge.CodeNotFound {
		t.Errorf("the notification of a message that went: %v", err)
	}
	if m, err := db.Message(ctx, last.ID); err != nil || m.Session != "" {
		t.Errorf("the newest message: session %q, %v", m.Session, err)
	}
	var unread int
	if err := db.read.QueryRow("SELECT unread FROM chat WHERE id = ?", first.Chat).Scan(&unread); err != nil || unread != 1 {
		t.Errorf("unread: %d, %v; want 1", unread, err)
	}
}

// TestGoneIDsAreTaken: an id stands for one message for ever.
func TestGoneIDsAreTaken(t *testing.T) {
	db := openAt(t, tempPath(t), Options{})
	now := time.Now()
	m := canceled(t, db, textTo(1, "x"), now.Add(-100*day))
	if got := keep(t, db, now); got.Messages != 1 {
		t.Errorf("got %+v", got)
	}
	if gone, err := db.Gone(ctx, m.ID); !gone || err != nil {
		t.Errorf("gone: %v, %v", gone, err)
	}
	d := textTo(1, "x")
	d.Message.ID = m.ID
	_, err := db.Enqueue(ctx, d)
	wantCode(t, err, wabridge.CodeConflict)
	if gone, err := db.Gone(ctx, "wamid.other"); gone || err != nil {
		t.Errorf("of another: %v, %v", gone, err)
	}
}

// TestKeepStorm: whatever the ages and states, Check's rules hold after a
// cleaning that is broken off at any place, and nothing that is open, young or
// quoted by something open goes.
func TestKeepStorm(t *testing.T) {
	for seed := range uint64(3) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			s := &storm{T: t, db: openAt(t, tempPath(t), Options{}), rng: rand.New(rand.NewPCG(seed, 2)), now: time.Now(), claimed: map[string]*wabridge.Message{}}
			s.db.SetOptOut(queue.DefaultOptOut)
			s.db.SetPlainSessions(60)
			total := Cleaned{}
			for range 6 {
				for range 60 {
					s.now = s.now.Add(time.Duration(s.rng.IntN(20)) * time.Second)
					s.step()
				}
				s.age()
				open := s.list("open = 1 OR id IN (SELECT context FROM message WHERE open = 1 AND context <> '')")
				young := s.list("created >= ?1", time.Now().Add(-90*day).UnixMilli())
				short, cancel := context.WithTimeout(ctx, time.Duration(s.rng.IntN(20))*time.Millisecond)
				got, _ := s.db.Clean(short, time.Now(), Retention{Keep: 90 * day}) // broken off, as by a stop
				cancel()
				s.check()
				total.Messages, total.Sessions, total.Campaigns = total.Messages+got.Messages, total.Sessions+got.Sessions, total.Campaigns+got.Campaigns
				got = keep(t, s.db, time.Now())
				total.Messages, total.Sessions, total.Campaigns = total.Messages+got.Messages, total.Sessions+got.Sessions, total.Campaigns+got.Campaigns
				for _, id := range append(open, young...) {
					if !has(t, s.db, id) {
						t.Fatalf("message %s went", id)
					}
				}
				s.forget()
			}
			t.Logf("dropped: %+v", total)
			if total.Messages == 0 {
				t.Error("nothing was dropped")
			}
		})
	}
}

// age moves some of what there is into the past.
func (s *storm) age() {
	n := int64(s.rng.IntN(3))
	shift := (95 * day).Milliseconds()
	for _, text := range []string{
		"UPDATE message SET created = created - ?1, handed = handed - ?1, sent = sent - ?1, ended = ended - ?1 WHERE seq % 3 <> ?2 AND created > ?3",
		"UPDATE session SET created = created - ?1, ended = ended - ?1 WHERE rowid % 3 <> ?2 AND created > ?3 AND state = 'ended'",
		"UPDATE campaign SET created = created - ?1, changed = changed - ?1 WHERE rowid % 3 <> ?2 AND created > ?3",
		"UPDATE event SET at = at - ?1 WHERE at > ?3 AND ?2 >= 0",
	} {
		write(s.T, s.db, text, shift, n, time.Now().Add(-day).UnixMilli())
	}
	write(s.T, s.db, "UPDATE message SET context = coalesce((SELECT id FROM message o WHERE o.seq < message.seq ORDER BY seq LIMIT 1), '') WHERE open = 1 AND seq % 4 = 0")
}

func (s *storm) list(where string, args ...any) []string {
	all, err := scanned(ctx, s.db, "SELECT id FROM message WHERE "+where, args, func(rows *sql.Rows) (id string, err error) { return id, rows.Scan(&id) })
	s.must(err)
	return all
}

// forget takes what went from what the storm works with.
func (s *storm) forget() {
	ids := s.ids[:0]
	for _, id := range s.ids {
		if has(s.T, s.db, id) {
			ids = append(ids, id)
		}
	}
	s.ids = ids
	var left []string
	for _, id := range s.campaigns {
		if _, err := s.db.Campaign(ctx, id); cmp.Or(wabridge.CodeOf(err), 0) == 0 {
			left = append(left, id)
		}
	}
	s.campaigns = left
}
