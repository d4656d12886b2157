package console

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/audit"
	"github.com/wabridge/wabridge/queue"
)

func TestPhonePages(t *testing.T) {
	g := &glass{}
	d := operated(t, g, &hooks{moved: map[string]int64{}})
	d.fill()
	page := d.tab(admin, "/console/phones")
	page.sees("main", "Needs you")
	page.sees("main", "WhatsApp is signed out")
	page.looksRight("phones")
	page.click(`a[href="/console/phones/` + phoneID + `"]`)
	page.sees("main", "87 %")
	page.until(`document.querySelector(".glass img")?.naturalWidth === 360`)
	page.click(`[hx-get$="/doctor"]`)
	page.sees("#doctor", "the screen is locked")
	page.looksRight("phone")

	// A click in the middle of the picture is a tap in the middle of the screen.
	page.do(chromedp.Click(".glass img", chromedp.ByQuery))
	page.until(`document.querySelectorAll(".glass .mark").length >= 0`)
	page.click(`[data-key="BACK"]`)
	page.write("#type", "by hand")
	page.click("[data-type] button")
	page.until(`document.querySelector("#type").value === ""`)
	acts := g.acts()
	if len(acts) != 3 || acts[0].Tap == nil || acts[1].Key != "BACK" || acts[2].Text != "by hand" {
		t.Fatalf("the phone got %+v", acts)
	}
	if p := *acts[0].Tap; p.X < 170 || p.X > 190 || p.Y < 380 || p.Y > 400 {
		t.Errorf("the middle of the picture became %+v, want about 180, 390", p)
	}
	page.write("#type", "größe")
	page.allows("422")
	page.click("[data-type] button")
	page.sees(".toast", "Latin letters")
	page.do(chromedp.Focus(".glass", chromedp.ByQuery), chromedp.KeyEvent("a"))
	page.until("true")
	for end := time.Now().Add(patience); len(g.acts()) < 4 && time.Now().Before(end); {
		time.Sleep(10 * time.Millisecond)
	}
	if acts := g.acts(); len(acts) != 4 || acts[3].Text != "a" {
		t.Errorf("a key on the picture became %+v", acts)
	}
	page.click(`form[action$="/pause"] button`)
	page.sees("main", "Nothing is sent until")
	if p, err := d.db.Phone(t.Context(), phoneID); err != nil || !p.Held {
		t.Errorf("the phone is not held: %+v %v", p, err)
	}
	if log := d.logs.String(); strings.Contains(log, "by hand") {
		t.Error("the log holds what was typed")
	}
	entries, err := d.db.Audit(t.Context(), audit.Filter{Act: audit.PhoneInput})
	if err != nil || len(entries) != 4 || entries[0].Name != "Ada" || entries[0].Via != audit.ViaConsole {
		t.Errorf("audit: %+v %v", entries, err)
	}
	page.do(chromedp.EmulateViewport(390, 844))
	page.until(`document.documentElement.scrollWidth <= 390`)
	page.looksRight("phone-narrow")
}

// TestPictureRestsWhenNobodyLooks: a hidden page asks for nothing.
func TestPictureRestsWhenNobodyLooks(t *testing.T) {
	g := &glass{}
	d := operated(t, g, &hooks{})
	page := d.tab(admin, "/console/phones/"+phoneID)
	page.until(`document.querySelector(".glass img")?.naturalWidth === 360`)
	page.do(chromedp.Evaluate(`Object.defineProperty(document, "hidden", {value: true, configurable: true}); document.dispatchEvent(new Event("visibilitychange"))`, nil))
	page.do(chromedp.Sleep(400 * time.Millisecond))
	g.mu.Lock()
	before := g.looks
	g.mu.Unlock()
	page.do(chromedp.Sleep(1500 * time.Millisecond))
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.looks > before {
		t.Errorf("%d pictures were taken although nobody looked", g.looks-before)
	}
}

func TestInsightsPage(t *testing.T) {
	d := operated(t, &glass{}, &hooks{})
	d.fill()
	page := d.tab(admin, "/console/insights")
	page.until(`document.querySelectorAll(".charts canvas").length === 3`)
	page.sees("main", "order_shipped")
	page.looksRight("insights")
	page.do(chromedp.Evaluate(`document.querySelector("#t-messages").scrollIntoView(); document.querySelectorAll("details").forEach(d => d.open = true)`, nil))
	page.sees("#t-messages", "Delivered")
	page.looksRight("insights-tables")
	page.do(chromedp.SetValue("select[name=step]", "week", chromedp.ByQuery))
	page.until(`location.search.includes("step=week") && document.querySelectorAll("#t-messages tbody tr").length < 7`)
	got := d.ask(reader, "/console/insights/export.csv?period=30d&step=month", nil)
	lines := strings.Split(strings.TrimSpace(got.body), "\n")
	if got.status != http.StatusOK || !strings.HasPrefix(lines[0], "start,end,sent,delivered,read,failed,received,cost,currency,to_sent_p50_s") || len(lines) < 2 || len(lines) > 4 {
		t.Errorf("csv: %d\n%s", got.status, got.body)
	}
	page.do(chromedp.EmulateViewport(390, 844))
	page.goTo("/console/insights?period=7d")
	page.until(`document.documentElement.scrollWidth <= 390`)
	page.picture("insights-narrow")
}

