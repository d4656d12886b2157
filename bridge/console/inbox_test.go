package console

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/content"
	"github.com/wabridge/wabridge/queue"
)

// TestFirstVisit: an empty system tells what to do, step by step.
func TestFirstVisit(t *testing.T) {
	d := emptyDesk(t)
	page := d.tab(admin, "/console/inbox")
	page.sees(".steps", "Connect a phone")
	page.looksRight("first-visit")
}

// TestInbox reads a message that comes in while one looks, answers it, and
// sees the answer's ticks.
func TestInbox(t *testing.T) {
	d := newDesk(t, withFiles(t))
	d.day()
	page := d.tab(sender, "/console/inbox")
	page.sees(".row", "Кафе «Берёзка»")
	page.looksRight("inbox")
	page.click(`a[data-row][href*="15550000001"]`)
	page.sees("#talk-title", "Ana Souza")
	page.until(`document.querySelector(".picture img")?.naturalWidth === 480`)
	page.until(`!document.querySelector('a[data-row][aria-current] .badge')`)
	page.looksRight("talk")

	d.says(ana, "Are you there?")
	page.sees(".bubble", "Are you there?")
	page.write("[data-compose]", "Yes, one moment\n")
	page.sees(".bubble.mine", "Yes, one moment")
	page.until(`document.querySelector("[data-compose]").value.trim() === ""`)
	found, err := d.db.Talk(t.Context(), phoneID, anaID, 0, 1)
	must(t, err)
	m := found[0]
	if m.Text != "Yes, one moment" || m.State != wabridge.Queued || m.Number != ana.Number || string(m.Body) != `{"body":"Yes, one moment"}` {
		t.Errorf("queued: %+v", m)
	}
	d.moves(m, wabridge.HasFailed(time.Now(), wabridge.CodeUndeliverable, "phone 1: the app says that this number is not on WhatsApp"))
	page.sees(".bubble.failed .why", "WhatsApp")
	page.until(`location.pathname.endsWith("@s.whatsapp.net")`)
}

func TestDraftsAreKept(t *testing.T) {
	d := newDesk(t)
	d.says(ana, "hello")
	d.says(bob, "hello")
	page := d.tab(sender, talkPath(phoneID, anaID))
	page.write("[data-compose]", "half a sen")
	page.click(`a[data-row][href*="15550000002"]`)
	page.sees("#talk-title", "Bob")
	page.until(`document.querySelector("[data-compose]").value.trim() === ""`)
	page.goTo(talkPath(phoneID, anaID))
	page.until(`document.querySelector("[data-compose]").value === "half a sen"`)
}

func TestAttach(t *testing.T) {
	d := newDesk(t, withFiles(t))
	d.says(ana, "hello")
	path := filepath.Join(t.TempDir(), "drawing.png")
	must(t, os.WriteFile(path, drawing(t, 40, 30), 0o600))
	page := d.tab(sender, talkPath(phoneID, anaID))
	page.do(chromedp.SetUploadFiles("input[type=file]", []string{path}, chromedp.ByQuery))
	page.sees(".chosen", "drawing.png")
	page.write("[data-compose]", "Look\n")
	page.until(`document.querySelector(".bubble.mine .picture img")?.naturalWidth === 40`)
	page.until(`document.querySelector(".chosen").hidden`)
	page.allows("422")
	bad := filepath.Join(t.TempDir(), "broken.png")
	must(t, os.WriteFile(bad, append(drawing(t, 4, 4)[:20], long("x", 3<<20)...), 0o600))
	page.do(chromedp.SetUploadFiles("input[type=file]", []string{bad}, chromedp.ByQuery), chromedp.SendKeys("[data-compose]", "Keep me\n", chromedp.ByQuery))
	page.sees(".toast.bad", "This cannot be sent")
	if got := js[string](page, `document.querySelector("[data-compose]").value`); strings.TrimSpace(got) != "Keep me" {
		t.Errorf("the reply box holds %q after a refusal", got)
	}
}

