package app

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/wabridge/wabridge/phonesim/android"
)

// sendNow is what the send button does: the message is in the chat and in the
// ledger before anything else happens.
func (a *App) sendNow(c *Chat, text string, human bool, kind string) *Message {
	m := a.add(c, &Message{Out: true, Text: text, Kind: kind, At: now()})
	a.enter(c, m, human)
	a.changed(c)
	a.transmit(c, m)
	return m
}

// sendQuoting is sendNow for what the composer holds, which may answer a message.
func (a *App) sendQuoting(c *Chat, text string, quote *Message) {
	m := a.add(c, &Message{Out: true, Text: text, At: now(), quote: quote})
	a.enter(c, m, false)
	a.changed(c)
	a.transmit(c, m)
}

// enter writes a message's line of the ledger.
func (a *App) enter(c *Chat, m *Message, human bool) {
	m.sent = &SentMessage{Order: len(a.ledger) + 1, To: c.ID, Text: m.Text, At: time.Now(), State: Pending.String(), Human: human, Kind: m.Kind}
	if m.file != nil {
		m.sent.Media = m.file.sent(m.Text)
	}
	if m.quote != nil {
		m.sent.Quote = a.mediaText(m.quote)
	}
	a.ledger = append(a.ledger, m.sent)
}

// transmit gives a message to the network, or keeps it with a clock.
func (a *App) transmit(c *Chat, m *Message) {
	if !a.online() {
		a.outbox = append(a.outbox, outgoing{c, m})
		return
	}
	a.sys.After(a.sys.Latency.Bubble, func() {
		if m.held || m.State != Pending {
			return
		}
		if !a.online() {
			a.outbox = append(a.outbox, outgoing{c, m})
			return
		}
		a.setState(c, m, Sent)
		if m.Kind != "reaction" { // which has no ticks
			a.advance(c, m)
		}
	})
}

// outgoing is a message that waits for the network.
type outgoing struct {
	chat    *Chat
	message *Message
}

// flush sends what waited for the network, in order.
func (a *App) flush() {
	out := a.outbox
	a.outbox = nil
	for _, o := range out {
		if o.message.phase() == moving {
			a.upload(o.chat, o.message)
		} else {
			a.transmit(o.chat, o.message)
		}
	}
}

// setState moves a message's tick. The first step away from the clock is when it
// was on the wire.
func (a *App) setState(c *Chat, m *Message, s State) {
	m.State = s
	m.sent.State = s.String()
	if s >= Sent && m.sent.Wire.IsZero() {
		m.sent.Wire = time.Now()
	}
	a.changed(c)
}

// changed notes that a chat is not what it was, if a person sees it: open, or
// its row in the list. What nobody sees makes no accessibility event.
func (a *App) changed(c *Chat) {
	_, home := a.top().(*homeScreen)
	if a.openChat() == c || home && a.sys.Seen(a) {
		a.sys.Changed()
	}
}

// advance lets the other side receive and read a sent message, and answer it.
func (a *App) advance(c *Chat, m *Message) {
	l := a.sys.Latency
	a.deliver(c, m)
	if strings.HasSuffix(c.ID, "111") && !a.sys.Has(android.FaultEchoOff) {
		a.sys.After(l.Echo, func() {
			_, _ = a.Incoming(IncomingMessage{From: c.ID, Text: "echo: " + m.Text})
		})
	}
}

// deliverHeld lets messages go on that a recipient's switched-off phone held up.
func (a *App) deliverHeld() {
	for _, c := range a.chats {
		for _, m := range c.Messages {
			if m.Out && m.State == Sent && !m.held && m.sent != nil {
				a.deliver(c, m)
			}
		}
	}
}

// deliver lets the recipient's phone have a sent message, and then its owner read it.
func (a *App) deliver(c *Chat, m *Message) {
	free := func(s State) bool { return m.State == s && !m.held && !a.sys.Has(android.FaultHoldTicks) }
	a.sys.After(a.sys.Latency.Delivered, func() {
		if !free(Sent) {
			return
		}
		a.setState(c, m, Delivered)
		a.sys.After(a.sys.Latency.Read, func() {
			if free(Delivered) {
				a.setState(c, m, Read)
			}
		})
	})
}

