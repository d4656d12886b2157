package devino

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/bridge/callback"
	"github.com/wabridge/wabridge/content"
	"github.com/wabridge/wabridge/queue"
)

// A status is one element of the list that a callbackUrl gets. What Devino
// knows of clicks on shortened links (ip to userAgent) nobody knows here: the
// members are there, and empty.
type status struct {
	MessageID int64  `json:"messageId"`
	TS        int64  `json:"ts"` // milliseconds
	Status    string `json:"status"`
	ErrorCode int    `json:"errorCode"`
	IP        string `json:"ip"`
	Browser   string `json:"browser"`
	OS        string `json:"os"`
	UserAgent string `json:"userAgent"`
	Options   string `json:"options"` // callbackData
}

// An incoming message as Devino posts it.
type incoming struct {
	ID          int64       `json:"incomingMessageId"`
	To          string      `json:"to"`
	From        string      `json:"from"`
	Text        string      `json:"text,omitempty"`
	ContentURL  string      `json:"contentUrl,omitempty"`
	ContentType string      `json:"contentType,omitempty"`
	ContentName string      `json:"contentName,omitempty"`
	ProfileName string      `json:"profileName,omitempty"`
	TS          int64       `json:"ts"`
	Geo         *geo        `json:"whatsAppGeoLocation,omitempty"`
	Contacts    []shownCard `json:"whatsAppContacts,omitempty"`
}

type geo struct {
	Latitude  float64 `json:"latitude"`
	Longitude float64 `json:"longitude"`
	Address   string  `json:"address,omitempty"`
	Name      string  `json:"addressName,omitempty"`
	URL       string  `json:"addressurl,omitempty"` // as Devino's page writes it
}

type shownCard struct {
	Addresses []cardAddress   `json:"addresses,omitempty"`
	Birthday  string          `json:"birthday,omitempty"`
	Emails    []content.Email `json:"emails,omitempty"`
	Name      []cardName      `json:"contactName,omitempty"`
	Company   []content.Org   `json:"contactCompany,omitempty"`
	Phones    []cardPhone     `json:"phones,omitempty"`
	URLs      []content.URL   `json:"urls,omitempty"`
}

type cardAddress struct {
	Street      string `json:"street,omitempty"`
	City        string `json:"city,omitempty"`
	State       string `json:"state,omitempty"`
	Zip         string `json:"zip,omitempty"`
	Country     string `json:"country,omitempty"`
	CountryCode string `json:"countryCode,omitempty"`
	Type        string `json:"type,omitempty"`
}

type cardName struct {
	First     string `json:"firstName,omitempty"`
	Middle    string `json:"middleName,omitempty"`
	Last      string `json:"lastName,omitempty"`
	Formatted string `json:"formattedName,omitempty"`
	Prefix    string `json:"namePrefix,omitempty"`
	Suffix    string `json:"nameSuffix,omitempty"`
}

type cardPhone struct {
	Phone string `json:"phone,omitempty"`
	WaID  string `json:"waId,omitempty"`
	Type  string `json:"type,omitempty"`
}

// cards writes contacts as Devino does.
func cards(list []content.Contact) []shownCard {
	out := make([]shownCard, len(list))
	for i, c := range list {
		s := shownCard{Birthday: c.Birthday, Emails: c.Emails, URLs: c.URLs}
		n := c.Name
		s.Name = []cardName{{n.First, n.Middle, n.Last, n.Formatted, n.Prefix, n.Suffix}}
		if c.Org != nil {
			s.Company = []content.Org{*c.Org}
		}
		for _, p := range c.Phones {
			s.Phones = append(s.Phones, cardPhone{p.Phone, p.WaID, p.Type})
		}
		for _, a := range c.Addresses {
			s.Addresses = append(s.Addresses, cardAddress(a))
		}
		out[i] = s
	}
	return out
}

// keyIncoming is the lane of the configured receiver; all others are named by
// an address.
const keyIncoming = "incoming"

// encode writes what is posted: a list of statuses, or one incoming message.
func encode(jobs []callback.Job) ([]byte, error) {
	if jobs[0].Alone {
		return json.Marshal(jobs[0].Body)
	}
	list := make([]any, len(jobs))
	for i, j := range jobs {
		list[i] = j.Body
	}
	return json.Marshal(list)
}

