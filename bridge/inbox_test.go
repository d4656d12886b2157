package bridge

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

type inboxAnswer struct {
	Messages []struct {
		Cursor int64
		ID     string
		Text   string
		Phone  string `json:"phone_number_id"`
	}
	Last   int64
	Missed *gap
}

func TestInboxHoldsWhatCameInInOrder(t *testing.T) {
	h := newHarness(t)
	h.accept(phoneID, "15550001111") // a message to send, and its status: not the inbox's
	h.receive(phoneID, 5)
	h.receive(secondID, 2)
	for _, tt := range []struct {
		name, query string
		want        int
	}{
		{"all that is kept", "after=0", 7},
		{"one phone's", "after=0&phone_number_id=" + secondID, 2},
		{"two phones'", "after=0&phone_number_id=" + secondID + "," + phoneID, 7},
		{"nobody's", "after=0&phone_number_id=7", 0},
		{"a page", "after=0&limit=3", 3},
		{"from now on", "", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := into[inboxAnswer](t, h.do("GET", "/bridge/v1/inbox?"+tt.query, "", reader))
			if len(got.Messages) != tt.want {
				t.Fatalf("%d messages, want %d", len(got.Messages), tt.want)
			}
			for i, m := range got.Messages {
				if i > 0 && m.Cursor <= got.Messages[i-1].Cursor || m.ID == "" || m.Text == "" || m.Phone == "" {
					t.Errorf("message %d is %+v", i, m)
				}
			}
		})
	}
	var ids []string
	for after := int64(0); ; {
		got := into[inboxAnswer](t, h.do("GET", fmt.Sprintf("/bridge/v1/inbox?after=%d&limit=2", after), "", reader))
		if len(got.Messages) == 0 {
			break
		}
		for _, m := range got.Messages {
			ids = append(ids, m.ID)
		}
		after = got.Last
	}
	seen := map[string]bool{}
	for _, id := range ids {
		seen[id] = true
	}
	if len(ids) != 7 || len(seen) != 7 {
		t.Errorf("page by page: %q", ids)
	}
}

func TestInboxWaits(t *testing.T) {
	h := newHarness(t)
	answers := make(chan reply, 1)
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() { answers <- h.do("GET", "/bridge/v1/inbox?wait=60", "", reader) })
	waitFor(t, "the poll to have begun", func() bool { return h.streams.busy(h.MaxStreams) == 1 })
	must(t, h.store.HoldPhone(t.Context(), phoneID, true, time.Now())) // an event, but no message
	h.receive(phoneID, 1)
	if got := into[inboxAnswer](t, <-answers); len(got.Messages) != 1 || got.Last != got.Messages[0].Cursor {
		t.Errorf("got %+v", got)
	}
}

func TestInboxSaysWhatIsWrong(t *testing.T) {
	h := newHarness(t)
	for _, tt := range []struct {
		query, field string
		status       int
	}{
		{"after=x", "after", http.StatusBadRequest},
		{"after=-1", "after", http.StatusBadRequest},
		{"after=999999", "after", http.StatusConflict},
		{"limit=0", "limit", http.StatusBadRequest},
		{"limit=1001", "limit", http.StatusBadRequest},
		{"wait=61", "wait", http.StatusBadRequest},
	} {
		got := h.do("GET", "/bridge/v1/inbox?"+tt.query, "", reader)
		if got.status != tt.status || got.failure(t).Field != tt.field {
			t.Errorf("%s: %d %s", tt.query, got.status, got.body)
		}
	}
	if got := h.do("GET", "/bridge/v1/inbox", "", sender); got.status != http.StatusForbidden || !strings.Contains(string(got.body), "read") {
		t.Errorf("with a token that may not read: %d %s", got.status, got.body)
	}
}
