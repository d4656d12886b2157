package console

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

const (
	talkPage = 60  // messages
	talkMost = 500 // messages that a live page holds; it begins anew beyond
)

// talkData is one conversation.
type talkData struct {
	Phone   wabridge.Phone
	Of      string // the phone's name
	Chat    queue.Conversation
	Name    string
	Initial string
	Number  string
	Bubbles bubblesData
	Session *wabridge.Session // the open one, if any
	Stopped bool              // wants no campaigns
	Path    string
	Can     bool   // the visitor may answer
	At      bool   // an older place is shown, not the newest
	Waits   string // why nothing goes out of this phone now
}

// bubblesData is a stretch of a conversation.
type bubblesData struct {
	Path  string // of the talk
	List  []bubble
	From  int64  // Seq of the oldest one
	Last  int64  // and of the newest
	Older string // address of those before
	Live  bool
}

// talk is GET /console/inbox/{phone}/{chat}: within the whole page, or alone
// where htmx asks for it.
func (c *Console) talk(v *visit) error {
	d, err := c.talkOf(v)
	if err != nil {
		return err
	}
	if v.htmx() && v.Header.Get("HX-History-Restore-Request") != "true" {
		return c.part(v, "talk", d)
	}
	whole, err := c.inboxAround(v, d)
	if err != nil {
		return err
	}
	return c.show(v, whole)
}

func (c *Console) talkOf(v *visit) (*talkData, error) {
	phone, err := c.Store.Phone(v.Context(), v.PathValue("phone"))
	if err != nil {
		return nil, err
	}
	d := &talkData{Phone: phone, Of: phoneName(phone), Can: v.Can(queue.ScopeSend), Waits: v.Lang.stopped(phone)}
	if d.Chat, err = c.chatOrStranger(v.Context(), phone, v.PathValue("chat")); err != nil {
		return nil, err
	}
	d.Name, d.Path, d.Number = chatName(d.Chat.Chat), talkPath(phone.ID, d.Chat.ID), shownNumber(d.Chat.Number)
	d.Initial = initial(d.Name)
	at, _ := strconv.ParseInt(v.FormValue("at"), 10, 64)
	if d.At = at > 0; d.At {
		d.Bubbles, err = c.stretch(v, d, at+talkPage/2, talkPage)
	} else {
		d.Bubbles, err = c.stretch(v, d, 0, talkPage)
	}
	if err != nil {
		return nil, err
	}
	d.Bubbles.Live = !d.At
	return d, c.standing(v, d)
}

// standing finds what is so of the chat now: who answers, and what the person
// wants.
func (c *Console) standing(v *visit, d *talkData) error {
	open, err := c.Store.OpenSession(v.Context(), d.Phone.ID, d.Chat.ID)
	switch {
	case err == nil:
		d.Session = &open
	case wabridge.CodeOf(err) != wabridge.CodeNotFound:
		return err
	}
	wish, err := c.Store.Preference(v.Context(), d.Phone.ID, d.Chat.ID)
	if err != nil && wabridge.CodeOf(err) != wabridge.CodeNotFound {
		return err
	}
	d.Stopped = err == nil && wish.Value == wabridge.PreferenceStop
	return nil
}

// bubbles is a part of a conversation: what is before ?before=, or all from
// ?from= on.
func (c *Console) bubbles(v *visit) error {
	phone, err := c.Store.Phone(v.Context(), v.PathValue("phone"))
	if err != nil {
		return err
	}
	d := &talkData{Phone: phone, Can: v.Can(queue.ScopeSend)}
	d.Chat.ID, d.Path = v.PathValue("chat"), talkPath(phone.ID, v.PathValue("chat"))
	if before, _ := strconv.ParseInt(v.FormValue("before"), 10, 64); before > 0 {
		b, err := c.stretch(v, d, before, talkPage)
		if err != nil {
			return err
		}
		return c.part(v, "older", b)
	}
	from, _ := strconv.ParseInt(v.FormValue("from"), 10, 64)
	b, err := c.newest(v, d, from)
	if err != nil {
		return err
	}
	return c.part(v, "bubbles", b)
}

