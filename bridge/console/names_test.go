package console

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

// TestSearchFindsHowPeopleType: accents, case, spaces and the way a number is
// written do not count, and a hit in a message of ours has the person's name.
func TestSearchFindsHowPeopleType(t *testing.T) {
	d := newDesk(t)
	muller := wabridge.ChatRef{Number: "4915110100999", Name: "Jürgen  Müller-Lüdenscheidt"}
	ivan := wabridge.ChatRef{Number: "79161234567", Name: "Иван Петров"}
	d.says(muller, "Grüße aus Köln, call 030 / 123 45 67")
	d.says(ivan, "ёлка")
	d.writes(ivan, "Your tree has come: une ÉPINETTE")
	for _, c := range []struct{ words, want string }{
		{"muller", "Jürgen"}, {"MULLER LUDEN", "Jürgen"}, {"jurgen müller", "Jürgen"}, {"0151 101", "Jürgen"}, {"+49 151-101", "Jürgen"}, {"15110100999", "Jürgen"},
		{"grusse aus koln", "Jürgen"}, {"0301234567", "Jürgen"}, {"елка", "Иван Петров"}, {"иван  петров", "Иван Петров"}, {"epinette", "Иван Петров"},
	} {
		body := d.ask(reader, "/console/inbox/list?q="+url.QueryEscape(c.words), nil).body
		if !strings.Contains(body, "<bdi>"+c.want) || strings.Contains(body, "<bdi>+") {
			t.Errorf("%q: %s is not found by name", c.words, c.want)
		}
	}
	if body := d.ask(reader, "/console/inbox/list?q=miller", nil).body; !strings.Contains(body, "Nothing found") {
		t.Error("miller is found")
	}
}

// TestPeopleHaveNames: outbox, campaigns' troubles and bots show who it is, not
// the number alone.
func TestPeopleHaveNames(t *testing.T) {
	d := newDesk(t)
	heard := d.says(ana, "hello")
	m := d.writes(ana, "waits")
	_, err := d.db.StartSession(t.Context(), wabridge.Session{Phone: phoneID, Chat: heard.Chat, Number: ana.Number, Bot: "visit", TTL: wabridge.DefaultTTL}, nil, queue.SessionStep{At: time.Now()})
	must(t, err)
	for _, path := range []string{"/console/outbox", "/console/outbox/" + m.ID, "/console/bots"} {
		body := d.ask(reader, path, nil).body
		if !strings.Contains(body, "<bdi>Ana Souza</bdi>") || !strings.Contains(body, "15550000001") {
			t.Errorf("%s names nobody", path)
		}
	}
}

// uploads posts a file to Ana's chat.
func (d *desk) uploads(name string, size int) reply {
	d.t.Helper()
	id, csrf := d.signIn(sender)
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	must(d.t, w.WriteField("csrf", csrf))
	part, err := w.CreateFormFile("file", name)
	must(d.t, err)
	_, err = part.Write(make([]byte, size))
	must(d.t, err)
	must(d.t, w.Close())
	r := httptest.NewRequest(http.MethodPost, talkPath(phoneID, anaID)+"/send", &body)
	r.Header.Set("Content-Type", w.FormDataContentType())
	r.AddCookie(&http.Cookie{Name: sessionCookie, Value: id})
	rec := httptest.NewRecorder()
	d.Handler().ServeHTTP(rec, r)
	return reply{rec.Code, rec.Header(), rec.Body.String()}
}

// TestRefusalsNameTheLimit: an empty file and one that is too large are refused
// with what is wrong, and nothing is queued.
func TestRefusalsNameTheLimit(t *testing.T) {
	d := newDesk(t, withFiles(t))
	d.says(ana, "hello")
	for _, c := range []struct {
		name   string
		size   int
		status int
		words  string
	}{
		{"nothing.txt", 0, http.StatusUnprocessableEntity, "The file “nothing.txt” is empty."},
		{"film.bin", maxUpload + 1, http.StatusRequestEntityTooLarge, "at most 100 MB"},
	} {
		got := d.uploads(c.name, c.size)
		if got.status != c.status || !strings.Contains(got.body, c.words) {
			t.Errorf("%s: %d, want %d and %q in\n%s", c.name, got.status, c.status, c.words, got.body)
		}
	}
	if n := d.sendable(); n != 0 {
		t.Errorf("%d messages wait", n)
	}
}

