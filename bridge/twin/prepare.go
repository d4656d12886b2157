package twin

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/bot"
	"github.com/wabridge/wabridge/bridge"
	"github.com/wabridge/wabridge/content"
	"github.com/wabridge/wabridge/media"
	"github.com/wabridge/wabridge/queue"
)

// Limits of members, in bytes. Those of callbackUrl, callbackData and
// externalId, and the minutes of validityPeriod, are TWIN's; the others bound
// what is stored.
const (
	maxCallbackURL  = 4000
	maxCallbackData = 10_240
	maxExternalID   = 10_240
	maxText         = 4 * wabridge.MaxText // 4096 characters, variables filled in
	maxName         = 1024
	minValidity     = 1 // minutes
	maxValidity     = 2880
	defaultTTL      = 30 * 24 * time.Hour
	maxSendAt       = 366 * 24 * time.Hour
)

// prepared is what the messages of a group have in common.
type prepared struct {
	phone    wabridge.Phone
	chatID   string
	scenario *bot.Scenario
	name     string // of the sessions, with variables
	text     string // with variables
	names    map[string]bool
	goOn     bool   // the open session, if there is one, goes on
	callback string // URL
	data     string // callbackData
	hours    *wabridge.Hours
	due      time.Time
	expires  time.Time
	media    *wabridge.Media
	link     string
	template *template
}

// prepare reads all that a group's messages have in common; what is wrong with
// it is noted in it. An error is the gateway's own.
func (a *api) prepare(ctx context.Context, g *group, phones []wabridge.Phone, now time.Time) error {
	a.address(g, phones)
	if g.phone.ID == "" && g.chatID != "" && a.Searching.On() {
		return bridge.ErrSearching
	}
	a.bot(g)
	g.name = text(&g.wrong, g.in("chatSessionName"), g.chat.ChatSessionName, maxName)
	g.text = text(&g.wrong, g.in("text"), g.chat.Text, maxText)
	g.goOn = truth(&g.wrong, g.in("continueLastOrStartNewSession"), g.chat.Continue)
	truth(&g.wrong, g.path+".validate", g.given.Validate) // every message is checked
	a.callbacks(g)
	g.times(now)
	g.names = map[string]bool{}
	for i := range g.trips {
		for name := range g.trips[i].variables {
			g.names[name] = true
		}
	}
	if err := a.readTemplate(ctx, g); err != nil {
		return err
	}
	return a.attach(ctx, g)
}

// address finds the phone that chatId means, and holds the rest to WhatsApp.
func (a *api) address(g *group, phones []wabridge.Phone) {
	if m := text(&g.wrong, g.in("messengerType"), g.chat.MessengerType, maxID); m != "" && !strings.EqualFold(m, "WHATSAPP") {
		g.wrong.add(g.in("messengerType"), "this gateway sends over WHATSAPP alone")
	}
	g.chatID = text(&g.wrong, g.in("chatId"), g.chat.ChatID, maxID)
	id, named := a.Chats[g.chatID]
	for _, p := range phones {
		if p.ID == id || !named && g.chatID != "" && (p.ID == g.chatID || p.Number == strings.TrimPrefix(g.chatID, "+")) {
			g.phone = p
		}
	}
	if g.phone.ID == "" && len(a.Chats) == 0 && len(phones) == 1 {
		g.phone = phones[0]
	}
	switch {
	case g.phone.ID == "" && g.chatID == "":
		g.wrong.add(g.in("chatId"), "give the chat; twin.chats says which phone it is")
	case g.phone.ID == "":
		g.wrong.add(g.in("chatId"), "no phone is this chat; name it in twin.chats")
	default:
		if why := bridge.Unusable(g.phone); why != "" {
			g.wrong.add(g.in("chatId"), "%s", why)
		}
	}
}

// bot finds the scenario that botId means.
func (a *api) bot(g *group) {
	id := text(&g.wrong, g.in("botId"), g.chat.BotID, maxID)
	if id == "" || a.Scenarios == nil && len(a.Bots) == 0 {
		return
	}
	name, named := a.Bots[id]
	switch {
	case named:
		if a.Scenarios != nil {
			g.scenario = a.Scenarios.Scenario(name)
		}
		if g.scenario == nil {
			g.wrong.add(g.in("botId"), "its scenario %q is not there; see twin.bots and `wabridge bot list`", name)
		}
	case len(a.Bots) > 0:
		g.wrong.add(g.in("botId"), "no bot has this id; name it in twin.bots")
	default:
		g.scenario = a.Scenarios.Scenario(id)
	}
}

// callbacks reads callbackUrl and callbackData.
func (a *api) callbacks(g *group) {
	path := g.path + ".callbackUrl"
	g.callback = text(&g.wrong, path, g.given.CallbackURL, maxCallbackURL)
	if g.callback != "" {
		u, err := url.Parse(g.callback)
		switch {
		case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
			g.wrong.add(path, "it is no http or https address")
		default:
			if why := a.Reach.Refuse(g.callback); why != "" {
				g.wrong.add(path, "%s", why)
			}
		}
	}
	g.data = text(&g.wrong, g.path+".callbackData", g.given.CallbackData, maxCallbackData)
}

