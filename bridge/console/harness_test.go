package console

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
	"go.uber.org/goleak"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/bridge"
	"github.com/wabridge/wabridge/queue"
	"github.com/wabridge/wabridge/queue/sqlite"
)

// TestMain stops the browser before it looks for goroutines that were left.
func TestMain(m *testing.M) {
	code := m.Run()
	chrome.stop()
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// What the tests' database holds.
const (
	phoneID  = "100000000000001"
	secondID = "100000000000002"

	sender = "sender-secret-4cd1"
	reader = "reader-secret-93ab"
	admin  = "admin-secret-77de"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// A desk is a Console over a real database, served over HTTP, and all that was
// logged.
type desk struct {
	*Console
	t      testing.TB
	db     *sqlite.DB
	path   string // of the database
	server *httptest.Server
	logs   *syncBuffer
}

// newDesk makes one with two phones and three tokens; change may alter its
// configuration.
func newDesk(t testing.TB, change ...func(*Config)) *desk {
	t.Helper()
	d := emptyDesk(t, change...)
	for _, p := range []wabridge.Phone{
		{ID: phoneID, WABA: "200000000000001", Serial: "emu1", Package: "com.whatsapp", Number: "15550001001", Name: "Front desk"},
		{ID: secondID, WABA: "200000000000001", Serial: "emu2", Package: "com.whatsapp.w4b", Number: "4915123456789", Name: "Berlin"},
	} {
		must(t, d.db.PutPhone(t.Context(), p))
		must(t, d.db.SetPhoneState(t.Context(), p.ID, wabridge.PhoneReady, 0, "", time.Now()))
	}
	return d
}

// emptyDesk has no phones.
func emptyDesk(t testing.TB, change ...func(*Config)) *desk {
	t.Helper()
	path := filepath.Join(t.TempDir(), "wabridge.db")
	db, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	d := &desk{t: t, db: db, path: path, logs: &syncBuffer{}}
	for _, s := range []struct{ secret, name, scope string }{{sender, "Anna", queue.ScopeSend}, {reader, "Rita", queue.ScopeRead}, {admin, "Ada", queue.ScopeAdmin}} {
		scopes := []string{s.scope}
		if s.scope == queue.ScopeSend {
			scopes = append(scopes, queue.ScopeRead)
		}
		_, err := db.CreateToken(t.Context(), s.name, s.secret, scopes, time.Now())
		must(t, err)
	}
	c := Config{Store: db, Auth: bridge.NewAuth(db), Version: "1.2.3",
		Log: slog.New(slog.NewJSONHandler(d.logs, &slog.HandlerOptions{Level: slog.LevelDebug}))}
	for _, f := range change {
		f(&c)
	}
	d.Console = New(c)
	d.server = httptest.NewServer(d.Beside(http.NotFoundHandler()))
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		must(t, d.Shutdown(ctx))
		d.server.Close()
	})
	return d
}

// A reply is what came back.
type reply struct {
	status int
	header http.Header
	body   string
}

// ask makes a request with a session of the secret ("" for none); form makes a
// POST of it, with the session's token against forgery.
func (d *desk) ask(secret, target string, form url.Values, header ...string) reply {
	d.t.Helper()
	method, body := http.MethodGet, ""
	cookie, csrf := "", ""
	if secret != "" {
		cookie, csrf = d.signIn(secret)
	}
	if form != nil {
		if form.Get("csrf") == "" && csrf != "" {
			form.Set("csrf", csrf)
		}
		method, body = http.MethodPost, form.Encode()
	}
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if cookie != "" {
		r.AddCookie(&http.Cookie{Name: sessionCookie, Value: cookie})
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	d.Handler().ServeHTTP(w, r)
	return reply{w.Code, w.Header(), w.Body.String()}
}

// signIn makes a session without the login page.
func (d *desk) signIn(secret string) (id, csrf string) {
	id = d.sessions.begin(secret, time.Now())
	s, _ := d.sessions.find(id, time.Now())
	return id, s.csrf
}

// chrome is the one browser of all tests, started by the first that needs it.
var chrome browser

type browser struct {
	once sync.Once
	ctx  context.Context
	ends []context.CancelFunc
	why  string // it cannot be used
}

func (b *browser) start() {
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		b.why = "SKIPPED: there is no Chromium; ./scripts/setup installs it"
		return
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.DisableGPU,
		chromedp.Flag("disable-dev-shm-usage", true), chromedp.Flag("lang", "en"), chromedp.WSURLReadTimeout(2*time.Minute))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // Chromium refuses to run as root with it
	}
	ctx, end := chromedp.NewExecAllocator(context.Background(), options...)
	b.ends = append(b.ends, end)
	b.ctx, end = chromedp.NewContext(ctx)
	b.ends = append(b.ends, end)
	if err := chromedp.Run(b.ctx); err != nil {
		b.why = "SKIPPED: Chromium does not start: " + err.Error()
	}
}