func TestTemplatesPage(t *testing.T) {
	d := operated(t, &glass{}, &hooks{})
	page := d.tab(reader, "/console/templates")
	page.sees("main", "No templates yet")
	d.fill()
	page.goTo("/console/templates")
	page.sees("main", "Hello Ann, your parcel left on Monday.")
	page.sees("main", "Order 4711")
	page.looksRight("templates")
}

func TestWebhooksPage(t *testing.T) {
	h := &hooks{moved: map[string]int64{}}
	d := operated(t, &glass{}, h)
	d.fill()
	page := d.tab(admin, "/console/webhooks")
	page.sees("main", "the receiver answered 500")
	page.sees("main", "https://crm.example.org/status?…")
	page.sees("main", "Refuses single events")
	if strings.Contains(page.text("main"), "hidden") {
		t.Error("the page shows what may be a key")
	}
	page.click(`[hx-post="/console/webhooks/crm/test"]`)
	page.sees("#test-crm", "Answered 200")
	page.click(`[hx-post="/console/webhooks/old/test"]`)
	page.sees("#test-old", "HTTP 500")
	page.looksRight("webhooks")
	page.do(chromedp.Evaluate(`document.querySelectorAll("details.menu")[2].open = true`, nil), chromedp.SetValue("#from-old", "7", chromedp.ByQuery))
	page.picture("webhooks-menu")
	page.do(chromedp.Evaluate(`document.querySelector("#from-old").form.requestSubmit()`, nil))
	page.sees("main", "delivered again from there")
	h.mu.Lock()
	if h.moved["old"] != 6 {
		t.Errorf("moved: %v, want old to go on after 6", h.moved)
	}
	h.mu.Unlock()
	page.click(`form[action="/console/webhooks/devino-1/replay"] button`)
	page.sees("main", "set aside is delivered again")
	page.click(`form[action="/console/webhooks/crm/disable"] button`)
	page.sees("main", "Disabled. What happens waits")
	all, err := d.db.Endpoints(t.Context())
	must(t, err)
	for _, e := range all {
		if e.Disabled != (e.ID == "crm") || e.Secret == "" && e.ID == "crm" {
			t.Errorf("endpoint %+v", e)
		}
	}
}

func TestTokensPage(t *testing.T) {
	d := operated(t, &glass{}, &hooks{})
	page := d.tab(admin, "/console/tokens")
	page.write("#name", "crm")
	page.click("form[action='/console/tokens'] button")
	page.sees("main", "Token for crm")
	secret := page.text("#secret")
	token, err := d.db.Authenticate(t.Context(), secret)
	if err != nil || token.Name != "crm" || !token.Allows(queue.ScopeSend) || token.Allows(queue.ScopeAdmin) {
		t.Fatalf("the token: %+v, %v", token, err)
	}
	page.looksRight("tokens")
	page.goTo("/console/tokens")
	if strings.Contains(page.text("body"), secret) {
		t.Error("the secret is shown again")
	}
	page.do(chromedp.Evaluate(`window.confirm = () => true`, nil))
	page.click(`form[action="/console/tokens/` + token.ID + `/revoke"] button`)
	page.sees("main", "Revoked.")
	if _, err := d.db.Authenticate(t.Context(), secret); wabridge.CodeOf(err) != wabridge.CodeToken {
		t.Errorf("the token still lives: %v", err)
	}
	if strings.Contains(d.logs.String(), secret) {
		t.Error("the log holds the secret")
	}
	for name, form := range map[string]url.Values{"no name": {"name": {" "}, "scope": {"read"}}, "no scope": {"name": {"x"}}, "limits alone": {"name": {"x"}, "scope": {"limits:absorb"}}} {
		if got := d.ask(admin, "/console/tokens", form); !strings.Contains(got.body, `role="alert"`) {
			t.Errorf("%s: %d, no word about it", name, got.status)
		}
	}
}

func TestBotsPage(t *testing.T) {
	d := operated(t, &glass{}, &hooks{})
	page := d.tab(reader, "/console/bots")
	page.sees("main", "No sessions here")
	for i := range 60 {
		number := fmt.Sprintf("1555000%04d", 1000+i)
		m := wabridge.Message{Phone: phoneID, Chat: wabridge.UserJID(number), Number: number, Type: "text", Text: "x"}
		_, err := d.db.Enqueue(t.Context(), queue.Draft{Message: m, Session: &wabridge.Session{Name: "survey", Bot: "visit", Results: map[string]string{"stars": "5"}}})
		must(t, err)
	}
	page.goTo("/console/bots?state=waiting")
	page.sees("main", "Not sent yet")
	page.sees(".tabs [aria-current]", "60")
	if n := js[int](page, `document.querySelectorAll("tbody tr").length`); n != sessionsPage {
		t.Errorf("%d sessions on a page, want %d", n, sessionsPage)
	}
	page.click(`a[href*="offset=50"]`)
	page.until(`document.querySelectorAll("tbody tr").length === 10`)
	page.looksRight("bots")
}

