package session

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

func draftOf(m wabridge.Message) queue.Draft { return queue.Draft{Message: m} }

func TestSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		s := w.open(1, "visit", "", nil)
		time.Sleep(2*time.Hour - time.Second)
		synctest.Wait()
		w.is(s.ID, wabridge.SessionOpen, "", nil)
		time.Sleep(2 * time.Second)
		synctest.Wait()
		got := w.is(s.ID, wabridge.SessionEnded, "silence", results{"confirmation": "no answer"})
		if late := got.Ended.Sub(s.Started) - 2*time.Hour; late < 0 || late > 2*time.Second {
			t.Errorf("it ended %v late", late)
		}
	})
}

func TestTheTimeOfTheFirstQuestionBeginsWhenItIsSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		a, err := w.db.Enqueue(w.ctx, w.draft(1, "visit", "", nil))
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(4 * time.Hour) // the phone is off
		w.send()
		id := a[0].Message.Session
		time.Sleep(time.Hour)
		synctest.Wait()
		w.is(id, wabridge.SessionOpen, "", nil)
		time.Sleep(time.Hour + time.Second)
		synctest.Wait()
		w.is(id, wabridge.SessionEnded, "silence", results{"confirmation": "no answer"})
	})
}

func TestNoTimeRunsWhileAQuestionWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		s := w.open(1, "visit", "", nil)
		w.hear(1, wabridge.Message{Text: "yes"})
		synctest.Wait()
		time.Sleep(4 * time.Hour) // the night
		synctest.Wait()
		w.is(s.ID, wabridge.SessionOpen, "", results{"confirmation": "yes"})
		w.want(strings.Join(w.send(), " / "), "How did you like it, 0 to 10?")
		time.Sleep(time.Hour)
		w.want(w.answer(1, "3"), "Thank you.")
	})
}

func TestASessionEndsByTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		m := to(1)
		m.Type, m.Text = "text", "Your order is ready."
		d, _, err := Open(Opening{TTL: 600, Name: "order"}, m, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.db.Enqueue(w.ctx, d); err != nil {
			t.Fatal(err)
		}
		w.send()
		time.Sleep(9 * time.Minute)
		w.want(w.answer(1, "thanks"), "")
		time.Sleep(9 * time.Minute)
		synctest.Wait()
		if got := w.is(d.Session.ID, wabridge.SessionOpen, "", nil); got.Received != 1 {
			t.Errorf("got %+v", got)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		w.is(d.Session.ID, wabridge.SessionEnded, wabridge.EndedTime, nil)
	})
}

func TestTimesPassWhileItIsOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, func(c *Config) { c.Grace = time.Minute })
		time.Sleep(2 * time.Minute)
		late, answered := w.open(1, "visit", "", nil), w.open(2, "visit", "", nil)
		w.stop()
		time.Sleep(50 * time.Hour)
		w.start()
		time.Sleep(30 * time.Second)
		synctest.Wait()
		w.is(late.ID, wabridge.SessionOpen, "", nil) // what was written meanwhile is read first
		w.want(w.answer(2, "yes"), "How did you like it, 0 to 10?")
		time.Sleep(time.Minute)
		synctest.Wait()
		w.is(late.ID, wabridge.SessionEnded, "silence", results{"confirmation": "no answer"})
		w.is(answered.ID, wabridge.SessionOpen, "", results{"confirmation": "yes"})
	})
}

func TestAScenarioThatIsGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		s := w.open(1, "visit", "", nil)
		w.stop()
		all := w.config.Scenarios
		w.config.Scenarios = newEmpty()
		w.start()
		w.want(w.answer(1, "yes"), "")
		if got := w.session(s.ID); !got.Operator || got.State != wabridge.SessionOpen {
			t.Errorf("got %+v", got)
		}
		if _, err := TakeBack(w.ctx, w.db, newEmpty(), s.ID, time.Now()); wabridge.CodeOf(err) != wabridge.CodeConflict {
			t.Errorf("take back without the scenario: got %v", err)
		}
		if _, err := TakeBack(w.ctx, w.db, all, s.ID, time.Now()); err != nil {
			t.Error(err)
		}
	})
}