// newest is the stretch from a message on to the newest one.
func (c *Console) newest(v *visit, d *talkData, from int64) (bubblesData, error) {
	limit := talkMost
	if from <= 0 {
		limit = talkPage
	}
	b, err := c.stretch(v, d, 0, limit)
	b.Live = true
	if i := slices.IndexFunc(b.List, func(one bubble) bool { return one.Seq >= from }); i > 0 {
		b.List = b.List[i:]
		b.From, b.Older = b.List[0].Seq, d.Path+"/bubbles?before="+strconv.FormatInt(b.List[0].Seq, 10)
	}
	return b, err
}

// stretch reads messages of a chat and makes bubbles of them, oldest first.
func (c *Console) stretch(v *visit, d *talkData, before int64, limit int) (bubblesData, error) {
	b := bubblesData{Path: d.Path}
	read, err := c.Store.Talk(v.Context(), d.Phone.ID, d.Chat.ID, before, limit)
	if err != nil || len(read) == 0 {
		return b, err
	}
	slices.Reverse(read)
	b.From, b.Last = read[0].Seq, read[len(read)-1].Seq
	if len(read) == limit {
		b.Older = d.Path + "/bubbles?before=" + strconv.FormatInt(b.From, 10)
	}
	quotes, err := c.quotes(v, read)
	if err != nil {
		return b, err
	}
	b.List = v.bubblesOf(read, quotes, d.Can)
	return b, nil
}

// quotes finds the messages that others quote and that are not among them.
func (c *Console) quotes(v *visit, read []wabridge.Message) (map[string]wabridge.Message, error) {
	all := map[string]wabridge.Message{}
	for _, m := range read {
		all[m.ID] = m
	}
	for _, m := range read {
		if _, ok := all[m.Context]; ok || m.Context == "" {
			continue
		}
		quoted, err := c.Store.Message(v.Context(), m.Context)
		if err != nil && wabridge.CodeOf(err) != wabridge.CodeNotFound {
			return nil, err
		}
		all[m.Context] = quoted // an empty one is not asked for twice
	}
	return all, nil
}

// handOver gives the talk of a bot to a person, or back to it.
func (c *Console) handOver(v *visit) error {
	phone, chat := v.PathValue("phone"), v.PathValue("chat")
	open, err := c.Store.OpenSession(v.Context(), phone, chat)
	if wabridge.CodeOf(err) == wabridge.CodeNotFound {
		return refuse("inbox.no_session")
	}
	if err != nil {
		return err
	}
	person := v.PostFormValue("to") == "person"
	_, err = c.Store.MoveSession(v.Context(), open.ID, func(s wabridge.Session) (wabridge.Session, []queue.Draft, error) {
		if s.State == wabridge.SessionOpen {
			if s.Operator = person; person {
				s.Deadline = time.Time{}
			}
		}
		return s, nil, nil
	}, queue.SessionStep{At: now(), Reason: "console"})
	if err != nil {
		return err
	}
	c.Log.Info("session handed over", "session", open.ID, "person", person, "token", v.Token.ID)
	d, err := c.talkOf(v)
	if err != nil {
		return err
	}
	return c.part(v, "talk-head", d)
}

// gist is a message in a few words, for a list.
func (l language) gist(m *wabridge.Message) string {
	words := brief(string(m.Text), 90)
	switch {
	case m.Type == "reaction" && words == "":
		return l.T("kind.reaction_gone")
	case m.Type == "reaction":
		return l.T("kind.reaction", words)
	case strings.TrimSpace(words) != "":
		return words
	case l.Has("kind." + m.Type):
		return l.T("kind." + m.Type)
	}
	return l.T("kind.other")
}
