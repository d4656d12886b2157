package console

import (
	"context"
	"fmt"
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
)

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
	t.allows("htmx:sendAbort", "htmx:afterRequest") // a request that ends because the page is left
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
