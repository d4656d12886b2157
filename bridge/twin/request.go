package twin

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Limits of a call.
const (
	maxBody         = 32 << 20 // bytes
	maxDestinations = 20_000   // in one call
	maxMessages     = 20_000
)

// A batch is a call of POST messages.
type batch struct {
	bulkID, taskID string
	groups         []*group
	destinations   int
}

// A group is an element of messages: one message to many destinations.
type group struct {
	path  string // "messages[0]"
	given struct {
		GroupID           json.RawMessage
		TemplateID        json.RawMessage
		CallbackURL       json.RawMessage
		CallbackData      json.RawMessage
		Validate          json.RawMessage
		AllowedTimeRanges json.RawMessage
		TimeZone          json.RawMessage // ours
		SendAt            json.RawMessage
		Channels          map[string]json.RawMessage
		Destinations      []json.RawMessage
	}
	chat  channel
	trips []trip
	wrong problems // with all of its messages

	prepared
}

// A channel is what TWIN calls an element of channels.
type channel struct {
	Provider        json.RawMessage `json:"provider,omitempty"`
	ValidityPeriod  json.RawMessage `json:"validityPeriod,omitempty"`
	Text            json.RawMessage `json:"text,omitempty"`
	TemplateName    json.RawMessage `json:"templateName,omitempty"`
	TemplateData    json.RawMessage `json:"templateData,omitempty"`
	Language        json.RawMessage `json:"language,omitempty"`
	MediaURL        json.RawMessage `json:"mediaUrl,omitempty"`
	Filename        json.RawMessage `json:"documentFilename,omitempty"`
	ChatID          json.RawMessage `json:"chatId,omitempty"`
	BotID           json.RawMessage `json:"botId,omitempty"`
	MessengerType   json.RawMessage `json:"messengerType,omitempty"`
	ChatSessionName json.RawMessage `json:"chatSessionName,omitempty"`
	Continue        json.RawMessage `json:"continueLastOrStartNewSession,omitempty"`
}

// A trip is one destination of a group and what becomes of it.
type trip struct {
	raw   json.RawMessage
	given struct {
		Phone, MessengerUserID, ExternalID, ClientID, ChatSessionID, Variables json.RawMessage
	}
	variables map[string]string
	wrong     problems
	draft
}

// problems are what is wrong with a message, in words that name the field.
type problems []string

func (p *problems) add(path, format string, args ...any) {
	if len(*p) < 10 {
		*p = append(*p, path+": "+fmt.Sprintf(format, args...))
	}
}

func (p problems) String() string { return strings.Join(p, "; ") }

// parse takes a body apart. What cannot be told to single destinations refuses
// the call.
func parse(body []byte) (*batch, error) {
	var top struct{ BulkID, TaskID, Messages json.RawMessage }
	if !utf8.Valid(body) || !object(body) || json.Unmarshal(body, &top) != nil {
		return nil, refuse(`the body is not a JSON object in UTF-8; send {"messages":[…]}`)
	}
	b := &batch{}
	for _, m := range []struct {
		name string
		raw  json.RawMessage
		into *string
	}{{"bulkId", top.BulkID, &b.bulkID}, {"taskId", top.TaskID, &b.taskID}} {
		s, ok := scalar(m.raw)
		if !ok || !plainID(s) && s != "" {
			return nil, refuse("%s: it is no id of at most %d letters, digits and signs", m.name, maxID)
		}
		*m.into = s
	}
	var list []json.RawMessage
	switch {
	case !there(top.Messages):
		return nil, refuse("messages: give at least one message")
	case json.Unmarshal(top.Messages, &list) != nil:
		return nil, refuse("messages: it is not a list")
	case len(list) == 0:
		return nil, refuse("messages: give at least one message")
	case len(list) > maxMessages:
		return nil, refuse("messages: there are %d, at most %d are taken in one call", len(list), maxMessages)
	}
	for i, raw := range list {
		g := &group{path: fmt.Sprintf("messages[%d]", i)}
		if err := g.read(raw); err != nil {
			return nil, err
		}
		b.groups = append(b.groups, g)
		if b.destinations += len(g.trips); b.destinations > maxDestinations {
			return nil, refuse("%s.destinations: there are more than %d in this call; send them in parts, with one bulkId", g.path, maxDestinations)
		}
	}
	return b, nil
}

// read takes an element of messages apart.
func (g *group) read(raw json.RawMessage) error {
	if !object(raw) {
		return refuse("%s: it is not an object", g.path)
	}
	if err := json.Unmarshal(raw, &g.given); err != nil {
		if e, ok := err.(*json.UnmarshalTypeError); ok && e.Field != "" { //nolint:errorlint // Unmarshal returns it as it is
			return refuse("%s.%s: it has the wrong type", g.path, lowered(e.Field))
		}
		return refuse("%s: it cannot be read", g.path)
	}
	if len(g.given.Destinations) == 0 {
		return refuse("%s.destinations: give at least one destination", g.path)
	}
	g.readChannel()
	g.trips = make([]trip, len(g.given.Destinations))
	for i, raw := range g.given.Destinations {
		t := &g.trips[i]
		if t.raw = raw; !object(raw) {
			t.wrong.add(g.destination(i, ""), "it is not an object")
			continue
		}
		if err := json.Unmarshal(raw, &t.given); err != nil {
			t.wrong.add(g.destination(i, ""), "it cannot be read")
			continue
		}
		t.readVariables(g, i)
	}
	return nil
}

