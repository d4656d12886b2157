package console

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path"
	"time"

	"github.com/wabridge/wabridge"
)

// A Proof is what was kept of one screen: the files <Name>.png (the picture,
// if there is one) and <Name>.xml (the dump, its private text masked).
type Proof struct {
	Name    string
	At      time.Time
	Why     string
	Picture bool
}

// Evidence finds what was on a phone's screen.
type Evidence interface {
	// Of lists what was kept of a phone from a time to another, oldest first.
	Of(phone string, from, to time.Time) ([]Proof, error)
	// Open opens a file of a phone by its name; os.ErrNotExist.
	Open(phone, name string) (*os.File, error)
}

// A proof is a Proof as a visitor reads it.
type proof struct {
	At            moment
	Why           string
	Picture, Dump string // addresses, "" for none
}

// slack is how long after a move a screen may have been kept because of it.
const slack = 30 * time.Second

// proofs are the screens that were kept while a message was tried.
func (c *Console) proofs(v *visit, m *wabridge.Message, moves []wabridge.Event) ([]proof, error) {
	from, to := tried(moves)
	if c.Evidence == nil || from.IsZero() {
		return nil, nil
	}
	kept, err := c.Evidence.Of(m.Phone, from, to)
	if err != nil {
		return nil, err
	}
	var all []proof
	for _, k := range kept {
		base := Path + "/outbox/evidence/" + url.PathEscape(m.Phone) + "/" + url.PathEscape(k.Name)
		p := proof{At: v.at(k.At), Why: k.Why, Dump: base + ".xml"}
		if k.Picture {
			p.Picture = base + ".png"
		}
		all = append(all, p)
	}
	return all, nil
}

// tried is from when to when a phone worked on a message; zero if it never did.
func tried(moves []wabridge.Event) (from, to time.Time) {
	for _, e := range moves {
		var s wabridge.StatusData
		if json.Unmarshal(e.Data, &s) != nil {
			continue
		}
		if s.State == wabridge.Sending && from.IsZero() {
			from = e.At.Add(-time.Second)
		}
		if !from.IsZero() {
			to = e.At.Add(slack)
		}
	}
	return from, to
}

// moves shows the status events of a message.
func (v *visit) moves(events []wabridge.Event) []moved {
	var all []moved
	for _, e := range events {
		var s wabridge.StatusData
		if json.Unmarshal(e.Data, &s) != nil {
			continue
		}
		all = append(all, moved{State: s.State, Look: lookOf(s.State), At: v.at(e.At), Reason: s.Reason})
	}
	return all
}

// evidence is a picture or a dump that was kept.
func (c *Console) evidence(v *visit) error {
	name := v.PathValue("name")
	kind := map[string]string{".png": "image/png", ".xml": "text/plain; charset=utf-8"}[path.Ext(name)]
	if c.Evidence == nil || kind == "" {
		return errNowhere
	}
	f, err := c.Evidence.Open(v.PathValue("phone"), name)
	if os.IsNotExist(err) {
		return &problem{status: http.StatusNotFound, key: "error.gone"}
	}
	if err != nil {
		return err
	}
	defer f.Close() // it was read only
	v.w.Header().Set("Content-Type", kind)
	v.w.Header().Set("Content-Security-Policy", sandbox)
	http.ServeContent(v.w, v.Request, "", time.Time{}, f)
	return nil
}
