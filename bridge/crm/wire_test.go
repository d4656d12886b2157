package crm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wabridge/wabridge"
)

func TestPaths(t *testing.T) {
	const doc = `{"a":{"b.c":[{"d":1},{"d":null}],"":2},"e":[[3,4]],"f":"x"}`
	for _, tt := range []struct{ path, want string }{
		{"", doc}, {"f", `"x"`}, {`a.b\.c[0].d`, "1"}, {`a.b\.c[1].d`, ""}, {`a.b\.c[2].d`, ""}, {"e[0][1]", "4"}, {"e[0]", "[3,4]"},
		{"f.g", ""}, {"e.x", ""}, {"a[0]", ""}, {"missing", ""},
	} {
		p, err := parsePath(tt.path)
		if err != nil {
			t.Errorf("%q: %v", tt.path, err)
			continue
		}
		if got := string(p.find(json.RawMessage(doc))); got != tt.want {
			t.Errorf("%q leads to %s, want %s", tt.path, got, tt.want)
		}
	}
	for _, bad := range []string{".", "a.", ".a", "a..b", "a[", "a[]", "a[x]", "a[-1]", "a[0]b", "a.[0]", "a[99999]", strings.Repeat("a.", 16) + "a"} {
		if p, err := parsePath(bad); err == nil {
			t.Errorf("%q is taken for %v", bad, p)
		}
	}
}

func TestConditions(t *testing.T) {
	for _, tt := range []struct {
		condition, doc string
		want           bool
	}{
		{"send", `{"send":true}`, true}, {"send", `{"send":1}`, true}, {"send", `{"send":"yes"}`, true}, {"send", `{"send":{}}`, true},
		{"send", `{"send":false}`, false}, {"send", `{"send":0}`, false}, {"send", `{"send":"0"}`, false}, {"send", `{"send":""}`, false}, {"send", `{"send":null}`, false}, {"send", `{}`, false},
		{"status=ok", `{"status":"ok"}`, true}, {"status = ok", `{"status":"ok"}`, true}, {"status=1", `{"status":1}`, true}, {"ok=true", `{"ok":true}`, true}, {"ok=false", `{"ok":false}`, true},
		{"status=ok", `{"status":"error"}`, false}, {"status=ok", `[]`, false}, {"status=", `{}`, false},
	} {
		c, err := parseCondition(tt.condition)
		must(t, err)
		if got := c.holds(json.RawMessage(tt.doc)); got != tt.want {
			t.Errorf("%s of %s: %v", tt.condition, tt.doc, got)
		}
	}
}

var customConfig = Config{
	Name: "old", Preset: PresetCustom, URL: base + "next", ResultsURL: base + "done", IncomingURL: base + "in", Limit: 7,
	Custom: Custom{
		Method: http.MethodPost, Body: `{"q":1}`, LimitParam: "max", WaitParam: "hold", When: "status=ok", List: "data.queue",
		Fields: map[string]string{"id": "nr", "to": "client.tel", "text": "body", "type": "kind", "link": "file.url", "filename": "file.name"},
		Results: CustomPost{List: "results", Fields: map[string]string{"job.nr": "id", "state": "status", "why": "error.details", "when": "time", "ms": "timestamp_ms", "key": "=k.1"},
			Words: map[string]string{"accepted": "1", "read": "4"}, Success: "ok"},
		Incoming: CustomPost{Form: "form", Fields: map[string]string{"uid": "id", "phone": "from", "file": "media.id", "raw": "notification"}},
	},
}

func TestCustomReadsItems(t *testing.T) {
	w := newCustom(customConfig.settled())
	for _, tt := range []struct{ name, body, want string }{
		{"a list", `{"status":"ok","data":{"queue":[{"nr":1,"client":{"tel":"79034567890"},"body":"a"},{"nr":"2"},3]}}`, "1 2 -"},
		{"one message", `{"status":"ok","data":{"queue":{"nr":1}}}`, "1"},
		{"an empty list", `{"status":"ok","data":{"queue":[]}}`, ""},
		{"an empty object", `{"status":"ok","data":{"queue":{}}}`, ""},
		{"false", `{"status":"ok","data":{"queue":false}}`, ""},
		{"null", `{"status":"ok","data":{"queue":null}}`, ""},
		{"no data", `{"status":"ok"}`, ""},
		{"the mark is not there", `{"data":{"queue":[{"nr":1}]}}`, ""},
		{"nothing at all", ` `, ""},
	} {
		items, err := w.items(fetching, []byte(tt.body))
		var got []string
		for _, it := range items {
			got = append(got, map[bool]string{true: "-", false: it.id}[it.id == ""])
		}
		if err != nil || strings.Join(got, " ") != tt.want {
			t.Errorf("%s: %q, %v", tt.name, got, err)
		}
	}
	for _, body := range []string{`<html>`, `{"status":"ok","data":{"queue":7}}`, `{"status":"ok"`, `{"status":"ok","data":{"queue":"x"}}`} {
		if items, err := w.items(fetching, []byte(body)); err == nil {
			t.Errorf("%s is taken for %v", body, items)
		}
	}
	items, err := w.items(fetching, []byte(`{"status":"ok","data":{"queue":{"nr":1,"client":{"tel":"79034567890"},"body":"look","kind":"document","file":{"url":"http://f.test/a.pdf","name":"a.pdf"}}}}`))
	must(t, err)
	r, bad := items[0].read(w.field, time.Now())
	if bad != nil || r.message.Type != "document" || r.message.Text != "look" || r.body.Carry().Media.Filename != "a.pdf" {
		t.Errorf("a file is read as %+v, %v", r.message, bad)
	}
	if _, bad := (item{id: "1", given: map[string]json.RawMessage{}}).read(w.field, time.Now()); bad == nil || !strings.HasPrefix(bad.Details, "client.tel: ") {
		t.Errorf("the field is not named as the CRM names it: %v", bad)
	}
}