// lowered is a member as TWIN writes it: Go names it with a capital.
func lowered(field string) string {
	name, rest, _ := strings.Cut(field, ".")
	for _, known := range []string{"channels", "destinations"} {
		if strings.EqualFold(name, known) {
			name = known
		}
	}
	if rest != "" {
		name += "." + rest
	}
	return name
}

// readChannel finds the channel chat. Others are no business of a phone; if
// chat is there, too, it is the one of them that can be done.
func (g *group) readChannel() {
	raw, ok := g.given.Channels["chat"]
	switch {
	case len(g.given.Channels) == 0:
		if there(g.given.TemplateID) {
			g.wrong.add(g.path+".templateId", "message structures are not stored here; give channels.chat")
			return
		}
		g.wrong.add(g.path+".channels", "give channels.chat")
	case !ok || !there(raw):
		for name := range g.given.Channels {
			g.wrong.add(g.path+".channels."+name, "this gateway sends over WhatsApp alone; give channels.chat with the messengerType WHATSAPP")
		}
		slices.Sort(g.wrong)
	case !object(raw) || json.Unmarshal(raw, &g.chat) != nil:
		g.wrong.add(g.path+".channels.chat", "it is not an object")
	}
}

// in is the path of a member of the channel.
func (g *group) in(member string) string { return g.path + ".channels.chat." + member }

// destination is the path of a member of a destination, or of itself.
func (g *group) destination(i int, member string) string {
	path := fmt.Sprintf("%s.destinations[%d]", g.path, i)
	if member != "" {
		path += "." + member
	}
	return path
}

// readVariables reads a destination's variables. PHP writes an empty object as
// a list.
func (t *trip) readVariables(g *group, i int) {
	if raw := t.given.Variables; !there(raw) || string(raw) == "[]" {
		return
	}
	var given map[string]json.RawMessage
	if json.Unmarshal(t.given.Variables, &given) != nil {
		t.wrong.add(g.destination(i, "variables"), "it is not an object of names and values")
		return
	}
	for name, raw := range given {
		value, ok := scalar(raw)
		if !ok {
			t.wrong.add(g.destination(i, "variables."+clip(name)), "it is no text, number or boolean")
			continue
		}
		if t.variables == nil {
			t.variables = make(map[string]string, len(given))
		}
		t.variables[name] = value
	}
	slices.Sort(t.wrong)
}

func clip(name string) string {
	if r := []rune(name); len(r) > 64 {
		return string(r[:64]) + "…"
	}
	return name
}

// text reads a member that is a text of at most most bytes.
func text(p *problems, path string, raw json.RawMessage, most int) string {
	s, ok := scalar(raw)
	switch {
	case !ok:
		p.add(path, "it is no text")
	case len(s) > most:
		p.add(path, "it has %d bytes, at most %d are taken", len(s), most)
	case strings.ContainsRune(s, 0):
		p.add(path, "it holds a NUL character; take it out")
	case halved(s, raw):
		p.add(path, "it holds half of a surrogate pair; send whole characters")
	}
	return s
}

// halved reports whether reading lost half of a character.
func halved(s string, raw json.RawMessage) bool {
	n := strings.Count(s, "\ufffd")
	return n > 0 && n != bytes.Count(raw, []byte("\ufffd"))+bytes.Count(bytes.ToLower(raw), []byte(`\ufffd`))
}

// truth reads a boolean; PHP clients send 1, "1" or "true", too.
func truth(p *problems, path string, raw json.RawMessage) bool {
	s, ok := scalar(raw)
	switch strings.ToLower(s) {
	case "true", "1":
		return true
	case "", "false", "0":
		if ok {
			return false
		}
	}
	p.add(path, "it is neither true nor false")
	return false
}

// scalar reads a text, a number or a boolean as text; null, and what is not
// there, is "".
func scalar(raw json.RawMessage) (s string, ok bool) {
	if !there(raw) {
		return "", true
	}
	switch raw[0] {
	case '{', '[':
		return "", false
	case '"':
		return s, json.Unmarshal(raw, &s) == nil
	}
	return string(raw), true
}

func there(raw json.RawMessage) bool { return len(raw) > 0 && !bytes.Equal(raw, []byte("null")) }

func object(raw []byte) bool {
	raw = bytes.TrimLeft(raw, " \t\r\n")
	return len(raw) > 0 && raw[0] == '{'
}

const maxID = 128

// plainID reports whether an id may stand in lists and addresses.
func plainID(s string) bool {
	if s == "" || len(s) > maxID {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && !strings.ContainsRune("-_.:", r)
	})
}
