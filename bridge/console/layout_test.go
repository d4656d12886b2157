package console

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

// sizes are those of phones (upright, on their side, with the keyboard up), a
// tablet and a desktop, in CSS pixels.
var sizes = [][2]int64{{320, 568}, {390, 720}, {390, 380}, {740, 360}, {768, 1024}, {1280, 800}}

// scripts are pieces of names: of languages with long words, without spaces,
// written from the right, of marks and emoji.
var scripts = []string{
	"María José García-Hernández de la Torre ", "Иван Петрович Константинопольский ", "Donaudampfschifffahrtsgesellschaft",
	"محمد بن عبد الله ", "שלום עולם ", "株式会社山田太郎", "เบลลาเบลลา", "👩‍👩‍👧‍👦🇧🇷", "W", "i", "M.", "_", "\u202eevil\u202c", "अनुराधा ",
}

// randomName makes a name of 1 to n runes.
func randomName(r *rand.Rand, n int) string {
	var b strings.Builder
	length := 1 + r.IntN(n)
	piece := scripts[r.IntN(len(scripts))]
	for b.Len() < length*2 {
		b.WriteString(piece)
		if r.IntN(3) == 0 {
			piece = scripts[r.IntN(len(scripts))]
		}
	}
	runes := []rune(b.String())
	name := strings.TrimSpace(string(runes[:min(length, len(runes))]))
	return or(name, "x")
}

// outOfReach lists the controls of a page that a person cannot reach: outside
// of the screen, or under something else. Parts that scroll sideways by
// themselves (tabs, code, tables) are scrolled first.
const outOfReach = `(() => {
  const name = (e) => e.tagName.toLowerCase() + (e.id ? "#" + e.id : "") + "." + [...e.classList].join(".") + " " + (e.getAttribute("aria-label") || e.textContent || "").trim().slice(0, 40);
  const sideways = (e) => { for (let p = e.parentElement; p; p = p.parentElement) if (["auto", "scroll"].includes(getComputedStyle(p).overflowX) && p.scrollWidth > p.clientWidth + 1 && !p.matches(".page, .scroller, .rows")) return true; return false; };
  const wrong = [];
  const inside = (e, r, what) => { if (r.left < -1 || r.right > innerWidth + 1) wrong.push(what + " is at " + Math.round(r.left) + " to " + Math.round(r.right) + " of " + innerWidth + ": " + name(e)); };
  const covers = "main :is(a, button, input, select, textarea, summary, label.button, audio, video), .side :is(a, button, summary), #trouble";
  const all = [...document.querySelectorAll(covers)].filter((e) => e.checkVisibility({visibilityProperty: true}) && !e.closest(".sr, dialog, [hidden]") && !e.matches(".sr, [type=hidden], [type=radio], [type=checkbox], .cover, uplot *"));
  for (const e of all) {
    if (!sideways(e)) inside(e, e.getBoundingClientRect(), "control");
  }
  for (const e of document.querySelectorAll(".bubble, .toast, .notice, h1, h2, .chosen")) {
    if (e.checkVisibility() && !sideways(e) && !e.closest("dialog")) inside(e, e.getBoundingClientRect(), "text");
  }
  for (const e of all) {
    e.scrollIntoView({block: "center", inline: "nearest", behavior: "instant"});
    const r = e.getBoundingClientRect();
    if (r.width < 2 || r.height < 2) { wrong.push("too small: " + name(e)); continue; }
    const room = e.closest(".scroller")?.clientHeight ?? innerHeight;
    if (r.top < -1 || r.bottom > innerHeight + 1) { if (r.height < room * 0.9) wrong.push("above or below the screen: " + name(e)); continue; }
    const hit = document.elementFromPoint((Math.max(0, r.left) + Math.min(innerWidth, r.right)) / 2, r.top + r.height / 2);
    if (!hit || !(e.contains(hit) || hit.contains(e))) wrong.push("covered by " + (hit ? name(hit) : "nothing") + ": " + name(e));
  }
  for (const e of [document.scrollingElement, ...document.querySelectorAll(".page, .inbox, .talk")]) if (e.scrollLeft) wrong.push("scrolled sideways: " + name(e));
  if (document.scrollingElement.scrollHeight > innerHeight + 1) wrong.push("the frame is higher than the screen: " + document.scrollingElement.scrollHeight);
  return wrong.slice(0, 8);
})()`

