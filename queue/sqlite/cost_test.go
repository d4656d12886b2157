package sqlite

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

// rowsForPlans is how many messages and chats the planner is asked with. The
// long form takes a minute to fill.
func rowsForPlans() []int {
	if os.Getenv("WABRIDGE_TEST_LONG") != "" {
		return []int{500, 500_000}
	}
	return []int{500, 20_000}
}

// manyNumber is the number of the i-th chat of fillRows.
func manyNumber(i int) string { return fmt.Sprintf("1556%07d", i) }

// fillRows makes chats and messages with the numbers from+1 to n: one message
// of each chat, but every tenth in the group that is chat 1. Of ten, one is
// queued, one failed and one canceled, two came in, five were sent; they were
// made ten seconds apart.
func fillRows(t testing.TB, db *DB, from, n int) {
	t.Helper()
	const numbers = `WITH RECURSIVE n (i) AS (SELECT ?1 UNION ALL SELECT i + 1 FROM n WHERE i < ?2) `
	now := time.Now().UnixMilli()
	first := now - int64(n-from)*10_000
	for _, s := range []struct {
		text string
		args []any
	}{
		{numbers + `
INSERT INTO chat (phone, id, number, lid, name, is_group, known, newest)
SELECT '` + phone + `', CASE i WHEN 1 THEN '1-1@g.us' ELSE printf('1556%07d@s.whatsapp.net', i) END, CASE i WHEN 1 THEN '' ELSE printf('1556%07d', i) END,
  iif(i % 2, printf('%d@lid', i), ''), printf('Name %d', i), i = 1, 1, ?3 + (i - ?1) * 10000
FROM n`, []any{from + 1, n, first}},
		{numbers + `
INSERT INTO message (id, phone, direction, chat, number, group_id, type, text, due, state, open, head, fresh, fence,
  typed, created, handed, sent, delivered, read, ended, campaign)
SELECT printf('wamid.many%d', i), '` + phone + `', iif(i % 10 IN (0, 7), 'in', 'out'), c.key,
  printf('1556%07d', iif(i % 10, i, 2)), iif(i % 10, '', '1-1@g.us'), 'text', printf('text %d of many, as long as texts are', i), ?3 + (i - ?1) * 10000,
  CASE i % 10 WHEN 0 THEN 'received' WHEN 7 THEN 'received' WHEN 1 THEN 'queued' WHEN 4 THEN 'delivered' WHEN 5 THEN 'sent' WHEN 6 THEN 'failed' WHEN 9 THEN 'canceled' ELSE 'read' END,
  i % 10 = 1, i % 10 = 1, 0, i % 10 IN (2, 3, 4, 5, 8),
  iif(i % 10 IN (2, 3, 4, 5, 8), ?3 + (i - ?1) * 10000, NULL), ?3 + (i - ?1) * 10000, iif(i % 10 IN (2, 3, 4, 5, 8), ?3 + (i - ?1) * 10000, NULL),
  iif(i % 10 IN (2, 3, 4, 5, 8), ?3 + (i - ?1) * 10000, NULL), iif(i % 10 IN (2, 3, 4, 8), ?3 + (i - ?1) * 10000, NULL), iif(i % 10 IN (2, 3, 8), ?3 + (i - ?1) * 10000, NULL),
  iif(i % 10 IN (6, 9), ?3 + (i - ?1) * 10000, NULL), iif(i % 10 = 9, 'many', '')
FROM n JOIN chat c ON c.phone = '` + phone + `' AND c.id = iif(i % 10 = 0 OR i = 1, '1-1@g.us', printf('1556%07d@s.whatsapp.net', i))`, []any{from + 1, n, first}},
		{numbers + `
INSERT INTO event (kind, phone, message, at, data)
SELECT iif(i % 10 IN (0, 7), 'message', 'status'), '` + phone + `', printf('wamid.many%d', i), ?3 + (i - ?1) * 10000, '{"state":"read"}'
FROM n`, []any{from + 1, n, first}},
		{numbers + `
INSERT INTO session (id, chat, phone, state, bot, received, ttl, created, ended)
SELECT printf('many%d', i), c.key, c.phone, 'ended', 'b', 1, 60, ?3 + (i - ?1) * 10000, ?3 + (i - ?1) * 10000
FROM n JOIN chat c ON c.phone = '` + phone + `' AND c.id = printf('1556%07d@s.whatsapp.net', i)
WHERE i % 10 = 7`, []any{from + 1, n, first}},
		{numbers + `
INSERT INTO preference (chat, value, at)
SELECT c.key, 'stop', ?3 FROM n JOIN chat c ON c.phone = '` + phone + `' AND c.id = printf('1556%07d@s.whatsapp.net', i)
WHERE i % 10 = 7`, []any{from + 1, n, first}},
		{`INSERT INTO campaign (id, phone, state, created, changed) VALUES ('many', '` + phone + `', 'running', ?1, ?1) ON CONFLICT DO NOTHING`, []any{first}},
	} {
		if err := db.update(ctx, "fill", func(x *tx) error { return x.exec(s.text, s.args...) }); err != nil {
			t.Fatalf("%v\n%s", err, s.text)
		}
	}
}

