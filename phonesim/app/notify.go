package app

import (
	"fmt"
	"time"

	"github.com/wabridge/wabridge/phonesim/android"
	"github.com/wabridge/wabridge/phonesim/notice"
)

// retained is how many messages a chat's notification holds; older ones drop
// off. AOSP's MessagingStyle keeps 25 (MAXIMUM_RETAINED_MESSAGES); that WhatsApp
// gives it no more than seven is from memory, not verified on a phone.
const retained = 7

const (
	green    = 0xff21c063
	groupKey = "group_key_messages"
)

// notify posts the notifications after a new message in chat c: as reported of
// phones in 2026, every child and then the summary is posted again, the children
// with ONLY_ALERT_ONCE.
func (a *App) notify(c *Chat) {
	if a.sys.Has(android.FaultNoNotifications) {
		return
	}
	for _, m := range c.Messages {
		if m.noted && m.got != nil {
			m.got.Notified = true
		}
	}
	a.postAll()
}

func (a *App) postAll() {
	chats := a.notedChats()
	if len(chats) == 0 {
		return
	}
	for i := len(chats) - 1; i >= 0; i-- {
		a.sys.Notices.Post(a.child(chats[i], i+1))
	}
	a.sys.Notices.Post(a.summary(chats))
}

// notedChats are those with a notification, newest first.
func (a *App) notedChats() []*Chat {
	var out []*Chat
	for _, c := range a.byList() {
		if len(c.notedMessages()) > 0 {
			out = append(out, c)
		}
	}
	return out
}

func (c *Chat) notedMessages() []*Message {
	var out []*Message
	for _, m := range c.Messages {
		if m.noted {
			out = append(out, m)
		}
	}
	return out
}

// readChat marks a chat as read: badge and notification go.
func (a *App) readChat(c *Chat) {
	had := len(c.notedMessages()) > 0
	for _, m := range c.Messages {
		m.noted = false
	}
	if c.Unread != 0 {
		c.Unread = 0
		a.sys.Changed()
	}
	if had {
		a.withdraw(c)
	}
}

// readNotices takes a chat's notification away and leaves its badge.
func (a *App) readNotices(c *Chat) {
	had := len(c.notedMessages()) > 0
	for _, m := range c.Messages {
		m.noted = false
	}
	if had {
		a.withdraw(c)
	}
}

func (a *App) withdraw(c *Chat) {
	a.sys.Notices.Cancel(a.key(c.tag()))
	if len(a.notedChats()) == 0 {
		a.sys.Notices.Cancel(a.key(""))
		return
	}
	a.sys.Notices.Post(a.summary(a.notedChats()))
}

func (a *App) key(tag string) string {
	n := notice.Notification{Package: a.cfg.Package, ID: 1, Tag: tag, UID: a.UID()}
	return n.Key()
}

func (a *App) base(c *Chat) notice.Notification {
	w := a.words()
	return notice.Notification{
		Package: a.cfg.Package, UID: a.UID(), PID: a.pid, ID: 1, Color: green, GroupKey: groupKey, GroupAlert: 1,
		App: a.Label(), Shortcut: a.jid(c),
		Public: &notice.Public{Title: a.Label(), Text: say(plural(w.newMessage, c.Unread), c.Unread)},
	}
}

// child is a chat's own notification, in MessagingStyle. Extras and their order
// are those of the shared capture of a w4b group on Android 13.
func (a *App) child(c *Chat, place int) notice.Notification {
	w := a.words()
	ms := c.notedMessages()
	last := ms[len(ms)-1]
	total := len(ms)
	if len(ms) > retained {
		ms = ms[len(ms)-retained:]
	}
	n := a.base(c)
	n.Tag, n.Importance, n.Flags = c.tag(), 4, notice.OnlyAlertOnce
	n.Channel, n.ChannelTag = "individual_chat_defaults_2", "Message notifications"
	n.SortKey = fmt.Sprintf("%03d", place)
	n.Number, n.When = total, last.At
	n.Title, n.Text = c.title(), a.mediaText(last)
	var conversation *string
	if c.Group {
		n.Channel, n.ChannelTag = "group_chat_defaults_2", "Group notifications"
		title := c.Name
		if total > 1 {
			title = fmt.Sprintf(plural(w.titleCounterF, total), c.Name, total)
		}
		conversation = &title
		n.Title = title + ": " + last.Sender
	}
	for _, title := range []string{w.reply, w.markRead, w.mute} {
		n.Actions = append(n.Actions, notice.Action{Title: title, Starts: "startService"})
	}
	if !c.Group {
		n.Actions = n.Actions[:2]
	}
	n.Extras = a.childExtras(c, &n, conversation, ms)
	return n
}

