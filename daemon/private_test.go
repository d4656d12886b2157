package daemon

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/phonesim"
	"github.com/wabridge/wabridge/queue"
)

// What people write, to whom, and what opens doors, with a mark in it that
// cannot come from elsewhere.
const (
	markText   = "sesame-text"
	markName   = "Sesame Person"
	markSecret = "sesame-secret"
	markToken  = "sesame-token"
	markKey    = "sesame-key" // in the query of addresses
	markPass   = "sesame-pass"
	markPath   = "sesame-path"

	numberOut  = "4915198765432" // gets messages
	numberIn   = "4915187654321" // writes
	numberNone = "4915176543000" // is not on WhatsApp
)

// marks are what no line of the log and no metric may hold.
var marks = []string{markText, markName, "Sesame", "sesame", numberOut, numberIn, numberNone, "15198765432", "5187654321", "5176543000"}

// TestNothingPrivateIsLoggedOrCounted lets everything happen that can happen
// with marked words, at level debug, and looks for them.
func TestNothingPrivateIsLoggedOrCounted(t *testing.T) {
	var posts, turn atomic.Int32
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		posts.Add(1)
		switch turn.Add(1) % 4 {
		case 0:
			panic(http.ErrAbortHandler) // it crashes
		case 1:
			http.Error(w, markText+" "+numberOut, http.StatusInternalServerError)
		case 2:
			http.Redirect(w, r, "http://127.0.0.1:1/?key="+markKey, http.StatusFound)
		}
	}))
	defer receiver.Close()
	files := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "none") {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/plain")
		_, _ = io.WriteString(w, markText)
	}))
	defer files.Close()
	hook := strings.Replace(receiver.URL, "http://", "http://user:"+markPass+"@", 1)
	r := newRig(t, phonesim.Config{}, func(c *Config) {
		c.Log.Format, c.Token = "json", markToken
		c.Webhook = WebhookConfig{URL: hook + "/" + markPath + "?key=" + markKey, Secret: markSecret, VerifyToken: markSecret}
		c.Devino = DevinoConfig{Incoming: hook + "/devino?key=" + markKey, AllowPrivate: true}
		c.Media.AllowPrivate = true
	})
	r.waitState(wabridge.PhoneReady)
	r.fault(phonesim.Fault{Kind: "not_on_whatsapp"}) // whom is sent to first
	goodAndBad(t, r, receiver.URL, files.URL)
	for _, from := range []string{numberIn, "+" + numberIn} {
		if _, err := r.sim.Incoming(phonesim.IncomingMessage{From: from, Name: markName, Text: markText + " in"}); err != nil {
			t.Error(err)
		}
	}
	if _, err := r.sim.Incoming(phonesim.IncomingMessage{From: numberIn, Name: markName, Kind: "image", Text: markText}); err != nil {
		t.Error(err)
	}
	r.fault(phonesim.Fault{Kind: "disconnect"})
	r.drain()
	r.until("what came in", func() bool {
		got, err := r.d.db.Messages(context.Background(), queue.MessageFilter{Phone: benchPhone, Direction: wabridge.In, Limit: 9})
		return err == nil && len(got) > 0
	})
	r.until("posts to the receivers", func() bool { return posts.Load() > 8 })
	_, metrics := r.d.call(t, http.MethodGet, "/metrics", "Bearer "+markToken, http.NoBody)
	r.stop()
	for _, mark := range marks {
		if strings.Contains(metrics, mark) {
			t.Errorf("the metrics hold %q", mark)
		}
		if n := r.log.count(mark); n > 0 {
			t.Errorf("%d lines of the log hold %q, such as\n%s", n, mark, r.log.first(mark))
		}
	}
	if !strings.Contains(metrics, "wabridge_webhook_posts_total{") || r.log.count("message_id") < 20 {
		t.Error("nothing happened that could have leaked")
	}
}

