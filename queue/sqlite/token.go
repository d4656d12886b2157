package sqlite

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

// Tokens are few and asked for with every request, so all live ones are kept
// in memory by the hash of their secret.
const (
	tokensFresh = time.Second // another process may have changed them
	usedEvery   = time.Minute // how often last_used is stored
)

type tokenCache struct {
	mu     sync.Mutex
	live   map[string]queue.Token // by hash
	loaded time.Time
	used   map[string]time.Time // by id, not yet stored
	stored time.Time
}

func hashSecret(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// CreateToken implements queue.Tokens; CodeConflict if the secret is in use.
func (db *DB) CreateToken(ctx context.Context, name, secret string, scopes []string, at time.Time) (queue.Token, error) {
	var id [4]byte
	rand.Read(id[:])
	tok := queue.Token{ID: hex.EncodeToString(id[:]), Name: name, Scopes: slices.Clone(scopes), Created: stored(at)}
	hash := hashSecret(secret)
	err := db.update(ctx, "create token", func(t *tx) error {
		if secret == "" {
			return wabridge.Fail(wabridge.CodeParameter, nil, "a token needs a secret")
		}
		b, err := json.Marshal(tok.Scopes)
		if err != nil {
			return err
		}
		t.after = append(t.after, func() { db.tokens.add(hash, tok) })
		return taken(t.exec(insertToken, tok.ID, hash, name, string(b), at.UnixMilli()), "the token's secret")
	})
	if err != nil {
		return queue.Token{}, err
	}
	return tok, nil
}

const insertToken = `
INSERT INTO token (id, hash, name, scopes, created)
VALUES (?1, ?2, ?3, ?4, ?5)`

func (c *tokenCache) add(hash string, tok queue.Token) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.live[hash] = tok
}

// Authenticate implements queue.Tokens. It reads the database once a second
// at most.
func (db *DB) Authenticate(ctx context.Context, secret string) (queue.Token, error) {
	c := &db.tokens
	now := time.Now()
	c.mu.Lock()
	stale := now.Sub(c.loaded) >= tokensFresh
	if stale {
		c.loaded = now // others go on with what is known
	}
	c.mu.Unlock()
	if stale {
		if err := db.loadTokens(ctx); err != nil {
			return queue.Token{}, err
		}
	}
	hash := hashSecret(secret)
	c.mu.Lock()
	defer c.mu.Unlock()
	tok, ok := c.live[hash]
	if !ok {
		return queue.Token{}, wabridge.Fail(wabridge.CodeToken, nil, "the token is unknown or was revoked")
	}
	c.used[tok.ID] = now
	if db.w != nil && now.Sub(c.stored) >= usedEvery {
		c.stored = now
		db.w.try(db.storeUsed)
	}
	tok.Scopes = slices.Clone(tok.Scopes)
	return tok, nil
}

const selectToken = `
SELECT id, hash, name, scopes, created, used, revoked
FROM token
ORDER BY created, id`

// loadTokens reads the live tokens into memory.
func (db *DB) loadTokens(ctx context.Context) error {
	// The lock is held while reading, so that a token revoked meanwhile by
	// this process is not brought back by an older reading.
	db.tokens.mu.Lock()
	defer db.tokens.mu.Unlock()
	live := map[string]queue.Token{}
	err := db.eachToken(ctx, func(hash string, tok queue.Token) {
		if tok.Revoked.IsZero() {
			live[hash] = tok
		}
	})
	if err != nil {
		return err
	}
	db.tokens.live, db.tokens.loaded = live, time.Now()
	if db.tokens.used == nil {
		db.tokens.used = map[string]time.Time{}
	}
	return nil
}

func (db *DB) eachToken(ctx context.Context, each func(hash string, tok queue.Token)) error {
	rows, err := db.read.QueryContext(ctx, selectToken)
	if err != nil {
		return readError("read tokens", err)
	}
	defer rows.Close()
	for rows.Next() {
		var tok queue.Token
		var hash, scopes string
		var created int64
		var used, revoked sql.NullInt64
		err := rows.Scan(&tok.ID, &hash, &tok.Name, &scopes, &created, &used, &revoked)
		if err == nil {
			err = json.Unmarshal([]byte(scopes), &tok.Scopes)
		}
		if err != nil {
			return readError("read tokens", err)
		}
		tok.Created, tok.Used, tok.Revoked = time.UnixMilli(created).UTC(), instant(used), instant(revoked)
		each(hash, tok)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return readError("read tokens", err)
	}
	return nil
}

// Tokens implements queue.Tokens; revoked ones are listed too, oldest first.
func (db *DB) Tokens(ctx context.Context) (all []queue.Token, err error) {
	err = db.eachToken(ctx, func(_ string, tok queue.Token) { all = append(all, tok) })
	db.tokens.mu.Lock()
	defer db.tokens.mu.Unlock()
	for i := range all {
		if used := db.tokens.used[all[i].ID]; used.After(all[i].Used) {
			all[i].Used = stored(used)
		}
	}
	return all, err
}

const revokeToken = `
UPDATE token
SET revoked = coalesce(revoked, ?2)
WHERE id = ?1`

// lastAdmin asks whether a token is the only live one with the scope admin.
const lastAdmin = `
WITH admin AS (SELECT t.id FROM token t WHERE t.revoked IS NULL AND EXISTS (SELECT 1 FROM json_each(t.scopes) s WHERE s.value = 'admin'))
SELECT EXISTS (SELECT 1 FROM admin WHERE id = ?1) AND 1 = (SELECT count(*) FROM admin)`

// RevokeToken implements queue.Tokens.
func (db *DB) RevokeToken(ctx context.Context, id string, at time.Time) error {
	return db.update(ctx, "revoke token "+id, func(t *tx) error {
		var last bool
		if err := t.row(lastAdmin, []any{id}, &last); err != nil {
			return err
		}
		if last {
			return wabridge.Fail(wabridge.CodeConflict, nil,
				"token %s is the last one with the scope admin; make another one first: wabridge token create NAME --scope admin", id)
		}
		n, err := t.change(revokeToken, id, at.UnixMilli())
		if err != nil {
			return err
		}
		if n == 0 {
			return wabridge.Fail(wabridge.CodeNotFound, nil, "there is no token %s", id)
		}
		t.after = append(t.after, func() { db.tokens.drop(id) })
		return nil
	})
}

func (c *tokenCache) drop(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for hash, tok := range c.live {
		if tok.ID == id {
			delete(c.live, hash)
		}
	}
}

const useToken = `
UPDATE token
SET used = max(coalesce(used, 0), ?2)
WHERE id = ?1`

// storeUsed writes down when tokens were used last.
func (db *DB) storeUsed(t *tx) error {
	db.tokens.mu.Lock()
	used := db.tokens.used
	db.tokens.used = map[string]time.Time{}
	db.tokens.mu.Unlock()
	for id, at := range used {
		if err := t.exec(useToken, id, at.UnixMilli()); err != nil {
			return err // a time of use may be lost; the next one comes
		}
	}
	return nil
}

// flushTokens stores the times of use at Close.
func (db *DB) flushTokens() {
	db.tokens.mu.Lock()
	n := len(db.tokens.used)
	db.tokens.mu.Unlock()
	if n > 0 {
		_ = db.w.write(context.Background(), db.storeUsed) // a time of use is not worth an error
	}
}
