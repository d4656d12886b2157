package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

// A list of messages is read from sources: ranges of an index in each of which
// the entries are in the order of seq. Each source gives at most a page, and
// the pages are merged; so a list costs the same however many messages and
// chats there are. The SQL planner does not do this by itself: for a condition
// with several values (the chats of a number, the states asked for) it reads
// and sorts all that match.
type source struct {
	index string // "" for the table, which is in the order of seq
	where string // with # for each argument
	args  []any
}

// A snapshot reads several times what is one state of the database.
type snapshot struct {
	ctx context.Context //nolint:containedctx // of one call
	tx  *sql.Tx
}

func (db *DB) snapshot(ctx context.Context, do func(snapshot) error) error {
	tx, err := db.read.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // it only read
	return do(snapshot{ctx, tx})
}

func (q snapshot) rows(text string, args ...any) (*sql.Rows, error) {
	return q.tx.QueryContext(q.ctx, text, args...)
}

func (q snapshot) row(text string, args []any, into ...any) error {
	return q.tx.QueryRowContext(q.ctx, text, args...).Scan(into...)
}

// Messages implements queue.History.
func (db *DB) Messages(ctx context.Context, f queue.MessageFilter) (list []wabridge.Message, err error) {
	f.Limit = min(max(f.Limit, 1), 1000)
	err = db.snapshot(ctx, func(q snapshot) error {
		sources, err := q.sourcesOf(&f)
		if err != nil {
			return err
		}
		found, err := q.readSources(sources, &f)
		list = messages(found)
		return err
	})
	if err != nil {
		return nil, readError("list messages", err)
	}
	if len(list) == 0 {
		return nil, nil
	}
	return list, nil
}

// readSources reads one page from the sources.
func (q snapshot) readSources(sources []source, f *queue.MessageFilter) ([]record, error) {
	if len(sources) == 1 {
		text, args := pageOf(sources[0], f, selectMessage)
		return collect(q.rows(text, args...))
	}
	var found []int64
	for _, s := range sources {
		text, args := pageOf(s, f, "SELECT m.seq\nFROM message m\n")
		seqs, err := numbers(q.rows(text, args...))
		if err != nil {
			return nil, err
		}
		found = append(found, seqs...)
	}
	direction, order := -1, "DESC"
	if f.Oldest {
		direction, order = 1, ""
	}
	slices.SortFunc(found, func(a, b int64) int { return direction * cmp.Compare(a, b) })
	found = slices.Compact(found)
	found = found[:min(len(found), f.Limit)]
	return collect(q.rows(selectMessage+"WHERE m.seq IN (SELECT value FROM json_each(?1))\nORDER BY m.seq "+order, jsonNumbers(found)))
}

// pageOf writes the query of one source: its own condition and those of the
// filter that it does not already fulfill.
func pageOf(s source, f *queue.MessageFilter, sel string) (text string, args []any) {
	var b strings.Builder
	b.WriteString(strings.TrimSuffix(sel, "\n"))
	if s.index != "" {
		b.WriteString(" INDEXED BY " + s.index)
	}
	clause := "\nWHERE "
	and := func(condition string, arg ...any) { // # stands for the next argument
		for _, a := range arg {
			args = append(args, a)
			condition = strings.Replace(condition, "#", placeholder(len(args)), 1)
		}
		b.WriteString(clause + condition)
		clause = "\n  AND "
	}
	if s.where != "" {
		and(s.where, s.args...)
	}
	conditions(f, and)
	order := " DESC"
	if f.Oldest {
		order = ""
	}
	b.WriteString("\nORDER BY m.seq" + order + "\nLIMIT " + strconv.Itoa(f.Limit))
	return b.String(), args
}

