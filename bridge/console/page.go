package console

import (
	"net/http"

	"github.com/wabridge/wabridge/queue"
)

// A page is one entry of the navigation. Its path is /console/<Name>, its
// title the text "nav.<Name>", its icon the template icon-<Name>, and its
// content the template of its name.
type page struct {
	Name string
	// Scope is what a token needs to see it; "" is read.
	Scope string
	// Rest has it in the menu "More" where the screen is small.
	Rest bool
	// Routes adds the page's routes: show and act make patterns of them.
	Routes func(c *Console, r *router)
}

// pages are all pages, in the order of the navigation. Each has a file of its
// own here, html/<name>.html and text/<language>/<name>.json.
func pages() []page {
	return []page{
		inboxPage(), outboxPage(), botsPage(),
		phonesPage(), insightsPage(), templatesPage(), webhooksPage(), tokensPage(), settingsPage(),
	}
}

// A router takes the routes of one page.
type router struct {
	c    *Console
	page page
	mux  *http.ServeMux
}

// show serves GET /console/<name><path> to those who may see the page.
func (r *router) show(path string, h handler) {
	scope := r.page.Scope
	if scope == "" {
		scope = queue.ScopeRead
	}
	r.mux.Handle("GET "+Path+"/"+r.page.Name+path, r.c.answer(r.c.scoped(scope, r.page.Name, h)))
}

// act serves POST /console/<name><path> to those whose token has the scope.
func (r *router) act(scope, path string, h handler) {
	r.mux.Handle("POST "+Path+"/"+r.page.Name+path, r.c.answer(r.c.scoped(scope, r.page.Name, h)))
}

// routes is all that the console serves.
func (c *Console) routes() http.Handler {
	mux := http.NewServeMux()
	open := func(pattern string, h handler) { mux.Handle(pattern, c.answer(h)) }
	open("GET /{$}", c.front)
	open("GET "+Path, c.front)
	open("GET "+Path+"/{$}", c.front)
	open("GET "+Path+"/login", c.showLogin)
	open("POST "+Path+"/login", c.login)
	open("POST "+Path+"/logout", c.logout)
	open("POST "+Path+"/link", c.makeLink)
	open("GET "+Path+"/enter", c.showEnter)
	open("POST "+Path+"/enter", c.enter)
	open("POST "+Path+"/preferences", c.preferences)
	open("GET "+Path+"/live", c.scoped(queue.ScopeRead, "", c.live))
	open("GET "+Path+"/trouble", c.scoped(queue.ScopeRead, "", c.trouble))
	mux.Handle("GET "+Path+"/static/", c.static())
	for _, p := range c.pages {
		p.Routes(c, &router{c, p, mux})
	}
	open(Path+"/", func(*visit) error { return errNowhere })
	return c.guard(mux)
}

// front leads to the first page.
func (c *Console) front(v *visit) error {
	to := Path + "/login"
	if len(c.pages) > 0 {
		to = Path + "/" + c.pages[0].Name
	}
	http.Redirect(v.w, v.Request, to, http.StatusSeeOther)
	return nil
}
