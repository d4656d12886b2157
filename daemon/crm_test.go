package daemon

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/bridge/crm"
	"github.com/wabridge/wabridge/phonesim"
)

// A crmServer is a CRM with a queue: it hands each item out until it was told
// of it, and keeps every request.
type crmServer struct {
	*httptest.Server
	mu       sync.Mutex
	items    []string // ids, in order
	queue    map[string]string
	requests []string // method, path and body
	serve    func(c *crmServer, w http.ResponseWriter, r *http.Request, body string)
}

func newCRM(t *testing.T, serve func(c *crmServer, w http.ResponseWriter, r *http.Request, body string)) *crmServer {
	c := &crmServer{queue: map[string]string{}, serve: serve}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body) // a broken one shows in what is missing
		c.mu.Lock()
		defer c.mu.Unlock()
		if len(raw) > 0 {
			c.requests = append(c.requests, r.Method+" "+r.URL.RequestURI()+" "+string(raw))
		}
		c.serve(c, w, r, string(raw))
	}))
	t.Cleanup(c.Close)
	return c
}

// add puts items into the queue; take takes one off. Only take is called by
// serve, which holds the lock.
func (c *crmServer) add(id, item string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.items = append(c.items, id)
	c.queue[id] = item
}

func (c *crmServer) take(id string) { delete(c.queue, id) }

func (c *crmServer) waiting() string {
	var list []string
	for _, id := range c.items {
		if item, ok := c.queue[id]; ok {
			list = append(list, item)
		}
	}
	return strings.Join(list, ",")
}

// log are the requests that hold all the words.
func (c *crmServer) log(words ...string) (found []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range c.requests {
		if !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(r, w) }) {
			found = append(found, r)
		}
	}
	return found
}

// once fails unless exactly one request holds all the words.
func (c *crmServer) once(t *testing.T, words ...string) {
	t.Helper()
	if got := c.log(words...); len(got) != 1 {
		t.Errorf("%d requests with %q, want 1: %q", len(got), words, got)
	}
}

// goThrough lets a message out, its statuses back, and one in.
func goThrough(t *testing.T, c *crmServer, poller crm.Config, read, in []string) *rig {
	t.Helper()
	poller.Name, poller.Every = "shop", 100*time.Millisecond
	r := newRig(t, phonesim.Config{}, func(cfg *Config) { cfg.CRM = []crm.Config{poller} })
	r.waitState(wabridge.PhoneReady)
	r.until("the last status", func() bool { return len(c.log(read...)) > 0 })
	r.stop()
	r.start() // nothing is sent or told twice for that
	r.waitState(wabridge.PhoneReady)
	if _, err := r.sim.Incoming(phonesim.IncomingMessage{From: "15550001777", Text: "thank you"}); err != nil {
		t.Fatal(err)
	}
	r.until("the answer", func() bool { return len(c.log(in...)) > 0 })
	if sent := r.sim.Sent(); len(sent) != 1 || sent[0].To != "15550001777" || sent[0].Text != "Your order is ready" {
		t.Errorf("sent %+v", sent)
	}
	c.once(t, read...)
	c.once(t, in...)
	t.Log(strings.Join(c.log(), "\n"))
	for line := range strings.SplitSeq(r.log.tail(20000), "\n") {
		for _, private := range []string{"order is ready", "15550001777", "thank you", "s3cret"} {
			if strings.Contains(line, "component=crm") && strings.Contains(line, private) {
				t.Errorf("%q stands in the log: %s", private, line)
			}
		}
	}
	return r
}

func TestCRMOfThePresetWabridge(t *testing.T) {
	c := newCRM(t, func(c *crmServer, w http.ResponseWriter, r *http.Request, body string) {
		if r.Header.Get("Authorization") != "Bearer s3cret" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		if r.URL.Path == "/queue" {
			fmt.Fprintf(w, `{"messages":[%s]}`, c.waiting())
			return
		}
		var got struct{ Results []struct{ ID, Status string } }
		_ = json.Unmarshal([]byte(body), &got) // incoming messages have none
		for _, res := range got.Results {
			c.take(res.ID)
		}
	})
	c.add("broken", `{"id":"broken","to":"12","text":"x"}`)
	c.add("17", `{"id":17,"to":"+1 555 000-1777","text":"Your order is ready","callback_data":"order 17"}`)
	r := goThrough(t, c, crm.Config{
		URL: c.URL + "/queue", ResultsURL: c.URL + "/results", IncomingURL: c.URL + "/incoming", Secret: "s3cret", SignSecret: "sign",
	}, []string{"/results", `"17"`, `"read"`, `"order 17"`}, []string{"/incoming", "thank you", `"from":"15550001777"`})
	c.once(t, "/results", `"broken"`, `"rejected"`, "to: this is not a phone number")
	c.once(t, "/results", `"17"`, `"accepted"`)

	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+r.d.Addr()+"/bridge/v1/status", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+r.d.Token())
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close() // it was only read
	if err != nil || !strings.Contains(string(raw), `"name":"shop","preset":"wabridge","health":"ok"`) {
		t.Errorf("status %s (%v)", raw, err)
	}
}