// first is the first line with these words.
func (l *lockedLog) first(words string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lines[slices.IndexFunc(l.lines, func(s string) bool { return strings.Contains(s, words) })]
}

// goodAndBad calls every interface with marked words, well and badly.
func goodAndBad(t *testing.T, r *rig, receiver, files string) {
	t.Helper()
	const right, wrong, key = "Bearer " + markToken, "Bearer wrong-" + markToken, "Key " + markToken
	text := func(to string) string {
		return `{"messaging_product":"whatsapp","to":"` + to + `","type":"text","text":{"body":"` + markText + `"},"biz_opaque_callback_data":"` + markText + `"}`
	}
	link := func(path, kind string) string {
		return `{"messaging_product":"whatsapp","to":"` + numberOut + `","type":"document","document":{"link":"` + files + `/` + path + `?key=` + markKey + `","filename":"` + markText + kind + `","caption":"` + markText + `"}}`
	}
	messages := "/v23.0/" + benchPhone + "/messages"
	for _, c := range []struct {
		method, path, token, body string
		status                    int // of the answer; 0: any
	}{
		{"POST", messages, right, text(numberOut), 200},
		{"POST", messages, right, text(numberNone), 200},
		{"POST", messages, wrong, text(numberOut), 401},
		{"POST", messages + "?access_token=" + markToken, "", text(numberOut), 401},
		{"GET", "/v23.0/" + benchPhone + "?access_token=" + markToken + "&fields=" + markText, "", "", 0},
		{"POST", messages, right, link("file", ".txt"), 200},
		{"POST", messages, right, link("none", ".txt"), 0},
		{"POST", messages, right, strings.Replace(text(numberOut), `"text":{`, `"text":[{`, 1), 400},
		{"POST", messages, right, `{"messaging_product":"` + markText + `","to":"` + numberOut + `"}`, 400},
		{"POST", messages, right, `{"messaging_product":"whatsapp","to":"` + numberOut + `","type":"template","template":{"name":"` + markPath + `","language":{"code":"en"},"components":[{"type":"body","parameters":[{"type":"text","text":"` + markText + `"}]}]}}`, 0},
		{"POST", messages, right, `{"messaging_product":"whatsapp","to":"` + numberOut + `","type":"reaction","reaction":{"message_id":"wamid.` + markText + `","emoji":"x"}}`, 0},
		{"POST", messages, right, `{"messaging_product":"whatsapp","status":"read","message_id":"wamid.` + markText + `"}`, 0},
		{"GET", "/v23.0/" + markPath + "/" + numberOut, right, "", 0},
		{"POST", "/v23.0/92274343/subscriptions", right, `{"object":"whatsapp_business_account","callback_url":"` + receiver + `/?key=` + markKey + `","verify_token":"` + markSecret + `"}`, 0},
		{"POST", "/v23.0/" + benchPhone + "/block_users", right, `{"messaging_product":"whatsapp","block_users":[{"user":"` + numberOut + `"}]}`, 0},
		{"POST", "/v23.0/" + benchPhone + "/message_qrdls", right, `{"prefilled_message":"` + markText + `","generate_qr_image":"SVG"}`, 200},
		{"POST", "/v23.0/" + benchPhone + "/register", right, `{"messaging_product":"whatsapp","pin":"271828"}`, 0},
		{"POST", "/whatsapp/messages", key, `{"messages":[{"from":"x","to":"` + numberOut + `","callbackUrl":"` + receiver + `/cb?key=` + markKey + `","content":{"type":"TEXT","text":"` + markText + `"}}]}`, 0},
		{"POST", "/whatsapp/messages", "Key wrong-" + markToken, `{"messages":["` + markText + `"]}`, 401},
		{"POST", "/whatsapp/messages", key, `{"messages":"` + markText + `"`, 0},
		{"POST", "/api/v1/messages", right, `{"messages":[{"chatId":"x","phone":"` + numberOut + `","text":"` + markText + `"}]}`, 0},
		{"GET", "/bridge/v1/messages?number=" + numberOut + "&chat=" + markText, right, "", 200},
		{"GET", "/bridge/v1/messages/" + markText, right, "", 404},
		{"GET", "/bridge/v1/contacts?number=" + numberIn, right, "", 0},
		{"POST", "/bridge/v1/webhooks", right, `{"url":"` + receiver + `/more/` + markPath + `?key=` + markKey + `","secret":"` + markSecret + `"}`, 201},
		{"POST", "/bridge/v1/webhooks", right, `{"url":"http://u:` + markPass + `@x/"}`, 400},
		{"POST", "/bridge/v1/webhooks", right, `{"url":"http://127.0.0.1:1/?key=` + markKey + `","verify_token":"` + markSecret + `"}`, 400},
		{"POST", "/bridge/v1/tokens", right, `{"name":"` + markName + `"}`, 201},
		{"DELETE", "/bridge/v1/tokens/" + markToken, right, "", 404},
		{"POST", "/bridge/v1/phones/" + benchPhone + "/input", right, `{"text":"` + markText + `"}`, 0},
		{"GET", "/" + markPath + "?number=" + numberOut, right, "", 0},
		{"BREW", "/" + markPath, "Basic " + markPass, markText, 0},
		{"POST", "/login", "", "token=wrong-" + markToken, 0},
	} {
		resp, body := r.d.call(t, c.method, c.path, c.token, strings.NewReader(c.body))
		if c.status != 0 && resp.StatusCode != c.status {
			t.Errorf("%s %s: %d %s, want %d", c.method, c.path, resp.StatusCode, body, c.status)
		}
	}
}

