package bridge

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

func TestFeedIsBounded(t *testing.T) {
	f := newFeed(nil, nil)
	f.begin(0)
	next := int64(0)
	add := func(n, size int) {
		data := json.RawMessage(`"` + strings.Repeat("x", size) + `"`)
		for range n {
			next++
			f.add([]wabridge.Event{{Number: next, Phone: "1", Kind: wabridge.EventMessage, Data: data}}, next)
		}
	}
	sum := func() (n int) {
		for _, e := range f.tail {
			n += len(e.encoded)
		}
		return n
	}
	add(feedTail+10, 10)
	if len(f.tail) != feedTail || f.floor != 10 || f.bytes != sum() {
		t.Errorf("%d events, floor %d, %d bytes of %d", len(f.tail), f.floor, f.bytes, sum())
	}
	add(600, 10_000)
	if f.bytes > feedBytes || f.bytes != sum() || f.tail[0].number != f.floor+1 {
		t.Errorf("%d bytes of %d, floor %d before %d", f.bytes, sum(), f.floor, f.tail[0].number)
	}
	if _, _, ok := f.recent(f.floor-1, 10, queue.EventFilter{}); ok {
		t.Error("the tail answers for events that it has forgotten")
	}
	if got, searched, ok := f.recent(f.floor, 10, queue.EventFilter{}); !ok || len(got) != 10 || searched != f.floor+10 {
		t.Errorf("got %d events up to %d, %v", len(got), searched, ok)
	}
	if got, searched, ok := f.recent(f.floor, 10, queue.EventFilter{Phones: []string{"2"}}); !ok || len(got) != 0 || searched != next {
		t.Errorf("filtered: %d events up to %d, %v", len(got), searched, ok)
	}
	add(1, 2*feedBytes) // one that is too large for the tail is read from the log
	if len(f.tail) != 0 || f.floor != next || f.bytes != 0 {
		t.Errorf("%d events, floor %d", len(f.tail), f.floor)
	}
}

func TestBesideAnotherInterface(t *testing.T) {
	h := newHarness(t)
	other := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	for path, want := range map[string]int{
		"/healthz": 200, "/readyz": 200, "/bridge/v1/phones": 401, "/bridge/v1": 404, "/bridge/v1//phones": 404,
		"/v23.0//1/messages": 418, "/": 418, "/healthz/x": 418, "/bridge/v10/x": 418,
	} {
		w := httptest.NewRecorder()
		h.Beside(other).ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		if w.Code != want {
			t.Errorf("%s: %d, want %d", path, w.Code, want)
		}
	}
}

// flaky is a log that cannot be read for a while.
type flaky struct {
	queue.Log
	failures int
}

func (f *flaky) Changed() <-chan struct{} { return nil }

func (f *flaky) LastEvent(context.Context) (int64, error) {
	if f.failures--; f.failures >= 0 {
		return 0, wabridge.Fail(wabridge.CodeStorage, nil, "disk")
	}
	return 7, nil
}

func (f *flaky) Events(context.Context, int64, int, queue.EventFilter) ([]wabridge.Event, int64, error) {
	return nil, 7, nil
}

func TestFeedComesBackAndComplainsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		logs := &syncBuffer{}
		f := newFeed(&flaky{failures: 3}, slog.New(slog.NewTextHandler(logs, nil)))
		ctx, stop := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() { f.run(ctx) })
		start := time.Now()
		<-f.changed()
		if took := time.Since(start); f.seen() != 7 || took != 3*feedRetry {
			t.Errorf("after %s the feed is at %d", took, f.seen())
		}
		stop()
		wg.Wait()
		if n := strings.Count(logs.String(), "event log not readable"); n != 1 {
			t.Errorf("%d complaints: %s", n, logs)
		}
	})
}
