package whatsapp

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/wabridge/wabridge/displayname"
	"github.com/wabridge/wabridge/uiauto"
)

// MarshalJSON gives the parts that people ask for: the text of a text message;
// of a file its kind, caption and file name.
func (b Bubble) MarshalJSON() ([]byte, error) {
	out := struct {
		Dir      string   `json:"direction"`
		Kind     string   `json:"kind,omitempty"`
		Text     string   `json:"text,omitempty"`
		Caption  string   `json:"caption,omitempty"`
		File     string   `json:"filename,omitempty"`
		Time     string   `json:"time,omitempty"`
		Status   Tick     `json:"status,omitempty"`
		Quote    *Quote   `json:"quote,omitempty"`
		Reaction string   `json:"reaction,omitempty"`
		Transfer Transfer `json:"transfer,omitempty"`
	}{Dir: b.Dir, Kind: b.Media, Text: b.Text, File: b.File, Time: b.Time, Status: b.Status, Quote: b.Quote, Reaction: b.Reaction, Transfer: b.Transfer}
	if b.Media != "" {
		out.Text, out.Caption = "", b.Caption()
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false) // that is the outer encoder's to decide
	err := enc.Encode(out)
	return buf.Bytes(), err
}

// Caption is what somebody wrote below a file, "" for a text message. A caption
// that is the name of its document cannot be told from none.
func (b Bubble) Caption() string {
	if b.Media == "" || b.File != "" && nameForm(b.Text) == nameForm(b.File) {
		return ""
	}
	return b.Text
}

// bubble reads one row of the list; rows without a message (dividers, notices,
// slivers at the upper edge) are none.
func (l *look) bubble(row, list *uiauto.Node) (Bubble, bool) {
	body := l.app.Inside(row, "message_row")
	if body == nil {
		body = row
	}
	r := l.readRow(body)
	if r.text == nil && r.time == nil && r.status == nil && r.media == "" {
		return Bubble{}, false
	}
	if body == row && r.text == nil && r.status == nil && r.media == "" {
		return Bubble{}, false // a divider that reuses the id of the time
	}
	at := body.Bounds
	if body == row && r.content != nil { // stickers, contacts and sounds have no box of their own
		at = r.content.Bounds
	}
	b := Bubble{Bounds: at, Media: r.media, Quote: r.quote}
	l.fill(&b, r)
	b.CutTop, b.CutBottom = body.Bounds.Top <= list.Bounds.Top, body.Bounds.Bottom >= list.Bounds.Bottom
	b.Clipped = b.CutTop || b.CutBottom
	b.Out = r.status != nil || r.sender == nil && l.outSide(at, list)
	b.Dir = "in"
	if b.Out {
		b.Dir = "out"
	}
	if n := l.app.Inside(row, "reactions"); n != nil {
		b.Reaction, b.Reacted = l.reactions(n)
	}
	return b, true
}

// fill takes over what the parts of a row say.
func (l *look) fill(b *Bubble, r rowParts) {
	if r.title != nil && (r.media == "document" || r.media == "contact") {
		b.File = strings.TrimSpace(uiauto.Clean(r.title.Text))
	}
	switch {
	case r.text != nil:
		b.Text = r.text.Text
		b.More = cutByApp(b.Text)
	case r.title != nil && r.media == "document":
		b.Text = r.title.Text
	}
	if r.time != nil {
		b.Time = strings.TrimSpace(uiauto.Clean(r.time.Text))
	}
	if r.sender != nil {
		b.Sender = displayname.Clean(r.sender.Text)
	}
	if b.Text == "" && b.Media == "" {
		b.Media = "media"
	}
	if r.status != nil {
		b.Status = l.tick(r.status.Desc)
	}
	b.Transfer, b.Retry = l.transfer(r)
}

// transfer reads the controls over a file. A sound's button plays it, unless it
// says that the sending is to be tried again.
func (l *look) transfer(r rowParts) (Transfer, uiauto.Rect) {
	switch {
	case r.media == "":
		return TransferDone, uiauto.Rect{}
	case r.running:
		return TransferRunning, uiauto.Rect{}
	case r.button == nil || r.button.Bounds.Empty():
		return TransferDone, uiauto.Rect{}
	case (r.media == "audio" || r.media == "voice") && !l.p.Words.Is("retry", said(r.button)):
		return TransferDone, uiauto.Rect{}
	}
	return TransferStopped, r.button.Bounds
}

