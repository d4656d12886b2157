package whatsapp

import (
	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/uiauto"
)

// Kind is what a look turned out to be.
type Kind string

// The kinds of screens.
const (
	Chat          Kind = "chat"            // a chat is open, its header known
	ChatList      Kind = "chat_list"       // WhatsApp's home, the tab with the chats; or the list of archived chats
	HomeTab       Kind = "home_tab"        // WhatsApp's home, another tab: Updates, Communities, Calls
	NotOnWhatsApp Kind = "not_on_whatsapp" // dialog: the number is not on WhatsApp
	BadNumber     Kind = "bad_number"      // dialog: not a valid number, too short, no country code
	LookupFailed  Kind = "lookup_failed"   // dialog: look-up failed, no internet
	Searching     Kind = "searching"       // "Searching…": look again
	OpenConfirm   Kind = "open_confirm"    // "Chat with +…?" OK
	MediaPreview  Kind = "media_preview"   // what a shared file looks like before it goes; Preview tells more
	ReactionTray  Kind = "reaction_tray"   // the emojis over a bubble that is held down
	AttachSheet   Kind = "attach_sheet"    // what the attach button offers
	CannotShare   Kind = "cannot_share"    // dialog: the app cannot read a shared file
	SendPreview   Kind = "send_preview"    // something else with a send of its own
	Picker        Kind = "picker"          // contact or document picker
	Search        Kind = "search"          // search results
	Keyguard      Kind = "keyguard"        // lock screen; Locked tells whether a secret is asked
	Shade         Kind = "shade"           // notification shade, quick settings
	Popup         Kind = "popup"           // a known card over something; Popup names it
	LoggedOut     Kind = "logged_out"      // EULA, registration
	Banned        Kind = "banned"
	Restricted    Kind = "restricted" // account restricted: no new chats
	UpdateForced  Kind = "update_forced"
	DeviceRefused Kind = "device_refused" // the app does not work on this device: companion only, custom ROM, unofficial app
	ANR           Kind = "anr"            // "… isn't responding"
	Permission    Kind = "permission"     // runtime permission dialog
	Launcher      Kind = "launcher"
	OtherApp      Kind = "other_app"
	Unknown       Kind = "unknown" // the app's window, but none we know
	Empty         Kind = "empty"   // a dump without nodes
)

// A Screen is what one look shows. Absent parts are nil or empty. Names, titles
// and the app's own words have direction marks removed (uiauto.Clean); what
// people wrote (bubbles, composer) is as the dump has it.
//
// As JSON it is what `wabridge screen --json` prints; members without a name
// there are for the driver.
type Screen struct {
	App      string    `json:"app"` // package of the window
	Kind     Kind      `json:"screen"`
	Chat     *Header   `json:"chat,omitempty"`
	Composer *Composer `json:"composer,omitempty"`
	Send     *Target   `json:"send,omitempty"` // any node with the id `send`, on whatever screen
	Bubbles  []Bubble  `json:"bubbles,omitempty"`
	Dialog   *Dialog   `json:"dialog,omitempty"`
	Chats    []Row     `json:"chats,omitempty"`
	Archive  *Archive  `json:"archive,omitempty"`     // the entry of the archived chats, above the list
	Draft    *Target   `json:"voice_draft,omitempty"` // the send button of a voice message that stands in place of the composer, unsent
	Panel    *Quote    `json:"quote_panel,omitempty"` // above the composer: what the next message quotes
	Preview  *Preview  `json:"preview,omitempty"`
	Tray     []Emoji   `json:"tray,omitempty"`
	Files    []File    `json:"files,omitempty"` // of the document picker, in its order

	Why      string      `json:"-"` // the rule and nodes that decided
	Popup    string      `json:"-"` // name of the popup, of the profile's table
	Press    *Button     `json:"-"` // what the profile says to press on this popup; nil: go back
	Wait     bool        `json:"-"` // the popup goes by itself
	Locked   bool        `json:"-"` // keyguard that asks PIN, pattern or password
	Down     *Target     `json:"-"` // the button that goes to the newest message; there when it is out of sight
	Sends    int         `json:"-"` // how many nodes have the id `send`
	ReadOnly string      `json:"-"` // text in place of the composer
	Blocked  bool        `json:"-"` // ReadOnly says that we have blocked this contact
	Guessed  bool        `json:"-"` // restricted by the place of a notice alone, its words are not known
	Tab      *Target     `json:"-"` // the tab with the chats, where another one is open
	Words    string      `json:"-"` // the app's words that decided, digits masked: for people
	NoNet    bool        `json:"-"` // lookup_failed for want of internet
	Attach   *Target     `json:"-"` // the composer's button, or the entry for documents in its sheet
	Size     uiauto.Rect `json:"-"` // of the window
}

