package notice

import (
	"fmt"
	"hash/fnv"
	"strings"
	"time"
	"unicode/utf16"
)

// Dump is the output of dumpsys notification; redact is without --noredact.
func (m *Manager) Dump(redact bool, apps []AppSettings) string {
	var b strings.Builder
	b.WriteString("Current Notification Manager state:\n")
	if len(m.active) > 0 {
		b.WriteString("  Notification List:\n")
		for _, n := range m.active {
			m.record(&b, n, "    ", redact)
		}
		b.WriteString("  \n")
	}
	b.WriteString(m.tail(apps))
	return b.String()
}

// tail are sections after the list, as short as a quiet phone's. Package names
// occur there too, as on real phones.
func (m *Manager) tail(apps []AppSettings) string {
	var b strings.Builder
	b.WriteString("  mMaxPackageEnqueueRate=5.0\n  hideSilentStatusBar=false\n")
	b.WriteString("  mArchive=Archive (0 notifications)\n\n  Snoozed notifications:\n\n Pending snoozed notifications\n\n")
	b.WriteString("  Ranking Config:\n    mSignalExtractors.length = 11\n      NotificationChannelExtractor\n      NotificationAdjustmentExtractor\n")
	for _, a := range apps {
		a.write(&b)
	}
	b.WriteString("\n  Notification listeners:\n    All notification listeners (0) enabled for current profiles:\n")
	return b.String()
}

// AppSettings are Android's settings for an app's notifications, at the place and
// in the form of the shared capture of Android 13.
type AppSettings struct {
	Package  string
	UID      int
	Off      bool     // the app may post nothing
	Channels []string // of chats
	Blocked  bool     // these channels are switched off
}

func (a AppSettings) write(b *strings.Builder) {
	importance, channel := "DEFAULT", 4
	if a.Off {
		importance = "NONE"
	}
	if a.Blocked {
		channel = 0
	}
	fmt.Fprintf(b, "      AppSettings: %s (%d) importance=%s userSet=true\n", a.Package, a.UID, importance)
	for _, id := range a.Channels {
		fmt.Fprintf(b, "        NotificationChannel{mId='%s', mName=Notifi..., mDescription=, mImportance=%d, mBypassDnd=false, mLockscreenVisibility=-1000, mDeleted=false}\n", id, channel)
	}
}

func token(parts ...any) uint32 {
	h := fnv.New32a()
	fmt.Fprint(h, parts...)
	return h.Sum32() & 0x0fffffff
}

func (m *Manager) header(n *Notification) string {
	sep := ": "
	if m.cfg.Android <= 10 {
		sep = "appImportanceLocked=false: "
	}
	return fmt.Sprintf("NotificationRecord(0x%08x: pkg=%s user=UserHandle{0} id=%d tag=%s importance=%d key=%s%s%s)",
		token(n.Key(), n.updated.UnixNano()), n.Package, n.ID, orNull(n.Tag), n.Importance, n.Key(), sep, n.toString(m.cfg.Android))
}

// record writes one NotificationRecord.dump with its prefix.
func (m *Manager) record(b *strings.Builder, n *Notification, prefix string, redact bool) {
	android := m.cfg.Android
	fmt.Fprintf(b, "%s%s\n", prefix, m.header(n))
	p := prefix + "  "
	line := func(format string, args ...any) { fmt.Fprintf(b, p+format+"\n", args...) }
	line("uid=%d userId=0", n.UID)
	line("opPkg=%s", n.Package)
	line("icon=Icon(typ=RESOURCE pkg=%s id=0x7f080317)", n.Package)
	line("flags=%s", n.Flags.text(android))
	if android >= 13 {
		line("originalFlags=%s", n.Flags.text(android))
	}
	line("pri=0")
	line("key=%s", n.Key())
	line("seen=false")
	line("groupKey=0|%s|g:%s", n.Package, n.GroupKey)
	line("notification=")
	m.notification(b, n, prefix+prefixIn(prefix), redact)
	if android >= 11 && n.Public != nil {
		line("publicNotification=")
		m.notification(b, n.publicDump(), prefix+prefixIn(prefix), redact)
	}
	m.state(n, line)
}

// prefixIn is how much deeper the notification's own fields stand: 8 in
// dumpsys (4 + 8 = 12), 4 in `cmd notification get`.
func prefixIn(prefix string) string {
	if prefix == "" {
		return "    "
	}
	return "        "
}

func (n *Notification) publicDump() *Notification {
	p := n.public()
	p.When = n.When
	p.Package = n.Package
	p.Extras = []Extra{
		Str("android.title", n.Public.Title), Typed("android.reduced.images", "Boolean", "true"),
		Null("android.subText"), Str("android.text", n.Public.Text),
		Typed("android.appInfo", "ApplicationInfo", fmt.Sprintf("ApplicationInfo{%x %s}", token(n.Package, "public"), n.Package)),
		Typed("android.showWhen", "Boolean", "true"),
	}
	return p
}

