package crm

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/content"
)

// Limits of an item's members, in characters.
const (
	maxID       = 200
	maxCallback = 512
	maxPriority = 1000
	defaultTTL  = 30 * 24 * time.Hour
)

// An item is what a CRM hands out, with its members in the words of the preset
// wabridge.
type item struct {
	id    string // "" if it has none: then nobody can be told of it
	given map[string]json.RawMessage
	wrong string // why its members cannot be read; "" if they can
}

// readItem reads an element of a list that is in the words of the preset
// wabridge.
func readItem(raw json.RawMessage) item {
	var it item
	if err := json.Unmarshal(raw, &it.given); err != nil || it.given == nil {
		return item{wrong: "it is not an object"}
	}
	it.id = idOf(it.given["id"])
	return it
}

// idOf reads an id: a string, or a whole number as it is written.
func idOf(raw json.RawMessage) string {
	s, ok := scalar(raw)
	if s = strings.TrimSpace(s); !ok || s == "" || utf8.RuneCountInString(s) > maxID || strings.ContainsFunc(s, unicode.IsControl) {
		return ""
	}
	if raw[0] != '"' && strings.ContainsAny(s, ".eE") {
		return "" // a fraction names nothing
	}
	return s
}

// scalar is the text of a string or a number; "" for null and nothing. ok is
// false for anything else.
func scalar(raw json.RawMessage) (string, bool) {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 || string(raw) == "null" {
		return "", true
	}
	if raw[0] == '"' {
		var s string
		err := json.Unmarshal(raw, &s)
		return s, err == nil
	}
	var n json.Number
	if err := json.Unmarshal(raw, &n); err != nil {
		return "", false
	}
	return n.String(), true
}

// messageID is the id of the message that an item of a poller becomes.
func messageID(poller, id string) string {
	sum := sha256.Sum256([]byte("crm\x00" + poller + "\x00" + id))
	return "wamid." + base64.RawURLEncoding.EncodeToString(sum[:24])
}

// A mistake is why an item is rejected.
type mistake struct {
	Code    wabridge.Code
	Details string
}

func wrong(code wabridge.Code, format string, args ...any) *mistake {
	return &mistake{code, fmt.Sprintf(format, args...)}
}

// A reading is an item that has been understood: the message of it, as far as
// the item alone tells.
type reading struct {
	message wabridge.Message
	body    content.Content
	print   string // tells two messages under one id apart
}

// read understands an item. name gives the CRM's own word for a member.
func (it item) read(name func(string) string, now time.Time) (reading, *mistake) {
	var r reading
	if it.wrong != "" {
		return r, wrong(wabridge.CodeParameter, "%s", it.wrong)
	}
	m := &r.message
	m.Direction = wabridge.Out
	if bad := it.recipient(m, name); bad != nil {
		return r, bad
	}
	if bad := it.content(&r, name); bad != nil {
		return r, bad
	}
	for member, to := range map[string]*string{"callback_data": &m.Callback, "phone_number_id": &m.Phone} {
		s, ok := scalar(it.given[member])
		if !ok || utf8.RuneCountInString(s) > maxCallback {
			return r, wrong(wabridge.CodeParameter, "%s: write a string of at most %d characters", name(member), maxCallback)
		}
		*to = s
	}
	if bad := it.priority(m, name); bad != nil {
		return r, bad
	}
	h := sha256.New()
	for _, part := range []string{m.Chat, m.Type, string(m.Text)} {
		fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	r.print = base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:16])
	return r, it.times(m, name, now)
}

// recipient reads a group's id in `to`; a person's number is left in Input.
func (it item) recipient(m *wabridge.Message, name func(string) string) *mistake {
	to, ok := scalar(it.given["to"])
	if to = strings.TrimSpace(to); !ok || to == "" {
		return wrong(wabridge.CodeMissing, "%s: give the recipient's number", name("to"))
	}
	m.Input = to
	if group, ok := strings.CutSuffix(to, "@g.us"); ok {
		if n := len(group); n < 8 || n > 33 || strings.Trim(group, "0123456789-") != "" {
			return wrong(wabridge.CodeValue, "%s: it is no group's id, as 120363012345678901@g.us", name("to"))
		}
		m.Group, m.Chat = to, to
		return nil
	}
	// The phone decides which country a number without "+" is of: complete reads it.
	m.Chat = wabridge.UserJID(wabridge.Digits(to))
	return nil
}