// TestFilesShowNoPhoneWords: of a message with a file, a place or a contact the
// page shows what it is, and a caption, not what the phone wrote in its place.
func TestFilesShowNoPhoneWords(t *testing.T) {
	d := newDesk(t, withFiles(t))
	png := d.stores("p.png", "image/png", drawing(t, 40, 30))
	for _, c := range []struct {
		m        wabridge.Message
		has, not string
	}{
		{wabridge.Message{Type: "image", Text: "📷 Photo", Body: []byte(`{}`), Media: png}, `class="picture image"`, "Photo"},
		{wabridge.Message{Type: "image", Text: "📷 Our garden", Body: []byte(`{"caption":"Our garden"}`), Media: png}, "Our garden", "📷"},
		{wabridge.Message{Type: "document", Text: "📄 bill.pdf", Body: []byte(`{}`), Media: d.stores("bill.pdf", "application/pdf", []byte("%PDF-1.4\n%%EOF\n"))}, "bill.pdf", "📄"},
		{wabridge.Message{Type: "sticker", Text: "💟 Sticker", Body: []byte(`{}`)}, "Sticker", "💟"},
		{wabridge.Message{Type: "video", Text: "🎥 Video (0:05)", Body: []byte(`{}`), Media: &wabridge.Media{MIME: "video/mp4", Pending: true}}, "still on the phone", "0:05"},
		{wabridge.Message{Type: "location", Text: "📍 Alexanderplatz"}, "Alexanderplatz", "📍"},
		{wabridge.Message{Type: "contacts", Text: "👤 Ann"}, "Ann", "👤"},
		{wabridge.Message{Type: "text", Text: "📷 Photo"}, "📷 Photo", "picture image"}, // somebody typed it
	} {
		d.hears(ana, c.m)
		body := d.ask(reader, talkPath(phoneID, anaID), nil).body
		last := body[strings.LastIndex(body, `<li class="bubble`):]
		if !strings.Contains(last, c.has) || strings.Contains(last, c.not) {
			t.Errorf("%s %q shows %s", c.m.Type, string(c.m.Text), last[:min(len(last), 700)])
		}
	}
}

// TestTroubleIsSeenEverywhere: the line and the number are on every page, come
// and go while one looks, and a conversation says why nothing goes out.
func TestTroubleIsSeenEverywhere(t *testing.T) {
	d := newDesk(t)
	d.says(ana, "hello")
	page := d.tab(admin, talkPath(phoneID, anaID))
	page.until(`document.querySelector("#trouble").hidden`)
	set := func(id string, state wabridge.PhoneState, code wabridge.Code, reason string) {
		must(t, d.db.SetPhoneState(t.Context(), id, state, code, reason, time.Now()))
	}
	set(phoneID, wabridge.PhoneAttention, wabridge.CodeAttention, "phone 1 has no room for the file: its storage is full; free some of it")
	page.sees("#trouble", "1 of 2 phones needs you: Front desk (its storage is full)")
	page.sees("#trouble-badge", "1")
	page.sees("#talk-stopped", "its storage is full")
	set(secondID, wabridge.PhoneOffline, wabridge.CodeOffline, "unplugged")
	page.sees("#trouble", "2 of 2 phones need you")
	page.sees("#trouble", "Berlin (cannot be reached)")
	page.looksRight("trouble")
	must(t, d.db.HoldPhone(t.Context(), phoneID, true, time.Now()))
	page.sees("#trouble", "Paused by a person: 1")
	page.sees("#talk-stopped", "paused by a person")
	for _, p := range pages() {
		body := d.ask(admin, Path+"/"+p.Name, nil).body
		if !strings.Contains(body, "1 of 2 phones needs you") || !strings.Contains(body, `<bdi>Berlin</bdi> (cannot be reached)`) {
			t.Errorf("%s says nothing of the phone in trouble", p.Name)
		}
	}
	list := d.ask(reader, "/console/phones", nil).body
	if strings.Index(list, ">Berlin<") > strings.Index(list, ">Front desk<") {
		t.Error("the phone in trouble is not first")
	}
	must(t, d.db.HoldPhone(t.Context(), phoneID, false, time.Now()))
	set(phoneID, wabridge.PhoneReady, 0, "")
	set(secondID, wabridge.PhoneReady, 0, "")
	page.until(`document.querySelector("#trouble").hidden && document.querySelector("#trouble-badge").hidden && !document.querySelector("#talk-stopped").innerText.trim()`)
	page.do(chromedp.KeyEvent("\x1b"), chromedp.KeyEvent("g"), chromedp.KeyEvent("b"))
	page.until(`location.pathname === "/console/bots"`)
}

// TestReasonsAreThoseOfTheAPI: the page says a failure's reason in its own
// language and in the gateway's words.
func TestReasonsAreThoseOfTheAPI(t *testing.T) {
	d := newDesk(t)
	for _, c := range []struct {
		code         wabridge.Code
		reason, lang string
		want         []string
	}{
		{wabridge.CodeUndeliverable, "phone 7: the app says that this number is not on WhatsApp", "en", []string{"The app says that this number is not on WhatsApp."}},
		{wabridge.CodeUndeliverable, "phone 7: the app says that this number is not on WhatsApp", "de", []string{"nicht bei WhatsApp ist", "the app says that this number is not on WhatsApp"}},
		{wabridge.CodeUndeliverable, "the message's time to live ended before the phone could send it", "es", []string{"El plazo del mensaje", "time to live ended"}},
		{wabridge.CodeScreen, "a screen that nobody has words for", "ru", []string{"a screen that nobody has words for"}},
		{-99, "something new", "pt", []string{"something new"}},
	} {
		m := d.writes(ana, "hello")
		d.moves(m, wabridge.HasFailed(time.Now(), c.code, c.reason))
		for _, path := range []string{"/console/outbox?state=failed", "/console/outbox/" + m.ID, talkPath(phoneID, anaID)} {
			body := d.ask(reader, path, nil, "Accept-Language", c.lang).body
			for _, want := range c.want {
				if !strings.Contains(body, want) {
					t.Errorf("%s in %s does not say %q", path, c.lang, want)
				}
			}
		}
	}
}
