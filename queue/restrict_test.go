package queue_test

import (
	"strings"
	"testing"
	"time"

	"github.com/wabridge/wabridge"
)

// TestLaneOfARestrictedAccount: chats that exist go on at once, first contacts
// wait, few are tried, and all go out in the end.
func TestLaneOfARestrictedAccount(t *testing.T) {
	inWorld(t, func(w *world) {
		restricted, refusals := false, 0
		known := map[string]bool{}
		w.fake.before = func(m *wabridge.Message) error {
			if restricted && !known[m.Chat] {
				refusals++
				return wabridge.Fail(wabridge.CodeNoNewChats, nil, "Your account is restricted.")
			}
			known[m.Chat] = true
			return nil
		}
		stop, _ := w.start(w.db)
		defer stop()
		w.accept(1, "before")
		w.drained(time.Minute)

		restricted = true
		first := w.accept(2, "new 2")
		for to := range 5 {
			w.accept(10+to, "new")
		}
		w.accept(1, "known")
		w.wait(10 * time.Minute)
		if got := w.fake.texts(); got != "before known " {
			t.Errorf("sent %q, want those of the chat that exists", got)
		}
		if m := w.message(first.ID); m.State != wabridge.Queued || m.Code != wabridge.CodeNoNewChats || m.Reason != "Your account is restricted." {
			t.Errorf("a first contact is %s with code %d, %q", m.State, m.Code, m.Reason)
		}
		if p := w.phone(wabridge.PhoneReady); p.Code != wabridge.CodeNoNewChats || p.Reason == "" {
			t.Errorf("the phone says code %d, %q", p.Code, p.Reason)
		}
		w.wait(2 * time.Hour)
		if refusals < 3 || refusals > 8 {
			t.Errorf("%d new chats were tried in two hours", refusals)
		}
		restricted = false
		w.drained(time.Hour)
		if n := strings.Count(w.fake.texts(), "new"); n != 6 {
			t.Errorf("%d first contacts went out in the end, want 6", n)
		}
		w.wait(time.Hour)
		if p := w.phone(wabridge.PhoneReady); p.Code != wabridge.CodeNone {
			t.Errorf("in the end the phone says code %d, %q", p.Code, p.Reason)
		}
	})
}