// A Header names the open chat.
type Header struct {
	Title  string `json:"title"`            // displayname.Clean
	Number string `json:"number,omitempty"` // digits, if the title reads like a number
	Status string `json:"status,omitempty"` // "online", "typing…"
	Self   bool   `json:"-"`                // "(You)": the chat with oneself, or somebody saved so
	// Other is the digits of a title that is a number and a word in brackets, as that
	// of the chat with oneself is in a language that no profile has. It is somebody's
	// saved name as likely: it proves no chat, it only speaks against another number.
	Other string `json:"-"`
	Group bool   `json:"-"` // a bubble names its sender, as only groups do

	Name  uiauto.Rect `json:"-"` // of the title; a tap on it opens the page about the chat
	Photo uiauto.Rect `json:"-"` // of the picture beside the name; empty if there is none
}

// A Composer is the text field of a chat. Empty is judged by `send` absent and
// `voice_note_btn` present (or the placeholder shown), never by an empty text: the
// placeholder is text.
type Composer struct {
	Text   string      `json:"text"` // "" when Empty
	Empty  bool        `json:"empty"`
	Bounds uiauto.Rect `json:"bounds"`
}

// A Target can be tapped.
type Target struct {
	Bounds uiauto.Rect `json:"bounds"`
}

// A Bubble is one message on the screen, oldest first. A clipped one at the
// edge of the list may lack parts.
type Bubble struct {
	Out       bool
	Dir       string // "out" or "in"
	Text      string // of a picture or file its caption; of a document without one its file name
	Time      string // as shown
	Status    Tick   // outgoing only
	Sender    string // in groups, where the app shows it: above the first of a run
	Media     string // image, video, audio, voice, document, sticker, contact, or media for what is not known closer; "" for text
	File      string // name of a document; of a contact card the contact's
	Quote     *Quote // what it quotes
	Reaction  string // the emojis below it, as shown
	Reacted   int    // how many reactions the app counts, 0 if it does not say
	Transfer  Transfer
	Retry     uiauto.Rect // the button of a stopped transfer
	More      bool        // the app cut the text ("Read more")
	Clipped   bool        // touches the edge of the list: parts may be out of sight
	CutTop    bool        // at the upper edge: so may be the name of who sent it
	CutBottom bool        // at the lower edge
	Below     bool        // newer messages stand below it, out of sight
	First     bool        // nothing of the chat stands above it
	Bounds    uiauto.Rect
}

// Transfer is how far a file is on its way.
type Transfer string

// The states of a transfer. Stopped is a download that was not begun or, of an
// outgoing file, an upload that failed.
const (
	TransferDone    Transfer = ""
	TransferRunning Transfer = "running"
	TransferStopped Transfer = "stopped"
)

// A Quote is what a message answers: its sender as the app names him, and its
// text, or a word where it is a file.
type Quote struct {
	Title string      `json:"title,omitempty"`
	Text  string      `json:"text,omitempty"`
	Close uiauto.Rect `json:"-"` // the button that takes it away, in the panel above the composer
}

// A Preview is what a shared file looks like before it is sent.
type Preview struct {
	// Kind is media (the media composer), contacts, or confirm (a question).
	Kind       string   `json:"kind"`
	Recipients []string `json:"recipients,omitempty"` // as the app names them
	Caption    string   `json:"caption,omitempty"`
	File       string   `json:"filename,omitempty"` // where the app names it
	Files      int      `json:"-"`                  // how many thumbnails it shows; 0: one file, no strip of them
	Field      *Target  `json:"-"`                  // for the caption; nil: there is none
}

// An Emoji of the tray.
type Emoji struct {
	Text string `json:"emoji"`
	Mine bool   `json:"mine,omitempty"` // our reaction already: a tap takes it away

	Bounds uiauto.Rect `json:"-"`
}

