package whatsapp

import (
	"slices"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/displayname"
	"github.com/wabridge/wabridge/uiauto"
)

// Next decides what to do about one look. It is pure, and it never acts on
// hope: what is not proven is looked at again or backed out of. How often, and
// until when, is the driver's to say: after a DoLook or DoBack it looks again,
// and when its time is over the Code of the last action is the reason.
func Next(s Screen, g Goal) Action {
	switch s.Kind {
	case Chat:
		return nextInChat(s, g)
	case NotOnWhatsApp, BadNumber, LookupFailed, OpenConfirm:
		return nextInDialog(s, g)
	case Popup:
		return nextInPopup(s)
	case Keyguard, LoggedOut, Banned, UpdateForced, DeviceRefused:
		return nextForPerson(s, g)
	case Restricted:
		return nextRestricted(s, g)
	case ANR, Permission:
		return nextInSystemDialog(s)
	}
	if s.Send != nil {
		return back(wabridge.CodeScreen, "a send button that is not the wanted chat's")
	}
	switch s.Kind {
	case Shade:
		return back(wabridge.CodeScreen, "the notification shade is open")
	case SendPreview, MediaPreview, CannotShare, ReactionTray, AttachSheet, Picker, Search, OtherApp:
		return back(wabridge.CodeScreen, "not the chat but "+string(s.Kind))
	case HomeTab:
		return nextOnHome(s, g)
	case Searching, ChatList, Launcher, Empty:
		return Action{Do: DoLook, Code: wabridge.CodeSlow, Why: "the chat is not open yet: " + string(s.Kind)}
	}
	return Action{Do: DoGiveUp, Code: wabridge.CodeScreen, Why: "a screen that no profile knows: " + s.Why}
}

// nextOnHome decides on a tab of the home that is not the chats': a chat that was
// asked for is still to open; the chat list is to be gone to.
func nextOnHome(s Screen, g Goal) Action {
	if g.Number == "" && g.JID == "" && len(g.Names) == 0 && s.Tab != nil {
		return Action{Do: DoTap, At: s.Tab.Bounds, Code: wabridge.CodeSlow, Why: "the home shows another tab: go to the chats"}
	}
	return again("the chat is not open yet: " + string(s.Kind))
}

func back(code wabridge.Code, why string) Action { return Action{Do: DoBack, Code: code, Why: why} }

func again(why string) Action { return Action{Do: DoLook, Code: wabridge.CodeSlow, Why: why} }

// nextInChat decides in an open chat. Nothing is read, typed or sent before the
// chat is proven to be the wanted one.
func nextInChat(s Screen, g Goal) Action {
	if s.Chat == nil || s.Chat.Title == "" {
		return again("the chat has no title yet")
	}
	proof, ok := Proven(*s.Chat, g)
	if !ok {
		return back(wabridge.CodeWrongChat, proof)
	}
	switch {
	case s.Down != nil:
		return Action{Do: DoTap, At: s.Down.Bounds, Code: wabridge.CodeSlow, Why: "newer messages are out of sight: go down to them"}
	case !g.Send && g.Text == "":
		return Action{Do: DoRead, Why: proof}
	case s.Composer == nil && s.ReadOnly != "":
		return NextWithoutComposer(s)
	case s.Composer == nil || s.Composer.Bounds.Empty():
		return again("the composer is not there yet")
	case s.Composer.Empty && !g.Send:
		return Action{Do: DoRead, Why: proof}
	case s.Composer.Empty:
		return Action{Do: DoFill, Why: proof + "; the composer is empty"}
	case s.Send == nil || s.Send.Bounds.Empty():
		return again("the composer holds text and there is no send button yet")
	case s.Sends > 1 || !besides(s.Send.Bounds, s.Composer.Bounds):
		return again("a send button that is not beside the composer")
	case !SameText(g.Text, s.Composer.Text):
		return Action{Do: DoClear, Code: wabridge.CodeScreen, Why: "the composer holds another text"}
	case !g.Send:
		return Action{Do: DoRead, Why: proof}
	}
	return nextQuoted(s, g, proof+"; the composer holds the text")
}

