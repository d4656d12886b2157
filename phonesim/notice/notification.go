// Package notice is the notification manager of the simulated phone: what apps
// posted, and the texts that dumpsys, cmd and the event log make of it. It knows
// nothing of messages or chats.
//
// The record format is that of AOSP's NotificationRecord.dump as seen in the
// shared notification captures: Android 13 (a Samsung, without its additions)
// and Android 14+ (names instead of hexadecimal flags, two times in when=).
// Android 10 rests on facts/android.md 3 and memory.
package notice

import (
	"fmt"
	"strings"
	"time"
)

// A Notification is what an app posts.
type Notification struct {
	Package    string
	UID, PID   int
	ID         int
	Tag        string // "" is null
	Channel    string
	ChannelTag string // the channel's name for people
	Shortcut   string // "" is null
	Importance int
	Flags      Flags
	Color      uint32
	Category   string
	GroupKey   string
	SortKey    string
	Actions    []Action
	Number     int
	Ticker     string // "" is null
	When       time.Time
	GroupAlert int
	Extras     []Extra
	Public     *Public
	App        string // label, for the shade
	Title      string // for the shade
	Text       string // for the shade

	posted, updated time.Time
}

// An Action is a button: its text, and what it starts.
type Action struct{ Title, Starts string }

// Public is what the lock screen may show.
type Public struct{ Title, Text string }

// An Extra is one entry of the extras. A nil Value is null; Array wins over it.
type Extra struct {
	Key   string
	Type  string // simple class name, "String"
	Value *string
	Array []string
}

// Str is a String extra.
func Str(key, value string) Extra { return Extra{Key: key, Type: "String", Value: &value} }

// Typed is an extra of another class, its value as String.valueOf writes it.
func Typed(key, class, value string) Extra { return Extra{Key: key, Type: class, Value: &value} }

// Null is an extra without a value.
func Null(key string) Extra { return Extra{Key: key} }

// Array is an array extra: class "CharSequence[]" and the elements.
func Array(key, class string, values []string) Extra {
	return Extra{Key: key, Type: class, Array: append([]string{}, values...)}
}

// Flags are Notification.flags.
type Flags uint32

// The flags that occur here.
const (
	Ongoing           Flags = 0x2
	OnlyAlertOnce     Flags = 0x8
	AutoCancel        Flags = 0x10
	NoClear           Flags = 0x20
	ForegroundService Flags = 0x40
	GroupSummary      Flags = 0x200
)

// text is hexadecimal up to Android 13, names since 14.
func (f Flags) text(android int) string {
	if android < 14 {
		return fmt.Sprintf("0x%x", uint32(f))
	}
	var names []string
	for _, n := range []struct {
		f    Flags
		name string
	}{
		{Ongoing, "ONGOING_EVENT"}, {OnlyAlertOnce, "ONLY_ALERT_ONCE"}, {AutoCancel, "AUTO_CANCEL"}, {NoClear, "NO_CLEAR"},
		{ForegroundService, "FOREGROUND_SERVICE"}, {GroupSummary, "GROUP_SUMMARY"},
	} {
		if f&n.f != 0 {
			names = append(names, n.name)
		}
	}
	if len(names) == 0 {
		return "0"
	}
	return strings.Join(names, "|")
}

func orNull(s string) string {
	if s == "" {
		return "null"
	}
	return s
}

// Key is StatusBarNotification.getKey: it holds the tag, line feed and all.
func (n *Notification) Key() string {
	return fmt.Sprintf("0|%s|%d|%s|%d", n.Package, n.ID, orNull(n.Tag), n.UID)
}

// String is Notification.toString of the phone's Android.
func (n *Notification) toString(android int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Notification(channel=%s", orNull(n.Channel))
	if android >= 11 {
		fmt.Fprintf(&b, " shortcut=%s", orNull(n.Shortcut))
	} else {
		b.WriteString(" pri=0")
	}
	b.WriteString(" contentView=null vibrate=null sound=null")
	if n.Ticker != "" {
		b.WriteString(" tick")
	}
	fmt.Fprintf(&b, " defaults=%s flags=%s color=0x%08x", Flags(0).text(android), n.Flags.text(android), n.Color)
	for _, f := range []struct{ name, value string }{
		{"category", n.Category}, {"groupKey", n.GroupKey}, {"sortKey", n.SortKey},
	} {
		if f.value != "" {
			fmt.Fprintf(&b, " %s=%s", f.name, f.value)
		}
	}
	if len(n.Actions) > 0 {
		fmt.Fprintf(&b, " actions=%d", len(n.Actions))
	}
	b.WriteString(" vis=PRIVATE")
	if n.Public != nil {
		b.WriteString(" publicVersion=" + n.public().toString(android))
	}
	b.WriteString(")")
	return b.String()
}

func (n *Notification) public() *Notification {
	return &Notification{Color: n.Color, Category: "msg"}
}
