package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// A Report is what Check found.
type Report struct {
	Schema   int       `json:"schema"`
	Messages int64     `json:"messages"`
	Events   int64     `json:"events"`
	Findings []Finding `json:"findings,omitempty"` // empty: all is well
}

// OK reports whether nothing is wrong.
func (r Report) OK() bool { return len(r.Findings) == 0 }

// A Finding is one rule that does not hold.
type Finding struct {
	Rule     string   `json:"rule"`
	Count    int      `json:"count"`
	Examples []string `json:"examples"` // at most five; ids and numbers, no private text
}

// A rule is a query for what breaks it: one text for each breach.
type rule struct{ name, text string }

// ofSQLite is how many of the rules hold for every schema.
const ofSQLite = 2

// rules are what the schema's own constraints cannot say. Events may have been
// cleaned away, so what is said of them holds only for messages younger than
// the oldest event.
var rules = []rule{
	{"the file is sound", `SELECT integrity_check FROM pragma_integrity_check WHERE integrity_check <> 'ok'`},
	{"every reference leads somewhere", `SELECT "table" || ' ' || coalesce(rowid, '') FROM pragma_foreign_key_check`},
	{"of each chat the oldest open message that is not held is its head", `
SELECT m.id FROM message m
WHERE m.open = 1 AND m.head <> (m.held = 0 AND m.seq = (SELECT min(o.seq) FROM message o WHERE o.chat = m.chat AND o.open = 1 AND o.held = 0))`},
	{"only a queued message is held, or an undecided one", `
SELECT id FROM message
WHERE held <> 0 AND state <> 'queued' AND NOT (held = 1 AND state = 'unconfirmed')`},
	{"a message that is held until its time has a time", `
SELECT id FROM message
WHERE held = 1 AND timed = 0 AND state = 'queued'`},
	{"send is tapped at most three times for one message", `
SELECT id FROM message
WHERE taps > 3`},
	{"a message's campaign exists", `
SELECT m.id FROM message m
WHERE m.campaign <> '' AND NOT EXISTS (SELECT 1 FROM campaign c WHERE c.id = m.campaign)`},
	{"the messages of a settled campaign agree with it", `
SELECT m.id FROM message m JOIN campaign c ON c.id = m.campaign
WHERE m.campaign <> '' AND m.state = 'queued' AND c.settled = 1
  AND CASE c.state WHEN 'paused' THEN m.held <> 2 WHEN 'canceled' THEN 1 ELSE m.held = 2 END`},
	{"a message that waits for its campaign has one", `
SELECT id FROM message
WHERE held = 2 AND campaign = ''`},
	{"a head knows whether its chat is new", `
SELECT m.id FROM message m JOIN chat c ON c.key = m.chat
WHERE m.open = 1 AND m.head = 1 AND m.fresh = c.known`},
	{"a message and its chat are of one phone", `
SELECT m.id FROM message m JOIN chat c ON c.key = m.chat
WHERE m.phone <> c.phone`},
	{"a chat that was written to or heard from is known", `
SELECT c.id FROM chat c
WHERE c.known = 0 AND EXISTS (SELECT 1 FROM message m WHERE m.chat = c.key AND (m.typed IS NOT NULL OR m.direction <> 'out'))`},
	{"a chat that somebody wrote in knows when", `
SELECT c.id FROM chat c
WHERE c.heard = 0 AND EXISTS (SELECT 1 FROM message m WHERE m.chat = c.key AND m.direction <> 'out' AND m.direction = 'in')`},
	{"a message that was sent again waits no more", `
SELECT id FROM message
WHERE resent <> '' AND (state IN ('queued', 'sending', 'received') OR state = 'unconfirmed' AND held = 0)`},
	{"what was handed over was typed", `
SELECT id FROM message
WHERE handed IS NOT NULL AND typed IS NULL`},
	{"no fence is above the counter", `
SELECT id FROM message
WHERE fence > (SELECT value FROM counter WHERE name = 'fence')`},
	{"every message to send has its events", `
SELECT m.id FROM message m
WHERE m.direction = 'out' AND m.created >= (SELECT at FROM event ORDER BY number LIMIT 1)
  AND NOT EXISTS (SELECT 1 FROM event e WHERE e.message = m.id AND e.message <> '')`},
	{"the newest event of a message says its state", `
SELECT m.id FROM message m JOIN event e ON e.number =
  (SELECT max(n.number) FROM event n WHERE n.message = m.id AND n.message <> '' AND n.kind = 'status')
WHERE m.direction = 'out' AND json_extract(e.data, '$.state') <> m.state`},
	{"every event of a message has its message", `
SELECT e.number FROM event e
WHERE e.message <> '' AND NOT EXISTS (SELECT 1 FROM message m WHERE m.id = e.message)`},
	{"no event number is above the sequence", `
SELECT number FROM event
WHERE number > (SELECT seq FROM sqlite_sequence WHERE name = 'event')`},
	{"the messages of each state are counted", `
SELECT phone || ' ' || direction || ' ' || state FROM (
  SELECT phone, direction, state, messages FROM state_count WHERE messages <> 0
  UNION ALL
  SELECT phone, direction, state, -count(*) FROM message GROUP BY phone, direction, state)
GROUP BY phone, direction, state
HAVING sum(messages) <> 0`},
	{"the messages of each campaign are counted", `
SELECT campaign || ' ' || state || ' ' || held FROM (
  SELECT campaign, state, held, messages FROM campaign_count WHERE messages <> 0
  UNION ALL
  SELECT campaign, state, held, -count(*) FROM message WHERE campaign <> '' GROUP BY campaign, state, held)
GROUP BY campaign, state, held
HAVING sum(messages) <> 0`},
	{"a message's session exists", `
SELECT id FROM message
WHERE session <> '' AND session NOT IN (SELECT id FROM session)`},
	{"a session waits for a message that has not gone", `
SELECT s.id FROM session s LEFT JOIN message m ON m.id = s.message
WHERE s.state = 'waiting' AND m.open IS NOT 1`},
	{"a session counts what was said in it", `
SELECT s.id FROM session s
WHERE s.state <> 'ended' AND (s.sent <> (SELECT count(*) FROM message m WHERE m.session = s.id AND m.session <> '' AND (m.handed IS NOT NULL OR m.direction = 'echo'))
  OR s.received <> (SELECT count(*) FROM message m WHERE m.session = s.id AND m.session <> '' AND m.direction = 'in'))`},
	{"a session that ended counts at least what is left of it", `
SELECT s.id FROM session s
WHERE s.sent < (SELECT count(*) FROM message m WHERE m.session = s.id AND m.session <> '' AND (m.handed IS NOT NULL OR m.direction = 'echo'))
  OR s.received < (SELECT count(*) FROM message m WHERE m.session = s.id AND m.session <> '' AND m.direction = 'in')`},
	{"no cursor is beyond the log", `
SELECT id FROM destination
WHERE cursor > (` + lastEvent + `)`},
}

