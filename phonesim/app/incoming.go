package app

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wabridge/wabridge/phonesim/android"
)

var incomingKinds = []string{"text", "image", "video", "audio", "voice", "document", "sticker", "location", "contact", "reaction", "live_location", "poll", "view_once", "deleted"}

// plainKinds are those that come without a file.
var plainKinds = []string{"text", "reaction", "live_location", "poll", "view_once", "deleted"}

// Incoming is somebody writing to the account. The app has it at once, or when
// the network and its process allow.
func (a *App) Incoming(in IncomingMessage) (id string, err error) {
	if err := a.complete(&in); err != nil {
		return "", err
	}
	a.lastID++
	if in.ID == "" {
		in.ID = fmt.Sprintf("in-%d", len(a.received)+1)
	}
	if in.Name != "" && in.Group == "" {
		a.AddContact(Contact{Name: in.Name, Number: in.From})
	}
	r := &ReceivedMessage{IncomingMessage: in, At: time.Now(), Chat: in.From, data: in.File}
	if r.File = nil; len(r.data) > 0 {
		r.SHA256 = hash(r.data)
	}
	if in.Group != "" {
		r.Chat = a.group(in.Group).ID
	}
	a.received = append(a.received, r)
	a.waiting = append(a.waiting, r)
	a.sys.After(a.sys.Latency.Push, a.catchUp)
	return in.ID, nil
}

// complete checks a message and fills in what was left out.
func (a *App) complete(in *IncomingMessage) error {
	digits := digitsOf(in.From)
	if digits == "" {
		return fmt.Errorf("from: %q has no digits", in.From)
	}
	in.From = digits
	kind := cmp.Or(in.Type, in.Kind, "text")
	if kind == "contacts" {
		kind = "contact"
	}
	if !slices.Contains(incomingKinds, kind) {
		return fmt.Errorf("kind: %q is not one of %s", kind, strings.Join(incomingKinds, ", "))
	}
	in.Type = ""
	if in.Kind = kind; kind == "text" {
		in.Kind = ""
	}
	in.Text = cmp.Or(in.Text, in.Caption)
	if in.Text == "" && (kind == "text" || kind == "reaction") {
		return fmt.Errorf("text: a %s message needs one", kind)
	}
	if in.Quote == "" && kind == "deleted" {
		return errors.New("quote: names the message that is deleted")
	}
	if !slices.Contains(plainKinds, kind) && len(in.File) == 0 {
		in.IncomingFile = generated(kind, in.IncomingFile, len(a.received))
	}
	in.MIME = cmp.Or(in.MIME, usualMIME[kind])
	return nil
}

var usualMIME = map[string]string{"image": "image/jpeg", "video": "video/mp4", "audio": "audio/mpeg", "voice": "audio/ogg; codecs=opus",
	"document": "application/pdf", "sticker": "image/webp", "contact": "text/x-vcard"}

// file is what the bubble of a received message carries, nil for a text.
func (r *ReceivedMessage) file() *file {
	if r.Kind == "" || slices.Contains(plainKinds, r.Kind) {
		return nil
	}
	f := newFile(r.Kind, r.MIME, r.Filename, r.data)
	if f.name == "" {
		f.name = r.Kind + android.ExtensionOf(r.MIME)
	}
	f.seconds = r.Seconds
	f.latitude, f.longitude, f.place, f.address = r.Latitude, r.Longitude, r.Place, r.Address
	if _, kept := folders[r.Kind]; kept {
		f.phase = remote
	}
	return f
}

// download fetches an incoming file: on its own, or when its bubble is tapped.
func (a *App) download(c *Chat, m *Message) {
	f := m.file
	if f.phase != remote {
		return
	}
	f.phase = moving
	a.changed(c)
	a.sys.After(a.sys.Latency.Download, func() {
		f.phase = remote
		if !a.online() {
			a.fetching = append(a.fetching, outgoing{c, m})
			a.changed(c)
			return
		}
		if a.sys.Take(android.FaultMediaMissing) || a.store(f, m.At, false) != nil {
			a.changed(c)
			return
		}
		f.phase = ready
		if m.got != nil {
			m.got.Path = f.path
		}
		a.changed(c)
		if m.noted && !a.sys.Has(android.FaultNoNotifications) { // now the notification has a picture
			a.postAll()
		}
	})
}

// deleted takes back a message: its text goes, in the chat and in the notification.
func (a *App) deleted(c *Chat, r *ReceivedMessage) {
	r.Delivered, r.Time = time.Now(), now()
	if m := a.findMessage(c, r.Quote); m != nil {
		m.deleted = true
		a.postedAnew(m)
	}
}

// reveal gives their texts to messages that waited for them.
func (a *App) reveal() {
	for _, c := range a.chats {
		for _, m := range c.Messages {
			if m.waiting {
				m.waiting = false
				a.postedAnew(m)
			}
		}
	}
}

// postedAnew shows a message whose text has changed, in its notification too.
func (a *App) postedAnew(m *Message) {
	a.sys.Changed()
	if m.noted && !a.sys.Has(android.FaultNoNotifications) {
		a.postAll()
	}
}

// inPlace is what the app says in place of a message's text, "" where it has it.
func (a *App) inPlace(m *Message) string {
	switch {
	case m.waiting:
		return a.files().waiting
	case m.deleted && m.Out:
		return a.files().deletedOwn
	case m.deleted:
		return a.files().deleted
	}
	return ""
}

// fetch goes on with the downloads that had no network.
func (a *App) fetch() {
	waiting := a.fetching
	a.fetching = nil
	for _, w := range waiting {
		a.download(w.chat, w.message)
	}
}

// findMessage is the message of a chat that a text, or a number of the ledger, names; nil if
// there is none. Of several the newest.
func (a *App) findMessage(c *Chat, which string) *Message {
	if which == "" {
		return nil
	}
	n, err := strconv.Atoi(which)
	for _, m := range slices.Backward(c.Messages) {
		if m.Text == which || err == nil && m.sent != nil && m.sent.Order == n {
			return m
		}
	}
	return nil
}

// reacted is somebody's reaction: below the bubble, and in a notification if it is to
// a message of ours (from memory).
func (a *App) reacted(c *Chat, r *ReceivedMessage) {
	r.Delivered, r.Time = time.Now(), now()
	to := a.findMessage(c, r.Quote)
	if to == nil {
		return
	}
	to.theirs = r.Text
	a.sys.Changed()
	if !to.Out || a.openChat() == c {
		r.OnScreen = a.openChat() == c
		return
	}
	m := &Message{Kind: "reaction", Text: fmt.Sprintf(a.files().reactedF, r.Text, oneLine(a.mediaText(to), 60)), At: r.Time, From: r.From, got: r, noted: true, hidden: true}
	if c.Group {
		m.Sender = cmp.Or(r.Name, a.senderName(r.From, r.Profile))
	}
	a.add(c, m)
	a.notify(c)
}