// reaches insists that all controls can be reached.
func (t *tab) reaches(what string) {
	t.t.Helper()
	if wrong := js[[]string](t, outOfReach); len(wrong) > 0 {
		t.t.Errorf("%s:\n\t%s", what, strings.Join(wrong, "\n\t"))
		t.picture("out-of-reach-" + fmt.Sprint(len(what), time.Now().UnixMilli()))
	}
}

// sized sets the size of the screen.
func (t *tab) sized(size [2]int64) {
	t.t.Helper()
	t.do(chromedp.EmulateViewport(size[0], size[1]))
}

// A scene is one conversation of the layout tests.
type scene struct {
	name, path string
	session    bool
}

// scenes makes conversations with random names, with and without a bot.
func (d *desk) scenes(r *rand.Rand, n int) []scene {
	d.t.Helper()
	var all []scene
	for i := range n {
		s := scene{name: randomName(r, 120), session: r.IntN(2) == 0}
		ref := wabridge.ChatRef{Number: fmt.Sprintf("1555400%04d", i), Name: s.name}
		if r.IntN(4) == 0 {
			ref = wabridge.ChatRef{JID: fmt.Sprintf("1203630000001%05d@g.us", i), Name: s.name, Group: true}
		}
		m := d.hears(ref, wabridge.Message{Text: wabridge.Text(strings.Repeat(randomName(r, 60), 1+r.IntN(8))), Name: randomName(r, 80), Number: ref.Number})
		if r.IntN(2) == 0 {
			d.hears(ref, wabridge.Message{Type: "image", Text: "📷 Photo", Body: []byte(`{}`), Media: d.stores("p.png", "image/png", drawing(d.t, 1200, 200+r.IntN(1600)))})
			d.hears(ref, wabridge.Message{Type: "document", Text: "📄 x", Body: []byte(`{}`), Media: d.stores(strings.Repeat("long-name", 12)+".pdf", "application/pdf", []byte("%PDF-1.4\n%%EOF\n"))})
		}
		d.hears(ref, wabridge.Message{Type: "location", Text: "📍 x", Body: []byte(fmt.Sprintf(`{"latitude":1,"longitude":2,"name":%q,"address":%q}`, randomName(r, 90), randomName(r, 90)))})
		d.hears(ref, wabridge.Message{Type: "contacts", Text: "👤 x", Body: []byte(fmt.Sprintf(`[{"name":{"formatted_name":%q},"phones":[{"phone":"+15550001234567890123456789012345678901234567890"}]}]`, randomName(r, 90)))})
		d.hears(ref, wabridge.Message{Text: wabridge.Text("https://example.org/" + strings.Repeat("path", 40)), Context: m.ID, Number: ref.Number})
		out := d.writes(ref, randomName(r, 200))
		d.moves(out, wabridge.HasFailed(time.Now(), wabridge.CodeUndeliverable, "the app says that this number is not on WhatsApp"))
		if s.session {
			_, err := d.db.StartSession(d.t.Context(), wabridge.Session{Phone: phoneID, Chat: m.Chat, Number: ref.Number, Bot: "bot-" + strings.Repeat("x", r.IntN(40)), TTL: wabridge.DefaultTTL}, nil, queue.SessionStep{At: time.Now()})
			must(d.t, err)
		}
		s.path = talkPath(phoneID, m.Chat)
		all = append(all, s)
	}
	return all
}

