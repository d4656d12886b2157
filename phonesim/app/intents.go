package app

import (
	"cmp"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/wabridge/wabridge/phonesim/android"
)

// longLink is the length of an address in characters beyond which the fault
// long_link_cut cuts its text; facts/peers.md names about 2 KB.
const longLink = 2000

// Resolve tells which activity takes an intent; the entry points are those of
// the app's manifest (facts/android.md 8).
func (a *App) Resolve(i android.Intent) string {
	if i.Component != "" {
		_, class, _ := strings.Cut(i.Component, "/")
		// In w4b the classes are com.whatsapp.X too; relative names occur in scripts.
		return a.exported(strings.TrimPrefix(strings.TrimPrefix(class, a.cfg.Package), "com.whatsapp"))
	}
	switch i.Action {
	case android.ActionMain:
		return ".Main"
	case android.ActionView:
		if _, ok := parseLink(i.Data); ok {
			return ".TextAndDirectChatDeepLink"
		}
		if strings.HasPrefix(i.Data, "sms:") || strings.HasPrefix(i.Data, "smsto:") {
			return ".Conversation"
		}
		if strings.HasPrefix(i.Data, "whatsapp://chat") {
			return ".HomeActivity"
		}
	case android.ActionSendTo:
		if strings.HasPrefix(i.Data, "smsto:") || strings.HasPrefix(i.Data, "sms:") {
			return ".Conversation"
		}
	case android.ActionSend:
		if i.Type != "" || i.Package == a.cfg.Package {
			return ".contact.picker.ContactPicker"
		}
	}
	return ""
}

func (a *App) exported(class string) string {
	switch class {
	case ".Main", ".HomeActivity", ".home.ui.HomeActivity", ".Conversation", ".TextAndDirectChatDeepLink",
		".deeplink.DeepLinkActivity", ".ContactPicker", ".contact.picker.ContactPicker":
		return class
	}
	return ""
}

// A link is what a deep link asks for.
type link struct {
	digits string
	text   string
	hasTxt bool
	long   bool
}

// parseLink reads wa.me, api.whatsapp.com/send and whatsapp://send.
func parseLink(data string) (link, bool) {
	u, err := url.Parse(data)
	if err != nil {
		return link{}, false
	}
	q, err := url.ParseQuery(strings.ReplaceAll(u.RawQuery, ";", "%3B"))
	if err != nil {
		return link{}, false
	}
	l := link{text: strings.ReplaceAll(q.Get("text"), "\r\n", "\n"), hasTxt: q.Has("text"), long: utf8.RuneCountInString(data) > longLink}
	switch {
	case (u.Scheme == "https" || u.Scheme == "http") && strings.EqualFold(u.Host, "wa.me"):
		l.digits = digitsOf(strings.Trim(u.Path, "/"))
	case (u.Scheme == "https" || u.Scheme == "http") && strings.HasSuffix(strings.ToLower(u.Host), "api.whatsapp.com"),
		u.Scheme == "whatsapp" && u.Host == "send":
		l.digits = digitsOf(q.Get("phone"))
	default:
		return link{}, false
	}
	return l, true
}

// Start takes an intent.
func (a *App) Start(i android.Intent) android.StartResult {
	running := a.pid != 0 && len(a.stack) > 0
	a.alive()
	if s := a.blocked(); s != nil {
		a.cancelOpening()
		a.stack, a.over = []screen{s}, nil
		return android.Started
	}
	if a.sys.Take(android.FaultUpdateNag) {
		a.nag()
		return android.Started
	}
	jid := i.Extras["jid"]
	l, isLink := parseLink(i.Data)
	switch {
	case i.Action == android.ActionSend && i.Extras[android.ExtraStream] != "":
		a.share(jid, i)
	case i.Action == android.ActionSend && jid != "":
		a.openJID(jid, link{text: i.Extras[android.ExtraText], hasTxt: i.Extras[android.ExtraText] != ""})
	case i.Action == android.ActionSend:
		a.push(&pickerScreen{a: a, text: i.Extras[android.ExtraText]})
	case isLink && i.Action == android.ActionView:
		a.openLink(l)
	case jid != "":
		a.openJID(jid, link{})
	case strings.HasPrefix(i.Data, "sms"):
		_, to, _ := strings.Cut(i.Data, ":")
		a.openLink(link{digits: digitsOf(to), text: i.Extras["sms_body"], hasTxt: i.Extras["sms_body"] != ""})
	default:
		if running {
			return android.BroughtToFront
		}
		a.home()
	}
	return android.Started
}

func (a *App) openJID(jid string, l link) {
	l.digits = a.jidLink(jid).digits
	a.openLink(l)
}

// jidLink is whom a jid names; nobody if it is an unknown @lid.
func (a *App) jidLink(jid string) (l link) {
	if !strings.HasSuffix(jid, "@lid") {
		return link{digits: digitsOf(jid)}
	}
	for _, c := range a.chats {
		if c.LID+"@lid" == jid {
			l.digits = c.ID
		}
	}
	return l
}

