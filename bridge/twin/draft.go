package twin

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/bridge"
	"github.com/wabridge/wabridge/content"
	"github.com/wabridge/wabridge/phonenumber"
	"github.com/wabridge/wabridge/queue"
	"github.com/wabridge/wabridge/session"
)

// A draft is a destination's message.
type draft struct {
	queue.Draft
	external string // externalId
}

// draft makes the message of a destination. What is wrong with it is noted in
// it; an error is the database's.
func (a *api) draft(ctx context.Context, g *group, i int, blocks bool, now time.Time) error {
	t := &g.trips[i]
	to, input, err := a.recipient(ctx, g, i)
	if err != nil {
		return err
	}
	t.Message = wabridge.Message{
		Phone: g.phone.ID, Direction: wabridge.Out, Chat: wabridge.UserJID(to), Number: to, Input: input,
		Callback: g.data, Hours: g.hours, Due: g.due, Expires: g.expires,
	}
	t.external = text(&t.wrong, g.destination(i, "externalId"), t.given.ExternalID, maxExternalID)
	if len(g.wrong)+len(t.wrong) > 0 {
		return nil
	}
	if blocks {
		blocked, err := queue.Blocked(ctx, a.Store, g.phone.ID, to, now)
		if err != nil {
			return err
		}
		if blocked {
			t.wrong.add(g.destination(i, "phone"), "this number is blocked for this phone by this gateway")
			return nil
		}
	}
	g.write(i)
	joined, err := a.join(ctx, g, i)
	if err != nil || joined {
		return err
	}
	g.begin(i, now)
	return nil
}

// recipient reads the number of a destination; WhatsApp's messengerUserId is
// one, too.
func (a *api) recipient(ctx context.Context, g *group, i int) (digits, input string, err error) {
	t := &g.trips[i]
	field, raw := "phone", t.given.Phone
	if !there(raw) && there(t.given.MessengerUserID) {
		field, raw = "messengerUserId", t.given.MessengerUserID
	}
	path := g.destination(i, field)
	input = text(&t.wrong, path, raw, maxID)
	if strings.TrimSpace(input) == "" {
		t.wrong.add(path, "give the recipient's number")
		return "", input, nil
	}
	digits, err = bridge.ReadRecipient(ctx, a.Store, g.phone, input)
	if bad, ok := errors.AsType[*phonenumber.Error](err); ok {
		t.wrong.add(path, "%s", bad.Remedy)
		return "", input, nil
	}
	if err == nil && wabridge.SameNumber(digits, g.phone.Number) {
		t.wrong.add(path, "it is the sending phone's own number")
	}
	return digits, input, err
}

// begin makes the session that a message starts. A message without words has
// those that the scenario says first.
func (g *group) begin(i int, now time.Time) {
	t := &g.trips[i]
	name, missing := content.Substitute(g.name, t.variables)
	g.lacks(i, "chatSessionName", missing)
	if n := utf8.RuneCountInString(name); n > session.MaxName {
		t.wrong.add(g.in("chatSessionName"), "it has %d characters, at most %d are taken", n, session.MaxName)
	}
	client := text(&t.wrong, g.destination(i, "clientId"), t.given.ClientID, maxExternalID)
	if len(t.wrong) > 0 {
		return
	}
	d, ok, err := session.Open(session.Opening{Bot: g.scenario, Variables: t.variables, Name: name, Chatbot: g.chatID, Client: client}, t.Message, now)
	switch {
	case err != nil:
		t.wrong.add(g.in("botId"), "what its scenario says first cannot be sent")
	case !ok:
		t.wrong.add(g.in("text"), "give the text, or a botId whose scenario says something first")
	default:
		t.Draft = d
	}
}

// join lets a message go into a session that is there, where its caller asks
// for that, instead of starting one.
func (a *api) join(ctx context.Context, g *group, i int) (joined bool, err error) {
	t := &g.trips[i]
	path := g.destination(i, "chatSessionId")
	id := text(&t.wrong, path, t.given.ChatSessionID, maxID)
	var s wabridge.Session
	switch {
	case id != "":
		if s, err = a.Store.Session(ctx, id); wabridge.CodeOf(err) == wabridge.CodeNotFound {
			t.wrong.add(path, "there is no such chat session")
			return false, nil
		}
		if err == nil && (s.Phone != g.phone.ID || !wabridge.SameNumber(s.Number, t.Message.Number) && s.Chat != t.Message.Chat) {
			t.wrong.add(path, "this chat session is with somebody else")
			return false, nil
		}
	case g.goOn:
		if s, err = a.Store.OpenSession(ctx, g.phone.ID, t.Message.Chat); wabridge.CodeOf(err) == wabridge.CodeNotFound {
			return false, nil
		}
	default:
		return false, nil
	}
	if err == nil && t.Message.Type == "" {
		t.wrong.add(g.in("text"), "give the text; the chat session goes on, and its bot has begun")
	}
	t.Message.Session = s.ID
	return true, err
}

// write makes the words of a message, if it has any.
func (g *group) write(i int) {
	t := &g.trips[i]
	m := &t.Message
	switch {
	case g.template != nil:
		g.fill(i)
		return
	case g.text == "" && g.media == nil:
		return
	}
	words, missing := content.Substitute(g.text, t.variables)
	if g.lacks(i, "text", missing); len(t.wrong) > 0 {
		return
	}
	kind, object := g.object(words)
	carried, err := carry(kind, object)
	if err != nil {
		t.wrong.add(g.in("text"), "%s", detail(err))
		return
	}
	m.Type, m.Body, m.Text, m.Media = kind, carried.Body, wabridge.Text(carried.Text), g.media
}