// Tick sets the newest outgoing message of a chat, which then stays so until it
// is set again.
func (a *App) Tick(to string, s State) error {
	c := a.find(to)
	if c == nil {
		return fmt.Errorf("no chat with %q", to)
	}
	for _, m := range slices.Backward(c.Messages) {
		if m.Out {
			m.held = true
			a.setState(c, m, s)
			return nil
		}
	}
	return fmt.Errorf("nothing was sent to %q", to)
}

// find is the chat of digits, a JID, a saved name or a group's name.
func (a *App) find(who string) *Chat {
	if c := a.chats[digitsOf(who)]; c != nil {
		return c
	}
	for _, c := range a.chats {
		if c.ID == who || c.Name == who {
			return c
		}
	}
	return nil
}

func digitsOf(s string) string {
	if strings.HasSuffix(s, "@g.us") {
		return s
	}
	s, _, _ = strings.Cut(s, "@")
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}

// Human is a person who sends a text from this account: on another of its
// devices, so that only the chat shows it, or on the phone's screen.
func (a *App) Human(to, text string, onScreen bool) error {
	c := a.find(to)
	if c == nil {
		d := digitsOf(to)
		if d == "" {
			return fmt.Errorf("no chat with %q", to)
		}
		c = a.chat(d)
	}
	if onScreen {
		a.alive()
		a.show(c)
		a.sys.StartFront(a)
	}
	a.sendNow(c, text, true, "")
	return nil
}

// Sent is the ledger.
func (a *App) Sent() []SentMessage {
	out := make([]SentMessage, len(a.ledger))
	for i, s := range a.ledger {
		out[i] = *s
	}
	return out
}

// Received are the incoming messages.
func (a *App) Received() []ReceivedMessage {
	out := make([]ReceivedMessage, len(a.received))
	for i, r := range a.received {
		out[i] = *r
	}
	return out
}

// catchUp takes what waits at the server.
func (a *App) catchUp() {
	if !a.online() || a.stopped || a.loggedOut() {
		return
	}
	in := a.waiting
	a.waiting = nil
	for _, r := range in {
		a.take(r)
	}
}

// take is one message reaching the app.
func (a *App) take(r *ReceivedMessage) {
	var c *Chat
	if r.Group != "" {
		c = a.group(r.Group)
	} else {
		c = a.chat(r.From)
		if r.Profile != "" && a.cfg.Identity == "lid" {
			c.profile = r.Profile
		}
	}
	switch r.Kind {
	case "reaction":
		a.reacted(c, r)
		return
	case "deleted":
		a.deleted(c, r)
		return
	}
	m := a.add(c, &Message{waiting: a.sys.Has(android.FaultWaiting), Text: r.Text, Kind: r.Kind, At: r.At.Truncate(time.Second), From: r.From, got: r, file: r.file(), quote: a.findMessage(c, r.Quote)})
	if c.Group {
		m.Sender = r.Name
		if m.Sender == "" {
			m.Sender = a.senderName(r.From, r.Profile)
		}
	}
	r.Delivered, r.Time = time.Now(), m.At
	a.sys.Changed()
	if m.file != nil && (r.AutoDownload == nil || *r.AutoDownload) {
		defer a.download(c, m)
	}
	if a.openChat() == c {
		r.OnScreen = true
		return
	}
	c.Unread++
	if c.Archived {
		return
	}
	m.noted = true
	a.notify(c)
}

// senderName is how a group shows who wrote: the saved name, the chosen one or
// the number.
func (a *App) senderName(digits, profile string) string {
	for _, k := range a.cfg.Contacts {
		if k.Number == digits && k.Name != "" {
			return k.Name
		}
	}
	if profile != "" {
		return chosen(profile)
	}
	return FormatNumber(digits)
}