// render finds out whether and how an event is told (callback.Config.Render).
func (r *renderer) render(ctx context.Context, ev wabridge.Event) (callback.Job, error) {
	if ev.Kind == wabridge.EventMessage {
		return r.renderIncoming(ctx, ev)
	}
	var s wabridge.StatusData
	if err := json.Unmarshal(ev.Data, &s); err != nil {
		return callback.Job{}, fmt.Errorf("%w: status data: %w", callback.ErrUnreadable, err)
	}
	word := statusWord(s.State)
	if word == "" {
		return callback.Job{}, nil
	}
	to, err := callbackOf(ctx, r.Store, s.ID)
	if err != nil || to == "" {
		return callback.Job{}, err
	}
	m, err := r.Store.Message(ctx, s.ID)
	if err != nil {
		if wabridge.CodeOf(err) == wabridge.CodeNotFound {
			err = fmt.Errorf("%w: its message is gone", callback.ErrUnreadable)
		}
		return callback.Job{}, err
	}
	at := s.At
	if at.IsZero() {
		at = ev.At
	}
	return callback.Job{Receiver: callback.ReceiverOf(to), URL: to, Client: cmp.Or(r.Callbacks, r.Client), Body: &status{
		MessageID: number(m.Created, m.Seq), TS: at.UnixMilli(), Status: word,
		ErrorCode: errorCode(s.State, s.Code), Options: s.Callback,
	}}, nil
}

// renderIncoming makes the webhook of an incoming message. Devino has no form
// for groups, reactions, missed calls and messages that were taken back.
func (r *renderer) renderIncoming(ctx context.Context, ev wabridge.Event) (callback.Job, error) {
	if r.Incoming == "" {
		return callback.Job{}, nil
	}
	var m wabridge.Message
	if err := json.Unmarshal(ev.Data, &m); err != nil {
		return callback.Job{}, fmt.Errorf("%w: message data: %w", callback.ErrUnreadable, err)
	}
	if m.Group != "" || wabridge.IsGroup(m.Chat) || m.Incidental() || m.Direction != wabridge.In {
		return callback.Job{}, nil
	}
	in := &incoming{
		ID: number(m.Created, m.Seq), From: m.Number, Text: string(m.Text), ProfileName: m.Name, TS: m.Created.UnixMilli(),
	}
	if in.From == "" {
		if in.From = wabridge.NumberOf(m.Chat); in.From == "" {
			in.From = m.Chat // the number is not known (yet)
		}
	}
	blocked, err := queue.Blocked(ctx, r.Store, ev.Phone, wabridge.Digits(m.Number), ev.At)
	if err != nil || blocked {
		return callback.Job{}, err
	}
	phone, err := r.Store.Phone(ctx, ev.Phone)
	if err != nil && wabridge.CodeOf(err) != wabridge.CodeNotFound {
		return callback.Job{}, err
	}
	in.To = phone.Number
	if err := r.setContent(ctx, in, m); err != nil {
		return callback.Job{}, err
	}
	return callback.Job{Receiver: keyIncoming, URL: r.Incoming, Client: r.Client, Alone: true, Body: in}, nil
}

// setContent puts in what the message holds beside its text.
func (r *renderer) setContent(ctx context.Context, in *incoming, m wabridge.Message) (err error) {
	if f := m.Media; f != nil && f.ID != "" && f.SHA256 != "" && r.Base != "" {
		if in.ContentURL, err = r.sign.address(ctx, r.Base, *f); err != nil {
			return err
		}
		in.ContentType, in.ContentName = f.MIME, f.Name
	}
	switch m.Type {
	case "location":
		var at struct {
			content.Location
			URL string `json:"url"`
		}
		if json.Unmarshal(m.Body, &at) == nil && (at.Latitude != 0 || at.Longitude != 0) {
			in.Geo = &geo{at.Latitude, at.Longitude, at.Address, at.Name, at.URL}
		}
	case "contacts":
		var list []content.Contact
		if json.Unmarshal(m.Body, &list) == nil && len(list) > 0 {
			in.Contacts = cards(list)
		}
	}
	return nil
}