// times reads when the messages may go.
func (g *group) times(now time.Time) {
	path := g.path + ".sendAt"
	if s := text(&g.wrong, path, g.given.SendAt, maxID); s != "" {
		at, ok := instant(s)
		switch {
		case !ok:
			g.wrong.add(path, "it is no time as in 2024-05-01T10:00:00+03:00")
		case at.After(now.Add(maxSendAt)):
			g.wrong.add(path, "it is more than a year ahead")
		case at.After(now):
			g.due = at
		}
	}
	from := now
	if !g.due.IsZero() {
		from = g.due
	}
	g.expires = from.Add(defaultTTL)
	path = g.in("validityPeriod")
	if s := text(&g.wrong, path, g.chat.ValidityPeriod, maxID); s != "" {
		minutes, err := strconv.Atoi(s)
		if err != nil || minutes < minValidity || minutes > maxValidity {
			g.wrong.add(path, "it is no whole number of minutes from %d to %d", minValidity, maxValidity)
		} else {
			g.expires = from.Add(time.Duration(minutes) * time.Minute)
		}
	}
	g.readHours()
}

// readHours reads allowedTimeRanges, [["09:00:00","22:00:00"],…], and the
// timeZone in which they are, a member of ours.
func (g *group) readHours() {
	raw, path := g.given.AllowedTimeRanges, g.path+".allowedTimeRanges"
	zone := text(&g.wrong, g.path+".timeZone", g.given.TimeZone, maxID)
	if !there(raw) || string(raw) == "[]" {
		return
	}
	var given [][]string
	if json.Unmarshal(raw, &given) != nil || slices.ContainsFunc(given, func(r []string) bool { return len(r) != 2 }) {
		g.wrong.add(path, `it is no list of pairs of times, as in [["09:00:00","22:00:00"]]`)
		return
	}
	h := &wabridge.Hours{Zone: zone}
	for _, r := range given {
		h.Ranges = append(h.Ranges, [2]string{r[0], r[1]})
	}
	if err := queue.CheckHours(&wabridge.Hours{Ranges: h.Ranges}); err != nil {
		g.wrong.add(path, "%s", err)
	} else if err := queue.CheckHours(h); err != nil {
		g.wrong.add(g.path+".timeZone", "%s", err)
	}
	g.hours = h
}

// attach fetches mediaUrl, once for all: nothing is accepted that cannot be
// sent. (TWIN tells of a useless file later, in the status.)
func (a *api) attach(ctx context.Context, g *group) error {
	path := g.in("mediaUrl")
	g.link = text(&g.wrong, path, g.chat.MediaURL, maxCallbackURL)
	name := text(&g.wrong, g.in("documentFilename"), g.chat.Filename, maxName)
	if g.link == "" || len(g.wrong) > 0 {
		return nil
	}
	if a.Links == nil {
		g.wrong.add(path, "this gateway fetches no links")
		return nil
	}
	kind := ""
	if g.template != nil {
		kind = g.template.fileKind()
	}
	record, err := a.Links.Fetch(ctx, g.phone.ID, g.link, kind)
	switch code := wabridge.CodeOf(err); {
	case code == wabridge.CodeMediaUpload, code == wabridge.CodeParameter:
		g.wrong.add(path, "%s", detail(err))
		return nil
	case err != nil:
		return err
	}
	if g.media = &record.Media; name != "" {
		g.media.Name = name
	}
	if media.KindOf(g.media.MIME) == media.Document {
		if err := media.CheckName(g.media.Name, g.media.MIME); err != nil {
			g.wrong.add(g.in("documentFilename"), "%s", detail(err))
		}
		bridge.LogRenamed(ctx, a.Log, &wabridge.Message{Phone: g.phone.ID, Type: media.Document, Media: g.media})
	}
	return nil
}

// object is the Cloud API's object of a message of a text or a file.
func (g *group) object(text string) (kind string, object map[string]any) {
	if g.media == nil {
		return "text", map[string]any{"body": text}
	}
	kind = media.KindOf(g.media.MIME)
	object = map[string]any{"link": g.link}
	if text != "" {
		object["caption"] = text
	}
	if kind == media.Document {
		object["filename"] = g.media.Name
	}
	return kind, object
}

// carry makes a message of a kind and its object.
func carry(kind string, object any) (content.Carried, error) {
	raw, err := json.Marshal(object)
	if err != nil { // a bug: ours are plain
		return content.Carried{}, err
	}
	c, err := content.Parse(kind, raw)
	if err != nil {
		return content.Carried{}, err
	}
	return c.Carry(), nil
}
