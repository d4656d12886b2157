// Package notification reads what Android prints about posted notifications
// (`dumpsys notification [--noredact]`) and finds the messages of
// WhatsApp in it. It is pure: text in, records and messages out.
// It knows nothing of ADB, of storage, or of which message is new.
//
// # The shape
//
// As in AOSP's NotificationRecord.dump and in captures of Android 13 to 16
// (Samsung, MIUI, a stock phone):
//
//	         column
//	header      4   NotificationRecord(0x0f9c6310: pkg=… key=…: Notification(… shortcut=…))
//	field       6   uid=10290 userId=0
//	body       12   when=1774472586000, extras={ … }
//	entry      16   android.title=String (Ana)
//	element    18   [0] Bundle[{…, sender=Ana, text=hello, time=1774472586000}]
//
// The tag of a message's record ends with a line feed, so its header takes
// three lines and its key two.
//
// # Hostile values
//
// Android escapes nothing: a message may hold line feeds and text that looks
// like any of the above. What protects:
//
//   - The chat is named by the record's header, which holds no text of anybody.
//   - Entries of extras stand in the order of their names' String.hashCode (all
//     476 entries of the captures do), so the title stands before the text, and
//     the array of messages after it.
//   - The newest message stands in the dump twice, as android.text and as the
//     last element of android.messages. The longest reading in which both are
//     equal is taken: no shorter one that a text contains can win.
//   - The array promises its length, and no value that others write stands
//     behind it: its last element ends at the last possible place.
//   - A header counts only behind the end of another record and before its own
//     uid line, with a key of that uid; one that occurs twice is text (a record
//     is printed once, a text twice); of one app only the uid of most records.
//   - A record that is inconsistent at its end is continued over the next
//     header, if that makes it consistent.
//
// # What cannot be told apart
//
// A message that is not the chat's newest and holds a perfect imitation of a
// whole record, the app's uid included, followed by the start of a third one,
// reads like that record. Trusted closes this: it takes the headers of the
// redacted dump, in which no text of others stands at all.
//
// In a group, a text that is not the newest and imitates the beginning of an
// element may leave two readings of who wrote what. Such elements are left out
// and the record is marked Doubtful: the chat itself must be looked at. In a
// chat with one person both readings are that person's words; the one with the
// later beginnings is taken, without lines in our own name.
//
// A name that holds line feeds or ", text=" shifts words between name and
// text inside its own chat. No reading ever moves a message to another chat.
package notification
