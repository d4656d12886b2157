package bridge

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

// contactList is a page of contacts; Next asks for the following one.
type contactList struct {
	Contacts []contact `json:"contacts"`
	Next     string    `json:"next,omitempty"`
}

// A contact is a chat with what was last said in it and where its picture is.
type contact struct {
	queue.Contact
	Picture string    `json:"picture_url,omitempty"`
	Taken   time.Time `json:"picture_taken_at,omitzero"`
}

// listContacts lists people, and groups if asked for, newest first.
func (s *Server) listContacts(w http.ResponseWriter, r *http.Request) error {
	q := newQuery(r)
	limit := q.number("limit", 100, 1, 999)
	f := queue.ContactFilter{Phone: q.text("phone"), Search: q.text("search"), Limit: limit + 1} // one more tells whether there is a next page
	switch q.text("groups") {
	case "", "false":
	case "true":
		f.Groups = true
	default:
		q.fail(bad("groups", "use true or false", "groups is not a switch"))
	}
	after, err := base64.RawURLEncoding.DecodeString(q.text("cursor"))
	if err != nil {
		q.fail(bad("cursor", "use next of the page before, as it is", "cursor is not a cursor of this list"))
	}
	f.After = string(after)
	if err := q.err(); err != nil {
		return err
	}
	found, err := s.Store.Contacts(r.Context(), f)
	if wabridge.CodeOf(err) == wabridge.CodeParameter {
		return bad("cursor", "use next of the page before, as it is", "cursor is not a cursor of this list")
	}
	if err != nil {
		return err
	}
	list := contactList{Contacts: []contact{}}
	if len(found) > limit {
		found = found[:limit]
		list.Next = base64.RawURLEncoding.EncodeToString([]byte(found[limit-1].Position))
	}
	for _, c := range found {
		one := contact{Contact: c}
		if !c.Pictured.IsZero() {
			one.Taken = c.Pictured
			one.Picture = s.base(r) + "/bridge/v1/contacts/" + url.PathEscape(c.ID) + "/picture?phone=" + url.QueryEscape(c.Phone)
		}
		list.Contacts = append(list.Contacts, one)
	}
	writeJSON(w, http.StatusOK, list)
	return nil
}

// base is the scheme and host that clients reach us by.
func (s *Server) base(r *http.Request) string {
	switch {
	case s.PublicURL != "":
		return strings.TrimRight(s.PublicURL, "/")
	case r.TLS != nil:
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// contactPicture is the newest picture of a contact.
func (s *Server) contactPicture(w http.ResponseWriter, r *http.Request) error {
	q := newQuery(r)
	phone := q.text("phone")
	if phone == "" {
		q.fail(bad("phone", "give the phone_number_id of the contact", "phone is missing"))
	}
	if err := q.err(); err != nil {
		return err
	}
	picture, taken, err := s.Store.Picture(r.Context(), phone, r.PathValue("id"))
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "image/png")
	h.Set("Content-Length", strconv.Itoa(len(picture)))
	h.Set("Last-Modified", taken.UTC().Format(http.TimeFormat))
	h.Set("Cache-Control", "private, max-age=300")
	h.Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(picture) // the client may be gone; nothing to do about it
	return nil
}