// conditions writes those of a filter that every source is to fulfill.
func conditions(f *queue.MessageFilter, and func(condition string, arg ...any)) {
	if f.Phone != "" {
		and("m.phone = #", f.Phone)
	}
	if f.Campaign != "" {
		and("m.campaign = # AND m.campaign <> ''", f.Campaign)
	}
	if f.Session != "" {
		and("m.session = # AND m.session <> ''", f.Session)
	}
	if f.Direction != "" {
		and("m.direction = #", string(f.Direction))
	}
	if len(f.States) > 0 {
		and("m.state IN (SELECT value FROM json_each(#))", jsonList(f.States))
	}
	if !f.Since.IsZero() {
		and("m.created >= #", f.Since.UnixMilli())
	}
	if !f.Until.IsZero() {
		and("m.created < #", f.Until.UnixMilli())
	}
	if f.Before != 0 {
		and("m.seq < #", f.Before)
	}
	if f.After != 0 {
		and("m.seq > #", f.After)
	}
}

// sourcesOf chooses the sources of a filter: the narrowest condition first.
func (q snapshot) sourcesOf(f *queue.MessageFilter) ([]source, error) {
	switch {
	case f.Chat != "" || f.Number != "":
		return q.chatSources(f)
	case f.Session != "":
		return []source{{"message_session", "m.session = # AND m.session <> ''", []any{f.Session}}}, nil
	case f.Campaign != "":
		return campaignSources(f), nil
	}
	byTime, err := q.readsByTime(f)
	if err != nil {
		return nil, err
	}
	switch {
	case byTime:
		return []source{timeSource(f)}, nil
	case f.Direction != "" || len(f.States) > 0:
		return q.stateSources(f)
	case f.Phone != "":
		return []source{{"message_phone", "m.phone = #", []any{f.Phone}}}, nil
	}
	return []source{{}}, nil
}

// campaignSources are the messages of a campaign, by state where states are
// asked for.
func campaignSources(f *queue.MessageFilter) (all []source) {
	if len(f.States) == 0 {
		return []source{{"message_campaign", "m.campaign = # AND m.campaign <> ''", []any{f.Campaign}}}
	}
	for _, s := range f.States {
		all = append(all, source{"message_result", "m.campaign = # AND m.campaign <> '' AND m.state = #", []any{f.Campaign, string(s)}})
	}
	return all
}

// stateSources are the messages of each phone, direction and state that are
// asked for.
func (q snapshot) stateSources(f *queue.MessageFilter) (all []source, err error) {
	phones := []string{f.Phone}
	if f.Phone == "" {
		if phones, err = column(q.rows(phonesOfMessages)); err != nil {
			return nil, err
		}
	}
	for _, phone := range phones {
		for _, d := range []wabridge.Direction{wabridge.In, wabridge.Echo, wabridge.Out} {
			for _, s := range wabridge.States {
				if (f.Direction == "" || f.Direction == d) && (len(f.States) == 0 || slices.Contains(f.States, s)) &&
					(d == wabridge.Out) == (s != wabridge.Received) {
					all = append(all, source{"message_state", "m.phone = # AND m.direction = # AND m.state = #", []any{phone, string(d), string(s)}})
				}
			}
		}
	}
	return all, nil
}

// fewMessages is how many messages a list may pass by.
const fewMessages = 5000

const countInTime = `
SELECT count(*)
FROM (SELECT 1 FROM message INDEXED BY message_created WHERE created >= ?1 AND created < ?2 LIMIT ?3)`

// readsByTime reports whether a filter's messages are best found by their time
// and then sorted by seq: where they are few, or where a walk in the order of
// seq, which is nearly that of time, would first pass by many that came before
// or after. The latter sorts all that match: a list of the newest messages
// until long ago is the one list whose cost grows with what it lists.
func (q snapshot) readsByTime(f *queue.MessageFilter) (bool, error) {
	if f.Since.IsZero() && f.Until.IsZero() {
		return false, nil
	}
	from, until := timeRange(f)
	passed := [2]int64{until, math.MaxInt64}
	if f.Oldest {
		passed = [2]int64{0, from}
	}
	var within, before int
	err := errors.Join(
		q.row(countInTime, []any{from, until, fewMessages + 1}, &within),
		q.row(countInTime, []any{passed[0], passed[1], fewMessages + 1}, &before),
	)
	return within <= fewMessages || before > fewMessages, err
}

