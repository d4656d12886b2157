package notification

import (
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/displayname"
)

// voipChannel begins the name of the channel on which calls are posted.
const voipChannel = "voip_notification"

// callIncoming is CALL_TYPE_INCOMING of AOSP's Notification.CallStyle (from
// memory; Android 12 and later).
const callIncoming = 1

// incomingCall are the words of calls that ring.
var incomingCall = []string{"incoming_call"}

// ringing tells a call that can be answered from one that goes on, which is
// posted likewise. Not verified on a phone: that WhatsApp uses CallStyle, or
// wants the whole screen for the former alone.
func ringing(rec Record, words Words) bool {
	if rec.CallType != 0 {
		return rec.CallType == callIncoming
	}
	return rec.FullScreen || words.oneOf(rec.Text, incomingCall) || words.oneOf(rec.Title, incomingCall)
}

// A Call is what a record tells of a call: it rings, or was missed.
type Call struct {
	Kind    Kind // Ringing or MissedCall
	Key     string
	ChatID  string // the shortcut's JID; on the phone that was seen a missed call has none
	Number  string // digits, where ChatID tells
	Shown   string // the number that Name reads like; it identifies nobody by itself
	Name    string // as shown; "" where the title says something else
	Video   bool
	IsGroup bool
	At      time.Time // by the app; zero where it says nothing
}

// CallOf says what a record of WhatsApp tells of a call; ok is false for all
// other records. Of several missed calls the app posts one record, which tells
// of the newest: its time moves.
func CallOf(rec Record, words Words) (c Call, ok bool) {
	if k := kind(rec, words); k != Ringing && k != MissedCall {
		return Call{}, false
	}
	c = Call{Kind: kind(rec, words), Key: rec.Key, Video: rec.Video, At: rec.When}
	if jid.MatchString(rec.Shortcut) {
		c.ChatID = rec.Shortcut
	}
	who, other := displayname.Clean(rec.Title), displayname.Clean(rec.Text)
	if words.isCall(who) {
		who, other = other, who
	}
	if !words.isCall(who) {
		c.Name = who
	}
	c.Video = c.Video || words.oneOf(other, []string{"missed_video_call", "count_missed_video"})
	c.IsGroup = wabridge.IsGroup(c.ChatID)
	if !c.IsGroup {
		c.Number, c.Shown = wabridge.NumberOf(c.ChatID), displayname.Number(c.Name)
	}
	return c, true
}

// isCall reports whether words stand for a call, not for who called.
func (w Words) isCall(s string) bool { return w.oneOf(s, missedCall) || w.oneOf(s, incomingCall) }
