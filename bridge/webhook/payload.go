package webhook

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/wabridge/wabridge"
)

// The webhook fields an endpoint can subscribe to that this gateway has
// something to say about.
const (
	FieldMessages = "messages"           // incoming messages and statuses
	FieldEchoes   = "smb_message_echoes" // what a person typed on the phone itself
	FieldCalls    = "calls"              // somebody called the phone

	FieldAccountUpdate = "account_update" // WhatsApp has restricted an account
	FieldAccountAlerts = "account_alerts" // a phone's state
)

// Payload renders an event as the body of one POST: the official envelope
// with one change that holds one message or one status, in ASCII (see
// Escape). phone is the event's phone; its number may be unknown yet, then
// display_phone_number is "".
//
// Events for which the Cloud API has no form (a message queued, sending,
// handed, unconfirmed or canceled; a phone that starts) give a nil body, an
// empty field and no error. An error means that the event's data cannot be
// read.
func Payload(ev wabridge.Event, phone wabridge.Phone) (body []byte, field string, err error) {
	e := entry{ID: phone.WABA}
	field, content, err := changeOf(ev, phone)
	if err != nil {
		return nil, "", fmt.Errorf("render event %d: %w", ev.Number, err)
	}
	if field == "" {
		return nil, "", nil
	}
	if _, ofPhone := content.(value); !ofPhone {
		e.Time = ev.At.Unix() // only these entries have it (contract: webhook samples)
	}
	e.Changes = []change{{Field: field, Value: content}}
	body, err = encode(envelope{Object: "whatsapp_business_account", Entry: []entry{e}})
	if err != nil {
		return nil, "", fmt.Errorf("render event %d: %w", ev.Number, err)
	}
	return body, field, nil
}

// changeOf is the one change of an event: its field and its value.
func changeOf(ev wabridge.Event, phone wabridge.Phone) (field string, content any, err error) {
	val := value{
		Product:  "whatsapp",
		Metadata: metadata{Display: phone.Number, ID: ev.Phone},
	}
	switch ev.Kind {
	case wabridge.EventStatus:
		field, err = addStatus(&val, ev)
	case wabridge.EventMessage, wabridge.EventEcho:
		field, err = addMessage(&val, ev, phone)
	case wabridge.EventCall:
		field, err = addCall(&val, ev, phone)
	case wabridge.EventPreference:
		field, err = addPreference(&val, ev)
	case wabridge.EventAccount:
		return account(ev)
	case wabridge.EventPhone:
		return phoneChange(ev, phone)
	}
	return field, val, err
}

// addStatus puts the event's status into the value, if the Cloud API has one.
func addStatus(val *value, ev wabridge.Event) (field string, err error) {
	var d wabridge.StatusData
	if err := json.Unmarshal(ev.Data, &d); err != nil {
		return "", fmt.Errorf("status data: %w", err)
	}
	word := d.State.CloudStatus()
	if word == "" {
		return "", nil
	}
	s := status{
		ID:        d.ID,
		Status:    word,
		Timestamp: seconds(d.At, ev.At),
		Recipient: firstOf(d.Group, d.Number, wabridge.NumberOf(d.Chat)),
		Callback:  d.Callback,
	}
	switch {
	case d.Group != "":
		s.RecipientType = "group"
	default:
		// The name is left out: a status does not know it, and a receiver
		// that keeps names must not lose the one it has.
		who := d.Chat
		if s.Recipient != "" {
			who = wabridge.UserJID(s.Recipient)
		}
		val.Contacts = []contact{{WaID: s.Recipient, UserID: UserID(who)}}
	}
	if word == string(wabridge.Failed) {
		s.Errors = []failure{statusError(d.Code, d.Reason)}
	}
	val.Statuses = []status{s}
	return FieldMessages, nil
}

// addMessage puts an incoming message, or what was typed on the phone, into
// the value.
func addMessage(val *value, ev wabridge.Event, phone wabridge.Phone) (field string, err error) {
	var m wabridge.Message
	if err := json.Unmarshal(ev.Data, &m); err != nil {
		return "", fmt.Errorf("message data: %w", err)
	}
	number := m.Number
	if number == "" {
		number = wabridge.NumberOf(m.Chat)
	}
	who := UserID(person(m, number))
	val.Contacts = []contact{{Profile: profile{Name: firstOf(m.Name, number)}, WaID: number, UserID: who}}
	out := message{ID: m.ID, Timestamp: seconds(m.Created, ev.At), Group: m.Group}
	if m.Context != "" {
		out.Context = &quoted{ID: m.Context}
		if len(m.Choices) > 0 {
			out.Context.From = phone.Number
		}
	}
	out.setContent(m)
	if ev.Kind == wabridge.EventEcho {
		out.From = phone.Number
		out.To, out.ToUser = firstOf(m.Group, number), who
		if m.Group != "" {
			val.Contacts, out.ToUser = nil, ""
		}
		val.Echoes = []message{out}
		return FieldEchoes, nil
	}
	out.From, out.FromUser = number, who
	val.Messages = []message{out}
	return FieldMessages, nil
}

// person is what the id of the message's other person is made from: the chat
// in a private chat, the number (or else the name) of the sender in a group.
func person(m wabridge.Message, number string) string {
	switch {
	case number != "":
		return wabridge.UserJID(number)
	case m.Group != "":
		return m.Group + "\x00" + m.Name
	}
	return m.Chat
}

// seconds is a time as the Cloud API writes it; other stands in for none.
func seconds(t, other time.Time) string {
	if t.IsZero() {
		t = other
	}
	return strconv.FormatInt(t.Unix(), 10)
}

// firstOf is the first string that is not empty.
func firstOf(s ...string) string {
	for _, v := range s {
		if v != "" {
			return v
		}
	}
	return ""
}