// timeRange is a filter's time in milliseconds.
func timeRange(f *queue.MessageFilter) (from, until int64) {
	until = math.MaxInt64
	if !f.Since.IsZero() {
		from = f.Since.UnixMilli()
	}
	if !f.Until.IsZero() {
		until = f.Until.UnixMilli()
	}
	return from, until
}

func timeSource(f *queue.MessageFilter) source {
	from, until := timeRange(f)
	return source{"message_created", "m.created >= # AND m.created < #", []any{from, until}}
}

// phonesOf lists the phones of a table by seeking past each one in an index
// that begins with them; phones are few, and need not be known any more.
func phonesOf(table, index string) string {
	return `
WITH RECURSIVE p (phone) AS (
  SELECT min(phone) FROM ` + table + ` INDEXED BY ` + index + `
  UNION ALL
  SELECT (SELECT min(t.phone) FROM ` + table + ` t INDEXED BY ` + index + ` WHERE t.phone > p.phone)
  FROM p WHERE p.phone IS NOT NULL)
`
}

var phonesOfMessages = phonesOf("message", "message_phone") + `SELECT phone FROM p WHERE phone IS NOT NULL`

// keysOfChat finds the chats of any phone that have an id; arg is the
// placeholder of the id.
func keysOfChat(arg string) string {
	return phonesOf("chat", "chat_newest") + `
SELECT c.key FROM p CROSS JOIN chat c WHERE c.phone = p.phone AND c.id = ` + arg + `
UNION
SELECT c.key FROM p CROSS JOIN chat c INDEXED BY chat_lid WHERE c.phone = p.phone AND c.lid = ` + arg + ` AND c.lid <> ''`
}

var (
	chatKeys   = keysOfChat("?1")
	numberKeys = phonesOf("chat", "chat_newest") + `
SELECT c.key FROM p CROSS JOIN json_each(?1) n CROSS JOIN chat c INDEXED BY chat_number
WHERE c.phone = p.phone AND c.number = n.value AND c.number <> ''`
)

// chatSources are the messages of a chat, of a number's chats, or of the
// number's in a chat. A number is a person's: what it says in groups counts.
func (q snapshot) chatSources(f *queue.MessageFilter) (all []source, err error) {
	var chats, byNumber []int64
	numberForms := wabridge.NumberForms(wabridge.Digits(f.Number))
	if f.Number != "" {
		if byNumber, err = numbers(q.rows(numberKeys, jsonList(numberForms))); err != nil {
			return nil, err
		}
	}
	if f.Chat == "" {
		for _, key := range byNumber {
			all = append(all, chatSource(key, f))
		}
		for _, n := range numberForms {
			all = append(all, source{"message_member", "m.number = # AND m.number <> '' AND m.group_id <> ''", []any{n}})
		}
		return all, nil
	}
	if chats, err = numbers(q.rows(chatKeys, f.Chat)); err != nil {
		return nil, err
	}
	for _, key := range chats {
		s := chatSource(key, f)
		if f.Number != "" && !slices.Contains(byNumber, key) {
			s.where += " AND m.number IN (SELECT value FROM json_each(#)) AND m.group_id <> ''"
			s.args = append(s.args, jsonList(numberForms))
		}
		all = append(all, s)
	}
	return all, nil
}

// chatSource are the messages of one chat.
func chatSource(key int64, f *queue.MessageFilter) source {
	switch f.Direction {
	case wabridge.Out:
		return source{"message_said", "m.chat = # AND m.direction = 'out'", []any{key}}
	case wabridge.In, wabridge.Echo:
		return source{"message_heard", "m.chat = # AND m.direction <> 'out'", []any{key}}
	}
	return source{"message_chat", "m.chat = #", []any{key}}
}

// numbers reads a query's one column of numbers.
func numbers(rows *sql.Rows, err error) (all []int64, _ error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var n int64
		if err := rows.Scan(&n); err != nil {
			return nil, err
		}
		all = append(all, n)
	}
	return all, rows.Err()
}

// jsonNumbers is a list for json_each.
func jsonNumbers(list []int64) string {
	text := make([]string, len(list))
	for i, n := range list {
		text[i] = strconv.FormatInt(n, 10)
	}
	return "[" + strings.Join(text, ",") + "]"
}