// TestOneIDFollowsAMessage reads the log as a person would who looks for one
// message: from the POST that brought it to the webhook that tells of its end.
func TestOneIDFollowsAMessage(t *testing.T) {
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }))
	defer receiver.Close()
	r := newRig(t, phonesim.Config{}, func(c *Config) {
		c.Log.Format, c.Token = "json", markToken
		c.Webhook = WebhookConfig{URL: receiver.URL, Secret: "s"}
	})
	resp, body := r.d.call(t, http.MethodPost, "/v23.0/"+benchPhone+"/messages", "Bearer "+markToken,
		strings.NewReader(`{"messaging_product":"whatsapp","to":"`+numberOut+`","type":"text","text":{"body":"hello"}}`))
	var answer struct{ Messages []struct{ ID string } }
	if err := json.Unmarshal([]byte(body), &answer); err != nil || len(answer.Messages) != 1 {
		t.Fatalf("%d %s", resp.StatusCode, body)
	}
	id := answer.Messages[0].ID
	mine := func() (lines []map[string]any) {
		for line := range strings.SplitSeq(r.log.tail(20000), "\n") {
			var l map[string]any
			if json.Unmarshal([]byte(line), &l) == nil && l["message_id"] == id {
				lines = append(lines, l)
			}
		}
		return lines
	}
	want := []string{"message accepted", "message moved", "message claimed", "step done", "look", "step done", "message moved", "webhook posted"}
	follow := func() (left []string) {
		left = want
		for _, l := range mine() {
			if len(left) > 0 && l["msg"] == left[0] {
				left = left[1:]
			}
		}
		return left
	}
	r.until("the whole way in the log", func() bool { return len(follow()) == 0 })
	lines := mine()
	if lines[0]["request_id"] != resp.Header.Get("X-Request-Id") || lines[0]["request_id"] == "" {
		t.Errorf("the first line is %v, want the request's id %s", lines[0], resp.Header.Get("X-Request-Id"))
	}
	steps := map[any]bool{}
	for _, l := range lines {
		steps[l["step"]] = true
	}
	for _, step := range []string{"open", "check", "tap", "confirm"} {
		if !steps[step] {
			t.Errorf("no line of the step %s", step)
		}
	}
}