// fill makes the message of a template.
func (g *group) fill(i int) {
	t := &g.trips[i]
	data := make(map[string]string, len(g.template.data))
	for name, value := range g.template.data {
		words, missing := content.Substitute(value, t.variables)
		g.lacks(i, "templateData."+clip(name), missing)
		data[name] = words
	}
	if len(t.wrong) > 0 {
		return
	}
	carried, object, err := g.template.Fill(data, g.link)
	if err != nil {
		t.wrong.add(g.in("templateData"), "%s", detail(err))
		return
	}
	m := &t.Message
	m.Type, m.Body, m.Text, m.Choices, m.Media = "template", object, wabridge.Text(carried.Text), carried.Choices, g.media
	m.Template, m.Category = g.template.ID, strings.ToLower(g.template.Category)
}

// lacks notes the variables that a destination does not give, though others of
// its group do. One that none gives is text in braces.
func (g *group) lacks(i int, member string, missing []string) {
	for _, name := range missing {
		if g.names[name] {
			g.trips[i].wrong.add(g.destination(i, "variables."+name), "%s has {%s}, and this destination does not give it", g.in(member), name)
		}
	}
}

// print tells two messages under one idempotency key apart.
func (g *group) print(i int) string {
	h := sha256.New()
	part := func(name string, raw []byte) { fmt.Fprintf(h, "%s:%d:%s", name, len(raw), raw) }
	for _, name := range slices.Sorted(maps.Keys(g.given.Channels)) {
		part(name, g.given.Channels[name])
	}
	part("callbackUrl", g.given.CallbackURL)
	part("callbackData", g.given.CallbackData)
	part("sendAt", g.given.SendAt)
	part("allowedTimeRanges", g.given.AllowedTimeRanges)
	part("timeZone", g.given.TimeZone)
	part("destination", g.trips[i].raw)
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

// A template is an approved template and the data for it, with variables.
type template struct {
	content.Template
	data map[string]string
}

// languages are tried, in this order, where none is asked for.
var languages = []string{"ru", "en", "en_US"}

// fileKind is the kind of the template's file, "" for none.
func (t *template) fileKind() string {
	kind, _ := t.TakesFile()
	return kind
}

// readTemplate finds the template of a group. An error is the database's.
func (a *api) readTemplate(ctx context.Context, g *group) error {
	name := text(&g.wrong, g.in("templateName"), g.chat.TemplateName, maxName)
	language := text(&g.wrong, g.in("language"), g.chat.Language, maxID)
	if name == "" || len(g.wrong) > 0 {
		return nil
	}
	list := languages
	if language != "" {
		list = []string{language}
	}
	found, err := bridge.Template(ctx, a.Store, g.phone.WABA, name, list...)
	if err == nil && language != "" && queue.TemplateName("", found.Language) != queue.TemplateName("", language) { // found by its id
		err = wabridge.Fail(wabridge.CodeNotFound, nil, "the template has another language")
	}
	if wabridge.CodeOf(err) == wabridge.CodeNotFound {
		g.wrong.add(g.in("templateName"), "there is no such template in %s", strings.Join(list, ", "))
		return nil
	}
	if err != nil {
		return err
	}
	t := &template{Template: found, data: g.readData()}
	_, wantsFile := t.TakesFile()
	switch hasFile := there(g.chat.MediaURL); {
	case g.text != "":
		g.wrong.add(g.in("text"), "a message of a template has the template's text; leave it out")
	case wantsFile && !hasFile:
		g.wrong.add(g.in("mediaUrl"), "the template has a file in its header; give it")
	case !wantsFile && hasFile:
		g.wrong.add(g.in("mediaUrl"), "the template has no file in its header")
	}
	if life := bridge.Lifetime(found); life > 0 && !there(g.chat.ValidityPeriod) {
		from := g.due
		if from.IsZero() {
			from = time.Now()
		}
		if until := from.Add(life); until.Before(g.expires) {
			g.expires = until
		}
	}
	g.template = t
	return nil
}

// readData reads templateData: names or numbers and their values.
func (g *group) readData() map[string]string {
	out := map[string]string{}
	raw, path := g.chat.TemplateData, g.in("templateData")
	if !there(raw) || string(raw) == "[]" {
		return out
	}
	var given map[string]json.RawMessage
	if json.Unmarshal(raw, &given) != nil {
		g.wrong.add(path, `it is not an object; write it as {"1":"…","2":"…"}`)
		return out
	}
	for name, raw := range given {
		value, ok := scalar(raw)
		if !ok {
			g.wrong.add(path+"."+clip(name), "it is no text; parameters with parts of their own are not known here")
		}
		out[name] = value
	}
	return out
}

// detail is what an error says to the caller.
func detail(err error) string {
	if e, ok := errors.AsType[*content.Error](err); ok {
		return e.Detail
	}
	if e, ok := errors.AsType[*wabridge.Error](err); ok && e.Detail != "" {
		return e.Detail
	}
	return "it cannot be used"
}
