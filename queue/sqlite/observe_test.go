package sqlite

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/wabridge/wabridge"
)

// listener notes what it hears.
type listener struct {
	mu      sync.Mutex
	heard   []string
	commits int
}

func (l *listener) note(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.heard = append(l.heard, fmt.Sprintf(format, args...))
}

func (l *listener) Accepted(_ context.Context, m *wabridge.Message) { l.note("accepted %s", m.ID) }
func (l *listener) Received(_ context.Context, m *wabridge.Message) { l.note("received %s", m.Source) }
func (l *listener) Moved(_ context.Context, m *wabridge.Message, from wabridge.State) {
	l.note("%s %s>%s", m.ID, from, m.State)
}

func (l *listener) Committed(jobs int, took time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.commits++; jobs < 1 || took <= 0 {
		l.heard = append(l.heard, "odd commit")
	}
}

func TestAnObserverHearsOfWhatIsCommitted(t *testing.T) {
	l := &listener{}
	db := openAt(t, tempPath(t), Options{Observer: l})
	d := textTo(1, "a")
	d.Message.ID = "wamid.a"
	if _, err := db.Enqueue(ctx, d); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Enqueue(ctx, textTo(2, "b"), d); err == nil { // the second one's id is taken: neither is kept
		t.Fatal("accepted twice")
	}
	now := time.Now()
	oldest, err := db.Waiting(ctx, now.Add(time.Minute))
	if err != nil || len(oldest) != 1 {
		t.Errorf("waiting: %v, %v", oldest, err)
	}
	if list, err := db.Depths(ctx); err != nil || len(list) != 1 || list[0].Count != 1 || list[0].State != wabridge.Queued {
		t.Errorf("depths: %+v, %v", list, err)
	}
	if _, err := db.Cancel(ctx, "wamid.a", now); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Cancel(ctx, "wamid.a", now); err == nil {
		t.Error("canceled twice")
	}
	if oldest, err := db.Waiting(ctx, now.Add(time.Minute)); err != nil || len(oldest) != 0 {
		t.Errorf("nothing waits: %v, %v", oldest, err)
	}
	want := []string{"accepted wamid.a", "wamid.a queued>canceled"}
	if !slices.Equal(l.heard, want) || l.commits == 0 {
		t.Errorf("heard %q (%d commits), want %q", l.heard, l.commits, want)
	}
}
