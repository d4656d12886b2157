package twin

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/bridge/callback"
	"github.com/wabridge/wabridge/queue"
)

// A receiver is a CRM's: what it was posted, by path.
type receiver struct {
	mu  sync.Mutex
	got map[string][]map[string]any
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	raw, err := io.ReadAll(req.Body)
	var body map[string]any
	if err != nil || json.Unmarshal(raw, &body) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.got[req.URL.Path] = append(r.got[req.URL.Path], body)
}

// wait waits until a path has got n callbacks.
func (r *receiver) wait(t *testing.T, path string, n int) []map[string]any {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		r.mu.Lock()
		got := r.got[path]
		r.mu.Unlock()
		if len(got) >= n {
			return got
		}
		if time.Now().After(end) {
			t.Fatalf("%s got %d callbacks, want %d", path, len(got), n)
		}
	}
}

// What happens to a message is told at its own address, once each, and no
// message of another interface is.
func TestCallbacks(t *testing.T) {
	crm := &receiver{got: map[string][]map[string]any{}}
	server := httptest.NewServer(crm)
	defer server.Close()
	h := newHarness(t, func(c *Config) { c.Reach = callback.Reach{Private: true} })
	d := New(Config{Store: h.store, Log: slog.New(slog.DiscardHandler), Client: server.Client()})
	must(t, d.Start(context.Background()))
	defer func() { must(t, d.Stop(context.Background())) }()

	one := `{"channels":{"chat":{"chatSessionName":"S","text":"Hello"}},"callbackUrl":"` + server.URL + `/a","callbackData":"order 17","destinations":[{"phone":"79030000001","externalId":"e1","variables":{"name":"Иван"}}]}`
	two := `{"channels":{"chat":{"text":"Hello"}},"callbackUrl":"` + server.URL + `/b?x=1","sendAt":"` + time.Now().Add(time.Hour).UTC().Format(time.RFC3339) + `","destinations":[{"phone":"79030000002"}]}`
	silent := `{"channels":{"chat":{"text":"Hello"}},"destinations":[{"phone":"79030000003"}]}`
	got := h.post(`{"messages":[` + one + `,` + two + `,` + silent + `]}`)
	foreign, err := h.store.Enqueue(context.Background(), queue.Draft{Message: wabridge.Message{Phone: phoneID, Chat: wabridge.UserJID("79030000004"), Number: "79030000004", Type: "text", Text: "x", Campaign: *got[0].BulkID}})
	must(t, err)
	stored := h.stored()
	h.move(stored[0], wabridge.Read)
	h.move(stored[2], wabridge.Sent)
	_, err = h.store.Cancel(context.Background(), foreign[0].Message.ID, time.Now())
	must(t, err)
	if code, _ := h.call(http.MethodDelete, "/api/v1/messages?id="+*got[1].ID, ""); code != 200 {
		t.Errorf("cancel: %d", code)
	}
	var words []string
	for _, body := range crm.wait(t, "/a", 3) {
		words = append(words, body["status"].(string))
		for name, want := range map[string]any{
			"id": *got[0].ID, "bulkId": *got[0].BulkID, "groupId": *got[0].GroupID, "flowId": *got[0].FlowID, "channel": "CHAT",
			"callbackData": "order 17", "externalId": "e1", "phone": "79030000001", "providerMessageId": stored[0].Session, "statusCode": 0.0,
		} {
			if body[name] != want {
				t.Errorf("%s: got %v, want %v", name, body[name], want)
			}
		}
		if at, ok := body["statusAt"].(string); !ok || !strings.HasSuffix(at, "+00:00") {
			t.Errorf("statusAt %v", body["statusAt"])
		}
	}
	if d := cmp.Diff([]string{"SENT", "DELIVERED", "READ"}, words); d != "" {
		t.Error(d)
	}
	if body := crm.wait(t, "/b", 1)[0]; body["status"] != "CANCELED" || body["id"] != *got[1].ID {
		t.Errorf("the canceled one: %v", body)
	}
	crm.mu.Lock()
	defer crm.mu.Unlock()
	if len(crm.got) != 2 || len(crm.got["/a"])+len(crm.got["/b"]) != 4 {
		t.Errorf("got %v", crm.got)
	}
}
