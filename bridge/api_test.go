package bridge

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

// every is each route with the least scope that it takes.
var every = []struct{ method, path, scope string }{
	{"GET", "/bridge/v1/events", "read"},
	{"GET", "/bridge/v1/inbox", "read"},
	{"GET", "/bridge/v1/messages", "read"},
	{"GET", "/bridge/v1/messages/x", "read"},
	{"DELETE", "/bridge/v1/messages/x", "send"},
	{"GET", "/bridge/v1/sessions", "read"},
	{"POST", "/bridge/v1/sessions", "send"},
	{"GET", "/bridge/v1/sessions/x", "read"},
	{"POST", "/bridge/v1/sessions/x/results", "send"},
	{"POST", "/bridge/v1/sessions/x/hand-over", "send"},
	{"POST", "/bridge/v1/sessions/x/take-back", "send"},
	{"POST", "/bridge/v1/sessions/x/end", "send"},
	{"GET", "/bridge/v1/bots", "read"},
	{"GET", "/bridge/v1/contacts", "read"},
	{"GET", "/bridge/v1/contacts/x/picture", "read"},
	{"GET", "/bridge/v1/phones", "read"},
	{"GET", "/bridge/v1/phones/x", "read"},
	{"POST", "/bridge/v1/phones/x/pause", "admin"},
	{"POST", "/bridge/v1/phones/x/maintenance", "admin"},
	{"POST", "/bridge/v1/phones/x/resume", "admin"},
	{"GET", "/bridge/v1/webhooks", "admin"},
	{"POST", "/bridge/v1/webhooks", "admin"},
	{"POST", "/bridge/v1/webhooks/x", "admin"},
	{"DELETE", "/bridge/v1/webhooks/x", "admin"},
	{"GET", "/bridge/v1/tokens", "admin"},
	{"POST", "/bridge/v1/tokens", "admin"},
	{"DELETE", "/bridge/v1/tokens/x", "admin"},
	{"GET", "/bridge/v1/audit", "admin"},
	{"GET", "/bridge/v1/status", "read"},
}

func TestScopes(t *testing.T) {
	h := newHarness(t)
	secrets := map[string]string{"send": sender, "read": reader, "admin": admin}
	for _, route := range every {
		for scope, secret := range secrets {
			got := h.do(route.method, route.path, "", secret)
			allowed := scope == route.scope || scope == "admin"
			if (got.status == http.StatusForbidden) == allowed || got.status == http.StatusUnauthorized {
				t.Errorf("%s %s with scope %s: %d %s", route.method, route.path, scope, got.status, got.body)
			}
			if !allowed && !strings.Contains(got.failure(t).Message, route.scope) {
				t.Errorf("%s %s does not say which scope: %s", route.method, route.path, got.body)
			}
		}
	}
}

func TestWithoutToken(t *testing.T) {
	h := newHarness(t)
	for _, route := range every[:4] {
		got := h.do(route.method, route.path, "", "")
		if f := got.failure(t); f.Status != 401 || f.Code != "unauthorized" || got.header.Get("WWW-Authenticate") == "" {
			t.Errorf("%s %s: %+v", route.method, route.path, f)
		}
	}
}

func TestNoSuchPathOrMethod(t *testing.T) {
	h := newHarness(t)
	for _, tt := range []struct {
		method, path string
		status       int
		code         string
	}{
		{"GET", "/bridge/v1/nothing", 404, "not_found"},
		{"GET", "/", 404, "not_found"},
		{"GET", "/bridge/v1//phones", 404, "not_found"},
		{"GET", "/bridge/v1/../v1/phones", 404, "not_found"},
		{"GET", "/bridge/v1/phones/", 404, "not_found"},
		{"PUT", "/bridge/v1/phones", 405, "method_not_allowed"},
		{"DELETE", "/bridge/v1/events", 405, "method_not_allowed"},
		{"POST", "/healthz", 405, "method_not_allowed"},
	} {
		if got := h.do(tt.method, tt.path, "").failure(t); got.Status != tt.status || got.Code != tt.code {
			t.Errorf("%s %s: %+v", tt.method, tt.path, got)
		}
	}
}

