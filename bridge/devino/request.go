package devino

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/wabridge/wabridge"
)

// Codes of a result and keys of a reason (Devino's page).
const (
	taken    = "OK"
	rejected = "REJECTED"

	keyUnknown   = "unknown"
	keyForbidden = "forbidden"
	keyInvalid   = "invalid"
	keyTooLong   = "length.too.long"
	keyTooShort  = "length.too.short"
	keyMissing   = "must.be.not.null"
	keyNotThere  = "not.available"
	keyTooMany   = "too.many.messages"
)

type answer struct {
	Result []result `json:"result"`
}

type result struct {
	Code        string   `json:"code"`
	MessageID   string   `json:"messageId,omitempty"`
	Reasons     []reason `json:"reasons,omitempty"`
	Description string   `json:"description,omitempty"`
}

type reason struct {
	Key string `json:"key"`
	Ref string `json:"ref,omitempty"`
}

// members of a message that this interface knows; others are ignored.
var members = []string{
	"from", "to", "text", "validity", "contentUrl", "contentName", "contentType",
	"callbackUrl", "callbackData", "templateId", "templateParams", "languageCode",
}

// An item is one message of a call and what is wrong with it.
type item struct {
	ref     string // "messages[2]"; "" in the single form
	given   map[string]json.RawMessage
	reasons []reason
	words   []string

	message     wabridge.Message
	callbackURL string
	file        *link
}

func (it *item) ok() bool { return len(it.reasons) == 0 }

func (it *item) result() result {
	if it.ok() {
		return result{Code: taken}
	}
	return result{Code: rejected, Reasons: it.reasons, Description: strings.Join(it.words, "; ")}
}

// at is the path of a member as reasons name it.
func (it *item) at(member string) string {
	if it.ref == "" || member == "" {
		return it.ref + member
	}
	return it.ref + "." + member
}

// told reports whether something was wrong with a member already.
func (it *item) told(member string) bool {
	return slices.ContainsFunc(it.reasons, func(r reason) bool { return r.Ref == it.at(member) })
}

// fail notes what is wrong with a member ("" for the message itself). Each
// member is told of once.
func (it *item) fail(key, member, format string, args ...any) {
	if it.told(member) {
		return
	}
	it.reasons = append(it.reasons, reason{key, it.at(member)})
	words := fmt.Sprintf(format, args...)
	if member != "" {
		words = member + ": " + words
	}
	it.words = append(it.words, words)
}

// parse takes a body apart: {"messages":[…]}, or one message alone.
func parse(body []byte) ([]item, error) {
	var top map[string]json.RawMessage
	if !utf8.Valid(body) || json.Unmarshal(body, &top) != nil || top == nil {
		return nil, refuse(keyInvalid, "", `the body is not a JSON object in UTF-8; send {"messages":[…]}`)
	}
	raw, array := top["messages"]
	if !array {
		for _, name := range members {
			if there(top[name]) {
				return []item{{given: top}}, nil
			}
		}
	}
	if !there(raw) {
		return nil, refuse(keyMissing, "messages", "give at least one message")
	}
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil {
		return nil, refuse(keyInvalid, "messages", "it is not a list")
	}
	switch {
	case len(list) == 0:
		return nil, refuse(keyMissing, "messages", "give at least one message")
	case len(list) > maxBatch:
		return nil, refuse(keyTooMany, "messages", fmt.Sprintf("there are %d messages, at most %d are taken in one call", len(list), maxBatch))
	}
	items := make([]item, len(list))
	for i, raw := range list {
		items[i].ref = fmt.Sprintf("messages[%d]", i)
		switch {
		case !there(raw):
			items[i].fail(keyMissing, "", "the message is null")
		case json.Unmarshal(raw, &items[i].given) != nil:
			items[i].fail(keyInvalid, "", "the message is not an object")
		}
	}
	return items, nil
}

func refuse(key, ref, words string) *refusal { return &refusal{400, reason{key, ref}, words} }

func there(raw json.RawMessage) bool { return len(raw) > 0 && !bytes.Equal(raw, []byte("null")) }

// text reads a member that is a string. A whole number is taken as it is
// written: PHP and JavaScript clients send `to` so.
func (it *item) text(name string) (s string, given bool) {
	raw := it.given[name]
	switch {
	case !there(raw):
		return "", false
	case raw[0] == '"':
		if json.Unmarshal(raw, &s) != nil {
			it.fail(keyInvalid, name, "it is not a string")
		}
		if strings.Count(s, "\ufffd") != bytes.Count(raw, []byte("\ufffd"))+bytes.Count(bytes.ToLower(raw), []byte(`\ufffd`)) {
			it.fail(keyInvalid, name, "it holds half of a surrogate pair; send whole characters")
		}
		if strings.ContainsRune(s, 0) {
			it.fail(keyInvalid, name, "it holds a NUL character; take it out")
		}
	case string(raw) == wabridge.Digits(string(raw)):
		s = string(raw)
	default:
		it.fail(keyInvalid, name, "it is not a string")
	}
	return s, true
}

// bounded is text of at most most characters.
func (it *item) bounded(name string, most int) (s string, given bool) {
	s, given = it.text(name)
	if n := utf8.RuneCountInString(s); n > most {
		it.fail(keyTooLong, name, "it has %d characters, at most %d are taken", n, most)
	}
	return s, given
}
