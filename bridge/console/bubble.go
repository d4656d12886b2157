package console

import (
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/bridge"
	"github.com/wabridge/wabridge/media"
)

// A bubble is one message as it is shown in its conversation.
type bubble struct {
	ID, Type  string
	Seq       int64
	Mine      bool   // ours, or typed on the phone
	Echo      bool   // typed on the phone
	Day       string // of the first message of a day
	Sender    string // in a group
	At        moment
	Text      []textSpan
	Label     string // the kind, of a message of which there is nothing else to show
	Quote     *quote
	File      *fileView
	Place     *location
	Cards     []card
	Choices   []string
	Reactions []string
	Tick      string
	State     wabridge.State
	Why       failure
	CanCancel bool
	Retry     retryView
	Template  bool
}

// A textSpan is a piece of a text; with Href a link.
type textSpan struct{ Text, Href string }

// A quote is the message that another one answers.
type quote struct {
	Words string
	Mine  bool
}

// A location is where somebody is.
type location struct{ Name, Address, Href string }

// A card is a contact that was sent.
type card struct {
	Name    string
	Numbers []string
}

// A fileView is the file of a message.
type fileView struct {
	Href, Name, Size, Kind string // Kind: image, sticker, video, audio, document
	Pending, Gone          bool
}

// bubblesOf makes bubbles of messages in their order; reactions become part of
// the message that they are for.
func (v *visit) bubblesOf(read []wabridge.Message, known map[string]wabridge.Message, can bool) []bubble {
	var all []bubble
	day := ""
	for i := range read {
		m := &read[i]
		if m.Type == "reaction" && slices.ContainsFunc(read, func(o wabridge.Message) bool { return o.ID == m.Context }) {
			continue
		}
		b := v.bubble(m, can)
		if words := b.At.Day(); words != day {
			b.Day, day = words, words
		}
		if quoted, ok := known[m.Context]; ok && quoted.ID != "" {
			b.Quote = &quote{Words: v.Lang.gist(&quoted), Mine: quoted.Direction != wabridge.In}
		}
		b.Reactions = reactionsTo(m.ID, read)
		all = append(all, b)
	}
	return all
}

func (v *visit) bubble(m *wabridge.Message, can bool) bubble {
	b := bubble{
		ID: m.ID, Type: m.Type, Seq: m.Seq, Mine: m.Direction != wabridge.In, Echo: m.Direction == wabridge.Echo,
		At: v.at(m.Created), Text: spans(string(m.Text)), File: v.fileOf(m), Tick: tickOf(m), State: m.State,
		CanCancel: can && m.State == wabridge.Queued, Retry: v.retryOf(m), Template: m.Template != "",
	}
	if m.Group != "" && !b.Mine {
		b.Sender = or(m.Name, shownNumber(m.Number))
	}
	b.Why = v.Lang.failure(m.Code, m.Reason)
	v.attach(&b, m)
	if m.Direction == wabridge.Out {
		for _, one := range m.Choices {
			b.Choices = append(b.Choices, one.Title)
		}
	}
	return b
}

// fileTypes are the types of messages whose text is what the phone showed in
// place of a file ("📷 Photo"); the page shows the file and its caption.
var fileTypes = []string{"image", "video", "audio", "document", "sticker"}

// attach gives a bubble what its type shows in place of the text.
func (v *visit) attach(b *bubble, m *wabridge.Message) {
	switch {
	case m.Type == "reaction":
		b.Text = []textSpan{{Text: v.Lang.gist(m)}}
	case slices.Contains(fileTypes, m.Type):
		if b.Text = spans(bridge.Caption(m)); len(b.Text) == 0 && b.File == nil {
			b.Label = v.Lang.T("kind." + m.Type)
		}
	case m.Type == "location":
		b.Place, b.Text = placeOf(m.Body), nil
		if b.Place == nil { // the phone told no coordinates
			b.Place = &location{Name: or(behindSign(string(m.Text)), v.Lang.T("kind.location"))}
		}
	case m.Type == "contacts":
		b.Cards, b.Text = cardsOf(m.Body), nil
		if b.Cards == nil {
			b.Cards = []card{{Name: or(behindSign(string(m.Text)), v.Lang.T("kind.contacts"))}}
		}
	}
}

// behindSign is a text without the picture that it begins with: "📍 Home".
func behindSign(text string) string {
	sign, rest, _ := strings.Cut(strings.TrimSpace(text), " ")
	if strings.IndexFunc(sign, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) >= 0 {
		return strings.TrimSpace(text)
	}
	return strings.TrimSpace(rest)
}