func TestTemplateReply(t *testing.T) {
	d := newDesk(t)
	d.says(ana, "hello")
	raw := `{"id":"77","name":"order_ready","language":"en_US","category":"UTILITY","status":"APPROVED","components":[
	  {"type":"HEADER","format":"TEXT","text":"Order {{1}}"},{"type":"BODY","text":"Hello {{1}}, it waits at {{2}}."}]}`
	_, err := d.db.PutObject(t.Context(), queue.Object{Kind: queue.ObjectTemplate, Owner: "200000000000001", ID: "77", Name: queue.TemplateName("order_ready", "en_US"), Data: []byte(raw)}, time.Now())
	must(t, err)
	page := d.tab(sender, talkPath(phoneID, anaID))
	page.click("[data-open=templates]")
	page.click(".template summary")
	page.looksRight("templates")
	page.write("[name='header.1']", "12")
	page.write("[name='body.1']", "Ana")
	page.write("[name='body.2']", "the desk\n")
	page.sees(".bubble.mine", "Hello Ana, it waits at the desk.")
	page.until(`!document.querySelector("#templates").open`)
	found, err := d.db.Talk(t.Context(), phoneID, anaID, 0, 1)
	must(t, err)
	if m := found[0]; m.Type != "template" || m.Template != "77" || m.Category != "utility" || !strings.HasPrefix(string(m.Text), "Order 12") {
		t.Errorf("queued: %+v", m)
	}
}

// TestHandOver takes a talk over from a bot and gives it back.
func TestHandOver(t *testing.T) {
	d := newDesk(t)
	d.says(ana, "hello")
	s, err := d.db.StartSession(t.Context(), wabridge.Session{Phone: phoneID, Chat: anaID, Number: ana.Number, Bot: "visit", TTL: wabridge.DefaultTTL}, nil, queue.SessionStep{At: time.Now()})
	must(t, err)
	page := d.tab(sender, talkPath(phoneID, anaID))
	page.sees(".session", "Bot “visit” answers")
	page.click(".session button")
	page.sees(".session", "A person answers")
	if s, err = d.db.Session(t.Context(), s.ID); err != nil || !s.Operator {
		t.Errorf("session after it was taken over: %+v %v", s, err)
	}
	page.looksRight("session")
	page.click(".session button")
	page.sees(".session", "Bot “visit” answers")
	if s, err = d.db.Session(t.Context(), s.ID); err != nil || s.Operator {
		t.Errorf("session after it was given back: %+v %v", s, err)
	}
}

// TestSearch finds people and what was said, and shows it where it was said.
func TestSearch(t *testing.T) {
	d := newDesk(t)
	d.says(bob, "The blue one, please")
	for i := range 100 {
		d.says(bob, fmt.Sprint("later ", i))
	}
	d.says(ana, "Привет")
	page := d.tab(reader, "/console/inbox")
	page.write("[data-search]", "BLUE ONE")
	page.sees("#list", "The blue one")
	page.looksRight("search")
	page.click("a[data-row]")
	page.sees(".bubble", "The blue one")
	page.goTo("/console/inbox?q=" + url.QueryEscape("привет"))
	page.sees("#list", "Ana Souza")
	page.goTo("/console/inbox?q=zzz")
	page.sees("#list", "Nothing found")
}

// TestReadOnly: who may only read sees no forms, and the server refuses them.
func TestReadOnly(t *testing.T) {
	d := newDesk(t)
	m := d.says(ana, "hello")
	q := d.writes(ana, "hi")
	page := d.tab(reader, talkPath(phoneID, anaID))
	page.sees(".bubble", "hello")
	if n := js[int](page, `document.querySelectorAll("main form:not(#filter), main button").length`); n != 0 {
		t.Errorf("%d forms and buttons are shown to a reader", n)
	}
	for _, path := range []string{"/send", "/seen", "/session"} {
		if got := d.ask(reader, talkPath(phoneID, anaID)+path, url.Values{"text": {"x"}, "seq": {fmt.Sprint(m.Seq)}}); got.status != http.StatusForbidden {
			t.Errorf("POST %s of a reader: %d, want 403", path, got.status)
		}
	}
	for _, act := range []string{"cancel", "retry", "priority"} {
		if got := d.ask(reader, "/console/outbox/"+q.ID+"/"+act, url.Values{}); got.status != http.StatusForbidden {
			t.Errorf("POST %s of a reader: %d, want 403", act, got.status)
		}
	}
	if c, err := d.db.Conversation(t.Context(), phoneID, anaID); err != nil || c.Unread != 1 {
		t.Errorf("a reader's look made the chat read: %+v %v", c, err)
	}
}

