package notification

import (
	"errors"
	"strings"
	"time"

	"github.com/wabridge/wabridge/uiauto"
)

// MaxDump is the largest dump that is read, in bytes; real ones are below one
// million.
const MaxDump = 16 << 20

// ErrTooLong says that a dump is longer than MaxDump.
var ErrTooLong = errors.New("notification dump is too long")

// ErrNotDump says that the text holds no list of notifications at all, e.g.
// an error message of the phone.
var ErrNotDump = errors.New("not a notification dump")

// A Record is one posted notification.
type Record struct {
	Hash    string // "0x0313c955", the record's identity; changes with every posting
	Package string
	User    int // Android user
	ID      int
	Tag     string
	Key     string // as printed, with the line feed that WhatsApp's tags hold
	UID     int

	Channel  string
	Shortcut string // a chat's JID for WhatsApp; "" where absent or null
	Category string // missed_call …
	Flags    string // as printed: hex up to Android 13, names after
	Summary  bool   // the group's summary, not a child

	When   time.Time // of the newest message, by the app
	Number int       // the app's own count of what is unread, 0 where it gives none

	Title     string
	TitleConv string // android.conversationTitle
	Text      string // android.text
	SelfName  string // android.selfDisplayName: how the app calls us ("You")
	// SelfPerson is the identity that the dump prints of the Person who stands for
	// us (android.messagingUser); equal Persons have equal ones. "" where absent.
	SelfPerson string
	Template   string // android.app.Notification$MessagingStyle …
	Group      bool   // android.isGroupConversation

	FullScreen bool // it wants the whole screen, as a call that rings does
	CallType   int  // android.callType of Android 12 and later; 0 where absent
	Video      bool // of a call

	// Count is the length that android.messages promised, -1 if it is absent.
	Count    int
	Elements []Element

	// Redacted: texts were left out by Android (no --noredact).
	Redacted bool
	// Doubtful: some elements could not be told apart and were left out.
	Doubtful bool
}

// An Element is one entry of android.messages.
type Element struct {
	Sender string // "" for our own
	Person string // the identity of sender_person, "" where the line has none
	Text   string
	Time   time.Time // exact to the millisecond
	URI    string    // of a picture, else ""
}

// margins are a line feed and the column at which each kind of line begins; see
// the package doc.
var margins = struct{ header, field, body, entry, element string }{
	column(4), column(6), column(12), column(16), column(18),
}

func column(n int) string { return "\n" + strings.Repeat(" ", n) }

// ParseDump finds the records in the output of `dumpsys notification`, with
// or without --noredact. Text before the dump (adb's own lines, a byte order
// mark) is skipped. A dump without notifications gives no records; what is no
// dump at all gives ErrNotDump.
func ParseDump(data []byte) ([]Record, error) { return parseDump(data, nil) }

// ParseTrusted is ParseDump, but only the given headers begin a record; see
// Headers.
func ParseTrusted(data []byte, trusted map[string]bool) ([]Record, error) {
	if trusted == nil {
		trusted = map[string]bool{}
	}
	return parseDump(data, trusted)
}

func parseDump(data []byte, trusted map[string]bool) ([]Record, error) {
	if len(data) > MaxDump {
		return nil, ErrTooLong
	}
	list, err := section(normal(data))
	if err != nil {
		return nil, err
	}
	var records []Record
	marks := headers(list, trusted)
	for i := 0; i < len(marks); i++ {
		end := func(j int) int {
			if j+1 < len(marks) {
				return marks[j+1].at
			}
			return len(list)
		}
		rec, whole := parseRecord(marks[i], list[marks[i].at:end(i)])
		for j := i + 1; !whole && trusted == nil && j < len(marks) && j <= i+maxJoin; j++ {
			if longer, ok := parseRecord(marks[i], list[marks[i].at:end(j)]); ok {
				rec, whole, i = longer, true, j
			}
		}
		records = append(records, rec)
	}
	return records, nil
}

// maxJoin bounds how many headers may turn out to be text of one record.
const maxJoin = 8

// Headers lists the first lines of all records of a redacted dump. No text of
// others stands in it, so ParseTrusted may rely on them.
func Headers(redacted []byte) (map[string]bool, error) {
	list, err := section(normal(redacted))
	if err != nil {
		return nil, err
	}
	set := map[string]bool{}
	for _, m := range headers(list, nil) {
		set[m.identity()] = true
	}
	return set, nil
}

// normal decodes a dump by its byte order mark, drops the carriage returns of a
// terminal, and puts a line feed first, so that every line begins with one.
func normal(data []byte) string {
	s := string(uiauto.DecodeBytes(data))
	first, _, _ := strings.Cut(s, "\n")
	if strings.HasSuffix(first, "\r") {
		s = strings.ReplaceAll(s, "\r\n", "\n")
	}
	return "\n" + strings.ToValidUTF8(s, "\ufffd")
}