func TestSettingsPage(t *testing.T) {
	d := operated(t, &glass{}, &hooks{})
	page := d.tab(admin, "/console/settings")
	page.sees("main", "wabridge.yaml, line 3")
	page.sees("main", "set, not shown")
	page.looksRight("settings")
}

// TestOperatorsPagesInAllLanguages: every text is there, in each language.
func TestOperatorsPagesInAllLanguages(t *testing.T) {
	d := operated(t, &glass{}, &hooks{})
	d.fill()
	for _, l := range languages {
		for _, p := range []string{"/phones", "/phones/" + phoneID, "/phones/" + phoneID + "/health", "/phones/" + phoneID + "/doctor", "/insights", "/templates", "/webhooks", "/tokens", "/settings", "/bots", "/bots?state=ended"} {
			got := d.ask(admin, Path+p, nil, "Accept-Language", l.Code)
			if got.status != http.StatusOK {
				t.Errorf("%s in %s: %d", p, l.Code, got.status)
			}
			for _, begin := range []string{"phones", "insights", "templates", "webhooks", "tokens", "settings", "done", "bots"} {
				for _, mark := range []string{">" + begin + ".", `"` + begin + "."} {
					if i := strings.Index(got.body, mark); i >= 0 && !strings.HasPrefix(got.body[i+1:], "webhook.") {
						t.Errorf("%s in %s: no text for %.60q", p, l.Code, got.body[i:])
					}
				}
			}
		}
	}
}

// TestWhoMayOperate: what an admin does, nobody else can, nor another site.
func TestWhoMayOperate(t *testing.T) {
	g := &glass{}
	d := operated(t, g, &hooks{moved: map[string]int64{}})
	d.fill()
	phone := Path + "/phones/" + phoneID
	for _, path := range []string{phone + "/screen", phone + "/doctor", Path + "/webhooks", Path + "/tokens", Path + "/settings"} {
		if got := d.ask(sender, path, nil); got.status != http.StatusForbidden {
			t.Errorf("GET %s without the scope admin: %d", path, got.status)
		}
	}
	for _, path := range []string{phone + "/pause", phone + "/resume", phone + "/input", Path + "/tokens", Path + "/webhooks/crm/disable", Path + "/webhooks/crm/seek", Path + "/webhooks/crm/test"} {
		if got := d.ask(sender, path, url.Values{"from": {"1"}}); got.status != http.StatusForbidden {
			t.Errorf("POST %s without the scope admin: %d", path, got.status)
		}
		if got := d.ask(admin, path, url.Values{"csrf": {"another"}}); got.status != http.StatusForbidden {
			t.Errorf("POST %s without the page's token: %d", path, got.status)
		}
	}
	if got := d.ask(reader, phone, nil); got.status != http.StatusOK || strings.Contains(got.body, "data-screen") || strings.Contains(got.body, "/pause") {
		t.Errorf("a reader's page of a phone offers what he may not do (%d)", got.status)
	}
	if len(g.acts()) > 0 {
		t.Errorf("the phone was touched: %+v", g.acts())
	}
}

// TestNoPhones: an empty system says what to do next.
func TestNoPhones(t *testing.T) {
	got := emptyDesk(t).ask(reader, "/console/phones", nil)
	if got.status != http.StatusOK || !strings.Contains(got.body, "wabridge doctor") || !strings.Contains(got.body, "wabridge demo") {
		t.Errorf("%d %s", got.status, got.body)
	}
}

func TestSlots(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	must(t, err)
	at := func(s string) time.Time {
		x, err := time.ParseInLocation("2006-01-02 15:04", s, berlin)
		must(t, err)
		return x
	}
	for name, c := range map[string]struct {
		period, step, now string
		n                 int
		first, last       string
	}{
		"days":                  {"7d", "day", "2026-11-22 13:00", 7, "2026-11-16 00:00", "2026-11-22 00:00"},
		"over the clock change": {"30d", "day", "2026-11-10 13:00", 30, "2026-10-12 00:00", "2026-11-10 00:00"},
		"weeks from Monday":     {"30d", "week", "2026-11-22 13:00", 5, "2026-10-19 00:00", "2026-11-16 00:00"},
		"months":                {"12mo", "month", "2026-11-22 13:00", 12, "2025-12-01 00:00", "2026-11-01 00:00"},
	} {
		got := slots(c.period, c.step, at(c.now))
		if len(got)-1 != c.n || !got[0].Equal(at(c.first)) || !got[len(got)-2].Equal(at(c.last)) {
			t.Errorf("%s: %d slots from %v to %v, want %d from %s to %s", name, len(got)-1, got[0], got[len(got)-2], c.n, c.first, c.last)
		}
	}
}
