package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"math"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

const insertMedia = `
INSERT INTO media (id, phone, origin, url, mime, sha256, size, name, voice, message, created, expires)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)`

// PutMedia implements queue.MediaStore.
func (db *DB) PutMedia(ctx context.Context, r queue.MediaRecord) (queue.MediaRecord, error) {
	r = completed(r)
	err := db.update(ctx, "store media", func(t *tx) error { return t.addMedia(r) })
	return r, err
}

// completed sets what a caller may leave to the store. Ids have 16 digits:
// one more than those of phone numbers and accounts, and below 2^53, for
// JavaScript rounds larger numbers.
func completed(r queue.MediaRecord) queue.MediaRecord {
	if r.ID == "" {
		r.ID = strconv.FormatInt(1e15+rand.Int64N(8e15), 10)
	}
	if r.Created.IsZero() {
		r.Created = time.Now()
	}
	r.Created, r.Expires, r.Pending = stored(r.Created), stored(r.Expires), false
	return r
}

func (t *tx) addMedia(r queue.MediaRecord) error {
	expires := int64(math.MaxInt64)
	if !r.Expires.IsZero() {
		expires = r.Expires.UnixMilli()
	}
	err := t.exec(insertMedia, r.ID, r.Phone, r.Origin, r.URL, r.MIME, r.SHA256, r.Size, r.Name, r.Voice, r.Message, r.Created.UnixMilli(), expires)
	return taken(err, "media id "+r.ID)
}

const selectMedia = `
SELECT id, phone, origin, url, mime, sha256, size, name, voice, message, created, expires
FROM media
`

const mediaByID = selectMedia + `WHERE id = ?1 AND expires > ?2`

// Media implements queue.MediaStore.
func (db *DB) Media(ctx context.Context, id string, now time.Time) (queue.MediaRecord, error) {
	return scanMedia("read media "+id, db.read.QueryRowContext(ctx, mediaByID, id, now.UnixMilli()))
}

const mediaByURL = selectMedia + `WHERE phone = ?1 AND url = ?2 AND url <> '' AND created > ?3 ORDER BY created DESC LIMIT 1`

// MediaByURL implements queue.MediaStore.
func (db *DB) MediaByURL(ctx context.Context, phone, url string, since time.Time) (queue.MediaRecord, error) {
	return scanMedia("find media of a link", db.read.QueryRowContext(ctx, mediaByURL, phone, url, since.UnixMilli()))
}

func scanMedia(what string, row *sql.Row) (r queue.MediaRecord, err error) {
	var created, expires int64
	err = row.Scan(&r.ID, &r.Phone, &r.Origin, &r.URL, &r.MIME, &r.SHA256, &r.Size, &r.Name, &r.Voice, &r.Message, &created, &expires)
	if err != nil {
		return queue.MediaRecord{}, readError(what, err)
	}
	r.Created = time.UnixMilli(created).UTC()
	if expires != math.MaxInt64 {
		r.Expires = time.UnixMilli(expires).UTC()
	}
	return r, nil
}

const deleteMedia = `DELETE FROM media WHERE id = ?1`

// DeleteMedia implements queue.MediaStore.
func (db *DB) DeleteMedia(ctx context.Context, id string) error {
	return db.update(ctx, "delete media "+id, func(t *tx) error {
		n, err := t.change(deleteMedia, id)
		if err == nil && n == 0 {
			err = wabridge.Fail(wabridge.CodeNotFound, nil, "there is no media %s", id)
		}
		return err
	})
}

// A file is needed by every open message that names its hash. The + takes the
// column's affinity away, which the index does not have.
const (
	expireMedia = `
DELETE FROM media
WHERE id IN (
  SELECT id FROM media a
  WHERE a.expires <= ?1 AND NOT EXISTS (
    SELECT 1 FROM message m WHERE m.open = 1 AND m.media IS NOT NULL AND json_extract(m.media, '$.sha256') = +a.sha256)
  ORDER BY a.expires
  LIMIT ?2)`

	mediaUsed = `
SELECT EXISTS (SELECT 1 FROM media WHERE sha256 = ?1)
  OR EXISTS (SELECT 1 FROM message m WHERE m.open = 1 AND m.media IS NOT NULL AND json_extract(m.media, '$.sha256') = ?1)`
)

// ExpireMedia implements queue.MediaStore.
func (db *DB) ExpireMedia(ctx context.Context, now time.Time, limit int) (int, error) {
	var n int64
	err := db.update(ctx, "expire media", func(t *tx) (err error) {
		n, err = t.change(expireMedia, now.UnixMilli(), limit)
		return err
	})
	return int(n), err
}

// MediaUsed implements queue.MediaStore.
func (db *DB) MediaUsed(ctx context.Context, sha256 string) (used bool, err error) {
	if err := db.read.QueryRowContext(ctx, mediaUsed, sha256).Scan(&used); err != nil {
		return true, readError("find who needs a file", err)
	}
	return used, nil
}

const pendingOf = selectMessage + `WHERE m.phone = ?1 AND m.direction <> 'out' AND json_extract(m.media, '$.pending') ORDER BY m.seq LIMIT ?2`

// Unattached implements queue.MediaStore.
func (db *DB) Unattached(ctx context.Context, phone string, limit int) ([]wabridge.Message, error) {
	return db.list(ctx, "list messages without their files", pendingOf, phone, limit)
}

const attachMessage = `UPDATE message SET media = ?2, code = ?3, reason = ?4, type = ?5, body = ?6 WHERE seq = ?1`

// Attach implements queue.MediaStore.
func (db *DB) Attach(ctx context.Context, message string, file *queue.MediaRecord, code wabridge.Code, reason string) (wabridge.Message, error) {
	var out wabridge.Message
	err := db.update(ctx, "attach file to message "+message, func(t *tx) error {
		r, err := t.get(message)
		if err != nil {
			return err
		}
		if r.Direction == wabridge.Out || r.Media == nil || !r.Media.Pending {
			return wabridge.Fail(wabridge.CodeStale, nil, "message %s waits for no file", message)
		}
		if err := t.attach(&r, file, code, reason); err != nil {
			return err
		}
		out = r.Message
		return t.heard(&r)
	})
	return out, err
}

// attach stores the end of the waiting.
func (t *tx) attach(r *record, file *queue.MediaRecord, code wabridge.Code, reason string) error {
	m := *r.Media
	m.Pending = false
	switch {
	case file == nil && code == wabridge.CodeNone:
		return t.becomeText(r)
	case file == nil:
		r.Code, r.Reason = code, reason
	default:
		f := *file
		f.Origin, f.Phone, f.Message = queue.MediaReceived, r.Phone, r.ID
		f.ID, f.Name = cmp.Or(m.ID, f.ID), cmp.Or(m.Name, f.Name)
		f = completed(f)
		if err := t.addMedia(f); err != nil {
			return err
		}
		m = f.Media
	}
	r.Media = &m
	b, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return t.exec(attachMessage, r.Seq, string(b), int(r.Code), r.Reason, r.Type, jsonText(r.Body))
}

// becomeText makes a message that waited for a file a text.
func (t *tx) becomeText(r *record) (err error) {
	r.Type, r.Media = "text", nil
	if r.Body, err = json.Marshal(map[string]string{"body": string(r.Text)}); err != nil {
		return err
	}
	return t.exec(attachMessage, r.Seq, nil, int(r.Code), r.Reason, r.Type, jsonText(r.Body))
}