func (a *App) childExtras(c *Chat, n *notice.Notification, conversation *string, ms []*Message) []notice.Extra {
	optional := func(key string) notice.Extra {
		if conversation == nil {
			return notice.Null(key)
		}
		return notice.Str(key, *conversation)
	}
	var lines []string
	for i, m := range ms {
		lines = append(lines, a.messageBundle(c, m, i))
	}
	ex := []notice.Extra{notice.Str("android.title", n.Title), optional("android.hiddenConversationTitle"), notice.Typed("android.reduced.images", "Boolean", "true")}
	if conversation != nil {
		ex = append(ex, optional("android.conversationTitle"))
	}
	return append(ex,
		notice.Null("android.subText"),
		notice.Str("android.template", "android.app.Notification$MessagingStyle"),
		notice.Typed("android.showChronometer", "Boolean", "false"),
		notice.Str("android.text", n.Text),
		notice.Typed("android.progress", "Integer", "0"),
		notice.Str("androidx.core.app.extra.COMPAT_TEMPLATE", "androidx.core.app.NotificationCompat$MessagingStyle"),
		notice.Typed("android.progressMax", "Integer", "0"),
		notice.Str("android.selfDisplayName", a.words().you),
		notice.Typed("android.conversationUnreadMessageCount", "Integer", "0"),
		notice.Typed("android.appInfo", "ApplicationInfo", "ApplicationInfo{"+android.Token(a.cfg.Package)+" "+a.cfg.Package+"}"),
		notice.Array("android.messages", "Parcelable[]", lines),
		notice.Typed("android.showWhen", "Boolean", "true"),
		notice.Typed("android.largeIcon", "Icon", "Icon(typ=BITMAP size=60x60)"),
		notice.Typed("android.messagingStyleUser", "Bundle", "Bundle[mParcelledData.dataSize=472]"),
		notice.Typed("android.messagingUser", "Person", "android.app.Person@"+android.Token("me")),
		notice.Null("android.infoText"),
		notice.Typed("android.wearable.EXTENSIONS", "Bundle", "Bundle[{actions=[android.app.Notification$Action@86cce0d, android.app.Notification$Action@829e1c2]}]"),
		notice.Typed("android.progressIndeterminate", "Boolean", "false"),
		notice.Null("android.remoteInputHistory"),
		notice.Typed("last_row_id", "Long", fmt.Sprint(9000+len(a.received))),
		notice.Typed("android.isGroupConversation", "Boolean", fmt.Sprint(c.Group)),
	)
}

// messageBundle is one element of android.messages as Bundle.toString writes it,
// in the key order of the shared capture message_bundle_lines. The text is not
// escaped.
func (a *App) messageBundle(c *Chat, m *Message, i int) string {
	sender, text := c.title(), a.mediaText(m)
	if c.Group {
		sender = m.Sender
	}
	if c.Group && m.quote != nil && m.quote.Out { // captured; that it is for groups only, and the words of other languages, are not
		sender, text = "⤷ You got a reply", m.Sender+": "+text
	}
	uri := ""
	if (m.Kind == "image" || m.Kind == "sticker") && m.file != nil && m.file.path != "" { // captured for a photo
		uri = fmt.Sprintf(" uri=content://%s.provider.media/item/%s,", a.cfg.Package, android.Token(fmt.Sprint(c.ID, m.N)))
	}
	return fmt.Sprintf("Bundle[{extras=Bundle[{}], sender_person=android.app.Person@%s, sender=%s,%s text=%s, time=%d}]",
		android.Token(sender+fmt.Sprint(i)), sender, uri, text, m.At.UnixMilli())
}

// summary is the group's summary, in InboxStyle.
func (a *App) summary(chats []*Chat) notice.Notification {
	w := a.words()
	n := a.base(chats[0])
	count := 0
	var lines []string
	var when time.Time
	for _, c := range chats {
		ms := c.notedMessages()
		count += len(ms)
		for _, m := range ms {
			lines = append(lines, a.summaryLine(c, m, len(chats) > 1))
		}
		if at := ms[len(ms)-1].At; at.After(when) {
			when = at
		}
	}
	if len(lines) > retained {
		lines = lines[len(lines)-retained:]
	}
	n.Importance, n.Flags, n.Category = 2, notice.GroupSummary, "msg"
	n.Channel, n.ChannelTag = "silent_notifications_3", "Silent notifications"
	n.Number, n.When = count, when
	n.Title = chats[0].title()
	n.Text = say(plural(w.newMessage, count), count)
	if len(chats) > 1 {
		n.Title = a.Label()
		n.Text = say(plural(w.fromChatsF, len(chats)), fmt.Sprintf(plural(w.messages, count), count), len(chats))
	}
	n.Ticker = w.newMessageTicker(chats[0].title())
	n.Extras = []notice.Extra{
		notice.Str("android.title", n.Title),
		notice.Typed("android.reduced.images", "Boolean", "true"),
		notice.Array("android.textLines", "CharSequence[]", lines),
		notice.Null("android.subText"),
		notice.Str("android.template", "android.app.Notification$InboxStyle"),
		notice.Typed("android.showChronometer", "Boolean", "false"),
		notice.Str("android.text", n.Text),
		notice.Typed("android.progress", "Integer", "0"),
		notice.Str("androidx.core.app.extra.COMPAT_TEMPLATE", "androidx.core.app.NotificationCompat$InboxStyle"),
		notice.Typed("android.progressMax", "Integer", "0"),
		notice.Typed("android.appInfo", "ApplicationInfo", "ApplicationInfo{"+android.Token(a.cfg.Package)+" "+a.cfg.Package+"}"),
		notice.Typed("android.showWhen", "Boolean", "true"),
		notice.Null("android.largeIcon"),
		notice.Null("android.infoText"),
		notice.Typed("android.progressIndeterminate", "Boolean", "false"),
		notice.Null("android.remoteInputHistory"),
		notice.Str("android.summaryText", n.Text),
	}
	return n
}

func (a *App) summaryLine(c *Chat, m *Message, several bool) string {
	text := a.mediaText(m)
	switch {
	case c.Group && several:
		return m.Sender + " @ " + c.Name + ": " + text
	case c.Group:
		return m.Sender + ": " + text
	case several:
		return c.title() + ": " + text
	}
	return text
}

// newMessageTicker is the ticker of the captured summary ("Mensagem…", redacted
// after eight characters); its rest is from memory.
func (w *words) newMessageTicker(who string) string {
	return w.tickerWord() + " " + who
}

func (w *words) tickerWord() string {
	switch w.placeholder {
	case "Mensagem":
		return "Mensagem de"
	case "Nachricht":
		return "Nachricht von"
	}
	return "Message from"
}
