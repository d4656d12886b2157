package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

const insertCampaign = `
INSERT INTO campaign (id, phone, name, owner, state, repeats, created, changed)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7)`

// PutCampaign implements queue.Campaigns.
func (db *DB) PutCampaign(ctx context.Context, c queue.NewCampaign) (out wabridge.Campaign, err error) {
	if c.ID == "" {
		c.ID = wabridge.NewUUID()
	}
	if c.Created.IsZero() {
		c.Created = time.Now()
	}
	state := wabridge.CampaignRunning
	if c.Paused {
		state = wabridge.CampaignPaused
	}
	err = db.update(ctx, "make campaign "+c.ID, func(t *tx) error {
		err := t.exec(insertCampaign, c.ID, c.Phone, c.Name, c.Owner, string(state), c.AllowDuplicates, c.Created.UnixMilli())
		if err != nil {
			return taken(err, "campaign "+c.ID)
		}
		out, err = t.tellCampaign(c.ID, c.Created)
		return err
	})
	return out, err
}

const loadedCampaign = `
UPDATE campaign
SET refused = refused + ?2, loaded = coalesce(loaded, ?3)
WHERE id = ?1`

// LoadedCampaign implements queue.Campaigns.
func (db *DB) LoadedCampaign(ctx context.Context, id string, refused int, at time.Time) (out wabridge.Campaign, err error) {
	err = db.update(ctx, "end the loading of campaign "+id, func(t *tx) error {
		if err := t.exec(loadedCampaign, id, refused, at.UnixMilli()); err != nil {
			return err
		}
		out, err = t.tellCampaign(id, at)
		return err
	})
	return out, err
}

// tellCampaign writes the event of a change.
func (t *tx) tellCampaign(id string, at time.Time) (wabridge.Campaign, error) {
	c, err := campaignBy(asker(t.row), t.rows, id)
	if err != nil {
		return c, err
	}
	return c, t.event(wabridge.EventCampaign, c.Phone, "", at, c)
}

const (
	selectCampaign = `
SELECT id, phone, name, state, duplicates, opted_out, refused, created, changed, loaded
FROM campaign
`
	campaignByID = selectCampaign + `WHERE id = ?1`

	campaignsBefore = selectCampaign + `WHERE created < ?1 AND (?2 = '' OR phone = ?2)
ORDER BY created DESC, id DESC
LIMIT ?3`

	campaignCounts = `
SELECT c.state, c.held, c.messages,
  (SELECT min(handed) FROM message INDEXED BY message_progress WHERE campaign = ?1 AND campaign <> '' AND state = c.state AND held = c.held),
  (SELECT max(handed) FROM message INDEXED BY message_progress WHERE campaign = ?1 AND campaign <> '' AND state = c.state AND held = c.held)
FROM campaign_count c
WHERE c.campaign = ?1 AND c.messages > 0`
)

func scanCampaign(scan func(...any) error) (c wabridge.Campaign, err error) {
	var created, changed int64
	var loaded sql.NullInt64
	err = scan(&c.ID, &c.Phone, &c.Name, &c.State, &c.Duplicates, &c.OptedOut, &c.Refused, &created, &changed, &loaded)
	c.Created, c.Changed, c.Loaded = time.UnixMilli(created).UTC(), time.UnixMilli(changed).UTC(), instant(loaded)
	if c.State == wabridge.CampaignRunning && c.Loaded.IsZero() {
		c.State = wabridge.CampaignLoading
	}
	return c, err
}

// manyRows asks for many rows, in the writer's transaction or on the read pool.
type manyRows func(text string, args ...any) (*sql.Rows, error)

// campaignBy reads a campaign with its counts; CodeNotFound.
func campaignBy(one asker, many manyRows, id string) (wabridge.Campaign, error) {
	c, err := scanCampaign(func(into ...any) error { return one(campaignByID, []any{id}, into...) })
	if err != nil {
		return c, found(err, "campaign", id)
	}
	return c, countCampaign(many, &c)
}

func countCampaign(many manyRows, c *wabridge.Campaign) error {
	rows, err := many(campaignCounts, c.ID)
	if err != nil {
		return err
	}
	defer rows.Close()
	c.Counts = map[wabridge.State]int{}
	for rows.Next() {
		var state wabridge.State
		var held, n int
		var first, last sql.NullInt64
		if err := rows.Scan(&state, &held, &n, &first, &last); err != nil {
			return err
		}
		c.Counts[state] += n
		c.Accepted += n
		switch {
		case held != inLine && state == wabridge.Unconfirmed:
			c.Undecided += n
		case held != inLine:
			c.Held += n
		}
		if first.Valid {
			sooner(&c.First, instant(first))
		}
		if at := instant(last); at.After(c.Last) {
			c.Last = at
		}
	}
	return errors.Join(rows.Err(), rows.Close())
}

func (db *DB) reading(ctx context.Context) (asker, manyRows) {
	return func(text string, args []any, into ...any) error {
			return db.read.QueryRowContext(ctx, text, args...).Scan(into...)
		}, func(text string, args ...any) (*sql.Rows, error) {
			return db.read.QueryContext(ctx, text, args...)
		}
}

// Campaign implements queue.Campaigns.
func (db *DB) Campaign(ctx context.Context, id string) (wabridge.Campaign, error) {
	one, many := db.reading(ctx)
	c, err := campaignBy(one, many, id)
	if err != nil && wabridge.CodeOf(err) != wabridge.CodeNotFound {
		err = readError("read campaign "+id, err)
	}
	return c, err
}

// Campaigns implements queue.Campaigns.
func (db *DB) Campaigns(ctx context.Context, phone string, before time.Time, limit int) ([]wabridge.Campaign, error) {
	all, err := scanned(ctx, db, campaignsBefore, []any{beforeMillis(before), phone, limit}, func(rows *sql.Rows) (wabridge.Campaign, error) {
		return scanCampaign(rows.Scan)
	})
	_, many := db.reading(ctx)
	for i := range all {
		if err == nil {
			err = countCampaign(many, &all[i])
		}
	}
	if err != nil {
		return nil, readError("list campaigns", err)
	}
	return all, nil
}

// beforeMillis is a page's cursor; the zero time lets all pass.
func beforeMillis(t time.Time) int64 {
	if t.IsZero() {
		return 1<<63 - 1
	}
	return t.UnixMilli()
}

const newestTyped = `
SELECT typed
FROM message
WHERE phone = ?1 AND typed IS NOT NULL
ORDER BY typed DESC
LIMIT ?2`

// Typed implements queue.Campaigns.
func (db *DB) Typed(ctx context.Context, phone string, limit int) ([]time.Time, error) {
	all, err := scanned(ctx, db, newestTyped, []any{phone, limit}, func(rows *sql.Rows) (time.Time, error) {
		var ms int64
		err := rows.Scan(&ms)
		return time.UnixMilli(ms).UTC(), err
	})
	if err != nil {
		return nil, readError("read the pace of phone "+phone, err)
	}
	return all, nil
}