// TestKeyboardAlone reads and answers without a pointer.
func TestKeyboardAlone(t *testing.T) {
	d := newDesk(t)
	d.says(bob, "hello from Bob")
	d.says(ana, "hello from Ana")
	page := d.tab(sender, "/console/inbox")
	page.sees(".row", "Ana")
	page.do(chromedp.KeyEvent("j"), chromedp.KeyEvent("j"), chromedp.KeyEvent(kb.Enter))
	page.sees("#talk-title", "Bob")
	page.until(`document.activeElement.matches("[data-compose]")`)
	page.do(chromedp.KeyEvent(kb.Escape), chromedp.KeyEvent("r"), chromedp.KeyEvent("Hi Bob"), chromedp.KeyEvent(kb.Enter))
	page.sees(".bubble.mine", "Hi Bob")
	page.do(chromedp.KeyEvent(kb.Escape), chromedp.KeyEvent("/"))
	page.until(`document.activeElement.matches("[data-search]")`)
	page.do(chromedp.KeyEvent(kb.Escape), chromedp.KeyEvent("?"))
	page.until(`document.querySelector("#keys").open`)
	page.do(chromedp.KeyEvent(kb.Escape))
	page.until(`!document.querySelector("#keys").open`)
	page.do(chromedp.KeyEvent("g"), chromedp.KeyEvent("o"))
	page.until(`location.pathname === "/console/outbox"`)
}

// TestNarrow: on a phone's screen the list and the talk take turns.
func TestNarrow(t *testing.T) {
	d := newDesk(t, withFiles(t))
	d.day()
	page := d.tab(sender, "/console/inbox", chromedp.EmulateViewport(390, 780, chromedp.EmulateMobile))
	page.sees(".row", "Ana")
	page.looksRight("narrow-inbox")
	page.click(`a[data-row][href*="15550000001"]`)
	page.sees("#talk-title", "Ana Souza")
	page.until(`getComputedStyle(document.querySelector(".list")).display === "none"`)
	page.looksRight("narrow-talk")
	if wide := js[bool](page, "document.documentElement.scrollWidth > innerWidth"); wide {
		t.Error("the page is wider than the screen")
	}
	page.click(".back")
	page.sees(".row", "Ana")
}

// TestFileIsAFile: what somebody sent is never a page of this site.
func TestFileIsAFile(t *testing.T) {
	d := newDesk(t, withFiles(t))
	for _, tt := range []struct {
		name, file, mime, kind string
		raw                    []byte
		inline                 bool
	}{
		{"a picture", "a.png", "image/png", "image", drawing(t, 4, 4), true},
		{"a page", "a.html", "text/html", "document", []byte("<script>alert(1)</script>"), false},
		{"a drawing with a program", "a.svg", "image/svg+xml", "document", []byte("<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"), false},
		{"a page that says it is a picture", "a.png", "image/png", "document", []byte("<html>"), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := d.hears(ana, wabridge.Message{Type: tt.kind, Media: d.stores(tt.file, "application/octet-stream", tt.raw)})
			got := d.ask(reader, "/console/inbox/file/"+m.ID, nil)
			if got.status != http.StatusOK || got.body != string(tt.raw) {
				t.Fatalf("file: %d", got.status)
			}
			if inline := strings.HasPrefix(got.header.Get("Content-Disposition"), "inline"); inline != tt.inline {
				t.Errorf("disposition %q", got.header.Get("Content-Disposition"))
			}
			if !strings.Contains(got.header.Get("Content-Security-Policy"), "sandbox") || got.header.Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("headers %v", got.header)
			}
			if !tt.inline && got.header.Get("Content-Type") != "application/octet-stream" {
				t.Errorf("type %q", got.header.Get("Content-Type"))
			}
		})
	}
}