// content reads the text, or the object of a type.
func (it item) content(r *reading, name func(string) string) *mistake {
	kind, ok := scalar(it.given["type"])
	if kind = strings.ToLower(kind); !ok || kind != "" && !slices.Contains(content.Kinds, kind) || kind == "reaction" {
		return wrong(wabridge.CodeUnsupported, "%s: send one of %s", name("type"), strings.Join(content.Kinds[:len(content.Kinds)-1], ", "))
	}
	object := it.given[kind]
	if kind == "" || kind == "text" && (len(object) == 0 || object[0] != '{') {
		text, ok := scalar(it.given["text"])
		switch n := utf8.RuneCountInString(text); {
		case !ok:
			return wrong(wabridge.CodeParameter, "%s: write it as a string", name("text"))
		case strings.TrimSpace(text) == "":
			return wrong(wabridge.CodeMissing, "%s: it is empty; give the text, or a type with its object", name("text"))
		case n > wabridge.MaxText:
			return wrong(wabridge.CodeParameter, "%s: it has %d characters, %d are the most", name("text"), n, wabridge.MaxText)
		}
		kind = "text"
		object, _ = json.Marshal(map[string]string{"body": text}) // of strings alone
	}
	c, err := content.Parse(kind, object)
	if err != nil {
		return mistakeOf(err)
	}
	carried := c.Carry()
	r.body = c
	m := &r.message
	m.Type, m.Body, m.Text, m.Choices = kind, carried.Body, wabridge.Text(carried.Text), carried.Choices
	return nil
}

func (it item) priority(m *wabridge.Message, name func(string) string) *mistake {
	s, ok := scalar(it.given["priority"])
	if ok && s == "" {
		return nil
	}
	n, err := strconv.Atoi(strings.TrimSpace(s))
	if !ok || err != nil || n < -maxPriority || n > maxPriority {
		return wrong(wabridge.CodeParameter, "%s: write a whole number from %d to %d", name("priority"), -maxPriority, maxPriority)
	}
	m.Priority = n
	return nil
}

// times reads send_at and expires_at.
func (it item) times(m *wabridge.Message, name func(string) string, now time.Time) *mistake {
	m.Expires = now.Add(defaultTTL)
	for member, to := range map[string]*time.Time{"send_at": &m.Due, "expires_at": &m.Expires} {
		s, ok := scalar(it.given[member])
		if ok && strings.TrimSpace(s) == "" {
			continue
		}
		at, valid := timeOf(s)
		if !ok || !valid {
			return wrong(wabridge.CodeParameter, "%s: write seconds since 1970, or 2026-11-23T09:00:00Z", name(member))
		}
		*to = at
	}
	switch {
	case !m.Expires.After(now):
		return wrong(wabridge.CodeUndeliverable, "%s: this time is over", name("expires_at"))
	case !m.Due.IsZero() && !m.Due.Before(m.Expires):
		return wrong(wabridge.CodeParameter, "%s: it is not before the message expires (%s, 30 days at most)", name("send_at"), name("expires_at"))
	}
	if most := now.Add(defaultTTL); m.Expires.After(most) {
		m.Expires = most
	}
	return nil
}

// timeOf reads a time: seconds since 1970, with a fraction or without, or RFC
// 3339.
func timeOf(s string) (time.Time, bool) {
	s = strings.TrimSpace(s)
	if n, err := strconv.ParseFloat(s, 64); err == nil {
		if math.IsNaN(n) || n < 0 || n > 1e11 {
			return time.Time{}, false
		}
		return time.UnixMilli(int64(n * 1000)).UTC(), true
	}
	at, err := time.Parse(time.RFC3339, s)
	return at.UTC(), err == nil && at.Unix() >= 0
}