// window opens a window with cookies of its own. (chromedp's own way to do so
// makes no new window, which headless Chromium refuses.)
func (b *browser) window(t testing.TB) (context.Context, func()) {
	t.Helper()
	run := cdp.WithExecutor(b.ctx, chromedp.FromContext(b.ctx).Browser)
	profile, err := target.CreateBrowserContext().WithDisposeOnDetach(true).Do(run)
	must(t, err)
	id, err := target.CreateTarget("about:blank").WithBrowserContextID(profile).WithNewWindow(true).Do(run)
	must(t, err)
	ctx, end := chromedp.NewContext(b.ctx, chromedp.WithTargetID(id))
	return ctx, func() {
		end()
		_ = target.DisposeBrowserContext(profile).Do(run)
	}
}

func (b *browser) stop() {
	if b.ctx != nil {
		_ = chromedp.Cancel(b.ctx)
	}
	for i := len(b.ends) - 1; i >= 0; i-- {
		b.ends[i]()
	}
}

// A tab is one page of the browser, with cookies of its own. What the page
// logs as an error fails the test.
type tab struct {
	t     testing.TB
	d     *desk
	ctx   context.Context
	mu    sync.Mutex
	said  []string
	allow []string
}

// allows lets errors pass whose text holds one of these: answers that the test
// provokes.
func (t *tab) allows(texts ...string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.allow = append(t.allow, texts...)
}

// patience is how long a tab waits for what must come.
const patience = 90 * time.Second

// tab opens a page of the console in the browser, signed in with the secret
// ("" for not).
func (d *desk) tab(secret, path string, first ...chromedp.Action) *tab {
	d.t.Helper()
	chrome.once.Do(chrome.start)
	if chrome.why != "" {
		d.t.Skip(chrome.why)
	}
	ctx, end := chrome.window(d.t)
	t := &tab{t: d.t, d: d, ctx: ctx}
	d.t.Cleanup(func() {
		end()
		t.mu.Lock()
		defer t.mu.Unlock()
		for _, s := range t.said {
			d.t.Errorf("the page logged: %s", s)
		}
	})
	chromedp.ListenTarget(ctx, t.hear)
	t.do(cdplog.Enable(), runtime.Enable(), chromedp.EmulateViewport(1280, 800))
	if secret != "" {
		id, _ := d.signIn(secret)
		t.do(chromedp.ActionFunc(func(ctx context.Context) error {
			return network.SetCookie(sessionCookie, id).WithURL(d.server.URL).WithHTTPOnly(true).WithSameSite(network.CookieSameSiteStrict).Do(ctx)
		}))
	}
	t.do(first...)
	t.goTo(path)
	return t
}