func (m *Manager) notification(b *strings.Builder, n *Notification, p string, redact bool) {
	line := func(format string, args ...any) { fmt.Fprintf(b, p+format+"\n", args...) }
	line("fullscreenIntent=null")
	if n.Channel != "" {
		line("contentIntent=%s", pending(n.Package, n.Key(), "startActivity"))
		line("deleteIntent=%s", pending(n.Package, n.Key(), "broadcastIntent"))
	} else {
		line("contentIntent=null")
		line("deleteIntent=null")
	}
	line("number=%d", n.Number)
	line("groupAlertBehavior=%d", n.GroupAlert)
	if m.cfg.Android >= 14 {
		line("when=%d/%d", n.When.UnixMilli(), n.When.UnixMilli())
	} else {
		line("when=%d", n.When.UnixMilli())
	}
	line("tickerText=%s", ticker(n.Ticker, redact))
	if m.cfg.Android >= 14 {
		line("vis=0")
	}
	line("contentView=null")
	line("bigContentView=null")
	line("headsUpContentView=null")
	line("color=0x%08x", n.Color)
	if m.cfg.Android >= 14 {
		line("timeout=PT72H")
	} else {
		line("timeout=unknown")
	}
	if len(n.Actions) > 0 {
		line("actions={")
		for i, a := range n.Actions {
			line("    [%d] %q -> %s", i, a.Title, pending(n.Package, n.Key()+a.Title, a.Starts))
		}
		line("  }")
	}
	if len(n.Extras) == 0 {
		return
	}
	line("extras={")
	for _, e := range n.Extras {
		b.WriteString(p + "    ")
		e.write(b, p, redact)
	}
	line("}")
}

// write writes one extra. Values are not escaped: a line feed in a message
// begins a new line of the dump.
func (e Extra) write(b *strings.Builder, p string, redact bool) {
	switch {
	case e.Array != nil:
		fmt.Fprintf(b, "%s=%s (%d)\n", e.Key, e.Type, len(e.Array))
		if redact {
			return
		}
		for i, v := range e.Array {
			fmt.Fprintf(b, "%s      [%d] %s\n", p, i, v)
		}
	case e.Value == nil:
		fmt.Fprintf(b, "%s=null\n", e.Key)
	case redact && e.Type == "String" && e.Key != "android.template":
		fmt.Fprintf(b, "%s=String [length=%d]\n", e.Key, len(utf16.Encode([]rune(*e.Value))))
	default:
		fmt.Fprintf(b, "%s=%s (%s)\n", e.Key, e.Type, *e.Value)
	}
}

// ticker is redacted to its first eight characters where it is longer than 16.
func ticker(s string, redact bool) string {
	switch {
	case s == "":
		return "null"
	case !redact:
		return s
	}
	u := utf16.Encode([]rune(s))
	if len(u) > 16 {
		return string(utf16.Decode(u[:8])) + "..."
	}
	return "..."
}

func pending(pkg, key, starts string) string {
	return fmt.Sprintf("PendingIntent{%x: PendingIntentRecord{%x %s %s (allowlist: %x:+30s0ms/0/NOTIFICATION_SERVICE/NotificationManagerService)}}",
		token(key, starts), token(pkg, starts), pkg, starts, token("allowlist"))
}

var importances = []string{"NONE", "MIN", "LOW", "DEFAULT", "HIGH", "MAX"}

// state are the record's own fields after the notification.
func (m *Manager) state(n *Notification, line func(string, ...any)) {
	line("stats=SingleNotificationStats{posttimeElapsedMs=%d, posttimeToFirstClickMs=-1, posttimeToDismissMs=-1, airtimeCount=0, airtimeMs=0, currentAirtimeStartElapsedMs=-1, airtimeExpandedMs=0, posttimeToFirstVisibleExpansionMs=-1, currentAirtimeExpandedStartElapsedMs=-1, requestedImportance=3, naturalImportance=%d, isNoisy=%t}",
		n.posted.Sub(m.cfg.Boot).Milliseconds(), n.Importance, n.Importance > 2)
	for _, s := range []string{"mContactAffinity=0.0", "mRecentlyIntrusive=false", "mPackagePriority=0", "mPackageVisibility=-1000",
		"mSystemImportance=UNSPECIFIED", "mAsstImportance=UNSPECIFIED", "mImportance=" + importances[n.Importance],
		"mImportanceExplanation=app", "mIsAppImportanceLocked=true", "mIntercept=false", "mHidden==false"} {
		line("%s", s)
	}
	line("mGlobalSortKey=crtcl=0x0002:intrsv=1:grnk=0x0000:gsmry=%d:nsk:rnk=0x0000", map[bool]int{true: 0, false: 1}[n.Flags&GroupSummary != 0])
	ms := func(t time.Time) int64 { return t.UnixMilli() }
	line("mRankingTimeMs=%d", ms(n.When))
	line("mCreationTimeMs=%d", ms(n.posted))
	line("mVisibleSinceMs=0")
	line("mUpdateTimeMs=%d", ms(n.updated))
	line("mInterruptionTimeMs=%d", ms(n.updated))
	for _, s := range []string{"mSuppressedVisualEffects= 0", "mSound= content://settings/system/notification_sound", "mVibration= null",
		"mAttributes= AudioAttributes: usage=USAGE_NOTIFICATION content=CONTENT_TYPE_SONIFICATION flags=0x800 tags= bundle=null",
		"mLight= null", "mShowBadge=true", "mColorized=false", "mAllowBubble=false", "isBubble=false", "mIsInterruptive=false"} {
		line("%s", s)
	}
	line("effectiveNotificationChannel=NotificationChannel{mId='%s', mName=%s, mDescription=, mImportance=%d, mBypassDnd=false, mLockscreenVisibility=-1000, mSound=content://settings/system/notification_sound, mLights=true, mLightColor=-1, mShowBadge=true, mDeleted=false, mGroup='null', mAllowBubbles=-1, mOriginalImp=%d, mParent=null, mConversationId=null, mDemoted=false, mImportantConvo=false}",
		n.Channel, n.ChannelTag, n.Importance, n.Importance)
	line("mAdjustments=[]")
	if m.cfg.Android >= 11 {
		line("shortcut=%s found valid? %t", orNull(n.Shortcut), n.Shortcut != "")
		line("mSuggestionsGeneratedByAssistant=false")
	}
}
