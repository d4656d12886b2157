package content

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/wabridge/wabridge"
)

type textBody struct {
	Body       string `json:"body"`
	PreviewURL bool   `json:"preview_url,omitempty"`
}

// parseText reads a text. Its wordings are the observed ones of the contract's
// section 7.
func parseText(o object) Content {
	t := textBody{Body: o.text("body"), PreviewURL: o.flag("preview_url")}
	switch n := runes(t.Body); {
	case n == 0:
		o.fail(&Error{Code: wabridge.CodeParameter, Field: "text['body']", Words: "The parameter text['body'] is required.",
			Detail: "give a text of 1 to 4096 characters"})
	case n > wabridge.MaxText:
		o.fail(&Error{Code: wabridge.CodeParameter, Field: "text.body", Words: "Param text['body'] must be at most 4096 characters long.",
			Detail: fmt.Sprintf("it has %d characters (Unicode code points); send it in parts", n)})
	case blank(t.Body):
		o.fail(fault(wabridge.CodeValue, "text.body", "it is blank, and WhatsApp sends no blank messages; give some text"))
	}
	return Content{carried: Carried{Text: t.Body, Body: body(t)}}
}

// A Location is a place.
type Location struct {
	Latitude  float64 `json:"latitude"`  // degrees, -90 to 90
	Longitude float64 `json:"longitude"` // degrees, -180 to 180
	Name      string  `json:"name,omitempty"`
	Address   string  `json:"address,omitempty"`
}

// Limits of a location's words. The contract names none; these keep the text
// within what a phone can send.
const (
	maxPlaceName    = 1000
	maxPlaceAddress = 1000
)

func readLocation(o object) Location {
	return Location{
		Latitude: o.degrees("latitude", 90), Longitude: o.degrees("longitude", 180),
		Name: o.bounded("name", maxPlaceName), Address: o.bounded("address", maxPlaceAddress),
	}
}

// Text is how a phone carries it: name, address and a link to the map, a line
// each.
func (l Location) Text() string {
	var lines []string
	for _, s := range []string{l.Name, l.Address} {
		if s = oneLine(s); s != "" {
			lines = append(lines, s)
		}
	}
	// seven digits are a centimetre; zeros at the end say nothing
	at := func(f float64) string {
		s := strconv.FormatFloat(f, 'f', 7, 64)
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
		if s == "-0" {
			return "0"
		}
		return s
	}
	return strings.Join(append(lines, "https://maps.google.com/?q="+at(l.Latitude)+","+at(l.Longitude)), "\n")
}

func parseLocation(o object) Content {
	l := readLocation(o)
	return Content{carried: Carried{Text: l.Text(), Body: body(l)}}
}

type reactionBody struct {
	MessageID string `json:"message_id"`
	Emoji     string `json:"emoji"`
}

// Emojis are the reactions that the app offers without a search; only these
// can be set through its screen.
var Emojis = []string{"👍", "❤️", "😂", "😮", "😢", "🙏"}

// parseReaction reads a reaction. Whether its target can be reacted to is for
// the caller to find out.
func parseReaction(o object) Content {
	r := reactionBody{MessageID: o.required("message_id", 256), Emoji: strings.TrimSpace(o.text("emoji"))}
	if r.Emoji != "" {
		r.Emoji = defaultEmoji(o, r.Emoji)
	}
	return Content{carried: Carried{Text: r.Emoji, Target: r.MessageID, Body: body(r)}}
}

// defaultEmoji is the emoji as the app writes it, with or without the variation
// selector in the request.
func defaultEmoji(o object, s string) string {
	plain := func(s string) string { return strings.ReplaceAll(s, "\ufe0f", "") }
	for _, e := range Emojis {
		if plain(e) == plain(s) {
			return e
		}
	}
	if s[0] < 0x80 {
		o.fail(fault(wabridge.CodeValue, o.at("emoji"), "it is not an emoji; give one of %s, or \"\" to take the reaction away", strings.Join(Emojis, " ")))
	}
	o.fail(fault(wabridge.CodeUnsupported, o.at("emoji"), "a phone sets only the reactions %s; give one of them, or \"\" to take the reaction away", strings.Join(Emojis, " ")))
	return s
}