func (t *tab) hear(event any) {
	said := ""
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		said = e.ExceptionDetails.Error()
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.APITypeError {
			said = "console.error"
			for _, a := range e.Args {
				said += " " + a.Description + string(a.Value)
			}
		}
	case *cdplog.EventEntryAdded:
		if e.Entry.Level == cdplog.LevelError {
			said = e.Entry.Text + " " + e.Entry.URL
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, a := range t.allow {
		if strings.Contains(said, a) {
			return
		}
	}
	if said != "" {
		t.said = append(t.said, said)
	}
}

// do runs actions in order, within the tab's patience.
func (t *tab) do(actions ...chromedp.Action) {
	t.t.Helper()
	ctx, cancel := context.WithTimeout(t.ctx, patience)
	defer cancel()
	for i, a := range actions {
		// A first Run starts the tab, whose life must not end with ctx.
		run := ctx
		if chromedp.FromContext(t.ctx).Target == nil {
			run = t.ctx
		}
		if err := chromedp.Run(run, a); err != nil {
			t.picture("failed-" + t.t.Name())
			t.t.Fatalf("action %d (%T): %v\n%s", i, a, err, t.text("body"))
		}
	}
}

func (t *tab) goTo(path string) {
	t.t.Helper()
	t.do(chromedp.Navigate(t.d.server.URL + path))
}

// js evaluates an expression.
func js[T any](t *tab, expression string) (value T) {
	t.t.Helper()
	t.do(chromedp.Evaluate(expression, &value))
	return value
}

// until waits until an expression is true, through navigations.
func (t *tab) until(expression string) {
	t.t.Helper()
	ctx, cancel := context.WithTimeout(t.ctx, patience)
	defer cancel()
	for {
		var ok bool
		err := chromedp.Run(ctx, chromedp.Evaluate("!!("+expression+")", &ok))
		if ok && err == nil {
			return
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			t.picture("failed-" + t.t.Name())
			t.t.Fatalf("waited in vain for %s (%v)\n%s", expression, err, t.text("body"))
		}
	}
}

// text is what an element shows.
func (t *tab) text(selector string) (s string) {
	ctx, cancel := context.WithTimeout(t.ctx, 5*time.Second)
	defer cancel()
	_ = chromedp.Run(ctx, chromedp.Evaluate(fmt.Sprintf("document.querySelector(%q)?.innerText ?? ''", selector), &s))
	return s
}

// sees waits until an element shows words.
func (t *tab) sees(selector, words string) {
	t.t.Helper()
	t.until(fmt.Sprintf("[...document.querySelectorAll(%q)].some(e => e.innerText.includes(%q))", selector, words))
}

// click clicks the first element of a selector that is visible.
func (t *tab) click(selector string) {
	t.t.Helper()
	t.do(chromedp.Click(selector, chromedp.ByQuery, chromedp.NodeVisible))
}

// write types into an element.
func (t *tab) write(selector, words string) {
	t.t.Helper()
	t.do(chromedp.SendKeys(selector, words, chromedp.ByQuery, chromedp.NodeVisible))
}

// theme has the system prefer a theme: "light" or "dark".
func (t *tab) theme(name string) {
	t.t.Helper()
	t.do(preferTheme(name))
}

// picture writes a screenshot to the directory that WABRIDGE_TEST_PICTURES
// names, for people; without it it does nothing.
func (t *tab) picture(name string) {
	dir := os.Getenv("WABRIDGE_TEST_PICTURES")
	if dir == "" {
		return
	}
	ctx, cancel := context.WithTimeout(t.ctx, patience)
	defer cancel()
	var png []byte
	if err := chromedp.Run(ctx, chromedp.CaptureScreenshot(&png)); err != nil {
		t.t.Logf("picture %s: %v", name, err)
		return
	}
	if err := os.WriteFile(filepath.Join(dir, strings.ReplaceAll(name, "/", "-")+".png"), png, 0o600); err != nil {
		t.t.Log(err)
	}
}

// axeFile is axe-core, which compat/ installs with npm.
const axeFile = "../../compat/node_modules/axe-core/axe.min.js"

// looksRight takes pictures in both themes and has axe-core find no serious
// fault in them.
func (t *tab) looksRight(name string) {
	t.t.Helper()
	source, err := os.ReadFile(axeFile)
	if err != nil {
		t.t.Log("SKIPPED: axe-core is not installed; ./scripts/setup installs it (npm ci in compat/)")
	}
	for _, theme := range []string{"light", "dark"} {
		t.theme(theme)
		t.picture(name + "-" + theme)
		if err != nil {
			continue
		}
		// The themes differ in their colours alone.
		rules := `{resultTypes: ["violations"]}`
		if theme == "dark" {
			rules = `{resultTypes: ["violations"], runOnly: {type: "rule", values: ["color-contrast", "link-in-text-block"]}}`
		} else {
			t.do(chromedp.Evaluate(string(source)+";0", nil))
		}
		var faults []string
		t.do(chromedp.Evaluate(`axe.run(document, `+rules+`).then(r => r.violations
			.filter(v => v.impact === "serious" || v.impact === "critical")
			.flatMap(v => v.nodes.map(n => v.id + ": " + n.html.slice(0, 200) + " " + (n.any[0]?.message ?? ""))))`,
			&faults, func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }))
		for _, f := range faults {
			t.t.Errorf("%s in %s: %s", name, theme, f)
		}
	}
	t.theme("light")
}
