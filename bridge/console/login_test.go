package console

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

func preferTheme(name string) chromedp.Action {
	return emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: name}, {Name: "prefers-reduced-motion", Value: "reduce"},
	})
}

// TestSignIn: a wrong token is told, a right one leads to where one wanted to
// go, and signing out leads back.
func TestSignIn(t *testing.T) {
	d := newDesk(t)
	page := d.tab("", "/", preferTheme("light"))
	page.allows("401")
	page.sees("h1", "Sign in")
	page.looksRight("login")
	page.write("#token", "wrong\n")
	page.sees(".wrong", "unknown or was revoked")
	page.looksRight("login-wrong")
	page.write("#token", reader+"\n")
	page.sees("main", "No conversations yet")
	page.click(".account summary")
	page.sees(".account .panel", "May read only")
	page.click("form[action='/console/logout'] button")
	page.sees("h1", "Sign in")
}

func TestThemeAndLanguage(t *testing.T) {
	d := newDesk(t)
	page := d.tab(reader, "/console/inbox")
	page.sees("nav", "Inbox")
	page.click(".account summary")
	page.do(chromedp.SetValue("select[name=lang]", "ru", chromedp.ByQuery)) // which submits its form
	page.sees("nav", "Входящие")
	if got := js[string](page, "document.documentElement.lang"); got != "ru" {
		t.Errorf("the page's language is %q, want ru", got)
	}
	page.click(".account summary")
	page.do(chromedp.Evaluate(`document.querySelector("input[value=dark]").click()`, nil))
	page.until(`document.documentElement.dataset.theme === "dark"`)
	if got := js[string](page, "getComputedStyle(document.documentElement).backgroundColor"); got != "rgb(17, 19, 21)" {
		t.Errorf("the dark theme's background is %s", got)
	}
}

// TestSessions: what a cookie is worth, and what ends it.
func TestSessions(t *testing.T) {
	d := newDesk(t)
	got := d.ask("", "/console/login", url.Values{"token": {reader}, "to": {"/console/inbox?x=1"}})
	cookies := (&http.Response{Header: got.header}).Cookies()
	if got.status != http.StatusSeeOther || got.header.Get("Location") != "/console/inbox?x=1" || len(cookies) != 1 {
		t.Fatalf("login: %d %v", got.status, got.header)
	}
	if c := cookies[0]; !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Secure || len(c.Value) != 43 {
		t.Errorf("cookie over http: %+v", c)
	}
	with := []string{"Cookie", sessionCookie + "=" + cookies[0].Value}
	if got := d.ask("", "/console/inbox", nil, with...); got.status != http.StatusOK {
		t.Errorf("inbox with the cookie: %d", got.status)
	}
	token, err := d.db.Authenticate(t.Context(), reader)
	must(t, err)
	must(t, d.db.RevokeToken(t.Context(), token.ID, time.Now()))
	if got := d.ask("", "/console/inbox", nil, with...); got.status != http.StatusSeeOther {
		t.Errorf("inbox after the token was revoked: %d, want the login", got.status)
	}
	if got := d.ask("", "/console/inbox", nil, append(with, "HX-Request", "true")...); got.status != http.StatusUnauthorized || got.header.Get("HX-Redirect") == "" {
		t.Errorf("a part after the token was revoked: %d %v", got.status, got.header)
	}
	secure := newDesk(t, func(c *Config) { c.PublicURL = "https://wa.example.org" })
	got = secure.ask("", "/console/login", url.Values{"token": {reader}})
	if !strings.Contains(got.header.Get("Set-Cookie"), "Secure") {
		t.Errorf("cookie of an https address: %s", got.header.Get("Set-Cookie"))
	}
}