const maxExamples = 5

// Check reads the whole database and tells what does not hold in it. It works
// beside a running daemon; the reading is one snapshot. An error means that it
// could not be read.
func (db *DB) Check(ctx context.Context) (Report, error) { return check(ctx, db.read, rules) }

func check(ctx context.Context, pool *sql.DB, rules []rule) (Report, error) {
	var r Report
	snapshot, err := pool.BeginTx(ctx, nil)
	if err != nil {
		return r, readError("check database", err)
	}
	defer snapshot.Rollback() //nolint:errcheck // it only read
	err = errors.Join(
		snapshot.QueryRowContext(ctx, "PRAGMA user_version").Scan(&r.Schema),
		snapshot.QueryRowContext(ctx, "SELECT count(*) FROM message").Scan(&r.Messages),
		snapshot.QueryRowContext(ctx, "SELECT count(*) FROM event").Scan(&r.Events),
	)
	if err != nil {
		return r, readError("check database", err)
	}
	for _, rule := range rules {
		rows, err := snapshot.QueryContext(ctx, rule.text)
		if err != nil {
			return r, readError("check that "+rule.name, err)
		}
		f := Finding{Rule: rule.name}
		for rows.Next() {
			var example any
			if err := rows.Scan(&example); err != nil {
				return r, errors.Join(readError("check that "+rule.name, err), rows.Close())
			}
			if f.Count++; f.Count <= maxExamples {
				f.Examples = append(f.Examples, fmt.Sprint(example))
			}
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			return r, readError("check that "+rule.name, err)
		}
		if f.Count > 0 {
			r.Findings = append(r.Findings, f)
		}
	}
	return r, nil
}
