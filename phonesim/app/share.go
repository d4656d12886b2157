package app

import (
	"fmt"
	"io/fs"
	"strings"

	"github.com/wabridge/wabridge/phonesim/android"
)

// share is SEND with a file. With the jid extra it goes to that chat's preview
// (facts/android.md 7, reports); without, or if the app knows nobody of that
// name, to the contact picker.
func (a *App) share(jid string, i android.Intent) {
	f, err := a.sharedFile(i)
	how, refused := "", false
	if err == nil {
		how, refused = a.sys.TakeValue(android.FaultNoGrant)
	}
	if err != nil || refused {
		a.cannotShare(i.Extras[android.ExtraStream], err, how == "dialog")
		return
	}
	caption := i.Extras[android.ExtraText]
	if a.sys.Take(android.FaultCaptionLost) {
		caption = ""
	}
	c := a.sharedTo(jid)
	if c == nil || a.sys.Take(android.FaultSharePicker) {
		a.push(&pickerScreen{a: a, text: caption, file: f})
		return
	}
	if a.sys.Take(android.FaultShareWrongChat) {
		c = a.otherChat(c)
	}
	if len(c.Messages) == 0 && a.sys.Has(android.FaultRestricted) { // from memory: the chat with its banner
		a.show(c)
		return
	}
	a.offer(c, f, caption)
}

// sharedTo is the chat of a jid extra, nil if the app knows none.
func (a *App) sharedTo(jid string) *Chat {
	l := a.jidLink(jid)
	switch {
	case strings.HasSuffix(l.digits, "@g.us"):
		return a.chats[l.digits]
	case len(l.digits) < 7 || len(l.digits) > 15 || !onWhatsApp(l.digits):
		return nil
	}
	return a.chat(l.digits)
}

// cannotShare is a file that cannot be read: a toast, which no dump holds, or
// a dialog. The words are the app's; which of the two it is, is from memory.
func (a *App) cannotShare(uri string, err error, dialog bool) {
	a.home()
	if err == nil {
		err = fs.ErrPermission
	}
	a.sys.Main(a.pid, 'W', "System.err", fmt.Sprintf("java.lang.SecurityException: %s: %v", uri, err))
	a.sys.Main(a.pid, 'I', "WhatsApp", "toast: "+a.files().cannotShare)
	if dialog {
		a.dialog(a.files().cannotShare)
	}
}

// offer shows what stands between a shared file and its chat: a preview with a
// caption, a question, or the contacts.
func (a *App) offer(c *Chat, f *file, caption string) {
	switch {
	case f.kind == "contact":
		a.push(&contactsScreen{a: a, chat: c, file: f})
	case f.kind == "audio", f.kind == "document" && a.sys.Has(android.FaultDocumentDialog):
		a.push(&pickerScreen{a: a, text: caption, file: f})
		a.confirm(c, f)
	default:
		a.compose(c, f, caption)
	}
	a.sys.ChangesFor(a.sys.Latency.Preview)
}

// confirm is the question before a document or an audio file. Its words are
// confirm_send_document_title and confirm_send_single_audio; the tree is that
// of the app's other dialogs.
func (a *App) confirm(c *Chat, f *file) {
	w, fw := a.words(), a.files()
	a.over = append(a.over, &alert{a: a, activity: ".contact.picker.ContactPicker", text: say(fw.confirmSendF, f.name, c.title()), buttons: []alertButton{
		{w.send, func() { a.sendSound(c, f) }},
		{w.cancel, func() { a.home(); a.sys.Changed() }},
	}})
}

// sendSound is the answer to the question: the file goes, or, as one report has
// it of a sound, stands in its chat as a voice message that is not sent yet.
func (a *App) sendSound(c *Chat, f *file) {
	if f.kind != "audio" || !a.sys.Has(android.FaultVoiceDraft) {
		a.sendFile(c, f, "")
		return
	}
	c.sound = f
	a.show(c)
	a.changed(c)
	a.sys.ChangesFor(a.sys.Latency.Bubble)
}

// sendDraft is the tap on the send button of such a voice message.
func (a *App) sendDraft(c *Chat) {
	if f := c.sound; f != nil && !a.sys.Take(android.FaultSendStuck) {
		c.sound = nil
		a.sendFile(c, f, "")
	}
}

// sendFile is the tap on send of whatever screen: the chat is open, and the
// file's bubble is in it.
func (a *App) sendFile(c *Chat, f *file, caption string) {
	if a.sys.Take(android.FaultSendStuck) {
		return
	}
	a.show(c)
	f.phase = moving
	m := a.add(c, &Message{Out: true, Text: caption, Kind: f.kind, At: now(), file: f})
	a.enter(c, m, false)
	if err := a.store(f, m.At, true); err != nil {
		a.sys.Log.Debug("keep a sent file", "err", err)
	}
	a.changed(c)
	a.upload(c, m)
	a.sys.ChangesFor(a.sys.Latency.Bubble)
	if a.sys.Take(android.FaultKillAfterTap) {
		a.sys.Kill(a)
	}
}

// upload moves a sent file to the servers; only then does its message go.
func (a *App) upload(c *Chat, m *Message) {
	f := m.file
	if f.phase != preparing {
		if d, ok := a.sys.TakeFor(android.FaultProcessing); ok {
			f.phase = preparing
			a.sys.After(d, func() { a.upload(c, m) })
			return
		}
	}
	f.phase = moving
	a.changed(c)
	a.sys.After(a.sys.Latency.Upload, func() {
		switch {
		case m.held || m.State != Pending:
			f.phase = ready
			return
		case a.sys.Take(android.FaultUploadFailed):
			f.phase = broken
		case !a.online():
			a.outbox = append(a.outbox, outgoing{c, m})
			return
		default:
			f.phase = ready
			a.transmit(c, m)
		}
		a.changed(c)
	})
}

// retry is the tap on a failed upload.
func (a *App) retry(c *Chat, m *Message) {
	if m.file.phase == broken {
		a.upload(c, m)
	}
}
