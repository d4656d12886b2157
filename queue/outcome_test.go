package queue

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/wabridge/wabridge"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC) // a Monday

func TestOutcome(t *testing.T) {
	fail := func(c wabridge.Code) error { return wabridge.Fail(c, nil, "detail") }
	for _, c := range []struct {
		name     string
		tries    int
		intended bool
		err      error
		to       wabridge.State
		code     wabridge.Code
		giveBack bool
		wait     time.Duration // until due; -1: due stays
	}{
		{"a slow step is tried again", 1, false, fail(wabridge.CodeSlow), wabridge.Queued, wabridge.CodeSlow, false, 5 * time.Second},
		{"later each time", 3, false, fail(wabridge.CodeScreen), wabridge.Queued, wabridge.CodeScreen, false, 20 * time.Second},
		{"but not for ever", MaxTries, false, fail(wabridge.CodeWrongChat), wabridge.Failed, wabridge.CodeWrongChat, false, -1},
		{"a bug of ours is tried again", 1, false, fmt.Errorf("nil map"), wabridge.Queued, wabridge.CodeInternal, false, 5 * time.Second},
		{"not on WhatsApp fails at once", 1, false, fail(wabridge.CodeUndeliverable), wabridge.Failed, wabridge.CodeUndeliverable, false, -1},
		{"own number fails at once", 1, false, fail(wabridge.CodeSelf), wabridge.Failed, wabridge.CodeSelf, false, -1},
		{"unsupported fails at once", 1, false, fail(wabridge.CodeUnsupported), wabridge.Failed, wabridge.CodeUnsupported, false, -1},
		{"offline waits, even after many tries", 99, false, fail(wabridge.CodeOffline), wabridge.Queued, wabridge.CodeOffline, true, waitBase},
		{"locked screen waits", 99, false, fail(wabridge.CodeLockedScreen), wabridge.Queued, wabridge.CodeLockedScreen, true, waitBase},
		{"attention waits", 99, false, fail(wabridge.CodeAttention), wabridge.Queued, wabridge.CodeAttention, true, waitBase},
		{"banned waits", 99, false, fail(wabridge.CodeLocked), wabridge.Queued, wabridge.CodeLocked, true, waitBase},
		{"logged out waits", 99, false, fail(wabridge.CodeNotRegistered), wabridge.Queued, wabridge.CodeNotRegistered, true, waitBase},
		{"no internet waits", 99, false, fail(wabridge.CodeNetwork), wabridge.Queued, wabridge.CodeNetwork, true, waitBase},
		{"a full disk waits", 99, false, fail(wabridge.CodeStorage), wabridge.Queued, wabridge.CodeStorage, true, waitBase},
		{"stopping gives the try back", 99, false, fail(wabridge.CodeStopping), wabridge.Queued, wabridge.CodeNone, true, -1},
		{"so does a canceled context", 99, false, fmt.Errorf("dump: %w", context.Canceled), wabridge.Queued, wabridge.CodeNone, true, -1},
		{"a deadline is a slow step", 1, false, fmt.Errorf("dump: %w", context.DeadlineExceeded), wabridge.Queued, wabridge.CodeSlow, false, 5 * time.Second},
		{"ambiguous is never repeated", 1, false, fail(wabridge.CodeAmbiguous), wabridge.Unconfirmed, wabridge.CodeAmbiguous, false, -1},
		{"after the intent offline is a doubt", 1, true, fail(wabridge.CodeOffline), wabridge.Unconfirmed, wabridge.CodeOffline, false, -1},
		{"after the intent stopping is a doubt", 1, true, context.Canceled, wabridge.Unconfirmed, wabridge.CodeStopping, false, -1},
		{"after the intent even not on WhatsApp is a doubt", 1, true, fail(wabridge.CodeUndeliverable), wabridge.Unconfirmed, wabridge.CodeUndeliverable, false, -1},
		{"after the intent the last try is a doubt", MaxTries, true, fail(wabridge.CodeSlow), wabridge.Unconfirmed, wabridge.CodeSlow, false, -1},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := &wabridge.Message{State: wabridge.Sending, Tries: c.tries}
			if c.intended {
				m.Intent = &wabridge.Intent{}
			}
			got := Outcome(m, c.err, noon)
			if got.To() != c.to || got.Code() != c.code || got.GiveBack() != c.giveBack || !got.Legal(wabridge.Sending) {
				t.Errorf("got to %s, code %d, give back %v; want %s, %d, %v", got.To(), got.Code(), got.GiveBack(), c.to, c.code, c.giveBack)
			}
			want := time.Time{}
			if c.wait >= 0 {
				want = noon.Add(c.wait)
			}
			if !got.Due().Equal(want) {
				t.Errorf("due: got %v, want %v", got.Due(), want)
			}
		})
	}
}