func TestMessages(t *testing.T) {
	h := newHarness(t)
	var sent []wabridge.Message
	for i := range 25 {
		sent = append(sent, h.accept(phoneID, fmt.Sprintf("1650555%04d", i)))
	}
	h.receive(secondID, 2)
	type list struct {
		Messages []wabridge.Message
		Next     string
	}
	for _, tt := range []struct {
		name, query string
		want        int
	}{
		{"all", "", 27},
		{"a phone", "phone=" + secondID, 2},
		{"a number, as people write it", "number=%2B1+650+555-0003", 1},
		{"a chat", "chat=16505550004@s.whatsapp.net", 1},
		{"a direction", "direction=in", 2},
		{"a state", "state=queued", 25},
		{"two states", "state=received&state=queued", 27},
		{"since an hour", "since=" + fmt.Sprint(time.Now().Add(-time.Hour).Unix()), 27},
		{"until an hour ago", "until=" + time.Now().Add(-time.Hour).UTC().Format(time.RFC3339), 0},
		{"a page", "limit=10", 10},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := h.do("GET", "/bridge/v1/messages?"+tt.query, "", reader)
			if l := into[list](t, got); got.status != 200 || len(l.Messages) != tt.want || l.Messages == nil {
				t.Errorf("%d, %d messages, want %d: %.300s", got.status, len(l.Messages), tt.want, got.body)
			}
		})
	}
	for _, order := range []string{"newest", "oldest"} {
		t.Run("pages, "+order, func(t *testing.T) {
			var seqs []int64
			for next := "start"; next != ""; {
				query := "/bridge/v1/messages?phone=" + phoneID + "&limit=7&order=" + order
				if next != "start" {
					query += "&cursor=" + next
				}
				l := into[list](t, h.do("GET", query, "", reader))
				for _, m := range l.Messages {
					seqs = append(seqs, m.Seq)
				}
				next = l.Next
			}
			if order == "newest" {
				slices.Reverse(seqs)
			}
			if len(seqs) != 25 || !slices.IsSorted(seqs) || seqs[0] != sent[0].Seq {
				t.Errorf("got %v", seqs)
			}
		})
	}
	for _, query := range []string{"state=lost", "direction=up", "order=random", "cursor=x", "cursor=eDox", "limit=1000", "since=yesterday", "until=x"} {
		if got := h.do("GET", "/bridge/v1/messages?"+query, "", reader).failure(t); got.Status != 400 || got.Field != strings.Split(query, "=")[0] {
			t.Errorf("%s: %+v", query, got)
		}
	}
}

func TestMessageWithItsStatusesAndCancel(t *testing.T) {
	h := newHarness(t)
	m := h.accept(phoneID, "16505550001")
	if got := h.do("DELETE", "/bridge/v1/messages/"+m.ID, "", sender); got.status != 200 || into[wabridge.Message](t, got).State != wabridge.Canceled {
		t.Fatalf("cancel: %d %s", got.status, got.body)
	}
	detail := into[messageDetail](t, h.do("GET", "/bridge/v1/messages/"+m.ID, "", reader))
	if detail.ID != m.ID || detail.State != wabridge.Canceled || len(detail.Statuses) == 0 {
		t.Errorf("got %+v", detail)
	}
	again := h.do("DELETE", "/bridge/v1/messages/"+m.ID, "", sender).failure(t)
	if again.Status != 409 || again.Code != "too_late" || again.State != "canceled" {
		t.Errorf("cancel again: %+v", again)
	}
	for _, method := range []string{"GET", "DELETE"} {
		if got := h.do(method, "/bridge/v1/messages/wamid.unknown", "").failure(t); got.Status != 404 || got.Code != "not_found" {
			t.Errorf("%s unknown: %+v", method, got)
		}
	}
}

func TestPhones(t *testing.T) {
	h := newHarness(t)
	h.accept(phoneID, "16505550001")
	h.accept(phoneID, "16505550002")
	list := into[struct{ Phones []phoneView }](t, h.do("GET", "/bridge/v1/phones", "", reader)).Phones
	if len(list) != 2 || list[0].ID != phoneID || list[0].Depth[wabridge.Queued] != 2 || list[0].Oldest.IsZero() || len(list[1].Depth) != 0 {
		t.Errorf("got %+v", list)
	}
	for _, step := range []struct {
		call string
		held bool
	}{{"pause", true}, {"pause", true}, {"resume", false}} {
		got := h.do("POST", "/bridge/v1/phones/"+phoneID+"/"+step.call, "")
		if v := into[phoneView](t, got); got.status != 200 || v.Held != step.held {
			t.Errorf("%s: %d %s", step.call, got.status, got.body)
		}
	}
	for _, on := range []bool{true, false} {
		got := h.do("POST", "/bridge/v1/phones/"+phoneID+"/maintenance", fmt.Sprintf(`{"on":%v}`, on))
		if v := into[phoneView](t, got); got.status != 200 || v.Maintenance != on {
			t.Errorf("maintenance %v: %d %s", on, got.status, got.body)
		}
	}
	if got := h.do("POST", "/bridge/v1/phones/"+phoneID+"/maintenance", `{}`).failure(t); got.Status != 400 || got.Field != "on" {
		t.Errorf("maintenance without a word: %+v", got)
	}
	if got := h.do("GET", "/bridge/v1/phones/7", "").failure(t); got.Status != 404 {
		t.Errorf("unknown phone: %+v", got)
	}
	if got := h.do("POST", "/bridge/v1/phones/7/pause", "").failure(t); got.Status != 404 {
		t.Errorf("pausing an unknown phone: %+v", got)
	}
}

// broken is a database that fails.
type broken struct {
	Store
	err error
}

func (b broken) Phones(context.Context) ([]wabridge.Phone, error) {
	if b.err == nil {
		panic("private text")
	}
	return nil, b.err
}

