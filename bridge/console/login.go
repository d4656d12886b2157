package console

import (
	"cmp"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/audit"
	"github.com/wabridge/wabridge/bridge"
	"github.com/wabridge/wabridge/queue"
)

// toLogin asks for a token and comes back to the page that was asked for.
func (c *Console) toLogin(v *visit) error {
	if v.htmx() { // a part of a page: the whole page goes
		v.w.Header().Set("HX-Redirect", Path+"/login")
		v.w.WriteHeader(http.StatusUnauthorized)
		return nil
	}
	if v.Header.Get("Sec-Fetch-Site") == "cross-site" && v.Method == http.MethodGet {
		// A link on another site: the strict cookie was not sent. The page's
		// own reload sends it.
		return c.bare(v, http.StatusOK, "again", nil)
	}
	to := Path + "/login"
	if v.Method == http.MethodGet && v.page != "" {
		to += "?to=" + url.QueryEscape(v.Here())
	}
	http.Redirect(v.w, v.Request, to, http.StatusSeeOther)
	return nil
}

// loginData is what the login page shows.
type loginData struct {
	To   string
	Code string // of a login link
	Why  string // text of what went wrong
}

func (c *Console) showLogin(v *visit) error {
	if ok, err := c.recognise(v); err != nil || ok {
		if err == nil {
			return c.front(v)
		}
		return err
	}
	return c.bare(v, http.StatusOK, "login", loginData{To: inside(v.FormValue("to"))})
}

// inside is a path of the console to go to, "" for anything else.
func inside(to string) string {
	u, err := url.Parse(to)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(u.Path, Path+"/") || strings.Contains(to, "\\") {
		return ""
	}
	return u.RequestURI()
}

// login begins a session for a token that may read.
func (c *Console) login(v *visit) error {
	v.Body = http.MaxBytesReader(v.w, v.Body, maxForm)
	to := inside(v.PostFormValue("to"))
	err := c.begin(v, strings.TrimSpace(v.PostFormValue("token")))
	if p := problemOf(err); err != nil && p.status < http.StatusInternalServerError {
		return c.bare(v, p.status, "login", loginData{To: to, Why: p.key})
	}
	if err != nil {
		return err
	}
	return c.arrived(v, to)
}

// begin checks a secret as every interface does, and sets the cookie.
func (c *Console) begin(v *visit, secret string) error {
	token, err := c.Auth.Check(v.Context(), v.RemoteAddr, secret)
	if wabridge.CodeOf(err) == wabridge.CodeToken {
		return errToken
	}
	if err != nil {
		return err
	}
	if !token.Allows(queue.ScopeRead) {
		return &problem{status: http.StatusForbidden, key: "login.scope"}
	}
	c.sessions.end(cookie(v.Request, sessionCookie))
	c.setCookie(v, sessionCookie, c.sessions.begin(secret, time.Now()), sessionMost)
	v.Token = token
	c.note(v, audit.Login, "", "", nil)
	return nil
}

func (c *Console) arrived(v *visit, to string) error {
	if to == "" {
		return c.front(v)
	}
	http.Redirect(v.w, v.Request, to, http.StatusSeeOther)
	return nil
}

// logout ends the session and has the browser forget what the console keeps
// in it.
func (c *Console) logout(v *visit) error {
	ok, err := c.recognise(v)
	if err != nil {
		return err
	}
	if ok {
		if meant, err := v.meant(); err != nil || !meant {
			return cmp.Or[error](err, errForeign)
		}
	}
	c.sessions.end(cookie(v.Request, sessionCookie))
	c.setCookie(v, sessionCookie, "", -time.Second)
	v.w.Header().Set("Clear-Site-Data", `"storage"`) // drafts; browsers heed it over https
	http.Redirect(v.w, v.Request, Path+"/login?bye=1", http.StatusSeeOther)
	return nil
}

// makeLink gives the holder of a token (in the header, as for every API) a
// link that opens the console once, for `wabridge console`.
func (c *Console) makeLink(v *visit) error {
	secret, inQuery := bridge.Secret(v.Request)
	if inQuery {
		secret = ""
	}
	token, err := c.Auth.Check(v.Context(), v.RemoteAddr, secret)
	if wabridge.CodeOf(err) == wabridge.CodeToken {
		err = errToken
	}
	if err == nil && !token.Allows(queue.ScopeRead) {
		err = errScope
	}
	if err != nil {
		return err
	}
	body, err := json.Marshal(map[string]any{"path": Path + "/enter?code=" + c.sessions.link(secret, time.Now()), "expires_in": int(linkTime / time.Second)})
	if err != nil {
		return err
	}
	v.w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_, err = v.w.Write(body)
	return err
}

// showEnter asks once more, so that a program that looks links up does not use
// it.
func (c *Console) showEnter(v *visit) error {
	return c.bare(v, http.StatusOK, "enter", loginData{Code: v.FormValue("code")})
}

func (c *Console) enter(v *visit) error {
	v.Body = http.MaxBytesReader(v.w, v.Body, maxForm)
	secret, ok := c.sessions.redeem(v.PostFormValue("code"), time.Now())
	if !ok {
		return c.bare(v, http.StatusUnauthorized, "login", loginData{Why: "login.link_over"})
	}
	if err := c.begin(v, secret); err != nil {
		return err
	}
	return c.front(v)
}

// preferences sets language and theme, with or without a session.
func (c *Console) preferences(v *visit) error {
	v.Body = http.MaxBytesReader(v.w, v.Body, maxForm)
	const year = 365 * 24 * time.Hour
	if code := v.PostFormValue("lang"); code != "" {
		c.setCookie(v, langCookie, chooseLanguage(code, "").Code, year)
	}
	switch theme := v.PostFormValue("theme"); theme {
	case "light", "dark":
		c.setCookie(v, themeCookie, theme, year)
	case "system":
		c.setCookie(v, themeCookie, "", -time.Second)
	}
	return c.arrived(v, inside(v.PostFormValue("to")))
}
