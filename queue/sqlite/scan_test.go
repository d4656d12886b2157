package sqlite

import (
	"errors"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wabridge/wabridge/audit"
	"github.com/wabridge/wabridge/queue"
	"github.com/wabridge/wabridge/queue/queuetest"
)

// grows are the tables that get a row with each message, chat, campaign or
// talk. The others have as many rows as there are phones, tokens, endpoints,
// templates or half hours.
var grows = map[string]bool{
	"chat": true, "message": true, "event": true, "idempotency": true, "media": true, "object": true, "call": true, "conversation": true,
	"picture": true, "campaign": true, "preference": true, "session": true, "reader": true, "audit": true, "gone": true,
}

// scansAllowed are the statements that may walk a whole table, and why.
var scansAllowed = []struct{ statement, why string }{
	{`^\s*SELECT m\.seq,[^?]*FROM message m\s+ORDER BY m\.seq( DESC)?\s+LIMIT \d+$`, "the first page of all messages: it ends after LIMIT rows"},
	{`FROM campaign INDEXED BY campaign_unsettled`, "an index of campaigns that are being paused or canceled: nearly always empty"},
	{`FROM \(SELECT number, at FROM event ORDER BY number LIMIT \?2\)`, "the oldest events: it ends after LIMIT rows"},
	{`^\s*SELECT count\(\*\)[^?]*FROM message p INDEXED BY message_made`, "counts a list: the protocol wants the number"},
	{`FROM message p INDEXED BY message_made[^?]*LIMIT \d+ OFFSET`, "a page of a list in the order of its index"},
	{`^SELECT count\(\*\) FROM session s`, "counts a list: the protocol wants the number"},
	{`FROM session s INDEXED BY session_live`, "an index of the talks that have not ended"},
	{`FROM session s JOIN chat c`, "a page of a list in the order of its index"},
	{`(?s)instr\(c\.name|t\.text LIKE`, "a search within names or texts"},
	{`^SELECT DISTINCT name FROM chat`, "a support bundle: names are kept out of it"},
	{`^SELECT 'message ' \|\| direction`, "wabridge db check and support bundles count all rows"},
	{`^\s*SELECT chat, direction, phone`, "counts again after a migration"},
}

var (
	isQuery = regexp.MustCompile(`(?i)^\s*(SELECT|UPDATE|DELETE|INSERT|WITH)\b`)
	aTable  = regexp.MustCompile(`(?i)\b(?:FROM|JOIN|UPDATE|INTO)\s+"?(\w+)"?(?:\s+(?:AS\s+)?(\w+))?`)
	aScan   = regexp.MustCompile(`^SCAN (\w+)|AUTOMATIC`)
	anArg   = regexp.MustCompile(`\?(\d+)`)
)

// scansOf returns the lines of a statement's plan that walk a growing table
// from end to end. One that takes the first or last entry of an index is no
// such walk.
func scansOf(t *testing.T, db *DB, text string) (all []string) {
	t.Helper()
	tables := map[string]string{}
	for _, m := range aTable.FindAllStringSubmatch(text, -1) {
		tables[m[1]] = m[1]
		if m[2] != "" {
			tables[m[2]] = m[1]
		}
	}
	for _, line := range planOf(t, db, text) {
		m := aScan.FindStringSubmatch(line)
		if m != nil && (m[1] == "" || grows[tables[m[1]]]) {
			all = append(all, line)
		}
	}
	return all
}

// planOf asks the planner; the values of arguments do not matter to it.
func planOf(t *testing.T, db *DB, text string) (plan []string) {
	t.Helper()
	numbers := map[string]bool{}
	for _, m := range anArg.FindAllStringSubmatch(text, -1) {
		numbers[m[1]] = true
	}
	args := make([]any, len(numbers)+strings.Count(anArg.ReplaceAllString(text, ""), "?"))
	rows, err := db.read.Query("EXPLAIN QUERY PLAN "+text, args...)
	if err != nil {
		t.Errorf("%v\n%s", err, text)
		return nil
	}
	for rows.Next() {
		var id, parent, unused int
		var line string
		if err := rows.Scan(&id, &parent, &unused, &line); err != nil {
			t.Fatal(err)
		}
		plan = append(plan, line)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		t.Error(err)
	}
	return plan
}

// TestNoStatementWalksAGrowingTable asks the planner about every statement that
// the conformance suite makes the store run, so that a new one is asked about
// without being listed anywhere: with few rows and with many.
func TestNoStatementWalksAGrowingTable(t *testing.T) {
	r := recordStatements(t)
	queuetest.Run(t, func(t *testing.T) queue.Store { return openAt(t, tempPath(t), Options{}) })
	db := openAt(t, tempPath(t), Options{})
	runOtherStatements(t, db)
	texts := slices.Sorted(maps.Keys(r.texts))
	if len(texts) < 250 {
		t.Errorf("only %d statements were recorded", len(texts))
	}
	used := map[string]bool{}
	rows := 0
	for _, n := range rowsForPlans() {
		fillRows(t, db, rows, n)
		rows = n
		for _, text := range texts {
			if !isQuery.MatchString(text) {
				continue
			}
			scans := scansOf(t, db, text)
			if why := allowedScan(text); len(scans) > 0 && why != "" {
				used[why] = true
			} else if len(scans) > 0 {
				t.Errorf("with %d rows, this walks a table that grows: %s\n%s", n, strings.Join(scans, "; "), text)
			}
		}
	}
}

func allowedScan(text string) string {
	for _, a := range scansAllowed {
		if regexp.MustCompile(a.statement).MatchString(text) {
			return a.why
		}
	}
	return ""
}

// runOtherStatements runs what the conformance suite has no part for.
func runOtherStatements(t *testing.T, db *DB) {
	t.Helper()
	now := time.Now()
	m := textTo(1, "x")
	if _, err := db.Enqueue(ctx, m); err != nil {
		t.Fatal(err)
	}
	_, err1 := db.Waiting(ctx, now)
	_, err2 := db.Depths(ctx)
	_, err3 := db.RowCounts(ctx)
	_, err4 := db.Names(ctx)
	_, err5 := db.ListMessages(ctx, queue.Listing{Since: now, Phones: []string{phone}})
	_, err6 := db.CountMessages(ctx, queue.Listing{})
	_, err7 := db.Audit(ctx, audit.Filter{Limit: 10})
	_, err8 := db.Clean(ctx, now, Retention{Keep: MinKeep})
	_, err9 := db.Gone(ctx, "x")
	_, err10 := db.FindTexts(ctx, phone, "x", 10)
	_, err11 := db.Times(ctx, queue.TimesQuery{Phones: []string{phone}, Bounds: []time.Time{now.Add(-time.Hour), now}})
	_, err12 := db.LastIncoming(ctx, phone)
	if err := errors.Join(err1, err2, err3, err4, err5, err6, err7, err8, err9, err10, err11, err12); err != nil {
		t.Fatal(err)
	}
}
