package session

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wabridge/wabridge"
)

func TestHandOverByTheScenario(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		s := w.open(1, "visit", "", nil)
		w.want(w.answer(1, "person"), "A colleague will write.")
		if got := w.is(s.ID, wabridge.SessionOpen, "", nil); !got.Operator || !got.Deadline.IsZero() {
			t.Errorf("got %+v", got)
		}
		w.want(w.answer(1, "yes"), "")
		if _, err := TakeBack(w.ctx, w.db, w.lib, s.ID, time.Now()); err != nil {
			t.Fatal(err)
		}
		w.want(strings.Join(w.send(), " / "), "friend, will you come?||1. Yes|2. No|3. Person")
		w.want(w.answer(1, "no"), "Thank you.")
		w.is(s.ID, wabridge.SessionEnded, "done", results{"confirmation": "no"})
		if got, want := w.changes(s.ID), "started, opened, handed_over  wish, taken_back, result confirmation=no, ended"; strings.ReplaceAll(got, "= ", " ") != strings.ReplaceAll(want, "= ", " ") {
			t.Errorf("events: got %s, want %s", got, want)
		}
	})
}

func TestHandOverAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		s := w.open(1, "mute", "", nil)
		if got := w.is(s.ID, wabridge.SessionOpen, "", results{"asked": "yes"}); !got.Operator {
			t.Errorf("got %+v", got)
		}
		_, err := TakeBack(w.ctx, w.db, w.lib, s.ID, time.Now())
		if wabridge.CodeOf(err) != wabridge.CodeConflict {
			t.Errorf("take back: got %v", err)
		}
		time.Sleep(25 * time.Hour)
		synctest.Wait()
		w.is(s.ID, wabridge.SessionEnded, wabridge.EndedHanded, results{"asked": "yes"})
	})
}

func TestTypingOnThePhoneHandsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		s := w.open(1, "visit", "", nil)
		time.Sleep(time.Hour)
		w.hear(1, wabridge.Message{Direction: wabridge.Echo, Text: "I am on it", Created: s.Started.Add(-90 * time.Second)}) // seen late
		synctest.Wait()
		if w.session(s.ID).Operator {
			t.Fatal("what was typed before the session took it over")
		}
		w.hear(1, wabridge.Message{Text: "yes"})
		synctest.Wait() // the next question is queued
		w.hear(1, wabridge.Message{Direction: wabridge.Echo, Text: "I am on it"})
		w.want(strings.Join(w.send(), " / "), "")
		if !w.session(s.ID).Operator {
			t.Error("the bot goes on")
		}
		w.want(w.answer(1, "thanks"), "")
	})
}

func TestMessagesOfTheAPIHandNothingOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		s := w.open(1, "visit", "", nil)
		m := to(1)
		m.Type, m.Text = "text", "Our address has changed."
		if _, err := w.db.Enqueue(w.ctx, draftOf(m)); err != nil {
			t.Fatal(err)
		}
		w.want(strings.Join(w.send(), " / "), "Our address has changed.")
		w.want(w.answer(1, "no"), "Thank you.")
		if got := w.is(s.ID, wabridge.SessionEnded, "done", results{"confirmation": "no"}); got.Sent != 3 {
			t.Errorf("sent: got %d", got.Sent)
		}
	})
}

func TestWishes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		s := w.open(1, "visit", "", nil)
		at := time.Now()
		if _, err := SetResults(w.ctx, w.db, s.ID, results{"confirmation": "by phone", "note": "x"}, at); err != nil {
			t.Fatal(err)
		}
		if _, err := SetResults(w.ctx, w.db, s.ID, results{"note": ""}, at); err != nil {
			t.Fatal(err)
		}
		w.is(s.ID, wabridge.SessionOpen, "", results{"confirmation": "by phone"})
		if _, err := HandOver(w.ctx, w.db, s.ID, "vip", at); err != nil {
			t.Fatal(err)
		}
		w.want(w.answer(1, "yes"), "")
		if _, err := End(w.ctx, w.db, s.ID, "", at); err != nil {
			t.Fatal(err)
		}
		w.is(s.ID, wabridge.SessionEnded, wabridge.EndedByCaller, results{"confirmation": "by phone"})
		for what, err := range map[string]error{
			"end":       second(End(w.ctx, w.db, s.ID, "again", at)),
			"hand over": second(HandOver(w.ctx, w.db, s.ID, "", at)),
			"take back": second(TakeBack(w.ctx, w.db, w.lib, s.ID, at)),
		} {
			if wabridge.CodeOf(err) != wabridge.CodeConflict {
				t.Errorf("%s of one that has ended: got %v", what, err)
			}
		}
		many := results{}
		for i := range MaxResults + 1 {
			many[strings.Repeat("k", i+1)] = "v"
		}
		if _, err := SetResults(w.ctx, w.db, s.ID, many, at); wabridge.CodeOf(err) != wabridge.CodeConflict {
			t.Errorf("too many results: got %v", err)
		}
	})
}

func TestHandOverWhileItWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		a, err := w.db.Enqueue(w.ctx, w.draft(1, "visit", "Our own words", nil))
		if err != nil {
			t.Fatal(err)
		}
		id := a[0].Message.Session
		if _, err := HandOver(w.ctx, w.db, id, "vip", time.Now()); err != nil {
			t.Fatal(err)
		}
		if _, err := TakeBack(w.ctx, w.db, w.lib, id, time.Now()); err != nil {
			t.Fatal(err)
		}
		w.want(strings.Join(w.send(), " / "), "Our own words")
		w.want(w.answer(1, "no"), "Thank you.")
		w.is(id, wabridge.SessionEnded, "done", results{"confirmation": "no"})
		d := w.draft(2, "visit", "", nil)
		if _, err := w.db.Enqueue(w.ctx, d); err != nil {
			t.Fatal(err)
		}
		if _, err := End(w.ctx, w.db, d.Session.ID, "", time.Now()); err != nil {
			t.Fatal(err)
		}
		w.want(strings.Join(w.send(), " / "), "")
		w.is(d.Session.ID, wabridge.SessionEnded, wabridge.EndedByCaller, nil)
	})
}

func second(_ wabridge.Session, err error) error { return err }
