package crm

import (
	"encoding/json"
	"errors"
	"net/http"
)

// cht is the preset cht-gateway: the Community Health Toolkit's gateway
// (medic/cht-gateway, README.md, "API"). One URL; each POST may carry incoming
// messages and updates, and each answer may hand out messages.
type cht struct{ cfg Config }

// chtStatus are its words. It has none for `read`; a message that cannot be
// sent is FAILED, whether it was accepted or not.
var chtStatus = map[string]string{
	wordAccepted: "PENDING", wordSent: "SENT", wordDelivered: "DELIVERED", wordFailed: "FAILED", wordRejected: "FAILED",
}

type chtMessage struct {
	ID       string `json:"id"`
	From     string `json:"from"`
	Content  string `json:"content"`
	Sent     int64  `json:"sms_sent"` // milliseconds
	Received int64  `json:"sms_received"`
}

type chtUpdate struct {
	ID     string `json:"id"`
	Status string `json:"status"`
	Reason string `json:"reason,omitempty"`
}

type chtBody struct {
	Messages []chtMessage `json:"messages"`
	Updates  []chtUpdate  `json:"updates"`
}

func (w cht) call(k kind, b chtBody) (call, error) {
	if b.Messages == nil {
		b.Messages = []chtMessage{}
	}
	if b.Updates == nil {
		b.Updates = []chtUpdate{}
	}
	body, err := json.Marshal(b)
	return call{kind: k, method: http.MethodPost, url: w.cfg.URL, body: body, contentType: "application/json"}, err
}

func (w cht) fetch() call {
	c, _ := w.call(fetching, chtBody{}) // of two empty lists
	return c
}

func (w cht) probe() call { return call{kind: fetching, method: http.MethodGet, url: w.cfg.URL} }

func (w cht) probed(body []byte) error {
	var got struct {
		Gateway bool `json:"medic-gateway"`
	}
	if err := json.Unmarshal(body, &got); err != nil {
		return notProtocol(body, err)
	}
	if !got.Gateway {
		return errors.New(`the URL is not that of a server for cht-gateway: its answer to GET lacks "medic-gateway": true`)
	}
	return nil
}

func (w cht) items(_ kind, body []byte) ([]item, error) {
	var got struct {
		Messages []json.RawMessage `json:"messages"`
	}
	if err := json.Unmarshal(body, &got); err != nil {
		return nil, notProtocol(body, err)
	}
	return renamed(got.Messages, map[string]string{"id": "id", "to": "to", "content": "text"}), nil
}

// renamed reads elements whose members have other names: theirs, then ours.
func renamed(list []json.RawMessage, names map[string]string) []item {
	out := make([]item, len(list))
	for i, raw := range list {
		var given map[string]json.RawMessage
		if err := json.Unmarshal(raw, &given); err != nil {
			out[i] = item{wrong: "it is not an object"}
			continue
		}
		it := item{given: map[string]json.RawMessage{}}
		for theirs, ours := range names {
			if v, ok := given[theirs]; ok {
				it.given[ours] = v
			}
		}
		it.id = idOf(it.given["id"])
		out[i] = it
	}
	return out
}

func (w cht) results(list []result) ([]call, error) {
	var b chtBody
	for _, r := range list {
		u := chtUpdate{ID: r.ID, Status: chtStatus[r.Status]}
		if r.Error != nil {
			u.Reason = r.Error.Details
		}
		b.Updates = append(b.Updates, u)
	}
	c, err := w.call(reporting, b)
	return []call{c}, err
}

func (w cht) incoming(list []incoming) (call, error) {
	var b chtBody
	for _, in := range list {
		from := in.From
		if in.number {
			from = "+" + from
		}
		b.Messages = append(b.Messages, chtMessage{
			ID: in.ID, From: from, Content: in.Text, Sent: in.Timestamp * 1000, Received: in.received.UnixMilli(),
		})
	}
	return w.call(posting, b)
}

func (w cht) most() (int, int)    { return 50, 20 }
func (w cht) tells(s string) bool { return chtStatus[s] != "" }
func (w cht) takes(in incoming) bool {
	return in.Group == "" && !in.Incidental
}

func (w cht) field(name string) string {
	if name == "text" {
		return "content"
	}
	return name
}
