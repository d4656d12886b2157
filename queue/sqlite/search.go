package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

// What holds the words is decided by queue.Search, row by row from the newest
// on, until enough is found. The database keeps back only what surely does not:
// an ASCII text that lacks one of the letters in their order. (Most texts of
// most gateways are ASCII; LIKE reads ten times as many rows a second as the
// driver hands out.)
const (
	peopleToSearch = `
SELECT c.key, c.name, c.number
FROM chat c INDEXED BY chat_recent
WHERE c.newest > 0
  AND (?1 = '' OR c.phone = ?1)
  AND (length(c.name) <> octet_length(c.name) OR c.name LIKE ?2 ESCAPE '\' OR (?3 <> '' AND instr(c.number, ?3)))
ORDER BY c.newest DESC, c.key DESC`
	peopleByKey = selectConversation + `, c.newest
FROM chat c` + lastOfChat + `WHERE c.key IN (SELECT value FROM json_each(?1))
ORDER BY c.newest DESC, c.key DESC`
	textsToSearch = `
SELECT t.seq, t.text
FROM message t NOT INDEXED
WHERE t.seq > (SELECT coalesce(max(seq), 0) FROM message) - ?1
  AND (?2 = '' OR t.phone = ?2)
  AND (length(t.text) <> octet_length(t.text) OR t.text LIKE ?3 ESCAPE '\' OR (?4 <> '' AND t.text LIKE ?4))
ORDER BY t.seq DESC`
	textsBySeq = selectMessage + `WHERE m.seq IN (SELECT value FROM json_each(?1))
ORDER BY m.seq DESC`
	chatNamesOf = `
SELECT id, name
FROM chat
WHERE phone = ?1 AND id IN (SELECT value FROM json_each(?2)) AND name <> ''`
)

// FindPeople implements queue.Conversations.
func (db *DB) FindPeople(ctx context.Context, phone, words string, limit int) ([]queue.Conversation, error) {
	s := queue.NewSearch(words)
	if s.None() {
		return nil, nil
	}
	keys, err := db.search(ctx, limit, peopleToSearch, []any{phone, loosely(cmp.Or(s.Letters, s.Text)), s.Digits}, func(rows *sql.Rows) (int64, bool, error) {
		var key int64
		var name, number string
		err := rows.Scan(&key, &name, &number)
		return key, err == nil && s.InName(name, number), err
	})
	if err != nil {
		return nil, readError("search people", err)
	}
	all, err := scanned(ctx, db, peopleByKey, []any{jsonNumbers(keys)}, scanConversation)
	if err != nil {
		return nil, readError("search people", err)
	}
	return all, nil
}

// FindTexts implements queue.Conversations.
func (db *DB) FindTexts(ctx context.Context, phone, words string, limit int) ([]wabridge.Message, error) {
	s := queue.NewSearch(words)
	if s.None() {
		return nil, nil
	}
	digits := ""
	if s.Digits != "" {
		digits = loosely(s.Digits)
	}
	seqs, err := db.search(ctx, limit, textsToSearch, []any{queue.SearchDepth, phone, spaced(s.Text), digits}, func(rows *sql.Rows) (int64, bool, error) {
		var seq int64
		var text string
		err := rows.Scan(&seq, &text)
		return seq, err == nil && s.InText(text), err
	})
	if err != nil {
		return nil, readError("search texts", err)
	}
	return db.list(ctx, "search texts", textsBySeq, jsonNumbers(seqs))
}

// search reads rows until limit of them (1..200) hold what is looked for, and
// returns their keys.
func (db *DB) search(ctx context.Context, limit int, text string, args []any, holds func(*sql.Rows) (int64, bool, error)) ([]int64, error) {
	limit = min(max(limit, 1), 200)
	rows, err := db.read.QueryContext(ctx, text, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	keys := []int64{}
	for len(keys) < limit && rows.Next() {
		key, ok, err := holds(rows)
		if err != nil {
			return nil, err
		}
		if ok {
			keys = append(keys, key)
		}
	}
	return keys, errors.Join(rows.Err(), rows.Close())
}

// nowhere is a pattern that no text has.
const nowhere = "\x00"

// loosely is the pattern of all ASCII texts that have the letters in this
// order.
func loosely(letters string) string {
	if !isASCII(letters) {
		return nowhere
	}
	return "%" + strings.Join(escapedLetters(letters), "%") + "%"
}

// spaced is the pattern of all ASCII texts that have the words, with anything
// in place of a space.
func spaced(words string) string {
	if !isASCII(words) {
		return nowhere
	}
	return "%" + strings.ReplaceAll(strings.Join(escapedLetters(words), ""), " ", "%") + "%"
}

// escapedLetters are the letters of a word as LIKE takes them.
func escapedLetters(word string) []string {
	all := strings.Split(word, "")
	for i, l := range all {
		if strings.Contains(`%_\`, l) {
			all[i] = `\` + l
		}
	}
	return all
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r >= utf8.RuneSelf })
}

// ChatNames implements queue.Conversations.
func (db *DB) ChatNames(ctx context.Context, phone string, chats []string) (map[string]string, error) {
	names := map[string]string{}
	if len(chats) == 0 {
		return names, nil
	}
	_, err := scanned(ctx, db, chatNamesOf, []any{phone, jsonList(chats)}, func(rows *sql.Rows) (struct{}, error) {
		var id, name string
		err := rows.Scan(&id, &name)
		names[id] = name
		return struct{}{}, err
	})
	if err != nil {
		return nil, readError("find the names of chats", err)
	}
	return names, nil
}