// TestOutcomeRepeatsNoDoubt goes through the codes: after the intent nothing
// may lead back to the queue, and no outcome is without words.
func TestOutcomeRepeatsNoDoubt(t *testing.T) {
	codes := slices.Collect(maps.Keys(verdicts))
	for code := wabridge.Code(-20); code < 1000; code++ {
		codes = append(codes, code)
	}
	for _, code := range codes {
		m := &wabridge.Message{State: wabridge.Sending, Tries: 1, Intent: &wabridge.Intent{}}
		got := Outcome(m, wabridge.Fail(code, nil, ""), noon)
		want := wabridge.Unconfirmed
		if code == wabridge.CodeMediaUpload { // its bubble was seen unsent
			want = wabridge.Failed
		}
		if got.To() != want || got.Reason() == "" {
			t.Fatalf("code %d after the intent: %s, %q", code, got.To(), got.Reason())
		}
	}
}

func TestReasonHoldsNoCause(t *testing.T) {
	cause := fmt.Errorf("am start https://wa.me/15551234567?text=secret")
	for _, err := range []error{
		cause,
		wabridge.Fail(wabridge.CodeOffline, cause, ""),
		fmt.Errorf("send: %w", wabridge.Fail(wabridge.CodeSlow, cause, "the chat did not open")),
	} {
		if got := reasonOf(err); got == "" || len(got) > 80 || got == err.Error() {
			t.Errorf("reason of %q: got %q", err, got)
		}
	}
}

func TestBackoff(t *testing.T) {
	for n, want := range []time.Duration{1, 1, 2, 4, 8, 10, 10} {
		if got := Backoff(n, time.Second, 10*time.Second); got != want*time.Second {
			t.Errorf("after %d failures: got %v, want %v", n, got, want*time.Second)
		}
	}
	if got := Backoff(1<<30, time.Second, time.Hour); got != time.Hour {
		t.Errorf("after very many failures: got %v", got)
	}
}

func TestSeen(t *testing.T) {
	for _, tt := range []struct {
		from, tick wabridge.State
		want       string
	}{
		{wabridge.Sending, wabridge.Handed, "[handed]"},
		{wabridge.Sending, wabridge.Sent, "[sent]"},
		{wabridge.Sending, wabridge.Read, "[sent delivered read]"},
		{wabridge.Unconfirmed, wabridge.Delivered, "[sent delivered]"},
		{wabridge.Handed, wabridge.Read, "[sent delivered read]"},
		{wabridge.Sent, wabridge.Read, "[delivered read]"},
		{wabridge.Delivered, wabridge.Read, "[read]"},
		{wabridge.Sent, wabridge.Sent, "[]"},
		{wabridge.Read, wabridge.Delivered, "[]"},
		{wabridge.Handed, wabridge.Handed, "[]"},
		{wabridge.Sending, wabridge.Queued, "[]"},
		{wabridge.Failed, wabridge.Read, "[]"},
	} {
		var got []wabridge.State
		for _, move := range Seen(tt.from, tt.tick, noon) {
			got = append(got, move.To())
		}
		if fmt.Sprint(got) != tt.want {
			t.Errorf("%s, tick of %s: got %v, want %s", tt.from, tt.tick, got, tt.want)
		}
	}
}

func TestAbsent(t *testing.T) {
	for tries, want := range map[int]time.Duration{1: 0, 2: time.Second, 4: 4 * time.Second, 19: 10 * time.Minute} {
		got := Absent(&wabridge.Message{Tries: tries}, noon)
		wait := time.Duration(0)
		if !got.Due().IsZero() {
			wait = got.Due().Sub(noon)
		}
		if got.To() != wabridge.Queued || wait != want {
			t.Errorf("after %d tries: to %s in %v, want queued in %v", tries, got.To(), wait, want)
		}
	}
	if got := Absent(&wabridge.Message{Tries: 1, Taps: wabridge.MaxTaps}, noon); got.To() != wabridge.Failed || !got.Legal(wabridge.Unconfirmed) {
		t.Errorf("after the last tap: got %s", got.To())
	}
}

func TestDoubtEndsByLooksOrByAge(t *testing.T) {
	for _, c := range []struct {
		name  string
		looks int
		age   time.Duration
		want  bool
	}{
		{"a fresh doubt", 1, time.Minute, false},
		{"many looks", MaxLooks, time.Minute, true},
		{"the phone was away for long", 0, MaxDoubt, true},
		{"one look before its time", MaxLooks - 1, MaxDoubt - time.Second, false},
	} {
		m := &wabridge.Message{Intent: &wabridge.Intent{At: noon.Add(-c.age)}}
		if got := undecidable(m, c.looks, noon); got != c.want {
			t.Errorf("%s: got %v", c.name, got)
		}
	}
}
