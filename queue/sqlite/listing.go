package sqlite

import (
	"context"
	"strconv"
	"strings"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

var _ queue.Listings = (*DB)(nil)

// ListMessages implements queue.Listings. The page is found in an index alone;
// only its rows are read.
func (db *DB) ListMessages(ctx context.Context, l queue.Listing) ([]wabridge.Message, error) {
	text, args := listed(l)
	order := "p.created, p.seq"
	if l.Newest {
		order = "p.created DESC, p.seq DESC"
	}
	page := "SELECT p.seq AS page\n" + text + "ORDER BY " + order +
		"\nLIMIT " + strconv.Itoa(min(max(l.Limit, 1), 1000)) + " OFFSET " + strconv.Itoa(max(l.Offset, 0))
	return db.list(ctx, "list messages to send", selectMessage+"JOIN (\n"+page+"\n) ON page = m.seq\nORDER BY "+
		strings.ReplaceAll(order, "p.", "m."), args...)
}

// CountMessages implements queue.Listings.
func (db *DB) CountMessages(ctx context.Context, l queue.Listing) (n int, err error) {
	text, args := listed(l)
	if err := db.read.QueryRowContext(ctx, "SELECT count(*)\n"+text, args...).Scan(&n); err != nil {
		return 0, readError("count messages to send", err)
	}
	return n, nil
}

// listed writes FROM and WHERE of a listing. The index is named, because the
// planner would rather read whole rows: by id or by campaign where these are
// asked for, else by time.
func listed(l queue.Listing) (text string, args []any) {
	var b strings.Builder
	index := "message_made"
	switch {
	case len(l.Prefixes) > 0:
		index = ""
	case len(l.Campaigns) > 0 || l.CampaignName != "":
		index = "message_campaign"
	}
	b.WriteString("FROM message p")
	if index != "" {
		b.WriteString(" INDEXED BY " + index)
	}
	b.WriteString("\nWHERE p.direction = 'out' AND (p.source <> 'bot' OR p.campaign <> '')\n")
	and := func(condition string, arg any) { // # stands for the argument
		args = append(args, arg)
		b.WriteString("  AND " + strings.ReplaceAll(condition, "#", "?"+strconv.Itoa(len(args))) + "\n")
	}
	if len(l.Prefixes) > 0 {
		and(`p.seq IN (
    SELECT i.seq
    FROM json_each(#) j JOIN message i ON i.id >= j.value AND i.id < j.value || '~')`, jsonList(l.Prefixes))
	}
	if len(l.Campaigns) > 0 {
		and("p.campaign <> '' AND p.campaign IN (SELECT value FROM json_each(#))", jsonList(l.Campaigns))
	}
	if l.CampaignName != "" {
		and("p.campaign <> '' AND p.campaign IN (SELECT id FROM campaign WHERE name = #)", l.CampaignName)
	}
	if l.BulksOf != "" {
		and("p.campaign <> '' AND p.campaign IN (SELECT data ->> '$.bulkId' FROM object WHERE kind = #)", l.BulksOf)
	}
	if len(l.Suffixes) > 0 {
		and("substr(p.id, -8) IN (SELECT value FROM json_each(#))", jsonList(l.Suffixes))
	}
	if len(l.Phones) > 0 {
		and("p.phone IN (SELECT value FROM json_each(#))", jsonList(l.Phones))
	}
	if len(l.States) > 0 {
		and("p.state IN (SELECT value FROM json_each(#))", jsonList(l.States))
	}
	if !l.Since.IsZero() {
		and("p.created >= #", l.Since.UnixMilli())
	}
	if !l.Until.IsZero() {
		and("p.created < #", l.Until.UnixMilli())
	}
	return b.String(), args
}
