package queuetest

import (
	"sync"
	"testing"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

func testResend(t *testing.T, open Open) {
	each(t, open, map[string]func(*bench){
		"once, whoever asks":              resendOnce,
		"only what ended without leaving": resendOnlyEnded,
		"doubt must be known":             resendDoubt,
		"the new one once as well":        resendChain,
	})
}

// ended makes a message that failed with a code.
func (b *bench) ended(n int, code wabridge.Code) wabridge.Message {
	b.Helper()
	m := b.accept(text(number(n), "hello"))[0]
	return b.move(&m, wabridge.HasFailed(b.now, code, "gone"))
}

// resendOnce has twenty people press at the same moment.
func resendOnce(b *bench) {
	m := b.ended(1, wabridge.CodeUndeliverable)
	var wg sync.WaitGroup
	var mu sync.Mutex
	var made []string
	for range 20 {
		wg.Go(func() {
			again, err := b.Resend(b.ctx, m.ID, true, b.now)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				made = append(made, again.ID)
			} else if wabridge.CodeOf(err) != wabridge.CodeConflict {
				b.Errorf("resend: %v, want CodeConflict", err)
			}
		})
	}
	wg.Wait()
	if len(made) != 1 {
		b.Fatalf("%d new messages, want 1", len(made))
	}
	old, err := b.Message(b.ctx, m.ID)
	if err != nil || old.Resent != made[0] {
		b.Errorf("the old one: resent as %q (%v), want %q", old.Resent, err, made[0])
	}
	again := b.take(0, "hello")
	if again.ID != made[0] || again.Number != m.Number || again.Resent != "" || again.Source != wabridge.SourceConsole {
		b.Errorf("the new one: %+v", again)
	}
	if more, _ := b.claim(0, free); more != nil {
		b.Errorf("a second one waits: %+v", more)
	}
}

func resendOnlyEnded(b *bench) {
	queued := b.accept(text(number(1), "waits"))[0]
	_, err := b.Resend(b.ctx, queued.ID, true, b.now)
	b.code(err, wabridge.CodeTooLate)
	for n, moves := range map[int][]wabridge.Move{
		2: {wabridge.WasSent(b.now)}, 3: {wabridge.HandedOver(b.now)}, 4: {wabridge.WasRead(b.now)},
		5: {wabridge.Doubted(b.now, wabridge.CodeAmbiguous, "it may have left")},
	} {
		b.accept(text(number(n), "x"))
		m := b.claimOf(number(n))
		for _, mv := range moves {
			b.move(m, mv)
		}
		_, err := b.Resend(b.ctx, m.ID, true, b.now)
		b.code(err, wabridge.CodeTooLate)
	}
	in := b.says(ana, wabridge.In, "hi")
	_, err = b.Resend(b.ctx, in.ID, true, b.now)
	b.code(err, wabridge.CodeTooLate)
	_, err = b.Resend(b.ctx, "none", true, b.now)
	b.code(err, wabridge.CodeNotFound)
	unwanted := b.ended(6, wabridge.CodeOptedOut)
	_, err = b.Resend(b.ctx, unwanted.ID, true, b.now)
	b.code(err, wabridge.CodeOptedOut)
	canceled := b.accept(text(number(7), "x"))[0]
	if _, err := b.Cancel(b.ctx, canceled.ID, b.now); err != nil {
		b.Fatal(err)
	}
	_, err = b.Resend(b.ctx, canceled.ID, false, b.now)
	b.code(err, 0)
}

// claimOf claims until the message to a number comes, and gives the others back.
func (b *bench) claimOf(n string) *wabridge.Message {
	b.Helper()
	for {
		m, _ := b.claim(0, free)
		if m == nil {
			b.Fatalf("nothing to claim for %s", n)
		}
		if m.Number == n {
			return m
		}
		b.move(m, wabridge.Deferred(b.now, b.now.Add(time.Hour), wabridge.CodeOffline, "later"))
	}
}

func resendDoubt(b *bench) {
	for n, code := range []wabridge.Code{wabridge.CodeInternal, wabridge.CodeAmbiguous, wabridge.CodeWrongChat} {
		m := b.ended(n+1, code)
		_, err := b.Resend(b.ctx, m.ID, false, b.now)
		b.code(err, wabridge.CodeAmbiguous)
		_, err = b.Resend(b.ctx, m.ID, true, b.now)
		b.code(err, 0)
	}
	// Its chat could not tell whether it left.
	b.accept(text(number(8), "x"))
	undecided := b.claimOf(number(8))
	b.move(undecided, wabridge.Doubted(b.now, wabridge.CodeAmbiguous, "it may have left"))
	b.move(undecided, wabridge.LeftUndecided(b.now, "nobody looks for it any more"))
	_, err := b.Resend(b.ctx, undecided.ID, false, b.now)
	b.code(err, wabridge.CodeAmbiguous)
	_, err = b.Resend(b.ctx, undecided.ID, true, b.now)
	b.code(err, 0)
	_, err = b.Resend(b.ctx, undecided.ID, true, b.now)
	b.code(err, wabridge.CodeConflict)
	b.move(undecided, wabridge.WasSent(b.now)) // its bubble was found after all
	_, err = b.Resend(b.ctx, undecided.ID, true, b.now)
	b.code(err, wabridge.CodeTooLate)
	// An upload failed after the bubble was there.
	b.accept(text(number(9), "x"))
	m := b.claimOf(number(9))
	b.move(m, wabridge.HandedOver(b.now))
	b.move(m, wabridge.HasFailed(b.now, wabridge.CodeMediaUpload, "upload failed"))
	_, err = b.Resend(b.ctx, m.ID, false, b.now)
	b.code(err, wabridge.CodeAmbiguous)
}

func resendChain(b *bench) {
	m := b.ended(1, wabridge.CodeUndeliverable)
	for range 3 {
		again, err := b.Resend(b.ctx, m.ID, false, b.now)
		if err != nil {
			b.Fatal(err)
		}
		_, err = b.Resend(b.ctx, m.ID, false, b.now)
		b.code(err, wabridge.CodeConflict)
		m = b.move(&again, wabridge.HasFailed(b.now, wabridge.CodeUndeliverable, "gone"))
	}
	if counts, err := b.OutboxCounts(b.ctx, phone); err != nil || counts[wabridge.Failed] != 4 {
		b.Errorf("outbox: %v, %v", counts, err)
	}
}

var _ queue.Resender = queue.Store(nil)