func TestCRMOfThePresetCHTGateway(t *testing.T) {
	c := newCRM(t, func(c *crmServer, w http.ResponseWriter, r *http.Request, body string) {
		if user, password, _ := r.BasicAuth(); user != "gateway" || password != "s3cret" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		if r.Method == http.MethodGet {
			fmt.Fprint(w, `{"medic-gateway":true}`)
			return
		}
		var got struct{ Updates []struct{ ID string } }
		_ = json.Unmarshal([]byte(body), &got) // what is wrong shows in what is missing
		for _, u := range got.Updates {
			c.take(u.ID)
		}
		fmt.Fprintf(w, `{"messages":[%s]}`, c.waiting())
	})
	c.add("3E105262", `{"id":"3E105262","to":"+15550001777","content":"Your order is ready"}`)
	address := strings.Replace(c.URL, "http://", "http://gateway:s3cret@", 1)
	goThrough(t, c, crm.Config{Preset: "cht-gateway", URL: address + "/api/sms"},
		[]string{`"3E105262"`, `"DELIVERED"`}, []string{`"from":"+15550001777"`, `"content":"thank you"`})
	c.once(t, `"3E105262"`, `"PENDING"`)
}

func TestCRMOfThePresetSMSSync(t *testing.T) {
	c := newCRM(t, func(c *crmServer, w http.ResponseWriter, r *http.Request, body string) {
		switch task := r.URL.Query().Get("task"); {
		case task == "send":
			fmt.Fprintf(w, `{"payload":{"task":"send","secret":"s3cret","messages":[%s]}}`, c.waiting())
		case task == "sent":
			var got struct {
				Queued []string `json:"queued_messages"`
			}
			_ = json.Unmarshal([]byte(body), &got) // what is wrong shows in what is missing
			for _, id := range got.Queued {
				c.take(id)
			}
			_ = json.NewEncoder(w).Encode(map[string]any{"message_uuids": got.Queued})
		case task == "result":
		default:
			form, _ := url.ParseQuery(body)
			fmt.Fprintf(w, `{"payload":{"success":%t,"error":null}}`, form.Get("secret") == "s3cret")
		}
	})
	c.add("aada21b0", `{"uuid":"aada21b0","to":"+15550001777","message":"Your order is ready"}`)
	goThrough(t, c, crm.Config{Preset: "smssync", URL: c.URL + "/smssync", Secret: "s3cret"},
		[]string{"task=result", `"aada21b0"`, `"delivered_result_message":"read"`}, []string{"from=%2B15550001777", "message=thank+you"})
	c.once(t, "task=sent", `["aada21b0"]`)
}

func TestCRMOfThePresetCustom(t *testing.T) {
	c := newCRM(t, func(c *crmServer, w http.ResponseWriter, r *http.Request, body string) {
		switch r.URL.Path {
		case "/next.php":
			if list := c.waiting(); list != "" && r.URL.Query().Get("max") == "7" && r.Header.Get("X-Api-Key") == "s3cret" {
				fmt.Fprintf(w, `{"send":1,"job":%s}`, list)
				return
			}
			fmt.Fprint(w, `{"send":0,"job":false}`)
		default:
			form, _ := url.ParseQuery(body)
			c.take(form.Get("job"))
			fmt.Fprint(w, `{"ok":true}`)
		}
	})
	c.add("17", `{"nr":17,"client":{"tel":"+1 (555) 000-1777"},"body":"Your order is ready"}`)
	goThrough(t, c, crm.Config{
		Preset: "custom", URL: c.URL + "/next.php", ResultsURL: c.URL + "/done.php", IncomingURL: c.URL + "/in.php",
		Headers: map[string]string{"X-Api-Key": "s3cret"}, Limit: 7, RawNotification: true,
		Custom: crm.Custom{
			LimitParam: "max", When: "send", List: "job", Fields: map[string]string{"id": "nr", "to": "client.tel", "text": "body"},
			Results: crm.CustomPost{Form: "form", Fields: map[string]string{"job": "id", "state": "status", "key": "=k1"},
				Words: map[string]string{"accepted": "1", "sent": "2", "read": "4", "failed": "9"}, Success: "ok"},
			Incoming: crm.CustomPost{Fields: map[string]string{"msg.id": "id", "msg.phone": "from", "title": "notification.title", "text": "notification.text", "key": "notification.key"}, Success: "ok=true"},
		},
	}, []string{"/done.php", "job=17", "state=4", "key=k1"}, []string{"/in.php", `"text":"thank you"`, `"phone":"15550001777"`, `"title":"`, `com.whatsapp`})
}
