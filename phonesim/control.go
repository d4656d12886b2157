package phonesim

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
)

// maxBody bounds a request to the control API; files come in Base64.
const maxBody = 192 << 20

// Control is the HTTP API that tests and demonstrations steer the phone by. It
// has no authentication: serve it on loopback only.
//
//	POST /incoming  {"from","name"?,"text","group"?,"kind"?,"quote"?,"file"? …}  somebody writes: {"id"}
//	GET  /received  what arrived and when
//	GET  /sent      the ledger
//	POST /fault     {"kind","count"?,"for"?,"value"?}         something goes wrong
//	GET  /faults    the kinds, a sentence each; "armed" are those that wait
//	POST /tick      {"to","state"}    pending, sent, delivered, read
//	POST /human     {"to","text","screen"?}  a person writes from this account
//	POST /contact   {"name","number","picture"?}
//	POST /archive   {"chat","archived"}  a chat goes to the archived ones, or back
//	POST /call      {"from","name"?,"video"?,"state"}  ringing, answered, missed, ended
//	GET  /commands  what ran and how long
//	GET  /screen.png, /screen.xml
//	POST /clear     {"faults_only"?}  everything as new, or only the faults
//	POST /settle    waits until nothing is scheduled any more
//
// An unknown field or value is 400 with {"error"}.
func (p *Phone) Control() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /incoming", handle(func(_ *http.Request, m IncomingMessage) (any, error) {
		id, err := p.Incoming(m)
		return map[string]string{"id": id}, err
	}))
	mux.HandleFunc("POST /fault", handle(func(_ *http.Request, f Fault) (any, error) { return done, p.Fault(f) }))
	mux.HandleFunc("POST /tick", handle(func(_ *http.Request, b tickBody) (any, error) { return done, p.Tick(b.To, b.State) }))
	mux.HandleFunc("POST /human", handle(func(_ *http.Request, b humanBody) (any, error) {
		if b.Text == "" {
			return nil, errors.New("text: is empty")
		}
		if b.Screen {
			return done, p.HumanOnScreen(b.To, b.Text)
		}
		return done, p.Human(b.To, b.Text)
	}))
	mux.HandleFunc("POST /contact", handle(func(_ *http.Request, c Contact) (any, error) {
		if err := c.Check(); err != nil {
			return nil, err
		}
		p.AddContact(c)
		return done, nil
	}))
	mux.HandleFunc("POST /archive", handle(func(_ *http.Request, b archiveBody) (any, error) { return done, p.Archive(b.Chat, b.Archived) }))
	mux.HandleFunc("POST /call", handle(func(_ *http.Request, c Call) (any, error) { return done, p.Call(c) }))
	mux.HandleFunc("POST /clear", handle(func(_ *http.Request, b clearBody) (any, error) {
		if b.FaultsOnly {
			p.ClearFaults()
		} else {
			p.Clear()
		}
		return done, nil
	}))
	mux.HandleFunc("POST /settle", handle(func(r *http.Request, _ struct{}) (any, error) { return done, p.Settle(r.Context()) }))
	mux.HandleFunc("GET /sent", list(p.Sent))
	mux.HandleFunc("GET /received", list(p.Received))
	mux.HandleFunc("GET /commands", list(p.Commands))
	mux.HandleFunc("GET /faults", func(w http.ResponseWriter, _ *http.Request) {
		reply(w, http.StatusOK, map[string]any{"kinds": FaultKinds(), "armed": notNil(p.Armed())})
	})
	mux.HandleFunc("GET /screen.xml", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/xml; charset=utf-8")
		_, _ = w.Write(p.ScreenXML())
	})
	mux.HandleFunc("GET /screen.png", p.servePNG)
	return mux
}

func (p *Phone) servePNG(w http.ResponseWriter, _ *http.Request) {
	png, err := p.ScreenPNG()
	if err != nil {
		reply(w, http.StatusInternalServerError, map[string]string{"error": err.Error()})
		return
	}
	w.Header().Set("Content-Type", "image/png")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(png)
}

type tickBody struct {
	To    string `json:"to"`
	State string `json:"state"`
}

type archiveBody struct {
	Chat     string `json:"chat"`
	Archived bool   `json:"archived"`
}

type humanBody struct {
	To     string `json:"to"`
	Text   string `json:"text"`
	Screen bool   `json:"screen"`
}

type clearBody struct {
	FaultsOnly bool `json:"faults_only"`
}

var done = map[string]bool{"ok": true}

// handle reads a JSON body strictly and writes the result or the error as JSON.
func handle[T any](f func(*http.Request, T) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var body T
		d := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
		d.DisallowUnknownFields()
		if err := d.Decode(&body); err != nil && r.ContentLength != 0 {
			reply(w, http.StatusBadRequest, map[string]string{"error": strings.TrimPrefix(err.Error(), "json: ")})
			return
		}
		out, err := f(r, body)
		if err != nil {
			reply(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
			return
		}
		reply(w, http.StatusOK, out)
	}
}

// list serves a slice as JSON, [] where it is empty.
func list[T any](f func() []T) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { reply(w, http.StatusOK, notNil(f())) }
}

func notNil[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

func reply(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	_ = e.Encode(v) // the client may be gone
}
