package notification

import (
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"
)

// post is a notification as the app would give it to Android.
type post struct {
	pkg, tag, shortcut, channel, category string
	title, conv, self                     string
	group, summary                        bool
	lines                                 []line
	text                                  *string // instead of the newest line
	noArray, parcelled                    bool
	uid                                   int
	bigText                               string
}

type line struct {
	sender, text string
	sec          int64
	uri, typ     string
	mine         bool // the sender is the Person who stands for us
}

const (
	tagA = "Tm90IGEgcmVhbCB0YWcgb2YgYW55IGdyb3VwIGF0IGE=\n"
	tagB = "so0wU9GptAxVk3pxSoqvrKXNOYvnbXHY4jjBc+Fj6rs=\n"
	ana  = "491700000001@s.whatsapp.net"
	bank = "491700000009@s.whatsapp.net"
	team = "120363000000000001@g.us"
)

// form is a way of printing.
type form struct {
	old      bool // hex flags, one when, as up to Android 13
	redacted bool
	between  string // between key and Notification(
}

// chatPost is a child record of a chat with one person.
func chatPost(shortcut, tag, name string, lines ...line) post {
	return post{pkg: "com.whatsapp", tag: tag, shortcut: shortcut, channel: "individual_chat_defaults_2",
		title: name, self: "You", lines: lines, uid: 10290}
}

func groupPost(shortcut, tag, conv string, lines ...line) post {
	p := chatPost(shortcut, tag, conv+": "+lines[len(lines)-1].sender, lines...)
	p.conv, p.group, p.channel = conv, true, "group_chat_defaults_2"
	return p
}

func summaryPost() post {
	text := "2 messages from 2 chats"
	return post{pkg: "com.whatsapp", tag: "null", channel: "silent_notifications_3", title: "WhatsApp",
		summary: true, noArray: true, text: &text, uid: 10290}
}

// dump prints a whole `dumpsys notification`.
func (f form) dump(posts ...post) string {
	var b strings.Builder
	b.WriteString("Current Notification Manager state:\n  Notification List:\n")
	for _, p := range posts {
		b.WriteString(f.record(p))
	}
	b.WriteString("  \n  mMaxPackageEnqueueRate=5.0\n  mArchive=Archive (1 notifications)\n" +
		"    StatusBarNotification(pkg=com.whatsapp user=UserHandle{0} id=1 tag=null key=0|com.whatsapp|1|null|10290: Notification(channel=x))\n" +
		"\n  Snoozed notifications:\n\n  Ranking Config:\n    pkg=com.whatsapp\n")
	return b.String()
}

func (f form) record(p post) string {
	sp := func(n int) string {
		return strings.Repeat(" ", n)
	}
	h := fnv.New32a()
	fmt.Fprint(h, p.tag, p.shortcut, p.title, p.lines)
	key := fmt.Sprintf("0|%s|1|%s|%d", p.pkg, p.tag, p.uid)
	flags := map[bool][2]string{false: {"0x8", "ONLY_ALERT_ONCE"}, true: {"0x200", "GROUP_SUMMARY"}}[p.summary]
	flag, when := flags[1], fmt.Sprintf("%d/%d", p.last().sec*1000, p.last().sec*1000)
	if f.old {
		flag, when = flags[0], strconv.FormatInt(p.last().sec*1000, 10)
	}
	shortcut, category := p.shortcut, ""
	if shortcut == "" {
		shortcut = "null"
	}
	if p.category != "" {
		category = " category=" + p.category
	}
	var b strings.Builder
	pr := func(n int, format string, args ...any) { fmt.Fprintf(&b, sp(n)+format+"\n", args...) }
	pr(4, "NotificationRecord(0x%08x: pkg=%s user=UserHandle{0} id=1 tag=%s importance=4 key=%s%s: Notification(channel=%s shortcut=%s contentView=null vibrate=null sound=null defaults=0x0 flags=%s color=0xff21c063%s groupKey=group_key_messages sortKey=001 actions=3 vis=PRIVATE publicVersion=Notification(channel=null shortcut=null contentView=null vibrate=null sound=null defaults=0x0 flags=0x0 color=0xff21c063 category=msg vis=PRIVATE semFlags=0x0)))",
		h.Sum32()&0x0fffffff, p.pkg, p.tag, key, f.between, p.channel, shortcut, flag, category)
	pr(6, "uid=%d userId=0", p.uid)
	pr(6, "opPkg=%s", p.pkg)
	pr(6, "key=%s", key)
	pr(6, "notification=")
	pr(12, "when=%s", when)
	pr(12, "tickerText=null")
	pr(12, "actions={")
	pr(16, "[0] \"Reply\" -> PendingIntent{a5cecf8: PendingIntentRecord{edb8c37 com.whatsapp startService}}")
	pr(14, "}")
	pr(12, "extras={")
	for _, e := range p.extras(f, sp(18)) {
		pr(16, "%s", e)
	}
	pr(12, "}")
	pr(6, "publicNotification=")
	pr(12, "when=%s", when)
	pr(12, "extras={")
	pr(16, "android.title=String (WhatsApp)")
	pr(16, "android.text=String (1 new message)")
	pr(12, "}")
	pr(6, "stats=SingleNotificationStats{posttimeElapsedMs=1}")
	pr(6, "mAdjustments=[]")
	pr(6, "shortcut=%s found valid? true", shortcut)
	pr(6, "mSuggestionsGeneratedByAssistant=false")
	return b.String()
}

