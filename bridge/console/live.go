package console

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

// Limits of a stream.
const (
	livePage  = 500                    // events read at a time
	liveKeys  = 50                     // keys told of a kind; more are told as "*"
	livePause = 300 * time.Millisecond // in which changes are gathered
	livePing  = 20 * time.Second       // between two signs of life; the session is asked for then
	liveWrite = 10 * time.Second       // to hand one frame to the connection
)

// changes are what a stretch of the event log says to a page: by kind of event
// the keys that it concerns. The keys of messages, echoes, statuses, sessions
// and preferences are chat ids, of the others phone_number_ids.
type changes map[wabridge.EventKind][]string

// live is GET /console/live: a stream of server-sent events that begins after
// the event that ?after= or Last-Event-ID names. Each is named "change", has
// the number of the newest event that it covers as its id, and changes as its
// data. The browser comes back by itself with the last id.
func (c *Console) live(v *visit) error {
	select {
	case c.streams <- struct{}{}:
		defer func() { <-c.streams }()
	default:
		return &problem{status: http.StatusServiceUnavailable, key: "error.streams"}
	}
	c.open.Add(1)
	defer c.open.Done()
	ctx, cancel := context.WithCancel(v.Context())
	defer cancel()
	defer context.AfterFunc(c.ctx, cancel)()

	last, err := c.Store.LastEvent(ctx)
	if err != nil {
		return err
	}
	s := &stream{c: c, v: v, after: place(or(v.Header.Get("Last-Event-ID"), v.FormValue("after")), last)}
	h := v.w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no")
	if err := s.write(": hello\n\n"); err == nil {
		s.run(ctx) // what ends it is a browser that left, or the program's stop
	}
	return nil
}

// place is where a stream begins: at the cursor, if it is one of this log.
func place(cursor string, last int64) int64 {
	n, err := strconv.ParseInt(cursor, 10, 64)
	if err != nil || n < 0 || n > last {
		return last
	}
	return n
}

// A stream is one page that listens.
type stream struct {
	c     *Console
	v     *visit
	after int64
}

// run writes what changes until the browser leaves, the session ends or the
// program stops.
func (s *stream) run(ctx context.Context) {
	ping := time.NewTicker(livePing)
	defer ping.Stop()
	for {
		changed := s.c.Store.Changed()
		if err := s.catchUp(ctx); err != nil {
			return
		}
		select {
		case <-changed:
			select {
			case <-time.After(livePause):
			case <-ctx.Done():
				return
			}
		case <-ping.C:
			if ok, err := s.c.recognise(s.v); err != nil || !ok || s.write(": ping\n\n") != nil {
				return
			}
		case <-ctx.Done():
			return
		}
	}
}

// catchUp tells of all that the log has beyond the cursor.
func (s *stream) catchUp(ctx context.Context) error {
	for {
		events, searched, err := s.c.Store.Events(ctx, s.after, livePage, queue.EventFilter{})
		if err != nil {
			return err
		}
		if s.after = max(s.after, searched); len(events) == 0 {
			return nil
		}
		data, err := json.Marshal(gather(events))
		if err != nil {
			return err
		}
		if err := s.write(fmt.Sprintf("id: %d\nevent: change\ndata: %s\n\n", s.after, data)); err != nil {
			return err
		}
		if len(events) < livePage {
			return nil
		}
	}
}

// write hands a frame to the connection; a browser that does not take it in
// time is dropped and comes back with its cursor.
func (s *stream) write(frame string) error {
	rc := http.NewResponseController(s.v.w)
	_ = rc.SetReadDeadline(time.Time{}) // the server's would end the request; tests' writers have none
	_ = rc.SetWriteDeadline(time.Now().Add(liveWrite))
	if _, err := s.v.w.Write([]byte(frame)); err != nil {
		return err
	}
	return rc.Flush()
}

// gather joins events into changes.
func gather(events []wabridge.Event) changes {
	all := changes{}
	seen := map[string]bool{}
	for _, e := range events {
		key := keyOf(e)
		id := string(e.Kind) + " " + key
		if seen[id] {
			continue
		}
		seen[id] = true
		all[e.Kind] = append(all[e.Kind], key)
	}
	for kind, keys := range all {
		if len(keys) > liveKeys {
			all[kind] = []string{"*"}
		}
	}
	return all
}

// keyOf is what a part of a page is told apart by.
func keyOf(e wabridge.Event) string {
	var data struct {
		Chat string `json:"chat_id"`
	}
	if json.Unmarshal(e.Data, &data) == nil && data.Chat != "" {
		return data.Chat
	}
	return e.Phone
}