func TestSessionTimes(t *testing.T) {
	s, began := newSessions(), time.Now()
	id := s.begin("x", began)
	for _, after := range []time.Duration{11 * time.Hour, 22 * time.Hour, 33 * time.Hour} {
		if _, ok := s.find(id, began.Add(after)); !ok {
			t.Errorf("a session in use ended after %v", after)
		}
	}
	if _, ok := s.find(id, began.Add(46*time.Hour)); ok {
		t.Error("a session unused for 13 hours lives")
	}
	id = s.begin("x", began)
	for at := time.Duration(0); at < sessionMost; at += 10 * time.Hour {
		s.find(id, began.Add(at))
	}
	if _, ok := s.find(id, began.Add(sessionMost+time.Hour)); ok {
		t.Error("a session lives longer than its most")
	}
	for range sessionMax + 10 {
		s.begin("x", began)
	}
	if n := len(s.byID); n > sessionMax {
		t.Errorf("%d sessions are kept, want at most %d", n, sessionMax)
	}
}

// TestForgery: a POST must come from one of the session's own pages.
func TestForgery(t *testing.T) {
	d := newDesk(t)
	for _, tt := range []struct {
		name   string
		form   url.Values
		header []string
		want   int
	}{
		{"from the page", url.Values{}, nil, http.StatusSeeOther},
		{"without the session's token", url.Values{"csrf": {"x"}}, nil, http.StatusForbidden},
		{"from another site", url.Values{}, []string{"Sec-Fetch-Site", "cross-site"}, http.StatusForbidden},
		{"with another origin", url.Values{}, []string{"Origin", "https://evil.example"}, http.StatusForbidden},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := d.ask(sender, "/console/logout", tt.form, tt.header...); got.status != tt.want {
				t.Errorf("got %d, want %d", got.status, tt.want)
			}
		})
	}
}

// TestLink: a link of `wabridge console` logs in once.
func TestLink(t *testing.T) {
	d := newDesk(t)
	if got := d.ask("", "/console/link", url.Values{}); got.status != http.StatusUnauthorized {
		t.Errorf("a link without a token: %d", got.status)
	}
	got := d.ask("", "/console/link", url.Values{}, "Authorization", "Bearer "+reader)
	_, code, _ := strings.Cut(got.body, "code=")
	code, _, _ = strings.Cut(code, `"`)
	if got.status != http.StatusOK || len(code) != 43 {
		t.Fatalf("link: %d %s", got.status, got.body)
	}
	for i, want := range []int{http.StatusSeeOther, http.StatusUnauthorized} {
		if got := d.ask("", "/console/enter", url.Values{"code": {code}}); got.status != want {
			t.Errorf("use %d of the link: %d, want %d", i+1, got.status, want)
		}
	}
	if strings.Contains(d.logs.String(), code) || strings.Contains(d.logs.String(), reader) {
		t.Error("the log holds a secret")
	}
}

func TestOurs(t *testing.T) {
	for _, tt := range []struct {
		name, method, target string
		header               []string
		want                 bool
	}{
		{"a browser at the front door", "GET", "/", []string{"Accept", "text/html,*/*"}, true},
		{"a Graph client at the root", "GET", "/", []string{"Accept", "application/json"}, false},
		{"a Graph client that asks for ids", "GET", "/?ids=1", []string{"Accept", "text/html"}, false},
		{"a batch of Graph's", "POST", "/", []string{"Accept", "text/html"}, false},
		{"a page", "GET", "/console/inbox", nil, true},
		{"Devino's path", "POST", "/whatsapp/messages", nil, false},
		{"a path that begins like ours", "GET", "/consoles", nil, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, err := http.NewRequest(tt.method, tt.target, nil)
			must(t, err)
			for i := 0; i+1 < len(tt.header); i += 2 {
				r.Header.Set(tt.header[i], tt.header[i+1])
			}
			if got := Ours(r); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestInside(t *testing.T) {
	for to, want := range map[string]string{
		"/console/inbox?a=b": "/console/inbox?a=b", "https://evil.example/console/": "", "//evil.example/console/": "",
		"/console/..\\evil": "", "/elsewhere": "", "": "", "/console/a b": "/console/a%20b", "javascript:alert(1)": "",
	} {
		if got := inside(to); got != want {
			t.Errorf("inside(%q) = %q, want %q", to, got, want)
		}
	}
}