func (p post) last() line {
	if len(p.lines) == 0 {
		return line{sec: 1774472586}
	}
	return p.lines[len(p.lines)-1]
}

func (p post) extras(f form, margin string) []string {
	str := func(key, v string) string {
		if f.redacted {
			return fmt.Sprintf("%s=String [length=%d]", key, len(v))
		}
		return fmt.Sprintf("%s=String (%s)", key, v)
	}
	text := p.last().text
	if p.text != nil {
		text = *p.text
	}
	style := "MessagingStyle"
	if p.noArray {
		style = "InboxStyle"
	}
	out := []string{str(keyTitle, p.title), "android.reduced.images=Boolean (true)", "android.subText=null",
		"android.template=String (android.app.Notification$" + style + ")", "android.showChronometer=Boolean (false)",
		str(keyText, text), "android.progress=Integer (0)", "android.progressMax=Integer (0)",
		"android.appInfo=ApplicationInfo (ApplicationInfo{dd5d337 com.whatsapp})", "android.showWhen=Boolean (true)",
		"android.remoteInputHistory=null"}
	if p.conv != "" {
		out = append(out, str(keyTitleConv, p.conv), str("android.hiddenConversationTitle", p.conv))
	}
	if p.bigText != "" {
		out = append(out, str("android.bigText", p.bigText))
	}
	if p.self != "" {
		out = append(out, str(keySelf, p.self), "android.messagingUser=Person (android.app.Person@"+selfPerson+")")
	}
	if !p.summary && !p.noArray {
		out = append(out, p.array(f, margin), fmt.Sprintf("%s=Boolean (%t)", keyGroup, p.group), "last_row_id=Long (9744)")
	}
	slices.SortFunc(out, func(a, b string) int {
		ka, _, _ := strings.Cut(a, "=")
		kb, _, _ := strings.Cut(b, "=")
		return int(max(-1, min(1, int64(hash(ka))-int64(hash(kb)))))
	})
	return out
}

func (p post) array(f form, margin string) string {
	s := fmt.Sprintf("android.messages=Parcelable[] (%d)", len(p.lines))
	for i, l := range p.lines {
		switch {
		case f.redacted:
		case p.parcelled:
			s += fmt.Sprintf("\n%s[%d] Bundle[mParcelledData.dataSize=608]", margin, i)
		default:
			s += fmt.Sprintf("\n%s[%d] %s", margin, i, l.bundle())
		}
	}
	return s
}

// selfPerson is the identity of the Person who stands for us.
const selfPerson = "5e1f"

func (l line) bundle() string {
	s := "Bundle[{extras=Bundle[{}], "
	if l.sender != "" {
		person := fmt.Sprintf("%x", len(l.sender))
		if l.mine {
			person = selfPerson
		}
		s += fmt.Sprintf("sender_person=android.app.Person@%s, sender=%s, ", person, l.sender)
	}
	if l.uri != "" {
		s += "uri=" + l.uri + ", "
	}
	s += fmt.Sprintf("text=%s, time=%d", l.text, l.sec*1000)
	if l.typ != "" {
		s += ", type=" + l.typ
	}
	return s + "}]"
}
