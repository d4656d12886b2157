package sqlite

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

// TestListsHoldWhatTheirFilterAsksFor draws filters and compares each list with
// what a walk through all messages finds.
func TestListsHoldWhatTheirFilterAsksFor(t *testing.T) {
	db := openAt(t, tempPath(t), Options{})
	rng := rand.New(rand.NewPCG(1, uint64(time.Now().UnixNano())))
	all := randomMessages(t, db, rng, 400)
	long := 0
	for i := range 3000 {
		f := randomFilter(rng, all)
		got, err := db.Messages(ctx, f)
		if err != nil {
			t.Fatalf("%+v: %v", f, err)
		}
		want := walked(all, f)
		if !slices.Equal(seqsOf(got), seqsOf(want)) {
			t.Fatalf("filter %d %+v:\ngot  %v\nwant %v", i, f, seqsOf(got), seqsOf(want))
		}
		if len(want) > 1 {
			long++
		}
	}
	if long < 300 {
		t.Errorf("only %d lists had more than one message", long)
	}
}

// A listedMessage is a message and what else a filter may know its chat by.
type listedMessage struct {
	wabridge.Message
	lid, chatNumber string
}

// randomMessages makes chats of three phones, some with the same ids and both
// forms of a Brazilian number, and messages of every state and direction.
func randomMessages(t *testing.T, db *DB, rng *rand.Rand, n int) (all []listedMessage) {
	t.Helper()
	numbers := []string{"15550000001", "15550000002", "5511987654321", "551187654321", "4915112345678"}
	for key := range 18 {
		phone, number := fmt.Sprint(100+key%3), numbers[(key/3)%len(numbers)]
		id, group, lid := wabridge.UserJID(number), 0, ""
		if key >= 15 {
			id, number, group = fmt.Sprintf("1-%d@g.us", key/6), "", 1
		} else if key%2 == 0 {
			lid = fmt.Sprintf("%d@lid", key/4)
		}
		write(t, db, fmt.Sprintf(`INSERT INTO chat (key, phone, id, number, lid, is_group, newest) VALUES (%d, '%s', '%s', '%s', '%s', %d, 1) ON CONFLICT DO NOTHING`,
			key+1, phone, id, number, lid, group))
	}
	start := time.Now().Add(-time.Hour).UnixMilli()
	for i := range n {
		state := wabridge.States[rng.IntN(len(wabridge.States))]
		direction := "out"
		if state == wabridge.Received {
			direction = []string{"in", "echo"}[rng.IntN(2)]
		}
		created := start + int64(i)*1000 + int64(rng.IntN(20_000)) - 10_000
		campaign := []string{"", "c", "d"}[rng.IntN(3)]
		write(t, db, fmt.Sprintf(`
INSERT INTO message (id, phone, direction, chat, number, group_id, type, due, state, open, fence, lease, created, handed, sent, delivered, read, ended, campaign, session)
SELECT 'm%[1]d', c.phone, '%[2]s', c.key, iif(c.is_group, '%[3]s', c.number), iif(c.is_group, c.id, ''), 'text', 1, '%[4]s', %[5]t, 1,
  iif('%[4]s' = 'sending', 1, NULL), %[6]d, %[7]s, %[7]s, %[7]s, %[7]s, %[8]s, '%[9]s', '%[10]s'
FROM chat c ORDER BY (c.key * %[11]d) %% 97 LIMIT 1`,
			i, direction, numbers[rng.IntN(3)], string(state), state.Open(), created,
			map[bool]string{true: "1", false: "NULL"}[slices.Contains([]wabridge.State{wabridge.Handed, wabridge.Sent, wabridge.Delivered, wabridge.Read}, state)],
			map[bool]string{true: "1", false: "NULL"}[slices.Contains([]wabridge.State{wabridge.Failed, wabridge.Expired, wabridge.Canceled}, state)],
			campaign, []string{"", "s"}[rng.IntN(2)], 1+rng.IntN(96)))
	}
	records, err := collect(db.read.Query(selectMessage + `ORDER BY m.seq`))
	if err != nil || len(records) != n {
		t.Fatalf("%d messages, %v", len(records), err)
	}
	for _, r := range records {
		m := listedMessage{Message: r.Message}
		must(t, db.read.QueryRow(`SELECT lid, number FROM chat WHERE key = ?`, r.chat).Scan(&m.lid, &m.chatNumber))
		all = append(all, m)
	}
	return all
}

// randomFilter asks for what some message has, or for something near it.
func randomFilter(rng *rand.Rand, all []listedMessage) queue.MessageFilter {
	f := queue.MessageFilter{Limit: []int{1, 3, 10, 1000}[rng.IntN(4)], Oldest: rng.IntN(2) == 0}
	m := all[rng.IntN(len(all))]
	maybe := func(one int, set func()) {
		if rng.IntN(one) == 0 {
			set()
		}
	}
	maybe(3, func() { f.Phone = m.Phone })
	maybe(4, func() { f.Chat = []string{m.Chat, m.Chat, m.lid}[rng.IntN(3)] })
	maybe(4, func() { f.Number = []string{m.Number, "551187654321", "+1 555 000 0001"}[rng.IntN(3)] })
	maybe(5, func() { f.Campaign = m.Campaign })
	maybe(6, func() { f.Session = m.Session })
	maybe(4, func() { f.Direction = []wabridge.Direction{wabridge.In, wabridge.Out, wabridge.Echo}[rng.IntN(3)] })
	maybe(3, func() {
		for range 1 + rng.IntN(3) {
			f.States = append(f.States, wabridge.States[rng.IntN(len(wabridge.States))])
		}
	})
	maybe(5, func() { f.Since = m.Created })
	maybe(5, func() { f.Until = all[rng.IntN(len(all))].Created })
	maybe(4, func() { f.Before = m.Seq })
	maybe(4, func() { f.After = all[rng.IntN(len(all))].Seq })
	return f
}

// walked is the list by its definition.
func walked(all []listedMessage, f queue.MessageFilter) (list []wabridge.Message) {
	digits := wabridge.Digits(f.Number)
	for _, m := range all {
		byNumber := f.Number == "" || m.chatNumber != "" && wabridge.SameNumber(m.chatNumber, digits) ||
			m.Group != "" && m.Number != "" && wabridge.SameNumber(m.Number, digits)
		if byNumber && (f.Phone == "" || m.Phone == f.Phone) && (f.Chat == "" || m.Chat == f.Chat || m.lid == f.Chat) &&
			(f.Campaign == "" || m.Campaign == f.Campaign) && (f.Session == "" || m.Session == f.Session) &&
			(f.Direction == "" || m.Direction == f.Direction) && (len(f.States) == 0 || slices.Contains(f.States, m.State)) &&
			(f.Since.IsZero() || !m.Created.Before(f.Since)) && (f.Until.IsZero() || m.Created.Before(f.Until)) &&
			(f.Before == 0 || m.Seq < f.Before) && (f.After == 0 || m.Seq > f.After) {
			list = append(list, m.Message)
		}
	}
	if !f.Oldest {
		slices.Reverse(list)
	}
	return list[:min(len(list), f.Limit)]
}

func seqsOf(list []wabridge.Message) (all []int64) {
	for _, m := range list {
		all = append(all, m.Seq)
	}
	return all
}
