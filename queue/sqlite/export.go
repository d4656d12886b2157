package sqlite

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/wabridge/wabridge"
)

// The formats of Export.
const (
	FormatJSONL = "jsonl" // one JSON object a line, as wabridge.Message marshals
	FormatCSV   = "csv"   // RFC 4180 with a header line
)

// exportPage is how many messages are read at a time, so that no long reading
// keeps the write-ahead log from being folded back.
const exportPage = 1000

const exportAfter = selectMessage + `WHERE m.seq > ?1 ORDER BY m.seq LIMIT ?2`

// Export writes every message, oldest first, in a format. It holds what people
// wrote: w is the caller's to protect. Messages that arrive meanwhile may be in
// it or not.
func (db *DB) Export(ctx context.Context, w io.Writer, format string) error {
	buffer := bufio.NewWriter(w)
	write, flush, err := encoder(buffer, format)
	if err != nil {
		return err
	}
	for after := int64(0); ; {
		page, err := db.list(ctx, "export messages", exportAfter, after, exportPage)
		if err != nil {
			return err
		}
		for i := range page {
			if err := write(&page[i]); err != nil {
				return fmt.Errorf("export messages: %w", err)
			}
			after = page[i].Seq
		}
		if len(page) < exportPage {
			break
		}
	}
	if err := errors.Join(flush(), buffer.Flush()); err != nil {
		return fmt.Errorf("export messages: %w", err)
	}
	return nil
}

// encoder is how a format writes one message, and its end.
func encoder(w io.Writer, format string) (write func(*wabridge.Message) error, flush func() error, err error) {
	switch format {
	case FormatJSONL:
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		return func(m *wabridge.Message) error { return e.Encode(m) }, func() error { return nil }, nil
	case FormatCSV:
		c := csv.NewWriter(w)
		flush := func() error { c.Flush(); return c.Error() }
		return func(m *wabridge.Message) error { return c.Write(csvRow(m)) }, flush, c.Write(csvHeader)
	}
	return nil, nil, wabridge.Fail(wabridge.CodeParameter, nil, "unknown format %q: want %s or %s", format, FormatJSONL, FormatCSV)
}

var csvHeader = []string{
	"seq", "id", "phone_number_id", "direction", "chat_id", "number", "name", "group_id", "group_name",
	"type", "text", "body", "context", "biz_opaque_callback_data", "priority", "state", "code", "reason", "tries",
	"created", "due", "expires", "handed_at", "sent_at", "delivered_at", "read_at", "ended_at", "source",
}

func csvRow(m *wabridge.Message) []string {
	return []string{
		strconv.FormatInt(m.Seq, 10), m.ID, m.Phone, string(m.Direction), m.Chat, m.Number, m.Name, m.Group, m.GroupName,
		m.Type, string(m.Text), string(m.Body), m.Context, m.Callback, strconv.Itoa(m.Priority), string(m.State),
		strconv.Itoa(int(m.Code)), m.Reason, strconv.Itoa(m.Tries),
		stamp(m.Created), stamp(m.Due), stamp(m.Expires), stamp(m.HandedAt), stamp(m.SentAt), stamp(m.Delivered), stamp(m.ReadAt), stamp(m.Ended), m.Source,
	}
}

// stamp is a time in RFC 3339 with milliseconds, "" for none.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z07:00")
}
