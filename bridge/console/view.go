package console

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"unicode/utf16"

	"github.com/wabridge/wabridge/queue"
)

//go:embed html
var pagesHTML embed.FS

// views are the templates in one language.
type views struct {
	all  *template.Template
	lang language
}

// parseViews reads what is part of the program; a fault in it is a bug. Beside
// what html/template has, templates know
//
//	t "inbox.title" 3     the text of a key, with arguments
//	icon "inbox"          the template icon-inbox
//	of . .D.List          the same visit with other data, for a template within one
//	pair . "x"            {{.A}} and {{.B}} for a template that needs two things
//	static "console.css"  the address of a file of static/
func parseViews(l language) *views {
	v := &views{lang: l}
	v.all = template.New("").Funcs(template.FuncMap{
		"t":      l.T,
		"number": l.Number,
		"icon":   v.icon,
		"pair":   func(a, b any) map[string]any { return map[string]any{"A": a, "B": b} },
		"static": staticPath,
		"of":     func(v view, d any) view { return view{v.visit, d} },
	})
	template.Must(v.all.ParseFS(pagesHTML, "html/*.html"))
	return v
}

func (v *views) icon(name string) (template.HTML, error) {
	return v.render("icon-"+name, nil)
}

func (v *views) render(name string, data any) (template.HTML, error) {
	var b bytes.Buffer
	if err := v.all.ExecuteTemplate(&b, name, data); err != nil {
		return "", fmt.Errorf("render %s: %w", name, err)
	}
	return template.HTML(b.String()), nil //nolint:gosec // html/template has escaped it
}

// A view is what a page's template is given: the visit, and the page's own
// data as D.
type view struct {
	*visit
	D any
}

// A frame is what the layout is given.
type frame struct {
	view
	Main      template.HTML
	Title     string
	Nav       []navEntry
	Languages []language
	Version   string
	Cursor    int64 // in the event log, when the page was made
	Trouble   troubleView
}

type navEntry struct {
	Name, Path string
	Current    bool
	Rest       bool // in the menu "More" of a small screen
}

// show answers with a whole page: the template of the page's name, in the
// layout.
func (c *Console) show(v *visit, data any) error {
	return c.showAs(v, http.StatusOK, v.page, data)
}

func (c *Console) showAs(v *visit, status int, name string, data any) error {
	cursor, err := c.Store.LastEvent(v.Context())
	if err != nil {
		return err
	}
	phones, err := c.Store.Phones(v.Context())
	if err != nil {
		return err
	}
	f := frame{view: view{v, data}, Languages: languages, Version: c.Version, Cursor: cursor, Trouble: v.Lang.troubleOf(phones)}
	if f.Main, err = c.views[v.Lang.Code].render(name, f.view); err != nil {
		return err
	}
	f.Title = v.Lang.T("nav." + v.page)
	for _, p := range c.pages {
		if v.Can(or(p.Scope, queue.ScopeRead)) {
			f.Nav = append(f.Nav, navEntry{p.Name, Path + "/" + p.Name, p.Name == v.page, p.Rest})
		}
	}
	return c.write(v, status, "layout", f)
}

// RestIsCurrent reports whether the page is one of the menu "More".
func (f frame) RestIsCurrent() bool {
	return slices.ContainsFunc(f.Nav, func(e navEntry) bool { return e.Rest && e.Current })
}

// bare answers with a page outside the layout: the login.
func (c *Console) bare(v *visit, status int, name string, data any) error {
	f := frame{view: view{v, data}, Languages: languages, Version: c.Version, Title: v.Lang.T("login.title")}
	main, err := c.views[v.Lang.Code].render(name, f.view)
	if err != nil {
		return err
	}
	f.Main = main
	return c.write(v, status, "bare", f)
}

// part answers with a part of a page, which htmx puts in its place.
func (c *Console) part(v *visit, name string, data any) error {
	return c.write(v, http.StatusOK, name, view{v, data})
}

func (c *Console) write(v *visit, status int, name string, data any) error {
	body, err := c.views[v.Lang.Code].render(name, data)
	if err != nil {
		return err
	}
	h := v.w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Vary", "HX-Request, Cookie")
	v.w.WriteHeader(status)
	_, _ = v.w.Write([]byte(body)) // the browser may be gone
	return nil
}

// showProblem tells what went wrong: in the corner of the page that htmx asked
// from, else as a page.
func (c *Console) showProblem(v *visit, p *problem) {
	words := v.Lang.T(p.key, p.args...)
	if v.htmx() {
		c.toast(v, "bad", words)
		v.w.WriteHeader(p.status)
		return
	}
	if err := c.bare(v, p.status, "problem", words); err != nil {
		c.Log.Error("error page not made", "err", err)
		http.Error(v.w, http.StatusText(p.status), p.status)
	}
}

// toast has console.js show words in the corner; kind is "good" or "bad". It
// must come before the body. Further events are those that parts of the page
// wait for ("list").
func (c *Console) toast(v *visit, kind, words string, events ...string) {
	all := map[string]any{"toast": map[string]string{"kind": kind, "words": words}}
	for _, e := range events {
		all[e] = ""
	}
	raw, err := json.Marshal(all)
	if err == nil {
		v.w.Header().Set("HX-Trigger", ascii(string(raw)))
	}
}

// ascii escapes what a header cannot hold, as JSON does.
func ascii(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r < 0x80:
			b.WriteRune(r)
		case r < 0x10000:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			hi, lo := utf16.EncodeRune(r)
			fmt.Fprintf(&b, `\u%04x\u%04x`, hi, lo)
		}
	}
	return b.String()
}

// or is a, or b where a is empty.
func or(a, b string) string {
	if a == "" {
		return b
	}
	return a
}