// TestEverythingIsInReach: in conversations with random names, with bots, file
// drafts, toasts and phones in trouble, every control can be reached at every
// width, in every language.
func TestEverythingIsInReach(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	d := newDesk(t, withFiles(t))
	must(t, d.db.PutPhone(t.Context(), wabridge.Phone{ID: phoneID, WABA: "200000000000001", Serial: "emu1", Package: "com.whatsapp", Number: "15550001001", Name: randomName(r, 60)}))
	draft := filepath.Join(t.TempDir(), strings.Repeat("draft-", 30)+".png")
	must(t, os.WriteFile(draft, drawing(t, 40, 30), 0o600))
	scenes := d.scenes(r, 6)
	scenes = append(scenes, d.worst()...)
	must(t, d.db.SetPhoneState(t.Context(), phoneID, wabridge.PhoneReady, 0, "", time.Now()))
	page := d.tab(admin, "/console/inbox")
	for i, s := range scenes {
		state := wabridge.PhoneReady
		if i%2 == 1 {
			state = wabridge.PhoneAttention
		}
		must(t, d.db.SetPhoneState(t.Context(), phoneID, state, wabridge.CodeAttention, "phone 1: "+long("an explanation", 10), time.Now()))
		page.goTo("/console/inbox")
		lang := languages[r.IntN(len(languages))].Code
		page.do(chromedp.Evaluate(`document.cookie = "wabridge_lang=`+lang+`; path=/"`, nil))
		page.goTo(s.path)
		page.until(`document.querySelector("#talk-title") && [...document.images].every(i => i.complete || i.loading === "lazy")`)
		for _, size := range sizes {
			what := fmt.Sprintf("%q (bot %v, %s) at %d x %d", s.name, s.session, lang, size[0], size[1])
			page.sized(size)
			page.reaches(what)
			page.do(chromedp.SetUploadFiles("input[type=file]", []string{draft}, chromedp.ByQuery))
			page.toasts()
			page.reaches(what + " with a draft and toasts")
			page.do(chromedp.Evaluate(`document.querySelector("[data-unchoose]").click(); document.querySelectorAll(".toast").forEach(e => e.click())`, nil))
		}
		for name, size := range map[string][2]int64{"small": {390, 720}, "low": {740, 360}, "wide": {1280, 800}} {
			page.sized(size)
			page.toasts()
			page.picture(fmt.Sprintf("reach-%s-%d", name, i))
		}
	}
}

// worst are the examples in which controls were out of reach.
func (d *desk) worst() (all []scene) {
	d.t.Helper()
	for i, name := range []string{strings.Repeat("abcdefghij", 10), "María José García-Hernández de la Torre", "Иван Петров", "محمد بن عبد الله بن عبد المطلب الهاشمي القرشي"} {
		ref := wabridge.ChatRef{Number: fmt.Sprintf("1555500%04d", i), Name: name}
		if i == 0 {
			ref = wabridge.ChatRef{JID: "120363000000099999@g.us", Name: name, Group: true}
		}
		m := d.hears(ref, wabridge.Message{Text: "hello"})
		if i > 0 {
			_, err := d.db.StartSession(d.t.Context(), wabridge.Session{Phone: phoneID, Chat: m.Chat, Number: ref.Number, Bot: "appointment", TTL: wabridge.DefaultTTL}, nil, queue.SessionStep{At: time.Now()})
			must(d.t, err)
		}
		all = append(all, scene{name: name, path: talkPath(phoneID, m.Chat), session: i > 0})
	}
	return all
}

// toasts shows one of each kind.
func (t *tab) toasts() {
	t.t.Helper()
	t.do(chromedp.Evaluate(`for (const kind of ["good", "bad"]) document.dispatchEvent(new CustomEvent("toast", {detail: {kind, words: kind + ": Queued as a new message, or could not be sent for a reason that takes a whole line"}}))`, nil))
	t.until(`document.querySelectorAll(".toast").length >= 2`)
}

// TestDialogsAreInReach: the dialogs fit each screen, too.
func TestDialogsAreInReach(t *testing.T) {
	d := newDesk(t)
	d.says(ana, "hello")
	for i := range 5 {
		raw := fmt.Sprintf(`{"id":"7%d","name":"order_%s_%d","language":"en_US","category":"UTILITY","status":"APPROVED","components":[
		  {"type":"BODY","text":"Hello {{1}}, it waits at %s {{2}}."}]}`, i, strings.Repeat("long_", 30), i, strings.Repeat("word", 60))
		_, err := d.db.PutObject(t.Context(), queue.Object{Kind: queue.ObjectTemplate, Owner: "200000000000001", ID: fmt.Sprint("7", i), Name: queue.TemplateName(fmt.Sprint("order", i), "en_US"), Data: []byte(raw)}, time.Now())
		must(t, err)
	}
	const outside = `[...document.querySelectorAll("dialog[open], dialog[open] :is(a, button, input, select, summary, label)")].filter(e => e.checkVisibility()).filter(e => { const r = e.getBoundingClientRect(); return r.left < -1 || r.right > innerWidth + 1 || (e.tagName === "DIALOG" && (r.top < -1 || r.bottom > innerHeight + 1)); }).map(e => e.outerHTML.slice(0, 120))`
	page := d.tab(sender, talkPath(phoneID, anaID))
	for _, size := range sizes {
		for _, id := range []string{"new", "templates", "keys"} {
			page.goTo(talkPath(phoneID, anaID))
			page.sized(size)
			if id == "templates" {
				page.click("[data-open=templates]")
				page.sees("#template-forms", "order_")
				page.do(chromedp.Evaluate(`document.querySelectorAll("details.template").forEach(e => { e.open = true; })`, nil))
			} else {
				page.do(chromedp.Evaluate(`document.getElementById("`+id+`").showModal()`, nil))
			}
			if wrong := js[[]string](page, outside); len(wrong) > 0 {
				t.Errorf("%s at %d x %d: %v", id, size[0], size[1], wrong)
				page.picture(fmt.Sprintf("dialog-%s-%d-%d", id, size[0], size[1]))
			}
		}
	}
}