func TestErrorsFromBelow(t *testing.T) {
	for _, tt := range []struct {
		name   string
		err    error
		status int
		code   string
	}{
		{"disk full", wabridge.Fail(wabridge.CodeStorage, nil, "secret path"), 503, "storage"},
		{"stopping", wabridge.Fail(wabridge.CodeStopping, nil, "secret path"), 503, "stopping"},
		{"without a code", fmt.Errorf("secret path"), 500, "internal"},
		{"a panic", nil, 500, "internal"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := newHarness(t, func(c *Config) { c.Store = broken{c.Store, tt.err} })
			got := h.do("GET", "/bridge/v1/phones", "")
			if f := got.failure(t); f.Status != tt.status || f.Code != tt.code || strings.Contains(string(got.body), "secret path") {
				t.Errorf("%d %s", got.status, got.body)
			}
			if (got.header.Get("Retry-After") != "") != (tt.status == 503) {
				t.Errorf("Retry-After %q", got.header.Get("Retry-After"))
			}
			if !strings.Contains(h.logs.String(), "request not answered") || strings.Contains(h.logs.String(), "private text") {
				t.Errorf("log: %s", h.logs)
			}
		})
	}
}

// TestNothingPrivateIsLogged calls every path with a known text, number and
// token in every place where they fit.
func TestNothingPrivateIsLogged(t *testing.T) {
	h := newHarness(t)
	m := h.accept(phoneID, "16505557777")
	secrets := []string{"sesame-text", "16505557777", "6505557777", sender, reader, admin, "hook-secret"}
	body := `{"url":"https://x/sesame-text","secret":"hook-secret","verify_token":"hook-secret","name":"sesame-text"}`
	for _, route := range every {
		for _, id := range []string{"x", m.ID, phoneID, "sesame-text"} {
			for _, token := range []string{sender, reader, admin} {
				path := strings.Replace(route.path, "/x", "/"+id, 1)
				for _, query := range []string{"", "?number=16505557777&phone=sesame-text&state=sesame-text&after=sesame-text&access_token=" + token} {
					got := h.do(route.method, path+query, body, token)
					if got.status >= 400 && strings.Contains(string(got.body), token) {
						t.Errorf("%s %s answers with the token: %s", route.method, path, got.body)
					}
				}
			}
		}
	}
	logs := h.logs.String()
	for _, secret := range secrets {
		if strings.Contains(logs, secret) {
			t.Errorf("%q is in the log", secret)
		}
	}
	if !strings.Contains(logs, "request refused") {
		t.Error("nothing was logged: the test proves nothing")
	}
}

// deaf knows no token.
type deaf struct{}

func (deaf) Authenticate(context.Context, string) (queue.Token, error) {
	return queue.Token{}, wabridge.Fail(wabridge.CodeToken, nil, "unknown")
}

func TestGuessesAreSlowedDownPerAddress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := NewAuth(deaf{})
		took := func(remote string) time.Duration {
			start := time.Now()
			if _, err := a.Check(t.Context(), remote, "guess"); wabridge.CodeOf(err) != wabridge.CodeToken {
				t.Errorf("got %v", err)
			}
			return time.Since(start)
		}
		for i := range freeTries {
			if d := took("192.0.2.1:1000"); d != 0 {
				t.Errorf("guess %d waits %s", i, d)
			}
		}
		if d := took("192.0.2.1:2000"); d != guessDelay {
			t.Errorf("the next one waits %s, want %s", d, guessDelay)
		}
		if d := took("192.0.2.2:1000"); d != 0 {
			t.Errorf("another address waits %s", d)
		}
		for range 20 {
			took("192.0.2.1:3000")
		}
		if d := took("192.0.2.1:3000"); d > guessMax {
			t.Errorf("waits %s", d)
		}
		time.Sleep(2 * guessWindow)
		if d := took("192.0.2.1:1000"); d != 0 {
			t.Errorf("after the window it waits %s", d)
		}
		for i := range guessPeers + 100 {
			took(fmt.Sprintf("[2001:db8::%x]:1", i))
		}
		if len(a.wrong) > guessPeers {
			t.Errorf("%d addresses are remembered", len(a.wrong))
		}
	})
}

func FuzzQuery(f *testing.F) {
	for _, s := range []string{"after=1&wait=2", "phone=a,b&phone=c", "cursor=czox", "since=2026-01-31T08:00:00Z", "%zz", "state=queued&order=oldest"} {
		f.Add(s)
	}
	server := &Server{Config: Config{Store: newStore(f)}}
	f.Fuzz(func(t *testing.T, s string) {
		r := &http.Request{URL: parsed(s)}
		filter, err := server.filterOf(r)
		if err == nil && (filter.Limit < 1 || filter.Limit > 999 || filter.Before < 0 || filter.After < 0) {
			t.Errorf("%q gives %+v", s, filter)
		}
		if err != nil {
			if f := failureOf(err); f.Status != 400 || !json.Valid(mustJSON(f)) {
				t.Errorf("%q gives %+v", s, f)
			}
		}
	})
}

func parsed(query string) *url.URL { return &url.URL{Path: "/bridge/v1/messages", RawQuery: query} }

func mustJSON(v any) []byte {
	b, _ := json.Marshal(v)
	return b
}