// reactionsTo are the emoji that stand below a message: the newest of each
// side; in a group, of each member.
func reactionsTo(id string, read []wabridge.Message) []string {
	var who []string
	newest := map[string]string{}
	for _, m := range read {
		if m.Type != "reaction" || m.Context != id || id == "" {
			continue
		}
		from := "us"
		if m.Direction == wabridge.In {
			from = or(m.Number, m.Name)
		}
		if _, ok := newest[from]; !ok {
			who = append(who, from)
		}
		newest[from] = string(m.Text)
	}
	var all []string
	for _, w := range who {
		if newest[w] != "" { // an empty one took the reaction back
			all = append(all, newest[w])
		}
	}
	return all
}

// tickOf is what stands beside a message of ours: the name of an icon, and of
// the text tick.<name>.
func tickOf(m *wabridge.Message) string {
	if m.Direction == wabridge.In {
		return ""
	}
	switch m.State {
	case wabridge.Queued:
		return "queued"
	case wabridge.Sending:
		return "sending"
	case wabridge.Handed:
		return "handed"
	case wabridge.Sent, wabridge.Delivered, wabridge.Read:
		return string(m.State)
	case wabridge.Unconfirmed:
		return "unconfirmed"
	case wabridge.Failed, wabridge.Expired, wabridge.Canceled:
		return "failed"
	}
	return ""
}

// webLink finds addresses in a text. What ends a sentence ends the address.
var webLink = regexp.MustCompile(`https?://[^\s<>"]+[^\s<>"'.,;:!?)\]}]`)

// spans splits a text at its links.
func spans(text string) []textSpan {
	var all []textSpan
	at := 0
	for _, found := range webLink.FindAllStringIndex(text, 50) {
		if found[0] > at {
			all = append(all, textSpan{Text: text[at:found[0]]})
		}
		one := text[found[0]:found[1]]
		all = append(all, textSpan{Text: one, Href: one})
		at = found[1]
	}
	if at < len(text) {
		all = append(all, textSpan{Text: text[at:]})
	}
	return all
}

// fileOf is the file of a message, nil if it has none.
func (v *visit) fileOf(m *wabridge.Message) *fileView {
	f := m.Media
	if f == nil {
		return nil
	}
	view := &fileView{Href: Path + "/inbox/file/" + url.PathEscape(m.ID), Name: f.Name, Kind: "document", Pending: f.Pending, Gone: f.SHA256 == "" && !f.Pending}
	if view.Name == "" {
		view.Name = v.Lang.T("inbox.file") + media.Extension(f.MIME)
	}
	if f.Size > 0 {
		view.Size = media.Bytes(f.Size)
	}
	mime, _, _ := strings.Cut(f.MIME, ";")
	switch kind, _, _ := strings.Cut(mime, "/"); {
	case m.Type == "document":
	case m.Type == "sticker" && inline(mime):
		view.Kind = "sticker"
	case (kind == "image" || kind == "video" || kind == "audio") && inline(mime):
		view.Kind = kind
	}
	return view
}

// inline reports whether a browser may show a type within a page. Whatever can
// hold a program (SVG, HTML, PDF) is downloaded.
func inline(mime string) bool {
	mime, _, _ = strings.Cut(mime, ";")
	switch mime = strings.TrimSpace(strings.ToLower(mime)); mime {
	case "image/jpeg", "image/png", "image/webp", "image/gif":
		return true
	}
	return strings.HasPrefix(mime, "audio/") || strings.HasPrefix(mime, "video/")
}

// placeOf reads a location; nil where it has none.
func placeOf(body json.RawMessage) *location {
	var in struct {
		Latitude  *float64 `json:"latitude"`
		Longitude *float64 `json:"longitude"`
		Name      string   `json:"name"`
		Address   string   `json:"address"`
	}
	if json.Unmarshal(body, &in) != nil || in.Latitude == nil || in.Longitude == nil {
		return nil
	}
	at := fmt.Sprintf("%.5f, %.5f", *in.Latitude, *in.Longitude)
	return &location{Name: or(in.Name, at), Address: in.Address,
		Href: fmt.Sprintf("https://www.openstreetmap.org/?mlat=%[1]f&mlon=%[2]f#map=16/%[1]f/%[2]f", *in.Latitude, *in.Longitude)}
}

// cardsOf reads contacts, at most ten.
func cardsOf(body json.RawMessage) []card {
	var in []struct {
		Name struct {
			Formatted string `json:"formatted_name"`
		} `json:"name"`
		Phones []struct {
			Phone string `json:"phone"`
		} `json:"phones"`
	}
	if json.Unmarshal(body, &in) != nil {
		return nil
	}
	var all []card
	for _, one := range in[:min(len(in), 10)] {
		c := card{Name: one.Name.Formatted}
		for _, p := range one.Phones[:min(len(one.Phones), 5)] {
			c.Numbers = append(c.Numbers, p.Phone)
		}
		all = append(all, c)
	}
	return all
}