func TestCustomMakesRequests(t *testing.T) {
	wait := 9 * time.Second
	c := customConfig
	c.Wait = &wait
	w := newCustom(c.settled())
	if f := w.fetch(); f.method != http.MethodPost || f.url != base+"next?hold=9&max=7" || string(f.body) != `{"q":1}` || f.contentType != "application/json" {
		t.Errorf("fetch %+v %s", f, f.body)
	}
	calls, err := w.results([]result{{ID: "17", Status: wordAccepted, Timestamp: 1795348615}, {ID: "18", Status: wordRead, Timestamp: 1795348616}})
	must(t, err)
	const want = `{"results":[{"job":{"nr":"17"},"key":"k.1","ms":1795348615000,"state":"1","when":"2026-11-22T11:56:55Z","why":null},` +
		`{"job":{"nr":"18"},"key":"k.1","ms":1795348616000,"state":"4","when":"2026-11-22T11:56:56Z","why":null}]}`
	if len(calls) != 1 || string(calls[0].body) != want || calls[0].url != base+"done" {
		t.Errorf("results %s", calls[0].body)
	}
	if w.tells(wordSent) || !w.tells(wordRead) {
		t.Error("a status without a word is told")
	}
	in, err := w.incoming([]incoming{{ID: "wamid.x", From: "79034567890", raw: true, Notification: json.RawMessage(`{"title":"Ann"}`), Media: &wabridge.Media{ID: "7", SHA256: "aa"}}})
	must(t, err)
	form, err := url.ParseQuery(string(in.body))
	must(t, err)
	if form.Get("uid") != "wamid.x" || form.Get("phone") != "79034567890" || form.Get("file") != "7" || form.Get("raw") != `{"title":"Ann"}` {
		t.Errorf("incoming %v", form)
	}
	if results, incoming := w.most(); results != 50 || incoming != 1 {
		t.Errorf("%d results, %d messages in one", results, incoming)
	}
	if _, err := w.items(reporting, []byte(`{"ok":false}`)); !errors.Is(err, errNotTaken) {
		t.Errorf("an answer that says no: %v", err)
	}
	if _, err := w.items(reporting, []byte(`<html>`)); !errors.Is(err, errNotTaken) {
		t.Errorf("an answer that is none: %v", err)
	}
}

// TestSignature: every POST is signed over its bytes, and the same bytes have
// the same key.
func TestSignature(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := openDB(t)
		defer func() { must(t, db.Close()) }()
		var mu sync.Mutex
		var keys []string
		tries := func() int {
			mu.Lock()
			defer mu.Unlock()
			return len(keys)
		}
		c := ownConfig()
		c.SignSecret, c.Headers = "sign", map[string]string{"X-Shop": "7"}
		p := New(c, Parts{Store: db, Log: (&logs{}).logger(), Client: client(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/incoming" {
				w.WriteHeader(http.StatusNoContent)
				return
			}
			body := make([]byte, r.ContentLength)
			if _, err := r.Body.Read(body); err != nil && len(body) == 0 {
				t.Error(err)
			}
			if got := r.Header.Get("X-Hub-Signature-256"); got != "sha256="+sign("sign", body) {
				t.Errorf("signature %s", got)
			}
			if r.Header.Get("Authorization") != "Bearer s3cret" || r.Header.Get("X-Shop") != "7" || r.Header.Get("User-Agent") != "wabridge" {
				t.Errorf("headers %v", r.Header)
			}
			mu.Lock()
			defer mu.Unlock()
			if keys = append(keys, r.Header.Get("Idempotency-Key")); len(keys) <= 2 {
				w.WriteHeader(http.StatusBadGateway)
			}
		}))})
		must(t, p.Start(t.Context()))
		defer func() { must(t, p.Stop(context.Background())) }()
		receive(t, db, "a")
		until(t, "three tries", func() bool { return tries() == 3 })
		receive(t, db, "b")
		until(t, "the next", func() bool { return tries() == 4 })
		if keys[0] != keys[1] || keys[1] != keys[2] || keys[3] == keys[0] || len(keys[0]) != 32 {
			t.Errorf("keys %q", keys)
		}
	})
}

