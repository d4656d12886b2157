package cloud

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/wabridge/wabridge"
)

// Limits of a page (contract, section 1.8).
const (
	pageSize = 25
	pageMax  = 100
)

// A listing is one page of a list.
type listing struct {
	Data   []any   `json:"data"`
	Paging *paging `json:"paging,omitempty"`
}

type paging struct {
	Cursors  cursors `json:"cursors"`
	Next     string  `json:"next,omitempty"`
	Previous string  `json:"previous,omitempty"`
}

type cursors struct {
	Before string `json:"before"`
	After  string `json:"after"`
}

// A span is the part of a list that a request asks for. Cursors are positions
// of items: their keys, hidden.
type span struct {
	limit         int
	after, before string // keys
}

// span reads limit, after and before. A limit over the maximum counts as the
// maximum, as there is paging.
func (p params) span() (span, error) {
	s := span{limit: pageSize}
	limit, err := p.text("limit")
	if err != nil {
		return s, err
	}
	if limit != "" {
		n, err := strconv.Atoi(limit)
		if err != nil || n < 1 {
			return s, wrongType("limit", "a whole number from 1 to 100")
		}
		s.limit = min(n, pageMax)
	}
	if s.after, err = p.cursor("after"); err != nil {
		return s, err
	}
	s.before, err = p.cursor("before")
	if err == nil && s.after != "" && s.before != "" {
		err = refuse(wabridge.CodeParameter, "after, before: give one of them only")
	}
	return s, err
}

func (p params) cursor(name string) (key string, err error) {
	s, err := p.text(name)
	if err != nil {
		return "", err
	}
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return "", badCursor(name)
	}
	return string(b), nil
}

func badCursor(name string) error {
	return refuse(wabridge.CodeParameter, "%s: this is not a cursor of this list; take it from paging.cursors", name)
}

func cursorOf(key string) string { return base64.RawURLEncoding.EncodeToString([]byte(key)) }

// listing makes a page of items, first and last being the keys at its ends.
// earlier and later tell whether there is more on either side.
func (a *api) listing(r *http.Request, items []any, first, last string, earlier, later bool) listing {
	l := listing{Data: items}
	if len(items) == 0 {
		l.Data = []any{}
		return l
	}
	l.Paging = &paging{Cursors: cursors{cursorOf(first), cursorOf(last)}}
	if later {
		l.Paging.Next = a.link(r, "after", l.Paging.Cursors.After)
	}
	if earlier {
		l.Paging.Previous = a.link(r, "before", l.Paging.Cursors.Before)
	}
	return l
}

// link is the address of another page. It carries the access token exactly
// when the caller gave it in the query, for some clients follow links without
// any header (contract, section 1.8).
func (a *api) link(r *http.Request, name, cursor string) string {
	u, err := url.ParseRequestURI(r.RequestURI) // with the version, which r.URL has lost
	if err != nil {
		u = r.URL
	}
	q := r.URL.Query()
	q.Del("after")
	q.Del("before")
	if r.Header.Get("Authorization") != "" {
		q.Del("access_token")
	}
	q.Set(name, cursor)
	return a.base(r) + u.EscapedPath() + "?" + q.Encode()
}

// base is the scheme and host that clients reach us by.
func (a *api) base(r *http.Request) string {
	switch {
	case a.PublicURL != "":
		return strings.TrimRight(a.PublicURL, "/")
	case r.TLS != nil:
		return "https://" + r.Host
	}
	return "http://" + r.Host
}
