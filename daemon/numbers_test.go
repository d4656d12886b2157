package daemon

import (
	"encoding/json"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/wabridge/wabridge"
)

// TestEveryWayInReadsNumbersAlike sends to random spellings of one number
// through each interface: all messages are in one chat, and a query with any
// spelling finds them.
func TestEveryWayInReadsNumbersAlike(t *testing.T) {
	cfg := Default()
	cfg.Listen, cfg.Data, cfg.Discover, cfg.Token = "127.0.0.1:0", t.TempDir(), false, "local-secret-token"
	cfg.Phones = []PhoneConfig{{Serial: "direct:" + freeAddress(t), ID: "100000000000001", Number: "+49 151 23456789"}}
	d := begin(t, cfg)
	call := func(method, path, key, body string, into any) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, "http://"+d.Addr()+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", key+cfg.Token)
		r.Header.Set("Content-Type", "application/json")
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		b, _ := io.ReadAll(resp.Body)
		if err := json.Unmarshal(b, into); err != nil || resp.StatusCode/100 != 2 {
			t.Fatalf("%s %s %s: %d %s", method, path, body, resp.StatusCode, b)
		}
	}
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 3))
	for chat, spellings := range map[string][]string{
		"4915123456788": {"+4915123456788", "4915123456788", "0151 23456788", "+49 (0)151-2345 6788"},
		"5491123456789": {"+541123456789", "5491123456789", "+54 9 11 2345-6789"},
		"5215512345678": {"+525512345678", "5215512345678", "+52 1 55 1234 5678"},
		"553191234567":  {"+5531991234567", "553191234567", "+55 31 9123-4567"},
		"972502345678":  {"+972-050-2345678", "972502345678"},
		"390669821234":  {"+39 06 6982 1234", "390669821234"},
	} {
		any := func() string { b, _ := json.Marshal(spellings[r.IntN(len(spellings))]); return string(b) } // of a string
		var skip json.RawMessage
		call("POST", "/v23.0/100000000000001/messages", "Bearer ", `{"messaging_product":"whatsapp","to":`+any()+`,"type":"text","text":{"body":"a"}}`, &skip)
		call("POST", "/whatsapp/messages", "Key ", `{"from":"4915123456789","to":`+any()+`,"text":"b"}`, &skip)
		call("POST", "/api/v1/messages", "Bearer ", `{"messages":[{"channels":{"chat":{"text":"c"}},"destinations":[{"phone":`+any()+`}]}]}`, &skip)
		call("POST", "/bridge/v1/campaigns", "Bearer ", `{"message":{"type":"text","text":{"body":"d"}},"destinations":[{"to":`+any()+`}]}`, &skip)
		var p wabridge.Preference
		call("POST", "/bridge/v1/optouts", "Bearer ", `{"to":`+any()+`}`, &p)
		if p.Chat != wabridge.UserJID(chat) {
			t.Errorf("seed %d: the opt-out is of %s, want %s", seed, p.Chat, chat)
		}
		var list struct {
			Messages []wabridge.Message `json:"messages"`
		}
		call("GET", "/bridge/v1/messages?number="+url.QueryEscape(spellings[r.IntN(len(spellings))]), "Bearer ", "", &list)
		if len(list.Messages) != 4 {
			t.Errorf("seed %d: %d messages of %s, want 4", seed, len(list.Messages), chat)
		}
		for _, m := range list.Messages {
			if m.Chat != wabridge.UserJID(chat) || m.Number != chat {
				t.Errorf("seed %d: %q to %q is in %s, want %s", seed, m.Text, m.Input, m.Chat, chat)
			}
		}
	}
}