// A File of the document picker.
type File struct {
	Name   string      `json:"name"`
	Bounds uiauto.Rect `json:"-"`
}

// A Tick is the state of an outgoing bubble.
type Tick string

// The ticks. Unknown is a status whose word no profile has.
const (
	TickNone      Tick = ""
	TickPending   Tick = "pending"
	TickSent      Tick = "sent"
	TickDelivered Tick = "delivered"
	TickRead      Tick = "read"
	TickUnknown   Tick = "unknown"
)

// A Dialog is a pop-up window.
type Dialog struct {
	Title   string   `json:"-"`
	Text    string   `json:"text"`
	Digits  string   `json:"-"` // of the number inside the text
	Buttons []Button `json:"buttons"`
}

// A Button of a dialog. In JSON it is its text.
type Button struct {
	Text   string
	ID     string // without package, "button1"
	Bounds uiauto.Rect
}

// MarshalText gives the button's text.
func (b Button) MarshalText() ([]byte, error) { return []byte(b.Text), nil }

// An Archive is the entry of the archived chats.
type Archive struct {
	// Count is the number beside it, "" for none. Whether it counts chats or only
	// those with something unread differs between builds (not verified on a phone).
	Count  string      `json:"count,omitempty"`
	Bounds uiauto.Rect `json:"-"`
}

// A Row is one chat of the chat list.
type Row struct {
	Name    string      `json:"name"`
	Preview string      `json:"preview,omitempty"`
	Unread  int         `json:"unread,omitempty"`
	Time    string      `json:"time,omitempty"`
	Status  Tick        `json:"status,omitempty"` // of an outgoing preview, where the app says it
	Sender  string      `json:"-"`                // in groups, before the preview
	Out     bool        `json:"-"`
	Bounds  uiauto.Rect `json:"-"`
}

// A Goal is what the driver wants of the screen.
type Goal struct {
	Number string   // the chat's digits; or
	JID    string   // a group's or an @lid chat's id
	Names  []string // names under which this phone knows the number and no other (contacts provider)
	Text   string   // the text that must stand in the composer; "" to read only
	// Owner says whose the open chat's title is, as far as is known.
	Owner TitleOwner
	// Direct: the link of this very attempt led from a screen that is not a
	// chat to this one, so that the chat is proven by the way taken.
	Direct bool
	Send   bool // tap send once all is proven; false: reading only
	// Quote is what the message is to quote: the panel above the composer must
	// show it before the tap. nil: it must show nothing.
	Quote *Want
	Words *uiauto.Words // to know a quoted file by; needed with Quote
	// CanUnlock: the driver knows the secret of the lock screen.
	CanUnlock bool
}

// TitleOwner says whose a chat's title is. A title is a name: it identifies
// nobody where several have it.
type TitleOwner int

// The owners of a title.
const (
	TitleUnknown TitleOwner = iota // nobody is known by it
	TitleWanted                    // the wanted chat's, and nobody else's
	TitleOther                     // somebody else's, and not the wanted chat's
	TitleShared                    // the wanted chat's and others', and nothing tells which is open
	TitleTold                      // shared, and what stands in the chat or on its page proves the wanted one
)

// Do is what to do next.
type Do string

// The acts.
const (
	DoTapSend Do = "tap_send" // everything is proven: tap Action.At
	DoTap     Do = "tap"      // a button that leads on (pop-up, dialog): tap Action.At
	DoBack    Do = "back"     // KEYCODE_BACK
	DoHome    Do = "home"
	DoWake    Do = "wake"    // wake and unlock
	DoLook    Do = "look"    // not settled: look again
	DoRead    Do = "read"    // the chat is open and proven: read it
	DoClear   Do = "clear"   // the composer holds something else: clear it, keep the draft's length in the log only
	DoQuote   Do = "quote"   // all is proven but the quote: get it into the panel, or give it up
	DoFill    Do = "fill"    // right chat, composer empty: give the text by another way
	DoFail    Do = "fail"    // final: Action.Code says why
	DoStop    Do = "stop"    // a person is needed: Action.Code and Why
	DoGiveUp  Do = "give_up" // unknown screen: keep evidence, back out once, pause
)

// An Action is the decision about one look.
type Action struct {
	Do   Do
	At   uiauto.Rect // for taps: the node's bounds
	Code wabridge.Code
	Why  string // for people and logs; no private text
}