// NextWithoutComposer decides in the right chat where a notice stands in place of
// the composer.
func NextWithoutComposer(s Screen) Action {
	if s.Blocked {
		return Action{Do: DoFail, Code: wabridge.CodeUndeliverable, Why: "this contact is blocked on the phone"}
	}
	return closedChat()
}

// closedChat is the answer to a notice in place of the composer that nobody
// knows: it may be the account's restriction, a group where only admins write, or
// something new. Nothing was typed, nothing is concluded: the message waits.
func closedChat() Action {
	return Action{Do: DoFail, Code: wabridge.CodeClosedChat, Why: "there is a notice in place of the composer that is not known"}
}

// nextQuoted looks at what the message would quote.
func nextQuoted(s Screen, g Goal, proof string) Action {
	switch {
	case s.Panel == nil && g.Quote == nil:
		return Action{Do: DoTapSend, At: s.Send.Bounds, Why: proof}
	case s.Panel == nil:
		return Action{Do: DoQuote, Why: proof + "; the quote is not there yet"}
	case g.Quote != nil && g.Quote.Quotes(*s.Panel, g.Words):
		return Action{Do: DoTapSend, At: s.Send.Bounds, Why: proof + "; the quote is the wanted one"}
	case !s.Panel.Close.Empty():
		return Action{Do: DoTap, At: s.Panel.Close, Code: wabridge.CodeScreen, Why: "the composer quotes another message"}
	}
	return back(wabridge.CodeScreen, "the composer quotes another message and shows no way to take that away")
}

// besides reports whether the send button stands in the row of the composer.
func besides(send, composer uiauto.Rect) bool {
	return send.Top < composer.Bottom && composer.Top < send.Bottom
}

// Proven says whether the open chat is the wanted one, and by what: a name that
// the phone has for this number alone, the shown number, last the way that led
// here. A title that others have too proves nothing, whichever way led to it; a
// group's chat is no person's; a header with another's name or number is the
// wrong chat.
func Proven(h Header, g Goal) (proof string, ok bool) {
	number := wantedNumber(g)
	switch {
	case h.Group && number != "":
		return "the chat is a group", false
	case g.Owner == TitleShared:
		return "several chats of this phone have the title, and neither what stands in this one nor its page tells whose it is", false
	case g.Owner == TitleOther:
		return "the header shows somebody else's name", false
	case g.Owner == TitleTold:
		return "several have the title; what stands in the chat, or on its page, is the wanted one's", true
	case g.Owner == TitleWanted:
		return "the header shows the wanted chat's own title", true
	case slices.ContainsFunc(g.Names, func(name string) bool { return displayname.Same(name, h.Title) }):
		return "the header shows the contact's name", true
	case h.Number != "" && number != "" && wabridge.SameNumber(h.Number, number):
		return "the header shows the number", true
	case h.Number != "" && number != "",
		h.Other != "" && number != "" && !wabridge.SameNumber(h.Other, number):
		return "the header shows another number", false
	case g.Direct:
		return "this link led straight here", true
	}
	return "nothing proves that this is the wanted chat", false
}

func wantedNumber(g Goal) string {
	if g.Number != "" {
		return g.Number
	}
	return wabridge.NumberOf(g.JID)
}