// TestSendOnce: a form that is sent twice is one message.
func TestSendOnce(t *testing.T) {
	d := newDesk(t)
	for range 2 {
		if got := d.ask(sender, talkPath(phoneID, anaID)+"/send", url.Values{"text": {"hello"}, "key": {"0123456789abcdef"}}); got.status != http.StatusSeeOther {
			t.Errorf("send: %d %s", got.status, got.body)
		}
	}
	id, csrf := d.signIn(sender)
	for range 2 {
		var body bytes.Buffer
		w := multipart.NewWriter(&body)
		must(t, w.WriteField("text", "again"))
		must(t, w.WriteField("key", "k2"))
		must(t, w.WriteField("csrf", csrf))
		must(t, w.Close())
		r := httptest.NewRequest(http.MethodPost, talkPath(phoneID, anaID)+"/send", &body)
		r.Header.Set("Content-Type", w.FormDataContentType())
		r.AddCookie(&http.Cookie{Name: sessionCookie, Value: id})
		rec := httptest.NewRecorder()
		d.Handler().ServeHTTP(rec, r)
		if rec.Code != http.StatusSeeOther {
			t.Errorf("send: %d %s", rec.Code, rec.Body)
		}
	}
	all, err := d.db.Talk(t.Context(), phoneID, anaID, 0, 10)
	must(t, err)
	if len(all) != 2 {
		t.Errorf("%d messages, want 2", len(all))
	}
}

// TestRefusals: what cannot be sent is refused in words, and nothing is queued.
func TestRefusals(t *testing.T) {
	d := newDesk(t)
	d.hears(wabridge.ChatRef{JID: "77@lid", Name: "Lid"}, wabridge.Message{Text: "x"})
	for _, tt := range []struct{ name, chat, text, want string }{
		{"nothing", anaID, " \n", "Write something"},
		{"too much", anaID, long("word", 1000), "This cannot be sent"},
		{"to itself", wabridge.UserJID("15550001001"), "x", "own number"},
		{"to no number", "77@lid", "x", "not known yet"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := d.ask(sender, talkPath(phoneID, tt.chat)+"/send", url.Values{"text": {tt.text}})
			if got.status != http.StatusUnprocessableEntity || !strings.Contains(got.body, tt.want) {
				t.Errorf("%d %q, want %q", got.status, got.body, tt.want)
			}
		})
	}
	if counts, err := d.db.OutboxCounts(t.Context(), ""); err != nil || len(counts) != 0 {
		t.Errorf("the outbox holds %v (%v)", counts, err)
	}
}

func TestSpans(t *testing.T) {
	for text, want := range map[string]string{
		"see https://a.example/x?y=1.": "see |<https://a.example/x?y=1>|.",
		"(http://a.example/b)":         "(|<http://a.example/b>|)",
		"javascript:alert(1)":          "javascript:alert(1)",
		"no link":                      "no link",
		"":                             "",
	} {
		var got []string
		for _, s := range spans(text) {
			if s.Href != "" {
				got = append(got, "<"+s.Href+">")
			} else {
				got = append(got, s.Text)
			}
		}
		if g := strings.Join(got, "|"); g != want {
			t.Errorf("spans(%q) = %q, want %q", text, g, want)
		}
	}
}

func TestAround(t *testing.T) {
	text := long("before", 30) + "NEEDLE " + long("after", 30)
	if got := around(text, "needle", 60); !strings.Contains(got, "NEEDLE") || len([]rune(got)) > 62 {
		t.Errorf("around: %q", got)
	}
	if got := around("short needle", "needle", 60); got != "short needle" {
		t.Errorf("around: %q", got)
	}
}

// FuzzBodies: objects of messages come from outside.
func FuzzBodies(f *testing.F) {
	f.Add([]byte(`{"latitude":1,"longitude":2,"name":"x"}`), "see https://a.example", "https")
	f.Add([]byte(`[{"name":{"formatted_name":"A"},"phones":[{"phone":"1"}]}]`), "İİİ", "i")
	f.Fuzz(func(t *testing.T, body []byte, text, words string) {
		placeOf(body)
		cardsOf(body)
		joined := ""
		for _, s := range spans(text) {
			joined += s.Text
		}
		if joined != text {
			t.Errorf("spans lose text: %q of %q", joined, text)
		}
		around(text, words, 40)
		inside(text)
		place(text, 100)
		chooseLanguage(words, text)
		webTemplate(text)
	})
}

// webTemplate renders a template's form of a definition from outside.
func webTemplate(text string) {
	t := content.Template{Components: []content.Component{{Type: "BODY", Text: text}, {Type: "HEADER", Text: text}}}
	_ = filled(&t, func(string) string { return text })
}
