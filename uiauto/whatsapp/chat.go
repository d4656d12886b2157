package whatsapp

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/wabridge/wabridge/displayname"
	"github.com/wabridge/wabridge/uiauto"
)

// chat recognises an open chat: its header is there, and either a composer,
// a banner in its place, or (while it is drawn) neither. A card over the chat
// hides the composer; then the card is what counts.
func (l *look) chat(s *Screen) bool {
	title := l.node("chat_title")
	if title == nil {
		return false
	}
	s.Kind, s.Why = Chat, "id "+title.Suffix()
	s.Chat = l.header(title)
	s.Panel = l.panel()
	l.messages = l.messageList()
	s.Composer = l.composer(s.Send)
	s.Draft = l.voiceDraft()
	if s.Composer == nil && s.Draft == nil && l.notice(s) {
		return true
	}
	if n := l.node("attach"); n != nil && !n.Bounds.Empty() {
		s.Attach = &Target{Bounds: n.Bounds}
	}
	if n := l.node("scroll_down"); n != nil && !n.Bounds.Empty() {
		s.Down = &Target{Bounds: n.Bounds}
	}
	s.Bubbles = l.bubbles(s.Down != nil)
	s.Chat.Group = slices.ContainsFunc(s.Bubbles, func(b Bubble) bool { return b.Sender != "" })
	return true
}

// voiceDraft is the send button of a voice message that stands in the chat
// unsent, nil if there is none. A shared sound may become one (one report, not
// verified on a phone).
func (l *look) voiceDraft() *Target {
	if l.node("voice_draft") == nil || !l.enabled("voice_draft_send") {
		return nil
	}
	if n := l.node("voice_draft_send"); !n.Bounds.Empty() {
		return &Target{Bounds: n.Bounds}
	}
	return nil
}

// header reads the chat's title.
func (l *look) header(title *uiauto.Node) *Header {
	h := &Header{Title: displayname.Clean(title.Text), Name: title.Bounds}
	name := h.Title
	if i := strings.LastIndex(name, " ("); i > 0 && strings.HasSuffix(name, ")") {
		if l.p.Words.Is("you", name[i+2:len(name)-1]) {
			h.Self, name = true, name[:i]
		}
	}
	if h.Number = displayname.Number(name); h.Number == "" {
		h.Other = numberBeforeWord(name)
	}
	if n := l.node("chat_status"); n != nil {
		h.Status = uiauto.Clean(n.Text)
	}
	if n := l.node("chat_photo"); n != nil {
		h.Photo = n.Bounds
	}
	return h
}

// numberBeforeWord is the number of a title that is a number and a word in
// brackets: "+55 92 9316-0101 (você)", in a language that no profile knows.
func numberBeforeWord(title string) string {
	i := strings.LastIndex(title, " (")
	if i < 0 || !strings.HasSuffix(title, ")") || uiauto.Digits(title[i:]) != "" {
		return ""
	}
	return displayname.Number(title[:i])
}

// composer reads the text field. It is empty if there is no `send`, and either
// `voice_note_btn` is there or what the field shows is the placeholder.
func (l *look) composer(send *Target) *Composer {
	n := l.node("entry")
	if n == nil {
		return nil
	}
	c := &Composer{Text: n.Text, Bounds: n.Bounds}
	if send == nil && (l.node("voice_note") != nil || n.Text == "" || l.p.Words.Is("composer_placeholder", n.Text)) {
		c.Text, c.Empty = "", true
	}
	return c
}

// bubbles reads the messages, oldest first. Below tells that newer ones are out
// of sight; so does a last bubble that is cut off at the lower edge: at the end
// of a chat the captures have a gap there.
func (l *look) bubbles(below bool) []Bubble {
	list := l.messages
	if list == nil {
		return nil
	}
	var bs []Bubble
	for _, row := range list.Children {
		if b, ok := l.bubble(row, list); ok {
			bs = append(bs, b)
		}
	}
	if n := len(bs); n > 0 {
		bs[0].First = whole(list)
		bs[n-1].Below = below || bs[n-1].Bounds.Bottom >= list.Bounds.Bottom
	}
	return bs
}

// whole reports whether the list shows the chat from its beginning: its rows
// do not fill it. (Geometry of a list that ends at its bottom; not verified on
// a phone.)
func whole(list *uiauto.Node) bool {
	first, last := list.Children[0], list.Children[len(list.Children)-1]
	return first.Bounds.Top > list.Bounds.Top || last.Bounds.Bottom < list.Bounds.Bottom
}

// messageList is the list that holds messages. Two nodes of a chat have that
// id in some builds.
func (l *look) messageList() *uiauto.Node {
	var found *uiauto.Node
	for _, id := range l.app.IDs("message_list") {
		for n := range l.d.Find(uiauto.Selector{ID: id, Within: l.window}) {
			if found == nil || len(n.Children) > len(found.Children) {
				found = n
			}
		}
	}
	return found
}

// outSide tells from where the bubble stands whether it is outgoing: on the
// right, or on the left where the layout is mirrored (Arabic).
func (l *look) outSide(at uiauto.Rect, list *uiauto.Node) bool {
	left, right := at.Left-list.Bounds.Left, list.Bounds.Right-at.Right
	if l.mirrored() {
		left, right = right, left
	}
	return left > right
}

// mirrored reports whether the layout runs from right to left: the way back is
// on the right.
func (l *look) mirrored() bool {
	n := l.node("chat_back")
	if n == nil || n.Bounds.Empty() {
		return false
	}
	x, _ := n.Bounds.Center()
	return 2*x > l.window.Bounds.Left+l.window.Bounds.Right
}

// ticks are the words of the states. Both sets of the app count, and "seen"
// and "played" are what "read" is for media.
var ticks = map[string]Tick{
	"tick_pending": TickPending, "tick_sent": TickSent, "tick_delivered": TickDelivered,
	"tick_read": TickRead, "tick_seen": TickRead, "tick_played": TickRead,
}

func (l *look) tick(desc string) Tick {
	key := l.p.Words.Which(desc, "tick_pending", "tick_sent", "tick_delivered", "tick_read", "tick_seen", "tick_played")
	if key == "" {
		return TickUnknown
	}
	return ticks[key]
}

// cutByApp guesses from its form that the app cut a long text: an ellipsis
// shortly before the end, with a few words ("Read more") behind it. No source
// gives those words; not verified on a phone.
func cutByApp(s string) bool {
	i := strings.LastIndex(s, "…")
	if i < 0 || utf8.RuneCountInString(s) < minCut {
		return false
	}
	tail := strings.TrimSpace(s[i+len("…"):])
	return tail != "" && utf8.RuneCountInString(tail) <= maxCutWords && !strings.Contains(tail, "\n")
}

// A text shorter than minCut runes is never cut by the app; maxCutWords bounds
// the words behind the ellipsis.
const (
	minCut      = 200
	maxCutWords = 40
)
