package devino

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/bridge"
	"github.com/wabridge/wabridge/bridge/file"
	"github.com/wabridge/wabridge/content"
	"github.com/wabridge/wabridge/phonenumber"
	"github.com/wabridge/wabridge/queue"
)

// Limits of a message's members, in characters. Those of text and contentName
// and the one day are Devino's; of languageCode its page names none, and the
// others bound what is stored.
const (
	maxFrom         = 255
	maxText         = 1000
	maxContentName  = 100
	maxCallbackData = 4096
	maxTemplateID   = 512
	minLanguage     = 2
	maxLanguage     = 10
	oneDay          = 86400 // the only validity
	defaultLanguage = "EN"
)

// draft checks one message and makes the row of it, without its file. What is
// wrong with it is noted in it; an error is the database's.
func (a *api) draft(ctx context.Context, it *item, phones []wabridge.Phone, now time.Time) error {
	if it.given == nil {
		return nil
	}
	phone := a.sender(it, phones)
	if slices.Contains(it.reasons, reason{keyNotThere, it.at("from")}) && a.Searching.On() {
		return bridge.ErrSearching
	}
	to, err := a.recipient(ctx, it, phone)
	if err != nil {
		return err
	}
	input, _ := it.text("to")
	it.message = wabridge.Message{
		Phone: phone.ID, Direction: wabridge.Out, Chat: wabridge.UserJID(to), Number: to, Input: input,
		Type: "text", Expires: now.Add(defaultTTL),
	}
	it.message.Callback, _ = it.bounded("callbackData", maxCallbackData)
	it.callbackURL = it.url("callbackUrl")
	if why := a.Reach.Refuse(it.callbackURL); why != "" {
		it.fail(keyInvalid, "callbackUrl", "%s", why)
	}
	text, _ := it.bounded("text", maxText)
	if strings.TrimFunc(text, unicode.IsSpace) == "" {
		text = ""
	}
	it.readFile()
	template, _ := it.bounded("templateId", maxTemplateID)
	language := it.language()
	it.validity(template != "", now)
	switch {
	case template != "":
		if text != "" {
			it.fail(keyInvalid, "text", "a message of a template has the template's text; leave it out")
		}
		if err := a.template(ctx, it, phone, template, language, now); err != nil {
			return err
		}
	case it.file != nil:
		it.file.caption = text
	case text == "":
		if !it.told("text") && !it.told("contentUrl") && !it.told("templateId") {
			it.fail(keyMissing, "", "give text, contentUrl or templateId")
		}
	default:
		it.carry("text", map[string]string{"body": text})
	}
	if it.ok() {
		return a.allowed(ctx, it, phone, now)
	}
	return nil
}

// sender finds the phone that `from` means.
func (a *api) sender(it *item, phones []wabridge.Phone) wabridge.Phone {
	from, given := it.text("from")
	from = strings.TrimSpace(from)
	switch {
	case !given:
		it.fail(keyMissing, "from", "give the sender's name")
	case from == "" || len([]rune(from)) > maxFrom || strings.ContainsFunc(from, unicode.IsControl):
		it.fail(keyInvalid, "from", "it is no sender's name")
	}
	if !it.ok() {
		return wabridge.Phone{}
	}
	id, named := a.Senders[from]
	for _, p := range phones {
		if p.ID == id || !named && (p.ID == from || wabridge.SameNumber(p.Number, strings.TrimPrefix(from, "+"))) {
			return p
		}
	}
	if len(a.Senders) == 0 && len(phones) == 1 {
		return phones[0]
	}
	it.fail(keyNotThere, "from", "no phone has this name; give it in devino.senders, or use the phone's number")
	return wabridge.Phone{}
}

