package bridge

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/wabridge/wabridge"
)

// pollPage is the answer to a long-poll, decoded.
type pollPage struct {
	Events []wabridge.Event
	Last   int64
	Missed *gap
}

func TestPollAnswersAtOnceWhenThereIsSomething(t *testing.T) {
	h := newHarness(t)
	start := h.last()
	h.receive(phoneID, 3)
	got := h.do("GET", fmt.Sprintf("/bridge/v1/events?after=%d&wait=25", start), "", reader)
	p := into[pollPage](t, got)
	if len(p.Events) != 3 || p.Last != h.last() || p.Missed != nil {
		t.Fatalf("got %s", got.body)
	}
	e := into[struct{ Events []map[string]any }](t, got).Events[0]
	for _, name := range []string{"number", "type", "phone_number_id", "message_id", "at", "data"} {
		if e[name] == nil {
			t.Errorf("the envelope has no %s: %v", name, e)
		}
	}
	if e["type"] != "message" || e["phone_number_id"] != phoneID || !strings.HasSuffix(e["at"].(string), "Z") {
		t.Errorf("envelope %v", e)
	}
}

func TestPollWaitsForTheNextEvent(t *testing.T) {
	h := newHarness(t)
	answers := make(chan reply, 1)
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() { answers <- h.do("GET", "/bridge/v1/events?wait=60", "", reader) })
	waitFor(t, "the poll to have begun", func() bool { return h.streams.busy(h.MaxStreams) == 1 })
	h.receive(phoneID, 1)
	if p := into[pollPage](t, <-answers); len(p.Events) != 1 || p.Last != p.Events[0].Number {
		t.Errorf("got %+v", p)
	}
}

func TestPollWithoutWaitAnswersEmpty(t *testing.T) {
	h := newHarness(t)
	h.receive(phoneID, 1)
	got := h.do("GET", "/bridge/v1/events", "", reader)
	if want := fmt.Sprintf(`{"events":[],"last":%d}`, h.last()); strings.TrimSpace(string(got.body)) != want {
		t.Errorf("got %s, want %s", got.body, want)
	}
}

func TestPollFilters(t *testing.T) {
	h := newHarness(t)
	start := h.last()
	h.receive(phoneID, 2)
	h.receive(secondID, 1)
	must(t, h.store.SetPhoneState(t.Context(), secondID, wabridge.PhoneReady, 0, "", time.Now()))
	for _, tt := range []struct {
		name, query string
		want        int
	}{
		{"all", "", 4},
		{"one phone", "&phone=" + phoneID, 2},
		{"two phones, repeated", "&phone=" + phoneID + "&phone=" + secondID, 4},
		{"two phones, with a comma", "&phone=" + phoneID + "," + secondID, 4},
		{"one type", "&type=message", 3},
		{"two types", "&type=phone,status", 1},
		{"phone and type", "&type=message&phone=" + secondID, 1},
		{"nobody's", "&phone=7", 0},
		{"a page", "&limit=3", 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := into[pollPage](t, h.do("GET", fmt.Sprintf("/bridge/v1/events?after=%d%s", start, tt.query), "", reader))
			if len(p.Events) != tt.want {
				t.Errorf("%d events, want %d", len(p.Events), tt.want)
			}
			if !strings.Contains(tt.query, "limit") && p.Last != h.last() {
				t.Errorf("last is %d, want %d: a filtered reader need not search again", p.Last, h.last())
			}
		})
	}
}

func TestCursors(t *testing.T) {
	h := newHarness(t)
	h.receive(phoneID, 1)
	ahead := h.do("GET", fmt.Sprintf("/bridge/v1/events?after=%d", h.last()+1), "", reader).failure(t)
	if ahead.Status != http.StatusConflict || ahead.Code != "cursor_ahead" {
		t.Errorf("a cursor of another database: %+v", ahead)
	}
	for _, query := range []string{"after=x", "after=-1", "wait=61", "wait=x", "limit=0", "limit=1001", "type=gossip", "after=%zz"} {
		if got := h.do("GET", "/bridge/v1/events?"+query, "", reader).failure(t); got.Status != 400 || got.Code != "invalid_parameter" || got.Remedy == "" {
			t.Errorf("%s: %+v", query, got)
		}
	}
}

// forgetful is a log whose oldest events are gone.
type forgetful struct {
	Store
	first int64
}

func (f forgetful) FirstEvent(context.Context) (int64, error) { return f.first, nil }

func TestMissedEventsAreSaid(t *testing.T) {
	h := newHarness(t, func(c *Config) { c.Store = forgetful{c.Store, 4} })
	h.receive(phoneID, 6)
	p := into[pollPage](t, h.do("GET", "/bridge/v1/events?after=1", "", reader))
	if p.Missed == nil || *p.Missed != (gap{2, 3}) || p.Events[0].Number != 4 {
		t.Errorf("got %+v", p)
	}
	if p := into[pollPage](t, h.do("GET", "/bridge/v1/events?after=3", "", reader)); p.Missed != nil {
		t.Errorf("nothing was missed, but %+v", p.Missed)
	}
	conn := h.dial(t, "?after=0", nil)
	var first struct {
		Number int64
		Type   string
		Data   gap
	}
	must(t, conn.ReadJSON(&first))
	if first.Type != "missed" || first.Number != 3 || first.Data != (gap{1, 3}) {
		t.Errorf("first frame %+v", first)
	}
	var e wabridge.Event
	if must(t, conn.ReadJSON(&e)); e.Number != 4 {
		t.Errorf("then event %d", e.Number)
	}
}

func waitFor(t *testing.T, what string, done func() bool) {
	t.Helper()
	deadline := time.After(2 * time.Minute)
	for !done() {
		select {
		case <-deadline:
			t.Fatalf("waited two minutes for %s", what)
		case <-time.After(time.Millisecond):
		}
	}
}

func TestShutdownEndsReaders(t *testing.T) {
	h := newHarness(t)
	conn := h.dial(t, "", nil)
	answers := make(chan reply, 1)
	var wg sync.WaitGroup
	wg.Go(func() { answers <- h.do("GET", "/bridge/v1/events?wait=60", "", reader) })
	waitFor(t, "two readers", func() bool { return h.streams.busy(h.MaxStreams) == 2 })
	must(t, h.Shutdown(t.Context()))
	if _, _, err := conn.ReadMessage(); !websocket.IsCloseError(err, websocket.CloseServiceRestart) {
		t.Errorf("the stream ended with %v", err)
	}
	wg.Wait()
	if got := <-answers; got.status != 200 {
		t.Errorf("the poll ended with %d %s", got.status, got.body)
	}
	if got := h.do("GET", "/bridge/v1/events?wait=60", "", reader).failure(t); got.Status != 503 || got.Code != "stopping" {
		t.Errorf("afterwards: %+v", got)
	}
	must(t, h.Shutdown(t.Context()))
}

func TestReadersAreBounded(t *testing.T) {
	h := newHarness(t, func(c *Config) { c.MaxStreams = 1 })
	h.dial(t, "", nil)
	waitFor(t, "the first", func() bool { return h.streams.busy(1) == 1 })
	if got := h.do("GET", "/bridge/v1/events", "", reader).failure(t); got.Status != 503 || got.Code != "too_many_readers" {
		t.Errorf("got %+v", got)
	}
}