// A work is one thing that the program does with the store while it runs.
type work struct {
	name string
	do   func(t testing.TB, db *DB, n, i int) // with n rows, for the i-th time
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// listed checks that a list has as many messages as it must.
func wantMessages(t testing.TB, db *DB, f queue.MessageFilter, want int) {
	t.Helper()
	list, err := db.Messages(ctx, f)
	must(t, err)
	if len(list) != want {
		t.Fatalf("%+v: got %d messages, want %d", f, len(list), want)
	}
}

func reads(name string, f func(n int) queue.MessageFilter, want int) work {
	return work{name, func(t testing.TB, db *DB, n, i int) { wantMessages(t, db, f(n), want) }}
}

// works are the hot paths. What has to be written is behind them: lists and
// looks are not told apart by fsync.
var works = []work{
	{"accept", func(t testing.TB, db *DB, n, i int) {
		d := textTo(i, "x")
		d.Key, d.Owner, d.Print = fmt.Sprint(time.Now().UnixNano(), i), "o", "p"
		_, err := db.Enqueue(ctx, d)
		must(t, err)
	}},
	{"claim", func(t testing.TB, db *DB, n, i int) {
		now := time.Now()
		m, _, err := db.Claim(ctx, phone, now, time.Minute, queue.Pacing{}.Gate)
		must(t, err)
		_, err = db.Apply(ctx, m.ID, m.Fence, wabridge.Interrupted(now))
		must(t, err)
	}},
	{"send", sendOne},
	{"incoming", func(t testing.TB, db *DB, n, i int) {
		number := manyNumber(2 + i%n/2)
		list, err := db.Reconcile(ctx, phone, wabridge.ChatRef{JID: wabridge.UserJID(number), Number: number}, 200,
			func(_ wabridge.Chat, known []wabridge.Message) queue.Changes {
				return queue.Changes{New: []wabridge.Message{{Text: "hello"}}}
			})
		must(t, err)
		if len(list) != 1 {
			t.Fatalf("got %d messages", len(list))
		}
	}},
	{"incoming in a group", func(t testing.TB, db *DB, n, i int) {
		_, err := db.Reconcile(ctx, phone, wabridge.ChatRef{JID: "1-1@g.us", Group: true}, 40,
			func(_ wabridge.Chat, known []wabridge.Message) queue.Changes {
				return queue.Changes{New: []wabridge.Message{{Text: "hello", Number: manyNumber(3)}}}
			})
		must(t, err)
	}},
	reads("look into a chat", func(n int) queue.MessageFilter {
		return queue.MessageFilter{Phone: phone, Chat: wabridge.UserJID(manyNumber(n - 5)), Direction: wabridge.Out, Limit: 100}
	}, 1),
	reads("look into a group", func(int) queue.MessageFilter {
		return queue.MessageFilter{Phone: phone, Chat: "1-1@g.us", Direction: wabridge.Out, Limit: 100}
	}, 1),
	reads("group's newest", func(int) queue.MessageFilter {
		return queue.MessageFilter{Phone: phone, Chat: "1-1@g.us", Limit: 40}
	}, 40),
	reads("by @lid", func(n int) queue.MessageFilter {
		return queue.MessageFilter{Chat: fmt.Sprintf("%d@lid", n-3), Limit: 100}
	}, 1),
	reads("by number", func(n int) queue.MessageFilter { return queue.MessageFilter{Number: manyNumber(n - 5), Limit: 100} }, 1),
	reads("by number, in a group", func(n int) queue.MessageFilter {
		return queue.MessageFilter{Chat: "1-1@g.us", Number: manyNumber(2), Limit: 40}
	}, 40),
	reads("by number of a member", func(n int) queue.MessageFilter { return queue.MessageFilter{Number: manyNumber(2), Limit: 40} }, 40),
	reads("newest", func(int) queue.MessageFilter { return queue.MessageFilter{Limit: 40} }, 40),
	reads("newest of a phone", func(int) queue.MessageFilter { return queue.MessageFilter{Phone: phone, Limit: 40} }, 40),
	reads("of another phone", func(int) queue.MessageFilter { return queue.MessageFilter{Phone: "2", Limit: 40} }, 0),
	reads("failed", func(int) queue.MessageFilter {
		return queue.MessageFilter{States: []wabridge.State{wabridge.Failed, wabridge.Expired}, Limit: 40}
	}, 40),
	reads("expired", func(int) queue.MessageFilter {
		return queue.MessageFilter{Phone: phone, States: []wabridge.State{wabridge.Expired}, Limit: 40}
	}, 0),
	reads("echoes", func(int) queue.MessageFilter { return queue.MessageFilter{Direction: wabridge.Echo, Limit: 40} }, 0),
	reads("incoming ones, oldest", func(int) queue.MessageFilter {
		return queue.MessageFilter{Direction: wabridge.In, Oldest: true, Limit: 40}
	}, 40),
	reads("of a campaign, failed", func(int) queue.MessageFilter {
		return queue.MessageFilter{Campaign: "many", States: []wabridge.State{wabridge.Failed}, Limit: 40}
	}, 0),
	reads("since now", func(int) queue.MessageFilter { return queue.MessageFilter{Since: time.Now().Add(time.Hour), Limit: 40} }, 0),
	reads("until now, failed", func(int) queue.MessageFilter {
		return queue.MessageFilter{States: []wabridge.State{wabridge.Failed}, Until: time.Now(), Limit: 40}
	}, 40),
	{"chat by number, @lid and name", func(t testing.TB, db *DB, n, i int) {
		for _, ref := range []wabridge.ChatRef{{Number: manyNumber(n - 4)}, {JID: fmt.Sprintf("%d@lid", n-3)}, {Name: fmt.Sprintf("Name %d", n-3)}} {
			_, err := db.Chat(ctx, phone, ref)
			must(t, err)
		}
	}},
	{"status", func(t testing.TB, db *DB, n, i int) {
		_, _, err := db.Depth(ctx, phone)
		must(t, err)
		_, err = db.Depths(ctx)
		must(t, err)
		_, err = db.Waiting(ctx, time.Now())
		must(t, err)
		_, err = db.OutboxCounts(ctx, phone)
		must(t, err)
	}},
	{"outbox page", func(t testing.TB, db *DB, n, i int) {
		list, err := db.OutboxPage(ctx, "", wabridge.Queued, true, 0, 40)
		must(t, err)
		if len(list) != 40 {
			t.Fatalf("got %d", len(list))
		}
	}},
	{"awaiting ticks", func(t testing.TB, db *DB, n, i int) {
		_, err := db.Awaiting(ctx, phone, time.Now().Add(-time.Hour*1000), 40)
		must(t, err)
	}},
	{"conversations", func(t testing.TB, db *DB, n, i int) {
		list, err := db.Conversations(ctx, queue.ConversationFilter{Phone: phone, Limit: 40})
		must(t, err)
		_, err = db.Talk(ctx, phone, list[0].ID, 0, 40)
		must(t, err)
	}},
	{"contacts", func(t testing.TB, db *DB, n, i int) {
		_, err := db.Contacts(ctx, queue.ContactFilter{Phone: phone, Limit: 40})
		must(t, err)
	}},
	{"events", func(t testing.TB, db *DB, n, i int) {
		_, _, err := db.Events(ctx, int64(n/2), 100, queue.EventFilter{Phones: []string{phone}})
		must(t, err)
		_, err = db.Statuses(ctx, "wamid.many2")
		must(t, err)
	}},
	{"sessions of a chat", func(t testing.TB, db *DB, n, i int) {
		_, err := db.Sessions(ctx, queue.SessionFilter{Chat: wabridge.UserJID(manyNumber(7)), Limit: 40})
		must(t, err)
		_, err = db.CountSessions(ctx, queue.SessionFilter{Chat: wabridge.UserJID(manyNumber(7))})
		must(t, err)
	}},
	{"sessions that are open", func(t testing.TB, db *DB, n, i int) {
		_, err := db.Sessions(ctx, queue.SessionFilter{States: []wabridge.SessionState{wabridge.SessionOpen}, Limit: 40})
		must(t, err)
		_, err = db.CountSessions(ctx, queue.SessionFilter{States: []wabridge.SessionState{wabridge.SessionOpen}})
		must(t, err)
	}},
	{"opt-outs", func(t testing.TB, db *DB, n, i int) {
		_, err := db.Preferences(ctx, phone, "stop", time.Time{}, 40)
		must(t, err)
	}},
	{"campaign", func(t testing.TB, db *DB, n, i int) {
		_, err := db.Campaign(ctx, "many")
		must(t, err)
	}},
}

// sendOne is what the store does in a message's life, from its claim until it
// was read.
func sendOne(t testing.TB, db *DB, n, i int) {
	now := time.Now()
	m, _, err := db.Claim(ctx, phone, now, time.Minute, queue.Pacing{}.Gate)
	must(t, err)
	must(t, db.Intend(ctx, m.ID, m.Fence, wabridge.Intent{At: now}))
	for _, move := range []wabridge.Move{wabridge.HandedOver(now), wabridge.WasSent(now), wabridge.WasDelivered(now), wabridge.WasRead(now)} {
		_, err := db.Apply(ctx, m.ID, 0, move)
		must(t, err)
	}
}

// TestCostsDoNotGrow does each work with few rows and with many. Machines are
// noisy: the best of some times counts, and three times is allowed here.
// BenchmarkCosts measures each work with 1,000, 100,000 and 1,000,000 messages
// and as many chats, in turn, so that a busy machine slows all of them alike. It
// reports the median of each and the largest ratio to the first, and fails if
// one is above WABRIDGE_BENCH_RATIO (no limit if not set). With
// WABRIDGE_BENCH_SHORT the numbers are 1,000 and 2,000.
func BenchmarkCosts(b *testing.B) {
	rows := []int{1_000, 100_000, 1_000_000}
	if os.Getenv("WABRIDGE_BENCH_SHORT") != "" {
		rows = []int{1_000, 2_000}
	}
	limit, _ := strconv.ParseFloat(os.Getenv("WABRIDGE_BENCH_RATIO"), 64)
	dbs := make([]*DB, len(rows))
	for i, n := range rows {
		dbs[i] = openAt(b, tempPath(b), Options{})
		fillRows(b, dbs[i], 0, n)
	}
	for _, w := range works {
		b.Run(w.name, func(b *testing.B) {
			medians := mediansOf(b, w, dbs, rows, max(b.N, 60))
			ratio := 0.0
			for i, m := range medians {
				b.ReportMetric(float64(m.Nanoseconds())/1e6, fmt.Sprintf("ms-at-%dk", rows[i]/1000))
				ratio = max(ratio, float64(m)/float64(medians[0]))
			}
			b.ReportMetric(ratio, "ratio")
			b.ReportMetric(0, "ns/op")
			if limit > 0 && ratio > limit {
				b.Errorf("%s: the median grows %.2f times", w.name, ratio)
			}
		})
	}
}

// mediansOf does a work with each database in turn.
func mediansOf(b *testing.B, w work, dbs []*DB, rows []int, times int) (medians []time.Duration) {
	took := make([][]time.Duration, len(dbs))
	for i := range times {
		for j, db := range dbs {
			begin := time.Now()
			w.do(b, db, rows[j], i)
			took[j] = append(took[j], time.Since(begin))
		}
	}
	for _, all := range took {
		slices.Sort(all)
		medians = append(medians, all[len(all)/2])
	}
	return medians
}
