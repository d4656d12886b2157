package queuetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

// Open makes an empty store for one test and closes it at its end.
type Open func(t *testing.T) queue.Store

// Run holds the stores that open makes to the contract.
func Run(t *testing.T, open Open) {
	for _, group := range []struct {
		name string
		run  func(*testing.T, Open)
	}{
		{"accept", testAccept},
		{"claim", testClaim},
		{"moves", testMoves},
		{"inbox", testInbox},
		{"answers", testAnswers},
		{"media", testMedia},
		{"log", testLog},
		{"deliveries", testDeliveries},
		{"people", testPeople},
		{"contacts", testContacts},
		{"analytics", testAnalytics},
		{"objects", testObjects},
		{"calls", testCalls},
		{"campaigns", testCampaigns},
		{"conversations", testConversations},
		{"outbox", testOutbox},
		{"resend", testResend},
		{"sessions", testSessions},
	} {
		t.Run(group.name, func(t *testing.T) { group.run(t, open) })
	}
}

const phone = "100000000000001"

// A bench is a store and what tests keep saying to it.
type bench struct {
	*testing.T
	queue.Store
	ctx context.Context
	now time.Time
}

func newBench(t *testing.T, open Open) *bench {
	t.Helper()
	return &bench{T: t, Store: open(t), ctx: context.Background(), now: time.Now().Truncate(time.Millisecond).UTC()}
}

// each runs named tests, each with a store of its own.
func each(t *testing.T, open Open, tests map[string]func(*bench)) {
	for name, run := range tests {
		t.Run(name, func(t *testing.T) { run(newBench(t, open)) })
	}
}

// text is a message to a number.
func text(number, body string) wabridge.Message {
	return wabridge.Message{
		Phone: phone, Chat: wabridge.UserJID(number), Number: number, Input: "+" + number,
		Type: "text", Text: wabridge.Text(body), Body: []byte(fmt.Sprintf(`{"body":%q}`, body)),
	}
}

// number is the n-th test recipient.
func number(n int) string { return fmt.Sprintf("1555%07d", n) }

// accept enqueues messages and returns them as accepted.
func (b *bench) accept(ms ...wabridge.Message) []wabridge.Message {
	b.Helper()
	drafts := make([]queue.Draft, len(ms))
	for i, m := range ms {
		drafts[i].Message = m
	}
	accepted, err := b.Enqueue(b.ctx, drafts...)
	if err != nil {
		b.Fatalf("enqueue: %v", err)
	}
	out := make([]wabridge.Message, len(accepted))
	for i, a := range accepted {
		out[i] = a.Message
	}
	return out
}

// free lets every message go.
func free(*wabridge.Message, queue.Usage, time.Time) time.Time { return time.Time{} }

// claim claims at now plus offset.
func (b *bench) claim(offset time.Duration, gate queue.Gate) (*wabridge.Message, time.Time) {
	b.Helper()
	m, again, err := b.Claim(b.ctx, phone, b.now.Add(offset), time.Minute, gate)
	if err != nil {
		b.Fatalf("claim: %v", err)
	}
	return m, again
}

// take claims and insists on a message with this text.
func (b *bench) take(offset time.Duration, want string) *wabridge.Message {
	b.Helper()
	m, _ := b.claim(offset, free)
	if m == nil {
		b.Fatalf("claim: got nothing, want %q", want)
	}
	if string(m.Text) != want {
		b.Fatalf("claim: got %q, want %q", string(m.Text), want)
	}
	return m
}

// nothing insists that there is nothing to claim and returns the time to ask
// again.
func (b *bench) nothing(offset time.Duration, gate queue.Gate) time.Time {
	b.Helper()
	m, again := b.claim(offset, gate)
	if m != nil {
		b.Fatalf("claim: got %q, want nothing", string(m.Text))
	}
	return again
}

// move applies a move and insists that it works.
func (b *bench) move(m *wabridge.Message, mv wabridge.Move) wabridge.Message {
	b.Helper()
	out, err := b.Apply(b.ctx, m.ID, m.Fence, mv)
	if err != nil {
		b.Fatalf("move to %s: %v", mv.To(), err)
	}
	return out
}

// intend notes an intent at now plus offset.
func (b *bench) intend(m *wabridge.Message, offset time.Duration) {
	b.Helper()
	if err := b.Intend(b.ctx, m.ID, m.Fence, wabridge.Intent{At: b.now.Add(offset)}); err != nil {
		b.Fatalf("intend: %v", err)
	}
}

// send takes the next message all the way to sent.
func (b *bench) send(offset time.Duration, want string) {
	b.Helper()
	m := b.take(offset, want)
	b.intend(m, offset)
	b.move(m, wabridge.WasSent(b.now.Add(offset)))
}

// state insists on a message's state.
func (b *bench) state(id string, want wabridge.State) wabridge.Message {
	b.Helper()
	m, err := b.Message(b.ctx, id)
	if err != nil {
		b.Fatalf("message: %v", err)
	}
	if m.State != want {
		b.Fatalf("state of %q: got %s, want %s", string(m.Text), m.State, want)
	}
	return m
}

// code insists on an error's code.
func (b *bench) code(err error, want wabridge.Code) {
	b.Helper()
	if got := wabridge.CodeOf(err); got != want {
		b.Fatalf("code: got %d (%v), want %d", got, err, want)
	}
}

// events reads the whole log.
func (b *bench) events(f queue.EventFilter) []wabridge.Event {
	b.Helper()
	events, _, err := b.Events(b.ctx, 0, 100_000, f)
	if err != nil {
		b.Fatalf("events: %v", err)
	}
	return events
}