// rowParts are the nodes of one message.
type rowParts struct {
	text, time, status, sender, title, button, content *uiauto.Node

	media   string
	rank    int
	caption bool // the text is that below a file
	running bool
	quote   *Quote
}

// mediaRoles are what a file's bubble is known by. The role of the highest rank
// decides: a video has what a picture has, and more.
var mediaRoles = []struct {
	role, kind string
	rank       int
}{
	{"media_image", "image", 1}, {"media_document", "document", 2}, {"media_contact", "contact", 2}, {"media_video", "video", 2},
	{"media_audio", "audio", 2}, {"media_location", "location", 3}, {"media_sticker", "sticker", 3}, {"media_voice", "voice", 3},
}

// readRow finds the parts of a message. What it quotes is kept apart.
func (l *look) readRow(body *uiauto.Node) (r rowParts) {
	var walk func(n *uiauto.Node)
	walk = func(n *uiauto.Node) {
		if n.ID != "" && !l.part(&r, n) {
			return
		}
		for _, c := range n.Children {
			walk(c)
		}
	}
	walk(body)
	if r.caption && r.media == "" { // the file is out of sight, above the edge of the list
		r.media = "media"
	}
	return r
}

// part notes what a node with an id is; false: what is inside of it is not
// looked into.
func (l *look) part(r *rowParts, n *uiauto.Node) bool {
	switch a := l.app; {
	case a.Is(n, "quoted"):
		r.quote = l.quote(n)
		return false
	case a.Is(n, "message_text"):
		r.text = n
	case a.Is(n, "media_caption"):
		r.text, r.caption = n, true
	case a.Is(n, "message_time"):
		r.time = n
	case a.Is(n, "message_status"):
		r.status = n
	case a.Is(n, "message_sender"):
		r.sender = n
	case a.Is(n, "document_title"), a.Is(n, "contact_title"):
		r.title = n
	case a.Is(n, "transfer_running"):
		r.running = r.running || !n.Bounds.Empty()
	case a.Is(n, "transfer_button"):
		r.button = n
	}
	for _, m := range mediaRoles {
		if l.app.Is(n, m.role) {
			if r.content == nil {
				r.content = n
			}
			if m.rank > r.rank {
				r.media, r.rank = m.kind, m.rank
			}
		}
	}
	return true
}

// quote reads what a message, or the panel above the composer, quotes.
func (l *look) quote(n *uiauto.Node) *Quote {
	q := &Quote{}
	if t := l.app.Inside(n, "quoted_title"); t != nil {
		q.Title = displayname.Clean(t.Text)
	}
	if t := l.app.Inside(n, "quoted_text"); t != nil {
		q.Text = t.Text
	}
	if t := l.app.Inside(n, "quote_close"); t != nil {
		q.Close = t.Bounds
	}
	return q
}

// panel reads the quote above the composer, nil if there is none.
func (l *look) panel() *Quote {
	n := l.node("quote_panel")
	if n == nil || n.Bounds.Empty() || l.app.Inside(n, "quoted_text") == nil && l.app.Inside(n, "quoted_title") == nil {
		return nil
	}
	return l.quote(n)
}

// reactions reads the emojis below a bubble: by the app's words, else whatever
// its texts say.
func (l *look) reactions(n *uiauto.Node) (emojis string, count int) {
	if v, ok := l.p.Words.Match("reactions_shown", n.Desc); ok && len(v) > 0 {
		emojis = v[0]
		if len(v) > 1 {
			count, _ = strconv.Atoi(uiauto.Digits(uiauto.ASCIIDigits(v[1])))
		}
		return strings.TrimSpace(emojis), count
	}
	var parts []string
	for x := range n.All() {
		if x.Text != "" {
			parts = append(parts, strings.TrimSpace(x.Text))
		}
	}
	if len(parts) == 0 {
		parts = append(parts, n.Desc)
	}
	emojis = strings.Join(parts, "")
	if d := uiauto.Digits(uiauto.ASCIIDigits(emojis)); d != "" {
		count, _ = strconv.Atoi(d)
		emojis = strings.TrimSpace(strings.Trim(emojis, "0123456789"))
	}
	return emojis, count
}
