package inbox

import (
	"strconv"
	"strings"

	"github.com/wabridge/wabridge/inbox/notification"
)

// An event is a line of the phone's event log that concerns notifications.
type event struct {
	posted bool   // notification_enqueue
	pkg    string // "" if the line has a form that is not known
	slot   string // id and tag, which name a notification of an app; see slotOf
}

// parseEvent reads one line of `logcat -b events` in any of its formats
// (brief, threadtime, epoch …). ok is false for lines about other things, and
// for the second line of a record whose tag holds a line feed: logcat repeats
// its own head there.
//
// The fields are those of AOSP's event log tags: since Android 5
// [uid,pid,package,id,tag,user,notification,status], before without uid and
// pid. Only the first ones are read: a tag and a notification may hold commas.
func parseEvent(line string) (ev event, ok bool) {
	name, fields, found := strings.Cut(line, ": [")
	if !found {
		name, fields, found = strings.Cut(line, "):[")
	}
	if !found {
		return event{}, false
	}
	switch {
	case hasName(name, "notification_enqueue"):
		ev.posted = true
	case hasName(name, "notification_cancel"), hasName(name, "notification_cancel_all"), hasName(name, "notification_canceled"):
		return event{}, true
	default:
		return event{}, false
	}
	f := strings.SplitN(strings.TrimRight(fields, "\r\n"), ",", 6)
	if len(f) >= 5 && isNumber(f[0]) && isNumber(f[1]) {
		f = f[2:]
	}
	if len(f) < 3 || !isNumber(strings.TrimSuffix(f[1], "]")) || !strings.Contains(f[0], ".") && f[0] != "android" {
		return ev, true
	}
	tag := strings.TrimSuffix(f[2], "]")
	if tag == "NULL" {
		tag = "null"
	}
	ev.pkg, ev.slot = f[0], slot(strings.TrimSuffix(f[1], "]"), tag)
	return ev, true
}

// slot is what names a notification among those of its app: its id and its
// tag, without the line feed that WhatsApp's tags end in.
func slot(id, tag string) string { return id + "|" + strings.TrimRight(tag, "\n") }

func slotOf(rec notification.Record) string {
	tag := rec.Tag
	if tag == "" {
		tag = "null"
	}
	return slot(strconv.Itoa(rec.ID), tag)
}

// hasName reports whether the head of a log line names the tag: the last word,
// perhaps behind a priority ("I/") and before a process ("( 500)").
func hasName(head, tag string) bool {
	head, _, _ = strings.Cut(head, "(")
	head = strings.TrimRight(head, " ")
	rest, ok := strings.CutSuffix(head, tag)
	return ok && (rest == "" || strings.HasSuffix(rest, " ") || strings.HasSuffix(rest, "/"))
}

func isNumber(s string) bool {
	if s = strings.TrimPrefix(strings.TrimSpace(s), "-"); s == "" || len(s) > 12 {
		return false
	}
	return strings.Trim(s, "0123456789") == ""
}