// recipient reads `to` as every way in does (bridge.ReadRecipient).
func (a *api) recipient(ctx context.Context, it *item, phone wabridge.Phone) (string, error) {
	input, given := it.text("to")
	if !given || strings.TrimSpace(input) == "" {
		it.fail(keyMissing, "to", "give the recipient's number")
		return "", nil
	}
	if n := len(wabridge.Digits(input)); n > phonenumber.MaxDigits {
		it.fail(keyTooLong, "to", "it has %d digits, a number has at most %d", n, phonenumber.MaxDigits)
		return "", nil
	}
	to, err := bridge.ReadRecipient(ctx, a.Store, phone, input)
	if bad, ok := errors.AsType[*phonenumber.Error](err); ok {
		it.fail(keyInvalid, "to", "%s", bad.Remedy)
		return "", nil
	}
	if err == nil && wabridge.SameNumber(to, phone.Number) {
		it.fail(keyInvalid, "to", "it is the sending phone's own number (Devino: 2307)")
	}
	return to, err
}

// url reads an address.
func (it *item) url(name string) string {
	s, _ := it.text(name)
	if s != "" && !file.ValidLink(s) {
		it.fail(keyInvalid, name, "it is no http or https address of at most 2048 bytes")
	}
	return s
}

// language reads languageCode.
func (it *item) language() string {
	code, given := it.text("languageCode")
	switch n := len([]rune(code)); {
	case !given:
		return defaultLanguage
	case n < minLanguage:
		it.fail(keyTooShort, "languageCode", "a language has at least 2 characters, as in ru")
	case n > maxLanguage:
		it.fail(keyTooLong, "languageCode", "a language has at most %d characters, as in pt_BR", maxLanguage)
	case strings.ContainsFunc(code, func(r rune) bool { return r != '_' && r != '-' && (r > 'z' || !unicode.IsLetter(r)) }):
		it.fail(keyInvalid, "languageCode", "write it as ru or pt_BR")
	}
	return code
}

// validity reads how long a message of a template may wait.
func (it *item) validity(template bool, now time.Time) {
	raw := it.given["validity"]
	if !there(raw) {
		return
	}
	seconds, err := strconv.ParseInt(strings.Trim(string(raw), `"`), 10, 64)
	switch {
	case err != nil || seconds != oneDay:
		it.fail(keyInvalid, "validity", "the only value is 86400 seconds, one day")
	case !template:
		it.fail(keyInvalid, "validity", "it goes with templateId only")
	default:
		it.message.Expires = now.Add(oneDay * time.Second)
	}
}

// carry makes the message's text of the Cloud API's object of its type.
func (it *item) carry(kind string, object any) {
	raw, err := json.Marshal(object)
	if err != nil { // a bug: ours are plain
		panic(err)
	}
	c, err := content.Parse(kind, raw)
	if err != nil {
		it.fail(keyInvalid, "text", "%s", detail(err))
		return
	}
	carried := c.Carry()
	it.message.Type, it.message.Body, it.message.Text = kind, carried.Body, wabridge.Text(carried.Text)
}

// allowed refuses what the phone's account cannot send, or may not.
func (a *api) allowed(ctx context.Context, it *item, phone wabridge.Phone, now time.Time) error {
	blocked, err := queue.Blocked(ctx, a.Store, phone.ID, it.message.Number, now)
	switch {
	case err != nil:
		return err
	case blocked:
		it.fail(keyForbidden, "to", "this number is blocked for this phone by this gateway")
	default:
		if why := bridge.Unusable(phone); why != "" {
			it.fail(keyForbidden, "from", "%s", why)
		}
	}
	return nil
}

// detail is what an error says to the caller.
func detail(err error) string {
	if e, ok := errors.AsType[*content.Error](err); ok {
		return e.Details()
	}
	if e, ok := errors.AsType[*wabridge.Error](err); ok && e.Detail != "" {
		return e.Detail
	}
	return "it cannot be used"
}

// print tells two messages under one idempotency key apart: all that this
// interface reads of them.
func (it *item) print() string {
	h := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(it.given)) {
		if slices.Contains(members, name) {
			fmt.Fprintf(h, "%s:%d:%s", name, len(it.given[name]), it.given[name])
		}
	}
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}