// TestCHTProves: the URL is asked once what it is.
func TestCHTProves(t *testing.T) {
	for _, tt := range []struct{ name, body, want string }{
		{"another server", `{"ok":true}`, "is not that of a server for cht-gateway"},
		{"a page", `<html>`, "a page of HTML"},
		{"the right one", `{"medic-gateway":true}`, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				posts, gets := 0, 0
				p, _ := polled(t, Config{Name: "cht", Preset: PresetCHT, URL: base + "api/sms"}, func(w http.ResponseWriter, r *http.Request) {
					if r.Method == http.MethodPost {
						posts++
						fmt.Fprint(w, `{"messages":null}`)
						return
					}
					gets++
					fmt.Fprint(w, tt.body)
				}, time.Minute)
				if tt.want == "" {
					if gets != 1 || posts < 10 || p.seen.failures != 0 {
						t.Errorf("%d GETs, %d POSTs, %+v", gets, posts, p.seen)
					}
				} else if posts != 0 || !strings.Contains(p.seen.err, tt.want) {
					t.Errorf("%d POSTs, %+v", posts, p.seen)
				}
			})
		})
	}
}

// TestSMSSyncAnswers: success may be a text, a wrong secret is none.
func TestSMSSyncAnswers(t *testing.T) {
	w := smssync{Config{URL: base, Secret: "s3cret"}}
	for _, tt := range []struct {
		name string
		k    kind
		body string
		want int // items; -1: an error
	}{
		{"work", fetching, `{"payload":{"task":"send","secret":"s3cret","messages":[{"to":"+79034567890","message":"x","uuid":"a"}]}}`, 1},
		{"another secret", fetching, `{"payload":{"task":"send","secret":"other","messages":[{"to":"1","message":"x","uuid":"a"}]}}`, -1},
		{"no work", fetching, `{"payload":{"task":"send","secret":"s3cret","messages":[]}}`, 0},
		{"another task", fetching, `{"payload":{"task":"dance","secret":"s3cret","messages":[{}]}}`, 0},
		{"nothing", fetching, ``, 0},
		{"no payload", fetching, `{}`, -1},
		{"HTML", fetching, `<html>`, -1},
		{"taken", posting, `{"payload":{"success":true,"error":null}}`, 0},
		{"taken, as a text", posting, `{"payload":{"success":"true"}}`, 0},
		{"taken, with an answer to it", posting, `{"payload":{"success":true,"task":"send","messages":[{"to":"+79034567890","message":"x","uuid":"a"}]}}`, 1},
		{"not taken", posting, `{"payload":{"success":false,"error":"full"}}`, -1},
		{"not taken, as a text", posting, `{"payload":{"success":"false"}}`, -1},
		{"no answer", posting, ``, -1},
		{"what was taken off", reporting, `{"message_uuids":["a"]}`, 0},
		{"no word of it", reporting, ``, 0},
	} {
		items, err := w.items(tt.k, []byte(tt.body))
		if (err != nil) != (tt.want < 0) || len(items) != max(tt.want, 0) {
			t.Errorf("%s: %d items, %v", tt.name, len(items), err)
		}
	}
}

// Over the real network: no redirect, and no address in an error.
func TestErrorsOfTheNetworkHoldNoAddress(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the secret went elsewhere") }))
	defer other.Close()
	server := httptest.NewServer(http.RedirectHandler(other.URL, http.StatusTemporaryRedirect))
	address := strings.Replace(server.URL, "http://", "http://user:s3cret@", 1) + "/queue?key=s3cret"
	p := New(Config{Name: "shop", URL: address}, Parts{Client: NewClient(), Log: (&logs{}).logger()})
	defer p.client.CloseIdleConnections()
	_, err := p.do(t.Context(), p.wire.fetch(), "", time.Minute)
	if err == nil || !strings.Contains(err.Error(), "redirect") {
		t.Errorf("redirected: %v", err)
	}
	server.Close()
	if _, err = p.do(t.Context(), p.wire.fetch(), "", time.Minute); err == nil || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("nobody listens: %v", err)
	}
	tls := httptest.NewTLSServer(http.NotFoundHandler())
	defer tls.Close()
	tls.Config.ErrorLog = nil
	p.cfg.URL = tls.URL
	p.wire = own{p.cfg}
	if _, err = p.do(t.Context(), p.wire.fetch(), "", time.Minute); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("a certificate of nobody: %v", err)
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for s, want := range map[string]time.Duration{
		"": 0, "20": 20 * time.Second, " 7 ": 7 * time.Second, "-1": 0, "x": 0, "999999": time.Hour,
		"Sun, 22 Nov 2026 12:00:30 GMT": 30 * time.Second, "Sun, 22 Nov 2026 11:00:30 GMT": 0,
	} {
		if got := retryAfter(s, now); got != want {
			t.Errorf("%q: %v, want %v", s, got, want)
		}
	}
}
