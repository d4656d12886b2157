package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/daemon"
	"github.com/wabridge/wabridge/queue"
	"github.com/wabridge/wabridge/queue/sqlite"
)

const (
	killChats   = 20
	killEach    = 150 // messages of a chat
	killPhone   = "100000000000001"
	killPoison  = "chat 0 message 10" // the receiver answers 500 to it, always
	killsInTest = 6
)

// TestKillsUnderDeliveries kills the program six times while it posts 3,000
// messages of 20 chats, of which the receiver never takes one. Every other one
// arrives, those of a chat for the first time in order, and the one that is
// refused ends as a dead letter.
func TestKillsUnderDeliveries(t *testing.T) {
	r := &killReceiver{seen: map[string]int{}}
	server := httptest.NewServer(r)
	defer server.Close()
	dir := t.TempDir()
	seedToken(t, dir)
	endpoint := seedDeliveries(t, dir, server.URL)
	t.Setenv("WABRIDGE_WEBHOOK_MAX_REFUSALS", "2")
	args := []string{"serve", "--listen", "127.0.0.1:0", "--data", dir, "--discover=false"}
	rng := rand.New(rand.NewPCG(1, 9))
	during := 0
	for kill := range killsInTest {
		g := startGateway(t, dir, args...)
		want := killChats * killEach * (kill + 1) / (killsInTest + 2)
		until(t, fmt.Sprintf("%d messages", want), g.log.String, func() bool { return r.count() >= want })
		<-time.After(time.Duration(rng.IntN(30)) * time.Millisecond)
		g.kill()
		if n := r.count(); n < killChats*killEach-killEach {
			during++
		}
	}
	g := startGateway(t, dir, args...)
	g.ready(t)
	until(t, "all messages but one", g.log.String, func() bool { return r.count() >= killChats*killEach-1 })
	var dead struct {
		Letters []struct {
			Event int64 `json:"event"`
		} `json:"dead_letters"`
	}
	until(t, "the dead letter", g.log.String, func() bool {
		_, err := g.api(http.MethodGet, "/bridge/v1/destinations/"+endpoint+"/dead-letters", nil, &dead)
		if err != nil {
			t.Fatal(err)
		}
		return len(dead.Letters) > 0
	})
	g.stop(t)
	if len(dead.Letters) != 1 {
		t.Errorf("%d dead letters, want 1", len(dead.Letters))
	}
	if during < killsInTest/2 {
		t.Errorf("only %d of %d kills came while messages were posted: the test proves nothing", during, killsInTest)
	}
	r.check(t)
}

// seedDeliveries stores an endpoint and the messages, and returns its id.
func seedDeliveries(t *testing.T, dir, url string) string {
	t.Helper()
	db, err := sqlite.Open(t.Context(), filepath.Join(dir, daemon.DatabaseFile), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.PutPhone(t.Context(), wabridge.Phone{ID: killPhone, WABA: "200000000000001", Number: "15550001001"}); err != nil {
		t.Fatal(err)
	}
	e, err := db.PutEndpoint(t.Context(), queue.Endpoint{URL: url, Scope: "app"})
	if err != nil {
		t.Fatal(err)
	}
	const burst = 5
	for first := 0; first < killEach; first += burst {
		for chat := range killChats {
			ref := wabridge.ChatRef{JID: wabridge.UserJID(fmt.Sprintf("1555%07d", 1000+chat))}
			_, err := db.Reconcile(t.Context(), killPhone, ref, 1, func(wabridge.Chat, []wabridge.Message) (c queue.Changes) {
				for i := range burst {
					c.New = append(c.New, wabridge.Message{Type: "text", Text: wabridge.Text(fmt.Sprintf("chat %d message %d", chat, first+i))})
				}
				return c
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	return e.ID
}

// A killReceiver notes what it takes, in the order of the first time.
type killReceiver struct {
	mu    sync.Mutex
	order []string
	seen  map[string]int
}

func (k *killReceiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Entry []struct {
			Changes []struct {
				Value struct {
					Messages []struct{ Text struct{ Body string } }
				}
			}
		}
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	<-time.After(2 * time.Millisecond)
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, e := range in.Entry {
		for _, c := range e.Changes {
			for _, m := range c.Value.Messages {
				if m.Text.Body == killPoison {
					w.WriteHeader(http.StatusInternalServerError)
					return
				}
				if k.seen[m.Text.Body]++; k.seen[m.Text.Body] == 1 {
					k.order = append(k.order, m.Text.Body)
				}
			}
		}
	}
}

// count is how many different messages were taken.
func (k *killReceiver) count() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.order)
}

// check looks that nothing is missing, and that a chat's messages came in order.
func (k *killReceiver) check(t *testing.T) {
	t.Helper()
	k.mu.Lock()
	defer k.mu.Unlock()
	repeats, last := 0, map[int]int{}
	for _, text := range k.order {
		var chat, n int
		if _, err := fmt.Sscanf(text, "chat %d message %d", &chat, &n); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		want := last[chat]
		if text := fmt.Sprintf("chat %d message %d", chat, want); text == killPoison {
			want++
		}
		if n != want {
			t.Errorf("chat %d: message %d came when %d was due", chat, n, want)
		}
		last[chat] = n + 1
		repeats += k.seen[text] - 1
	}
	if want := killChats*killEach - 1; len(k.order) != want {
		t.Errorf("%d messages taken, want %d", len(k.order), want)
	}
	t.Logf("%d messages, %d repeats after %d kills", len(k.order), repeats, killsInTest)
}
