package webhook

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"strconv"

	"github.com/wabridge/wabridge"
)

// The structs below are the envelope of contract sections 8.2 and 8.3, their
// members in its order. Members that have no `omitempty` are always there:
// some client reads them without asking.

type envelope struct {
	Object string  `json:"object"`
	Entry  []entry `json:"entry"`
}

type entry struct {
	ID      string   `json:"id"`             // the WABA's id; some clients compare it
	Time    int64    `json:"time,omitempty"` // seconds; of account fields only
	Changes []change `json:"changes"`
}

type change struct {
	Field string `json:"field"`
	Value any    `json:"value"` // value, or an account field's own
}

type value struct {
	Product     string       `json:"messaging_product"`
	Metadata    metadata     `json:"metadata"`
	Contacts    []contact    `json:"contacts,omitempty"`
	Messages    []message    `json:"messages,omitempty"`
	Statuses    []status     `json:"statuses,omitempty"`
	Echoes      []message    `json:"message_echoes,omitempty"`
	Calls       []call       `json:"calls,omitempty"`
	Preferences []preference `json:"user_preferences,omitempty"`
}

type metadata struct {
	Display string `json:"display_phone_number"` // digits only, unlike the REST field
	ID      string `json:"phone_number_id"`
}

// A contact has no wa_id while the person's number is unknown (a chat known
// by its @lid only): that is how the Cloud API itself shows people whose
// number is hidden; user_id is always there.
type contact struct {
	Profile profile `json:"profile"`
	WaID    string  `json:"wa_id,omitempty"`
	UserID  string  `json:"user_id"`
}

type profile struct {
	Name string `json:"name,omitempty"`
}

// message is an incoming message or an echo. Of its content exactly one
// member is set: Text, Object under the name in Type, or Errors.
type message struct {
	From      string          `json:"from,omitempty"`
	FromUser  string          `json:"from_user_id,omitempty"`
	To        string          `json:"to,omitempty"`
	ToUser    string          `json:"to_user_id,omitempty"`
	ID        string          `json:"id"`
	Timestamp string          `json:"timestamp"`
	Group     string          `json:"group_id,omitempty"`
	Context   *quoted         `json:"context,omitempty"`
	Type      string          `json:"type"`
	Text      *text           `json:"text,omitempty"`
	Answer    json.RawMessage `json:"interactive,omitempty"`
	Button    json.RawMessage `json:"button,omitempty"`
	Errors    []failure       `json:"errors,omitempty"`
	Kind      *unsupported    `json:"unsupported,omitempty"`
	Image     json.RawMessage `json:"image,omitempty"`
	Video     json.RawMessage `json:"video,omitempty"`
	Audio     json.RawMessage `json:"audio,omitempty"`
	Document  json.RawMessage `json:"document,omitempty"`
	Sticker   json.RawMessage `json:"sticker,omitempty"`
	Location  json.RawMessage `json:"location,omitempty"`
	People    json.RawMessage `json:"contacts,omitempty"`
	Reaction  json.RawMessage `json:"reaction,omitempty"`
}

type text struct {
	Body string `json:"body"`
}

// unsupported names the kind of a message that has no form here.
type unsupported struct {
	Type string `json:"type"`
}

// quoted names the message that is answered. Its sender is not known here
// and not guessed, but for the answer to a question, which is always ours.
type quoted struct {
	From string `json:"from,omitempty"`
	ID   string `json:"id"`
}

type status struct {
	ID            string    `json:"id"`
	Status        string    `json:"status"`
	Timestamp     string    `json:"timestamp"`
	Recipient     string    `json:"recipient_id"`
	RecipientType string    `json:"recipient_type,omitempty"`
	Errors        []failure `json:"errors,omitempty"`
	Callback      string    `json:"biz_opaque_callback_data,omitempty"`
}

type failure struct {
	Code    int       `json:"code"`
	Title   string    `json:"title"`
	Message string    `json:"message"`
	Data    errorData `json:"error_data"`
	Href    string    `json:"href,omitempty"`
}

type errorData struct {
	Details string `json:"details"`
}

// setContent fills in the type and the object of that name. A type without an
// object, or one that has no form here, becomes `unsupported` with its name,
// as the Cloud API does it (error 131051).
func (m *message) setContent(from wabridge.Message) {
	m.Type = from.Type
	objects := map[string]*json.RawMessage{
		"image": &m.Image, "video": &m.Video, "audio": &m.Audio, "document": &m.Document,
		"sticker": &m.Sticker, "location": &m.Location, "contacts": &m.People, "reaction": &m.Reaction,
		"interactive": &m.Answer, "button": &m.Button,
	}
	object, known := objects[from.Type]
	switch {
	case from.Type == "text" || from.Type == "":
		m.Type, m.Text = "text", &text{Body: string(from.Text)}
	case from.Type == "reaction" && from.Context != "":
		m.Context, m.Reaction = nil, reactionTo(from)
	case known && from.Media != nil && fileOf(from) != nil:
		*object = fileOf(from)
	case known && from.Media == nil && len(from.Body) > 0:
		*object = from.Body
	default:
		m.Type = "unsupported"
		m.Errors = []failure{{
			Code: int(wabridge.CodeUnsupported), Title: "Message type unknown", Message: "Message type unknown",
			Data: errorData{Details: "Message type is currently not supported." + shownInstead(from)},
		}}
		if f := notFetched(from); f != nil {
			m.Errors = []failure{*f}
			if known {
				*object = captionAlone(from)
			}
		}
		if from.Type != "unsupported" {
			m.Kind = &unsupported{Type: from.Type}
		}
	}
}

// shownInstead is what the phone showed in place of a message that has no form
// here ("📍 Alexanderplatz"): somebody may have typed just that.
func shownInstead(from wabridge.Message) string {
	if from.Media != nil || from.Text == "" {
		return ""
	}
	return " The phone shows: " + string(from.Text)
}

// reactionTo is the object of a reaction; without an emoji it was taken away
// (contract, section 8.2).
func reactionTo(m wabridge.Message) json.RawMessage {
	raw, _ := json.Marshal(struct { // strings always can
		ID    string `json:"message_id"`
		Emoji string `json:"emoji,omitempty"`
	}{m.Context, string(m.Text)})
	return raw
}

// UserID is the synthetic business-scoped user id (BSUID) of a person, made
// from the chat id: newest clients demand one (contract, section 8.2), and the
// phone cannot know the true one. The same chat id always gives the same
// user id. "XX" is a code that ISO 3166 leaves to its users, so that it is
// never taken for a country.
func UserID(chat string) string {
	sum := sha256.Sum256([]byte("wabridge user id\x00" + chat))
	return "XX." + strconv.FormatUint(binary.BigEndian.Uint64(sum[:8]), 10)
}