// TestPagesAreInReach: the other pages with long names, at every width.
func TestPagesAreInReach(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 2))
	d := newDesk(t, withFiles(t))
	d.scenes(r, 5)
	for i := range 4 {
		id := fmt.Sprintf("10000000000001%d", i)
		must(t, d.db.PutPhone(t.Context(), wabridge.Phone{ID: id, WABA: "2", Serial: "emu" + id, Package: "com.whatsapp", Name: randomName(r, 80)}))
		must(t, d.db.SetPhoneState(t.Context(), id, wabridge.PhoneAttention, wabridge.CodeNotRegistered, "phone "+id+": WhatsApp is logged out: log in on the phone", time.Now()))
	}
	_, err := d.db.CreateToken(t.Context(), randomName(r, 90), queue.NewSecret(), []string{queue.ScopeRead}, time.Now())
	must(t, err)
	_, err = d.db.PutEndpoint(t.Context(), queue.Endpoint{URL: "https://crm.example.org/" + strings.Repeat("hook", 30), Scope: "waba", Created: time.Now()})
	must(t, err)
	page := d.tab(admin, "/console/inbox")
	for _, path := range []string{"/console/inbox", "/console/outbox", "/console/outbox?state=failed", "/console/outbox/campaigns", "/console/phones", "/console/phones/" + phoneID,
		"/console/bots", "/console/insights", "/console/templates", "/console/webhooks", "/console/tokens", "/console/settings"} {
		page.allows("503") // pages of phones that are not there
		page.goTo(path)
		page.until(`document.readyState === "complete"`)
		for _, size := range sizes {
			page.sized(size)
			page.toasts()
			page.reaches(fmt.Sprintf("%s at %d x %d", path, size[0], size[1]))
			page.picture(fmt.Sprintf("page%s-%d-%d", strings.ReplaceAll(strings.TrimPrefix(path, "/console"), "?", "-"), size[0], size[1]))
			page.do(chromedp.Evaluate(`document.querySelectorAll(".toast").forEach(e => e.click())`, nil))
		}
	}
}

// TestSmallBar: on a small screen the bar holds everything: four entries, and
// the rest in a menu that leads to each page.
func TestSmallBar(t *testing.T) {
	d := newDesk(t)
	page := d.tab(admin, "/console/inbox")
	for _, width := range []int64{320, 390} {
		for _, l := range languages {
			page.do(chromedp.Evaluate(`document.cookie = "wabridge_lang=`+l.Code+`; path=/"`, nil))
			for _, name := range []string{"bots", "insights", "templates", "webhooks", "tokens", "settings"} {
				if width == 390 && name != "settings" {
					continue
				}
				page.goTo("/console/inbox")
				page.sized([2]int64{width, 640})
				page.click(".more-pages > summary")
				page.reaches(fmt.Sprintf("the menu at %d in %s", width, l.Code))
				page.click(`.more-pages .panel a[href="/console/` + name + `"]`)
				page.until(`location.pathname === "/console/` + name + `" && document.querySelector(".more-pages > summary[aria-current]")`)
			}
			if cut := js[[]string](page, `[...document.querySelectorAll(".side nav > a > span, .more-pages > summary > span")].filter(e => e.checkVisibility() && e.scrollWidth > e.clientWidth).map(e => e.textContent)`); len(cut) > 0 {
				t.Errorf("cut at %d in %s: %v", width, l.Code, cut)
			}
		}
	}
	page.goTo("/console/inbox")
	page.click(".more-pages > summary")
	page.picture("small-bar")
}