func (a *App) home() {
	a.cancelOpening()
	a.stack, a.over = []screen{&homeScreen{a: a}}, nil
}

// push puts a screen on top of home.
func (a *App) push(s screen) {
	a.cancelOpening()
	if len(a.stack) == 0 {
		a.stack = []screen{&homeScreen{a: a}}
	}
	a.over = nil
	a.stack = append(a.stack, s)
}

// openLink is the deep link: a look-up for a number that the app does not know,
// then the chat or a dialog.
func (a *App) openLink(l link) {
	a.cancelOpening()
	a.over = nil
	if len(a.stack) == 0 {
		a.stack = []screen{&homeScreen{a: a}}
	}
	lat := a.sys.Latency
	known := a.chats[l.digits] != nil && len(a.chats[l.digits].Messages) > 0
	lookup, settle := lat.Lookup, lat.Settle
	if slow, ok := a.sys.TakeFor(android.FaultSlowScreen); ok {
		lookup, settle = lookup+slow, settle+slow
	}
	if known {
		lookup = lookup / 2
	} else if lookup > 0 {
		a.over = []screen{&searchingDialog{a: a}}
	}
	a.sys.ChangesFor(settle)
	a.opening = a.sys.After(lookup, func() {
		a.opening = nil
		a.looked(l)
	})
	if lookup <= 0 {
		a.opening = nil
	}
}

// looked is the look-up's end.
func (a *App) looked(l link) {
	a.over = nil
	w := a.words()
	shown := FormatNumber(l.digits)
	group := strings.HasSuffix(l.digits, "@g.us")
	switch {
	case group && a.chats[l.digits] == nil:
		return
	case group:
		a.arrive(l)
	case len(l.digits) < 7:
		a.dialog(say(w.tooShortF, shown))
	case len(l.digits) > 15:
		a.dialog(say(w.badNumberF, shown))
	case strings.HasPrefix(l.digits, "0"):
		a.dialog(say(w.noCountryF, shown))
	case a.sys.Take(android.FaultLookupFailed), !a.online() && a.chats[l.digits] == nil:
		a.dialog(say(w.lookupFailedF, shown))
	case a.sys.Has(android.FaultNotOnWhatsApp) && a.sys.Value(android.FaultNotOnWhatsApp) == "invite":
		a.sys.Take(android.FaultNotOnWhatsApp)
		a.over = []screen{&saveDialog{a: a}}
	case a.sys.Take(android.FaultNotOnWhatsApp), !onWhatsApp(l.digits):
		a.over = []screen{a.inviteDialog(shown)}
	case a.sys.Take(android.FaultOpenConfirm):
		a.over = []screen{&alert{a: a, text: say(w.openConfirmF, shown), buttons: []alertButton{
			{w.chatButton, func() { a.over = nil; a.arrive(l) }}, {w.cancel, a.closeDialog}}}}
	default:
		a.arrive(l)
	}
	a.sys.Changed()
}

// arrive opens the chat with the link's text in the composer. A text replaces a
// draft; a link without one shows the draft that was kept.
func (a *App) arrive(l link) {
	c := a.chat(l.digits)
	c.lookedUp = true
	if other, ok := a.sys.TakeValue(android.FaultWrongChat); ok {
		c = a.wrongChat(c, other)
	}
	if l.hasTxt {
		text := l.text
		if l.long && a.sys.Take(android.FaultLongLinkCut) {
			text = string([]rune(text)[:min(500, utf8.RuneCountInString(text))])
		}
		c.Draft = text
	}
	if v, ok := a.sys.TakeValue(android.FaultForeignDraft); ok {
		c.Draft = cmp.Or(v, "half a thought of somebody else")
	}
	if v, ok := a.sys.TakeValue(android.FaultForeignAppend); ok {
		c.Draft = cmp.Or(v, "half a thought ") + c.Draft
	}
	a.show(c)
	if name, ok := a.sys.TakeValue(android.FaultPopup); ok {
		a.popup(c, cmp.Or(name, "disappearing_card"))
	}
	if a.sys.Take(android.FaultUnknownScreen) {
		a.push(&strangeScreen{a: a})
	}
}

// wrongChat is the chat that opens instead of c: that of other's digits or, for
// "", of somebody with the same title, else any other.
func (a *App) wrongChat(c *Chat, other string) *Chat {
	if other != "" {
		return a.chat(other)
	}
	for _, o := range a.byList() {
		if o != c && o.title() == c.title() {
			return o
		}
	}
	return a.otherChat(c)
}

// otherChat is a chat that is not c, made up if there is none.
func (a *App) otherChat(c *Chat) *Chat {
	for _, o := range a.byList() {
		if o != c && !o.Group {
			return o
		}
	}
	return a.chat("15550009999")
}

// show puts a chat on top, right above home.
func (a *App) show(c *Chat) {
	from := []screen{&homeScreen{a: a}}
	if archive, ok := a.top().(*archiveScreen); ok {
		from = append(from, archive)
	}
	a.stack = append(from, &chatScreen{a: a, chat: c})
	a.over = nil
	c.scroll = 0
	a.sys.Changed()
	a.shownAgain()
}