// nextInDialog decides on an answer of the app about a number. It counts only
// for the number that is asked for: a dialog of an earlier attempt may still
// stand there. After DoFail the dialog is still to be backed out of.
func nextInDialog(s Screen, g Goal) Action {
	if !speaksOf(s, g) {
		return back(wabridge.CodeScreen, "a dialog that does not speak of this number: "+string(s.Kind))
	}
	switch s.Kind {
	case NotOnWhatsApp:
		return Action{Do: DoFail, Code: wabridge.CodeUndeliverable, Why: "the app says that this number is not on WhatsApp"}
	case BadNumber:
		return Action{Do: DoFail, Code: wabridge.CodeUndeliverable, Why: "the app says that this is not a valid number"}
	case LookupFailed:
		why := "the app could not look the number up"
		if s.NoNet {
			why += ": no internet"
		}
		return Action{Do: DoFail, Code: wabridge.CodeNetwork, Why: why}
	}
	for _, b := range s.Dialog.Buttons {
		if b.ID == "button1" && !b.Bounds.Empty() { // Android's positive button
			return Action{Do: DoTap, At: b.Bounds, Why: "open the chat with this number"}
		}
	}
	return back(wabridge.CodeScreen, "a question without a button to agree")
}

// speaksOf reports whether a dialog is the answer about the number that is asked
// for: it names it; or it says, without naming any, that a number is not on
// WhatsApp, and this attempt's link led straight to it.
func speaksOf(s Screen, g Goal) bool {
	number := wantedNumber(g)
	switch {
	case s.Dialog == nil || number == "":
		return false
	case s.Dialog.Digits == "":
		return s.Kind == NotOnWhatsApp && g.Direct
	}
	return wabridge.SameNumber(s.Dialog.Digits, number)
}

// nextInPopup does what the profile says about a popup.
func nextInPopup(s Screen) Action {
	switch {
	case s.Wait:
		return Action{Do: DoLook, Code: wabridge.CodeSlow, Why: "popup " + s.Popup + " goes by itself"}
	case s.Press != nil && !s.Press.Bounds.Empty():
		return Action{Do: DoTap, At: s.Press.Bounds, Code: wabridge.CodeScreen, Why: "popup " + s.Popup}
	}
	return back(wabridge.CodeScreen, "popup "+s.Popup)
}

// nextForPerson decides where the phone itself is not fit to send.
func nextForPerson(s Screen, g Goal) Action {
	stop := Action{Do: DoStop, Why: s.Words}
	switch s.Kind {
	case Keyguard:
		if !s.Locked || g.CanUnlock {
			return Action{Do: DoWake, Code: wabridge.CodeLockedScreen, Why: "the lock screen is up"}
		}
		stop.Code, stop.Why = wabridge.CodeLockedScreen, "the lock screen asks for a PIN, pattern or password"
	case LoggedOut:
		stop.Code = wabridge.CodeNotRegistered
	case Banned:
		stop.Code = wabridge.CodeLocked
	case UpdateForced, DeviceRefused:
		stop.Code = wabridge.CodeAttention
	}
	if stop.Why == "" {
		stop.Why = string(s.Kind) + ": " + s.Why
	}
	return stop
}

// nextRestricted decides where the app refuses a new chat: that is an answer
// about this message; other chats still work (facts on Android, section 8).
// Without a chat that is asked for it is only in the way.
func nextRestricted(s Screen, g Goal) Action {
	if g.Number == "" && g.JID == "" {
		return back(wabridge.CodeNoNewChats, "a chat that the restricted account may not start")
	}
	if s.Chat != nil && s.Chat.Title != "" {
		if proof, ok := Proven(*s.Chat, g); !ok {
			return back(wabridge.CodeWrongChat, proof)
		}
	}
	if s.Guessed && wabridge.IsGroup(g.JID) {
		return closedChat() // a group's notice: only its admins may write, as likely as not
	}
	return Action{Do: DoFail, Code: wabridge.CodeNoNewChats, Why: s.Words}
}

// nextInSystemDialog waits for an app that does not respond, and grants nothing.
func nextInSystemDialog(s Screen) Action {
	for _, b := range s.Dialog.Buttons { // the preferred one is first
		if !b.Bounds.Empty() {
			return Action{Do: DoTap, At: b.Bounds, Code: wabridge.CodeScreen, Why: string(s.Kind) + ": " + b.ID}
		}
	}
	return back(wabridge.CodeScreen, string(s.Kind)+" without a known button")
}
